"""One transfer: connect, pump the file, end; `DataOpened` and `DataDone` are delivered exactly once.

The pump (`io/data/pumps.py`) runs on the reactor, a few steps each time that the socket is ready, or in the thread pool
where the file may block. The data of a transfer are counted and not recorded; the session logs the path.
"""

import _socket
import errno
import os
import select
import socket
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from homeport.io.data.closing import began_tls, half_close
from homeport.io.data.passive_ports import connect
from homeport.io.data.pumps import (
    MAX_PACED_BYTES,
    ClientHelloError,
    CutByFaultError,
    Moved,
    NetworkError,
    Pump,
    Receive,
    Send,
    SendDirectly,
    disable_pacing,
)
from homeport.io.net.reactor import DelayedCall, Reactor, forget, is_internal
from homeport.io.net.sockets import RESET_ON_CLOSE
from homeport.io.net.stream_socket import SocketAddress, StreamSocket
from homeport.io.net.turns import ALLOWANCE, turns_of
from homeport.io.platform import set_option, unacknowledged
from homeport.protocol.addresses import Address, address_text
from homeport.protocol.effects import Progress, ReceiveFile, SendFile
from homeport.protocol.events import DataDone, DataOpened, DataSafe, Tls
from homeport.world.files import FileProblem
from homeport.world.journal import Connection

if TYPE_CHECKING:
    from homeport.io.data.data_connection import ControlConnection
    from homeport.io.net.listener import StreamListener
    from homeport.io.tls.contexts import SessionFamily
    from homeport.io.tls.handshake import Handshake
    from homeport.io.tls.socket import TlsSocket
    from homeport.world.faults import Fault

Result = TypeVar("Result")
MAX_STEPS_PER_TURN = 4
"""Steps on the reactor before other connections get their turn."""
THREAD_WAIT_MS = 20
"""Time that a thread waits for the socket before it leaves the waiting to the reactor."""
MAX_SMALL_FILE_BYTES = 64 << 10
"""Maximum size of a file that is sent at once, without a thread, if it is in the page cache."""
TLS_ERRORS = ("broken", "timeout")
"""Problems of a download that a client has in the clear if it expects TLS."""
PROGRESS_CHECKS = 4
"""Checks for progress within the timeout."""


class TransferDriver(Protocol):
    """Owner of a transfer: `DataDriver`."""

    @property
    def stream(self) -> "ControlConnection": ...
    @property
    def refused_host(self) -> str: ...
    def over(self, transfer: "Transfer") -> None: ...
    def report(self, done: DataDone) -> None: ...
    def report_closed(self, connection: StreamSocket, done: DataDone) -> None: ...
    def control_has_ended(self) -> bool: ...


class Transfer:
    """One transfer with its connection; registered with the reactor while it waits for the network.

    It is the host of its TLS handshake (`HandshakeHost`) and of the stages of its faults.
    """

    __slots__ = (
        "_at_work",
        "_connecting",
        "_effect",
        "_ending",
        "_faults",
        "_handshake",
        "_over",
        "_peer",
        "_pump",
        "_quiet",
        "_seen",
        "_started",
        "_timeout",
        "_tls",
        "_watched",
        "driver",
        "fd",
        "progress",
        "socket",
    )

    def __init__(self, driver: "TransferDriver", effect: SendFile | ReceiveFile, faults: Sequence["Fault"]) -> None:
        self.driver = driver
        self.progress: Progress = effect.progress or Progress()
        self.socket: Any = None  # a StreamSocket once `fd` is set; not used before
        self.fd = -1
        self._handshake: Handshake | None = None
        self._effect = effect
        self._faults = faults
        if effect.over.bandwidth:
            from homeport.io.data.transfer_faults import rate_limit  # imported on demand: few transfers need it

            self._faults = (*faults, rate_limit(effect.over.bandwidth))
        self._pump: Pump | None = None
        self._peer: Address = ("", 0)
        self._started = 0.0
        self._connecting: Address | None = None  # target, until connected
        self._watched = False
        self._at_work = False  # a thread runs the pump
        self._over = False
        self._ending: tuple[str, str] | None = None  # problem and detail to finish with when the thread has stopped
        self._timeout: DelayedCall | None = None
        self._seen = (-1, 0)  # bytes moved, and bytes not acknowledged, at the previous check
        self._quiet = 0  # checks without progress
        self._tls: TlsSocket | None = None

    @property
    def listener(self) -> "StreamListener":
        """Listener of the control connection."""
        return self.driver.stream.listener

    @property
    def connection(self) -> Connection:
        """The control connection, as in the journal."""
        return self.driver.stream.connection

    @property
    def started(self) -> bool:
        """True once the data connection was open."""
        return self._started > 0

    @property
    def under_faults(self) -> bool:
        """True if planned faults act on it, so that an early close is not the client's mistake."""
        return bool(self._faults)

    def tls_sessions(self) -> "SessionFamily":
        """Return the contexts of the control connection's TLS sessions, and of those of its data connections."""
        return self.driver.stream.tls_sessions()

    def mistaken(self, _reason: str) -> bytes:
        """Return nothing: on a data connection there are no replies."""
        return b""

    @property
    def reactor(self) -> Reactor:
        """The farm's reactor."""
        return self.driver.stream.listener.reactor

    # Connecting.

    def wait(self) -> None:
        """Wait for the client to connect."""
        self._push()
        self._start_timeout()

    def connect(self, family: int, ours: SocketAddress, to: Address) -> None:
        """Connect to the client."""
        over = self._effect.over
        machine = self.listener.world.machine
        if machine.listens_on(to[1]) and machine.is_local(to[0]):  # which may have begun after PORT
            self.finish("no connection", f"port {to[1]} is the farm's own")
            return
        try:
            self.socket = connect(family, ours, over.from_port, to)
        except OSError as error:
            self.finish("no connection", error.strerror or str(error))
            return
        self.fd = self.socket.fileno()
        self._connecting = to
        self.wait()
        self._watch(reads=False)

    def connected(self, connection: _socket.socket, peer: Address) -> None:
        """Begin on an open connection: with TLS if required."""
        self.socket = connection
        self.fd = connection.fileno()
        self._peer = peer
        self._started = time.monotonic()
        secured = self._effect.over.tls
        if secured or self._faults or self._effect.convert is not None:  # several writes, none of which may be delayed
            set_option(connection, socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not secured:
            self._open(None)
            return
        self._push()
        self._start_timeout()
        self._handshake = self.listener.handshake(self, self._open, quiet=True)
        self._handshake.start()

    def secured(self, secure: "TlsSocket", tls: Tls, done: Callable[[Tls], None]) -> None:
        """Continue after the TLS handshake."""
        self._handshake = None
        secure.stand_alone()
        self.socket = self._tls = secure
        if self._effect.over.resume and not tls.resumed:
            self.finish("not resumed", "the data connection does not continue the control connection's TLS session")
        else:
            if self._effect.over.resume:
                self.driver.stream.renew_tickets()
            done(tls)

    def linger(self) -> None:
        """End after a failed handshake, of which the client was sent an alert."""
        self.gone(self._handshake.end("the TLS handshake failed") if self._handshake else "")

    def gone(self, reason: str) -> None:
        """End after a failed handshake."""
        self.finish("handshake", reason)

    def fail(self, error: Exception) -> None:
        """End for an internal error."""
        self.finish(*self._problem_of(error))

    # Callbacks of the TLS socket: a transfer needs none, as it asks the socket itself.

    def flush_later(self) -> None:
        """Do nothing: pending TLS records leave with the next write."""

    def touch(self) -> None:
        """Do nothing: bytes of TLS are no progress of the file."""

    def read_soon(self) -> None:
        """Do nothing: the pump reads until nothing is left."""

    # Pumping.

    def _open(self, tls: Tls | None) -> None:
        """Report the open connection, and start the pump."""
        self.driver.stream.deliver(DataOpened(self._peer, tls))
        if self.fd < 0:
            return
        self._pump = self._make_pump()
        if self._threaded:
            self._push()
            self._to_thread()
        else:
            self._run()
        if self.fd >= 0 and self._timeout is None:
            self._push()
            self._start_timeout()

    @property
    def _threaded(self) -> bool:
        effect = self._effect
        if self._faults:
            return False
        if getattr(effect.convert, "slow", False):
            return True
        file = effect.source if isinstance(effect, SendFile) else effect.sink
        return file.blocks and not (type(self._pump) is Send and self._pump.in_memory)

    def _make_pump(self) -> Pump:
        effect = self._effect
        if self._faults:
            from homeport.io.data.transfer_faults import make_faulty_pump  # imported on demand: few transfers need it

            return make_faulty_pump(self, self._faults, effect)
        if isinstance(effect, ReceiveFile):
            return Receive(self.socket, effect.sink, effect.convert, self.progress)
        source = effect.source
        plain = effect.convert is None and not effect.over.tls
        whole = source.cached() if source.blocks and source.size <= MAX_SMALL_FILE_BYTES else None
        if plain and whole is None and source.fileno() >= 0:
            if source.size > MAX_PACED_BYTES:
                disable_pacing(self.socket, self._peer[0])
            return SendDirectly(self.socket, source, self.progress)
        return Send(self.socket, source, effect.convert, self.progress, whole)

    def _run(self) -> None:
        """Run some steps on the reactor."""
        moved = self._guarded(self._steps)
        if moved is Moved.DONE:
            self.finish()
        elif moved is Moved.PAUSE:
            self._unwatch()
        elif moved is not None:
            assert self._pump is not None  # noqa: S101 - it has moved
            # The socket may bring nothing more, and be silent: TLS has decrypted the end together with the last data.
            buffered = moved is Moved.MORE and self._pump.reads and getattr(self.socket, "has_input", False)
            if self._pump.unconverted or buffered:
                self._unwatch()
                turns = turns_of(self.reactor)
                turns.spend(ALLOWANCE)  # one of these in a turn, however many transfers have some
                turns.wait(self.go_on)
            else:
                self._watch(reads=self._pump.reads)

    def _steps(self) -> Moved:
        pump = self._pump
        assert pump is not None  # noqa: S101 - set by the callers
        moved = Moved.MORE
        for _ in range(MAX_STEPS_PER_TURN):
            moved = pump.step()
            if moved is Moved.SAFE:
                self._tell_safe()
                moved = Moved.MORE
            if moved is not Moved.MORE or pump.bounded:
                break
        return moved

    def _tell_safe(self) -> None:
        self.driver.stream.deliver(DataSafe())
        if self.fd < 0:
            raise NetworkError("the control connection was closed")

    def _guarded(self, steps: Callable[[], Moved]) -> Moved | None:
        """Run steps; None if they have ended the transfer."""
        try:
            return steps()
        except Exception as error:
            self.finish(*self._problem_of(error), reset=isinstance(error, CutByFaultError) and error.reset)
            return None

    def _problem_of(self, error: Exception) -> tuple[str, str]:
        if (known := problem_of(error)) is not None:
            return known
        self.listener.internal_error("a transfer", error)
        return "file", "internal error; see the farm's log"

    def go_on(self) -> None:
        """Resume after a delay by a planned fault."""
        if self.fd >= 0 and self._pump is not None:
            self._run()

    # On a thread.

    def _to_thread(self) -> None:
        from homeport.io.net.worker_calls import call_off_reactor

        self._unwatch()
        self._at_work = True
        call_off_reactor(self.reactor, self._work, self._worked)

    def _work(self) -> Moved:
        """Run the pump on a thread, waiting briefly for the socket where the network keeps pace."""
        pump = self._pump
        assert pump is not None  # noqa: S101 - set before the thread starts
        poll = select.poll()
        poll.register(self.fd, select.POLLIN if pump.reads else select.POLLOUT)
        while self._ending is None:
            moved = pump.step()
            if moved is not Moved.MORE and (moved is not Moved.WAIT or not poll.poll(THREAD_WAIT_MS)):
                return moved
        return Moved.DONE

    def _worked(self, moved: Moved | None, error: Exception | None) -> None:
        self._at_work = False
        if self._ending is not None:
            self.finish(*self._ending)
        elif error is not None:
            self.finish(*self._problem_of(error))
        elif moved is Moved.DONE:
            self.finish()
        elif moved is Moved.SAFE:
            self.driver.stream.deliver(DataSafe())
            if self.fd >= 0:
                self._to_thread()
        else:
            self._watch(reads=self._pump.reads)  # type: ignore[union-attr]  # it has moved

    def run_off_reactor(self, work: Callable[[], Result], then: Callable[[Result], None]) -> None:
        """Run a function on a thread and pass its result to `then`; the pump pauses until then."""
        from homeport.io.net.worker_calls import call_off_reactor

        self._at_work = True
        call_off_reactor(self.reactor, work, partial(self._off_reactor_done, then))

    def _off_reactor_done(self, then: Callable[[Result], None], result: Result, error: Exception | None) -> None:
        self._at_work = False
        if self._ending is not None:
            self.finish(*self._ending)
        elif error is not None:
            self.finish(*self._problem_of(error))
        else:
            then(result)
            self.go_on()

    # What the reactor calls.

    def fileno(self) -> int:
        """Return the descriptor; -1 when closed."""
        return self.fd

    def logPrefix(self) -> str:  # noqa: N802
        """Return the name for Twisted's log."""
        return f"data connection of {self.driver.stream.logPrefix()}"

    def connectionLost(self, reason: object) -> None:  # noqa: N802
        """End: the connection broke, or one of our methods raised."""
        if error := is_internal(reason):
            self.fail(error)
            return
        if self._connecting:
            self.doWrite()
        elif self._pump is not None and self._pump.handed_over:
            self.finish()
        else:
            self.finish("broken", "the data connection broke")

    def doRead(self) -> None:  # noqa: N802
        """Run the pump: the socket is ready."""
        if self._threaded:
            self._to_thread()
        else:
            self._run()

    def doWrite(self) -> None:  # noqa: N802
        """Run the pump, or finish connecting."""
        if self._connecting is None:
            self.doRead()
            return
        to, self._connecting = self._connecting, None
        self._unwatch()
        refusal = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if refusal:
            self.finish("no connection", os.strerror(refusal))
        else:
            self.connected(self.socket, to)

    # End.

    def finish(self, problem: str = "", detail: str = "", *, reset: bool = False) -> None:
        """Close the connection and report the result. reset: by RST."""
        if self._over:
            return
        if self._at_work:
            self._ending = (problem, detail)
            shut_down(self.fd)  # wakes the thread; its descriptor must not be closed yet
            return
        self._over = True
        sends = type(self._effect) is SendFile
        if sends and problem in TLS_ERRORS and self.fd >= 0 and self._tls is None and began_tls(self.socket):
            problem, detail = "tls", ""
        if self._tls is not None and not self._tls.judged:
            self._judge_end(problem)
        truncated = self._pump is not None and self._pump.truncated
        stays = not problem and sends and not self._faults and self.fd >= 0
        self._close(reset=reset, stays=stays)
        self.driver.over(self)
        seconds = time.monotonic() - self._started if self._started else 0.0
        # A killed client closes both connections, and the end of its data looks like the end of the file.
        orphaned = not problem and self._ends_by_close and self.driver.control_has_ended()
        done = DataDone(self.progress.octets, seconds, problem, detail, truncated, orphaned)
        stream = self.driver.stream
        record(stream, "in" if type(self._effect) is ReceiveFile else "out", self._peer, done)
        if stream.fd >= 0:
            stream.touch()
            if stays:
                self.driver.report_closed(self.socket, done)
            else:
                self.driver.report(done)
        elif stays:
            self.socket.close()

    @property
    def _ends_by_close(self) -> bool:
        """True for a file that is received and ends where the data connection does."""
        return type(self._effect) is ReceiveFile and not getattr(self._effect.convert, "ended", False)

    def _judge_end(self, problem: str) -> None:
        """Advise a client that seems to reject the certificate; it may also just not want the rest of a download."""
        assert self._tls is not None  # noqa: S101 - the caller has checked
        ours = problem != "broken" or bool(self._faults) or type(self._effect) is SendFile
        if finding := self._tls.distrust(ours=ours):
            from homeport.io.tls.trust import advise

            advise(self.listener, self.connection, finding, self._tls.refusal or "no alert")

    def _close(self, *, reset: bool, stays: bool) -> None:
        if self._timeout is not None:
            self._timeout.cancel()
            self._timeout = None
        if self._handshake is not None:
            self._handshake.end("")
            forget(self.reactor, self._handshake, self.fd)
        if self._pump is not None and self._faults:
            self._pump.drop()  # type: ignore[attr-defined]  # pumps under faults have it
        if self.socket is not None and self.fd >= 0:
            if stays:
                self._unwatch()  # the descriptor stays open, so that the kernel does not forget it
            else:
                forget(self.reactor, self, self.fd)
            self.fd = -1
            if reset:
                set_option(self.socket, socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            if not stays:
                self.socket.close()
            elif self._tls is None:  # TLS was half-closed after its close_notify
                half_close(self.socket)
        if isinstance(self._effect, SendFile):
            self._effect.source.close()

    # Timeouts and the reactor.

    def _start_timeout(self) -> None:
        """Start the timeout: from now on data must move."""
        if self._timeout is None:
            self._timeout = self.reactor.callLater(self._effect.over.seconds / PROGRESS_CHECKS, self._check_progress)

    def _check_progress(self) -> None:
        # A slow reader empties the kernel's buffer long before more fits into it.
        moved = self.progress.octets, unacknowledged(self.socket) if self._started else 0
        self._quiet = self._quiet + 1 if moved == self._seen else 0
        self._seen = moved
        self._timeout = None
        if self._quiet < PROGRESS_CHECKS:
            self._start_timeout()
            if self._faults:
                self.go_on()  # resumes if a delaying fault was removed
        elif self._started:
            self.finish("timeout", f"no data moved for {self._effect.over.seconds:g} s")
        elif refused_host := self.driver.refused_host:
            self.finish("foreign peer", f"{refused_host} connected, and not the client")
        else:
            self.finish("no connection", f"not connected within {self._effect.over.seconds:g} s")

    def note_progress(self) -> None:
        """Note progress: delayed data have moved on."""
        self._quiet = 0

    def _watch(self, *, reads: bool) -> None:
        if not self._watched and self.fd >= 0:
            self._watched = True
            (self.reactor.addReader if reads else self.reactor.addWriter)(self)

    def _unwatch(self) -> None:
        if self._watched and self.fd >= 0:
            self._watched = False
            self.reactor.removeReader(self)
            self.reactor.removeWriter(self)

    def _push(self) -> None:
        """Flush the preliminary reply, which was held back to leave with the final one of a fast transfer."""
        self.driver.stream.push()


def record(stream: "ControlConnection", direction: str, peer: Address, done: DataDone) -> None:
    """Count and log the data of a transfer. direction: `in` or `out`."""
    counters = stream.listener.counters
    if direction == "in":
        counters.received += done.octets
    else:
        counters.sent += done.octets
    fields = {"direction": direction, "octets": done.octets, "seconds": round(done.seconds, 6)}
    if peer[0]:
        fields["data_peer"] = address_text(peer)
    if done.problem:
        fields |= {"problem": done.problem, "detail": done.detail}
    stream.listener.journal.log(stream.connection, "data", fields)


def problem_of(error: Exception) -> tuple[str, str] | None:
    """Return problem and detail of `DataDone` for an error of a pump; None for an internal error."""
    if isinstance(error, NetworkError):
        return "broken", str(error)
    if isinstance(error, FileProblem):
        return (error.kind if error.kind in ("no space", "too large") else "file"), error.text
    if isinstance(error, CutByFaultError):
        return "fault", str(error)
    if isinstance(error, ClientHelloError):
        return "tls", ""
    if isinstance(error, ValueError):
        return "content", str(error)
    return None


def shut_down(fd: int) -> None:
    """Shut down a connection in both directions without closing its descriptor."""
    probe = _socket.socket(fileno=fd)
    try:
        probe.shutdown(socket.SHUT_RDWR)
    except OSError as error:
        if error.errno != errno.ENOTCONN:
            raise
    finally:
        probe.detach()
