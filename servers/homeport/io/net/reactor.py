"""The reactor: Twisted's epoll reactor with the avoidable work taken out of each event; elsewhere its fastest one.

Stock Twisted enters a logging context and takes four calls for each event; here a readable descriptor costs one call.
Our transports (`stream`, `datagrams`) are ordinary descriptors: they use `addReader` and `addWriter` of
`IReactorFDSet` and run on any reactor. Only this module knows private names of Twisted (PRIVATE); a test names each,
and where one is missing `make_reactor` gives the stock reactor, slower and otherwise the same.

Where the system has no epoll, the stock reactor serves that `platform.reactor_place` names: kqueue on macOS.

It need not be the global reactor, and making one installs none.
"""

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, Protocol

from homeport.io import platform

PRIVATE = ("_poller", "_selectables", "_reads", "_writes", "_doReadOrWrite", "_disconnectSelectable")
"""Attributes of EPollReactor that the fast reactor leans on."""
EVENTS_PER_POLL = 1024


class DelayedCall(Protocol):
    """What `callLater` gives."""

    def cancel(self) -> None: ...
    def active(self) -> bool: ...


class Descriptor(Protocol):
    """What a reactor watches (IReadWriteDescriptor)."""

    def fileno(self) -> int: ...
    def doRead(self) -> object: ...  # noqa: N802 - Twisted calls these
    def doWrite(self) -> object: ...  # noqa: N802
    def connectionLost(self, reason: object) -> None: ...  # noqa: N802
    def logPrefix(self) -> str: ...  # noqa: N802


class ThreadPool(Protocol):
    """The reactor's threads."""

    def callInThreadWithCallback(  # noqa: N802
        self,
        onResult: Callable[[bool, Any], None],  # noqa: N803 - Any: what the function returned, or a Failure
        func: Callable[[], object],
    ) -> None: ...


class Reactor(Protocol):
    """As much of a Twisted reactor as the driver uses; any that has IReactorFDSet and IReactorTime will do."""

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
    """Return Twisted's class of the reactor that is the fastest here.

    without_tls: keep OpenSSL out of the import. It costs 37 ms of start-up, and our own transports do TLS themselves
    when a client first asks. Only for a process that is all ours: Twisted's `startTLS` is missing in it.
    """
    module, name = platform.reactor_place()
    if without_tls and "OpenSSL" not in sys.modules and "twisted.internet.tcp" not in sys.modules:
        sys.modules["OpenSSL"] = None  # type: ignore[assignment]  # an import of it now says that there is none
        try:
            found = import_module(module)
        finally:
            del sys.modules["OpenSSL"]
    else:
        found = import_module(module)
    return getattr(found, name)


def make_reactor(*, without_tls: bool = False) -> Reactor:
    """A reactor of our own, neither global nor running; the caller runs and stops it."""
    stock = import_stock(without_tls=without_tls)
    plain = stock()
    if stock.__name__ != "EPollReactor" or not all(hasattr(plain, name) for name in PRIVATE):
        made: Reactor = plain
        return made
    close_reactor(plain)
    fast: Reactor = _fast_class(stock)()
    return fast


def close_reactor(reactor: Any) -> None:  # Any: private names, which differ by the kind of reactor
    """Give back the descriptors that a stopped reactor keeps: its waker's and its poller's (epoll or kqueue)."""
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

    The kernel forgets a closed descriptor by itself, so a system call is spared where our reactor runs.
    """
    quick = getattr(reactor, "forget", None)
    if quick is not None:
        quick(fd)
    else:
        reactor.removeReader(descriptor)
        reactor.removeWriter(descriptor)


def is_internal(reason: object) -> Exception | None:
    """Return the error of our own for which Twisted gives a descriptor up; None if the connection has ended.

    reason: the Failure that `connectionLost` is told, which stands for an exception of `doRead` or `doWrite` too.
    """
    from twisted.internet.error import ConnectionDone, ConnectionLost

    error = getattr(reason, "value", None)
    return error if isinstance(error, Exception) and not isinstance(error, ConnectionDone | ConnectionLost) else None


def _fast_class(stock: Any) -> Any:  # noqa: C901 - counts one class's methods together. Any: found at run time
    from select import EPOLLIN, EPOLLOUT

    from twisted.python import log

    class FastReactor(stock):  # type: ignore[misc]  # the base is found at run time
        """EPollReactor with a short way from an event to its descriptor."""

        def __init__(self) -> None:
            super().__init__()
            self._forgotten: set[int] = set()

        def addReader(self, reader: Descriptor) -> None:  # noqa: N802
            """Watch a descriptor; a new one in one step."""
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
            """Drop a descriptor from the books; closing it drops it from epoll."""
            self._forgotten.add(fd)
            self._reads.discard(fd)
            self._writes.discard(fd)
            self._selectables.pop(fd, None)

        def doPoll(self, timeout: float | None) -> None:  # noqa: N802
            """Wait for events and carry each to its descriptor."""
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
                # Readable, also when the peer has hung up, or writable and nothing else: the commonest by far.
                if (event & EPOLLIN and not event & EPOLLOUT) or event == EPOLLOUT:
                    try:
                        why = selectable.doRead() if event & EPOLLIN else selectable.doWrite()
                    except BaseException as error:
                        log.err()
                        why = error
                    if why:
                        self._disconnectSelectable(selectable, why, bool(event & EPOLLIN))
                elif fd not in forgotten:
                    # Else the hang-up is of a descriptor closed in this turn, whose number somebody new has by now.
                    self._doReadOrWrite(selectable, fd, event)

        doIteration = doPoll  # noqa: N815

    return FastReactor
