"""The zone of a TLD of the registry: its delegations, with DS and glue, looked up when they are asked for.

Nothing is copied: a zone of 100,000 delegations costs nothing, and a change of the registry is in the next answer.
"""

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from homeport.world.registry.objects import Domain, Host
from homeport.world.zones.lookup import ADDRESSES, targets
from homeport.world.zones.name import Name, is_below
from homeport.world.zones.origins import SERVER, plain_apex
from homeport.world.zones.published import (
    is_published,
    is_withheld,
    name_of,
    servers_rrset,
    signers_rrset,
    text_of,
)
from homeport.world.zones.rrset import DS, NS, Node, RRset
from homeport.world.zones.zone import EMPTY

if TYPE_CHECKING:
    from homeport.world.zones.computed import ComputedZones

MAX_SCANNED = 2000
"""Objects that one look-up reads in search of one that matters: domains of a host, hosts of a domain. A host of more
domains of which none is published is taken as one in use."""


class RegistryZone:
    """The zone of a TLD."""

    def __init__(self, zones: "ComputedZones", text: str, origin: Name) -> None:
        self.origin = origin
        self.text = text
        """Its name as the registry writes it."""
        self._zones = zones

    @property
    def serial(self) -> int:
        """The serial number of its SOA: another one after each change of what it shows."""
        return self._zones.registry_serial(self.text)

    def node(self, name: Name) -> Node | None:
        """Return the records at a name, glue included; empty for an empty non-terminal, else None."""
        if name == self.origin:
            return plain_apex(self.serial)
        found = self._delegation(name)
        if glue := self._glue(name):
            return {**glue, **found} if found else glue
        if found:
            return found
        return EMPTY if self._is_above_records(name) else None

    def cut(self, name: Name) -> Name | None:
        """Return the delegated name that a name is or lies below; None if it is in the zone."""
        apex_size = len(self.origin)
        if len(name) == apex_size:
            return None
        child = name[-apex_size - 1 :]
        if self._servers(child) is not None:
            return child
        if child in self._zones.above_origins:
            for size in range(apex_size + 2, len(name) + 1):
                if self._servers(name[-size:]) is not None:
                    return name[-size:]
        return None

    def nodes(self) -> Iterator[tuple[Name, Node]]:
        """Yield each name that has records, as of the moment when it is reached; the apex first."""
        yield self.origin, self.node(self.origin) or EMPTY
        registry = self._zones.registry
        seen: set[Name] = {self.origin}
        ending = f".{self.text}"
        own = [name for name in self._zones.origins() if is_below(name, self.origin)]
        own += [host for one in own for host in self._zones.servers_of(one) if is_below(host, self.origin)]
        for table in (registry.domains, registry.hosts):
            for text in list(table):
                if text.endswith(ending) and (name := name_of(text)) is not None and name not in seen:
                    if node := self.node(name):
                        seen.add(name)
                        yield name, node
                    one = table.get(text)
                    if isinstance(one, Domain):
                        own += [name for each in one.attributes if (name := name_of(each.name)) is not None]
        for name in own:
            if name not in seen and is_below(name, self.origin) and (node := self.node(name)):
                seen.add(name)
                yield name, node

    def published(self, name: Name) -> Domain | None:
        """Return the domain of a name directly below the zone, if it is published."""
        if len(name) != len(self.origin) + 1 or (text := text_of(name)) is None:
            return None
        domain = self._zones.registry.domains.get(text)
        return domain if domain is not None and is_published(domain) else None

    def suspends(self, name: Name) -> bool:
        """Return True if a name lies in a domain that is withheld: the zones of the world there are gone with it."""
        text = text_of(name[-len(self.origin) - 1 :])
        domain = None if text is None else self._zones.registry.domains.get(text)
        return domain is not None and is_withheld(domain)

    def _delegation(self, name: Name) -> dict[int, RRset] | None:
        """Return NS and DS of a delegated name; None of others."""
        servers = self._servers(name)
        if servers is None:
            return None
        domain = self.published(name)
        own = None if domain is None else signers_rrset(domain, self._zones.ttl_of(domain, "DS"))
        signers = self._zones.signers_of(name, own)
        return {NS: servers} if signers is None else {NS: servers, DS: signers}

    def _servers(self, name: Name) -> RRset | None:
        """Return the NS of a delegated name: of a domain, else of a zone that the world has there."""
        domain = self.published(name)
        if (
            domain is not None
            and (servers := servers_rrset(domain.server_names, self._zones.ttl_of(domain, "NS"))) is not None
        ):
            return servers
        apex = self._zones.apex_below(self.origin, name)
        return None if apex is None or self.suspends(name) else apex.get(NS)

    def _glue(self, name: Name) -> dict[int, RRset] | None:
        """Return the addresses of a host that servers of the zone's delegations need."""
        text = text_of(name)
        if text is None:
            return None
        if name == SERVER:
            return dict(self._zones.world_addresses())
        host = self._zones.registry.hosts.get(text)
        if host is not None and host.addresses and self._is_server(host):
            return self._zones.addresses_of(host, host.addresses)
        domain = self.published(name[-len(self.origin) - 1 :])
        if domain is not None:
            for one in domain.attributes:
                if one.name == text and one.addresses:
                    return self._zones.addresses_of(domain, one.addresses)
        return self._glue_of_own(name)

    def _glue_of_own(self, name: Name) -> dict[int, RRset] | None:
        """Return the addresses of a server of a zone that the world has below this one."""
        for at in range(len(name) - len(self.origin)):
            origin = name[at:]
            apex = self._zones.apex_below(self.origin, origin)
            if apex is not None and NS in apex and not self.suspends(origin) and name in targets(apex[NS]):
                node = self._zones.node_in(origin, name) or EMPTY
                return {one: node[one] for one in ADDRESSES if one in node}
        return None

    def _is_server(self, host: Host) -> bool:
        """Return True if a published domain of the zone names the host as its server."""
        for read, domain in enumerate(self._zones.registry.each_domain_of_host(host.name), 1):
            if domain.name.partition(".")[2] == self.text and is_published(domain):
                return True
            if read == MAX_SCANNED:
                return True
        return False

    def _is_above_records(self, name: Name) -> bool:
        """Return True if a name has none, and names below it have."""
        if name == SERVER[-len(name) :] or (
            name in self._zones.above_origins
            and any(is_below(one, name) and self._servers(one) for one in self._zones.origins())
        ):
            return True
        text = text_of(name)
        child = text_of(name[-len(self.origin) - 1 :])
        if text is None or child is None:
            return False
        hosts = self._zones.registry.each_subordinate_host(child)
        return any(
            one.name.endswith(f".{text}") and one.addresses and self._is_server(one)
            for one in islice(hosts, MAX_SCANNED)
        )
