"""DNS over TCP and TLS: pipelined requests, answered in order, in one connection (RFC 7766, RFC 7858)."""

from collections.abc import Iterator, Sequence

from homeport.protocol.effects import (
    CLOSE,
    AwaitFlush,
    CancelTimer,
    Close,
    Effect,
    GroupCommit,
    ReportFinding,
    Send,
    SetTimer,
    under_faults,
)
from homeport.protocol.events import (
    Called,
    Closed,
    Data,
    Eof,
    Event,
    Flushed,
    LimitReached,
    Opened,
    Stopping,
    TimerFired,
)
from homeport.protocol.session import Context, Session
from homeport.services.dns.answering import Pending, respond
from homeport.services.dns.exchange import Transport
from homeport.services.dns.framing import Framer, frame
from homeport.services.dns.habits import Habits
from homeport.services.dns.message import HEADER_BYTES, Malformed, parse
from homeport.services.dns.transfer import TransferAborted
from homeport.world.faults import Fault

IDLE = "idle"
PAUSE = b""
"""A step of an answer in pieces without octets: what was sent leaves first."""
MAX_UNSENT_BYTES = 128 << 10
"""Answers together, after which a client must take them before the next request is answered."""
TURN_BYTES = 1024
"""Input of one turn of the reactor: some thirty questions."""


class DnsSession(Session):
    """One connection. While an answer in pieces is under way, later requests wait."""

    __slots__ = ("_ended", "_faults", "_framer", "_habits", "_pending", "_queries", "_served", "_stream", "_transport")

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._framer = Framer()
        self._stream: Iterator[bytes] | None = None
        self._pending: Pending | None = None
        self._transport: Transport = "tls" if context.listener == "tls" else "tcp"
        self._habits = context.world.of_service("dns.habits", Habits)
        self._queries = 0
        self._ended = False
        self._faults: Sequence[Fault] = ()  # of the answer for which others wait, until its first message
        self._served = False  # since the timer was set

    @property
    def turn_bytes(self) -> int:
        return TURN_BYTES

    @property
    def awaits_rest(self) -> bool:
        return len(self._framer) > 0

    def handle(self, event: Event) -> Sequence[Effect]:
        kind = type(event)
        if kind is Data:
            self._framer.feed(event.data)  # type: ignore[attr-defined]  # narrowed by kind: isinstance costs
            return self._answer_waiting() if self._is_free else ()
        if kind is Flushed:
            return self._go_on()
        if kind is Called:
            return self._finish(event.error)  # type: ignore[attr-defined]
        if kind is Opened:
            return self._idle()
        if kind is Eof:
            self._ended = True
            return self._end() if self._is_free else ()
        if kind is Closed:
            return self._closed()
        if kind is TimerFired:
            return (*self._unfinished(), Close())
        if kind in (LimitReached, Stopping):
            return CLOSE
        return ()

    @property
    def _is_free(self) -> bool:
        """True if no answer is under way for which others wait."""
        return self._stream is None and self._pending is None

    def _answer_waiting(self) -> list[Effect]:
        """Answer the requests that have arrived, up to one that is answered in pieces, or that others wait for."""
        effects: list[Effect] = []
        answers: list[bytes] = []
        unsent = 0
        while self._is_free and (request := self._framer.next()) is not None:
            if not request:
                effects.append(ReportFinding("length-zero"))
                continue
            answered = respond(self.context, self._transport, request)
            self._queries += 1
            self._habits.stream(self.context.peer[0], request)
            effects += answered.effects
            self._stream, self._pending = answered.stream, answered.pending
            if answered.wire is None:
                self._faults = answered.faults
                continue
            answers.append(frame(answered.wire))
            unsent += len(answered.wire)
            if unsent >= MAX_UNSENT_BYTES:
                self._stream = iter((PAUSE,))
            if answered.faults:  # they act on this answer alone
                before, last = b"".join(answers[:-1]), answers[-1]
                effects += ([Send(before)] if before else []) + [*under_faults(answered.faults, (Send(last),))]
                answers.clear()
            self._served = True
        if answers:
            effects.append(Send(b"".join(answers)))
        if self._pending is not None:
            effects += [CancelTimer(IDLE), GroupCommit(self._pending.work)]
        elif self._stream is not None:
            effects += self._go_on()
        elif self._served:
            self._served = False
            effects += self._idle()
        return effects

    def _go_on(self) -> list[Effect]:
        """Send the next piece of an answer; after the last, answer what has arrived meanwhile."""
        if self._stream is None:
            return []
        try:
            piece = next(self._stream, None)
        except TransferAborted:
            self._stream = None
            return [Close()]
        if piece is not None:
            sent = self._send(piece) if piece else ()  # empty: a pause between steps
            return [*sent, CancelTimer(IDLE), AwaitFlush()]
        self._stream = None
        effects = self._answer_waiting()
        if self._is_free:
            effects += self._end() if self._ended else self._idle()
        return effects

    def _send(self, message: bytes) -> Sequence[Effect]:
        """Send a message of an answer for which others wait: the first under its faults."""
        faults, self._faults = self._faults, ()
        return under_faults(faults, (Send(frame(message)),))

    def _finish(self, error: Exception | None) -> list[Effect]:
        """Send the answer that has waited for the disk, and answer what has arrived meanwhile."""
        assert self._pending is not None  # noqa: S101 - no other call is made
        wire = self._pending.finish(error)
        self._pending = None
        effects: list[Effect] = [] if wire is None else [*self._send(wire)]
        self._served = True
        effects += self._answer_waiting()
        if self._ended and self._stream is None and self._pending is None:
            effects += self._end()
        return effects

    def _idle(self) -> list[Effect]:
        seconds = self.context.options.idle_timeout
        return [SetTimer(IDLE, seconds)] if seconds else []

    def _end(self) -> list[Effect]:
        return [*self._unfinished(), Close()]

    def _closed(self) -> Sequence[Effect]:
        if self._queries != 1:
            return ()
        return self._habits.closed(self.context.peer[0], self.context.world.journal.real())

    def _unfinished(self) -> list[Effect]:
        """Report input that is no complete message."""
        held = self._framer.held
        if not held:
            return []
        if len(held) >= HEADER_BYTES:
            try:
                parse(held)
            except Malformed:
                pass
            else:
                return [ReportFinding("no-length", held)]
        return [ReportFinding("truncated-stream", held)]
