"""Work that takes its time, off the reactor: on the reactor's own pool of threads, made at the first call."""

from collections.abc import Callable
from typing import Any

from homeport.effects import nothing
from homeport.io.reactor import Reactor

Done = Callable[[Any, Exception | None], None]


def call_off_reactor(reactor: Reactor, work: Callable[[], Any], done: Done, then: Callable[[], Any] = nothing) -> None:
    """Run `work` in a thread, then `then` and `done(result, error)` on the reactor.

    `then` runs only if the work has not raised; done is told of what either raised.
    """

    def over(succeeded: bool, result: Any) -> None:  # noqa: FBT001 - the pool calls it so
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
