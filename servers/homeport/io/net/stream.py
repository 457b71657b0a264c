"""The driver of one TCP connection: delivers events to its session and executes the session's effects.

Output goes to the socket at once, in the turn that produced it; the rest is buffered, and while the buffer is not empty
nothing more is read (flow control). A close flushes the buffer, half-closes, and reads on until the peer has closed
too: closing with unread input would send a reset, and the client would lose the answer.

    open ── Close ──► closing ── flushed ──► lingering ── the peer closes ──► gone
      └──────────────────┴── broken connection, limit, farm stops ───────────┘

Exceptions here are internal errors: logged and counted, never a finding about the peer. If one effect fails, the others
are still executed; if the session would wait for its event forever, the connection is closed after them.
"""

import _socket
import socket
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from typing import TYPE_CHECKING, cast

from homeport.io.net.actions import ACTIONS, ANSWERED, RECORDS, transfer
from homeport.io.net.buffered_socket import BufferedSocket
from homeport.io.net.reactor import forget, is_internal
from homeport.io.net.requests import Requests
from homeport.io.net.stream_socket import BULK_READ, FIRST_READ, MAX_LINGER_BYTES, has_arrived
from homeport.io.platform import MSG_MORE, acknowledge_at_once
from homeport.protocol.addresses import address_text
from homeport.protocol.effects import Close, Effect, Misbehave, ReceiveFile, Send, SendFile
from homeport.protocol.events import (
    Closed,
    Data,
    Eof,
    Event,
    InflateFailed,
    LimitReached,
    Opened,
    Stopping,
    TalkedEarly,
    Tls,
    TlsStarted,
    Writable,
)
from homeport.protocol.session import Session
from homeport.world.faults import Fault
from homeport.world.journal import Connection

if TYPE_CHECKING:
    from homeport.io.net.faults import FaultLine
    from homeport.io.net.listener import StreamListener
    from homeport.io.net.outgoing import Outgoing
    from homeport.io.tls.contexts import SessionFamily
    from homeport.io.tls.first_byte import FirstByte
    from homeport.io.tls.handshake import Handshake
    from homeport.io.tls.socket import TlsSocket

FOLLOWED = {Close}
"""Effects that flush what was sent before them. The reply before a transfer leaves at once: clients wait for it."""
LINGER_TIMEOUT_S = 2.0
"""Timeout of the peer's close after ours, in seconds of real time."""
UNREAD_TIMEOUT_S = 60.0
"""Timeout without progress for a peer that does not read its answer, in seconds of real time."""


class State(Enum):
    """State of a connection."""

    OPEN = "open"
    CLOSING = "closing"  # Close was requested; the buffer is being flushed
    LINGERING = "lingering"  # this side is half-closed; the peer's is open
    GONE = "gone"


OPEN, CLOSING, LINGERING, GONE = State


class Stream(BufferedSocket):
    """One accepted connection; a descriptor of the reactor."""

    __slots__ = (
        "_tls_sessions",
        "connection",
        "early",
        "handshake",
        "late",
        "read_size",
        "session",
        "state",
    )

    def __init__(self, listener: "StreamListener", accepted: _socket.socket, connection: Connection) -> None:
        super().__init__(listener, accepted)
        self.connection = connection
        self.session: Session | None = None
        self.read_size = FIRST_READ
        self.state = OPEN
        self.early = False  # input has come before the greeting was sent
        self.late = 0  # bytes received after the close
        self._tls_sessions: SessionFamily | None = None
        # A TLS handshake runs, may begin, or will when the buffer is empty.
        self.handshake: Handshake | FirstByte | None = None

    def __repr__(self) -> str:
        connection = self.connection
        state = "tls handshake" if self.handshake is not None else self.state.value
        return f"<Stream {self.logPrefix()} {connection.id} {address_text(connection.peer)} {state}>"

    @property
    def closing(self) -> bool:
        """True if `Close` was requested."""
        return self.state is not OPEN

    @property
    def shaking(self) -> bool:
        """True while a TLS handshake runs, or will."""
        return self.handshake is not None

    @property
    def lingering(self) -> bool:
        """True if this side is half-closed and the peer's is open."""
        return self.state is LINGERING

    @property
    def asking(self) -> "Outgoing | None":
        """The running query to another host, if any."""
        return None if self.requests is None else self.requests.asking

    def tls_sessions(self) -> "SessionFamily":
        """Return the contexts of its TLS sessions, where only its data connections may resume them."""
        if self._tls_sessions is None:
            self._tls_sessions = {}
        return self._tls_sessions

    def renew_tickets(self) -> None:
        """Send the client new tickets of its TLS session, for its next data connection."""
        if self.tls is not None:
            self.tls.renew_tickets()

    def open(self, session: Session, tls: Tls | None = None) -> None:
        """Start the session."""
        self.session = session
        self.early = bool(session.early) and self._has_arrived()
        if session.heeds_urgent and tls is None:
            from homeport.io.net.urgent import UrgentSocket  # Telnet alone needs it

            self.socket = UrgentSocket(self.socket, self.deliver)
        self.deliver(Opened(tls))
        self.read_on()

    def check_early_input(self) -> None:
        """Notice input that waits while the greeting leaves late; back-pressure of a fault may keep it unread."""
        if self.session.early and not self.connection.received and self.fd >= 0:  # type: ignore[union-attr]  # open() has set it
            self.early = self.early or self._has_arrived()

    def _has_arrived(self) -> bool:
        """Return True if input has arrived already."""
        return has_arrived(cast("_socket.socket", self.socket)) if self.tls is None else self.tls.has_arrived()

    def open_by_tls(self, session: Session) -> None:
        """Start the session after a TLS handshake; if that fails, the session gets no event."""
        self.handshake = self.listener.handshake(self, lambda tls: self.open(session, tls))
        self.shake_hands()

    def open_by_first_byte(self, session: Session) -> None:
        """Start the session when the client has sent its first byte: after a TLS handshake, if it begins one."""
        from homeport.io.tls.first_byte import FirstByte  # few farms need it

        def proceed(open_session: Callable[[Session], None]) -> None:
            self.handshake = None
            self.unsent.clear()
            open_session(session)

        accepted = cast("_socket.socket", self.socket)
        self.handshake = FirstByte(self, accepted, lambda: proceed(self.open_by_tls), lambda: proceed(self.open))
        self.unsent.append(memoryview(b""))  # as during a handshake: nothing is read meanwhile
        self.handshake.start()

    # Called by the reactor.

    def connectionLost(self, reason: object) -> None:  # noqa: N802
        """Handle a broken connection, or an exception of one of these methods."""
        if error := is_internal(reason):
            self.fail(error)
        else:
            self.gone("broken")

    def doRead(self) -> None:  # noqa: N802
        """Read once; the reactor calls again if there is more."""
        try:
            data = self.socket.recv(self.read_size)
        except BlockingIOError:
            return
        except OSError as error:
            self.break_off(error)
            return
        if not data:
            self.end_of_input()
        elif self.faults is None:
            self.receive(data)
        else:
            if self.session.early and not self.connection.received:  # type: ignore[union-attr]  # open() has set it
                self.early = self.early or not self.connection.sent or self.faults.delays_output
            self.faults.hear(data)

    def receive(self, data: bytes) -> None:
        """Deliver input to the session: as much as it takes per turn, and the rest in later turns."""
        if self.pending:
            self.pending += data
            return
        holds = self.listener.holds
        if holds is not None and holds.needed and self.state is OPEN:
            self.pending = data
            self.held = True
            self.stop_reading()
            holds.hold(self)
            return
        session, deflated = self.session, self.deflated
        while len(data) > (limit := session.turn_bytes or session.content_size(data)):  # type: ignore[union-attr]  # open() has set it
            self._receive(data[:limit])
            data = data[limit:]
            if self.deflated is not deflated:
                self.deflated.put(data)  # type: ignore[union-attr]  # compression started, and does not end
                return
            if self.fd < 0 or self.state is not OPEN:
                break
            if session.turn_bytes or self.handshake is not None or self.suspended:  # type: ignore[union-attr]
                self._postpone(data)
                return
        if self.fd >= 0:
            self._receive(data)

    def release(self) -> None:
        """Deliver input that was held."""
        self.held = False
        if self.fd >= 0:
            self.read_on()

    def _postpone(self, data: bytes) -> None:
        """Leave input for the next turn: other connections are served in between."""
        if self.handshake is not None:
            return  # RFC 3207 4.2: input in the clear is discarded
        self.pending = data
        self.stop_reading()
        self.wait_for_turn()

    def take_pending(self) -> None:
        """Deliver input that was left for a later turn; if something suspends reading, `read_on` does it later."""
        self.turn_waits = False
        if not self.pending or self.fd < 0 or self.unsent or self.suspended:
            return
        if self.faults is not None and self.faults.full:
            return
        data, self.pending = self.pending, b""
        self.receive(data)
        if not self.pending:
            self.read_on()

    def deliver_pending(self) -> None:
        """Deliver all input that was left for later turns, before an event that must follow it."""
        while self.pending and self.fd >= 0:
            data, self.pending = self.pending, b""
            self._receive(data)

    def _receive(self, data: bytes) -> None:
        """Deliver input to the session, up to the limit of received bytes."""
        connection = self.connection
        limit = self.listener.max_received
        if limit and connection.received + len(data) > limit:
            self.receive_last(data, max(limit - connection.received, 0))
            return
        connection.received += len(data)
        if connection.room:
            self.listener.journal.record_bytes(connection, "in", data)
        if self.early:
            self.early = False
            self.deliver(TalkedEarly(data))
        try:
            effects = self.session.handle(Data(data))  # type: ignore[union-attr]  # open() has set it
        except Exception as error:
            self.fail(error)
            return
        if effects:
            self.perform(effects)
        if self.session.awaits_rest and self.state is OPEN:  # type: ignore[union-attr]
            acknowledge_at_once(self.socket)
        size = len(data)
        if size == FIRST_READ:
            self.read_size = BULK_READ
        if self.state is LINGERING:
            self.bound_input(size)

    def doWrite(self) -> None:  # noqa: N802
        """Flush the buffer; once it is empty, read again or ask the session for more."""
        if self.unsent and not self.flush():
            return
        if self.state is not OPEN:
            self.shut()
        elif self.pulling:
            if self.faults is not None and self.faults.wants_no_more:
                self.stop_writing()
                return
            self.deliver(Writable())
        elif self.handshake is not None:
            self.shake_hands()
        if self.unsent or self.fd < 0 or (self.pulling and self.state is OPEN):
            return
        self.stop_writing()
        self.read_on()

    # Effects.

    def deliver(self, event: Event) -> None:
        """Deliver an event to the session, and execute its effects."""
        try:
            effects = self.session.handle(event)  # type: ignore[union-attr]
        except Exception as error:
            self.fail(error)
            return
        if effects:
            self.perform(effects)

    def perform(self, effects: Sequence[Effect]) -> None:
        """Execute effects in order."""
        if self.faults is not None:
            try:
                self.faults.perform(effects)
            except Exception as error:
                self.fail(error)
            return
        # An answer and the close after it leave in one segment.
        flags = MSG_MORE if type(effects[-1]) in FOLLOWED else 0
        for effect in effects:
            kind = type(effect)
            try:
                if kind is Send:
                    self.send(effect.data, flags)  # type: ignore[attr-defined]  # narrowed by kind: isinstance costs
                elif kind is Misbehave:
                    self.misbehave(effect, effects)
                    return
                else:
                    ACTIONS[kind](self, effect)
            except Exception as error:
                self.effect_failed(effect, error)

    @property
    def under_faults(self) -> bool:
        """True if planned faults act on it, so that a client that leaves may be right."""
        return self.faults is not None

    def act(self, effect: Effect) -> None:
        """Execute one effect other than `Send`."""
        try:
            ACTIONS[type(effect)](self, effect)
        except Exception as error:
            self.effect_failed(effect, error)

    def transfer(self, effect: SendFile | ReceiveFile, faults: Sequence[Fault]) -> None:
        """Start a transfer over a data connection under faults."""
        try:
            transfer(self, effect, faults)
        except Exception as error:
            self.effect_failed(effect, error)

    def effect_failed(self, effect: Effect, error: Exception) -> None:
        """Log an effect that failed; close the connection if the session waits for its event."""
        self.listener.internal_error(f"{effect!r:.200} of {self.session}", error)
        if type(effect) in ANSWERED:
            self.listener.reactor.callLater(0, self.close)  # after the other effects of the turn

    def send(self, data: bytes | memoryview, flags: int = 0) -> None:
        """Send bytes now, or buffer what the socket does not take.

        flags: MSG_MORE if an effect follows that makes the kernel send a partial segment.
        """
        if self.state is not OPEN:
            return
        size = len(data)
        connection = self.connection
        connection.sent += size
        if connection.room:
            shown = data if connection.sent_secrets is None else connection.sent_secrets.mask(data)
            self.listener.journal.record_bytes(connection, "out", shown)
        if self.unsent:
            self.unsent.append(memoryview(data))
            return
        try:
            sent = self.socket.send(data, flags)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            self.gone(f"broken: {error.strerror}")
            return
        if sent != size:
            self.unsent.append(memoryview(data)[sent:])
            self.wait_to_write()

    def send_urgent(self, data: bytes) -> None:
        """Send bytes, the last one as urgent data; that is unknown under TLS."""
        self.send(data[:-1])
        if self.state is not OPEN or self.tls is not None:
            self.send(data[-1:])
            return
        if not self.unsent:
            self.send(data[-1:], socket.MSG_OOB)
            if self.unsent:
                self.urgent = self.unsent[0]
            return
        self.send(data[-1:])
        self.urgent = self.unsent[-1]

    def close(self) -> None:
        """Close once the buffer is flushed."""
        if self.state is OPEN:
            self.state = CLOSING
            self.pulling = False
            if not self.unsent:
                self.shut()

    def pull(self) -> None:
        """Deliver `Writable` whenever the buffer is empty."""
        self.pulling = True
        self.start_writing()

    def stop_pull(self) -> None:
        """Deliver `Writable` no more."""
        self.pulling = False
        if not self.unsent:
            self.stop_writing()

    def request(self) -> Requests:
        """Return the session's pending requests, made for the first one."""
        if self.requests is None:
            self.requests = Requests(self)
        return self.requests

    def start_tls(self) -> None:
        """Start TLS once the buffer is flushed. Input stays in the socket until then."""
        if self.state is OPEN:
            self.stop_reading()
            self.pending = b""  # RFC 3207 4.2: input in the clear is discarded
            self.handshake = self.listener.handshake(self, lambda tls: self.deliver(TlsStarted(tls)))
            if not self.unsent:
                self.shake_hands()

    def start_compression(self) -> None:
        """Compress output from here on, and inflate input."""
        if self.state is OPEN and self.deflated is None:
            from homeport.io.net.deflated import DeflatedSocket  # few connections need it

            self.socket = self.deflated = DeflatedSocket(self.socket, self)
            pending, self.pending = self.pending, b""
            if pending:
                self.deflated.put(pending)

    def break_off(self, error: OSError) -> None:
        """Close a connection that cannot be read any more; after the session's reply if its input is malformed."""
        if self.deflated is None or self.state is not OPEN or not self.deflated.malformed:
            self.gone(f"broken: {error.strerror}")
            return
        self.deliver(InflateFailed(error.strerror or ""))
        self.close()

    def shake_hands(self) -> None:
        """Hand the descriptor over to the handshake; output is buffered meanwhile."""
        if self.writing:
            self.writing = False
            self.listener.reactor.removeWriter(self)
        self.unsent.append(memoryview(b""))
        self.handshake.start()  # type: ignore[union-attr]  # the caller has made it

    def secured(self, secure: "TlsSocket", tls: Tls, done: Callable[[Tls], None]) -> None:
        """Continue over TLS after the handshake, and call `done`."""
        self.handshake = None
        self.socket = self.tls = secure
        self.idle.touch()
        if not self.flush():
            self.start_writing()
        if self.fd < 0:
            return
        done(tls)
        if self.state is CLOSING and not self.unsent:
            self.shut()
        self.read_on()

    def mistaken(self, reason: str) -> bytes:
        """Return the service's plaintext refusal for a client that does not start TLS on a TLS port."""
        service = self.listener.service
        return (service.mistaken or service.refusal)(reason)

    def leave_tls(self) -> None:
        """Continue in the clear, after pending output under TLS and a close_notify."""
        if self.tls is None or self.state is not OPEN:
            return
        try:
            plain, last = self.tls.leave(self.unsent)
        except OSError as error:
            self.gone(f"broken: {error.strerror}")
            return
        self.socket, self.tls = plain, None
        self.unsent[:] = [memoryview(last)]
        if not self.flush():
            self.wait_to_write()
        if plain.waiting:
            self.listener.reactor.callLater(0, self.read_after_tls)

    def read_after_tls(self) -> None:
        """Read the cleartext that arrived together with the end of TLS."""
        if self.fd >= 0 and self.handshake is None:
            self.doRead()

    def misbehave(self, first: Effect, effects: Sequence[Effect]) -> None:
        """Execute effects from `first` on, the first under a fault, by way of a fault line."""
        at = next(number for number, effect in enumerate(effects) if effect is first)
        self._fault_line().perform(effects[at:])

    def add_faults(self, faults: Iterable[Fault]) -> None:
        """Add faults to the connection; `begin_faults` starts them."""
        line = self._fault_line()
        for fault in faults:
            line.add(fault)

    def begin_faults(self) -> None:
        """Start the faults that were added, if any."""
        if self.faults is not None:
            self.faults.begin()

    def end_faults(self, line: "FaultLine") -> None:
        """Remove the fault line, which holds no faults any more."""
        if self.faults is line:
            self.faults = None

    def _fault_line(self) -> "FaultLine":
        from homeport.io.net.faults import FaultLine  # most farms never need it

        if self.faults is None:
            self.faults = FaultLine(self)
        return self.faults

    # Ends.

    def end_of_input(self) -> None:
        """Handle the peer's half-close."""
        self.eof = True
        if self.state is LINGERING:
            self.gone("closed")
            return
        if self.tls is None:
            end = Eof()
        else:
            end = Eof(self.tls.truncated)
            self.judge_end()
        if self.faults is None:
            self.deliver(end)
        else:
            self.faults.hear_end(end)
        # Mostly the connection is closed by now, and this does nothing.
        self.stop_reading()

    def shut(self) -> None:
        """Half-close this side after the flush, and wait for the peer's close."""
        if self.eof and self.tls is None:
            self.gone("closed")
            return
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except BlockingIOError:
            self.flush_later()
            return
        except OSError:
            # A half-closed peer may have closed meanwhile, and then refuses the close_notify.
            self.gone("closed" if self.eof else "closed by peer")
            return
        if self.eof:
            self.gone("closed")
            return
        self.linger()

    def linger(self) -> None:
        """Read on until the peer closes, after this side was half-closed."""
        self.state = LINGERING
        self.listener.keep_lingering(self)
        self.idle.touch()
        self.read_on()

    def fail(self, error: Exception) -> None:
        """Close this connection for an internal error: its session or the driver has raised."""
        self.listener.internal_error(str(self.session), error)
        self.gone("internal error")

    def limit(self, name: str) -> None:
        """Close at a limit, after the session's reply to it."""
        self.listener.counters.limit(name)
        if self.handshake is not None:
            self.gone(f"limit {name} in the TLS handshake")
            return
        self.deliver(LimitReached(name))
        self.close()

    def stop(self) -> None:
        """Close because the farm stops, after the session's reply to that."""
        if self.lingering or self.handshake is not None:
            self.gone("stopped")
        else:
            self.deliver(Stopping())
            self.close()
            if self.lingering:
                self.gone("stopped")

    def sweep(self, interval: float, idle: float, longest: float) -> None:
        """Enforce the timeouts; called every `interval` seconds of real time.

        idle, longest: timeouts of idle and of all connections in seconds; 0: none.
        """
        clock, connection = self.idle, self.connection
        clock.sweep(connection.received + connection.sent)
        if self.requests is not None and self.requests.transferring:
            clock.touch()
        quiet = clock.quiet * interval
        if self.state is LINGERING:
            if quiet > LINGER_TIMEOUT_S:
                self.gone("closed; the peer left its side open")
        elif self.state is CLOSING:
            # A peer that never reads must not keep the connection.
            if quiet > max(idle, UNREAD_TIMEOUT_S):
                self.gone("closed; the peer does not read")
        elif idle and quiet > idle:
            self.limit("idle")
        elif longest and clock.age * interval > longest:
            self.limit("time")

    def gone(self, reason: str) -> None:
        """Close the socket, deliver `Closed`, and release everything. Nothing happens after this."""
        if self.fd < 0:
            return
        if self.handshake is not None:
            reason = self.handshake.end(reason)
            forget(self.listener.reactor, self.handshake, self.fd)  # it was registered for the same descriptor
            self.handshake = None
        if self.tls is not None:
            self.judge_end()
        forget(self.listener.reactor, self, self.fd)
        self.fd = -1
        self.state = GONE
        self.socket.close()
        self.unsent.clear()
        self.pending = b""
        if self.requests is not None:
            self.requests.cancel()
        if self.faults is not None:
            self.faults.drop()
            self.faults = None
        if self.session is not None:
            try:
                self.record(self.session.handle(Closed(reason)))
            except Exception as error:
                self.listener.internal_error(str(self.session), error)
        self.listener.forget(self, reason)

    def judge_end(self) -> None:
        """Report a client that seems not to trust the certificate, when it ends a connection under TLS."""
        assert self.tls is not None  # noqa: S101 - checked by the callers
        ours = self.state is not OPEN or self.faults is not None
        if not self.tls.judged and (finding := self.tls.distrust(ours=ours)):
            from homeport.io.tls.trust import advise

            advise(self.listener, self.connection, finding, self.tls.refusal or "no alert")

    def record(self, effects: Iterable[Effect]) -> None:
        """Execute the records among the effects of a session whose connection is closed."""
        for effect in effects:
            if type(effect) in RECORDS:
                self.act(effect)

    # Input after the close, or over the limit.

    def bound_input(self, size: int) -> None:
        """Close a connection whose peer keeps sending after the close."""
        self.late += size
        if self.late > MAX_LINGER_BYTES:
            self.gone("closed")

    def receive_last(self, data: bytes, room: int) -> None:
        """Deliver input up to the limit of received bytes, then `LimitReached`."""
        if room:
            self._receive(data[:room])
        if self.fd >= 0 and self.lingering:
            self.bound_input(len(data) - room)
        elif self.state is OPEN:
            self.limit("received")
