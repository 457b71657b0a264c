"""Sources in memory: listings, and generated content for clients that request a fault on a missing file."""

from io import BytesIO

from homeport.protocol.effects import Convert
from homeport.services.ftp.block import MAX_INPUT_BYTES

GENERATED_BYTES = 100_000
GENERATED_LINE = bytes(range(32, 127)) + b"\n"


class MemorySource:
    """Bytes in memory, as a `FileSource`."""

    __slots__ = ("_content", "_octets", "size")
    blocks = False

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._content = BytesIO(octets)
        self.size = len(octets)

    def fileno(self) -> int:
        """Return -1: there is no descriptor."""
        return -1

    def read(self, size: int) -> bytes:
        """Return the next bytes."""
        return self._content.read(size)

    def cached(self) -> bytes | None:
        """Return all bytes."""
        return self._octets

    def close(self) -> None:
        """Release the memory."""
        self._content = BytesIO()


def generated_source(offset: int) -> MemorySource:
    """Return generated lines of ASCII, from an offset."""
    content = GENERATED_LINE * (GENERATED_BYTES // len(GENERATED_LINE) + 1)
    return MemorySource(content[:GENERATED_BYTES][offset:])


class Truncating:
    """Passes the first `octets` bytes and drops the rest: the fault `truncate`. convert: runs before it."""

    def __init__(self, octets: int, convert: Convert | None) -> None:
        self._left = octets
        self._convert = convert

    @property
    def ended(self) -> bool:
        """True after an end-of-file mark."""
        return bool(getattr(self._convert, "ended", False))

    @property
    def marked(self) -> bool:
        """True if restart markers wait for an acknowledgement."""
        return bool(getattr(self._convert, "marked", False))

    @property
    def pending(self) -> bool:
        """True if `feed` must be called again, without data."""
        return bool(getattr(self._convert, "pending", False))

    @property
    def slow(self) -> bool:
        """True if the converter must run off the reactor."""
        return bool(getattr(self._convert, "slow", False))

    @property
    def max_input(self) -> int:
        """Maximum input of one `feed`, in bytes."""
        return int(getattr(self._convert, "max_input", MAX_INPUT_BYTES))

    def feed(self, data: bytes) -> bytes:
        """Return the bytes that still pass."""
        return self._cut(self._convert.feed(data) if self._convert is not None else data)

    def finish(self) -> bytes:
        """Return the last bytes that still pass."""
        return self._cut(self._convert.finish()) if self._convert is not None else b""

    def _cut(self, data: bytes) -> bytes:
        kept = data[: self._left]
        self._left -= len(kept)
        return kept
