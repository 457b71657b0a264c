"""What a session has asked for and what takes its time: timers, calls off the reactor, other hosts, data connections.

Made for a connection when its session first asks for one of them.
"""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from homeport.io.net.outgoing import Outgoing
from homeport.io.net.reactor import DelayedCall
from homeport.io.net.worker_calls import call_off_reactor
from homeport.protocol.effects import AskHost, Call, CallTogether
from homeport.protocol.events import Called, Event, HostAnswered, TimerFired
from homeport.world.journal import Connection

if TYPE_CHECKING:
    from homeport.io.data.data_connection import DataDriver
    from homeport.io.net.listener import StreamListener


class Requester(Protocol):
    """The connection whose session asks, as its requests know it."""

    @property
    def fd(self) -> int: ...
    @property
    def listener(self) -> "StreamListener": ...
    @property
    def connection(self) -> Connection: ...
    def logPrefix(self) -> str: ...  # noqa: N802 - Twisted's name
    def tell(self, event: Event) -> None: ...
    def push(self) -> None: ...
    def touch(self) -> None: ...
    def wake_faults(self) -> None: ...
    def read_on(self) -> None: ...
    def stop_reading(self) -> None: ...


class Requests:
    """The requests of one session."""

    __slots__ = ("_host", "_timers", "asking", "calling", "data")

    def __init__(self, host: Requester) -> None:
        self._host = host
        self._timers: dict[str, DelayedCall] = {}
        self.calling: list[str] | None = None
        """The timers that ran out during a call, which are told after it; None while there is no call."""
        self.asking: Outgoing | None = None
        """The other host that is being asked."""
        self.data: DataDriver | None = None
        """What moves files beside the connection."""

    def cancel(self) -> None:
        """End all of them without a word to the session."""
        for call in self._timers.values():
            call.cancel()
        self._timers.clear()
        if self.asking is not None:
            self.asking.cancel()
        if self.data is not None:
            self.data.drop()

    @property
    def transferring(self) -> bool:
        """Whether a transfer is under way, which has a timeout of its own."""
        return self.data is not None and self.data.transfer is not None

    # Timers of real time.

    def set_timer(self, name: str, seconds: float) -> None:
        """Start a timer; one of that name that runs is stopped."""
        self.cancel_timer(name)
        self._timers[name] = self._host.listener.reactor.callLater(seconds, self._timer_fired, name)

    def cancel_timer(self, name: str) -> None:
        """Stop a timer, if it runs."""
        if call := self._timers.pop(name, None):
            call.cancel()

    def _timer_fired(self, name: str) -> None:
        if self._host.fd < 0:
            return
        self._timers.pop(name, None)
        if self.calling is not None:
            self.calling.append(name)
        else:
            self._host.tell(TimerFired(name))

    # Calls.

    def call(self, effect: Call) -> None:
        """Run work off the reactor; nothing is read until it is over."""
        listener = self._host.listener
        then = partial(self._follow, effect.then)
        if type(effect) is CallTogether:
            listener.call_together(effect.work, self._called, then)
        else:
            call_off_reactor(listener.reactor, effect.work, self._called, then)
        self.calling = []
        self._host.stop_reading()

    def _follow(self, then: Callable[[], object]) -> None:
        """Do what follows the work; the session is told of an error there, too, so that its client has an answer."""
        try:
            then()
        except Exception as error:
            self._host.listener.internal_error(f"what follows a call of {self._host!r}", error)
            raise

    def _called(self, result: Any, error: Exception | None) -> None:  # Any: what the session's own work returns
        missed, self.calling = self.calling, None
        host = self._host
        if host.fd < 0:
            return
        host.tell(Called(result, error))
        for name in missed or ():
            self._timer_fired(name)
        host.wake_faults()
        host.read_on()

    # Other connections.

    def ask_host(self, effect: AskHost) -> None:
        """Ask another host on the session's behalf."""
        self.asking = Outgoing(self._host.listener.reactor, effect, self._host_answered)
        self.asking.start()

    def _host_answered(self, data: bytes, error: str) -> None:
        self.asking = None
        self._host.tell(HostAnswered(data, error))

    def data_driver(self) -> "DataDriver":
        """Return what moves files beside this connection, made for the first."""
        if self.data is None:
            from homeport.io.data.data_connection import DataDriver  # most sessions never need it

            self.data = DataDriver(self._host)
        return self.data
