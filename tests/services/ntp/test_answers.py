"""Answers of the server (RFC 5905 9.2): what is echoed, what is configured, what gets no answer."""

from datetime import UTC, datetime

import pytest
from conftest import LOCAL
from hypothesis import given
from hypothesis import strategies as st
from nightly import examples
from tests.services.ntp.conftest import ALICE, TRANSMIT, NtpClient, make_world, request

from homeport.protocol.session import Context
from homeport.services import find_service
from homeport.services.daytime import daytime
from homeport.services.ntp.packet import SERVER, Header, timestamp, unix_time
from homeport.services.time import seconds_since_1900

NOW = 1_792_000_000
STAMP = timestamp(NOW)
WRAP = datetime(2036, 2, 7, 6, 28, 16, tzinfo=UTC).timestamp()


def test_an_answer_has_the_worlds_time_and_the_clients_transmit_timestamp(client):
    reply = client().ask(poll=6)
    assert reply.header == Header(
        leap=0,
        version=4,
        mode=SERVER,
        stratum=1,
        poll=6,
        precision=-20,
        root_delay=0,
        root_dispersion=7,
        reference_id=b"HOME",
        reference=STAMP - STAMP % (16 << 32),
        origin=TRANSMIT,
        receive=STAMP,
        transmit=STAMP,
    )
    assert (len(reply.wire), reply.findings) == (48, [])


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_the_version_is_the_requests(client, version):
    reply = client().ask(version=version)
    assert (reply.header.version, reply.header.mode, reply.findings) == (version, SERVER, [])


def test_version_1_has_no_modes_and_a_client_asks_from_another_port(client):
    assert client().ask(version=1, mode=0).header.mode == SERVER
    assert client(("192.0.2.10", 123)).ask(version=1, mode=0).wires == []


@pytest.mark.parametrize("poll", [-128, -1, 0, 17, 127])
def test_the_poll_interval_is_the_requests_or_the_options(client, poll):
    assert client().ask(poll=poll).header.poll == poll
    assert client(poll=4).ask(poll=poll).header.poll == 4


@given(st.binary(min_size=8, max_size=8))
@examples(40)
def test_the_origin_is_the_clients_transmit_timestamp_bit_for_bit(transmit):
    client = NtpClient(make_world(), find_service("ntp").options(), ALICE)
    assert client.send(request()[:40] + transmit).wire[24:32] == transmit


def test_options_decide_the_fields_of_the_header(client):
    from homeport.config.quantities import Duration

    header = (
        client(
            stratum=3,
            leap="delete",
            precision=-6,
            root_delay=Duration(1.5),
            root_dispersion=Duration(0.25),
            reference_id="192.0.2.1",
            reference_age=Duration(0),
        )
        .ask()
        .header
    )
    assert (header.stratum, header.leap, header.precision) == (3, 2, -6)
    assert (header.root_delay, header.root_dispersion) == (0x18000, 0x4000)
    assert (header.reference_id, header.reference) == (bytes((192, 0, 2, 1)), header.receive)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"reference_id": "TOOLONG"}, "reference_id"),
        ({"reference_id": "é"}, "reference_id"),
        ({"deny": ["nowhere"]}, "deny"),
        ({"restrict": ["192.0.2.0/99"]}, "restrict"),
        ({"root_delay": 70_000}, "root_delay"),
        ({"key": [{"id": 1, "type": "AES-CMAC", "secret": "short"}]}, "16 octets, this one has 5"),
        ({"key": [{"id": 1, "type": "MD5", "secret": "HEX:xy"}]}, "hexadecimal"),
        ({"key": [{"id": 1, "type": "MD5", "secret": "a"}] * 2}, "two keys"),
        ({"key": [{"id": 1, "type": "MD5", "secret": "a", "fault": "kiss-rat"}]}, "did you mean 'kiss-rate'"),
    ],
)
def test_options_that_cannot_be_used_are_refused(wrong, words):
    import msgspec

    from homeport.config.quantities import decode

    service = find_service("ntp")
    (problem,) = service.check(msgspec.convert(wrong, service.options, dec_hook=decode), None)
    assert words in problem


class TestClock:
    def test_a_frozen_clock_has_equal_stamps(self, client, world):
        world.clock.freeze()
        header = client().ask().header
        assert header.receive == header.transmit == STAMP

    def test_a_moved_clock_moves_time_daytime_and_ntp_together(self, client, world):
        moved = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
        client().ask()
        world.clock.set(moved.timestamp())
        assert unix_time(client().ask().header.transmit, moved.timestamp()) == moved.timestamp()
        assert seconds_since_1900(world.clock.now()) == client().ask().wire[40:44]
        context = Context(world, find_service("daytime").options(), "udp", ALICE, LOCAL)
        assert daytime(context) == b"Tuesday, May 6, 2031 07:08:09-UTC\r\n"

    @pytest.mark.parametrize("after", [-1, -0.25, 0, 0.25, 1, 86_400, 2**32])
    def test_after_2036_the_seconds_begin_at_0_again(self, client, world, after):
        world.clock.freeze()
        world.clock.set(WRAP + after)
        header = client().ask().header
        assert header.transmit == int(after * 2**32) % 2**64
        assert unix_time(header.transmit, WRAP + after) == WRAP + after

    @pytest.mark.parametrize("year", [1, 1899, 1900, 1969, 9999])
    def test_every_year_has_a_timestamp(self, client, world, year):
        moment = datetime(year, 1, 1, tzinfo=UTC).timestamp()
        world.clock.set(moment)
        assert unix_time(client().ask().header.transmit, moment) == moment


class TestNoAnswer:
    @pytest.mark.parametrize("mode", [0, 1, 2, 4, 5, 6, 7])
    def test_other_modes_get_none(self, client, mode):
        reply = client().ask(mode=mode)
        assert (reply.wires, reply.findings) == ([], ["mode"])

    @pytest.mark.parametrize("octets", ["1602000100000000000000", "17000328000000000000000000000000"])
    def test_control_messages_of_modes_6_and_7_get_none(self, client, octets):
        assert client().send(bytes.fromhex(octets)).wires == []
        assert client().send(bytes.fromhex(octets).ljust(200, b"\0")).wires == []

    @pytest.mark.parametrize(("version", "finding"), [(0, "version-0"), *((n, "unknown-version") for n in (5, 6, 7))])
    def test_other_versions_get_none(self, client, version, finding):
        reply = client().ask(version=version)
        assert (reply.wires, reply.findings) == ([], [finding])

    @pytest.mark.parametrize("size", [0, 1, 12, 47])
    def test_fewer_octets_than_a_header_get_none(self, client, size):
        reply = client().send(request()[:size])
        assert (reply.wires, reply.findings) == ([], ["short-packet"])

    def test_an_answer_of_another_server_gets_none(self, client):
        answer = client().ask().wire
        assert client().send(answer).wires == []

    @pytest.mark.parametrize("size", [1, 4, 16, 27, 28, 100])
    def test_octets_that_are_no_field_and_no_mac_get_none_unless_lenient(self, client, size):
        reply = client().send(request() + bytes(size))
        assert (reply.wires, reply.findings) == ([], ["trailing-octets"])
        lenient = client(syntax="lenient").send(request() + bytes(size))
        assert (len(lenient.wire), lenient.findings) == (48, ["trailing-octets"])

    def test_fields_in_version_3_get_none(self, client):
        reply = client().send(request(version=3) + bytes.fromhex("01040020") + bytes(28))
        assert (reply.wires, reply.findings) == ([], ["fields-in-old-version"])

    def test_a_symmetric_peer_gets_one_only_if_lenient(self, client):
        assert client(syntax="lenient").ask(mode=1).header.mode == 2


def test_unknown_extension_fields_are_ignored(client):
    reply = client().send(request() + bytes.fromhex("f5230020") + bytes(28))
    assert (len(reply.wire), reply.findings) == (48, [])


@pytest.mark.parametrize(
    ("leap", "kind"),
    [(1, "insert"), (2, "delete")],
)
def test_the_clocks_leap_second_is_announced_on_its_day(leap, kind):
    from homeport.world.clock import ClockOptions
    from homeport.world.leap_seconds import LeapOptions

    world = make_world()
    world.clock.begin(ClockOptions(leap=[LeapOptions(day="2026-12-31", kind=kind)]))
    client = NtpClient(world, find_service("ntp").options(), ALICE)
    assert client.ask().header.leap == 0
    world.clock.set(datetime(2026, 12, 31, 10, tzinfo=UTC).timestamp())
    assert client.ask().header.leap == leap
    world.clock.set(datetime(2027, 1, 1, tzinfo=UTC).timestamp())
    assert client.ask().header.leap == 0


@given(st.binary(max_size=300), st.sampled_from([{}, {"syntax": "lenient"}, {"deny": ["*"]}]))
@examples(300)
def test_no_datagram_is_an_error_or_has_more_than_one_answer_or_a_longer_one(data, options):
    client = NtpClient(make_world(), find_service("ntp").options(**options), ALICE)
    for sent in (data, request()[:1] + data, request() + data):
        reply = client.send(sent)
        assert len(reply.wires) <= 1
        assert all(len(one) <= len(sent) for one in reply.wires)
