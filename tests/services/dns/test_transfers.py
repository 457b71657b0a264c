"""Zone transfers: AXFR (RFC 5936) and IXFR (RFC 1995), read by dnspython as a secondary reads them."""

import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataset
import dns.rdatatype
import dns.tsig
import dns.xfr
import dns.zone
import pytest
from dns_zone import APEX, put_zone
from services.dns.tsig_client import RING, Signer

from homeport.protocol.effects import AwaitFlush, Close, Send
from homeport.protocol.events import Data, Eof, Flushed, Opened
from homeport.services import find_service
from homeport.services.dns.answering import respond
from homeport.services.dns.framing import frame
from homeport.services.dns.message import parse
from homeport.services.dns.transfer import MESSAGE_BYTES
from homeport.world.registry import Domain
from homeport.world.zones.edits import Edit
from homeport.world.zones.name import parse_name
from homeport.world.zones.rrset import SOA, TXT, A, RRset

ORIGIN = parse_name(APEX)
WWW = parse_name("www", ORIGIN)


@pytest.fixture
def signer(monkeypatch):
    return Signer(monkeypatch)


def axfr(origin=APEX):
    return dns.message.make_query(origin, "AXFR")


def ixfr(serial, origin=APEX):
    query = dns.message.make_query(origin, "IXFR")
    soa = dns.rdata.from_text("IN", "SOA", f". . {serial} 0 0 0 0")
    query.authority.append(dns.rrset.from_rdata(origin, 0, soa))
    return query


def stream(client, wire, transport="tcp"):
    """Return the messages of a transfer, and the records about it."""
    answered = respond(client.context(transport), transport, wire)
    if answered.stream is None:
        return [answered.wire], answered.effects
    return [one for one in answered.stream if one], answered.effects  # an empty one is a pause


def receive(client, query, zone=None, wire=None, **more):
    """Carry a transfer out as a secondary does. Return the zone that it has afterwards."""
    zone = zone or dns.zone.Zone(query.question[0].name)
    kind = query.question[0].rdtype
    messages, _ = stream(client, wire or query.to_wire())
    with dns.xfr.Inbound(zone, kind, serial_of(zone) if kind == dns.rdatatype.IXFR else None) as inbound:
        done = False
        context = None
        for data in messages:
            assert not done
            message = dns.message.from_wire(
                data,
                xfr=True,
                origin=zone.origin,
                tsig_ctx=context,
                multi=True,
                one_rr_per_rrset=kind == dns.rdatatype.IXFR,
                **more,
            )
            context = message.tsig_ctx
            assert message.flags & dns.flags.AA
            done = inbound.process_message(message)
        assert done
    return zone


def serial_of(zone):
    return zone.get_rdataset("@", "SOA")[0].serial if zone.get_rdataset("@", "SOA") else 0


def records(zone):
    return {
        (name.derelativize(zone.origin).to_text().lower(), dns.rdatatype.to_text(one.rdtype), one.ttl, rdata.to_text())
        for name, node in zone.items()
        for one in node
        for rdata in one
    }


def style(client, query, transport="tcp"):
    _, effects = stream(client, query.to_wire(), transport)
    return next(one.fields["style"] for one in effects if getattr(one, "type", "") == "transfer")


def add(world, number):
    """Change the zone: one more address of www."""
    data = tuple(bytes((192, 0, 2, 100 + one)) for one in range(number))
    world.zones.apply(ORIGIN, [Edit(WWW, A, RRset(A, 300, data))])


@pytest.mark.requirement("DNS-6.1.3.2-9")
def test_axfr_has_every_record_with_the_soa_first_and_last(client, world):
    zone = receive(client(), axfr())
    assert ("huge.example.test.", "TXT") in {one[:2] for one in records(zone)}
    wanted = sum(len(one.data) for _, node in world.zones.find(ORIGIN).nodes() for one in node.values())
    assert len(records(zone)) == wanted
    messages, _ = stream(client(), axfr().to_wire())
    kinds = [one.type for data in messages for one in parse(data).answers]
    assert (kinds[0], kinds[-1], kinds.count(SOA)) == (SOA, SOA, 2)


def test_axfr_is_cut_into_messages_of_bounded_size(client):
    messages, _ = stream(client(), axfr().to_wire())
    assert len(messages) > 1
    assert all(len(one) <= MESSAGE_BYTES for one in messages)


def test_a_record_larger_than_the_messages_of_a_transfer_has_one_of_its_own(client, world):
    large = b"".join(bytes((255,)) + bytes(255) for _ in range(255))
    world.zones.apply(ORIGIN, [Edit(WWW, TXT, RRset(TXT, 5, (large,)))])
    zone = receive(client(), axfr())
    assert sum(one[1] == "TXT" and one[2] == 5 for one in records(zone)) == 1


def test_a_zone_without_records_of_its_own_is_transferred(client, world):
    put_zone(world, "empty.test.")
    zone = receive(client(), axfr("empty.test."))
    assert {one[1] for one in records(zone)} == {"SOA", "NS"}


@pytest.mark.requirement("DNS-6.1.3.2-9")
def test_axfr_over_udp_is_refused(client):
    reply = client().ask("", "AXFR")
    assert reply.rcode == "REFUSED"
    assert reply.findings == ["axfr-over-udp"]


@pytest.mark.parametrize(("name", "rcode"), [("www", "NOTAUTH"), ("other.invalid.", "NOTAUTH"), ("sub", "NOTAUTH")])
def test_only_the_apex_of_a_zone_is_transferred(client, name, rcode):
    assert client().ask(name, "AXFR", "tcp").rcode == rcode


@pytest.mark.requirement("DNS-6.1.3.2-9")
def test_transfers_are_for_holders_of_a_key_or_for_nobody_by_option(client, signer):
    assert client(transfers="off").ask("", "AXFR", "tcp").rcode == "REFUSED"
    assert client(transfers="signed").ask("", "AXFR", "tcp").rcode == "REFUSED"
    query = axfr()
    wire = signer.sign(query)
    assert records(receive(client(transfers="signed"), query, wire=wire, keyring=RING, request_mac=query.mac))


def test_every_message_of_a_signed_transfer_is_signed_over_the_one_before(client, signer):
    query = axfr()
    wire = signer.sign(query)
    messages, effects = stream(client(), wire)
    assert len(messages) > 1
    assert all(parse(one).tsig for one in messages)
    assert receive(client(), query, wire=wire, keyring=RING, request_mac=query.mac)
    log = next(one for one in effects if getattr(one, "type", "") == "transfer")
    assert log.fields["key"] == "homeport."
    broken = dns.message.from_wire(messages[0], keyring=RING, request_mac=query.mac, multi=True, xfr=True)
    with pytest.raises(dns.tsig.BadSignature):
        dns.message.from_wire(messages[0], keyring=RING, multi=True, xfr=True, tsig_ctx=broken.tsig_ctx)


def test_a_transfer_has_the_records_of_its_beginning_whatever_changes_meanwhile(client, world):
    before = records(receive(client(), axfr()))
    answered = respond(client().context("tcp"), "tcp", axfr().to_wire())
    messages = [next(answered.stream)]
    add(world, 9)
    world.zones.apply(
        ORIGIN,
        [Edit(parse_name("huge", ORIGIN), TXT, None), Edit(parse_name("new", ORIGIN), A, RRset(A, 1, (b"1234",)))],
    )
    messages += list(answered.stream)
    zone = dns.zone.Zone(APEX)
    with dns.xfr.Inbound(zone, dns.rdatatype.AXFR) as inbound:
        for data in messages:
            inbound.process_message(dns.message.from_wire(data, xfr=True, origin=zone.origin))
    assert records(zone) == before


def test_ixfr_has_the_changes_since_the_serial_number_of_the_client(client, world):
    zone = receive(client(), axfr())
    known = serial_of(zone)
    for number in (3, 1, 7):
        add(world, number)
    messages, _ = stream(client(), ixfr(known).to_wire())
    assert sum(len(parse(one).answers) for one in messages) < 30
    assert style(client(), ixfr(known)) == "incremental"
    receive(client(), ixfr(known), zone)
    assert records(zone) == records(receive(client(), axfr()))


def test_ixfr_of_an_unknown_serial_number_has_the_whole_zone(client, world):
    add(world, 2)
    assert style(client(), ixfr(0)) == "whole"
    assert records(receive(client(), ixfr(0))) == records(receive(client(), axfr()))


@pytest.mark.parametrize("ahead", [0, 1, 1000])
def test_ixfr_of_a_client_that_is_up_to_date_has_the_soa_alone(client, world, ahead):
    serial = world.zones.find(ORIGIN).serial + ahead
    (message,), _ = stream(client(), ixfr(serial).to_wire())
    assert [one.type for one in parse(message).answers] == [SOA]
    assert style(client(), ixfr(serial)) == "up-to-date"


def test_ixfr_compares_serial_numbers_modulo_2_32(client, world):
    data = world.zones.find(ORIGIN).node(ORIGIN)[SOA].data[0]
    for serial in (0x7FFF_FFFF, 0xFFFF_FFFE, 5):
        world.zones.apply(ORIGIN, [Edit(ORIGIN, SOA, RRset(SOA, 60, (data[:-20] + serial.to_bytes(4) + data[-16:],)))])
    assert world.zones.find(ORIGIN).serial == 5
    assert style(client(), ixfr(0xFFFF_FFFE)) == "incremental"
    assert style(client(), ixfr(6)) == "up-to-date"


def test_ixfr_over_udp_has_the_changes_if_they_fit_and_else_the_soa_alone(client, world):
    known = world.zones.find(ORIGIN).serial
    add(world, 2)
    reply = client().send(ixfr(known).to_wire())
    assert len(reply.message.answer) > 1 or len(reply.message.answer[0]) > 1
    assert style(client(), ixfr(known), "udp") == "incremental"
    add(world, 60)
    reply = client().send(ixfr(known).to_wire())
    assert [one.type for one in parse(reply.wire).answers] == [SOA]
    assert not reply.flags & {"TC"}
    assert style(client(), ixfr(known), "udp") == "retry-over-tcp"


def test_ixfr_without_the_soa_of_the_client_is_malformed(client):
    reply = client().ask("", "IXFR", "tcp")
    assert reply.rcode == "FORMERR"
    assert reply.findings == ["ixfr-without-soa"]


def test_a_transfer_is_sent_message_by_message_as_the_client_takes_them(client):
    service = find_service("dns")
    session = service.session(client().context("tcp"))
    session.handle(Opened())
    effects = list(session.handle(Data(frame(axfr().to_wire()) + frame(axfr().to_wire()))))
    sent = 0
    while AwaitFlush() in effects:
        assert sum(isinstance(one, Send) for one in effects) == 1
        sent += 1
        effects = list(session.handle(Flushed()))
    messages, _ = stream(client(), axfr().to_wire())
    assert sent == 2 * len(messages)


def test_a_client_that_half_closes_gets_the_rest_of_its_transfer(client):
    service = find_service("dns")
    session = service.session(client().context("tcp"))
    session.handle(Opened())
    session.handle(Data(frame(axfr().to_wire())))
    assert Close() not in session.handle(Eof())
    effects = list(session.handle(Flushed()))
    while AwaitFlush() in effects:
        effects = list(session.handle(Flushed()))
    assert effects[-1] == Close()


def test_opt_is_in_the_first_message_of_a_transfer_if_the_client_has_sent_one(client):
    query = axfr()
    query.use_edns(0)
    messages, _ = stream(client(), query.to_wire())
    assert [parse(one).edns is not None for one in messages] == [True] + [False] * (len(messages) - 1)
    messages, _ = stream(client(), axfr().to_wire())
    assert not any(parse(one).edns for one in messages)


def put_domains(world, number):
    """Register names in the zone test, each with a server outside of it."""
    for at in range(number):
        now = world.registry.now()
        fields = {"created": now, "expires": now + 1e7, "nameservers": ("ns1.outside.net",)}
        roid = world.registry.new_roid("domain")
        world.registry.put(Domain(name=f"name{at}.test", roid=roid, registrar="harbour", **fields))


def test_the_zone_of_a_tld_is_transferred_with_its_delegations(client, world):
    put_domains(world, 1000)
    zone = receive(client(), axfr("test."))
    assert sum(one[1] == "NS" and one[0].startswith("name") for one in records(zone)) == 1000


@pytest.mark.parametrize("dnssec", [True, False])
def test_a_tld_that_changes_during_its_transfer_is_not_mixed_the_connection_is_closed(client, world, dnssec):
    world.options["dns"] = find_service("dns").options(dnssec=dnssec)
    world.zones.begin()
    put_domains(world, 1000)
    service = find_service("dns")
    session = service.session(client().context("tcp"))
    session.handle(Opened())
    effects = list(session.handle(Data(frame(axfr("test.").to_wire()))))
    assert AwaitFlush() in effects
    put_domains(world, 1001)
    while AwaitFlush() in effects:
        effects = list(session.handle(Flushed()))
    assert effects[-1] == Close()


def test_ixfr_of_a_tld_has_the_soa_alone_or_the_whole_zone(client, world):
    put_domains(world, 1)
    known = world.zones.find(parse_name("test.")).serial
    assert style(client(), ixfr(known, "test.")) == "up-to-date"
    put_domains(world, 2)
    assert style(client(), ixfr(known, "test.")) == "whole"


def test_zones_are_not_transferred_over_https(client):
    reply = client().ask("", "AXFR", "https")
    assert reply.rcode == "REFUSED"
