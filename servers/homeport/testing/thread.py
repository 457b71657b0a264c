"""A farm in a thread of this process, on its own reactor: the global one is neither used nor imported.

Requests are answered on the reactor's thread without HTTP, which saves the import of an HTTP server.
"""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as LateError
from contextlib import contextmanager
from typing import Any, Protocol

from homeport.testing.api import Api
from homeport.testing.errors import FarmError, FarmGone

START_SECONDS = 30
STOP_SECONDS = 5
ENDED = "the farm has been stopped"


class OnReactor(Protocol):
    """A farm on a reactor of this process."""

    @property
    def farm(self) -> Any:
        """The farm itself; use it on the reactor's thread only."""

    @property
    def here(self) -> bool:
        """True if the current thread is the reactor's."""

    def call(self, function: Callable[[], Any]) -> None:
        """Call a function on the reactor's thread. Raises: FarmGone."""


class FarmThread:
    """Starts a farm. tree: its configuration.

    Raises: FarmError if it does not start.
    """

    def __init__(self, tree: dict[str, Any]) -> None:
        with collector_off():
            self._begin(tree)

    def _begin(self, tree: dict[str, Any]) -> None:
        from homeport.farm.control import control_factory
        from homeport.io.net.reactor import close_reactor, make_reactor
        from homeport.testing.configuration import make_farm

        self._pid = os.getpid()
        self._reactor = make_reactor()
        self._close_reactor = close_reactor
        try:
            self._farm = make_farm(self._reactor, tree)
        except BaseException:
            close_reactor(self._reactor)
            raise
        self._thread = threading.Thread(
            target=self._reactor.run, kwargs={"installSignalHandlers": False}, name="homeport", daemon=True
        )
        started: Future[dict[str, Any]] = Future()

        def start() -> dict[str, Any]:
            self._farm.start(control_factory(self._farm))
            ready: dict[str, Any] = self._farm.describe("default")
            return ready

        self._reactor.callWhenRunning(fulfil, started, start)
        self._thread.start()
        try:
            self.ready = started.result(START_SECONDS)
        except BaseException:
            self.close()
            raise
        self.api: Api = DirectApi(self)

    @property
    def farm(self) -> Any:
        """The farm itself; use it on the reactor's thread only."""
        return self._farm

    def obituary(self) -> str:
        """Return the reason for which it does not answer; empty if it should."""
        if self._pid != os.getpid():
            return (
                f"the farm is a thread of process {self._pid}, which a forked child does not have: use mode='process'"
            )
        return "" if self._thread.is_alive() else ENDED

    @property
    def here(self) -> bool:
        """True if the current thread is the reactor's."""
        return threading.current_thread() is self._thread

    def call(self, function: Callable[[], Any]) -> None:
        """Call a function on the reactor's thread. Raises: FarmGone."""
        if reason := self.obituary():
            raise FarmGone(reason)
        self._reactor.callFromThread(function)

    def close(self) -> None:
        """Stop the farm and its reactor, and close everything. In a forked child it does nothing."""
        if self._pid != os.getpid() or not self._thread.is_alive():
            return
        self._reactor.callFromThread(self._farm.stop, self._reactor.stop)
        self._thread.join(STOP_SECONDS)
        if not self._thread.is_alive():
            self._close_reactor(self._reactor)


class DirectApi(Api):
    """Sends requests to a farm in this process."""

    def __init__(self, runner: OnReactor) -> None:
        from homeport.control.api import Api as Operations

        self._runner = runner
        self._operations = Operations(runner.farm)
        self._authorization = f"Bearer {runner.farm.config.control.token}"

    def exchange(self, method: str, path: str, query: str, body: bytes | None, patience: float) -> tuple[int, bytes]:
        from homeport.control.api import Incoming

        incoming = Incoming(
            method=method,
            path=path,
            query=query,
            body=body or b"",
            host=f"127.0.0.1:{self._runner.farm.control.port}",
            authorization=self._authorization,
        )
        answered: Future[Any] = Future()
        drop: list[Callable[[], None]] = []

        def ask() -> None:
            drop.append(self._operations.answer(incoming, answered.set_result))

        if self._runner.here:
            return self._at_once(ask, answered, drop)
        self._runner.call(ask)
        try:
            answer = answered.result(patience)
        except (LateError, CancelledError):
            raise FarmGone(f"the farm's thread has not answered within {patience:g} s") from None
        except BaseException:
            self._runner.call(lambda: drop[0]() if drop else None)  # the caller has timed out
            raise
        return answer.status, answer.body

    @staticmethod
    def _at_once(ask: Callable[[], None], answered: "Future[Any]", drop: list[Callable[[], None]]) -> tuple[int, bytes]:
        """Answer on the reactor's own thread, where waiting is impossible.

        Raises: FarmError if the answer would have to wait.
        """
        ask()
        if not answered.done():
            drop[0]()
            raise FarmError("this is the farm's own thread, which cannot wait for itself: `await world.defer(...)`")
        answer = answered.result()
        return answer.status, answer.body

    def close(self) -> None:
        """Do nothing: there is nothing to close."""


@contextmanager
def collector_off() -> Iterator[None]:
    """Disable garbage collection: the first start imports much and frees nothing, and is 10 % faster this way."""
    import gc

    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def fulfil(future: "Future[Any]", function: Callable[[], Any]) -> None:
    """Complete a future with a function's result or exception."""
    try:
        future.set_result(function())
    except BaseException as error:
        future.set_exception(error)
