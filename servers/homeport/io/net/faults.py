"""Faults on one connection: what its session says and hears passes them on its way.

    Stream.doRead ──► heard: stage ► stage ──► session
    session ──► lane: the stages of one command's faults ──► said: stage ► stage ──► Stream.send

There is a line only where there are faults, so a connection without any is as fast as if there were none at all; and
when the last fault has gone and nothing is held back any more, the line goes too. Stages stand in the order in which
their faults were planned. A fault of one command has a lane of its own: what is said afterwards waits behind it.

The journal shows what went to the network, and what the session was told; an event `fault` beside it says what was
done. Under TLS faults act on the octets inside.
"""

import socket
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from homeport.io.net.fault_host import Blocked
from homeport.io.net.fault_stages import HELD_MAX, STAGES, Item, Reset, Stage
from homeport.io.net.reactor import DelayedCall
from homeport.io.net.sockets import RESET_ON_CLOSE
from homeport.io.net.stream_socket import StreamSocket
from homeport.io.net.turns import Turns, turns_of
from homeport.io.platform import has_ended, keep_alive, set_option
from homeport.protocol.effects import Close, Effect, Misbehave, ReceiveFile, Send, SendFile, StartTls, StopTls
from homeport.protocol.events import Eof, Event
from homeport.world.faults import Fault
from homeport.world.journal import Connection

if TYPE_CHECKING:
    from homeport.io.net.listener import StreamListener

IN_ORDER: tuple[type[Effect], ...] = (Close, StartTls, StopTls)
"""Effects that keep their place among the octets; the others are carried out at once."""
TRANSFERS: tuple[type[Effect], ...] = (SendFile, ReceiveFile)
WATCH_SECONDS = 1.0
"""Seconds between looks whether a client that hangs and has shut its side is there at all."""
KEEPALIVE_SECONDS = 10


class FaultedStream(Protocol):
    """The connection that faults act on, as they know it."""

    @property
    def fd(self) -> int: ...
    @property
    def socket(self) -> StreamSocket: ...
    @property
    def listener(self) -> "StreamListener": ...
    @property
    def connection(self) -> Connection: ...
    @property
    def pulling(self) -> bool: ...
    @property
    def calling(self) -> list[str] | None: ...
    @property
    def unsent(self) -> list[memoryview]: ...
    def receive(self, data: bytes) -> None: ...
    def tell(self, event: Event) -> None: ...
    def send(self, data: bytes) -> None: ...
    def act(self, effect: Effect) -> None: ...
    def transfer(self, effect: SendFile | ReceiveFile, faults: Sequence[Fault]) -> None: ...
    def effect_failed(self, effect: Effect, error: Exception) -> None: ...
    def gone(self, reason: str) -> None: ...
    def touch(self) -> None: ...
    def read_on(self) -> None: ...
    def stop_reading(self) -> None: ...
    def start_writing(self) -> None: ...
    def end_faults(self, line: "FaultLine") -> None: ...


class Chain:
    """Stages one behind the other. What comes through goes to `sink`."""

    def __init__(self, sink: Callable[[Item], None], stages: Iterable[Stage] = ()) -> None:
        self.sink = sink
        self.stages = list(stages)
        self._link()

    def put(self, item: Item) -> None:
        """Send something through."""
        (self.stages[0].put if self.stages else self.sink)(item)

    def add(self, stage: Stage) -> None:
        """One more at the end."""
        self.stages.append(stage)
        self._link()

    @property
    def full(self) -> bool:
        """Return whether a stage holds so much that nothing more should go in."""
        return any(stage.full for stage in self.stages)

    @property
    def holding(self) -> bool:
        """Whether anything is on its way."""
        return any(stage.holding for stage in self.stages)

    @property
    def hangs(self) -> bool:
        """Whether nothing passes."""
        return any(stage.hangs for stage in self.stages)

    def refresh(self) -> None:
        """Let go of what removed faults hold, and of them when they hold nothing more."""
        for stage in [stage for stage in self.stages if stage.fault.removed]:
            stage.release()
        self.sweep()

    def sweep(self) -> None:
        """Let go of stages whose fault is removed and that hold nothing."""
        left = [stage for stage in self.stages if stage.holding or not stage.fault.removed]
        if len(left) < len(self.stages):
            self.stages = left
            self._link()

    def drop(self) -> None:
        """Forget what is on its way."""
        for stage in self.stages:
            stage.drop()

    def _link(self) -> None:
        ahead = self.sink
        for stage in reversed(self.stages):
            stage.next = ahead
            ahead = stage.put


class Lane:
    """The answer to one command with its own faults, or what was said behind such an answer.

    What comes through waits until everything said before it has gone.
    """

    def __init__(self, line: "FaultLine", stages: Iterable[Stage] = ()) -> None:
        self._line = line
        self.chain = Chain(self._come_through, stages)
        self.waiting: list[Item] = []
        self.ended = False
        """Whether all has been said that belongs here."""

    @property
    def done(self) -> bool:
        """Whether nothing more will come through."""
        return self.ended and not self.chain.holding

    def _come_through(self, item: Item) -> None:
        lanes = self._line.lanes
        if not self.waiting and lanes and lanes[0] is self:
            self._line.said.put(item)
        else:
            self.waiting.append(item)


class FaultLine:
    """The faults of one connection."""

    __slots__ = ("_asleep", "_watch", "blocked", "heard", "lanes", "said", "stream", "turns")

    def __init__(self, stream: FaultedStream) -> None:
        self.stream = stream
        self.turns: Turns = turns_of(stream.listener.reactor)
        self.blocked: list[Blocked] = []
        """Stages that wait for the network, or for the session."""
        self.heard = Chain(self._hear)
        self.said = Chain(self._send)
        self.lanes: deque[Lane] = deque()
        self._asleep: list[Stage] = []  # stages that have not begun
        self._watch: DelayedCall | None = None

    # The faults.

    def add(self, fault: Fault) -> None:
        """One more fault of this connection, which acts from `begin` on."""
        kind = STAGES.get(fault.plan.do.kind)
        if kind is None:
            return
        for inward, chain in ((True, self.heard), (False, self.said)):
            if fault.plan.direction in ("both", "in" if inward else "out"):
                stage = kind(self, fault, inward=inward)
                chain.add(stage)
                self._asleep.append(stage)

    def begin(self) -> None:
        """Act, at once where that is what a fault does."""
        asleep, self._asleep = self._asleep, []
        for stage in asleep:
            stage.begin()
        self.moved()

    def refresh(self) -> None:
        """Faults have been removed: they stop, and what they held back goes on in its order."""
        self.heard.refresh()
        for lane in tuple(self.lanes):
            lane.chain.refresh()
        self._advance()
        self.said.refresh()
        self.moved()

    def drop(self) -> None:
        """The connection is gone, and what was on its way with it."""
        self.heard.drop()
        self.said.drop()
        for lane in self.lanes:
            lane.chain.drop()
        self.lanes.clear()
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    # What the stream asks.

    @property
    def full(self) -> bool:
        """Whether so much is held back that nothing more should be read."""
        if self.heard.full or self.said.full or any(lane.chain.full for lane in self.lanes):
            return True
        return sum(len(one) for lane in self.lanes for one in lane.waiting if type(one) is bytes) > HELD_MAX

    @property
    def hangs(self) -> bool:
        """Whether nothing that is said passes."""
        return self.said.hangs or any(lane.chain.hangs for lane in self.lanes)

    @property
    def wants_no_more(self) -> bool:
        """Whether a source without end should pause."""
        return self.hangs or self.full

    def perform(self, effects: Sequence[Effect]) -> None:
        """Carry out effects in their order, what is said under the faults."""
        self._perform(effects, self.say)
        self.moved()

    def hear(self, data: bytes) -> None:
        """The client has said something."""
        self.stream.touch()
        self.heard.put(data)
        self.moved()

    def hear_end(self, end: Eof) -> None:
        """The client has shut its side."""
        self.heard.put(end)
        self.moved()
        if (self.hangs or self.heard.hangs) and self.stream.fd >= 0:
            self._watch_peer()

    def wake(self) -> None:
        """Have those go on that wait for the network or for the session, each in its turn."""
        blocked, self.blocked = self.blocked, []
        for stage in blocked:
            self.turns.wait(stage.resume)

    # What stages ask.

    @property
    def gone(self) -> bool:
        """Whether the connection is."""
        return self.stream.fd < 0

    def blocks(self, *, inward: bool) -> bool:
        """Return whether a piece has to wait: as input is not read while answers wait, or while a session's call runs.

        `wake` ends the wait.
        """
        stream = self.stream
        if inward:
            return stream.calling is not None or bool(stream.unsent and not stream.pulling)
        return bool(stream.unsent)

    def say(self, item: Item) -> None:
        """Something is said, behind all that was said before."""
        if not self.lanes:
            self.said.put(item)
            return
        last = self.lanes[-1]
        if last.chain.hangs or (last.ended and not last.chain.stages):
            last.chain.put(item)
            return
        behind = Lane(self)
        behind.ended = True
        behind.waiting.append(item)
        self.lanes.append(behind)

    def moved(self) -> None:
        """Something may have passed: carry on with what waited for it."""
        stream = self.stream
        if stream.fd < 0:
            return
        self._advance()
        self.heard.sweep()
        self.said.sweep()
        if not (self.lanes or self.said.stages or self.heard.stages):
            stream.end_faults(self)
        if self.full:
            stream.stop_reading()
            return
        if stream.pulling and not self.wants_no_more:
            stream.start_writing()
        stream.read_on()

    def record(self, fault: Fault, words: str) -> None:
        """Write into the journal what a fault did."""
        self.stream.listener.fault_acted(self.stream.connection, fault, words)

    def seconds(self) -> float:
        """The reactor's time."""
        return self.stream.listener.reactor.seconds()

    def call_later(self, seconds: float, function: Callable[[], None]) -> DelayedCall:
        """A timer of real time."""
        return self.stream.listener.reactor.callLater(seconds, function)

    # The ways.

    def _perform(self, effects: Sequence[Effect], put: Callable[[Item], None]) -> None:
        for effect in effects:
            kind = type(effect)
            try:
                if kind is Send:
                    put(bytes(effect.data))  # type: ignore[attr-defined]  # narrowed by kind
                elif isinstance(effect, Misbehave):
                    self._misbehave(effect)
                elif kind in IN_ORDER:
                    put(effect)
                else:
                    self.stream.act(effect)
            except Exception as error:
                self.stream.effect_failed(effect, error)

    def _misbehave(self, effect: Misbehave) -> None:
        """Carry out what answers one command, under its own faults."""
        faults = [effect.fault]
        effects = effect.effects
        while len(effects) == 1 and isinstance(inner := effects[0], Misbehave):
            faults.insert(0, inner.fault)  # `under_faults` has the first planned innermost
            effects = inner.effects
        if any(type(one) in TRANSFERS for one in effects):
            self._transfer(effects, [one for one in faults if not one.removed])
            return
        stages = [
            STAGES[fault.plan.do.kind](self, fault, inward=False)
            for fault in faults
            if fault.plan.do.kind in STAGES and not fault.removed
        ]
        if not stages or (self.lanes and self.lanes[-1].chain.hangs):
            self._perform(effects, self.say)
            return
        lane = Lane(self, stages)
        self.lanes.append(lane)
        for stage in stages:
            stage.begin()
        self._perform(effects, lane.chain.put)
        lane.ended = True

    def _transfer(self, effects: Sequence[Effect], faults: list[Fault]) -> None:
        """A command that moves a file: its faults act on the data connection, and not on the replies."""
        for effect in effects:
            if isinstance(effect, SendFile | ReceiveFile):
                self.stream.transfer(effect, faults)
            else:
                self._perform((effect,), self.say)

    def _advance(self) -> None:
        """Let out what has waited behind lanes that are done."""
        lanes = self.lanes
        while lanes:
            first = lanes[0]
            waiting, first.waiting = first.waiting, []
            for item in waiting:
                self.said.put(item)
            if not lanes or not first.done:  # none are left if the connection is gone
                return
            lanes.popleft()

    def _hear(self, item: Item) -> None:
        """The end of the way in: the session."""
        if self.stream.fd < 0:
            return
        if type(item) is bytes:
            self.stream.receive(item)
        else:
            self.stream.tell(item)

    def _send(self, item: Item) -> None:
        """The end of the way out: the network."""
        stream = self.stream
        if type(item) is bytes:
            stream.send(item)
        elif type(item) is not Reset:
            if type(item) is StartTls:
                self.heard.drop()  # RFC 3207 4.2: what came in the clear is forgotten
            stream.act(item)
        elif stream.fd >= 0:
            set_option(stream.socket, socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            stream.gone("reset by a fault")

    def _watch_peer(self) -> None:
        """A client that has shut its side may wait for its answer, or be gone: the kernel finds out by and by."""
        keep_alive(self.stream.socket, KEEPALIVE_SECONDS)
        self._watch = self.call_later(WATCH_SECONDS, self._look_for_peer)

    def _look_for_peer(self) -> None:
        self._watch = None
        if has_ended(self.stream.socket):
            self.stream.gone("broken")
        elif self.hangs or self.heard.hangs:
            self._watch = self.call_later(WATCH_SECONDS, self._look_for_peer)
