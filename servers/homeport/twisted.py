"""A farm inside your own reactor, for tests of programs that use Twisted.

    world = await homeport.twisted.start(reactor, {"people": [...]}, services=["smtp"])
    message = await world.defer(world.smtp.wait_for, to="bob@example.org")
    await world.stop()

The objects are those of `homeport.Farm`. The farm answers on the reactor's thread: methods that return at
once are called directly, and methods that block (`wait_for` and the like, files, closing a world) go through `defer`.
Only the given reactor is used; the global one is not imported.
"""

import os
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, ParamSpec, TypeVar

from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.threads import deferToThreadPool

from homeport.testing.authority import Authority
from homeport.testing.errors import FarmGone
from homeport.testing.farm import FirstWorld, configuration
from homeport.testing.thread import ENDED, DirectApi

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def start(
    reactor: Any,
    config: dict[str, Any] | None = None,
    *,
    services: list[str] | None = None,
    clock: datetime | timedelta | str | None = None,
    seed: int = 0,
) -> "Deferred[ReactorFarm]":
    """Start a farm on a running reactor and return its Deferred. Call it on the reactor's thread.

    The arguments are those of `homeport.Farm`. The Deferred fails with FarmError if the farm cannot start.
    """

    async def begin() -> ReactorFarm:
        return ReactorFarm(reactor, configuration(config, clock, seed, services))

    return ensureDeferred(begin())


class ReactorFarm(FirstWorld):
    """A farm on the caller's reactor, and its first world; `world()` creates further ones."""

    def __init__(self, reactor: Any, tree: dict[str, Any]) -> None:
        from homeport.farm.control import control_factory
        from homeport.testing.configuration import make_farm

        self._reactor = reactor
        self._runner = OnTheirReactor(reactor, make_farm(reactor, tree))
        self._runner.farm.start(control_factory(self._runner.farm))
        super().__init__(DirectApi(self._runner), self._runner.farm.describe("default"), Authority(near=True))

    def defer(
        self, function: Callable[Arguments, Result], *args: Arguments.args, **options: Arguments.kwargs
    ) -> "Deferred[Result]":
        """Call a blocking method on a worker thread: `await world.defer(world.smtp.wait_for, to="bob@example.org")`."""
        return deferToThreadPool(self._reactor, self._reactor.getThreadPool(), function, *args, **options)

    def stop(self) -> "Deferred[None]":
        """Close the farm within a second; the reactor keeps running. Calling it twice is not an error."""
        stopped: Deferred[None] = Deferred()
        if self._runner.running:
            self._runner.running = False
            self._runner.farm.stop(lambda: stopped.callback(None))
        else:
            stopped.callback(None)
        return stopped

    def close(self) -> None:
        """Call `stop` without waiting for the end."""
        self.stop()


class OnTheirReactor:
    """A farm on a reactor that the caller runs."""

    def __init__(self, reactor: Any, farm: Any) -> None:
        self._reactor = reactor
        self._thread = threading.get_ident()
        self._pid = os.getpid()
        self.farm = farm
        self.running = True

    @property
    def here(self) -> bool:
        """True if the current thread is the reactor's."""
        return threading.get_ident() == self._thread

    def call(self, function: Callable[[], Any]) -> None:
        """Call `function` on the reactor's thread. Raises: FarmGone."""
        if not self.running or self._pid != os.getpid():
            raise FarmGone(ENDED)
        self._reactor.callFromThread(function)
