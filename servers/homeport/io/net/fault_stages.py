"""What each kind of fault does to a stream of octets: a stage that they pass on their way, in or out.

A stage takes items in order: octets, and what must keep its place among them (`Close`, `StartTls`, `StopTls`; the
client's `Eof`). It passes on what it likes, when it likes, to the stage behind it or to the end of the line
(`io/net/faults.py`).
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from typing import Any, ClassVar

from homeport.io.net.corrupter import Corrupter
from homeport.io.net.fault_host import StageHost
from homeport.io.net.reactor import DelayedCall
from homeport.io.net.turns import FARM_HELD_MAX
from homeport.protocol.effects import Close, Effect
from homeport.world.faults import Fault

Item = Any
"""Octets (`bytes`, nothing else), or an effect or event that keeps its place among them; Any: told by `type`."""
PACE_SECONDS = 0.02
"""How much is sent at a time under a bandwidth: what it lets through in this."""
MOST_PACED = 1 << 20
"""Octets of a transfer that wait for their time at most."""
HELD_MAX = 64 << 10
"""Octets that a fault holds back on one connection before nothing more should go in."""
IN_FLIGHT_MAX = 64 << 20
"""The same for those that are only late: what a network of 5 Gbit/s brings in 100 ms."""
ENTRY = 128
"""Octets of memory that each item in a queue takes besides its own."""
PIECE_SIZE, BULK = 16 << 10, 256 << 10
"""Octets of a piece that something is done to, and of one that is passed on as it is."""


class Reset(Effect, frozen=True):
    """Reset the connection: what a fault asks the end of the line for, and no session."""


class Stage:
    """One fault in one direction of a connection; as it stands, one that does nothing.

    inward: whether it acts on what the client says.
    """

    hangs: ClassVar[bool] = False
    """Whether nothing passes until the fault is removed."""
    most: int = HELD_MAX
    """Octets behind which nothing more should go in."""
    piece: int = PIECE_SIZE
    """Octets to put in at a time, where that can be chosen."""

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

    @property
    def full(self) -> bool:
        """Return whether it holds so much that nothing more should go in."""
        return self.held > self.most

    def begin(self) -> None:
        """It acts from now on: called once, when all stages stand."""

    def put(self, item: Item) -> None:
        """Something comes by."""
        self.next(item)

    def release(self) -> None:
        """The fault is removed: pass on what is held, in order; what is still put goes behind it, unchanged."""

    def drop(self) -> None:
        """The connection is gone: forget what is held."""

    def did(self, words: str) -> None:
        """Write into the journal what it does; once, for it goes on as it began."""
        if not self._told:
            self._told = True
            self.line.record(self.fault, f"{words} on the way in" if self.inward else words)


class Queued(Stage, ABC):
    """A stage that works on octets piece by piece, in their order, each when it is due.

    The octets that wait are kept as they came and cut when their turn comes. A piece waits for its time, for the line
    (the network takes no more, the session is busy), and for its turn (`io/net/turns.py`).

    last: when the newest piece was due, in the reactor's seconds.
    """

    def __init__(self, line: StageHost, fault: Fault, *, inward: bool) -> None:
        super().__init__(line, fault, inward=inward)
        self.last = 0.0
        self._queue: deque[tuple[float, Item]] = deque()  # when each came
        self._next: tuple[float, Item] | None = None  # the first piece of it: when it is due, and what it is
        self._at = 0  # octets of the first that have been taken out
        self._clock: DelayedCall | None = None
        self._waiting = False  # for the line or for its turn

    @abstractmethod
    def due(self, octets: int, came: float) -> float:
        """Return when a piece is due. octets: its size, 0 for what keeps its place. came: when it was put."""

    def size(self) -> int:
        """Return the most octets of a piece."""
        return PIECE_SIZE

    def change(self, piece: bytes) -> bytes:
        """Return what becomes of a piece that is due."""
        return piece

    def cost(self, octets: int) -> int:
        """Return how many octets of work it is to pass on so many."""
        return octets

    def takes(self, data: bytes) -> None:
        """Note octets that have come, before the first of their pieces is passed on."""

    @property
    def holding(self) -> bool:
        return bool(self._queue)

    def put(self, item: Item) -> None:
        if self.line.gone:
            return
        if type(item) is bytes:
            self.takes(item)
            self._hold(len(item) + ENTRY)
        self._queue.append((self.line.seconds(), item))
        self._work()

    def release(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None
        self._next = None
        self._work()

    def drop(self) -> None:
        self._queue.clear()
        self._next = None
        self._at = 0
        self._hold(-self.held)
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def resume(self) -> None:
        """Go on after a wait for the line or for the turn."""
        self._waiting = False
        self._work()
        self.line.moved()

    def _work(self) -> None:
        """Pass on what is due, as long as nothing stands in the way."""
        line = self.line
        while self._queue and not self._waiting and self._clock is None:
            due, piece = self._next or self._cut()
            octets = type(piece) is bytes and len(piece)
            if due > line.seconds():
                self._next = due, piece
                self._clock = line.call_later(due - line.seconds(), self._ring)
            elif line.blocks(inward=self.inward):
                self._next, self._waiting = (due, piece), True
                line.blocked.append(self)
            elif type(piece) is bytes and not line.turns.pay(self.cost(octets)):
                # Effects do not wait: behind its "220" StartTls must come before anything else is read.
                self._next, self._waiting = (due, piece), True
                line.turns.wait(self.resume)
            else:
                self._pass_on(piece)

    def _cut(self) -> tuple[float, Item]:
        """Return the next piece and when it is due; it stays in the queue."""
        came, item = self._queue[0]
        if self.fault.removed:
            return 0.0, item[self._at :] if type(item) is bytes else item
        piece = item[self._at : self._at + self.size()] if type(item) is bytes else item
        self.last = self.due(len(piece) if type(item) is bytes else 0, came)
        return self.last, piece

    def _pass_on(self, piece: Item) -> None:
        """Take a piece out of the queue and pass it on."""
        self._next = None
        if type(piece) is bytes:
            self._at += len(piece)
            whole = self._at >= len(self._queue[0][1])
            self._hold(-len(piece) - (ENTRY if whole else 0))
            if whole:
                self._queue.popleft()
                self._at = 0
            if not self.fault.removed:
                piece = self.change(piece)
        else:
            self._queue.popleft()
        self.next(piece)

    def _ring(self) -> None:
        self._clock = None
        self._work()
        self.line.moved()

    def _hold(self, octets: int) -> None:
        self.held += octets
        self.line.turns.hold(octets)


class Delay(Queued):
    """`latency`: octets are late and no fewer, so as many are under way as a fast network brings in that time."""

    most = IN_FLIGHT_MAX
    piece = BULK

    def __init__(self, line: StageHost, fault: Fault, *, inward: bool) -> None:
        super().__init__(line, fault, inward=inward)
        self._chance = fault.generator()

    @property
    def full(self) -> bool:
        return self.held > (self.most if self.line.turns.held < FARM_HELD_MAX else HELD_MAX)

    def size(self) -> int:
        return BULK

    def cost(self, octets: int) -> int:
        return octets >> 3  # they are passed on as they are

    def due(self, octets: int, came: float) -> float:
        ms: float = self.parameters.ms
        if octets and self.parameters.jitter_ms:
            ms += self._chance.random() * self.parameters.jitter_ms
        if octets:
            self.did(f"delayed {octets} octets by {ms:.0f} ms")
        due: float = max(came + ms / 1000, self.last)
        return due


class Pace(Queued):
    """`bandwidth`: a piece is passed on when the time is over that it takes at this rate."""

    def __init__(self, line: StageHost, fault: Fault, *, inward: bool) -> None:
        super().__init__(line, fault, inward=inward)
        # What goes in is seen to move four times a second, and at a high rate there is enough to do between two timers.
        self.most = min(max(1, self.parameters.bytes_per_s // 4), MOST_PACED)
        self.piece = min(self.piece, self.most)

    def takes(self, data: bytes) -> None:
        self.did(f"slowed {len(data)} octets down to {self.parameters.bytes_per_s} a second")

    def size(self) -> int:
        return max(1, int(self.parameters.bytes_per_s * PACE_SECONDS))

    def cost(self, octets: int) -> int:
        return octets >> 3

    def due(self, octets: int, came: float) -> float:
        rate: int = self.parameters.bytes_per_s
        return max(came, self.last) + octets / rate


class Cut(Queued):
    """`slice`."""

    def takes(self, data: bytes) -> None:
        self.did(f"cut {len(data)} octets into pieces of {self.parameters.size}")

    def size(self) -> int:
        size: int = self.parameters.size
        return size

    def cost(self, octets: int) -> int:
        return octets >> 3

    def due(self, octets: int, came: float) -> float:
        gap: float = self.parameters.delay_ms / 1000 if octets else 0
        return max(came, self.last + gap)


class Corrupt(Queued):
    """`corrupt`: which octets are changed follows from their place in the stream, however it is cut."""

    def __init__(self, line: StageHost, fault: Fault, *, inward: bool) -> None:
        super().__init__(line, fault, inward=inward)
        self._corrupter = Corrupter(fault)

    def cost(self, octets: int) -> int:
        return 2 * octets

    def due(self, octets: int, came: float) -> float:  # noqa: ARG002 - others need the size
        return came

    def change(self, piece: bytes) -> bytes:
        changed_piece, changed = self._corrupter.corrupt(piece)
        if changed:
            self.did(f"changed {changed} of {len(piece)} octets")
        return changed_piece


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
