"""Names and figures that the zones of every world share."""

from homeport.world.zones.name import Name, name_wire
from homeport.world.zones.rdata import soa
from homeport.world.zones.rrset import NS, SOA, Node, RRset

OWN_TEXT = "homeport.test"
"""The zone of the world's own hosts, as the registry writes it."""
OWN_ORIGIN: Name = (b"homeport", b"test")
"""The same as a name."""
SERVER: Name = (b"ns", *OWN_ORIGIN)
"""The world's own name server, which is that of each zone without others."""
MAIL_SERVER: Name = (b"mail", *OWN_ORIGIN)
MAILBOX: Name = (b"hostmaster", *OWN_ORIGIN)
TTL_S = 60
"""TTL of records that the world makes: short, because a test changes them."""
NEGATIVE_TTL_S = 5
SERVERS = RRset(NS, TTL_S, (name_wire(SERVER),))
"""The name servers of a zone that has no others."""
REFRESH_S, RETRY_S, EXPIRE_S = 14_400, 3_600, 1_209_600


def soa_rrset(serial: int) -> RRset:
    """Return the SOA of a zone that says nothing of its own."""
    return RRset(SOA, TTL_S, (soa(SERVER, MAILBOX, serial, REFRESH_S, RETRY_S, EXPIRE_S, NEGATIVE_TTL_S),))


def plain_apex(serial: int) -> Node:
    """Return the apex of a zone that says nothing of its own."""
    return {SOA: soa_rrset(serial), NS: SERVERS}
