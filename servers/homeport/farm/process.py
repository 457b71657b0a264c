"""The process of `homeport up`: binds, serves, and stops on a signal.

Sockets are bound before Twisted is imported, so that a taken port is reported at once, and early clients wait in the
backlog. Modules that only some clients need are imported on their first use.
"""

import contextlib
import gc
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from homeport.config.checks import control_hosts
from homeport.config.sections import Config
from homeport.disk.temporary import sweep
from homeport.farm.notify import Notifier
from homeport.farm.supervisor import Farm, FarmSockets
from homeport.io import platform
from homeport.io.net.reactor import Reactor, make_reactor
from homeport.io.net.sockets import Inherited
from homeport.world.world import DEFAULT_WORLD

log = logging.getLogger("homeport")

STOP_SECONDS = 0.95
"""Real time from the signal to the end of the process, whatever hangs."""
STOP = 0
"""Stands for a signal to stop among the numbers of signals."""


class AnnouncementError(Exception):
    """The ready line or the ready file cannot be written."""


def run(
    config: Config,
    announce: Callable[[dict[str, Any]], None],
    load: Callable[[], Config] | None = None,
    *,
    until_eof: bool = False,
) -> None:
    """Run a farm in this process until SIGTERM or SIGINT.

    announce: called once with the ready object, when all listeners serve. load: reads the configuration again, for
    SIGHUP. until_eof: stop at the end of standard input, too.

    Raises: PortTakenError, CannotListenError, CertificateError; nothing has been served then.
    """
    pid = os.getpid()
    platform.raise_open_files()
    notifier = Notifier.from_environment(os.environ, pid)
    sockets = FarmSockets(config, Inherited.from_environment(os.environ, pid))
    for remark in dict.fromkeys(sockets.remarks):
        log.info("%s", remark)
    if control_hosts(config) != (config.control.hosts or config.farm.hosts):
        log.warning(
            "the control API listens on %s only: to expose it, set [control] token, or open = true without one",
            ", ".join(control_hosts(config)),
        )
    reactor = make_reactor(without_tls=True)

    from homeport.farm.logs import capture_twisted_errors

    capture_twisted_errors()
    farm = Farm(reactor, config, sockets, pid)
    farm.load = load
    failure: list[Exception] = []
    reactor.callWhenRunning(_begin, farm, notifier, announce, failure)
    signals = Signals(reactor, farm, notifier)
    if until_eof:
        reactor.addReader(Lifeline(signals))
    try:
        reactor.run(installSignalHandlers=False)
    finally:
        signals.close()
    if failure:
        raise failure[0]


def _begin(
    farm: Farm, notifier: Notifier, announce: Callable[[dict[str, Any]], None], failure: list[Exception]
) -> None:
    from homeport.farm.control import control_factory

    try:
        control = control_factory(farm)
        farm.start(control)
        ready = farm.describe(DEFAULT_WORLD)
        try:
            announce(ready)
        except OSError as error:
            raise AnnouncementError(f"cannot announce that the farm is ready: {error}") from None
    except Exception as error:
        failure.append(error)
        farm.stop(farm.reactor.stop)
        return
    notifier.tell("READY=1")
    if notifier.watchdog:
        _notify_watchdog(farm.reactor, notifier)
    settle_collector()
    control.prepare()
    farm.call_off(sweep, lambda _removed, _error: None)


def settle_collector() -> None:
    """Make garbage collection rare, and exclude the objects that exist now.

    Closed connections and worlds leave no reference cycles, and the journal keeps much of them, so this costs little
    memory and saves 4 % of an answer. A collection of 20,000 young objects takes 5 ms; one of 50,000 took 13.
    """
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)
    gc.enable()


def _notify_watchdog(reactor: Reactor, notifier: Notifier) -> None:
    """Notify the watchdog, twice per timeout, that the reactor is alive."""
    notifier.tell("WATCHDOG=1")
    reactor.callLater(notifier.watchdog / 2, _notify_watchdog, reactor, notifier)


class Signals:
    """The signals of the process, read by the reactor; a descriptor of it.

    Python writes the number of a signal into a socket pair before its handler runs, so no signal is lost between two
    turns.
    """

    def __init__(self, reactor: Reactor, farm: Farm, notifier: Notifier) -> None:
        self._reactor = reactor
        self._farm = farm
        self._notifier = notifier
        self._stopping = False
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self._deadline = Deadline(self._writer)
        signal.set_wakeup_fd(self._deadline.writer.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: None)
        reactor.addReader(self)

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._reader.fileno()

    def logPrefix(self) -> str:  # noqa: N802 - Twisted calls these
        """Return the name for Twisted's log."""
        return "signals"

    def connectionLost(self, _reason: Any) -> None:  # noqa: N802
        """The reactor stops."""

    def doWrite(self) -> None:  # noqa: N802
        """Nothing is written here."""

    def doRead(self) -> None:  # noqa: N802
        """Read the signals and act on them."""
        for number in self._reader.recv(256):
            if self._stopping or number == STOP:
                continue
            if number == signal.SIGHUP:
                self._reload()
            else:
                self.stop(signal.Signals(number).name)

    def stop(self, why: str) -> None:
        """Stop the farm; only the first call counts."""
        if not self._stopping:
            self._stopping = True
            self._deadline.begin()
            self._notifier.tell("STOPPING=1")
            log.info("%s: stopping", why)
            self._farm.stop(self._reactor.stop)

    def _reload(self) -> None:
        """Reload the configuration, and notify the manager of the end of it, applied or not."""
        from homeport.farm.reload import NOT_RELOADED

        self._notifier.reloading(time.monotonic_ns() // 1000)
        # The error is in the log. The farm runs on as before, so it is ready in any case.
        with contextlib.suppress(*NOT_RELOADED):
            self._farm.reload()
        self._notifier.tell("READY=1")

    def close(self) -> None:
        """Close the sockets and restore the signal handlers."""
        signal.set_wakeup_fd(-1)
        if not self._stopping:
            self._deadline.close()
        self._reader.close()
        self._writer.close()


class Deadline(threading.Thread):
    """Ends the process a second after the first signal to stop, even if it is stuck.

    The reactor may be waiting for a disk, or its thread pool for one, and neither can be interrupted. So the signals
    arrive here, in a thread that waits for nothing else, and are forwarded to the reactor. Whatever clients have been
    told is done is on stable storage by then.
    """

    def __init__(self, target: socket.socket) -> None:
        super().__init__(name="deadline", daemon=True)
        self._target = target
        self._reader, self.writer = socket.socketpair()
        self.writer.setblocking(False)
        self._stopping = threading.Event()
        self.start()

    def run(self) -> None:
        """Forward signals; after the first one that stops the farm, end the process in time."""
        self._reader.settimeout(None)
        while numbers := self._reader.recv(256):
            with contextlib.suppress(OSError):
                self._target.send(numbers)
            if STOP in numbers or signal.SIGTERM in numbers or signal.SIGINT in numbers:
                time.sleep(STOP_SECONDS)
                log.warning("stopped without waiting any longer for unfinished work")
                logging.shutdown()
                os._exit(0)
        self._reader.close()

    def begin(self) -> None:
        """Stop within a second, for another reason than a signal."""
        with contextlib.suppress(OSError):
            self.writer.send(bytes([STOP]))

    def close(self) -> None:
        """Stop forwarding."""
        self.writer.close()


class Lifeline:
    """Standard input, which ends when no process holds its other end any more; a descriptor of the reactor.

    The process that starts a farm keeps a pipe to it; when that process ends, even by a crash, the farm stops. Input is
    discarded.
    """

    def __init__(self, signals: Signals) -> None:
        self._signals = signals

    def fileno(self) -> int:
        """Return the descriptor."""
        return 0

    def logPrefix(self) -> str:  # noqa: N802 - Twisted calls these
        """Return the name for Twisted's log."""
        return "lifeline"

    def doWrite(self) -> None:  # noqa: N802
        """Nothing is written here."""

    def doRead(self) -> Any:  # noqa: N802
        """Read and discard input; stop the farm at its end."""
        from twisted.internet.main import CONNECTION_DONE

        try:
            return None if os.read(0, 65536) else CONNECTION_DONE
        except OSError:  # a terminal that has been closed
            return CONNECTION_DONE

    def connectionLost(self, reason: Any) -> None:  # noqa: N802
        """Standard input ended, or the reactor stops."""
        from twisted.internet.error import ConnectionDone

        if reason.check(ConnectionDone):
            self._signals.stop("standard input ended")
