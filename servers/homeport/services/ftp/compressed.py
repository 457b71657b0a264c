"""MODE C: strings of octets as they are, of one octet many times, of fillers, and escapes (RFC 959 3.4.3).

    0nnnnnnn, n octets    those octets
    10nnnnnn, an octet    that octet n times
    11nnnnnn              n fillers: blanks in types A and E, zeros in others
    00000000, descriptor  block mode's descriptor of the string behind it (block.py)

A string of no fillers is empty: it carries the end of what has no octets left. Restart markers are as in block mode.
"""

import re
from collections.abc import Iterator
from functools import cache

from homeport.services.ftp.block import END_OF_FILE, END_OF_RECORD, MARKER, Marker, MarkerText, check_descriptor
from homeport.services.ftp.records import RecordEnds

ESCAPE = 0
REPEATED, FILLED = 0x80, 0xC0
LITERAL_MOST, REPEATED_MOST = 0x7F, 0x3F
EMPTY = bytes((FILLED,))
"""A string of no octets."""


class CompressedWriter:
    """Sends strings. filler: that of the type. line_end: as of BlockWriter."""

    def __init__(self, filler: bytes, line_end: bytes = b"") -> None:
        self._filler = filler
        self._line_end = line_end

    def feed(self, data: bytes) -> bytes:
        """Octets of the file, in strings."""
        if not self._line_end:
            return b"".join(self._strings(data))
        *records, rest = data.split(self._line_end)
        parts = [part for record in records for part in self._record(record)]
        return b"".join([*parts, *self._strings(rest)])

    def marker(self, text: str) -> bytes:
        """A restart marker."""
        return bytes((ESCAPE, MARKER, len(text))) + text.encode("ascii")

    def finish(self) -> bytes:
        """The end of the file."""
        return bytes((ESCAPE, END_OF_FILE)) + EMPTY

    def _record(self, data: bytes) -> list[bytes]:
        """The end of a record with what is left of it: the descriptor stands before the last string."""
        *before, last = list(self._strings(data)) or [EMPTY]
        return [*before, bytes((ESCAPE, END_OF_RECORD)), last]

    def _strings(self, data: bytes) -> Iterator[bytes]:
        at = 0
        for run in runs(self._filler).finditer(data):
            yield from _literal(data[at : run.start()])
            yield from self._repeated(run[0][:1], len(run[0]))
            at = run.end()
        yield from _literal(data[at:])

    def _repeated(self, octet: bytes, times: int) -> Iterator[bytes]:
        while times:
            size = min(times, REPEATED_MOST)
            yield bytes((FILLED | size,)) if octet == self._filler else bytes((REPEATED | size,)) + octet
            times -= size


@cache
def runs(filler: bytes) -> re.Pattern[bytes]:
    """What is shorter as a count: two fillers, or four times another octet, which may stand between literal ones."""
    return re.compile(re.escape(filler) + rb"{2,}|(.)\1{3,}", re.DOTALL)


def _literal(data: bytes) -> Iterator[bytes]:
    for at in range(0, len(data), LITERAL_MOST):
        piece = data[at : at + LITERAL_MOST]
        yield bytes((len(piece),)) + piece


class CompressedReader:
    """Receives strings. filler: as of CompressedWriter. ends: as of BlockReader."""

    def __init__(self, filler: bytes, ends: RecordEnds | None = None) -> None:
        self._filler = filler
        self._ends = ends
        self._held = b""  # the beginning of a string
        self._descriptor = 0  # of the string that comes
        self._marker = MarkerText()
        self.ended = False
        """Whether the end of the file has come."""

    def feed(self, data: bytes) -> Iterator[bytes | Marker]:
        """The octets of the file and the markers between them. Raises: ValueError: it is nothing of mode C."""
        data = self._held + data
        at = 0
        while at < len(data):
            if self.ended:
                raise ValueError("octets came after the end of the file (RFC 959 3.4.3)")
            end = at + self._size(data[at])
            if end > len(data):
                break
            if data[at] == ESCAPE:
                self._descriptor |= data[at + 1]
                check_descriptor(self._descriptor, records=self._ends is not None)
            else:
                yield from self._string(self._expand(data[at], data[at + 1 : end]))
            at = end
        self._held = data[at:]

    def finish(self) -> bytes:
        """The end of a last record. Raises: ValueError: the end of the file has not come."""
        if self._held:
            raise ValueError("the file ended within a string (RFC 959 3.4.3)")
        if self._descriptor & END_OF_FILE:  # an end without a string behind it has lost nothing
            return b"".join(self._octets(b""))
        if not self.ended:
            raise ValueError("the file ended without an end-of-file escape, so it may not be whole (RFC 959 3.4.3)")
        return b""

    def _size(self, head: int) -> int:
        """Octets that a string or an escape has on the network, by its first."""
        if head == ESCAPE:
            return 2
        if head < REPEATED:
            return 1 + head
        return 2 if head < FILLED else 1

    def _expand(self, head: int, body: bytes) -> bytes:
        if head < REPEATED:
            return body
        return (body or self._filler) * (head & REPEATED_MOST)

    def _string(self, data: bytes) -> Iterator[bytes | Marker]:
        if self._descriptor & MARKER:
            self._descriptor = 0
            self._marker.add(data)
            yield self._marker.take()
        else:
            yield from self._octets(data)

    def _octets(self, data: bytes) -> Iterator[bytes]:
        descriptor, self._descriptor = self._descriptor, 0
        if data:
            yield self._ends.data(data) if self._ends else data
        if descriptor & END_OF_RECORD and self._ends and (end := self._ends.end()):
            yield end
        self.ended = bool(descriptor & END_OF_FILE)
