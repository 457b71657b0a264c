"""Records of the key exchange (RFC 8915 4): a critical bit and a type, a length, and a body.

 0                   1                   2                   3
|C|         Record Type         |          Body Length          |
|                            Record Body                        |
"""

import struct
from collections.abc import Iterable

import msgspec

END, NEXT_PROTOCOL, ERROR, WARNING, ALGORITHM, COOKIE, SERVER, PORT = range(8)
COMPLIANT_EXPORT = 1024
"""Has no body, and says of AES-128-GCM-SIV that its keys are exported as RFC 8915 has it: early versions of chrony
exported those of AES-SIV-CMAC-256."""
NAMES = {
    END: "end of message",
    NEXT_PROTOCOL: "next protocol",
    ERROR: "error",
    WARNING: "warning",
    ALGORITHM: "algorithms",
    COOKIE: "cookie",
    SERVER: "server",
    PORT: "port",
    COMPLIANT_EXPORT: "compliant export of AES-128-GCM-SIV",
}

CRITICAL = 0x8000
HEAD = struct.Struct("!HH")
NTPV4 = 0
"""Protocol identifier (RFC 8915 7.7)."""
UNRECOGNIZED, BAD_REQUEST, INTERNAL_ERROR = range(3)
"""Error codes (RFC 8915 4.1.3)."""
ERRORS = {UNRECOGNIZED: "unrecognized critical record", BAD_REQUEST: "bad request", INTERNAL_ERROR: "internal error"}


class Record(msgspec.Struct, frozen=True):
    """A record."""

    type: int
    body: bytes = b""
    critical: bool = True

    def serialize(self) -> bytes:
        """Return its octets."""
        return HEAD.pack(self.type | (CRITICAL if self.critical else 0), len(self.body)) + self.body

    @property
    def numbers(self) -> list[int]:
        """The body as numbers of two octets. Raises: ValueError for an odd length."""
        if len(self.body) % 2:
            raise ValueError("a list of numbers has an even length")
        return [number for (number,) in struct.iter_unpack("!H", self.body)]


class RecordBuffer:
    """Received octets, of which records are taken."""

    __slots__ = ("_data",)

    def __init__(self) -> None:
        self._data = bytearray()

    def __len__(self) -> int:
        return len(self._data)

    @property
    def held(self) -> bytes:
        """The octets that are no complete record yet."""
        return bytes(self._data)

    def feed(self, data: bytes) -> None:
        """Append octets."""
        self._data += data

    def next(self) -> Record | None:
        """Take the first record; None if it is not complete."""
        if len(self._data) < HEAD.size:
            return None
        kind, length = HEAD.unpack_from(self._data)
        end = HEAD.size + length
        if len(self._data) < end:
            return None
        body = bytes(self._data[HEAD.size : end])
        del self._data[:end]
        return Record(kind & ~CRITICAL, body, bool(kind & CRITICAL))


def numbers_of(values: Iterable[int]) -> bytes:
    """Return a body of numbers of two octets each."""
    return b"".join(value.to_bytes(2) for value in values)


def record_text(record: Record) -> str:
    """Return a record as transcripts show it: `next protocol (critical): 0`."""
    name = NAMES.get(record.type, f"type {record.type}")
    critical = " (critical)" if record.critical else ""
    return f"{name}{critical}{_body_text(record)}"


def _body_text(record: Record) -> str:
    if not record.body:
        return ""
    if record.type == COOKIE:
        return f": {len(record.body)} octets"
    if record.type == SERVER:
        return f": {record.body.decode('ascii', 'backslashreplace')}"
    if record.type in NAMES and len(record.body) % 2 == 0:
        return f": {', '.join(map(str, record.numbers))}"
    return f": {record.body.hex(' ')}"


def transcribe(payload: bytes) -> tuple[list[str], bytes]:
    """Return the records at the beginning of one side's octets as text, and the octets that remain."""
    buffer = RecordBuffer()
    buffer.feed(payload)
    texts = []
    while (record := buffer.next()) is not None:
        texts.append(record_text(record))
    return texts, buffer.held
