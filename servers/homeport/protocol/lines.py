"""Lines out of a byte stream: linear in the input, bounded.

The end of a line is CR LF. A bare LF ends it, too, and `Line.bare_lf` tells: it is a mistake of the peer's, which the
caller forgives or refuses. A bare CR is content. The buffer holds at most `limit` octets and what one read brought.
"""

import msgspec


class Line(msgspec.Struct, frozen=True, gc=False):
    """One line, without its end."""

    content: bytes
    bare_lf: bool = False
    """Ended by LF alone."""
    overlong: bool = False
    """Longer than the limit: `content` is its beginning, the rest was thrown away up to its end."""


class LineBuffer:
    """Cuts a stream into lines.

    limit: octets of a line without its end; a longer one comes out once, cut and marked, when its end has arrived.
    """

    __slots__ = ("_at", "_dropping", "_held", "_searched", "limit")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._held = b""
        self._at = 0  # where the next line begins
        self._searched = 0  # no end of line lies before this
        self._dropping: bytes | None = None  # the beginning of an overlong line whose end has not come

    def __len__(self) -> int:
        """Octets held that are not a line yet."""
        return len(self._held) - self._at

    def feed(self, data: bytes) -> None:
        """Add what was read. The consumed front is cut off here, once a read, so the work is linear."""
        held = self._held
        if self._at:
            self._searched -= self._at
            held = held[self._at :]
            self._at = 0
        self._held = held + data if held else data

    def take(self) -> Line | None:
        """The next whole line, or None until more is fed."""
        if self._at == len(self._held):
            return None
        while True:
            end, size = self._find_end()
            if end < 0:
                self._shorten()
                return None
            content = self._held[self._at : end]
            self._at = self._searched = end + size
            beginning, self._dropping = self._dropping, None
            if beginning is not None:
                return Line(beginning, size == 1, overlong=True)
            if len(content) > self.limit:
                return Line(content[: self.limit], size == 1, overlong=True)
            return Line(content, size == 1)

    def rest(self) -> bytes:
        """What is left without an end, at most `limit` octets; the buffer is empty afterwards."""
        beginning = self._held[self._at :] if self._dropping is None else self._dropping
        self._held, self._at, self._searched, self._dropping = b"", 0, 0, None
        return beginning[: self.limit]

    @property
    def begun(self) -> bytes:
        """The line that has begun and is not whole; of one that is too long its beginning."""
        return self._held[self._at :] if self._dropping is None else self._dropping

    @property
    def overlong(self) -> bool:
        """Whether the line that is arriving is already longer than the limit."""
        return self._dropping is not None

    def _find_end(self) -> tuple[int, int]:
        """Where the line's content ends and how long its end is; -1 if the end has not arrived."""
        held = self._held
        end = held.find(b"\n", self._searched)
        if end < 0:
            self._searched = len(held)
            return -1, 0
        return (end - 1, 2) if end > self._at and held[end - 1] == 13 else (end, 1)

    def _shorten(self) -> None:
        """Keep only the beginning of a line that is too long already."""
        if len(self._held) - self._at <= self.limit + 1:  # + 1: the last octet may be the CR of its end
            if self._dropping is None:
                return
        elif self._dropping is None:
            self._dropping = self._held[self._at : self._at + self.limit]
        self._held = self._held[-1:] if self._held.endswith(b"\r") else b""
        self._at = 0
        self._searched = 0
