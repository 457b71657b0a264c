"""The transcript of one connection from the journal, in order: bytes of both directions, other events, gaps.

The journal is a ring, so it may have dropped the start of a connection, and it keeps no more than the connection's
share. Since all bytes are counted, a transcript knows where bytes are missing and how many.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any, Literal

import msgspec

from homeport.world.journal import Connection, Entry, Journal, mask
from homeport.world.places import Commands, Pieces, is_command, reply_after

Direction = Literal["in", "out"]
MAX_VERBS = 20
"""Different successive verbs that the list of connections shows of one."""
MAX_VERB = 24
"""Characters of a verb there."""


class Chunk(msgspec.Struct, frozen=True):
    """Bytes of one read or one write."""

    seq: int
    time: float
    direction: Direction
    data: bytes


class Gap(msgspec.Struct, frozen=True):
    """Bytes that the journal did not keep, or has dropped."""

    time: float
    direction: Direction
    size: int


class Fact(msgspec.Struct, frozen=True):
    """Any other event of the journal."""

    seq: int
    time: float
    type: str
    event: dict[str, Any]
    """Rendered for the API."""


Part = Chunk | Gap | Fact


class Kept(msgspec.Struct):
    """The part of a connection that the journal still has."""

    connection: Connection
    size_bytes: int = 0
    has_opening: bool = False
    verbs: list[tuple[str, int]] = []
    """The verbs of its first commands, each with the number of times that it follows itself."""

    @property
    def whole(self) -> bool:
        """True if the journal has the whole connection."""
        return self.has_opening and self.size_bytes == self.connection.received + self.connection.sent

    def add_verb(self, fields: dict[str, Any]) -> None:
        """Take account of a command. fields: those of its event."""
        verb = str(fields.get("verb") or fields.get("command") or "")[:MAX_VERB]
        verbs = self.verbs
        if verbs and verbs[-1][0] == verb:
            verbs[-1] = (verb, verbs[-1][1] + 1)
        elif verb and len(verbs) < MAX_VERBS:
            verbs.append((verb, 1))


class KeptConnections:
    """The connections that the journal has events of, and the open ones. Feed it the journal's entries in batches."""

    def __init__(self, live: Iterable[Connection]) -> None:
        self._found = {one.number: Kept(one) for one in live}

    def add(self, entries: Iterable[tuple[int, Entry]]) -> None:
        """Take account of some entries."""
        found = self._found
        for _seq, entry in entries:
            source = entry.source
            if isinstance(source, Connection):
                kept = found.get(source.number)
                if kept is None:
                    kept = found[source.number] = Kept(source)
                if entry.direction:
                    kept.size_bytes += len(entry.data[0])
                elif entry.type == "opened":
                    kept.has_opening = True
                elif entry.type in ("command", "epp"):
                    kept.add_verb(entry.content)

    def __iter__(self) -> Iterator[Kept]:
        """Yield them in the order in which they were opened."""
        return (self._found[number] for number in sorted(self._found))


class Transcript:
    """The transcript of a connection. Feed it the journal's entries in batches, up to the newest, then read the parts.

    secrets: show them, if the journal keeps them.
    """

    def __init__(self, journal: Journal, conn: str, live: Iterable[Connection], *, secrets: bool) -> None:
        self._journal = journal
        self._conn = conn
        self.connection = next((one for one in live if one.id == conn), None)
        """The connection; None while it is unknown."""
        self._show_secrets = secrets
        self._entries: list[tuple[int, Entry]] = []
        self._pieces = {"in": Pieces(), "out": Pieces()}
        self._commands = Commands()
        self._counted = self._count()
        self._sizes = {"in": 0, "out": 0}
        self._cut = 0
        self._last = 0

    def add(self, entries: Iterable[tuple[int, Entry]]) -> None:
        """Take the entries of the connection out of some entries of the journal."""
        connection = self.connection
        for seq, entry in entries:
            source = entry.source
            if not isinstance(source, Connection):
                continue
            if source is connection or (connection is None and source.id == self._conn):
                connection = self.connection = source
                self._entries.append((seq, entry))
                if is_command(entry):
                    self._commands.add(seq, entry.place, self._sizes["in"], self._sizes["out"])
                if direction := entry.direction:
                    data, size = entry.data
                    self._pieces[direction].add(seq, self._sizes[direction], data)
                    self._sizes[direction] += size
                    self._cut += size - len(data)
                    self._last = seq
        self._counted = self._count()

    @property
    def whole(self) -> bool:
        """True if no bytes are missing."""
        received, sent = self._counted[0]
        return not self._cut and self._sizes == {"in": received, "out": sent}

    def _count(self) -> tuple[tuple[int, int], tuple[int, int] | None]:
        """Return the bytes received and sent so far, and those once recorded. An open connection goes on, so this must
        be of the time of the newest entry.
        """
        one = self.connection
        return ((0, 0), None) if one is None else ((one.received, one.sent), one.recorded_bytes)

    def parts(self) -> Iterator[Part]:
        """Yield all parts, in order."""
        connection = self._known()
        counted, share = self._counted
        recorded = share or counted
        # Bytes that the ring has dropped: those once recorded, less those that it still has.
        before = {"in": recorded[0] - self._sizes["in"], "out": recorded[1] - self._sizes["out"]}
        # Bytes after the share was used up, which were never recorded.
        beyond = {"in": counted[0] - recorded[0], "out": counted[1] - recorded[1]}
        if not self._last:
            before = {direction: size + beyond[direction] for direction, size in before.items()}
        yield from gaps(connection.opened, before)
        received = self._pieces["in"].base = before["in"]
        self._pieces["out"].base = before["out"]
        secrets = deque(() if self._show_secrets else sorted(connection.secrets or ()))
        for seq, entry in self._entries:
            direction = entry.direction
            if not direction:
                event = self._journal.render(seq, entry) | self._places(seq, entry)
                yield Fact(seq, entry.time, entry.type, event)
                continue
            data, size = entry.data
            if direction == "in":
                data = mask_secrets(data, received, secrets)
                received += size
            if data:
                yield Chunk(seq, entry.time, direction, data)
            if seq == self._last:
                beyond[direction] += size - len(data)
                yield from gaps(entry.time, beyond)

    def _places(self, seq: int, entry: Entry) -> dict[str, Any]:
        """Return the fields that say where the bytes of an event are; none for most events."""
        received, sent = self._pieces["in"], self._pieces["out"]
        if entry.type == "finding":
            offence = entry.content
            return {"at": received.find(offence), "command_seq": self._commands.about(seq, offence.place)}
        if entry.type == "fault":
            return {"reply_seq": reply_after(self._journal, seq, entry.source)}
        if not is_command(entry):
            return {}
        return {
            "in": received.locate(*self._commands.asked(seq, received.base)),
            "out": sent.locate(*self._commands.answered(seq, sent.base, self._sizes["out"])),
        }

    def _known(self) -> Connection:
        if self.connection is None:
            raise KeyError(self._conn)
        return self.connection


def transcript_of(journal: Journal, conn: str, live: Iterable[Connection], *, secrets: bool) -> Transcript | None:
    """Return the transcript of a connection, read at once; None if it is unknown."""
    found = Transcript(journal, conn, live, secrets=secrets)
    found.add(journal.entries())
    return None if found.connection is None else found


def mask_secrets(data: bytes, at: int, secrets: deque[tuple[int, int]]) -> bytes:
    """Mask the secrets in received bytes. at: offset of the first byte. secrets: in order; those before are dropped."""
    while secrets and secrets[0][1] <= at:
        secrets.popleft()
    for begin, end in secrets:
        if begin >= at + len(data):
            break
        data = mask(data, begin - at, end - at)
    return data


def gaps(time: float, sizes: dict[str, int]) -> Iterator[Gap]:
    """Yield a gap for each direction in which bytes are missing here."""
    for way, size in sizes.items():
        if size > 0:
            yield Gap(time, "in" if way == "in" else "out", size)
