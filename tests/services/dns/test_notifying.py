"""NOTIFY to secondaries after a change of a zone (RFC 1996)."""

import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import dns.rdatatype
import pytest
from dns_zone import APEX, put_zone
from services.dns.tsig_client import RING, Signer

from homeport.services import find_service
from homeport.services.dns.notifying import MAX_RUNNING
from homeport.services.dns.options import validate_options
from homeport.services.dns.secondaries import BadSecondary, parse_secondary
from homeport.world.zones.edits import Edit
from homeport.world.zones.name import name_text, parse_name
from homeport.world.zones.rrset import A, RRset

ORIGIN = parse_name(APEX)
WWW = parse_name("www", ORIGIN)
ONE, TWO = "192.0.2.1:53", "[2001:db8::1]:5300"


class Asked:
    """A request on its way to a secondary."""

    def __init__(self, address, data, is_answer, done):
        self.address = address
        self.data = data
        self.is_answer = is_answer
        self.done = done

    @property
    def message(self):
        return dns.message.from_wire(self.data, keyring=RING)

    @property
    def serial(self):
        return self.message.answer[0][0].serial

    def answer(self, rcode=dns.rcode.NOERROR):
        """Answer as a secondary does, after the first sending."""
        reply = dns.message.make_response(dns.message.from_wire(self.data, keyring=RING))
        reply.set_rcode(rcode)
        wire = reply.to_wire()
        assert self.is_answer(wire)
        self.done(wire, 1)


@pytest.fixture
def asked():
    """Return the requests that the world has sent."""
    return []


@pytest.fixture
def notifying(world, asked):
    """Return the world, after its service has begun, with two secondaries."""
    service = find_service("dns")
    world.options["dns"] = service.options(secondaries=[ONE, TWO])
    service.begin(world, lambda *request: asked.append(Asked(*request)))
    return world


def change(world, number, origin=ORIGIN):
    name = parse_name("www", origin)
    world.zones.apply(origin, [Edit(name, A, RRset(A, 60, (number.to_bytes(4),)))])


def events(world):
    return [event for event in world.journal.events() if event["type"] == "notify"]


def test_every_secondary_hears_of_a_change_with_the_new_soa(notifying, asked):
    change(notifying, 1)
    assert [one.address for one in asked] == [("192.0.2.1", 53), ("2001:db8::1", 5300)]
    message = asked[0].message
    assert message.opcode() == dns.opcode.NOTIFY
    assert message.flags & dns.flags.AA
    assert (message.question[0].name.to_text(), message.question[0].rdtype) == (APEX, dns.rdatatype.SOA)
    assert asked[0].serial == notifying.zones.find(ORIGIN).serial


def test_no_edit_no_notify(notifying, asked):
    change(notifying, 1)
    change(notifying, 1)
    assert len(asked) == 2


def test_changes_while_a_notify_is_not_answered_are_in_one_that_follows(notifying, asked):
    for number in range(5):
        change(notifying, number)
    assert len(asked) == 2
    asked[0].answer()
    assert [one.address for one in asked[2:]] == [("192.0.2.1", 53)]
    assert asked[2].serial == notifying.zones.find(ORIGIN).serial
    asked[2].answer()
    assert len(asked) == 3


def test_the_outcome_is_an_event(notifying, asked):
    change(notifying, 1)
    asked[0].answer(dns.rcode.NOTAUTH)
    asked[1].done(None, 5)
    serial = notifying.zones.find(ORIGIN).serial
    common = {"direction": "out", "zone": APEX, "serial": serial}
    wanted = [(ONE, "NOTAUTH", 1), (TWO, "no answer", 5)]
    assert [(one["to"], one["outcome"], one["attempts"]) for one in events(notifying)] == wanted
    assert all(common.items() <= one.items() for one in events(notifying))


@pytest.mark.parametrize("change_of", ["id", "qr", "opcode", "short"])
def test_a_datagram_that_is_no_answer_is_not_taken_for_one(notifying, asked, change_of):
    change(notifying, 1)
    wire = bytearray(dns.message.make_response(asked[0].message).to_wire())
    assert asked[0].is_answer(bytes(wire))
    if change_of == "id":
        wire[1] ^= 1
    elif change_of == "qr":
        wire[2] ^= 0x80
    elif change_of == "opcode":
        wire[2] ^= 0x08
    else:
        del wire[11:]
    assert not asked[0].is_answer(bytes(wire))


def test_a_notify_is_signed_by_the_key_of_its_secondary(notifying, asked, monkeypatch):
    Signer(monkeypatch)
    notifying.options["dns"] = find_service("dns").options(secondaries=[f"{ONE}#homeport"])
    change(notifying, 1)
    assert asked[0].message.had_tsig


def test_a_notify_is_signed_in_a_world_before_1970(notifying, asked):
    notifying.options["dns"] = find_service("dns").options(secondaries=[f"{ONE}#homeport"], signed_by="world")
    notifying.clock.set(-1e9)
    change(notifying, 1)
    assert asked[0].data.endswith(bytes(4))  # no error, no other data


def test_without_secondaries_nothing_is_sent(notifying, asked):
    notifying.options["dns"] = find_service("dns").options()
    change(notifying, 1)
    assert asked == []


def test_a_zone_that_is_removed_is_not_announced(notifying, asked):
    notifying.zones.remove_zone(ORIGIN)
    assert asked == []


def test_a_limited_number_of_notify_is_under_way_and_the_others_follow(notifying, asked):
    for number in range(MAX_RUNNING):
        put_zone(notifying, f"zone{number}.org.")  # in no TLD, which would be notified too
    assert len(asked) == MAX_RUNNING
    for one in asked:  # which grows meanwhile
        one.answer()
    assert len({(name_text(parse_name(one.message.question[0].name.to_text())), one.address) for one in asked}) == 2 * (
        MAX_RUNNING
    )


@pytest.mark.parametrize(
    ("text", "address", "key"),
    [
        ("127.0.0.1:53", ("127.0.0.1", 53), None),
        ("[::1]:5300", ("::1", 5300), None),
        ("[::1]:5300#Key.name", ("::1", 5300), "key.name."),
    ],
)
def test_a_secondary_is_written_as_address_and_port(text, address, key):
    secondary = parse_secondary(text)
    assert secondary.address == address
    assert (secondary.key_name and name_text(secondary.key_name)) == key


@pytest.mark.parametrize(
    "text", ["", "localhost:53", "127.0.0.1", "::1:53", "127.0.0.1:0", "127.0.0.1:65536", "1.2.3:5", "[::1]:53#a..b"]
)
def test_text_that_is_no_secondary_is_refused_with_the_form_of_one(text):
    with pytest.raises(BadSecondary, match="write address:port"):
        parse_secondary(text)


def test_options_are_validated_with_their_key():
    options = find_service("dns").options
    assert validate_options(options(), None) == []
    assert validate_options(options(secondaries=[f"{ONE}#homeport"]), None) == []
    (problem,) = validate_options(options(secondaries=[f"{ONE}#other"]), None)
    assert "`keys` does not have" in problem
    (problem,) = validate_options(options(secondaries=["x"]), None)
    assert problem.startswith("secondaries: ")
    (problem,) = validate_options(options(keys=["rot13:x:AAAA"]), None)
    assert problem.startswith("keys: ")
