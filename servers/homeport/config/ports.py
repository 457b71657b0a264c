"""Port conflicts between the listeners of a configuration."""

from collections.abc import Iterator
from ipaddress import ip_address
from itertools import combinations
from typing import NamedTuple

from homeport.config.sections import Config
from homeport.config.values import Key, key_text
from homeport.services import find_service

LOOPBACK_NAMES = {"localhost": ("127.0.0.1", "::1")}
WILDCARDS = {"0.0.0.0": 4, "::": 6}
"""Addresses that stand for every address of an IP version."""


class Claim(NamedTuple):
    """A range of ports of one transport that something uses, both ends included."""

    who: str
    key: Key
    transport: str
    first: int
    last: int
    hosts: tuple[str, ...]
    listens: bool = True
    """True for a listener, which must have its port; False for data connections, which can do with fewer."""

    @property
    def ports(self) -> str:
        """Format the ports for people: `10043`, `10200-10249`."""
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"

    def clashes(self, other: "Claim") -> bool:
        """True if the two claims conflict."""
        return (
            self.transport == other.transport
            and self.first <= other.last
            and other.first <= self.last
            and any(_same(one, another) for one in self.hosts for another in other.hosts)
        )


def port_clashes(config: Config) -> Iterator[tuple[Key, Key, str]]:
    """Yield the keys of each two claims that conflict, and the problem as text about the second. Port 0 never
    conflicts."""
    clashes: dict[tuple[Key, Key], list[tuple[Claim, Claim]]] = {}
    for first, second in combinations(_claims(config), 2):
        if first.clashes(second) and first.key != second.key and (first.listens or second.listens):
            clashes.setdefault((first.key, second.key), []).append((first, second))
    for (key, other), pairs in clashes.items():
        first, second = pairs[0]
        transports = " and ".join(pair[0].transport.upper() for pair in pairs)
        yield (
            key,
            other,
            f"{second.who} ({key_text(other)}) and {first.who} ({key_text(key)}) both want {transports} port "
            f"{second.ports if second.first == second.last else first.ports}: change one; 0 is any free port",
        )


def _claims(config: Config) -> list[Claim]:
    """Return every claim of a named port, in the order of the configuration."""
    hosts = _addresses(config.farm.hosts)
    port = config.control.port
    claims = [
        Claim("the control API", ("control", "port"), "tcp", port, port, _addresses(config.control.hosts) or hosts)
    ]
    for name, options in config.services.items():
        service = find_service(name)
        for one in service.listeners:
            if one.is_wanted(options):
                port = getattr(options, one.option)
                claims.append(Claim(f"{name}.{one.name}", (name, one.option), one.transport, port, port, hosts))
        transport = "udp" if service.exchanges else "tcp"
        for what, option, first, last in service.other_ports(options):
            claims.append(Claim(f"{name}'s {what}", (name, option), transport, first, last, hosts, listens=False))
    return [claim for claim in claims if claim.last]


def _addresses(hosts: list[str]) -> tuple[str, ...]:
    """Return hosts in canonical form."""
    return tuple(address for host in hosts for address in LOOPBACK_NAMES.get(host, (_literal(host),)))


def _literal(host: str) -> str:
    try:
        return str(ip_address(host))
    except ValueError:
        return host.lower()


def _same(one: str, another: str) -> bool:
    """True if two hosts have an address in common; a host name is assumed to differ from every listed address."""
    if one == another:
        return True
    for wildcard, host in ((one, another), (another, one)):
        if (version := WILDCARDS.get(wildcard)) and _version(host) == version:
            return True
    return False


def _version(host: str) -> int:
    try:
        return ip_address(host.partition("%")[0]).version
    except ValueError:
        return 0
