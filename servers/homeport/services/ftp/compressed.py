"""MODE C: literal strings, runs of one byte, runs of the filler, and escapes (RFC 959 3.4.3).

    0nnnnnnn, n bytes     those bytes
    10nnnnnn, one byte    that byte n times
    11nnnnnn              n fillers: blanks in types A and E, zeros in others
    00000000, descriptor  block mode's descriptor of the next string (block.py)

A run of zero fillers is an empty string: it carries the descriptor of an empty record or of the end of the file.
Restart markers are as in block mode.
"""

import re
from collections.abc import Iterator
from functools import cache

from homeport.services.ftp.block import (
    END_OF_FILE,
    END_OF_RECORD,
    MARKER,
    MAX_RECORDS_INPUT_BYTES,
    Marker,
    MarkerText,
    validate_descriptor,
)
from homeport.services.ftp.records import RecordEnds

ESCAPE = 0
REPEATED, FILLED = 0x80, 0xC0
MAX_LITERAL, MAX_REPEATS = 0x7F, 0x3F
EMPTY = bytes((FILLED,))
"""The empty string."""


class CompressedWriter:
    """Serializes a file in strings. filler: the filler byte of the type. line_end: as in BlockWriter."""

    def __init__(self, filler: bytes, line_end: bytes = b"") -> None:
        self._filler = filler
        self._line_end = line_end
        self.max_input = MAX_RECORDS_INPUT_BYTES

    def feed(self, data: bytes) -> bytes:
        """Return bytes of the file in strings."""
        if not self._line_end:
            return b"".join(self._strings(data))
        *records, rest = data.split(self._line_end)
        parts = [part for record in records for part in self._record(record)]
        return b"".join([*parts, *self._strings(rest)])

    def marker(self, text: str) -> bytes:
        """Return a restart marker."""
        return bytes((ESCAPE, MARKER, len(text))) + text.encode("ascii")

    def finish(self) -> bytes:
        """Return the end of the file."""
        return bytes((ESCAPE, END_OF_FILE)) + EMPTY

    def _record(self, data: bytes) -> list[bytes]:
        """Return the rest of a record: the descriptor precedes the last string."""
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
            size = min(times, MAX_REPEATS)
            yield bytes((FILLED | size,)) if octet == self._filler else bytes((REPEATED | size,)) + octet
            times -= size


@cache
def runs(filler: bytes) -> re.Pattern[bytes]:
    """Match runs that are shorter as a count: two fillers, or four of another byte (a run splits a literal string)."""
    return re.compile(re.escape(filler) + rb"{2,}|(.)\1{3,}", re.DOTALL)


def _literal(data: bytes) -> Iterator[bytes]:
    for at in range(0, len(data), MAX_LITERAL):
        piece = data[at : at + MAX_LITERAL]
        yield bytes((len(piece),)) + piece


class CompressedReader:
    """Parses strings. filler: as in CompressedWriter. ends: as in BlockReader."""

    def __init__(self, filler: bytes, ends: RecordEnds | None = None) -> None:
        self._filler = filler
        self._ends = ends
        self._held = b""  # an incomplete string
        self._descriptor = 0  # of the next string
        self._marker = MarkerText()
        self.ended = False
        """True after the end of the file."""

    def feed(self, data: bytes) -> Iterator[bytes | Marker]:
        """Yield bytes of the file and restart markers, at least once a string. Raises: ValueError if malformed."""
        data = self._held + data
        at = 0
        while at < len(data):
            if self.ended:
                raise ValueError("data after the end of the file (RFC 959 3.4.3)")
            end = at + self._size(data[at])
            if end > len(data):
                break
            if data[at] == ESCAPE:
                self._descriptor |= data[at + 1]
                validate_descriptor(self._descriptor, records=self._ends is not None)
                yield b""
            else:
                yield from self._string(self._expand(data[at], data[at + 1 : end]))
            at = end
        self._held = data[at:]

    def finish(self) -> bytes:
        """Return the end of the last record. Raises: ValueError before the end of the file."""
        if self._held:
            raise ValueError("the data ended within a string (RFC 959 3.4.3)")
        if self._descriptor & END_OF_FILE:  # an end without a string after it has lost nothing
            return b"".join(self._octets(b""))
        if not self.ended:
            raise ValueError("no end-of-file escape at the end of the data: the file may be incomplete (RFC 959 3.4.3)")
        return b""

    def _size(self, head: int) -> int:
        """Return the size of a string or escape on the network, by its first byte."""
        if head == ESCAPE:
            return 2
        if head < REPEATED:
            return 1 + head
        return 2 if head < FILLED else 1

    def _expand(self, head: int, body: bytes) -> bytes:
        if head < REPEATED:
            return body
        return (body or self._filler) * (head & MAX_REPEATS)

    def _string(self, data: bytes) -> Iterator[bytes | Marker]:
        if self._descriptor & MARKER:
            self._descriptor = 0
            self._marker.add(data)
            yield self._marker.take()
        else:
            yield from self._octets(data)

    def _octets(self, data: bytes) -> Iterator[bytes]:
        descriptor, self._descriptor = self._descriptor, 0
        yield self._ends.data(data) if self._ends else data
        if descriptor & END_OF_RECORD and self._ends and (end := self._ends.end()):
            yield end
        self.ended = bool(descriptor & END_OF_FILE)
