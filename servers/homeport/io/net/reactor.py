"""The reactor: Twisted's epoll reactor with less work per event; on other systems the fastest stock reactor.

Stock Twisted enters a logging context and takes four calls for each event; here a readable descriptor costs one call.
Our transports (`stream`, `datagrams`) are ordinary descriptors: they use `addReader` and `addWriter` of
`IReactorFDSet` and run on any reactor. Only this module uses private names of Twisted (PRIVATE); a test checks
each, and if one is missing `make_reactor` returns the stock reactor, which is slower and otherwise the same.

Without epoll the stock reactor of `platform.reactor_place` is used: kqueue on macOS.

It need not be the global reactor, and making one installs none.
"""

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, Protocol

from homeport.io import platform

PRIVATE = ("_poller", "_selectables", "_reads", "_writes", "_doReadOrWrite", "_disconnectSelectable")
"""Attributes of EPollReactor that the fast reactor uses."""
EVENTS_PER_POLL = 1024


class DelayedCall(Protocol):
    """A timer, as `callLater` returns it."""

    def cancel(self) -> None: ...
    def active(self) -> bool: ...
    def reset(self, secondsFromNow: float) -> None: ...  # noqa: N803


class Descriptor(Protocol):
    """A descriptor that a reactor watches (IReadWriteDescriptor)."""

    def fileno(self) -> int: ...
    def doRead(self) -> object: ...  # noqa: N802 - Twisted calls these
    def doWrite(self) -> object: ...  # noqa: N802
    def connectionLost(self, reason: object) -> None: ...  # noqa: N802
    def logPrefix(self) -> str: ...  # noqa: N802


class ThreadPool(Protocol):
    """The reactor's thread pool."""

    def callInThreadWithCallback(  # noqa: N802
        self,
        onResult: Callable[[bool, Any], None],  # noqa: N803 - Any: what the function returned, or a Failure
        func: Callable[[], object],
    ) -> None: ...


class Reactor(Protocol):
    """The part of a Twisted reactor that the driver uses; any with IReactorFDSet and IReactorTime has it."""

    def addReader(self, reader: Descriptor) -> None: ...  # noqa: N802
    def addWriter(self, writer: Descriptor) -> None: ...  # noqa: N802
    def removeReader(self, reader: Descriptor) -> None: ...  # noqa: N802
    def removeWriter(self, writer: Descriptor) -> None: ...  # noqa: N802
    def callLater(self, delay: float, callable: Callable[..., object], *args: object) -> DelayedCall: ...  # noqa: N802, A002
    def callWhenRunning(self, callable: Callable[..., object], *args: object) -> object: ...  # noqa: N802, A002
    def callFromThread(self, callable: Callable[..., object], *args: object) -> None: ...  # noqa: N802, A002
    def getThreadPool(self) -> ThreadPool: ...  # noqa: N802
    def run(self, installSignalHandlers: bool = True) -> None: ...  # noqa: N803, FBT001, FBT002
    def stop(self) -> None: ...
    def seconds(self) -> float: ...


def import_stock(*, without_tls: bool) -> Any:
    """Return the class of Twisted's fastest reactor on this system.

    without_tls: do not import OpenSSL with it. That costs 37 ms of start-up, and the farm's transports import it when a
    client first needs TLS. Only for a process that runs nothing else: Twisted's `startTLS` is missing in it.
    """
    module, name = platform.reactor_place()
    if without_tls and "OpenSSL" not in sys.modules and "twisted.internet.tcp" not in sys.modules:
        sys.modules["OpenSSL"] = None  # type: ignore[assignment]  # makes an import of it fail
        try:
            found = import_module(module)
        finally:
            del sys.modules["OpenSSL"]
    else:
        found = import_module(module)
    return getattr(found, name)


def make_reactor(*, without_tls: bool = False) -> Reactor:
    """Make a reactor, neither global nor running; the caller runs and stops it."""
    stock = import_stock(without_tls=without_tls)
    plain = stock()
    if stock.__name__ != "EPollReactor" or not all(hasattr(plain, name) for name in PRIVATE):
        made: Reactor = plain
        return made
    close_reactor(plain)
    fast: Reactor = _fast_class(stock)()
    return fast


def close_reactor(reactor: Any) -> None:  # Any: private names, which differ by the kind of reactor
    """Close the descriptors of a stopped reactor: its waker's and its poller's (epoll or kqueue)."""
    from twisted.internet.main import CONNECTION_DONE
    from twisted.python.failure import Failure

    for reader in list(getattr(reactor, "_internalReaders", ())):
        reactor.removeReader(reader)
        reactor._internalReaders.discard(reader)  # noqa: SLF001 - named in the module, guarded by a test
        reader.connectionLost(Failure(CONNECTION_DONE))
    for name in ("_poller", "_kq"):
        close = getattr(getattr(reactor, name, None), "close", None)
        if close is not None:  # select.poll holds no descriptor
            close()


def forget(reactor: Reactor, descriptor: Descriptor, fd: int) -> None:
    """Stop watching a descriptor that is about to be closed.

    The kernel forgets a closed descriptor by itself, so the fast reactor saves a system call.
    """
    quick = getattr(reactor, "forget", None)
    if quick is not None:
        quick(fd)
    else:
        reactor.removeReader(descriptor)
        reactor.removeWriter(descriptor)


def is_internal(reason: object) -> Exception | None:
    """Return the internal error for which Twisted gives a descriptor up; None if the connection has ended.

    reason: the Failure passed to `connectionLost`, which may hold an exception of `doRead` or `doWrite`.
    """
    from twisted.internet.error import ConnectionDone, ConnectionLost

    error = getattr(reason, "value", None)
    return error if isinstance(error, Exception) and not isinstance(error, ConnectionDone | ConnectionLost) else None


def _fast_class(stock: Any) -> Any:  # noqa: C901 - counts one class's methods together. Any: found at run time
    from select import EPOLLIN, EPOLLOUT

    from twisted.python import log

    class FastReactor(stock):  # type: ignore[misc]  # the base is found at run time
        """EPollReactor with a short path from an event to its descriptor."""

        def __init__(self) -> None:
            super().__init__()
            self._forgotten: set[int] = set()

        def addReader(self, reader: Descriptor) -> None:  # noqa: N802
            """Watch a descriptor; register a new one in one step."""
            fd = reader.fileno()
            if fd in self._selectables:
                super().addReader(reader)
                return
            try:
                self._poller.register(fd, EPOLLIN)
            except OSError:
                super().addReader(reader)  # a file, which epoll refuses; or it raises again
                return
            self._reads.add(fd)
            self._selectables[fd] = reader

        def forget(self, fd: int) -> None:
            """Remove a descriptor from the tables; closing it removes it from epoll."""
            self._forgotten.add(fd)
            self._reads.discard(fd)
            self._writes.discard(fd)
            self._selectables.pop(fd, None)

        def doPoll(self, timeout: float | None) -> None:  # noqa: N802
            """Wait for events and dispatch each to its descriptor."""
            try:
                ready = self._poller.poll(-1 if timeout is None else timeout, EVENTS_PER_POLL)
            except InterruptedError:
                return
            selectables, forgotten = self._selectables, self._forgotten
            forgotten.clear()
            for fd, event in ready:
                selectable = selectables.get(fd)
                if selectable is None:
                    continue
                # The common cases: readable, also with a hang-up, or writable and nothing else.
                if (event & EPOLLIN and not event & EPOLLOUT) or event == EPOLLOUT:
                    try:
                        why = selectable.doRead() if event & EPOLLIN else selectable.doWrite()
                    except BaseException as error:
                        log.err()
                        why = error
                    if why:
                        self._disconnectSelectable(selectable, why, bool(event & EPOLLIN))
                elif fd not in forgotten:
                    # Otherwise the hang-up belongs to a descriptor that was closed in this turn and whose number is in
                    # use again.
                    self._doReadOrWrite(selectable, fd, event)

        doIteration = doPoll  # noqa: N815

    return FastReactor
