"""Objects that a command can wait for by `yield`: work, an effect that an event answers, or an input from its client.

Inputs read in place, without copying the buffer: `read(data, at, limit)` returns the offset where it stopped, or -1 if
the bytes from `at` on must be buffered until more come. A protocol may define inputs of its own (SMTP's `DotReader`).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator
from typing import Any, Literal

import msgspec

from homeport.protocol.commands import ParsedCommand
from homeport.protocol.effects import (
    AskHost,
    AwaitFlush,
    Call,
    Compute,
    Effect,
    GroupCommit,
    ListenData,
    ReceiveFile,
    SendFile,
    SetTimer,
    StartTls,
    Watch,
)
from homeport.protocol.events import (
    Called,
    DataDone,
    DataListening,
    Event,
    Flushed,
    HostAnswered,
    Noticed,
    TimerFired,
    TlsStarted,
)

Steps = Generator["Effect | Input | Callable[[], Any]", Any, Any]
"""A suspended command. It returns a reply, or None if it has replied itself."""
Mode = Literal["command", "skip", "input", "busy", "tls"]
"""Treatment of the next input. `command`: a command; `skip`: the rest of an overlong line; `input`: what the current
command waits for; `busy`: buffered until that command is done; `tls`: discarded before a handshake."""
ANSWERS: dict[type[Effect], type[Event]] = {
    AskHost: HostAnswered,
    AwaitFlush: Flushed,
    Call: Called,
    Compute: Called,
    GroupCommit: Called,
    ListenData: DataListening,
    ReceiveFile: DataDone,
    SendFile: DataDone,
    SetTimer: TimerFired,
    StartTls: TlsStarted,
    Watch: Noticed,
}
"""Effects that a command can wait for, with the event that answers each."""


ENDING_BYTES = 64
"""Last bytes of an overlong line that are kept, for protocols in which they say what follows."""


class Input(ABC):
    """Base of the inputs that a client sends as part of a command."""

    __slots__ = ("over",)

    value: Any = None
    """Result of `yield` when the input is complete."""
    cut = False
    """True if it was an overlong line without its end; the rest is to be skipped."""
    conceals: tuple[int, int] | None = None
    """For a secret that has just arrived: its size, and the number of bytes that were received after it."""

    over: bool
    """True if it is complete."""

    @abstractmethod
    def read(self, data: bytes, at: int, limit: int) -> int:
        """Read from `at`. limit: maximum bytes of a line, if the input itself has none."""

    def size_in(self, data: bytes) -> int:
        """Return the number of bytes that it takes of the next data; all of them if its end cannot be told."""
        return len(data)


class NextLine(Input):
    """The next line, without its end: `line = yield NextLine()`; `limit + 1` bytes of a longer one, the rest is
    skipped.

    limit: in bytes; 0: the session's `line_limit`. secret: True if the journal shows `*` in its place.
    """

    def __init__(self, limit: int = 0, *, secret: bool = False) -> None:
        self.over = False
        self.rest = 0
        """Bytes that came with the line, after it."""
        self.ending = b""
        """The last bytes of a longer line whose end has come with it."""
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
        self.ending = line[-ENDING_BYTES:] if len(line) > limit and not self.cut else b""
        self.rest = 0 if self.cut else len(data) - end - 1
        self.over = True
        return len(data) if self.cut else end + 1


class NextBytes(Input):
    """`size` bytes, passed to `take` as they arrive: `yield Octets(size, take)`."""

    __slots__ = ("_left", "_more", "_take", "rest")

    def __init__(self, size: int, take: Callable[[bytes], object]) -> None:
        self.over = not size
        self.rest = 0
        """Bytes that came with the last of them, after it."""
        self._left = size
        self._take = take
        self._more = 0  # bytes that came with the next data, and will be delivered later

    def read(self, data: bytes, at: int, limit: int) -> int:  # noqa: ARG002 - no line is read
        piece = data[at : at + self._left]
        self._left -= len(piece)
        self._take(piece)
        self.over = not self._left
        self.rest = self._more or len(data) - at - len(piece)
        return at + len(piece)

    def size_in(self, data: bytes) -> int:
        size = min(self._left, len(data))
        self._more = len(data) - size
        return size


class Content(Input):
    """Bytes up to an end that `take` recognizes: `yield Content(take)`.

    take: called with the bytes as they arrive; returns the offset after the end in them, or -1 if the content goes on.
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
    """The current command, suspended."""

    steps: Steps
    command: ParsedCommand
    line: bytes
    line_end: int = 0
    line_size: int = 0
    """As in the dialogue while the command is executed."""
    awaits: type[Event] | None = None
    """Event that it waits for."""
    input: Input | None = None
    """Input that it waits for."""
    mode: Mode = "command"
    """Treatment of input while it waits."""
