"""Splitting of a byte stream into lines, in linear time and bounded memory.

A line ends in CR LF. A bare LF ends it too and sets `Line.bare_lf`: it is an error of the peer, which the caller
accepts or refuses. A bare CR is content. The buffer holds at most `limit` bytes and the data of one read.
"""

import msgspec


class Line(msgspec.Struct, frozen=True, gc=False):
    """One line, without its end."""

    content: bytes
    bare_lf: bool = False
    """True if it ended in LF alone."""
    overlong: bool = False
    """True if it exceeded the limit: `content` is its beginning, the rest was discarded."""


class LineBuffer:
    """Splits a stream into lines.

    limit: bytes of a line without its end; a longer one is returned once, truncated and marked, when its end arrives.
    """

    __slots__ = ("_at", "_dropping", "_held", "_searched", "limit")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._held = b""
        self._at = 0  # where the next line begins
        self._searched = 0  # offset up to which no line end was found
        self._dropping: bytes | None = None  # the beginning of an incomplete overlong line

    def __len__(self) -> int:
        """Buffered bytes that were not returned as a line."""
        return len(self._held) - self._at

    def feed(self, data: bytes) -> None:
        """Append input. Consumed bytes are removed here, once per read, so that the work is linear."""
        held = self._held
        if self._at:
            self._searched -= self._at
            held = held[self._at :]
            self._at = 0
        self._held = held + data if held else data

    def take(self) -> Line | None:
        """Return the next complete line, or None."""
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
        """Return the incomplete line, at most `limit` bytes, and empty the buffer."""
        beginning = self._held[self._at :] if self._dropping is None else self._dropping
        self._held, self._at, self._searched, self._dropping = b"", 0, 0, None
        return beginning[: self.limit]

    @property
    def begun(self) -> bytes:
        """The incomplete line; of an overlong one, its beginning."""
        return self._held[self._at :] if self._dropping is None else self._dropping

    @property
    def overlong(self) -> bool:
        """True if the incomplete line already exceeds the limit."""
        return self._dropping is not None

    def _find_end(self) -> tuple[int, int]:
        """Return the offset of the line end and its length, 1 or 2; -1 and 0 if the line is incomplete."""
        held = self._held
        end = held.find(b"\n", self._searched)
        if end < 0:
            self._searched = len(held)
            return -1, 0
        return (end - 1, 2) if end > self._at and held[end - 1] == 13 else (end, 1)

    def _shorten(self) -> None:
        """Discard all but the beginning of an overlong line."""
        if len(self._held) - self._at <= self.limit + 1:  # + 1: the last byte may be the CR of its end
            if self._dropping is None:
                return
        elif self._dropping is None:
            self._dropping = self._held[self._at : self._at + self.limit]
        self._held = self._held[-1:] if self._held.endswith(b"\r") else b""
        self._at = 0
        self._searched = 0
