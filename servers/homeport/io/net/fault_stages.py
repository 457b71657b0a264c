"""What each kind of fault does to a stream of octets: a stage that they pass on their way, in or out.

A stage takes items in order: octets, and what must keep its place among them (`Close`, `StartTls`, `StopTls`; the
client's `Eof`). It passes on what it likes, when it likes, to the stage behind it or to the end of the line
(`io/net/faults.py`).
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from homeport.io.net.fault_host import StageHost
from homeport.io.net.reactor import DelayedCall
from homeport.protocol.effects import Close, Effect
from homeport.world.faults import Fault

Item = Any
"""Octets (`bytes`, nothing else), or an effect or event that keeps its place among them; Any: told by `type`."""
PACE_SECONDS = 0.02
"""How much is sent at a time under a bandwidth: what it lets through in this."""
MOST_PACED = 1 << 20
"""Octets of a transfer that wait for their time at most."""


class Reset(Effect, frozen=True):
    """Reset the connection: what a fault asks the end of the line for, and no session."""


class Stage:
    """One fault in one direction of a connection; as it stands, one that does nothing.

    inward: whether it acts on what the client says.
    """

    hangs: ClassVar[bool] = False
    """Whether nothing passes until the fault is removed."""
    most: int = 64 << 10
    """Octets behind which nothing more should go in."""

    def __init__(self, line: StageHost, fault: Fault, *, inward: bool) -> None:
        self.line = line
        self.fault = fault
        self.inward = inward
        self.next: Callable[[Item], None] = lambda _item: None
        self.held = 0
        """Octets that it holds back."""
        self._told = False

    @property
    def parameters(self) -> Any:
        """Those of its kind. Any: each kind has a type of its own."""
        do = self.fault.plan.do
        return getattr(do, do.kind)

    @property
    def holding(self) -> bool:
        """Whether something that it took has not been passed on yet."""
        return False

    def begin(self) -> None:
        """It acts from now on: called once, when all stages stand."""

    def put(self, item: Item) -> None:
        """Something comes by."""
        self.next(item)

    def release(self) -> None:
        """The fault is removed: pass on what is held, in order. Nothing is put any more."""

    def drop(self) -> None:
        """The connection is gone: forget what is held."""

    def did(self, words: str) -> None:
        """Write into the journal what it does; once, for it goes on as it began."""
        if not self._told:
            self._told = True
            self.line.record(self.fault, f"{words} on the way in" if self.inward else words)


class Timed(Stage, ABC):
    """A stage that passes everything on, each piece when it is due."""

    def __init__(self, line: StageHost, fault: Fault, *, inward: bool) -> None:
        super().__init__(line, fault, inward=inward)
        self.last = 0.0
        """When the newest piece was or will be due, in the reactor's seconds."""
        self._queue: deque[tuple[float, Item]] = deque()
        self._call: DelayedCall | None = None

    @abstractmethod
    def due(self, octets: int, now: float) -> float:
        """When a piece of so many octets that comes now is due; 0 octets: something that keeps its place."""

    def cut(self, data: bytes) -> Iterator[bytes]:
        """The pieces of octets, each with a time of its own."""
        yield data

    @property
    def holding(self) -> bool:
        return bool(self._queue)

    def put(self, item: Item) -> None:
        now = self.line.seconds()
        for piece in self.cut(item) if type(item) is bytes else (item,):
            size = len(piece) if type(piece) is bytes else 0
            self.last = self.due(size, now)
            if self.line.gone:
                return
            if self.last <= now and not self._queue:
                self.next(piece)
            else:
                self._queue.append((self.last, piece))
                self.held += size
        self._wait()

    def release(self) -> None:
        self._pass_on(float("inf"))

    def drop(self) -> None:
        self._queue.clear()
        self.held = 0
        self._wait()

    def _pass_on(self, now: float) -> None:
        queue = self._queue
        while queue and queue[0][0] <= now:
            _due, item = queue.popleft()
            if type(item) is bytes:
                self.held -= len(item)
            self.next(item)
        self._wait()

    def _fire(self) -> None:
        self._call = None
        self._pass_on(self.line.seconds())
        self.line.moved()

    def _wait(self) -> None:
        """Have the clock ring for the first in the queue, and not without one."""
        if self._queue and self._call is None:
            self._call = self.line.call_later(max(self._queue[0][0] - self.line.seconds(), 0.0), self._fire)
        elif not self._queue and self._call is not None:
            self._call.cancel()
            self._call = None


class Delay(Timed):
    """`latency`."""

    def __init__(self, line: StageHost, fault: Fault, *, inward: bool) -> None:
        super().__init__(line, fault, inward=inward)
        self._chance = fault.generator()

    def due(self, octets: int, now: float) -> float:
        ms: float = self.parameters.ms
        if octets and self.parameters.jitter_ms:
            ms += self._chance.random() * self.parameters.jitter_ms
        if octets:
            self.did(f"delayed {octets} octets by {ms:.0f} ms")
        due: float = max(now + ms / 1000, self.last)
        return due


class Pace(Timed):
    """`bandwidth`: a piece is passed on when the time is over that it takes at this rate."""

    def __init__(self, line: StageHost, fault: Fault, *, inward: bool) -> None:
        super().__init__(line, fault, inward=inward)
        # What goes in is seen to move four times a second, and at a high rate there is enough to do between two timers.
        self.most = min(max(1, self.parameters.bytes_per_s // 4), MOST_PACED)

    def due(self, octets: int, now: float) -> float:
        rate: int = self.parameters.bytes_per_s
        return max(now, self.last) + octets / rate

    def cut(self, data: bytes) -> Iterator[bytes]:
        self.did(f"slowed {len(data)} octets down to {self.parameters.bytes_per_s} a second")
        return pieces(data, max(1, int(self.parameters.bytes_per_s * PACE_SECONDS)))


class Cut(Timed):
    """`slice`."""

    def due(self, octets: int, now: float) -> float:
        gap: float = self.parameters.delay_ms / 1000 if octets else 0
        return max(now, self.last + gap)

    def cut(self, data: bytes) -> Iterator[bytes]:
        self.did(f"cut {len(data)} octets into pieces of {self.parameters.size}")
        return pieces(data, self.parameters.size)


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    """The octets cut into pieces of a size; the last may be shorter."""
    return (data[at : at + size] for at in range(0, len(data), size))


class Ending(Stage):
    """A stage that ends the connection at some point; what is said afterwards goes nowhere."""

    def __init__(self, line: StageHost, fault: Fault, *, inward: bool) -> None:
        super().__init__(line, fault, inward=inward)
        self.ended = False

    def end(self, effect: Effect, words: str) -> None:
        """Close or reset, behind all that has been said before."""
        if not self.ended:
            self.ended = True
            self.did(words)
            (self.line.say if self.inward else self.next)(effect)


class End(Ending):
    """`close` and `reset`: at once, or when the client first says something."""

    def begin(self) -> None:
        if not self.inward:
            self._act()

    def put(self, item: Item) -> None:
        if self.inward and type(item) is not bytes:
            self.next(item)
        else:
            self._act()

    def _act(self) -> None:
        if self.fault.plan.do.kind == "reset":
            self.end(Reset(), "reset the connection")
        else:
            self.end(Close(), "closed the connection")


class Limit(Ending):
    """`limit`."""

    def __init__(self, line: StageHost, fault: Fault, *, inward: bool) -> None:
        super().__init__(line, fault, inward=inward)
        self._left = self.parameters.bytes

    def put(self, item: Item) -> None:
        if type(item) is not bytes:
            if self.inward or not self.ended:
                self.next(item)
            return
        if self.ended:
            return
        passed = item[: self._left]
        self._left -= len(passed)
        if passed:
            self.next(passed)
        if not self._left:
            what = "reset" if self.parameters.reset else "closed"
            effect = Reset() if self.parameters.reset else Close()
            self.end(effect, f"{what} the connection after {self.parameters.bytes} octets")


class Hang(Stage):
    """`hang`: octets are lost; what keeps its place among them waits until the fault is removed."""

    hangs = True

    def __init__(self, line: StageHost, fault: Fault, *, inward: bool) -> None:
        super().__init__(line, fault, inward=inward)
        self._kept: list[Item] = []

    @property
    def holding(self) -> bool:
        return not self.fault.removed

    def begin(self) -> None:
        self.did("lets nothing pass from here on")

    def put(self, item: Item) -> None:
        if type(item) is not bytes and item not in self._kept:
            self._kept.append(item)

    def release(self) -> None:
        kept, self._kept = self._kept, []
        for item in kept:
            self.next(item)


class Garbage(Stage):
    """`garbage`."""

    def __init__(self, line: StageHost, fault: Fault, *, inward: bool) -> None:
        super().__init__(line, fault, inward=inward)
        self._chance = fault.generator()
        self._done = False

    def put(self, item: Item) -> None:
        if type(item) is bytes and not self._done:
            self._done = True
            size = self.parameters.bytes
            self.did(f"put {size} octets of garbage in the place of {len(item)}")
            item = self._chance.randbytes(size)
        self.next(item)


class Corrupt(Stage):
    """`corrupt`: which octets are changed follows from their place in the stream, however it is cut."""

    def __init__(self, line: StageHost, fault: Fault, *, inward: bool) -> None:
        super().__init__(line, fault, inward=inward)
        self._corrupter = Corrupter(fault)

    def put(self, item: Item) -> None:
        if type(item) is bytes:
            item, changed = self._corrupter.corrupt(item)
            if changed:
                self.did(f"changed {changed} of {len(item)} octets")
        self.next(item)


class Corrupter:
    """Changes the planned share of octets by chance."""

    def __init__(self, fault: Fault) -> None:
        self._rate: float = fault.plan.do.corrupt.rate  # type: ignore[union-attr]  # it is of that kind
        self._chance = fault.generator()
        self._gap = self._next_gap()

    def corrupt(self, data: bytes) -> tuple[bytes, int]:
        """The octets after the change, and how many were changed."""
        at, changed, out = self._gap, 0, bytearray(data)
        while at < len(out):
            out[at] ^= self._chance.randint(1, 255)
            changed += 1
            at += 1 + self._next_gap()
        self._gap = at - len(out)
        return bytes(out), changed

    def _next_gap(self) -> int:
        """Octets that are left as they are before the next change."""
        if self._rate >= 1:
            return 0
        from math import log

        # The number of failures before a success, drawn at once: large transfers are mostly left alone.
        return int(log(1 - self._chance.random()) / log(1 - self._rate))


class AnswerWith(Stage):
    """`answer`: the text in the place of the first octets, and nothing else up to the close."""

    def __init__(self, line: StageHost, fault: Fault, *, inward: bool) -> None:
        super().__init__(line, fault, inward=inward)
        self._said = False

    def put(self, item: Item) -> None:
        if type(item) is not bytes:
            self.next(item)
        elif not self._said:
            self._said = True
            text = self.parameters.text.encode()
            self.did(f"answered with a text of {len(text)} octets in the place of {len(item)}")
            if text:
                self.next(text)


STAGES: dict[str, type[Stage]] = {
    "latency": Delay,
    "bandwidth": Pace,
    "slice": Cut,
    "limit": Limit,
    "close": End,
    "reset": End,
    "hang": Hang,
    "garbage": Garbage,
    "corrupt": Corrupt,
    "answer": AnswerWith,
}
"""What a stream suffers, by kind. `refuse` is the listener's, `tls` of the handshake, `reply` the session's."""
