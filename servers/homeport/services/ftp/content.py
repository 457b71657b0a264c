"""Contents of transfers that are in memory: listings, and what is made up for a client that asks for a fault."""

from io import BytesIO

from homeport.protocol.effects import Convert

MADE_UP_SIZE = 100_000
MADE_UP = bytes(range(32, 127)) + b"\n"


class MemorySource:
    """Octets as a file that is read."""

    __slots__ = ("_content", "_octets", "size")
    blocks = False

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._content = BytesIO(octets)
        self.size = len(octets)

    def fileno(self) -> int:
        """None."""
        return -1

    def read(self, size: int) -> bytes:
        """The next octets."""
        return self._content.read(size)

    def cached(self) -> bytes | None:
        """All."""
        return self._octets

    def close(self) -> None:
        """Forget it."""
        self._content = BytesIO()


def made_up(offset: int) -> MemorySource:
    """Lines of ASCII that nobody has written."""
    content = MADE_UP * (MADE_UP_SIZE // len(MADE_UP) + 1)
    return MemorySource(content[:MADE_UP_SIZE][offset:])


class Truncating:
    """Lets so many octets through, then no more: the fault `truncate`. convert: what they pass before."""

    def __init__(self, octets: int, convert: Convert | None) -> None:
        self._left = octets
        self._convert = convert

    @property
    def ended(self) -> bool:
        """Whether the end of the file was marked."""
        return bool(getattr(self._convert, "ended", False))

    @property
    def marked(self) -> bool:
        """Whether there are restart markers to be answered."""
        return bool(getattr(self._convert, "marked", False))

    def feed(self, data: bytes) -> bytes:
        """What is left of them."""
        return self._cut(self._convert.feed(data) if self._convert is not None else data)

    def finish(self) -> bytes:
        """What is left of the last ones."""
        return self._cut(self._convert.finish()) if self._convert is not None else b""

    def _cut(self, data: bytes) -> bytes:
        kept = data[: self._left]
        self._left -= len(kept)
        return kept
