"""The process of `homeport up`: binds, serves, and ends on a signal.

Sockets are bound before Twisted is imported, so that a taken port is told at once, and clients that come early wait in
the backlog. Whatever is not needed until a client asks for it is imported then.
"""

import contextlib
import gc
import logging
import os
import signal
import socket
import time
from collections.abc import Callable
from typing import Any

from homeport.config.checks import control_hosts
from homeport.config.sections import Config
from homeport.farm.notify import Notifier
from homeport.farm.supervisor import Farm, FarmSockets
from homeport.io import platform
from homeport.io.net.reactor import Reactor, make_reactor
from homeport.io.net.sockets import Inherited
from homeport.world.world import DEFAULT_WORLD

log = logging.getLogger("homeport")


def run(
    config: Config,
    announce: Callable[[dict[str, Any]], None],
    load: Callable[[], Config] | None = None,
    *,
    until_eof: bool = False,
) -> None:
    """Run a farm in this process until SIGTERM or SIGINT.

    announce: called once with the ready object, when everything is bound and served.
    load: reads the configuration again, for SIGHUP. until_eof: end with standard input, too.

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
            "the control API is on %s only: others may reach it with [control] token, or without with open = true",
            ", ".join(control_hosts(config)),
        )
    reactor = make_reactor(without_tls=True)

    from homeport.farm.logs import take_twisted

    take_twisted()
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
        announce(farm.describe(DEFAULT_WORLD))
    except Exception as error:
        failure.append(error)
        farm.stop(farm.reactor.stop)
        return
    notifier.tell("READY=1")
    if notifier.watchdog:
        _pat(farm.reactor, notifier)
    settle_collector()
    control.prepare()


def settle_collector() -> None:
    """Have garbage be looked for seldom, and never among what is there now.

    What connections and worlds leave behind has no cycles, and the journal keeps much of it, so this costs little
    memory and saves 4 % of an answer. A look among 20,000 young objects takes 5 ms, among 50,000 it took 13.
    """
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)
    gc.enable()


def _pat(reactor: Reactor, notifier: Notifier) -> None:
    """Tell the watchdog twice in its time that the reactor turns."""
    notifier.tell("WATCHDOG=1")
    reactor.callLater(notifier.watchdog / 2, _pat, reactor, notifier)


class Signals:
    """The signals of the process, read by the reactor; a descriptor of it.

    Python writes the number of a signal into a socket pair before its handler runs, so none is lost between two turns.
    """

    def __init__(self, reactor: Reactor, farm: Farm, notifier: Notifier) -> None:
        self._reactor = reactor
        self._farm = farm
        self._notifier = notifier
        self._stopping = False
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: None)
        reactor.addReader(self)

    def fileno(self) -> int:
        """The descriptor."""
        return self._reader.fileno()

    def logPrefix(self) -> str:  # noqa: N802 - Twisted calls these
        """How Twisted names it in its log."""
        return "signals"

    def connectionLost(self, _reason: Any) -> None:  # noqa: N802
        """The reactor ends."""

    def doWrite(self) -> None:  # noqa: N802
        """Nothing is written here."""

    def doRead(self) -> None:  # noqa: N802
        """Do what the signals ask for."""
        for number in self._reader.recv(256):
            if self._stopping:
                continue
            if number == signal.SIGHUP:
                self._reload()
            else:
                self.stop(signal.Signals(number).name)

    def stop(self, why: str) -> None:
        """Stop the farm, for the first reason that there is."""
        if not self._stopping:
            self._stopping = True
            self._notifier.tell("STOPPING=1")
            log.info("%s: stopping", why)
            self._farm.stop(self._reactor.stop)

    def _reload(self) -> None:
        """Take a changed configuration over, and tell the manager when that has been done or refused."""
        from homeport.farm.reload import NOT_RELOADED

        self._notifier.reloading(time.monotonic_ns() // 1000)
        # What was wrong is in the log. The farm goes on as it was, so it is ready in any case.
        with contextlib.suppress(*NOT_RELOADED):
            self._farm.reload()
        self._notifier.tell("READY=1")

    def close(self) -> None:
        """Give the signals and the sockets back."""
        signal.set_wakeup_fd(-1)
        self._reader.close()
        self._writer.close()


class Lifeline:
    """Standard input, which ends when nobody is left who holds its other end; a descriptor of the reactor.

    Whoever starts a farm keeps a pipe to it, and need not even live to end it. What comes through it is dropped.
    """

    def __init__(self, signals: Signals) -> None:
        self._signals = signals

    def fileno(self) -> int:
        """The descriptor."""
        return 0

    def logPrefix(self) -> str:  # noqa: N802 - Twisted calls these
        """How Twisted names it in its log."""
        return "lifeline"

    def doWrite(self) -> None:  # noqa: N802
        """Nothing is written here."""

    def doRead(self) -> Any:  # noqa: N802
        """Read, and say when it ends."""
        from twisted.internet.main import CONNECTION_DONE

        try:
            return None if os.read(0, 65536) else CONNECTION_DONE
        except OSError:  # a terminal that has gone
            return CONNECTION_DONE

    def connectionLost(self, reason: Any) -> None:  # noqa: N802
        """It has ended; or the reactor does, which is another reason."""
        from twisted.internet.error import ConnectionDone

        if reason.check(ConnectionDone):
            self._signals.stop("standard input has ended")
