"""Stages: each kind of fault as a step that the bytes of a connection pass, in or out.

A stage takes items in order: bytes, and effects or events that keep their place among them (`Close`, `StartTls`,
`StopTls`; the client's `Eof`). It passes on items, changed, later or not at all, to the next stage or to the end of the
pipeline (`io/net/faults.py`).
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from typing import Any, ClassVar

from homeport.io.net.corrupter import Corrupter
from homeport.io.net.fault_host import StageHost
from homeport.io.net.reactor import DelayedCall
from homeport.io.net.turns import MAX_FARM_HELD_BYTES
from homeport.protocol.effects import Close, Effect
from homeport.world.faults import Fault

Item = Any
"""Data (`bytes`, nothing else), or an effect or event that keeps its place in it; Any: distinguished by `type`."""
PACE_S = 0.02
"""Size of a piece under a rate limit: what it passes in this time, in seconds."""
MAX_PACED_BYTES = 1 << 20
"""Limit of the queued bytes of a transfer under a rate limit."""
MAX_HELD_BYTES = 64 << 10
"""Bytes that a fault holds back on one connection before back-pressure stops its input."""
MAX_IN_FLIGHT_BYTES = 64 << 20
"""The same for delayed bytes: what a network of 5 Gbit/s carries in 100 ms."""
ENTRY_BYTES = 128
"""Memory overhead of an item in a queue."""
PIECE_SIZE, BULK = 16 << 10, 256 << 10
"""Sizes in bytes of a piece that is changed, and of one that is passed on unchanged."""


class Reset(Effect, frozen=True):
    """Reset the connection (RST): emitted by faults only, never by a session."""


class Stage:
    """One fault in one direction of a connection; this base class passes everything on.

    inward: True if it acts on input from the client.
    """

    hangs: ClassVar[bool] = False
    """True if nothing passes until the fault is removed."""
    most: int = MAX_HELD_BYTES
    """Held bytes above which back-pressure stops its input."""
    piece: int = PIECE_SIZE
    """Preferred size of its input in bytes, where the caller can choose."""

    def __init__(self, line: StageHost, fault: Fault, *, inward: bool) -> None:
        self.line = line
        self.fault = fault
        self.inward = inward
        self.next: Callable[[Item], None] = lambda _item: None
        self.held = 0
        """Bytes that it holds back."""
        self._told = False

    @property
    def parameters(self) -> Any:
        """Parameters of the kind. Any: each kind has a type of its own."""
        do = self.fault.plan.do
        return getattr(do, do.kind)

    @property
    def holding(self) -> bool:
        """True if it holds back an item."""
        return False

    @property
    def full(self) -> bool:
        """True if back-pressure should stop its input."""
        return self.held > self.most

    def begin(self) -> None:
        """Start to act: called once, when all stages are linked."""

    def put(self, item: Item) -> None:
        """Process one item."""
        self.next(item)

    def release(self) -> None:
        """Pass on held items, in order, after the fault was removed. Later items follow unchanged."""

    def drop(self) -> None:
        """Discard held items: the connection is closed."""

    def did(self, words: str, original: bytes = b"") -> None:
        """Journal the action, once per connection: later actions are the same. original: what it changed or discarded;
        that of a client is not shown, as it may hold a secret.
        """
        if self._told:
            return
        self._told = True
        if self.inward:
            self.line.record(self.fault, f"{words} on the way in", b"")
        else:
            self.line.record(self.fault, words, original)


class Queued(Stage, ABC):
    """A stage with a queue that passes bytes on piece by piece, each when it is due.

    Queued bytes are stored as received and split when they are passed on. A piece waits for its due time, for the
    pipeline (the send buffer is full, the session is busy), and for the turn's allowance (`io/net/turns.py`).

    last: due time of the newest piece, in the reactor's seconds.
    """

    def __init__(self, line: StageHost, fault: Fault, *, inward: bool) -> None:
        super().__init__(line, fault, inward=inward)
        self.last = 0.0
        self._queue: deque[tuple[float, Item]] = deque()  # arrival time and item
        self._next: tuple[float, Item] | None = None  # due time and first piece, if it was split off already
        self._at = 0  # bytes of the first item that were passed on
        self._clock: DelayedCall | None = None
        self._waiting = False  # for the pipeline or for the turn

    @abstractmethod
    def due(self, size: int, came: float) -> float:
        """Return the due time of a piece. bytes: its size, 0 for an effect or event. came: its arrival time."""

    def size(self) -> int:
        """Return the maximum size of a piece in bytes."""
        return PIECE_SIZE

    def change(self, piece: bytes) -> bytes:
        """Return a due piece, changed."""
        return piece

    def cost(self, size: int) -> int:
        """Return the cost of passing on that many bytes, in units of `Turns.pay`."""
        return size

    def takes(self, data: bytes) -> None:
        """Note arriving bytes, before their first piece is passed on."""

    @property
    def holding(self) -> bool:
        return bool(self._queue)

    def put(self, item: Item) -> None:
        if self.line.gone:
            return
        if type(item) is bytes:
            self.takes(item)
            self._hold(len(item) + ENTRY_BYTES)
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
        """Continue after a wait for the pipeline or for the turn."""
        self._waiting = False
        self._work()
        self.line.moved()

    def _work(self) -> None:
        """Pass on due pieces until one must wait."""
        line = self.line
        while self._queue and not self._waiting and self._clock is None:
            due, piece = self._next or self._cut()
            size = type(piece) is bytes and len(piece)
            wait_s = due - line.seconds()  # read once: the clock moves between two reads
            if wait_s > 0:
                self._next = due, piece
                self._clock = line.call_later(wait_s, self._ring)
            elif line.blocks(inward=self.inward):
                self._next, self._waiting = (due, piece), True
                line.blocked.append(self)
            elif type(piece) is bytes and not line.turns.pay(self.cost(size)):
                # Effects do not wait for a turn: StartTls must follow its "220" before more input is read.
                self._next, self._waiting = (due, piece), True
                line.turns.wait(self.resume)
            else:
                self._pass_on(piece)

    def _cut(self) -> tuple[float, Item]:
        """Return the due time and the next piece, which stays in the queue."""
        came, item = self._queue[0]
        if self.fault.removed:
            return 0.0, item[self._at :] if type(item) is bytes else item
        piece = item[self._at : self._at + self.size()] if type(item) is bytes else item
        self.last = self.due(len(piece) if type(item) is bytes else 0, came)
        return self.last, piece

    def _pass_on(self, piece: Item) -> None:
        """Remove a piece from the queue and pass it on."""
        self._next = None
        if type(piece) is bytes:
            self._at += len(piece)
            whole = self._at >= len(self._queue[0][1])
            self._hold(-len(piece) - (ENTRY_BYTES if whole else 0))
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

    def _hold(self, size: int) -> None:
        self.held += size
        self.line.turns.hold(size)


class Delay(Queued):
    """`latency`: delays bytes without limiting the rate, so it holds as many as a fast network carries in that time."""

    most = MAX_IN_FLIGHT_BYTES
    piece = BULK

    def __init__(self, line: StageHost, fault: Fault, *, inward: bool) -> None:
        super().__init__(line, fault, inward=inward)
        self._chance = fault.generator()

    @property
    def full(self) -> bool:
        return self.held > (self.most if self.line.turns.held < MAX_FARM_HELD_BYTES else MAX_HELD_BYTES)

    def size(self) -> int:
        return BULK

    def cost(self, size: int) -> int:
        return size >> 3  # they are passed on unchanged

    def due(self, size: int, came: float) -> float:
        ms: float = self.parameters.ms
        if size and self.parameters.jitter_ms:
            ms += self._chance.random() * self.parameters.jitter_ms
        if size:
            self.did(f"delayed {size} bytes by {ms:.0f} ms")
        due: float = max(came + ms / 1000, self.last)
        return due


class Pace(Queued):
    """`bandwidth`: a rate limit; a piece is passed on after the time that it takes at that rate."""

    def __init__(self, line: StageHost, fault: Fault, *, inward: bool) -> None:
        super().__init__(line, fault, inward=inward)
        # A quarter of a second of data: progress shows four times a second, and a high rate never runs dry between
        # timers.
        self.most = min(max(1, self.parameters.bytes_per_s // 4), MAX_PACED_BYTES)
        self.piece = min(self.piece, self.most)

    def takes(self, data: bytes) -> None:
        self.did(f"slowed {len(data)} bytes down to {self.parameters.bytes_per_s} per second")

    def size(self) -> int:
        return max(1, int(self.parameters.bytes_per_s * PACE_S))

    def cost(self, size: int) -> int:
        return size >> 3

    def due(self, size: int, came: float) -> float:
        rate: int = self.parameters.bytes_per_s
        return max(came, self.last) + size / rate


class Cut(Queued):
    """`slice`: passes on small pieces, with a delay between them."""

    def takes(self, data: bytes) -> None:
        self.did(f"cut {len(data)} bytes into pieces of {self.parameters.size}")

    def size(self) -> int:
        size: int = self.parameters.size
        return size

    def cost(self, size: int) -> int:
        return size >> 3

    def due(self, size: int, came: float) -> float:
        gap: float = self.parameters.delay_ms / 1000 if size else 0
        return max(came, self.last + gap)


class Corrupt(Queued):
    """`corrupt`: changes random bytes, chosen by their offset in the stream and not by segment boundaries."""

    def __init__(self, line: StageHost, fault: Fault, *, inward: bool) -> None:
        super().__init__(line, fault, inward=inward)
        self._corrupter = Corrupter(fault)

    def cost(self, size: int) -> int:
        return 2 * size

    def due(self, size: int, came: float) -> float:  # noqa: ARG002 - others need the size
        return came

    def change(self, piece: bytes) -> bytes:
        changed_piece, changed = self._corrupter.corrupt(piece)
        if changed:
            self.did(f"changed {changed} of {len(piece)} bytes", piece)
        return changed_piece


class Ending(Stage):
    """Base of the stages that end the connection; later output is discarded."""

    def __init__(self, line: StageHost, fault: Fault, *, inward: bool) -> None:
        super().__init__(line, fault, inward=inward)
        self.ended = False

    def end(self, effect: Effect, words: str, original: bytes = b"") -> None:
        """Close or reset, after earlier output. original: as in `did`."""
        if not self.ended:
            self.ended = True
            self.did(words, original)
            (self.line.say if self.inward else self.next)(effect)


class End(Ending):
    """`close` and `reset`: at once, or (inward) at the client's first input."""

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
    """`limit`: passes the first bytes, then ends the connection."""

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
            self.end(effect, f"{what} the connection after {self.parameters.bytes} bytes", item)


class Hang(Stage):
    """`hang`: discards bytes; effects and events wait until the fault is removed."""

    hangs = True

    def __init__(self, line: StageHost, fault: Fault, *, inward: bool) -> None:
        super().__init__(line, fault, inward=inward)
        self._kept: list[Item] = []

    @property
    def holding(self) -> bool:
        return not self.fault.removed

    def begin(self) -> None:
        self.did("passes nothing from here on")

    def put(self, item: Item) -> None:
        if type(item) is not bytes and item not in self._kept:
            self._kept.append(item)

    def release(self) -> None:
        kept, self._kept = self._kept, []
        for item in kept:
            self.next(item)


class Garbage(Stage):
    """`garbage`: replaces the first piece by random bytes."""

    def __init__(self, line: StageHost, fault: Fault, *, inward: bool) -> None:
        super().__init__(line, fault, inward=inward)
        self._chance = fault.generator()
        self._done = False

    def put(self, item: Item) -> None:
        if type(item) is bytes and not self._done:
            self._done = True
            size = self.parameters.bytes
            self.did(f"replaced {len(item)} bytes by {size} random ones", item)
            item = self._chance.randbytes(size)
        self.next(item)


class AnswerWith(Stage):
    """`answer`: replaces the first piece by the text, and discards the rest up to the close."""

    def __init__(self, line: StageHost, fault: Fault, *, inward: bool) -> None:
        super().__init__(line, fault, inward=inward)
        self._said = False

    def put(self, item: Item) -> None:
        if type(item) is not bytes:
            self.next(item)
        elif not self._said:
            self._said = True
            text = self.parameters.text.encode()
            self.did(f"replaced {len(item)} bytes of the answer by a text of {len(text)}", item)
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
"""Stages by kind. The listener implements `refuse`, the handshake `tls`, the session `reply`."""
