"""MODE B: blocks with a header of three bytes, a descriptor and a count (RFC 959 3.4.2), and restart markers (3.5).

A marker that we send is the offset in the file in decimal, which the client returns by REST. A marker that we receive
is paired with the offset in our file at which it arrived: the reply is `110 MARK ssss = rrrr` (RFC 1123 4.1.3.4).
"""

from collections.abc import Iterator
from typing import NamedTuple

from homeport.services.ftp.records import RecordEnds

END_OF_RECORD, END_OF_FILE, SUSPECT, MARKER = 128, 64, 32, 16
HEADER_BYTES = 3
MAX_BLOCK_BYTES = 0xFFFF
"""Maximum size of a block: its count has 16 bits."""
MAX_INPUT_BYTES, MAX_RECORDS_INPUT_BYTES = 262_144, 2_048
"""Input of one `feed` of a writer, without and with records, of which each byte may be one: 1 ms."""
MAX_MARKER_BYTES = 256
"""Maximum size of a restart marker."""
MAX_MARKERS = 10_000
"""Maximum number of markers of one transfer: replies to them queue up if the client does not read."""


class Marker(NamedTuple):
    """A restart marker received from the client."""

    text: str
    """Printable ASCII; only the sender knows its meaning."""
    offset: int = 0
    """Size of our file when the marker arrived, in bytes."""


class MarkerText:
    """The text of a restart marker, which may arrive in several reads."""

    def __init__(self) -> None:
        self._octets = b""

    def add(self, octets: bytes) -> None:
        """Append to the text. Raises: ValueError if it is too long or not printable."""
        self._octets += octets
        if len(self._octets) > MAX_MARKER_BYTES:
            raise ValueError(f"a restart marker is longer than {MAX_MARKER_BYTES} bytes")
        if not all(0x21 <= octet <= 0x7E for octet in octets):  # RFC 959 3.5: printable, and no blank
            raise ValueError("a restart marker is not printable ASCII (RFC 959 3.5, RFC 1123 4.1.3.4)")

    def take(self) -> Marker:
        """Return the complete marker. Raises: ValueError if it is empty."""
        octets, self._octets = self._octets, b""
        if not octets:
            raise ValueError("a restart marker is empty")
        return Marker(octets.decode("ascii"))


def validate_descriptor(descriptor: int, *, records: bool) -> None:
    """Raise ValueError for an invalid descriptor. records: True for STRU R."""
    if descriptor & ~(END_OF_RECORD | END_OF_FILE | SUSPECT | MARKER):
        raise ValueError(f"unknown block descriptor {descriptor} (RFC 959 3.4.2)")
    if descriptor & END_OF_RECORD and not records:
        raise ValueError("end of a record in a file without records (STRU F)")
    if descriptor & MARKER and descriptor != MARKER:
        raise ValueError("a restart marker has further descriptor bits (RFC 959 3.4.2)")


def serialize_block(descriptor: int, data: bytes) -> bytes:
    """Return one block with its header."""
    return bytes((descriptor, len(data) >> 8, len(data) & 255)) + data


class BlockWriter:
    """Serializes a file in blocks. line_end: the byte that ends a line, and so a record; empty: no records."""

    def __init__(self, line_end: bytes = b"") -> None:
        self._line_end = line_end
        self.max_input = MAX_RECORDS_INPUT_BYTES if line_end else MAX_INPUT_BYTES

    def feed(self, data: bytes) -> bytes:
        """Return bytes of the file in blocks."""
        if not self._line_end:
            return b"".join(_blocks(data, 0))
        *records, rest = data.split(self._line_end)
        parts = [part for record in records for part in _blocks(record, END_OF_RECORD)]
        return b"".join([*parts, *_blocks(rest, 0)])

    def marker(self, text: str) -> bytes:
        """Return a block with a restart marker."""
        return serialize_block(MARKER, text.encode("ascii"))

    def finish(self) -> bytes:
        """Return the end-of-file block."""
        return serialize_block(END_OF_FILE, b"")


def _blocks(data: bytes, descriptor: int) -> Iterator[bytes]:
    """Split data into blocks, with the descriptor on the last."""
    while len(data) > MAX_BLOCK_BYTES:
        yield serialize_block(0, data[:MAX_BLOCK_BYTES])
        data = data[MAX_BLOCK_BYTES:]
    if data or descriptor:
        yield serialize_block(descriptor, data)


class BlockReader:
    """Parses blocks. ends: converts ends of records; None: no records (STRU F)."""

    def __init__(self, ends: RecordEnds | None = None) -> None:
        self._ends = ends
        self._header = b""
        self._left = 0  # bytes of the block that have not arrived
        self._marker = MarkerText()
        self.ended = False
        """True after the end of the file."""

    def feed(self, data: bytes) -> Iterator[bytes | Marker]:
        """Yield bytes of the file and restart markers, at least once a block. Raises: ValueError if malformed."""
        at = 0
        while at < len(data):
            if self.ended:
                raise ValueError("data after the end-of-file block (RFC 959 3.4.2)")
            if len(self._header) < HEADER_BYTES:
                taken = data[at : at + HEADER_BYTES - len(self._header)]
                at += len(taken)
                self._header += taken
                if len(self._header) < HEADER_BYTES:
                    return
                self._begin()
            body = data[at : at + self._left]
            at += len(body)
            self._left -= len(body)
            if self._header[0] & MARKER:
                self._marker.add(body)
                yield b""
            else:
                yield self._ends.data(body) if self._ends else body
            if not self._left:
                yield from self._end()

    def finish(self) -> bytes:
        """Return nothing. Raises: ValueError before the end of the file."""
        if not self.ended:
            raise ValueError("no end-of-file block at the end of the data: the file may be incomplete (RFC 959 3.4.2)")
        return b""

    def _begin(self) -> None:
        """Parse a header."""
        self._left = self._header[1] << 8 | self._header[2]
        validate_descriptor(self._header[0], records=self._ends is not None)

    def _end(self) -> Iterator[bytes | Marker]:
        """End a block: yield its marker or its end of record."""
        descriptor, self._header = self._header[0], b""
        if descriptor & MARKER:
            yield self._marker.take()
        if descriptor & END_OF_RECORD and self._ends and (end := self._ends.end()):
            yield end
        self.ended = bool(descriptor & END_OF_FILE)
