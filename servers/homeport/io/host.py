"""A world on the network: its listeners, opened together and closed together."""

from collections.abc import Callable, Iterable

from homeport.config import Config
from homeport.guard import Guard
from homeport.io.datagrams import DatagramListener
from homeport.io.listener import StreamListener
from homeport.io.mmsg import Batch
from homeport.io.reactor import DelayedCall, Reactor
from homeport.io.sockets import Bound, Wanted
from homeport.io.stream import Stream
from homeport.services import find_service
from homeport.world.world import World

STOP_SECONDS = 0.8
"""Real time that connections have to take their farewell when a world closes."""
STOP_CHECK = 0.02
LONGEST_SWEEP = 1.0
SHORTEST_SWEEP = 0.05


def wanted_sockets(config: Config) -> list[Wanted]:
    """Every listener that the configured services need sockets for."""
    return [
        Wanted(
            service=name,
            listener=listener.name,
            transport=listener.transport,
            port=getattr(options, listener.option),
            option=listener.option,
            dscp=options.dscp,
        )
        for name, options in config.services.items()
        for listener in find_service(name).listeners
    ]


class WorldHost:
    """One world with its listeners.

    bound: sockets for every listener of `wanted_sockets(config)`; owned from here on.
    """

    def __init__(
        self, reactor: Reactor, world: World, config: Config, bound: Iterable[Bound], guard: Guard, batch: Batch | None
    ) -> None:
        self.reactor = reactor
        self.world = world
        self.config = config
        self.streams: list[StreamListener] = []
        self.datagrams: list[DatagramListener] = []
        for one in bound:
            name = one.wanted.service
            service, options = find_service(name), config.services[name]
            if one.wanted.transport == "tcp":
                self.streams.append(StreamListener(reactor, world, service, options, config.limits, one))
            else:
                self.datagrams.append(
                    DatagramListener(reactor, world, service, options, config.limits, one, guard, batch)
                )
        self._sweep_seconds = self._shortest_limit()
        self._sweeper: DelayedCall | None = None
        self._waker: DelayedCall | None = None
        world.clock.on_change = self._wake_for_timers
        world.faults.on_change.append(self._faults_changed)

    @property
    def listeners(self) -> list[StreamListener | DatagramListener]:
        """All of them, in the order of the configuration."""
        order = list(self.config.services)
        return sorted([*self.streams, *self.datagrams], key=lambda one: order.index(one.service.name))

    @property
    def connections(self) -> int:
        """How many stand."""
        return sum(len(listener.streams) for listener in self.streams)

    def start(self) -> None:
        """Serve."""
        for listener in self.listeners:
            listener.start()
        self._sweeper = self.reactor.callLater(self._sweep_seconds, self._sweep)
        self._wake_for_timers()

    def stop(self, done: Callable[[], None]) -> None:
        """Close everything; connections say their farewell first, within a second. `done` is called at the end."""
        self.world.clock.on_change = lambda: None
        self.world.faults.on_change.remove(self._faults_changed)
        for call in (self._sweeper, self._waker):
            if call is not None and call.active():
                call.cancel()
        for listener in self.listeners:
            listener.close()
        for stream in self._open_streams():
            stream.stop()
        self._wait_for_end(self.reactor.seconds() + STOP_SECONDS, done)

    def _wait_for_end(self, deadline: float, done: Callable[[], None]) -> None:
        if self.connections and self.reactor.seconds() < deadline:
            self.reactor.callLater(STOP_CHECK, self._wait_for_end, deadline, done)
            return
        for stream in self._open_streams():
            stream.gone("stopped")
        done()

    def _open_streams(self) -> list[Stream]:
        return [stream for listener in self.streams for stream in listener.streams.values()]

    def _shortest_limit(self) -> float:
        """Seconds between looks for connections over their time: a quarter of the shortest limit, at most one."""
        limits = [float(value) for one in self.streams for value in (one.limits.idle, one.limits.session) if value]
        return min([LONGEST_SWEEP, *(max(limit / 4, SHORTEST_SWEEP) for limit in limits)])

    def _sweep(self) -> None:
        for listener in self.streams:
            listener.sweep(self._sweep_seconds)
        self._sweeper = self.reactor.callLater(self._sweep_seconds, self._sweep)

    def _faults_changed(self) -> None:
        for listener in (*self.streams, *self.datagrams):
            listener.faults_changed()

    def _wake_for_timers(self) -> None:
        """Have the world's clock fire when its next timer falls due."""
        if self._waker is not None and self._waker.active():
            self._waker.cancel()
        seconds = self.world.clock.seconds_to_next()
        self._waker = None if seconds is None else self.reactor.callLater(seconds, self._fire_timers)

    def _fire_timers(self) -> None:
        self.world.clock.fire()
        self._wake_for_timers()
