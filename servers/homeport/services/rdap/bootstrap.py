"""Bootstrap files (RFC 9224, RFC 8521): where a client finds the RDAP of a name, a network, an AS number, a handle."""

from collections.abc import Generator, Iterator

from homeport.services.rdap.notices import Shown
from homeport.world.clock import to_moment
from homeport.world.numbers.numbers import Numbers
from homeport.world.registry import Registry
from homeport.world.registry.registry import REPOSITORY

CONTACT = "registry@homeport.test"
"""Mail address of those who answer for the object tag (RFC 8521 3)."""
MAX_ENTRIES = 64
"""Entries of one step."""
DESCRIPTIONS = {
    "dns": "domains",
    "ipv4": "IPv4 networks",
    "ipv6": "IPv6 networks",
    "asn": "AS numbers",
    "object-tags": "object tags",
}
Entries = Iterator[str | None]
"""The entries of a file; None where there is none to be had of an object that was looked at."""


def file(name: str, entries: Entries, base: str, now: float) -> Generator[None, None, Shown]:
    """Return a file (RFC 9224 4). base: URL of this server, with a slash at the end. It yields after each step."""
    found = []
    for number, entry in enumerate(entries, 1):
        if entry is not None:
            found.append(entry)
        if not number % MAX_ENTRIES:
            yield
    published = to_moment(now).isoformat(timespec="seconds").replace("+00:00", "Z")
    service = [[CONTACT], found, [base]] if name == "object-tags" else [found, [base]]
    return {
        "version": "1.0",
        "publication": published,
        "description": f"RDAP bootstrap file of Homeport for {DESCRIPTIONS[name]}",
        "services": [service] if found else [],
    }


def dns(registry: Registry) -> Entries:
    """Yield the zones (RFC 9224 4)."""
    yield from registry.zones


def networks(numbers: Numbers, family: str) -> Entries:
    """Yield the prefixes of the networks that lie in no other one (RFC 9224 5.1, 5.2)."""
    for one in [*numbers.networks]:
        where = numbers.networks.range_of(one)
        if where.family != family or numbers.networks.index.less_specific(where, 1):
            yield None
        else:
            yield from where.prefixes()


def as_numbers(numbers: Numbers) -> Entries:
    """Yield the blocks of AS numbers that lie in no other one (RFC 9224 5.3)."""
    for one in [*numbers.as_numbers]:
        where = numbers.as_numbers.range_of(one)
        inside = numbers.as_numbers.index.less_specific(where, 1)
        yield None if inside else f"{where.first}-{where.last}"


def object_tags() -> Entries:
    """Yield the end of the registry's handles (RFC 8521 2)."""
    yield REPOSITORY
