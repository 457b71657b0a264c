"""MODE B: blocks behind headers of three octets, a descriptor and a count (RFC 959 3.4.2), with restart markers (3.5).

When we send, a marker is the offset in the file in decimal, which is what REST wants back. When we receive, markers are
told with the place in our file that they stand for: the reply is `110 MARK ssss = rrrr` (RFC 1123 4.1.3.4).
"""

from collections.abc import Iterator
from typing import NamedTuple

from homeport.services.ftp.records import RecordEnds

END_OF_RECORD, END_OF_FILE, SUSPECT, MARKER = 128, 64, 32, 16
HEADER = 3
LARGEST = 0xFFFF
"""Octets of a block: its count has 16 bits."""
MARKER_LIMIT = 256
"""Octets of a marker that we remember."""
MOST_MARKERS = 10_000
"""Markers that one transfer may have: replies to them may wait for a client that does not read."""


class Marker(NamedTuple):
    """A restart marker of the sender's."""

    text: str
    """Printable ASCII, which is the sender's affair."""
    offset: int = 0
    """How many octets of our file were there."""


class MarkerText:
    """The text of a restart marker that comes in pieces."""

    def __init__(self) -> None:
        self._octets = b""

    def add(self, octets: bytes) -> None:
        """More of it. Raises: ValueError: it cannot be one."""
        self._octets += octets
        if len(self._octets) > MARKER_LIMIT:
            raise ValueError(f"a restart marker has more than {MARKER_LIMIT} octets")
        if not all(0x21 <= octet <= 0x7E for octet in octets):  # RFC 959 3.5: printable, and no blank
            raise ValueError("a restart marker is not printable ASCII (RFC 959 3.5, RFC 1123 4.1.3.4)")

    def take(self) -> Marker:
        """It is whole. Raises: ValueError: there is nothing of it."""
        octets, self._octets = self._octets, b""
        if not octets:
            raise ValueError("a restart marker is empty")
        return Marker(octets.decode("ascii"))


def check_descriptor(descriptor: int, *, records: bool) -> None:
    """Raises: ValueError: there is none like that. records: whether the structure has some (STRU R)."""
    if descriptor & ~(END_OF_RECORD | END_OF_FILE | SUSPECT | MARKER):
        raise ValueError(f"there is a descriptor {descriptor}, which RFC 959 3.4.2 does not know")
    if descriptor & END_OF_RECORD and not records:
        raise ValueError("a record ends, but the structure is a file without records (STRU F)")
    if descriptor & MARKER and descriptor != MARKER:
        raise ValueError("something is a restart marker and something else too (RFC 959 3.4.2)")


def block(descriptor: int, data: bytes) -> bytes:
    """One block."""
    return bytes((descriptor, len(data) >> 8, len(data) & 255)) + data


class BlockWriter:
    """Sends blocks. line_end: the octet that ends a line, and so a record; empty: the file is sent without records."""

    def __init__(self, line_end: bytes = b"") -> None:
        self._line_end = line_end

    def feed(self, data: bytes) -> bytes:
        """Octets of the file, in blocks."""
        if not self._line_end:
            return b"".join(_blocks(data, 0))
        *records, rest = data.split(self._line_end)
        parts = [part for record in records for part in _blocks(record, END_OF_RECORD)]
        return b"".join([*parts, *_blocks(rest, 0)])

    def marker(self, text: str) -> bytes:
        """A restart marker."""
        return block(MARKER, text.encode("ascii"))

    def finish(self) -> bytes:
        """The end of the file."""
        return block(END_OF_FILE, b"")


def _blocks(data: bytes, descriptor: int) -> Iterator[bytes]:
    """Data in as many blocks as it takes, the descriptor on the last."""
    while len(data) > LARGEST:
        yield block(0, data[:LARGEST])
        data = data[LARGEST:]
    if data or descriptor:
        yield block(descriptor, data)


class BlockReader:
    """Receives blocks. ends: what ends of records leave; None: there are no records (STRU F)."""

    def __init__(self, ends: RecordEnds | None = None) -> None:
        self._ends = ends
        self._header = b""
        self._left = 0  # octets of the block that have not come
        self._marker = MarkerText()
        self.ended = False
        """Whether the end of the file has come."""

    def feed(self, data: bytes) -> Iterator[bytes | Marker]:
        """The octets of the file and the markers between them. Raises: ValueError: it is no block."""
        at = 0
        while at < len(data):
            if self.ended:
                raise ValueError("octets came after the end-of-file block (RFC 959 3.4.2)")
            if len(self._header) < HEADER:
                taken = data[at : at + HEADER - len(self._header)]
                at += len(taken)
                self._header += taken
                if len(self._header) < HEADER:
                    return
                self._begin()
            body = data[at : at + self._left]
            at += len(body)
            self._left -= len(body)
            if self._header[0] & MARKER:
                self._marker.add(body)
            elif body:
                yield self._ends.data(body) if self._ends else body
            if not self._left:
                yield from self._end()

    def finish(self) -> bytes:
        """Nothing. Raises: ValueError: the end of the file has not come."""
        if not self.ended:
            raise ValueError("the file ended without an end-of-file block, so it may not be whole (RFC 959 3.4.2)")
        return b""

    def _begin(self) -> None:
        """A header has come."""
        self._left = self._header[1] << 8 | self._header[2]
        check_descriptor(self._header[0], records=self._ends is not None)

    def _end(self) -> Iterator[bytes | Marker]:
        """A block is over."""
        descriptor, self._header = self._header[0], b""
        if descriptor & MARKER:
            yield self._marker.take()
        if descriptor & END_OF_RECORD and self._ends and (end := self._ends.end()):
            yield end
        self.ended = bool(descriptor & END_OF_FILE)
