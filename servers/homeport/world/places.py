"""Where the bytes of findings and commands are in the journal: offsets of a connection, resolved to events.

Sessions note offsets only (`protocol/place.py`); they are resolved when the API reads the journal.
"""

from bisect import bisect_right
from itertools import chain
from typing import Annotated

import msgspec
from msgspec import Meta

from homeport.protocol.place import OPEN_END, Place
from homeport.world.findings import MAX_SHOWN_BYTES
from homeport.world.journal import Connection, Entry, Journal, Offence

MAX_BACK = 256
"""Events before a finding that are searched for its bytes, and after it for its command, and after a fault for its
reply."""
MAX_SEARCHED_BYTES = 64 << 10
"""Bytes in which those of a finding are looked for."""
MAX_LINE_BYTES = 4096
"""Size up to which a place is taken for a line, of which a finding that shows its beginning means all."""
COMMANDS = ("command", "epp")
"""Types of events that record a command."""


class At(msgspec.Struct, frozen=True):
    meaning = "A place in the bytes of a connection."

    seq: Annotated[int, Meta(description="`seq` of the event `in` or `out` that has the first of these bytes")]
    offset: Annotated[int, Meta(description="offset of the first byte in that event")]
    length: Annotated[int, Meta(description="number of bytes; they may continue in the next event of that direction")]


class Pieces:
    """The bytes of one direction of a connection that the journal has. Offsets are relative to `base`."""

    def __init__(self) -> None:
        self.base = 0
        """Offset of relative offset 0 in all bytes of the connection."""
        self._begins: list[int] = []
        self._seqs: list[int] = []
        self._data: list[bytes] = []

    def add(self, seq: int, begin: int, data: bytes) -> None:
        """Add the bytes of an event, in the order of the journal. begin: relative offset."""
        self._begins.append(begin)
        self._seqs.append(seq)
        self._data.append(data)

    def locate(self, begin: int, end: int) -> At | None:
        """Return the place of bytes; None if the journal does not have the first one."""
        at = bisect_right(self._begins, begin - self.base) - 1
        if at < 0 or begin >= end:
            return None
        offset = begin - self.base - self._begins[at]
        return At(self._seqs[at], offset, end - begin) if offset < len(self._data[at]) else None

    def between(self, begin: int, end: int) -> bytes:
        """Return bytes up to the first one that the journal does not have."""
        found: list[bytes] = []
        at = max(bisect_right(self._begins, begin - self.base) - 1, 0)
        while at < len(self._data) and self._begins[at] + self.base < end:
            first = self._begins[at] + self.base
            found.append(self._data[at][max(begin - first, 0) : end - first])
            at += 1
        return b"".join(found)

    def find(self, offence: Offence) -> At | None:
        """Return the place of the bytes that broke a rule; None if it is unknown."""
        data, place, received = offence.data, offence.place, offence.received
        if place is None:
            begin = max(received - MAX_SEARCHED_BYTES, self.base)
            at = self.between(begin, received).rfind(data) if data else -1
            return self.locate(begin + at, begin + at + len(data)) if at >= 0 else None
        begin, end = place.begin, min(place.end, received)
        at = self.between(begin, min(end, begin + MAX_SEARCHED_BYTES)).find(data) if data else -1
        if at < 0:
            return self.locate(begin, end)
        # A finding shows no more than the first bytes of a line.
        cut = len(data) == MAX_SHOWN_BYTES and place.end < OPEN_END and end - begin <= MAX_LINE_BYTES
        return self.locate(begin + at, end if cut else begin + at + len(data))


def place_of_finding(journal: Journal, seq: int, source: object, offence: Offence) -> tuple[At | None, int | None]:
    """Return the place of a finding's bytes and the `seq` of the event of its command; None for what is unknown.

    seq: that of the finding's event; 0 if it has none.
    """
    if not isinstance(source, Connection) or not journal.oldest <= seq <= journal.seq:
        return None, None
    return _received_before(journal, seq, source, offence).find(offence), _command_of(journal, seq, source, offence)


def _received_before(journal: Journal, seq: int, source: Connection, offence: Offence) -> Pieces:
    """Return the bytes received before a finding, back to those that it is about."""
    end = offence.received if source.recorded_bytes is None else min(offence.received, source.recorded_bytes[0])
    wanted = offence.place.begin if offence.place is not None else max(end - MAX_SEARCHED_BYTES, 0)
    found: list[tuple[int, int, bytes]] = []
    for batch in journal.batches_back(seq, max(seq - MAX_BACK, 0)):
        for number, entry in batch:
            if entry.source is source and entry.direction == "in":
                data, size = entry.data
                end -= size
                found.append((number, end, data))
        if end <= wanted:
            break
    pieces = Pieces()
    for number, begin, data in reversed(found):
        pieces.add(number, begin, data)
    return pieces


def _command_of(journal: Journal, seq: int, source: Connection, offence: Offence) -> int | None:
    """Return the `seq` of the event of the command that a finding is about."""
    after = journal.batches(seq, min(seq + MAX_BACK, journal.seq))
    before = journal.batches_back(seq, max(seq - MAX_BACK, 0))
    for number, entry in chain.from_iterable(chain(after, before)):
        if entry.source is source and is_command(entry) and covers(entry.place, offence.place):
            return number
    return None


def reply_after(journal: Journal, seq: int, source: object) -> int | None:
    """Return the `seq` of the next `out` event of a connection; None while there is none."""
    if not isinstance(source, Connection):
        return None
    for number, entry in chain.from_iterable(journal.batches(seq, min(seq + MAX_BACK, journal.seq))):
        if entry.source is source and entry.direction == "out":
            return number
    return None


def covers(command: Place | None, line: Place | None) -> bool:
    """Return True if a line is that of a command. Where no place is known, the next command is it."""
    return line is None or command is None or command.begin <= line.begin < command.end


def is_command(entry: Entry) -> bool:
    """Return True if an event records a command."""
    return entry.type in COMMANDS


class Commands:
    """The commands of a connection, in the order of the journal."""

    def __init__(self) -> None:
        self._seqs: list[int] = []
        self._places: list[Place | None] = []
        self._asked: list[tuple[int | None, int | None, int]] = []
        """Begin, end, and the bytes received before the event. None for what is unknown: the begin is the end of the
        command before, and the end is what had been received.
        """
        self._answers: list[tuple[int, int]] = []
        """Begin and end of each answer, relative to what the journal has; the end is -1 if it is unknown."""
        self._answered = 0

    def add(self, seq: int, place: Place | None, received: int, sent: int) -> None:
        """Add a command. received, sent: bytes before its event, relative to what the journal has."""
        if place is None:
            self._asked.append((None, None, received))
        else:
            self._asked.append((place.begin, place.end, received))
        # The answers to several commands of one read are sent together, after the events of all of them.
        begin = max(sent, self._answered)
        size = place.answer if place is not None else -1
        self._answered = begin + max(size, 0)
        self._answers.append((begin, begin + size if size >= 0 else -1))
        self._seqs.append(seq)
        self._places.append(place)

    def asked(self, seq: int, base: int) -> tuple[int, int]:
        """Return begin and end of a command's bytes. base: that of the received pieces."""
        at = bisect_right(self._seqs, seq) - 1
        begin, end, received = self._asked[at]
        if begin is None:
            begin = self._asked[at - 1][2] + base if at else base
        return begin, received + base if end is None else end

    def answered(self, seq: int, base: int, sent: int) -> tuple[int, int]:
        """Return begin and end of the answer to a command. base: that of the sent pieces. sent: bytes in these."""
        at = bisect_right(self._seqs, seq) - 1
        begin, end = self._answers[at]
        if end < 0:
            end = self._answers[at + 1][0] if at + 1 < len(self._answers) else sent
        return begin + base, min(end, sent) + base

    def about(self, seq: int, line: Place | None) -> int | None:
        """Return the `seq` of the command that a finding is about: the next one that covers it, or the one before."""
        at = bisect_right(self._seqs, seq)
        after = range(at, min(at + MAX_BACK, len(self._seqs)))
        before = range(at - 1, max(at - 1 - MAX_BACK, -1), -1)
        for number in chain(after, before):
            if covers(self._places[number], line):
                return self._seqs[number]
        return None
