"""A connected socket with an output buffer, which Stream builds on: flushing, and reading and writing interest.

Reading is suspended whenever something prevents it: unsent output (back-pressure), a `Call`, the peer's half-close,
input that is left for a later turn, or faults that hold back too much. `read_on` checks all of them, so a caller simply
calls it when its own reason ends.
"""

import _socket
import socket
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from homeport.io.net.idle import IdleClock
from homeport.io.net.requests import Requests
from homeport.io.net.stream_socket import StreamSocket
from homeport.io.platform import set_option

if TYPE_CHECKING:
    from homeport.io.net.deflated import DeflatedSocket
    from homeport.io.net.faults import FaultLine
    from homeport.io.net.listener import StreamListener
    from homeport.io.tls.socket import TlsSocket


class BufferedSocket(ABC):
    """The socket of a connection, plain or under TLS; a descriptor of the reactor."""

    __slots__ = (
        "deflated",
        "eof",
        "faults",
        "fd",
        "held",
        "idle",
        "listener",
        "pending",
        "pulling",
        "read_waits",
        "reading",
        "requests",
        "socket",
        "tls",
        "turn_waits",
        "unsent",
        "urgent",
        "writing",
    )

    def __init__(self, listener: "StreamListener", accepted: _socket.socket) -> None:
        self.listener = listener
        self.socket: StreamSocket = accepted  # a TlsSocket after a handshake, a DeflatedSocket under compression
        self.fd = accepted.fileno()
        self.unsent: list[memoryview] = []  # an empty piece makes the socket flush pending TLS records
        self.urgent: memoryview | None = None  # the piece of `unsent` that is sent as urgent data, if any
        self.reading = False
        self.read_waits = False  # a read is scheduled for the next turn
        self.writing = False
        self.pending = b""  # input of later turns
        self.turn_waits = False  # the next turn will deliver some of it
        self.pulling = False
        self.eof = False  # the peer has half-closed
        self.idle = IdleClock()
        self.requests: Requests | None = None  # the session's pending requests, made for the first
        self.tls: TlsSocket | None = None
        self.deflated: DeflatedSocket | None = None
        self.faults: FaultLine | None = None  # planned faults; None for none
        self.held = False  # input waits for the registry to catch up with the clock

    @abstractmethod
    def doRead(self) -> None:  # noqa: N802 - Twisted's names
        """Read once."""

    @abstractmethod
    def doWrite(self) -> None:  # noqa: N802
        """Flush the buffer."""

    @abstractmethod
    def connectionLost(self, reason: object) -> None:  # noqa: N802
        """Handle a broken connection."""

    @abstractmethod
    def take_pending(self) -> None:
        """Deliver input that was left for a later turn."""

    @abstractmethod
    def gone(self, reason: str) -> None:
        """Close the socket for good."""

    def fileno(self) -> int:
        """Return the descriptor, or -1 if it is closed."""
        return self.fd

    def logPrefix(self) -> str:  # noqa: N802
        """Return the name for Twisted's log."""
        return f"{self.listener.source.service}.{self.listener.source.listener}"

    @property
    def calling(self) -> list[str] | None:
        """Timers that expired during a `Call`; None while none runs."""
        return None if self.requests is None else self.requests.calling

    @property
    def suspended(self) -> bool:
        """True if the session takes no input: a `Call` runs, output is being flushed, or the registry catches up."""
        return self.held or (self.requests is not None and self.requests.suspends)

    def touch(self) -> None:
        """Reset the idle time for progress that the connection's byte counts do not show."""
        self.idle.touch()

    def wake_faults(self) -> None:
        """Resume faults that wait for the session or for the send buffer."""
        if self.faults is not None:
            self.faults.wake()

    def flush(self) -> bool:
        """Send the buffer; return True if it is empty."""
        while self.unsent:
            head = self.unsent[0]
            try:
                sent = self.socket.send(head, 0 if head is not self.urgent else socket.MSG_OOB)
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
        """Wait for room in the send buffer, and suspend reading, so that answers do not pile up (back-pressure).

        An endless source does not answer input, so its input is still read.
        """
        self.start_writing()
        if not self.pulling:
            self.stop_reading()

    def flush_later(self) -> None:
        """Flush pending TLS records when the socket is writable."""
        self.unsent.append(memoryview(b""))
        self.wait_to_write()

    def start_writing(self) -> None:
        """Watch for room in the send buffer."""
        if not self.writing and self.fd >= 0:
            self.writing = True
            self.listener.reactor.addWriter(self)

    def stop_writing(self) -> None:
        """Stop watching for room in the send buffer."""
        if self.writing and self.fd >= 0:
            self.writing = False
            self.listener.reactor.removeWriter(self)

    def read_on(self) -> None:
        """Resume reading, and events that were held back, unless something still prevents it."""
        if self.requests is not None:
            self.requests.wake()
        if self.faults is not None and self.faults.full:
            return
        if not self.reading and not self.eof and not self.unsent and self.fd >= 0 and not self.suspended:
            if self.pending:
                self.wait_for_turn()
                return
            self.reading = True
            self.listener.reactor.addReader(self)
            if self.tls is not None:
                self.tls.resume()
            if self.deflated is not None:
                self.deflated.resume()

    def wait_for_turn(self) -> None:
        """Have pending input delivered in the next turn."""
        if not self.turn_waits:
            self.turn_waits = True
            self.listener.reactor.callLater(0, self.take_pending)

    def stop_reading(self) -> None:
        """Suspend reading."""
        if self.reading and self.fd >= 0:
            self.reading = False
            self.listener.reactor.removeReader(self)

    def read_soon(self) -> None:
        """Read in the next turn: input is buffered in TLS or compressed, where the reactor does not see it."""
        if not self.read_waits:
            self.read_waits = True
            self.listener.reactor.callLater(0, self._read_if_reading)

    def _read_if_reading(self) -> None:
        self.read_waits = False
        if self.reading:
            self.doRead()

    def push(self) -> None:
        """Make the kernel send a partial segment at once."""
        if self.fd >= 0:
            set_option(self.socket, socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
