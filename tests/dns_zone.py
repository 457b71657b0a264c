"""A zone with records for most kinds of answers, for tests of DNS."""

from typing import Any

from homeport.world.world import World
from homeport.world.zones.name import name_wire, parse_name
from homeport.world.zones.rdata import address, mx, soa, srv, txt
from homeport.world.zones.rrset import TYPES, RRset
from homeport.world.zones.zone import StoredZone

APEX = "example.test."


def put_zone(world: World, origin: str, *records: tuple[Any, ...]) -> StoredZone:
    """Add a zone to a world: records are name, type, TTL and data."""
    apex = parse_name(origin)
    data = soa(parse_name("ns", apex), parse_name("hostmaster", apex), 1, 3600, 600, 86400, 30)
    rrsets = [(apex, RRset(TYPES["SOA"], 300, (data,)))]
    for name, kind, ttl, *datas in records:
        rrsets.append((parse_name(name, apex), RRset(TYPES.get(kind, kind), ttl, tuple(datas))))
    return world.zones.put_zone(apex, rrsets)


def wire(name: str) -> bytes:
    """Return a name without compression."""
    return name_wire(parse_name(name, parse_name(APEX)))


def put_example_zone(world: World) -> StoredZone:
    """Add a zone with records for most kinds of answers."""
    return put_zone(
        world,
        APEX,
        ("", "NS", 300, wire("ns")),
        ("ns", "A", 300, address("192.0.2.53")),
        ("", "MX", 300, *(mx(n, parse_name(f"mx{n}.example.test.")) for n in range(1, 11))),
        *((f"mx{n}", "A", 300, address(f"192.0.2.{n}")) for n in range(1, 11)),
        ("www", "A", 300, address("192.0.2.80")),
        ("www", "AAAA", 300, address("2001:db8::80")),
        ("zero", "A", 0, address("192.0.2.90")),
        ("alias", "CNAME", 300, wire("www")),
        ("outside", "CNAME", 300, wire("www.elsewhere.invalid.")),
        ("loop", "CNAME", 300, wire("pool")),
        ("pool", "CNAME", 300, wire("loop")),
        ("*.wild", "TXT", 300, txt(b"from the wildcard")),
        ("b.wild", "A", 300, address("192.0.2.11")),
        ("_imaps._tcp", "SRV", 300, srv(0, 1, 10993, parse_name("www.example.test."))),
        ("big", "TXT", 300, *(txt(b"%04d " % n * 40) for n in range(12))),
        ("huge", "TXT", 300, *(txt(b"%04d " % n * 50) for n in range(240))),
        ("sub", "NS", 300, wire("ns.sub")),
        ("ns.sub", "A", 300, address("192.0.2.99")),
        ("wide", "NS", 300, *(wire(f"{'n' * 40}{n}.wide") for n in range(13))),
        *((f"{'n' * 40}{n}.wide", "AAAA", 300, address(f"2001:db8::{n}")) for n in range(13)),
        ("odd", 65280, 300, b"\x0a\0\0\1"),
        ("old", "HINFO", 300, b"\3VAX\4UNIX"),
    )
