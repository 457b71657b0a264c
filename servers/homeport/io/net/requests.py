"""Pending requests of a session: timers, notices, calls in the thread pool, queries to other hosts, data connections.

Created for a connection when its session first makes such a request: most sessions never do.
"""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from homeport.io.net.outgoing import Outgoing
from homeport.io.net.reactor import DelayedCall
from homeport.io.net.wakeups import Awakened, Wakeups
from homeport.io.net.worker_calls import call_off_reactor
from homeport.protocol.effects import AskHost, Call, Compute, GroupCommit
from homeport.protocol.events import Called, HostAnswered, TimerFired
from homeport.world.journal import Connection

if TYPE_CHECKING:
    from homeport.io.data.data_connection import DataDriver
    from homeport.io.tls.contexts import SessionFamily


class Requester(Awakened, Protocol):
    """The connection of the session, as seen from here."""

    @property
    def connection(self) -> Connection: ...
    def logPrefix(self) -> str: ...  # noqa: N802 - Twisted's name
    def push(self) -> None: ...
    def touch(self) -> None: ...
    def tls_sessions(self) -> "SessionFamily": ...
    def renew_tickets(self) -> None: ...
    def wake_faults(self) -> None: ...


class Requests:
    """The pending requests of one session."""

    __slots__ = ("_host", "_timers", "_wakeups", "asking", "calling", "data")

    def __init__(self, host: Requester) -> None:
        self._host = host
        self._timers: dict[str, DelayedCall] = {}
        self._wakeups: Wakeups | None = None
        self.calling: list[str] | None = None
        """Timers that expired during a call, to be delivered after it; None while no call runs."""
        self.asking: Outgoing | None = None
        """The running query to another host."""
        self.data: DataDriver | None = None
        """The driver of data connections."""

    def cancel(self) -> None:
        """Cancel all requests without an event to the session."""
        for call in self._timers.values():
            call.cancel()
        self._timers.clear()
        if self._wakeups is not None:
            self._wakeups.cancel()
        if self.asking is not None:
            self.asking.cancel()
        if self.data is not None:
            self.data.drop()

    @property
    def transferring(self) -> bool:
        """True while a transfer runs, which has a timeout of its own."""
        return self.data is not None and self.data.transfer is not None

    # Notices and flushes.

    @property
    def wakeups(self) -> Wakeups:
        """The notices and flushes that the session waits for, made for the first one."""
        if self._wakeups is None:
            self._wakeups = Wakeups(self._host)
        return self._wakeups

    @property
    def suspends(self) -> bool:
        """True if no input may be delivered: a `Call` runs, or the session waits for `Flushed`."""
        return self.calling is not None or (self._wakeups is not None and self._wakeups.flushing)

    def wake(self) -> None:
        """Deliver what was held back, as far as nothing else holds it."""
        if self._wakeups is not None:
            self._wakeups.wake()

    # Timers of real time.

    def set_timer(self, name: str, seconds: float) -> None:
        """Start a timer; replaces one of the same name."""
        self.cancel_timer(name)
        self._timers[name] = self._host.listener.reactor.callLater(seconds, self._timer_fired, name)

    def cancel_timer(self, name: str) -> None:
        """Cancel a timer, if it is set."""
        if call := self._timers.pop(name, None):
            call.cancel()

    def _timer_fired(self, name: str) -> None:
        if self._host.fd < 0:
            return
        self._timers.pop(name, None)
        if self.calling is not None:
            self.calling.append(name)
        else:
            self._host.deliver(TimerFired(name))

    # Calls.

    def call(self, effect: Call) -> None:
        """Run work in the thread pool; reading is suspended until it is done."""
        listener = self._host.listener
        then = partial(self._follow, effect.then)
        if type(effect) is GroupCommit:
            listener.call_grouped(effect.work, self._called, then)
        elif type(effect) is Compute:
            listener.call_computing(effect.work, self._called, then)
        else:
            call_off_reactor(listener.reactor, effect.work, self._called, then)
        self.calling = []
        self._host.stop_reading()

    def _follow(self, then: Callable[[], object]) -> None:
        """Call `then`. An error in it is logged, and raised for the session, so that its client gets an answer."""
        try:
            then()
        except Exception as error:
            self._host.listener.internal_error(f"the `then` of a call of {self._host!r}", error)
            raise

    def _called(self, result: Any, error: Exception | None) -> None:  # Any: the result of the session's own work
        missed, self.calling = self.calling, None
        host = self._host
        if host.fd < 0:
            return
        host.deliver(Called(result, error))
        for name in missed or ():
            self._timer_fired(name)
        host.wake_faults()
        host.read_on()

    # Other connections.

    def ask_host(self, effect: AskHost) -> None:
        """Query another host on behalf of the session."""
        self.asking = Outgoing(self._host.listener.reactor, effect, self._host_answered)
        self.asking.start()

    def _host_answered(self, data: bytes, error: str) -> None:
        self.asking = None
        self._host.deliver(HostAnswered(data, error))

    def data_driver(self) -> "DataDriver":
        """Return the driver of data connections, made for the first one."""
        if self.data is None:
            from homeport.io.data.data_connection import DataDriver  # most sessions never need it

            self.data = DataDriver(self._host)
        return self.data
