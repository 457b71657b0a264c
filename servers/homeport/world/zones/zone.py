"""The interface of a zone, and the zone whose records are kept: configured ones, and those of the world's own names.

Zones that follow from other state (a TLD of the registry, a registered name) compute their nodes on demand.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Protocol

from homeport.world.zones.history import History, serial_in, size_of
from homeport.world.zones.name import Name, is_below
from homeport.world.zones.rrset import NS, SOA, Node, RRset

EMPTY: Node = {}
NAME_COST = 600
"""Bytes of memory that a name takes for each of its labels below the origin, and for the node."""


class Zone(Protocol):
    """A zone: the names from an origin down to the delegations (RFC 1034 4.2)."""

    @property
    def origin(self) -> Name:
        """The name of its apex."""

    @property
    def serial(self) -> int:
        """The serial number of its SOA."""

    def node(self, name: Name) -> Node | None:
        """Return the records at a name of the zone, glue included; empty for an empty non-terminal, else None."""

    def cut(self, name: Name) -> Name | None:
        """Return the delegated name that a name is or lies below, the highest one; None if it is in the zone."""

    def nodes(self) -> Iterator[tuple[Name, Node]]:
        """Yield each name that has records, with them, the apex first."""


class StoredZone:
    """A zone whose records are kept in memory. It always has a SOA at its apex."""

    def __init__(self, origin: Name, soa: RRset) -> None:
        self.origin = origin
        self._nodes: dict[Name, dict[int, RRset]] = {origin: {SOA: soa}}
        self._below: Counter[Name] = Counter()
        """Number of names with records below each name: those that have none themselves are empty non-terminals."""
        self.size_bytes = size_of(soa)
        """The memory that its records take, roughly."""
        self.history = History()
        """Its last changes, for incremental transfers."""

    @property
    def serial(self) -> int:
        """The serial number of its SOA."""
        return serial_in(self._nodes[self.origin][SOA])

    def node(self, name: Name) -> Node | None:
        """Return the records at a name, empty for an empty non-terminal; None if the name does not exist."""
        found = self._nodes.get(name)
        if found is None and name in self._below:
            return EMPTY
        return found

    def cut(self, name: Name) -> Name | None:
        """Return the highest delegated name that a name is or lies below; None if it is in the zone."""
        for size in range(len(self.origin) + 1, len(name) + 1):
            ancestor = name[-size:]
            node = self._nodes.get(ancestor)
            if node is not None and NS in node:
                return ancestor
            if node is None and ancestor not in self._below:
                return None
        return None

    def nodes(self) -> Iterator[tuple[Name, Node]]:
        """Yield each name that has records, with them, the apex first, as they are at the first step."""
        nodes = self._nodes.copy()  # a change replaces nodes, so this is a snapshot
        yield self.origin, nodes[self.origin]
        yield from (one for one in nodes.items() if one[0] != self.origin)

    def snapshot(self) -> "StoredZone":
        """Return a zone with the same records, which stays as it is; it has no history."""
        made = StoredZone(self.origin, self._nodes[self.origin][SOA])
        made._nodes, made._below = self._nodes.copy(), self._below.copy()
        made.size_bytes = self.size_bytes
        return made

    def has_same_records(self, other: "StoredZone") -> bool:
        """Return True if another zone has exactly the records of this one."""
        return dict(self.nodes()) == dict(other.nodes())

    def put(self, name: Name, rrset: RRset) -> None:
        """Add a record set, or replace the one of its type.

        Raises: ValueError for a name outside the zone.
        """
        if not is_below(name, self.origin):
            raise ValueError("the name is outside the zone")
        node = self._nodes.get(name)
        self.size_bytes += self.growth(name, rrset.type, rrset)
        if node is None:
            self._below.update(self._ancestors(name))
        self._nodes[name] = {**(node or EMPTY), rrset.type: rrset}

    def remove(self, name: Name, type_number: int) -> None:
        """Remove a record set if it exists; the SOA stays."""
        node = self._nodes.get(name)
        if node is None or (name == self.origin and type_number == SOA):
            return
        self.size_bytes += self.growth(name, type_number, None)
        left = {kind: rrset for kind, rrset in node.items() if kind != type_number}
        if left:
            self._nodes[name] = left
        else:
            self.size_bytes -= NAME_COST * (len(name) - len(self.origin) + 1)
            del self._nodes[name]
            for ancestor in self._ancestors(name):
                self._below[ancestor] -= 1
                if not self._below[ancestor]:
                    del self._below[ancestor]

    def growth(self, name: Name, type_number: int, rrset: RRset | None) -> int:
        """Return by how many bytes a record set grows that becomes another one, or is removed."""
        node = self._nodes.get(name)
        old = None if node is None else node.get(type_number)
        grown = (0 if rrset is None else size_of(rrset)) - (0 if old is None else size_of(old))
        if node is None and rrset is not None:
            grown += NAME_COST * (len(name) - len(self.origin) + 1)  # each name above it may become a non-terminal
        return grown

    def _ancestors(self, name: Name) -> Iterator[Name]:
        """Yield the names between a name and the apex, the apex included."""
        for size in range(len(self.origin), len(name)):
            yield name[-size:] if size else ()


def soa_of(zone: Zone) -> RRset:
    """Return the SOA of a zone."""
    return (zone.node(zone.origin) or EMPTY)[SOA]


def negative_ttl(soa: RRset) -> int:
    """Return for how many seconds a denial by the zone of a SOA may be kept (RFC 2308 3)."""
    return min(soa.ttl, int.from_bytes(soa.data[0][-4:]))


def serial_of(soa: bytes) -> int:
    """Return the serial number in SOA data."""
    return int.from_bytes(soa[-20:-16])


def with_serial(soa: bytes, serial: int) -> bytes:
    """Return SOA data with another serial number."""
    return soa[:-20] + serial.to_bytes(4) + soa[-16:]


def is_later(serial: int, than: int) -> bool:
    """Return True if a serial number is greater than another, modulo 2^32 (RFC 1982 3.2)."""
    return 0 < (serial - than) & 0xFFFF_FFFF < 1 << 31


def next_serial(serial: int, now: float = 0.0) -> int:
    """Return the serial number after a change: the time in seconds, or one more (RFC 1982)."""
    stamped = int(now) & 0xFFFF_FFFF
    return stamped if is_later(stamped, serial) else (serial + 1) & 0xFFFF_FFFF
