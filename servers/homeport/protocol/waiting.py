"""What a command can wait for by `yield`: work, an effect that an event answers, or an input from its client.

Inputs read octets where they are in the buffer: `read(data, at, limit)` returns where it has stopped, or -1 if the
octets from `at` on must be held until more come. A protocol may have inputs of its own (SMTP's `DotReader`).
"""

from collections.abc import Callable, Generator
from typing import Any, Literal

import msgspec

from homeport.protocol.commands import Spoken
from homeport.protocol.effects import (
    AskHost,
    Call,
    CallTogether,
    Effect,
    ListenData,
    ReceiveFile,
    SendFile,
    SetTimer,
    StartTls,
)
from homeport.protocol.events import Called, DataDone, DataListening, Event, HostAnswered, TimerFired, TlsStarted

Steps = Generator["Effect | Input | Callable[[], Any]", Any, Any]
"""A command that waits. It returns a reply, or None if it has replied itself."""
Mode = Literal["command", "skip", "input", "busy", "tls"]
"""What the next octets are: a command; the rest of a line that was too long; what the command under way waits for;
nothing to be looked at before that command is done; nothing that counts."""
ANSWERS: dict[type[Effect], type[Event]] = {
    AskHost: HostAnswered,
    Call: Called,
    CallTogether: Called,
    ListenData: DataListening,
    ReceiveFile: DataDone,
    SendFile: DataDone,
    SetTimer: TimerFired,
    StartTls: TlsStarted,
}
"""Effects that a command can wait for, with the events that answer them."""


class Input:
    """Something that a client sends in the midst of a command."""

    __slots__ = ("over",)

    value: Any = None
    """What `yield` gives when all of it has come."""
    cut = False
    """Whether it was a line whose end has not come; the rest is to be skipped."""
    conceals: tuple[int, int] | None = None
    """Of a secret that has just come: its octets, and those that came in one with it, behind it."""

    over: bool
    """Whether all of it has come."""

    def read(self, data: bytes, at: int, limit: int) -> int:
        """Read from `at`. limit: octets of a line, if the input itself has none."""
        raise NotImplementedError


class NextLine(Input):
    """The next line, without its end: `line = yield NextLine()`; `limit + 1` octets of a longer one, the rest skipped.

    limit: octets; 0: the session's `line_limit`. secret: whether the journal shows `*` in its place.
    """

    def __init__(self, limit: int = 0, *, secret: bool = False) -> None:
        self.over = False
        self.limit = limit
        self.secret = secret

    def read(self, data: bytes, at: int, limit: int) -> int:
        end = data.find(b"\n", at)
        limit = self.limit or limit
        if end < 0 and len(data) - at <= limit:
            return -1
        self.cut = end < 0
        line = data[at:] if self.cut else data[at:end].removesuffix(b"\r")
        if self.secret:
            self.conceals = len(line), len(data) - at - len(line)
        self.value = line[: limit + 1]
        self.over = True
        return len(data) if self.cut else end + 1


class Octets(Input):
    """That many octets, given to `take` as they come: `yield Octets(size, take)`."""

    __slots__ = ("_left", "_take")

    def __init__(self, size: int, take: Callable[[bytes], object]) -> None:
        self.over = not size
        self._left = size
        self._take = take

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
        self.over = False
        self._take = take

    def read(self, data: bytes, at: int, limit: int) -> int:  # noqa: ARG002 - no line is read
        end = self._take(data[at:] if at else data)
        if end < 0:
            return len(data)
        self.over = True
        return at + end


class Task(msgspec.Struct):
    """The command under way, which waits."""

    steps: Steps
    spoken: Spoken
    line: bytes
    awaits: type[Event] | None = None
    """The event that it waits for."""
    input: Input | None = None
    """The input that it waits for."""
    mode: Mode = "command"
    """What the next octets are while it waits."""
