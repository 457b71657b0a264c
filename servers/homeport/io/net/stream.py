"""The driver of one TCP connection: events to its session, its effects to the network.

What is written goes to the socket at once, in the turn that asked for it; only what the network does not take waits,
and while it waits nothing more is read (back-pressure). A close sends what is left, shuts our side and reads on until
the peer has closed too, so that no answer is lost to a reset and the session is told of what came too late.

    open ── Close ──► closing ── all is sent ──► lingering ── the peer closes ──► gone
      └──────────────────┴── the connection breaks, a limit, the farm stops ───────┘

What goes wrong here is an internal error: logged, counted, never told of the peer. An effect that fails costs the
client none of the others; where the session would wait for its event in vain, the connection is closed behind them.
"""

import _socket
import socket
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from typing import TYPE_CHECKING

from homeport.io.net.actions import ACTIONS, ANSWERED, RECORDS, transfer
from homeport.io.net.idle import IdleClock
from homeport.io.net.reactor import forget, is_internal
from homeport.io.net.requests import Requests
from homeport.io.net.stream_socket import BULK_READ, FIRST_READ, LINGER_OCTETS, StreamSocket
from homeport.io.platform import MSG_MORE, set_option
from homeport.protocol.addresses import address_text
from homeport.protocol.effects import Close, Effect, Misbehave, ReceiveFile, Send, SendFile
from homeport.protocol.events import Closed, Data, Eof, Event, LimitReached, Opened, Stopping, Tls, TlsStarted, Writable
from homeport.protocol.session import Session
from homeport.world.faults import Fault
from homeport.world.journal import Connection

if TYPE_CHECKING:
    from homeport.io.net.faults import FaultLine
    from homeport.io.net.listener import StreamListener
    from homeport.io.net.outgoing import Outgoing
    from homeport.io.tls.handshake import Handshake
    from homeport.io.tls.socket import TlsSocket

FOLLOWED = {Close, SendFile, ReceiveFile}
"""Effects behind which something is sent by and by, or is told to be sent at once."""
LINGER_SECONDS = 2.0
"""Real time that a peer has to close its side after we have closed ours."""
UNREAD_SECONDS = 60.0
"""Real time without progress after which an answer that is not read is given up."""


class State(Enum):
    """How far a connection is."""

    OPEN = "open"
    CLOSING = "closing"  # Close has been asked for; what is left to send is being sent
    LINGERING = "lingering"  # our side is shut; the peer's is not
    GONE = "gone"


OPEN, CLOSING, LINGERING, GONE = State


class Stream:
    """One accepted connection; a descriptor of the reactor."""

    __slots__ = (
        "connection",
        "eof",
        "faults",
        "fd",
        "handshake",
        "idle",
        "late",
        "listener",
        "pulling",
        "read_size",
        "reading",
        "requests",
        "session",
        "socket",
        "state",
        "tls",
        "unsent",
        "writing",
    )

    def __init__(self, listener: "StreamListener", accepted: _socket.socket, connection: Connection) -> None:
        self.listener = listener
        self.socket: StreamSocket = accepted  # a TlsSocket when TLS is agreed
        self.fd = accepted.fileno()
        self.connection = connection
        self.session: Session | None = None
        self.unsent: list[memoryview] = []  # an empty piece has the socket send what TLS owes
        self.read_size = FIRST_READ
        self.reading = False
        self.writing = False
        self.pulling = False
        self.state = OPEN
        self.late = 0  # octets that came after our close
        self.eof = False  # the peer's side is shut
        self.idle = IdleClock()
        self.requests: Requests | None = None  # what the session has asked for, if it ever has
        self.handshake: Handshake | None = None  # TLS is being agreed, or will be when all is sent
        self.tls: TlsSocket | None = None
        self.faults: FaultLine | None = None  # what goes wrong here; None where nothing does

    def __repr__(self) -> str:
        connection = self.connection
        state = "tls handshake" if self.handshake is not None else self.state.value
        return f"<Stream {self.logPrefix()} {connection.id} {address_text(connection.peer)} {state}>"

    @property
    def closing(self) -> bool:
        """Whether Close has been asked for."""
        return self.state is not OPEN

    @property
    def lingering(self) -> bool:
        """Whether our side is shut, and the peer's is not."""
        return self.state is LINGERING

    @property
    def calling(self) -> list[str] | None:
        """The timers that ran out during a call off the reactor; None while there is no call."""
        return None if self.requests is None else self.requests.calling

    @property
    def asking(self) -> "Outgoing | None":
        """The other host that is being asked, if one is."""
        return None if self.requests is None else self.requests.asking

    def open(self, session: Session, tls: Tls | None = None) -> None:
        """The session begins."""
        self.session = session
        self.tell(Opened(tls))
        self.read_on()

    def open_by_tls(self, session: Session) -> None:
        """The session begins as soon as TLS is agreed; if it never is, the session hears of nothing."""
        self.handshake = self.listener.handshake(self, lambda tls: self.open(session, tls))
        self.shake_hands()

    # What the reactor calls.

    def fileno(self) -> int:
        """The descriptor, or -1 when it is closed."""
        return self.fd

    def logPrefix(self) -> str:  # noqa: N802
        """How Twisted names it in its log."""
        return f"{self.listener.source.service}.{self.listener.source.listener}"

    def connectionLost(self, reason: object) -> None:  # noqa: N802
        """The reactor saw the connection break, or one of our methods raise."""
        if error := is_internal(reason):
            self.fail(error)
        else:
            self.gone("broken")

    def doRead(self) -> None:  # noqa: N802
        """Read once; told again if there is more."""
        try:
            data = self.socket.recv(self.read_size)
        except BlockingIOError:
            return
        except OSError as error:
            self.gone(f"broken: {error.strerror}")
            return
        if not data:
            self.end_of_input()
        elif self.faults is None:
            self.receive(data)
        else:
            self.faults.hear(data)

    def receive(self, data: bytes) -> None:
        """Tell the session what came, but no byte beyond the limit."""
        connection = self.connection
        limit = self.listener.max_received
        if limit and connection.received + len(data) > limit:
            self.receive_last(data, max(limit - connection.received, 0))
            return
        connection.received += len(data)
        if connection.room:
            self.listener.journal.octets_moved(connection, "in", data)
        try:
            effects = self.session.handle(Data(data))  # type: ignore[union-attr]  # open() has set it
        except Exception as error:
            self.fail(error)
            return
        if effects:
            self.perform(effects)
        size = len(data)
        if size == FIRST_READ:
            self.read_size = BULK_READ
        if self.state is LINGERING:
            self.bound_input(size)

    def doWrite(self) -> None:  # noqa: N802
        """Send what waits; when all is taken, read again or ask the session for more."""
        if self.unsent and not self.flush():
            return
        if self.state is not OPEN:
            self.shut()
        elif self.pulling:
            if self.faults is not None and self.faults.wants_no_more:
                self.stop_writing()
                return
            self.tell(Writable())
        elif self.handshake is not None:
            self.shake_hands()
        if self.unsent or self.fd < 0 or (self.pulling and self.state is OPEN):
            return
        self.stop_writing()
        self.read_on()

    # Effects.

    def tell(self, event: Event) -> None:
        """Tell the session, and do what it answers."""
        try:
            effects = self.session.handle(event)  # type: ignore[union-attr]
        except Exception as error:
            self.fail(error)
            return
        if effects:
            self.perform(effects)

    def perform(self, effects: Sequence[Effect]) -> None:
        """Carry out effects in their order."""
        if self.faults is not None:
            try:
                self.faults.perform(effects)
            except Exception as error:
                self.fail(error)
            return
        # An answer and the close behind it leave in one segment; and the two replies around a small file.
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
        """Whether planned faults act on it, so that the client may be right to leave."""
        return self.faults is not None

    def act(self, effect: Effect) -> None:
        """Carry out one effect that is no `Send`."""
        try:
            ACTIONS[type(effect)](self, effect)
        except Exception as error:
            self.effect_failed(effect, error)

    def transfer(self, effect: SendFile | ReceiveFile, faults: Sequence[Fault]) -> None:
        """Move a file over a data connection under faults."""
        try:
            transfer(self, effect, faults)
        except Exception as error:
            self.effect_failed(effect, error)

    def effect_failed(self, effect: Effect, error: Exception) -> None:
        """Go on without an effect that could not be carried out; the connection ends if its event would never come."""
        self.listener.internal_error(f"{effect!r:.200} of {self.session}", error)
        if type(effect) in ANSWERED:
            self.listener.reactor.callLater(0, self.close)  # what was answered with it is sent first

    def send(self, data: bytes | memoryview, flags: int = 0) -> None:
        """Send octets now, or as soon as the network takes them.

        flags: MSG_MORE if something follows that makes the kernel send what it holds back.
        """
        if self.state is not OPEN:
            return
        size = len(data)
        connection = self.connection
        connection.sent += size
        if connection.room:
            self.listener.journal.octets_moved(connection, "out", data)
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

    def close(self) -> None:
        """Close when all is sent."""
        if self.state is OPEN:
            self.state = CLOSING
            self.pulling = False
            if not self.unsent:
                self.shut()

    def pull(self) -> None:
        """Tell the session whenever all is taken."""
        self.pulling = True
        self.start_writing()

    def request(self) -> Requests:
        """Return what holds the session's requests, made for the first."""
        if self.requests is None:
            self.requests = Requests(self)
        return self.requests

    def touch(self) -> None:
        """Something moves that is not among the connection's own octets: it is not idle."""
        self.idle.touch()

    def start_tls(self) -> None:
        """Begin TLS when all is sent. What comes from now on stays in the network's hands until then."""
        if self.state is OPEN:
            self.stop_reading()
            self.handshake = self.listener.handshake(self, lambda tls: self.tell(TlsStarted(tls)))
            if not self.unsent:
                self.shake_hands()

    def shake_hands(self) -> None:
        """Leave the connection to the handshake; what the session says meanwhile waits."""
        if self.writing:
            self.writing = False
            self.listener.reactor.removeWriter(self)
        self.unsent.append(memoryview(b""))
        self.handshake.start()  # type: ignore[union-attr]  # the caller has made it

    def secured(self, secure: "TlsSocket", tls: Tls, done: Callable[[Tls], None]) -> None:
        """TLS is agreed: go on over it, and say so."""
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
        """Return what the service says in the clear to a client that does not begin TLS where it must."""
        service = self.listener.service
        return (service.mistaken or service.refusal)(reason)

    def leave_tls(self) -> None:
        """Go on in the clear, behind what is to be sent under TLS and our close_notify."""
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
            self.listener.reactor.callLater(0, self.read_behind)

    def read_behind(self) -> None:
        """Read what came in the clear with the end of TLS."""
        if self.fd >= 0 and self.handshake is None:
            self.doRead()

    def read_soon(self) -> None:
        """Read in the next turn: something waits of which the network will not tell."""
        self.listener.reactor.callLater(0, self._read_if_reading)

    def _read_if_reading(self) -> None:
        if self.reading:
            self.doRead()

    def push(self) -> None:
        """Have the kernel send at once what it holds back."""
        if self.fd >= 0:
            set_option(self.socket, socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def misbehave(self, first: Effect, effects: Sequence[Effect]) -> None:
        """Carry out effects from this one on, the first that is under a fault."""
        at = next(number for number, effect in enumerate(effects) if effect is first)
        self._fault_line().perform(effects[at:])

    def suffer(self, faults: Iterable[Fault]) -> None:
        """Have further faults act on the connection, as soon as their line begins."""
        line = self._fault_line()
        for fault in faults:
            line.add(fault)

    def begin_faults(self) -> None:
        """Have the faults that were added act from now on, if there are any."""
        if self.faults is not None:
            self.faults.begin()

    def wake_faults(self) -> None:
        """The session has time again, or the network has room: what faults have kept back for it goes on."""
        if self.faults is not None:
            self.faults.wake()

    def end_faults(self, line: "FaultLine") -> None:
        """Nothing goes wrong here any more: what is said and heard takes the short way again."""
        if self.faults is line:
            self.faults = None

    def _fault_line(self) -> "FaultLine":
        from homeport.io.net.faults import FaultLine  # most farms never need it

        if self.faults is None:
            self.faults = FaultLine(self)
        return self.faults

    # Ends.

    def end_of_input(self) -> None:
        """The peer has shut its side."""
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
            self.tell(end)
        else:
            self.faults.hear_end(end)
        # Mostly it is gone now, and its descriptor with it.
        self.stop_reading()

    def shut(self) -> None:
        """All is sent: shut our side, and wait for the peer to shut its own."""
        if self.eof and self.tls is None:
            self.gone("closed")
            return
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except BlockingIOError:
            self.owe()
            return
        except OSError:
            # A peer that has ended its side may close the whole connection, and then refuses our close_notify.
            self.gone("closed" if self.eof else "closed by peer")
            return
        if self.eof:
            self.gone("closed")
            return
        self.linger()

    def linger(self) -> None:
        """Our side is shut: read on until the peer shuts its own."""
        self.state = LINGERING
        self.listener.keep_lingering(self)
        self.idle.touch()
        self.read_on()

    def fail(self, error: Exception) -> None:
        """End the connection, and no other, for an internal error: its session or the driver has raised."""
        self.listener.internal_error(str(self.session), error)
        self.gone("fault of the server")

    def limit(self, name: str) -> None:
        """A limit is passed: let the session say so, then close."""
        self.listener.counters.limit(name)
        if self.handshake is not None:
            self.gone(f"limit {name} in the TLS handshake")
            return
        self.tell(LimitReached(name))
        self.close()

    def stop(self) -> None:
        """The farm is closing: let the session say so, then close."""
        if self.lingering or self.handshake is not None:
            self.gone("stopped")
        else:
            self.tell(Stopping())
            self.close()
            if self.lingering:
                self.gone("stopped")

    def sweep(self, interval: float, idle: float, longest: float) -> None:
        """End it if it has been quiet or open for too long; called every `interval` seconds of real time.

        idle, longest: real seconds; 0: no limit.
        """
        clock, connection = self.idle, self.connection
        clock.sweep(connection.received + connection.sent)
        if self.requests is not None and self.requests.transferring:
            clock.touch()
        quiet = clock.quiet * interval
        if self.state is LINGERING:
            if quiet > LINGER_SECONDS:
                self.gone("closed; the peer left its side open")
        elif self.state is CLOSING:
            # What is left to send has its time too: a peer that never reads would hold it for ever.
            if quiet > max(idle, UNREAD_SECONDS):
                self.gone("closed; the peer does not read")
        elif idle and quiet > idle:
            self.limit("idle")
        elif longest and clock.age * interval > longest:
            self.limit("time")

    def gone(self, reason: str) -> None:
        """Close the socket for good and tell everybody. Nothing happens after this."""
        if self.fd < 0:
            return
        if self.handshake is not None:
            reason = self.handshake.end(reason)
            forget(self.listener.reactor, self.handshake, self.fd)  # it was the reader, of the same descriptor
            self.handshake = None
        if self.tls is not None:
            self.judge_end()
        forget(self.listener.reactor, self, self.fd)
        self.fd = -1
        self.state = GONE
        self.socket.close()
        self.unsent.clear()
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
        """The client ends a connection under TLS: advise it if it seems not to trust the certificate."""
        assert self.tls is not None  # noqa: S101 - the callers have looked
        ours = self.state is not OPEN or self.faults is not None
        if not self.tls.judged and (finding := self.tls.distrust(ours=ours)):
            from homeport.io.tls.trust import advise

            advise(self.listener, self.connection, finding, self.tls.refusal or "no alert")

    def record(self, effects: Iterable[Effect]) -> None:
        """What a session says when its connection is gone: only records count."""
        for effect in effects:
            if type(effect) in RECORDS:
                self.act(effect)

    # Reading and writing.

    def flush(self) -> bool:
        """Send what waits; whether all is taken."""
        while self.unsent:
            head = self.unsent[0]
            try:
                sent = self.socket.send(head)
            except BlockingIOError:
                return False
            except OSError as error:
                self.gone(f"broken: {error.strerror}")
                return False
            self.idle.touch()
            if sent != len(head):
                self.unsent[0] = head[sent:]
                return False
            del self.unsent[0]
        self.wake_faults()
        return True

    def wait_to_write(self) -> None:
        """The network takes no more: read nothing until it does, or answers would pile up.

        A source without end answers no input, so its input goes on being read.
        """
        self.start_writing()
        if not self.pulling:
            self.stop_reading()

    def owe(self) -> None:
        """TLS has octets of its own that the network did not take."""
        self.unsent.append(memoryview(b""))
        self.wait_to_write()

    def start_writing(self) -> None:
        """Be told when the socket takes more."""
        if not self.writing and self.fd >= 0:
            self.writing = True
            self.listener.reactor.addWriter(self)

    def stop_writing(self) -> None:
        """Be told of no room."""
        if self.writing and self.fd >= 0:
            self.writing = False
            self.listener.reactor.removeWriter(self)

    def read_on(self) -> None:
        """Be told of input again."""
        if self.faults is not None and self.faults.full:
            return
        if not self.reading and not self.eof and not self.unsent and self.fd >= 0 and self.calling is None:
            self.reading = True
            self.listener.reactor.addReader(self)
            if self.tls is not None:
                self.tls.resume()

    def stop_reading(self) -> None:
        """Be told of no input."""
        if self.reading and self.fd >= 0:
            self.reading = False
            self.listener.reactor.removeReader(self)

    def bound_input(self, size: int) -> None:
        """End a connection that goes on sending after our close."""
        self.late += size
        if self.late > LINGER_OCTETS:
            self.gone("closed")

    def receive_last(self, data: bytes, room: int) -> None:
        """Tell the session what is left up to the limit of what may be received, then that the limit is passed."""
        if room:
            self.receive(data[:room])
        if self.fd >= 0 and self.lingering:
            self.bound_input(len(data) - room)
        elif self.state is OPEN:
            self.limit("received")
