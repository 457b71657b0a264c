"""Data connections: execution of `ListenData`, `SendFile`, `ReceiveFile`, `CloseData` (RFC 959 3.2, RFC 2577, 4217).

A session has at most one. The client connects to a leased passive port (`io/data/passive_ports.py`), or the server
connects to the client; `io/data/transfer.py` does the rest. If the client has connected already and the file is small,
the transfer is completed and reported in the turn of its effect: for small files that saves a tenth of the server time.
"""

import _socket
import logging
import os
import socket
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Protocol

from msgspec.structs import replace

from homeport.io.data.closing import Closing, half_close
from homeport.io.data.passive_ports import PassivePort
from homeport.io.data.transfer import MAX_SMALL_FILE_BYTES, Transfer, record
from homeport.io.net.gateway import default_gateways
from homeport.io.net.reactor import DelayedCall
from homeport.io.net.stream_socket import StreamSocket
from homeport.protocol.addresses import Address
from homeport.protocol.effects import ListenData, ReceiveFile, SendFile
from homeport.protocol.events import DataDone, DataListening, DataOpened, Event
from homeport.world.journal import Connection

if TYPE_CHECKING:
    from homeport.io.net.listener import StreamListener
    from homeport.io.tls.contexts import SessionFamily
    from homeport.world.faults import Fault

log = logging.getLogger("homeport")
PORT_WAIT_S = 2.0
"""Maximum time that PASV waits for a port if all of the range are leased, in seconds of real time."""


class ControlConnection(Protocol):
    """The part of a control connection that its data connection uses."""

    @property
    def fd(self) -> int: ...
    @property
    def listener(self) -> "StreamListener": ...
    @property
    def connection(self) -> Connection: ...
    def logPrefix(self) -> str: ...  # noqa: N802 - Twisted's name
    def deliver(self, event: Event) -> None: ...
    def push(self) -> None: ...
    def touch(self) -> None: ...
    def tls_sessions(self) -> "SessionFamily": ...
    def renew_tickets(self) -> None: ...


class DataDriver:
    """Owner of the data connection and passive port of one control connection."""

    __slots__ = (
        "_accepted",
        "_anybody",
        "_closing",
        "_family",
        "_last",
        "_ours",
        "_port",
        "_waiting",
        "refused_host",
        "stream",
        "transfer",
    )

    def __init__(self, stream: ControlConnection) -> None:
        self.stream = stream
        self.transfer: Transfer | None = None
        self._closing: Closing | None = None
        self._port: PassivePort | None = None
        self._waiting: tuple[Callable[[], None], DelayedCall] | None = None  # for a port
        self.refused_host = ""
        """Address of another host that has connected to the current passive port, and was refused."""
        self._last = 0  # number of the previous passive port
        self._anybody = False
        self._accepted: tuple[_socket.socket, Address] | None = None  # accepted before the transfer began
        stream.listener.passive_ports.add_session()
        # The local address of the socket itself: behind a proxy, the journal has the proxy's.
        probe = _socket.socket(fileno=stream.fd)
        try:
            self._family = probe.family
            self._ours = probe.getsockname()
        finally:
            probe.detach()

    def listen(self, effect: ListenData) -> None:
        """Lease a passive port and listen."""
        self.close()
        self._anybody = effect.anybody
        self.refused_host = ""
        if self._lease(effect):
            self._report_port()
            return
        # All ports are leased, which is over as soon as a client connects to one.
        again = partial(self._lease_again, effect)
        self.stream.listener.passive_ports.wait(self._family, self._ours, effect.first_port, effect.last_port, again)
        self._waiting = again, self.stream.listener.reactor.callLater(PORT_WAIT_S, self._give_up)

    def _lease(self, effect: ListenData) -> bool:
        """Lease a port; False if one may become free."""
        ports = self.stream.listener.passive_ports
        try:
            self._port = ports.lease(
                self._family, self._ours, effect.first_port, effect.last_port, self._arrived, self._last
            )
        except OSError as error:
            log.error("no port for a data connection on %s: %s", self._ours[0], error.strerror)  # noqa: TRY400 - no trace
            return True
        return self._port is not None

    def _lease_again(self, effect: ListenData) -> None:
        """Lease the port that has become free; wait on if another session was faster."""
        if self._waiting is None:  # closed meanwhile: the port is for the next one
            self.stream.listener.passive_ports.wake(self._family, self._ours, effect.first_port, effect.last_port)
        elif self._lease(effect):
            self._stop_waiting()
            self._report_port()
        else:
            ports = self.stream.listener.passive_ports
            ports.wait(self._family, self._ours, effect.first_port, effect.last_port, self._waiting[0])

    def _give_up(self) -> None:
        self._stop_waiting()
        self._report_port()

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            (again, timer), self._waiting = self._waiting, None
            self.stream.listener.passive_ports.stop_waiting(again)
            if timer.active():
                timer.cancel()

    def _report_port(self) -> None:
        # Each PASV has a port of its own (RFC 1123 4.1.2.6).
        self._last = self._port.number if self._port else 0
        self.stream.deliver(DataListening(self._last, self.stream.connection.peer[0] in default_gateways()))

    def begin(self, effect: SendFile | ReceiveFile, faults: Sequence["Fault"] = ()) -> None:
        """Begin a transfer. faults: planned faults that act on it, in order."""
        if self.transfer is not None:
            self.transfer.finish("aborted", "another transfer was begun")
        if self._port is not None:
            self._port.take()  # a connection in the backlog that the reactor has not reported yet
        if self._accepted is not None and not faults and isinstance(effect, SendFile) and self._send_at_once(effect):
            return
        self.transfer = transfer = Transfer(self, effect, faults)
        if (to := effect.over.connect_to) is not None:
            self._release()
            transfer.connect(self._family, self._ours, to)
        elif self._accepted is not None:
            self._pass_to_transfer()
        elif self._port is None:
            transfer.finish("no connection", "no passive port was open")
        else:
            transfer.wait()

    def _send_at_once(self, effect: SendFile) -> bool:
        """Send a small file unconverted, if the socket takes all of it; False: a transfer must send the rest.

        Without the set-up of a transfer, a file of 1 KiB costs the server a tenth less.
        """
        assert self._accepted is not None  # noqa: S101 - the caller has checked
        (accepted, peer), over, source = self._accepted, effect.over, effect.source
        plain = effect.convert is None and not over.tls and not over.bandwidth and not source.blocks
        if not plain or not 0 < source.size <= MAX_SMALL_FILE_BYTES or source.fileno() < 0:
            return False
        if effect.progress is None:  # a transfer could not know how much is left
            return False
        began = time.monotonic()
        try:
            at = os.lseek(source.fileno(), 0, os.SEEK_CUR)
            sent = os.sendfile(accepted.fileno(), source.fileno(), at, source.size)
        except OSError:
            return False  # the transfer will fail too, and report it
        effect.progress.octets = sent
        if sent < source.size:
            return False
        self._accepted = None
        source.close()
        done = DataDone(sent, time.monotonic() - began)
        record(self.stream, "out", peer, done)
        self.stream.deliver(DataOpened(peer))
        half_close(accepted)
        self.report_closed(accepted, done)
        return True

    def report_closed(self, connection: StreamSocket, done: DataDone) -> None:
        """Report the end of a download when the client has closed its half-closed connection."""

        def ended() -> None:
            self._closing = None
            # It has taken the file for a part of a handshake, and lost it.
            self._report(replace(done, problem="tls") if closing.began_tls else done)

        closing = self._closing = Closing(self.stream.listener.reactor, connection, ended)

    def report(self, done: DataDone) -> None:
        """Report the end of a transfer in the next turn: its final reply must not share a segment with the first one.

        Clients that take one reply from one read would lose the second.
        """
        self.stream.listener.reactor.callLater(0, self._report, done)

    def _report(self, done: DataDone) -> None:
        if self.stream.fd >= 0:
            self.stream.deliver(done)

    def control_has_ended(self) -> bool:
        """Return True if the client has closed the control connection, also if the reactor has not reported it yet."""
        probe = _socket.socket(fileno=self.stream.fd)
        try:
            return not probe.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except OSError as error:
            return not isinstance(error, BlockingIOError)
        finally:
            probe.detach()

    def close(self) -> None:
        """Close everything; a transfer in progress ends as aborted."""
        self._stop_waiting()
        self._release()
        if self._closing is not None:
            self._closing.end()
        if self.transfer is not None:
            self.transfer.finish("aborted", "the transfer was aborted")

    def drop(self) -> None:
        """Release everything: the control connection was closed, and no event is delivered any more."""
        self.close()
        self.stream.listener.passive_ports.remove_session()

    def over(self, transfer: Transfer) -> None:
        """Forget a transfer that has ended, and release its port if it never connected."""
        if self.transfer is transfer:
            self.transfer = None
            if not transfer.started:
                self._release()

    def _arrived(self, accepted: _socket.socket, peer: Address) -> bool:
        """Take an accepted data connection; return False for one of another host (RFC 2577 4).

        Anybody may find the port: that is no mistake of the client, whose own connection is still awaited.
        """
        if not self._anybody and peer[0] != self.stream.connection.peer[0]:
            self.refused_host = peer[0]
            self.stream.listener.counters.refused += 1
            refused = DataDone(0, 0.0, "foreign peer", "another host connected to the passive port, and was refused")
            record(self.stream, "in", peer, refused)
            return False
        self._accepted = (accepted, peer)
        self._put_back_port()
        if self.transfer is not None and not self.transfer.started:
            self._pass_to_transfer()
        return True

    def _pass_to_transfer(self) -> None:
        """Pass the accepted connection to the transfer."""
        transfer = self.transfer
        assert transfer is not None  # noqa: S101 - the callers have checked
        assert self._accepted is not None  # noqa: S101
        (accepted, peer), self._accepted = self._accepted, None
        transfer.connected(accepted, peer)

    def _release(self) -> None:
        self._put_back_port()
        if self._accepted is not None:
            self._accepted[0].close()
            self._accepted = None

    def _put_back_port(self) -> None:
        if self._port is not None:
            self.stream.listener.passive_ports.put_back(self._port)
            self._port = None
