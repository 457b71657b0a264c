"""The small zone of a registered name whose servers lie inside the world, so that a client resolves all the way.

It follows from the registry like the delegation to it: the hosts below the name with the registry's addresses, and the
name itself and `www` with the world's addresses, where its mail goes too.
"""

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from homeport.world.registry.objects import Domain
from homeport.world.zones.name import Name, is_below
from homeport.world.zones.origins import MAIL_SERVER, TTL_S, soa_rrset
from homeport.world.zones.published import name_of, servers_rrset, text_of
from homeport.world.zones.rdata import mx, txt
from homeport.world.zones.rrset import MX, NS, SOA, TXT, Node, RRset
from homeport.world.zones.zone import EMPTY

if TYPE_CHECKING:
    from homeport.world.zones.computed import ComputedZones

MAX_SCANNED = 2000
"""Hosts of one domain that a look-up reads in search of one below a name."""
MAIL = RRset(MX, TTL_S, (mx(10, MAIL_SERVER),))
SENDERS = RRset(TXT, TTL_S, (txt(b"v=spf1 mx -all"),))
WWW = b"www"


class ChildZone:
    """The zone of one registered name, as of the version in which it was found."""

    def __init__(self, zones: "ComputedZones", origin: Name, domain: Domain) -> None:
        self.origin = origin
        self.domain = domain
        self._zones = zones

    @property
    def serial(self) -> int:
        """The serial number of its SOA: its TLD's, which moves with each change here."""
        return self._zones.registry_serial(self.domain.name.partition(".")[2])

    def node(self, name: Name) -> Node | None:
        """Return the records at a name, empty for an empty non-terminal; None if the name does not exist."""
        if name == self.origin:
            return self._apex()
        if (apex := self._zones.apex_below(self.origin, name)) is not None and NS in apex:
            return {NS: apex[NS]}
        if found := self._host(name):
            return found
        if name == (WWW, *self.origin):
            return self._zones.world_addresses()
        return EMPTY if self._is_above_records(name) else None

    def cut(self, name: Name) -> Name | None:
        """Return the delegated name that a name is or lies below: only other zones of the world are delegated."""
        return self._zones.cut_below(self.origin, name)

    def nodes(self) -> Iterator[tuple[Name, Node]]:
        """Yield each name that has records, with them, the apex first."""
        names: dict[Name, None] = {self.origin: None, (WWW, *self.origin): None}
        for host in self._zones.registry.subordinate_hosts(self.domain.name):
            if (name := name_of(host.name)) is not None:
                names[name] = None
        for one in self.domain.attributes:
            if (name := name_of(one.name)) is not None and is_below(name, self.origin):
                names[name] = None
        for origin in self._zones.origins():
            if is_below(origin, self.origin):
                names[origin] = None
        for name in names:
            if node := self.node(name):
                yield name, node

    def _apex(self) -> dict[int, RRset]:
        node = {SOA: soa_rrset(self.serial), MX: MAIL, TXT: SENDERS}
        servers = servers_rrset(self.domain.server_names, self._zones.ttl_of(self.domain, "NS"))
        if servers is not None:
            node[NS] = servers
        return {**node, **(self._host(self.origin) or self._zones.world_addresses())}

    def _host(self, name: Name) -> dict[int, RRset]:
        """Return the addresses that the registry has for a host of the domain."""
        text = text_of(name)
        if text is None:
            return {}
        host = self._zones.registry.hosts.get(text)
        if host is not None and host.addresses:
            return self._zones.addresses_of(host, host.addresses)
        given = (one for one in self.domain.attributes if one.name == text)
        return next((self._zones.addresses_of(self.domain, one.addresses) for one in given), {})

    def _is_above_records(self, name: Name) -> bool:
        if name in self._zones.above_origins and any(is_below(one, name) for one in self._zones.origins()):
            return True
        text = text_of(name)
        if text is None:
            return False
        hosts = islice(self._zones.registry.each_subordinate_host(self.domain.name), MAX_SCANNED)
        named = [(one.name, one.addresses) for one in hosts]
        named += ((one.name, one.addresses) for one in self.domain.attributes)
        return any(addresses and host.endswith(f".{text}") for host, addresses in named)
