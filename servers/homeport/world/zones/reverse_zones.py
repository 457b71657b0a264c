"""The reverse zones of a world: names of the loopback addresses, and of the registry's hosts in the networks for
documentation (RFC 5737, RFC 3849), looked up when they are asked for.
"""

from collections.abc import Iterator
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from itertools import islice
from typing import TYPE_CHECKING

from homeport.world.zones.name import Name, name_wire, parse_name
from homeport.world.zones.origins import OWN_ORIGIN, TTL_S, plain_apex
from homeport.world.zones.published import name_of
from homeport.world.zones.rrset import PTR, Node, RRset
from homeport.world.zones.zone import EMPTY

if TYPE_CHECKING:
    from homeport.world.zones.computed import ComputedZones

NETWORKS = ("127.0.0.0/8", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "::/124", "2001:db8::/32")
MAX_SCANNED = 2000
"""Addresses of hosts that one look-up reads in search of one below a name. Where there are more, each name above
addresses counts as an empty non-terminal."""
V4, V6 = 4, 6
BITS_PER_LABEL = {V4: 8, V6: 4}
ADDRESS_BITS = {V4: 32, V6: 128}
HEX_DIGITS = {b"%x" % digit: digit for digit in range(16)}
OCTETS = {b"%d" % octet: octet for octet in range(256)}
NUMBERS = {V4: OCTETS, V6: HEX_DIGITS}


def reverse_name(address: str) -> Name:
    """Return the name of an address (RFC 1035 3.5, RFC 3596 2.5)."""
    return parse_name(ip_address(address).reverse_pointer)


def origin_of(network: IPv4Network | IPv6Network) -> Name:
    """Return the name of a network."""
    skipped = (ADDRESS_BITS[network.version] - network.prefixlen) // BITS_PER_LABEL[network.version]
    return parse_name(network.network_address.reverse_pointer)[skipped:]


class ReverseZone:
    """The zone of one network."""

    def __init__(self, zones: "ComputedZones", network: IPv4Network | IPv6Network, origin: Name) -> None:
        self.origin = origin
        self.network = network
        self.text = str(network)
        self._zones = zones

    @property
    def serial(self) -> int:
        """The serial number of its SOA: another one after each change of addresses in the network."""
        return self._zones.registry_serial(self.text)

    def node(self, name: Name) -> Node | None:
        """Return the records at a name, empty for an empty non-terminal; None if the name does not exist."""
        if name == self.origin:
            return plain_apex(self.serial)
        prefix = self._prefix(name)
        if prefix is None:
            return None
        if prefix.prefixlen < prefix.max_prefixlen:
            return EMPTY if self._has_addresses(prefix) else None
        names = self._names(str(prefix.network_address))
        return {PTR: RRset(PTR, TTL_S, tuple(map(name_wire, names)))} if names else None

    def cut(self, name: Name) -> Name | None:  # noqa: ARG002 - as zones have it
        """Return None: nothing is delegated."""
        return None

    def nodes(self) -> Iterator[tuple[Name, Node]]:
        """Yield each name that has records, with them, the apex first."""
        yield self.origin, self.node(self.origin) or EMPTY
        for address in dict.fromkeys((*self._zones.own_addresses(), *self._zones.registry.host_addresses())):
            if self.contains(address) and (node := self.node(reverse_name(address))):
                yield reverse_name(address), node

    def contains(self, address: str) -> bool:
        """Return True for an address of the network."""
        try:
            return ip_address(address) in self.network
        except ValueError:
            return False

    def _prefix(self, name: Name) -> IPv4Network | IPv6Network | None:
        """Return the network that a name below the origin stands for."""
        version = self.network.version
        numbers = [NUMBERS[version].get(label) for label in reversed(name[:-2])]
        bits = len(numbers) * BITS_PER_LABEL[version]
        if bits > ADDRESS_BITS[version]:
            return None
        value = 0
        for number in numbers:
            if number is None:
                return None
            value = value << BITS_PER_LABEL[version] | number
        value <<= ADDRESS_BITS[version] - bits
        return IPv4Network((value, bits)) if version == V4 else IPv6Network((value, bits))

    def _names(self, address: str) -> list[Name]:
        """Return the names of an address: the registry's hosts, else the world's."""
        hosts = [name for one in self._zones.registry.hosts_by_address(address) if (name := name_of(one.name))]
        return hosts or ([OWN_ORIGIN] if address in self._zones.own_addresses() else [])

    def _has_addresses(self, prefix: IPv4Network | IPv6Network) -> bool:
        if any(ip_address(one) in prefix for one in self._zones.own_addresses()):
            return True
        for read, one in enumerate(islice(self._zones.registry.host_addresses(), MAX_SCANNED), 1):
            if read == MAX_SCANNED or _is_in(one, prefix):
                return True
        return False


def _is_in(address: str, prefix: IPv4Network | IPv6Network) -> bool:
    try:
        return ip_address(address) in prefix
    except ValueError:
        return False  # an object of the API, which nothing validated


def reverse_zones(zones: "ComputedZones") -> list[ReverseZone]:
    """Return the reverse zones of a world."""
    return [ReverseZone(zones, network, origin) for network, origin in _networks()]


@cache
def _networks() -> list[tuple[IPv4Network | IPv6Network, Name]]:
    """Return the networks and their origins."""
    return [(network, origin_of(network)) for network in map(ip_network, NETWORKS)]
