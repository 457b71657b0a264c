"""What a command can wait for from its client, by `yield`: a line, a number of octets, content up to its end.

Each reads octets where they are in the buffer: `read(data, at, limit)` returns where it has stopped, or -1 if the
octets from `at` on must be held until more come. `over` tells that all has come; `value` is what `yield` then gives.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any


class Input(ABC):
    """Something that a client sends in the midst of a command."""

    __slots__ = ("conceals", "cut", "over", "value")

    def __init__(self) -> None:
        self.over = False
        self.cut = False
        """Whether it was a line whose end has not come; the rest is to be skipped."""
        self.value: Any = None
        self.conceals: tuple[int, int] | None = None
        """Of a secret that has just come: its octets, and those that came in one with it, behind it."""

    @abstractmethod
    def read(self, data: bytes, at: int, limit: int) -> int:
        """Read from `at`. limit: octets of a line, if the input itself has none."""


class NextLine(Input):
    """The next line, without its end: `line = yield NextLine()`.

    limit: octets; 0: the session's `line_limit`. A longer line is given as far as it has come, which is more than
    `limit` octets; the rest of it is skipped. secret: whether the journal shows `*` in its place.
    """

    __slots__ = ("limit", "secret")

    def __init__(self, limit: int = 0, *, secret: bool = False) -> None:
        super().__init__()
        self.limit = limit
        self.secret = secret

    def read(self, data: bytes, at: int, limit: int) -> int:
        end = data.find(b"\n", at)
        if end < 0 and len(data) - at <= (self.limit or limit):
            return -1
        self.cut = end < 0
        line = data[at:] if self.cut else data[at:end].removesuffix(b"\r")
        if self.secret:
            self.conceals = len(line), len(data) - at - len(line)
        self.value = line
        self.over = True
        return len(data) if self.cut else end + 1


class Octets(Input):
    """That many octets, given to `take` as they come: `yield Octets(size, take)`."""

    __slots__ = ("_left", "_take")

    def __init__(self, size: int, take: Callable[[bytes], object]) -> None:
        super().__init__()
        self._left = size
        self._take = take
        self.over = not size

    def read(self, data: bytes, at: int, limit: int) -> int:  # noqa: ARG002 - no line is read
        piece = data[at : at + self._left]
        self._left -= len(piece)
        self._take(piece)
        self.over = not self._left
        return at + len(piece)


class Content(Input):
    """Octets up to an end that only `take` can see: `yield Content(take)`.

    take: given the octets as they come, it returns the offset behind the end among them, or -1 if the content goes on.
    """

    __slots__ = ("_take",)

    def __init__(self, take: Callable[[bytes], int]) -> None:
        super().__init__()
        self._take = take

    def read(self, data: bytes, at: int, limit: int) -> int:  # noqa: ARG002 - no line is read
        end = self._take(data[at:] if at else data)
        if end < 0:
            return len(data)
        self.over = True
        return at + end
