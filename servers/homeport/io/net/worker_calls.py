"""Blocking work in the reactor's thread pool, which is created at the first call."""

import os
from collections import deque
from collections.abc import Callable
from typing import Any

from homeport.io.net.reactor import Reactor
from homeport.protocol.effects import nothing

Work = Callable[[], Any]
"""A function that runs in a thread. Any: its result is passed on to the caller."""
Done = Callable[[Any, Exception | None], None]
"""Callback with the result, or with the exception."""
Waiting = tuple[Work, Done, Callable[[], object]]


class GroupCommits:
    """The pending `GroupCommit` calls of a listener: the newest does the work of all, in one thread."""

    def __init__(self, reactor: Reactor) -> None:
        self._reactor = reactor
        self._waiting: list[Waiting] = []
        self._running = False

    def add(self, work: Work, done: Done, then: Callable[[], object]) -> None:
        """Add a call; parameters as for `call_off_reactor`."""
        self._waiting.append((work, done, then))
        if not self._running:
            self._running = True
            # Not at once: all calls of this turn join the group.
            self._reactor.callLater(0, self._work)

    def _work(self) -> None:
        group, self._waiting = self._waiting, []
        newest, _done, _then = group[-1]
        call_off_reactor(self._reactor, newest, lambda _result, _error: self._over(group))

    def _over(self, group: list[Waiting]) -> None:
        self._running = bool(self._waiting)
        if self._waiting:
            self._work()
        for work, done, then in group:
            try:
                result = work()
                then()
            except Exception as error:
                done(None, error)
            else:
                done(result, None)


class Computations:
    """The `Compute` calls of a listener: one for each processor but the reactor's own at once, in their order."""

    def __init__(self, reactor: Reactor) -> None:
        self._reactor = reactor
        self._waiting: deque[Waiting] = deque()
        self._free = max((os.cpu_count() or 1) - 1, 1)

    def add(self, work: Work, done: Done, then: Callable[[], object]) -> None:
        """Add a call; parameters as for `call_off_reactor`."""
        self._waiting.append((work, done, then))
        self._begin()

    def _begin(self) -> None:
        if self._free and self._waiting:
            self._free -= 1
            work, done, then = self._waiting.popleft()

            def over(result: Any, error: Exception | None) -> None:
                self._free += 1
                self._begin()
                done(result, error)

            call_off_reactor(self._reactor, work, over, then)


def call_off_reactor(reactor: Reactor, work: Work, done: Done, then: Callable[[], object] = nothing) -> None:
    """Run `work` in the thread pool, then `then` and `done(result, error)` on the reactor.

    `then` runs only if `work` has not raised; `done` gets the exception of either.
    """

    def over(succeeded: bool, result: Any) -> None:  # noqa: FBT001 - signature of the pool: a result or a Failure
        reactor.callFromThread(finish, succeeded, result)

    def finish(succeeded: bool, result: Any) -> None:  # noqa: FBT001
        if not succeeded:
            error = result.value  # a Failure
            done(None, error if isinstance(error, Exception) else RuntimeError(repr(error)))
            return
        try:
            then()
        except Exception as error:
            done(None, error)
        else:
            done(result, None)

    reactor.getThreadPool().callInThreadWithCallback(over, work)
