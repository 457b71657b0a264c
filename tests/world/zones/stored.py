"""A stored zone to change."""

from homeport.world.zones.name import Name, parse_name
from homeport.world.zones.rdata import address, soa
from homeport.world.zones.rrset import NS, SOA, A, RRset
from homeport.world.zones.zone import StoredZone

ORIGIN = parse_name("example.test")


def named(text: str) -> Name:
    """Return a name of the zone: `www` is `www.example.test`."""
    return parse_name(text, ORIGIN)


def soa_of(serial: int, ttl: int = 3600) -> RRset:
    """Return a SOA of that serial number."""
    return RRset(SOA, ttl, (soa(named("ns"), named("hostmaster"), serial, 7200, 900, 86400, 300),))


def a(*hosts: str, ttl: int = 300) -> RRset:
    """Return a set of A records."""
    return RRset(A, ttl, tuple(map(address, hosts)))


def example_zone() -> StoredZone:
    """Return example.test with serial number 7, a name server and www."""
    made = StoredZone(ORIGIN, soa_of(7))
    made.put(ORIGIN, RRset(NS, 3600, (b"\x02ns\x07example\x04test\0",)))
    made.put(named("ns"), a("192.0.2.53"))
    made.put(named("www"), a("192.0.2.1", "192.0.2.2"))
    return made
