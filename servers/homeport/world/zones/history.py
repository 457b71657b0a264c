"""The last changes of a zone, for incremental transfers (RFC 1995)."""

from collections import deque

import msgspec

from homeport.world.zones.name import Name
from homeport.world.zones.rrset import RRset

MAX_CHANGES = 1000
MAX_BYTES = 4 << 20
"""Limits of the changes that one zone remembers; older ones are forgotten, and then transfers are whole."""
RECORD_COST = 100
"""Bytes of memory that a record takes besides its data."""


class Change(msgspec.Struct, frozen=True, gc=False):
    """The records that one change of a zone removed and added, apart from the SOA."""

    before: RRset
    """The SOA before it."""
    after: RRset
    """The SOA after it."""
    removed: tuple[tuple[Name, RRset], ...]
    added: tuple[tuple[Name, RRset], ...]

    @property
    def size_bytes(self) -> int:
        """The memory that it takes, roughly."""
        changed = (rrset for _, rrset in (*self.removed, *self.added))
        return sum(map(size_of, (self.before, self.after, *changed)))


class History:
    """The changes of one zone that are remembered, in order."""

    def __init__(self) -> None:
        self._changes: deque[Change] = deque()
        self._size_bytes = 0

    def add(self, change: Change) -> None:
        """Remember a change; the oldest ones are forgotten when there are too many."""
        self._changes.append(change)
        self._size_bytes += change.size_bytes
        while self._changes and (len(self._changes) > MAX_CHANGES or self._size_bytes > MAX_BYTES):
            self._size_bytes -= self._changes.popleft().size_bytes

    def since(self, serial: int) -> tuple[Change, ...] | None:
        """Return the changes that lead from a serial number to the present one; None if they are not all known."""
        for at, change in enumerate(self._changes):
            if serial_in(change.before) == serial:
                return tuple(self._changes)[at:]
        return None

    def __len__(self) -> int:
        """Return the number of changes that are remembered."""
        return len(self._changes)


def size_of(rrset: RRset) -> int:
    """Return the memory that a record set takes, roughly, in bytes."""
    return sum(map(len, rrset.data)) + RECORD_COST * len(rrset.data)


def serial_in(soa: RRset) -> int:
    """Return the serial number of a SOA."""
    return int.from_bytes(soa.data[0][-20:-16])
