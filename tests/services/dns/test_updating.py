"""UPDATE (RFC 2136) and NOTIFY (RFC 1996) on the wire: permission, answers, events, findings."""

import struct

import dns.message
import dns.opcode
import dns.rcode
import dns.rdatatype
import dns.update
import pytest
from conftest import LOCAL, PEER, make_world
from dns_zone import APEX, put_example_zone, put_zone
from hypothesis import given
from hypothesis import strategies as st
from services.dns.tsig_client import RING, Signer

from homeport.protocol.session import Context
from homeport.services import find_service
from homeport.services.dns.answering import respond
from homeport.services.dns.message import parse
from homeport.world.zones.name import name_wire, parse_name
from homeport.world.zones.rrset import CNAME, MX, SRV, TXT, TYPES, A

ORIGIN = parse_name(APEX)


@pytest.fixture
def signer(monkeypatch):
    return Signer(monkeypatch)


@pytest.fixture
def anyone(client):
    """Return a client of a server that takes updates without TSIG."""
    return client(open_update=True)


def update(zone=APEX, **more):
    return dns.update.UpdateMessage(zone, **more)


def node(world, name):
    return world.zones.find(ORIGIN).node(parse_name(name, ORIGIN)) or {}


def log(reply, kind):
    return next(fields for name, fields in reply.logs if name == kind)


def test_an_update_adds_replaces_and_deletes(anyone, world):
    before = world.zones.find(ORIGIN).serial
    message = update()
    message.add("new", 60, "TXT", '"hello" "world"')
    message.replace("www", 60, "A", "192.0.2.7")
    message.delete("www", "AAAA")
    message.delete("old")
    reply = anyone.send(message.to_wire())
    assert reply.rcode == "NOERROR"
    assert node(world, "new")[TXT].data == (b"\5hello\5world",)
    assert {*node(world, "www")} == {A}
    assert node(world, "old") == {}
    assert world.zones.find(ORIGIN).serial != before
    assert log(reply, "update")["zone"] == APEX
    assert log(reply, "update")["serial"] == world.zones.find(ORIGIN).serial


def test_the_next_answer_has_what_an_update_added(anyone):
    message = update()
    message.add("_acme-challenge", 1, "TXT", "token")
    anyone.send(message.to_wire())
    assert anyone.ask("_acme-challenge", "TXT").texts() == ['_acme-challenge.example.test. 1 IN TXT "token"']


def test_names_in_added_data_are_kept_in_lower_case_without_compression(anyone, world):
    message = update()
    message.add("mail", 60, "MX", "10 Mail.EXAMPLE.test.")
    message.add("srv", 60, "SRV", "0 5 443 Www.Example.Test.")
    anyone.send(message.to_wire())
    assert node(world, "mail")[MX].data == (b"\0\n\4mail\7example\4test\0",)
    assert node(world, "srv")[SRV].data[0].endswith(b"\3www\7example\4test\0")


def test_records_of_unknown_types_are_added(anyone):
    message = update()
    message.add("new", 60, "TYPE65281", r"\# 3 010203")
    assert anyone.send(message.to_wire()).rcode == "NOERROR"
    assert anyone.ask("new", "TYPE65281").texts() == [r"new.example.test. 60 IN TYPE65281 \# 3 010203"]


def test_a_prerequisite_that_is_not_met_leaves_the_zone(anyone, world):
    message = update()
    message.absent("www")
    message.add("new", 60, "A", "192.0.2.1")
    reply = anyone.send(message.to_wire())
    assert reply.rcode == "YXDOMAIN"
    assert node(world, "new") == {}
    assert "serial" not in log(reply, "update")


def test_an_update_needs_tsig_unless_an_option_opens_it(client, signer, world):
    message = update()
    message.add("new", 60, "A", "192.0.2.1")
    refused = client().send(message.to_wire())
    assert refused.rcode == "REFUSED"
    assert node(world, "new") == {}
    wire = signer.sign(message)
    reply = client().send(wire)
    assert signer.read(reply.wire, message).rcode() == dns.rcode.NOERROR
    assert log(reply, "update")["key"] == "homeport."
    assert node(world, "new")


def test_an_update_with_a_wrong_signature_leaves_the_zone_although_updates_are_open(anyone, signer, world):
    message = update()
    message.add("new", 60, "A", "192.0.2.1")
    reply = anyone.send(signer.sign(message, secret="AAAA"))
    assert reply.findings == ["tsig-signature"]
    assert node(world, "new") == {}


@pytest.mark.parametrize(
    ("zone", "kind", "rdclass", "rcode", "finding"),
    [
        ("www.example.test.", "SOA", "IN", "NOTAUTH", []),
        ("elsewhere.invalid.", "SOA", "IN", "NOTAUTH", []),
        (APEX, "SOA", "CH", "NOTAUTH", []),
        (APEX, "A", "IN", "FORMERR", ["update-zone-section"]),
    ],
)
def test_the_zone_section_names_a_zone_of_the_world(anyone, zone, kind, rdclass, rcode, finding):
    message = dns.message.make_query(zone, kind, rdclass, flags=0)
    message.set_opcode(dns.opcode.UPDATE)
    reply = anyone.send(message.to_wire())
    assert parse(reply.wire).flags & 0xF == dns.rcode.from_text(rcode)
    assert reply.findings == finding


def test_an_update_without_a_zone_is_malformed(anyone):
    reply = anyone.send(bytes.fromhex("0001 2800 0000 0000 0000 0000"))
    assert reply.rcode == "FORMERR"
    assert reply.findings == ["question-count"]


def test_a_zone_that_follows_the_registry_is_not_updated(anyone, world):
    zone = "test."
    assert world.zones.find(parse_name(zone)) is not None
    message = update(zone)
    message.add("new", 60, "NS", "ns.example.test.")
    assert anyone.send(message.to_wire()).rcode == "REFUSED"


def test_the_zone_of_the_worlds_own_hosts_is_updated(anyone):
    message = update("homeport.test.")
    message.add("_acme-challenge", 1, "TXT", "token")
    assert anyone.send(message.to_wire()).rcode == "NOERROR"
    assert anyone.ask("_acme-challenge.homeport.test.", "TXT").texts()[0].endswith('"token"')


def test_an_alias_beside_other_records_is_a_finding_and_not_added(anyone, world):
    message = update()
    message.add(APEX, 60, "CNAME", "www.example.test.")
    reply = anyone.send(message.to_wire())
    assert (reply.rcode, reply.findings) == ("NOERROR", ["cname-and-other-data"])
    assert CNAME not in node(world, "")
    message = update()
    message.add("alias", 60, "MX", "10 mail.example.test.")
    assert anyone.send(message.to_wire()).findings == ["cname-and-other-data"]


def test_a_deletion_of_the_soa_or_the_name_servers_is_ignored_and_a_finding(anyone, world):
    message = update()
    message.delete(APEX, "NS")
    message.delete(APEX, "SOA")
    reply = anyone.send(message.to_wire())
    assert (reply.rcode, reply.findings) == ("NOERROR", ["update-ignored"] * 2)
    assert {TYPES["NS"], TYPES["SOA"]} <= {*node(world, "")}


def test_what_no_zone_can_have_is_refused_with_the_reason(anyone, world):
    message = update()
    message.use_edns(0)
    message.add("sub", 60, "DNAME", "www.example.test.")
    reply = anyone.send(message.to_wire())
    assert reply.rcode == "REFUSED"
    assert b"DNAME" in reply.option(15).text.encode()


def test_an_update_over_tcp_is_answered_in_its_connection(anyone, world):
    from homeport.services.dns.framing import frame

    message = update()
    message.add("new", 60, "A", "192.0.2.1")
    talk = anyone.over_tcp(frame(message.to_wire()))
    assert dns.message.from_wire(talk.sent[2:]).rcode() == dns.rcode.NOERROR
    assert node(world, "new")


def notify(zone=APEX, serial=0, kind="SOA"):
    message = dns.message.make_query(zone, kind, flags=dns.flags.AA)
    message.set_opcode(dns.opcode.NOTIFY)
    if serial:
        message.answer.append(dns.rrset.from_text(zone, 0, "IN", "SOA", f". . {serial} 0 0 0 0"))
    return message


@pytest.mark.parametrize("serial", [0, 1, 7, 4_000_000_000])
def test_notify_is_answered_whatever_the_serial_number_is(client, serial):
    reply = client().send(notify(serial=serial).to_wire())
    assert (reply.rcode, reply.flags) == ("NOERROR", {"QR", "AA"})
    assert reply.message.opcode() == dns.opcode.NOTIFY
    assert log(reply, "notify").get("serial", 0) == serial
    assert reply.findings == []


def test_notify_for_a_zone_that_is_not_here_or_another_type_is_an_error(client):
    assert client().send(notify("other.invalid.").to_wire()).rcode == "NOTAUTH"
    assert client().send(notify(kind="A").to_wire()).rcode == "NOTIMP"


def test_a_secondary_may_sign_its_answer_to_notify(client, signer):
    message = notify(serial=5)
    reply = client().send(signer.sign(message))
    assert signer.read(reply.wire, message, ring=RING).rcode() == dns.rcode.NOERROR


def test_zones_beside_the_updated_one_stay(anyone, world):
    put_zone(world, "other.test.")
    before = world.zones.find(parse_name("other.test.")).serial
    message = update()
    message.add("new", 60, "A", "192.0.2.1")
    anyone.send(message.to_wire())
    assert world.zones.find(parse_name("other.test.")).serial == before


PARTS = st.builds(
    lambda name, kind, class_, ttl, data: (
        name_wire(parse_name(name, ORIGIN)) + struct.pack("!HHIH", kind, class_, ttl, len(data)) + data
    ),
    st.sampled_from(["", "www", "new", "sub", "alias", "b.wild", "*.wild"]),
    st.sampled_from([1, 2, 5, 6, 15, 16, 39, 43, 46, 255, 250, 65281]),
    st.sampled_from([1, 254, 255, 3]),
    st.sampled_from([0, 60, 1 << 31]),
    st.one_of(st.sampled_from([b"", b"\xc0\0\2\1", b"\1a\0", b"\0\1\1a\0", b"\1a"]), st.binary(max_size=30)),
)


@given(st.lists(PARTS, max_size=2), st.lists(PARTS, max_size=6), st.binary(max_size=3), st.data())
def test_any_update_is_answered_and_leaves_a_valid_zone(prerequisites, updates, end, data):
    world = make_world()
    put_example_zone(world)
    question = name_wire(ORIGIN) + b"\0\6\0\1"
    counts = (1, len(prerequisites), len(updates), 0)
    wire = struct.pack("!HHHHHH", 7, 5 << 11, *counts) + question + b"".join((*prerequisites, *updates)) + end
    if data.draw(st.booleans()):
        at = data.draw(st.integers(4, len(wire) - 1))
        wire = wire[:at] + data.draw(st.binary(min_size=1, max_size=1)) + wire[at + 1 :]
    options = find_service("dns").options(open_update=True)
    context = Context(world, options, "udp", PEER, LOCAL, service="dns")
    answered = respond(context, "udp", wire)
    assert answered.wire is not None
    zone = world.zones.find(ORIGIN)
    apex = zone.node(ORIGIN)
    assert len(apex[TYPES["SOA"]].data) == 1
    assert apex[TYPES["NS"]].data
    for _, at_name in zone.nodes():
        assert CNAME not in at_name or {*at_name} <= {CNAME, TYPES["KEY"]}
        assert all(one.data for one in at_name.values())
    assert respond(context, "tcp", dns.message.make_query(APEX, "AXFR").to_wire()).stream is not None
