"""Work that takes its time, off the reactor: on the reactor's own pool of threads, made at the first call."""

from collections.abc import Callable
from typing import Any

from homeport.io.net.reactor import Reactor
from homeport.protocol.effects import nothing

Work = Callable[[], Any]
"""What is done off the reactor. Any: what it returns is its caller's affair, and is handed on untouched."""
Done = Callable[[Any, Exception | None], None]
"""Told what the work returned, or what it raised."""
Waiting = tuple[Work, Done, Callable[[], object]]


class Together:
    """Calls of which the newest does the work of those before (`CallTogether`): they take one thread among them."""

    def __init__(self, reactor: Reactor) -> None:
        self._reactor = reactor
        self._waiting: list[Waiting] = []
        self._running = False

    def add(self, work: Work, done: Done, then: Callable[[], object]) -> None:
        """As `call_off_reactor`."""
        self._waiting.append((work, done, then))
        if not self._running:
            self._running = True
            # Those that are asked for in this turn are of the group.
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


def call_off_reactor(reactor: Reactor, work: Work, done: Done, then: Callable[[], object] = nothing) -> None:
    """Run `work` in a thread, then `then` and `done(result, error)` on the reactor.

    `then` runs only if the work has not raised; done is told of what either raised.
    """

    def over(succeeded: bool, result: Any) -> None:  # noqa: FBT001 - the pool calls it so, with a result or a Failure
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
