"""Planned faults of NTP's answers: wrong times, wrong headers, wrong packets."""

import pytest
from conftest import make_world
from tests.services.ntp.conftest import ALICE, TRANSMIT, NtpClient, request
from tests.services.ntp.test_authentication import signed

from homeport.protocol.fault_checks import kinds_of, validate_plan
from homeport.protocol.faults import WORDS, Do, FaultError, Match, Plan
from homeport.services import find_service
from homeport.services.ntp.options import KeyOptions
from homeport.services.ntp.packet import timestamp
from homeport.services.ntp.planned import FRAMES, OWN_NAMES, parse_fault

NOW = 1_792_000_000
STAMP = timestamp(NOW)
BOB = ("192.0.2.20", 40_002)


@pytest.mark.parametrize(
    ("word", "fields"),
    [
        ("kiss-rate", {"stratum": 0, "leap": 3, "reference_id": b"RATE", "origin": TRANSMIT}),
        ("kiss-deny", {"stratum": 0, "leap": 3, "reference_id": b"DENY"}),
        ("kiss-rstr", {"stratum": 0, "leap": 3, "reference_id": b"RSTR"}),
        ("kiss-ntsn", {"stratum": 0, "leap": 3, "reference_id": b"NTSN"}),
        ("unsynchronised", {"leap": 3, "stratum": 16}),
        ("wrong-origin", {"origin": TRANSMIT + (1 << 32), "transmit": STAMP}),
        ("zero-transmit", {"transmit": 0, "receive": STAMP}),
        ("zero-stamps", {"transmit": 0, "receive": 0, "origin": TRANSMIT}),
        ("old-version", {"version": 2, "mode": 4}),
        ("wrong-mode", {"version": 4, "mode": 5}),
        ("root-distance", {"root_delay": 16 << 16, "root_dispersion": 16 << 16}),
        ("next-era", {"receive": STAMP % (1 << 48), "transmit": STAMP % (1 << 48)}),
        ("leap-insert", {"leap": 1}),
        ("leap-delete", {"leap": 2}),
    ],
)
def test_a_header_has_the_defect_once_and_the_journal_says_so(client, plan, word, fields):
    plan(frame=word)
    first, second = client().ask(), client().ask(transmit=9)
    assert {name: getattr(first.header, name) for name in fields} == fields
    assert first.logs == [f"answered with {WORDS[word]}"]
    assert (second.header.transmit, second.header.stratum, second.header.leap, second.logs) == (STAMP, 1, 0, [])


@pytest.mark.parametrize(
    ("offset", "seconds", "words"),
    [
        ({"ms": 250}, 0.25, "250 ms ahead"),
        ({"ms": -3_600_000}, -3600, "3600 s behind"),
        ({"ms": 0.5}, 0.0005, "0.5 ms ahead"),
        ({"ms": 1e13}, 1e10, "10000000000 s ahead"),
    ],
)
def test_an_offset_moves_all_timestamps_but_the_origin(client, plan, offset, seconds, words):
    honest = client().ask().header
    plan(offset=offset)
    reply = client().ask()
    ahead = round(seconds * 2**32)
    for name in ("reference", "receive", "transmit"):
        assert getattr(reply.header, name) == (getattr(honest, name) + ahead) % 2**64
    assert reply.header.origin == TRANSMIT
    assert reply.logs == [f"answered with a time that is {words}"]


def test_a_drift_grows_from_the_first_answer_on(client, plan, real):
    plan(offset={"ms": 0, "ppm": 500}, times=0)
    ahead = []
    for gap in (0, 16, 1000):
        real.pass_by(gap)
        ahead.append((client().ask().header.transmit - STAMP) / 2**32)
    assert ahead == pytest.approx([0, 0.008, 0.508], abs=1e-6)


def test_offsets_and_other_defects_add_up(client, plan):
    plan(offset={"ms": 1000}, times=0)
    plan(offset={"ms": 500}, times=0)
    plan(stratum={"number": 15}, times=0)
    header = client().ask().header
    assert (header.transmit - STAMP, header.stratum) == (3 << 31, 15)


def test_a_step_begins_after_some_answers(client, plan):
    plan(offset={"ms": 10_000}, after=2, times=0)
    ahead = [(client().ask().header.transmit - STAMP) >> 32 for _ in range(4)]
    assert ahead == [0, 0, 10, 10]


def test_a_replay_is_the_answer_to_the_clients_earlier_request(client, plan):
    fault = plan(frame="replay")
    one, other = client(), client(BOB)
    first = one.ask(transmit=1)
    assert other.ask(transmit=5).header.origin == 5, "no earlier answer: no match"
    assert one.ask(transmit=2).wire == first.wire
    assert fault.spent
    assert one.ask(transmit=3).header.origin == 3


def test_a_crypto_nak_answers_a_request_with_a_mac_only(client, plan):
    plan(frame="crypto-nak")
    assert len(client().ask().wire) == 48
    assert client().send(signed(request(), 2)).wire[48:] == bytes(4)
    assert client().send(signed(request(transmit=7), 2)).wire[48:52] == bytes((0, 0, 0, 2))


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_bad_mac_differs_in_a_bit(client, plan, number):
    plan(frame="bad-mac")
    assert len(client().ask().wire) == 48
    reply = client().send(signed(request(), number))
    right = signed(reply.wire[:48], number)
    assert (reply.wire[:-1], reply.wire[-1]) == (right[:-1], right[-1] ^ 1)


def test_a_header_with_a_defect_is_authenticated(client, plan):
    plan(offset={"ms": 1000})
    reply = client().send(signed(request(), 1))
    assert reply.wire == signed(reply.wire[:48], 1)
    assert reply.header.transmit == STAMP + (1 << 32)


def test_the_driver_sends_from_another_port(client, plan):
    plan(frame="wrong-source")
    reply = client().ask()
    assert (reply.network, len(reply.wire)) == (["frame"], 48)


@pytest.mark.parametrize(
    ("argument", "matches"),
    [
        ("version 4", [True, True, True]),
        ("key 2", [False, True, False]),
        ("version 4 key 3", [False, False, True]),
        ("VERSION 4", [True, True, True]),
        ("version 3", [False, False, False]),
    ],
)
def test_the_argument_matches_the_version_and_the_key(client, plan, argument, matches):
    plan(stratum={"number": 9}, argument=argument, times=0)
    sent = [request(transmit=1), signed(request(transmit=2), 2), signed(request(transmit=3), 3)]
    assert [client().send(one).header.stratum == 9 for one in sent] == matches


def test_faults_for_another_peer_change_no_octet(client, world):
    honest = client().ask(poll=7).wire
    plan = Plan(service="ntp", match=Match(peer="203.0.113.1"), do=Do(frame="kiss-deny"), times=0)
    world.faults.add(plan)
    assert client().ask(poll=7).wire == honest


def test_a_kiss_that_is_ignored_is_a_finding(client, plan, real):
    plan(frame="kiss-deny")
    one = client()
    one.ask()
    real.pass_by(64)
    assert one.ask().findings == ["ignored-kod"]


class TestAskedByKey:
    """A key may name a fault, for clients that ask for it: NTP has no names."""

    def ask(self, fault, *, by_client):
        world = make_world()
        world.faults.by_client = by_client
        key = KeyOptions(id=2, type="SHA1", secret="homeport-sha1", fault=fault)
        return NtpClient(world, find_service("ntp").options(key=[key]), ALICE).send(signed(request(), 2))

    def test_a_request_with_the_key_gets_the_fault_if_clients_may(self):
        assert self.ask("kiss-rate", by_client=True).header.reference_id == b"RATE"
        assert self.ask("kiss-rate", by_client=False).header.reference_id == b"HOME"

    def test_faults_with_numbers(self):
        assert self.ask("offset-500", by_client=True).header.transmit == STAMP + (1 << 31)
        assert self.ask("offset--500", by_client=True).header.transmit == STAMP - (1 << 31)
        assert self.ask("stratum-12", by_client=True).header.stratum == 12

    def test_faults_of_the_network(self):
        assert self.ask("drop", by_client=True).network == ["drop"]

    @pytest.mark.parametrize("name", OWN_NAMES)
    def test_every_name_is_known(self, name):
        assert parse_fault(name) is not None

    @pytest.mark.parametrize(
        "name", ["", "kiss", "offset-x", "stratum-999", "offset-0", "reply-451", "close", "frame-lame"]
    )
    def test_names_of_no_fault_are_refused(self, name):
        assert parse_fault(name) is None


class TestPlans:
    def validate(self, **plan):
        validate_plan(Plan(service="ntp", **plan), {"ntp": find_service("ntp")})

    @pytest.mark.parametrize("word", FRAMES)
    def test_every_defect_can_be_planned(self, word):
        self.validate(do=Do(frame=word))
        self.validate(do=Do(frame=word), match=Match(argument="key 1"))

    def test_a_defect_of_another_protocol_is_refused(self):
        with pytest.raises(FaultError, match="no defect 'wrong-id'"):
            self.validate(do=Do(frame="wrong-id"))

    def test_only_datagrams_have_times(self):
        udp, nts = find_service("ntp").listeners
        assert {"offset", "stratum", "frame"} <= set(kinds_of(find_service("ntp"), udp))
        assert not {"offset", "stratum"} & set(kinds_of(find_service("ntp"), nts))

    def test_an_offset_of_nothing_is_refused(self):
        import msgspec

        with pytest.raises(msgspec.ValidationError, match="other than 0"):
            msgspec.convert({"offset": {"ms": 0}}, Do)
