"""One transfer: how it gets its connection, moves its file, and ends; each exactly once (`DataOpened`, `DataDone`).

The file moves (`io/data/pumps.py`) on the reactor, a step for each time that the network is ready, or on a thread where
the file may stall. The octets of a transfer are counted and not recorded; the session writes what file it was.
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

from homeport.io.data.passive_ports import connect
from homeport.io.data.pumps import (
    UNPACED,
    CutByFaultError,
    Moved,
    Mover,
    NetworkError,
    Receive,
    Send,
    SendDirectly,
    unpace,
)
from homeport.io.net.reactor import DelayedCall, Reactor, forget, is_internal
from homeport.io.net.sockets import RESET_ON_CLOSE
from homeport.io.net.stream_socket import SocketAddress
from homeport.io.platform import set_option
from homeport.protocol.addresses import Address, address_text
from homeport.protocol.effects import Progress, ReceiveFile, SendFile
from homeport.protocol.events import DataDone, DataOpened, DataSafe, Tls
from homeport.world.files import FileProblem
from homeport.world.journal import Connection

if TYPE_CHECKING:
    from homeport.io.data.data_connection import ControlConnection
    from homeport.io.net.listener import StreamListener
    from homeport.io.tls.handshake import Handshake
    from homeport.io.tls.socket import TlsSocket
    from homeport.world.faults import Fault

Result = TypeVar("Result")
STEPS_AT_ONCE = 4
"""Steps on the reactor before others get their turn."""
THREAD_WAIT_MS = 20
"""How long a thread waits for the network before it leaves the waiting to the reactor."""
SMALL = 64 << 10
"""Octets of a file that is sent at once, without a thread, if the system has it in memory."""
LOOKS = 4
"""Looks at whether octets move, in the time that they have."""


class TransferDriver(Protocol):
    """What a transfer belongs to: `DataDriver`."""

    @property
    def stream(self) -> "ControlConnection": ...
    def over(self, transfer: "Transfer") -> None: ...


class Transfer:
    """One transfer with its connection; the reactor's descriptor while it waits for the network.

    It is the host of its TLS handshake (`HandshakeHost`) and of the stages of its faults.
    """

    __slots__ = (
        "_at_work",
        "_connecting",
        "_effect",
        "_ending",
        "_faults",
        "_handshake",
        "_mover",
        "_over",
        "_peer",
        "_quiet",
        "_seen",
        "_started",
        "_ticker",
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
        self.socket: Any = None  # a StreamSocket as soon as `fd` is one: nothing asks before
        self.fd = -1
        self._handshake: Handshake | None = None
        self._effect = effect
        self._faults = faults
        if effect.over.bandwidth:
            from homeport.io.data.transfer_faults import pace  # most transfers never need it

            self._faults = (*faults, pace(effect.over.bandwidth))
        self._mover: Mover | None = None
        self._peer: Address = ("", 0)
        self._started = 0.0
        self._connecting: Address | None = None  # where to, until the connection stands
        self._watched = False
        self._at_work = False  # on a thread
        self._over = False
        self._ending: tuple[str, str] | None = None  # how it shall end when the thread has stopped
        self._ticker: DelayedCall | None = None
        self._seen = -1  # octets at the last look
        self._quiet = 0  # looks since octets moved
        self._tls: TlsSocket | None = None

    @property
    def listener(self) -> "StreamListener":
        """The control connection's."""
        return self.driver.stream.listener

    @property
    def connection(self) -> Connection:
        """The control connection, as the journal has it."""
        return self.driver.stream.connection

    @property
    def started(self) -> bool:
        """Whether its connection stands, or did."""
        return self._started > 0

    @property
    def under_faults(self) -> bool:
        """Whether planned faults act on it, so that the client may be right to leave."""
        return bool(self._faults)

    def mistaken(self, _reason: str) -> bytes:
        """Return nothing: on a data connection there are no replies."""
        return b""

    @property
    def reactor(self) -> Reactor:
        """The farm's."""
        return self.driver.stream.listener.reactor

    # How it gets its connection.

    def wait(self) -> None:
        """Somebody will come."""
        self._push()
        self._watch_time()

    def connect(self, family: int, ours: SocketAddress, to: Address) -> None:
        """Connect to the client."""
        over = self._effect.over
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
        """The connection stands."""
        self.socket = connection
        self.fd = connection.fileno()
        self._peer = peer
        self._started = time.monotonic()
        secured = self._effect.over.tls
        if secured or self._faults or self._effect.convert is not None:  # what leaves in pieces, none of which waits
            set_option(connection, socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not secured:
            self._open(None)
            return
        self._push()
        self._watch_time()
        self._handshake = self.listener.handshake(self, self._open, quiet=True)
        self._handshake.start()

    def secured(self, secure: "TlsSocket", tls: Tls, done: Callable[[Tls], None]) -> None:
        """TLS is agreed."""
        self._handshake = None
        secure.stand_alone()
        self.socket = self._tls = secure
        if self._effect.over.resume and not tls.resumed:
            self.finish("not resumed", "the data connection does not continue the control connection's TLS session")
        else:
            done(tls)

    def linger(self) -> None:
        """The handshake has failed, and the client has been told why."""
        self.gone(self._handshake.end("the TLS handshake failed") if self._handshake else "")

    def gone(self, reason: str) -> None:
        """The handshake has failed."""
        self.finish("handshake", reason)

    def fail(self, error: Exception) -> None:
        """End for an internal error."""
        self.finish(*self._blame(error))

    # What a TLS socket tells its host: nothing that a transfer has to act on, which asks the socket itself.

    def owe(self) -> None:
        """What TLS has to send waits for what is sent next."""

    def touch(self) -> None:
        """Octets of TLS are none of the file's."""

    def read_soon(self) -> None:
        """It reads until nothing is left."""

    # How it moves.

    def _open(self, tls: Tls | None) -> None:
        """All stands: move."""
        self.driver.stream.tell(DataOpened(self._peer, tls))
        if self.fd < 0:
            return
        self._mover = self._make_mover()
        if self._threaded:
            self._push()
            self._to_thread()
        else:
            self._run()
        if self.fd >= 0 and self._ticker is None:
            self._push()
            self._watch_time()

    @property
    def _threaded(self) -> bool:
        file = self._effect.source if isinstance(self._effect, SendFile) else self._effect.sink
        return file.blocks and not self._faults and not (type(self._mover) is Send and self._mover.at_hand)

    def _make_mover(self) -> Mover:
        effect = self._effect
        if self._faults:
            from homeport.io.data.transfer_faults import faulty  # most transfers never need it

            return faulty(self, self._faults, effect)
        if isinstance(effect, ReceiveFile):
            return Receive(self.socket, effect.sink, effect.convert, self.progress)
        source = effect.source
        plain = effect.convert is None and not effect.over.tls
        whole = source.cached() if source.blocks and source.size <= SMALL else None
        if plain and whole is None and source.fileno() >= 0:
            if source.size > UNPACED:
                unpace(self.socket, self._peer[0])
            return SendDirectly(self.socket, source, self.progress)
        return Send(self.socket, source, effect.convert, self.progress, whole)

    def _run(self) -> None:
        """Take some steps on the reactor."""
        moved = self._guarded(self._steps)
        if moved is Moved.DONE:
            self.finish()
        elif moved is Moved.PAUSE:
            self._unwatch()
        elif moved is not None:
            self._watch(reads=self._mover.reads)  # type: ignore[union-attr]  # it has moved

    def _steps(self) -> Moved:
        mover = self._mover
        assert mover is not None  # noqa: S101 - the callers have made it
        moved = Moved.MORE
        for _ in range(STEPS_AT_ONCE):
            moved = mover.step()
            if moved is Moved.SAFE:
                self._tell_safe()
            elif moved is not Moved.MORE:
                break
        return moved

    def _tell_safe(self) -> None:
        self.driver.stream.tell(DataSafe())
        if self.fd < 0:
            raise NetworkError("the control connection was closed")

    def _guarded(self, steps: Callable[[], Moved]) -> Moved | None:
        """Move; None if that has ended the transfer."""
        try:
            return steps()
        except Exception as error:
            self.finish(*self._blame(error), reset=isinstance(error, CutByFaultError) and error.reset)
            return None

    def _blame(self, error: Exception) -> tuple[str, str]:
        if (known := blamed(error)) is not None:
            return known
        self.listener.internal_error("a transfer", error)
        return "file", "a fault of the server"

    def go_on(self) -> None:
        """What held it up does so no more."""
        if self.fd >= 0 and self._mover is not None:
            self._run()

    # On a thread.

    def _to_thread(self) -> None:
        from homeport.io.net.worker_calls import call_off_reactor

        self._unwatch()
        self._at_work = True
        call_off_reactor(self.reactor, self._work, self._worked)

    def _work(self) -> Moved:
        """On a thread: move, and wait a little for the network where it is as quick as we are."""
        mover = self._mover
        assert mover is not None  # noqa: S101 - made before the thread begins
        poll = select.poll()
        poll.register(self.fd, select.POLLIN if mover.reads else select.POLLOUT)
        while self._ending is None:
            moved = mover.step()
            if moved is not Moved.MORE and (moved is not Moved.WAIT or not poll.poll(THREAD_WAIT_MS)):
                return moved
        return Moved.DONE

    def _worked(self, moved: Moved | None, error: Exception | None) -> None:
        self._at_work = False
        if self._ending is not None:
            self.finish(*self._ending)
        elif error is not None:
            self.finish(*self._blame(error))
        elif moved is Moved.DONE:
            self.finish()
        elif moved is Moved.SAFE:
            self.driver.stream.tell(DataSafe())
            if self.fd >= 0:
                self._to_thread()
        else:
            self._watch(reads=self._mover.reads)  # type: ignore[union-attr]  # it has moved

    def off(self, work: Callable[[], Result], then: Callable[[Result], None]) -> None:
        """Have work of the mover done on a thread, then tell it what it gave; it moves nothing until then."""
        from homeport.io.net.worker_calls import call_off_reactor

        self._at_work = True
        call_off_reactor(self.reactor, work, partial(self._back, then))

    def _back(self, then: Callable[[Result], None], result: Result, error: Exception | None) -> None:
        self._at_work = False
        if self._ending is not None:
            self.finish(*self._ending)
        elif error is not None:
            self.finish(*self._blame(error))
        else:
            then(result)
            self.go_on()

    # What the reactor calls.

    def fileno(self) -> int:
        """The descriptor, or -1 when it is closed."""
        return self.fd

    def logPrefix(self) -> str:  # noqa: N802
        """How Twisted names it in its log."""
        return f"data connection of {self.driver.stream.logPrefix()}"

    def connectionLost(self, reason: object) -> None:  # noqa: N802
        """The reactor saw the connection break, or one of our methods raise."""
        if error := is_internal(reason):
            self.fail(error)
            return
        self.doWrite() if self._connecting else self.finish("broken", "the data connection broke")

    def doRead(self) -> None:  # noqa: N802
        """The network has brought something."""
        if self._threaded:
            self._to_thread()
        else:
            self._run()

    def doWrite(self) -> None:  # noqa: N802
        """The network takes something, or the connection that was asked for stands, or does not."""
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

    # Its end.

    def finish(self, problem: str = "", detail: str = "", *, reset: bool = False) -> None:
        """It is over: close, and tell how it went. reset: by a RST."""
        if self._over:
            return
        if self._at_work:
            self._ending = (problem, detail)
            shut(self.fd)  # ends the thread's wait; the descriptor must not be closed under it
            return
        self._over = True
        if self._tls is not None and not self._tls.judged:
            self._judge_end(problem)
        truncated = self._mover is not None and self._mover.truncated
        self._close(reset=reset)
        self.driver.over(self)
        seconds = time.monotonic() - self._started if self._started else 0.0
        done = DataDone(self.progress.octets, seconds, problem, detail, truncated)
        stream = self.driver.stream
        record(stream, "in" if type(self._effect) is ReceiveFile else "out", self._peer, done)
        if stream.fd >= 0:
            stream.touch()
            stream.tell(done)

    def _judge_end(self, problem: str) -> None:
        """Advise a client that seems not to trust the certificate; a download that breaks off may be unwanted."""
        assert self._tls is not None  # noqa: S101 - the caller has looked
        ours = problem != "broken" or bool(self._faults) or type(self._effect) is SendFile
        if finding := self._tls.distrust(ours=ours):
            from homeport.io.tls.trust import advise

            advise(self.listener, self.connection, finding, self._tls.refusal or "no alert")

    def _close(self, *, reset: bool) -> None:
        if self._ticker is not None:
            self._ticker.cancel()
            self._ticker = None
        if self._handshake is not None:
            self._handshake.end("")
            forget(self.reactor, self._handshake, self.fd)
        if self._mover is not None and self._faults:
            self._mover.drop()  # type: ignore[attr-defined]  # those under faults have it
        if self.socket is not None and self.fd >= 0:
            forget(self.reactor, self, self.fd)
            self.fd = -1
            if reset:
                set_option(self.socket, socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            self.socket.close()
        if isinstance(self._effect, SendFile):
            self._effect.source.close()

    # Time and the reactor.

    def _watch_time(self) -> None:
        """From now on octets must move in time."""
        if self._ticker is None:
            self._ticker = self.reactor.callLater(self._effect.over.seconds / LOOKS, self._look)

    def _look(self) -> None:
        self._quiet = self._quiet + 1 if self.progress.octets == self._seen else 0
        self._seen = self.progress.octets
        self._ticker = None
        if self._quiet < LOOKS:
            self._watch_time()
            if self._faults:
                self.go_on()  # what was held up by a fault that has been removed
        elif self._started:
            self.finish("timeout", f"nothing moved for {self._effect.over.seconds:g} s")
        else:
            self.finish("no connection", f"no data connection within {self._effect.over.seconds:g} s")

    def stir(self) -> None:
        """Octets that the network brought before have moved on: that is no standstill."""
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
        """The reply that came before the transfer was held back to go with the one behind it: it takes longer."""
        self.driver.stream.push()


def record(stream: "ControlConnection", direction: str, peer: Address, done: DataDone) -> None:
    """Count what a transfer has carried, `in` or `out`, and write it into the journal."""
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


def blamed(error: Exception) -> tuple[str, str] | None:
    """Return the problem of `DataDone`, and the detail, that an error of a mover comes to; None: it is our own."""
    if isinstance(error, NetworkError):
        return "broken", str(error)
    if isinstance(error, FileProblem):
        return "no space" if error.trouble == "no space" else "file", error.text
    if isinstance(error, CutByFaultError):
        return "fault", str(error)
    if isinstance(error, ValueError):
        return "content", str(error)
    return None


def shut(fd: int) -> None:
    """Shut a connection both ways without closing its descriptor."""
    probe = _socket.socket(fileno=fd)
    try:
        probe.shutdown(socket.SHUT_RDWR)
    except OSError as error:
        if error.errno != errno.ENOTCONN:
            raise
    finally:
        probe.detach()
