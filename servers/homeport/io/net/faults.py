"""Faults on one connection: pipelines of stages between the socket and the session.

    Stream.doRead ──► heard: stage ► stage ──► session
    session ──► lane: the stages of one command's faults ──► said: stage ► stage ──► Stream.send

Only connections with faults have a `FaultLine`, so that others cost nothing; it is removed when the last fault was
removed and nothing is held back any more. Stages are in the order in which their faults were planned. The fault of one
command has a lane of its own: later output queues after it.

The journal shows the bytes on the network, and those delivered to the session; an event `fault` describes the action.
Under TLS and under compression faults act on the plaintext.
"""

import socket
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from homeport.io.net.fault_host import Blocked
from homeport.io.net.fault_stages import MAX_HELD_BYTES, STAGES, Item, Reset, Stage
from homeport.io.net.reactor import DelayedCall
from homeport.io.net.sockets import RESET_ON_CLOSE
from homeport.io.net.stream_socket import StreamSocket
from homeport.io.net.turns import Turns, turns_of
from homeport.io.platform import has_ended, keep_alive, set_option
from homeport.protocol.effects import (
    Close,
    Effect,
    Misbehave,
    ReceiveFile,
    Send,
    SendFile,
    SendUrgent,
    StartCompression,
    StartTls,
    StopTls,
)
from homeport.protocol.events import Eof, Event
from homeport.world.fault_log import shown_original
from homeport.world.faults import Fault
from homeport.world.journal import Connection

if TYPE_CHECKING:
    from homeport.io.net.listener import StreamListener

IN_ORDER: tuple[type[Effect], ...] = (Close, StartCompression, StartTls, StopTls)
"""Effects that keep their place among the bytes; the others are executed at once."""
TRANSFERS: tuple[type[Effect], ...] = (SendFile, ReceiveFile)
PROBE_INTERVAL_S = 1.0
"""Seconds between checks whether a half-closed client under `hang` still exists."""
KEEPALIVE_S = 10


class FaultedStream(Protocol):
    """The connection that faults act on, as seen from here."""

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
    def suspended(self) -> bool: ...
    @property
    def unsent(self) -> list[memoryview]: ...
    @property
    def pending(self) -> bytes: ...
    def receive(self, data: bytes) -> None: ...
    def deliver_pending(self) -> None: ...
    def deliver(self, event: Event) -> None: ...
    def check_early_input(self) -> None: ...
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
    """A sequence of stages. What passes the last one goes to `sink`."""

    def __init__(self, sink: Callable[[Item], None], stages: Iterable[Stage] = ()) -> None:
        self.sink = sink
        self.stages = list(stages)
        self._link()

    def put(self, item: Item) -> None:
        """Pass an item to the first stage."""
        (self.stages[0].put if self.stages else self.sink)(item)

    def add(self, stage: Stage) -> None:
        """Append a stage."""
        self.stages.append(stage)
        self._link()

    @property
    def full(self) -> bool:
        """True if back-pressure of a stage should stop the input."""
        return any(stage.full for stage in self.stages)

    @property
    def holding(self) -> bool:
        """True if a stage holds back an item."""
        return any(stage.holding for stage in self.stages)

    @property
    def hangs(self) -> bool:
        """True if nothing passes."""
        return any(stage.hangs for stage in self.stages)

    def refresh(self) -> None:
        """Release the items of removed faults, and remove their stages once these are empty."""
        for stage in [stage for stage in self.stages if stage.fault.removed]:
            stage.release()
        self.sweep()

    def sweep(self) -> None:
        """Remove empty stages whose fault was removed."""
        left = [stage for stage in self.stages if stage.holding or not stage.fault.removed]
        if len(left) < len(self.stages):
            self.stages = left
            self._link()

    def drop(self) -> None:
        """Discard held items."""
        for stage in self.stages:
            stage.drop()

    def _link(self) -> None:
        ahead = self.sink
        for stage in reversed(self.stages):
            stage.next = ahead
            ahead = stage.put


class Lane:
    """The output of one command with faults of its own, or output after such a command.

    What passes its stages waits until all earlier lanes are done.
    """

    def __init__(self, line: "FaultLine", stages: Iterable[Stage] = ()) -> None:
        self._line = line
        self.chain = Chain(self._come_through, stages)
        self.waiting: list[Item] = []
        self.ended = False
        """True if no more items will be put into it."""

    @property
    def done(self) -> bool:
        """True if no more items will come out of it."""
        return self.ended and not self.chain.holding

    def _come_through(self, item: Item) -> None:
        lanes = self._line.lanes
        if not self.waiting and lanes and lanes[0] is self:
            self._line.said.put(item)
        else:
            self.waiting.append(item)


class FaultLine:
    """The faults of one connection."""

    __slots__ = ("_answer", "_asleep", "_watch", "blocked", "heard", "lanes", "said", "stream", "turns")

    def __init__(self, stream: FaultedStream) -> None:
        self.stream = stream
        self.turns: Turns = turns_of(stream.listener.reactor)
        self.blocked: list[Blocked] = []
        """Stages that wait for the send buffer, or for the session."""
        self.heard = Chain(self._hear)
        self.said = Chain(self._send)
        self.lanes: deque[Lane] = deque()
        self._asleep: list[Stage] = []  # stages that were not started
        self._answer = b""  # of the command whose faults are being started
        self._watch: DelayedCall | None = None

    # The faults.

    def add(self, fault: Fault) -> None:
        """Add a fault; `begin` starts it."""
        kind = STAGES.get(fault.plan.do.kind)
        if kind is None:
            return
        for inward, chain in ((True, self.heard), (False, self.said)):
            if fault.plan.direction in ("both", "in" if inward else "out"):
                stage = kind(self, fault, inward=inward)
                chain.add(stage)
                self._asleep.append(stage)

    def begin(self) -> None:
        """Start the stages that were added; some act at once."""
        asleep, self._asleep = self._asleep, []
        for stage in asleep:
            stage.begin()
        self.moved()

    def refresh(self) -> None:
        """Stop removed faults, and release what they held back, in order."""
        self.heard.refresh()
        for lane in tuple(self.lanes):
            lane.chain.refresh()
        self._advance()
        self.said.refresh()
        self.moved()

    def drop(self) -> None:
        """Discard everything: the connection is closed."""
        self.heard.drop()
        self.said.drop()
        for lane in self.lanes:
            lane.chain.drop()
        self.lanes.clear()
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    # Called by the stream.

    @property
    def full(self) -> bool:
        """True if back-pressure should stop reading."""
        if self.heard.full or self.said.full or any(lane.chain.full for lane in self.lanes):
            return True
        return sum(len(one) for lane in self.lanes for one in lane.waiting if type(one) is bytes) > MAX_HELD_BYTES

    @property
    def hangs(self) -> bool:
        """True if no output passes."""
        return self.said.hangs or any(lane.chain.hangs for lane in self.lanes)

    @property
    def delays_output(self) -> bool:
        """True if output is held back for a time, and not for good."""
        held = self.said.holding or any(lane.chain.holding or lane.waiting for lane in self.lanes)
        return held and not self.hangs

    @property
    def wants_no_more(self) -> bool:
        """True if an endless source should pause."""
        return self.hangs or self.full

    def perform(self, effects: Sequence[Effect]) -> None:
        """Execute effects in order, output through the faults."""
        self._perform(effects, self.say)
        self.moved()

    def hear(self, data: bytes) -> None:
        """Pass input to the stages."""
        self.stream.touch()
        self.heard.put(data)
        self.moved()

    def hear_end(self, end: Eof) -> None:
        """Pass the client's half-close to the stages."""
        self.heard.put(end)
        self.moved()
        if (self.hangs or self.heard.hangs) and self.stream.fd >= 0:
            self._watch_peer()

    def wake(self) -> None:
        """Resume the stages that wait for the send buffer or for the session, within the turn's allowance."""
        blocked, self.blocked = self.blocked, []
        for stage in blocked:
            self.turns.wait(stage.resume)

    # Called by stages.

    @property
    def gone(self) -> bool:
        """True if the connection is closed."""
        return self.stream.fd < 0

    def blocks(self, *, inward: bool) -> bool:
        """Return True if a piece has to wait: input while output is unsent or the session takes none, output while
        output is unsent.

        `wake` ends the wait.
        """
        stream = self.stream
        if inward:
            return stream.suspended or bool(stream.pending or (stream.unsent and not stream.pulling))
        return bool(stream.unsent)

    def say(self, item: Item) -> None:
        """Queue output after all earlier output."""
        if not self.lanes:
            self.said.put(item)
            return
        last = self.lanes[-1]
        if last.chain.hangs or not last.ended or not last.chain.stages:
            last.chain.put(item)
            return
        after = Lane(self)
        after.ended = True
        after.waiting.append(item)
        self.lanes.append(after)

    def moved(self) -> None:
        """Continue after progress: advance lanes, remove idle stages, and adjust reading."""
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

    def record(self, fault: Fault, words: str, original: bytes) -> None:
        """Journal the action of a fault. original: the output that it changed or discarded, if it is known."""
        instead = shown_original(original or self._answer)
        self.stream.listener.fault_acted(self.stream.connection, fault, words, instead)

    def seconds(self) -> float:
        """Return the reactor's time."""
        return self.stream.listener.reactor.seconds()

    def call_later(self, seconds: float, function: Callable[[], None]) -> DelayedCall:
        """Start a timer (real time)."""
        return self.stream.listener.reactor.callLater(seconds, function)

    # Execution.

    def _perform(self, effects: Sequence[Effect], put: Callable[[Item], None]) -> None:
        for effect in effects:
            kind = type(effect)
            try:
                if kind is Send or kind is SendUrgent:
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
        """Execute the effects of one command under its faults."""
        faults = [effect.fault]
        effects, lasts = effect.effects, effect.lasts
        while len(effects) == 1 and isinstance(inner := effects[0], Misbehave):
            faults.insert(0, inner.fault)  # `under_faults` puts the first planned innermost
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
        self._answer = b"".join(bytes(one.data) for one in effects if type(one) is Send)
        for stage in stages:
            stage.begin()
        self._answer = b""
        self._perform(effects, lane.chain.put)
        lane.ended = not lasts

    def _transfer(self, effects: Sequence[Effect], faults: list[Fault]) -> None:
        """Execute a transfer command: its faults act on the data connection, not on the replies."""
        for effect in effects:
            if isinstance(effect, SendFile | ReceiveFile):
                self.stream.transfer(effect, faults)
            else:
                self._perform((effect,), self.say)

    def _advance(self) -> None:
        """Release the output that waited for finished lanes."""
        lanes = self.lanes
        while lanes:
            first = lanes[0]
            waiting, first.waiting = first.waiting, []
            for item in waiting:
                self.said.put(item)
            if not lanes or not first.done:  # none are left if the connection was closed
                return
            lanes.popleft()

    def _hear(self, item: Item) -> None:
        """Deliver an item that passed the input stages to the session."""
        if self.stream.fd < 0:
            return
        if type(item) is bytes:
            self.stream.receive(item)
        else:
            self.stream.deliver_pending()
            self.stream.deliver(item)

    def _send(self, item: Item) -> None:
        """Send an item that passed the output stages."""
        stream = self.stream
        if type(item) is bytes:
            stream.check_early_input()
            stream.send(item)
        elif type(item) is not Reset:
            if type(item) is StartTls:
                self.heard.drop()  # RFC 3207 4.2: input in the clear is discarded
            stream.act(item)
        elif stream.fd >= 0:
            set_option(stream.socket, socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            stream.gone("reset by a fault")

    def _watch_peer(self) -> None:
        """Detect by keep-alive probes whether a half-closed client has gone, or still waits for its answer."""
        keep_alive(self.stream.socket, KEEPALIVE_S)
        self._watch = self.call_later(PROBE_INTERVAL_S, self._probe_peer)

    def _probe_peer(self) -> None:
        self._watch = None
        if has_ended(self.stream.socket):
            self.stream.gone("broken")
        elif self.hangs or self.heard.hangs:
            self._watch = self.call_later(PROBE_INTERVAL_S, self._probe_peer)
