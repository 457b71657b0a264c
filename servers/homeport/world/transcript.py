"""What was said on one connection, in its order, out of the journal: octets both ways, what happened between, gaps.

The journal may have lost the beginning of a talk (it is a ring) and never keeps more of it than the connection's share;
octets are counted in full all the same, so a transcript knows how many are missing, and where.
"""

from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from homeport.world.journal import Connection, Entry, Journal, mask

Direction = Literal["in", "out"]


class Octets(msgspec.Struct, frozen=True):
    """Octets that came in or went out together."""

    seq: int
    time: float
    direction: Direction
    data: bytes


class Missing(msgspec.Struct, frozen=True):
    """Octets that the journal did not keep, or keeps no more."""

    time: float
    direction: Direction
    size: int


class Fact(msgspec.Struct, frozen=True):
    """Something else that happened: any other event of the journal."""

    seq: int
    time: float
    type: str
    event: dict[str, Any]
    """As the API shows it."""


Part = Octets | Missing | Fact


class Transcript(msgspec.Struct, frozen=True):
    """A talk."""

    connection: Connection
    parts: list[Part]


class Kept(msgspec.Struct):
    """What the journal still has of a connection."""

    connection: Connection
    octets: int = 0
    begins: bool = False
    """Whether it has its opening."""

    @property
    def whole(self) -> bool:
        """Whether it has the whole talk."""
        return self.begins and self.octets == self.connection.received + self.connection.sent


def kept_connections(journal: Journal, live: Iterable[Connection]) -> list[Kept]:
    """Every connection that the journal still knows of, and every one that stands, in the order they were opened."""
    found = {one.number: Kept(one) for one in live}
    for _seq, entry in journal.entries():
        source = entry.source
        if isinstance(source, Connection):
            kept = found.get(source.number)
            if kept is None:
                kept = found[source.number] = Kept(source)
            if entry.type in ("in", "out"):
                kept.octets += len(entry.octets[0])
            elif entry.type == "opened":
                kept.begins = True
    return [found[number] for number in sorted(found)]


def transcript_of(journal: Journal, conn: str, live: Iterable[Connection], *, secrets: bool) -> Transcript | None:
    """The talk of a connection; None if nothing is known of it. secrets: show them, if the journal keeps them."""
    connection = next((one for one in live if one.id == conn), None)
    entries: list[tuple[int, Entry]] = []
    for seq, entry in journal.entries():
        source = entry.source
        if isinstance(source, Connection) and (source is connection or (connection is None and source.id == conn)):
            connection = source
            entries.append((seq, entry))
    if connection is None:
        return None
    return Transcript(connection, Telling(journal, connection, entries, secrets=secrets).parts())


class Telling:
    """Puts a connection's entries into a transcript's parts."""

    def __init__(
        self, journal: Journal, connection: Connection, entries: list[tuple[int, Entry]], *, secrets: bool
    ) -> None:
        self._journal = journal
        self._connection = connection
        self._entries = entries
        self._hidden = () if secrets else tuple(connection.secrets or ())

    def parts(self) -> list[Part]:
        """All of them."""
        connection, parts = self._connection, list[Part]()
        told = connection.told or (connection.received, connection.sent)
        before = {"in": told[0], "out": told[1]}
        """What the ring has lost: all that was told, less what it has."""
        beyond = {"in": connection.received - told[0], "out": connection.sent - told[1]}
        """What came when the share was over."""
        last = 0
        for seq, entry in self._entries:
            if entry.type in before:
                before[entry.type] -= entry.octets[1]
                last = seq
        if not last:
            before = {direction: size + beyond[direction] for direction, size in before.items()}
        add_missing(parts, connection.opened, before)
        received = before["in"]
        for seq, entry in self._entries:
            if entry.type not in before:
                parts.append(Fact(seq, entry.time, entry.type, self._journal.render(seq, entry)))
                continue
            direction: Direction = "in" if entry.type == "in" else "out"
            data, size = entry.octets
            if direction == "in":
                data = self._hide(data, received)
                received += size
            if data:
                parts.append(Octets(seq, entry.time, direction, data))
            if seq == last:
                beyond[direction] += size - len(data)
                add_missing(parts, entry.time, beyond)
        return parts

    def _hide(self, data: bytes, at: int) -> bytes:
        """Octets of the input without the secrets in them. at: how many came before."""
        for begin, end in self._hidden:
            data = mask(data, begin - at, end - at)
        return data


def add_missing(parts: list[Part], time: float, sizes: dict[str, int]) -> None:
    """Say how many octets are missing here, each way."""
    parts += [Missing(time, "in" if way == "in" else "out", size) for way, size in sizes.items() if size > 0]
