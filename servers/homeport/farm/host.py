"""A world on the network: its listeners, opened together and closed together."""

import logging
from collections.abc import Callable, Collection, Iterable
from typing import Any

from homeport.config.sections import Config
from homeport.control.farm import FarmRefused
from homeport.disk.world_files import WorldFiles
from homeport.io.data.passive_ports import PassivePorts
from homeport.io.net.datagrams import DatagramListener
from homeport.io.net.guard import Guard
from homeport.io.net.listener import StreamListener
from homeport.io.net.mmsg import Batch
from homeport.io.net.reactor import DelayedCall, Reactor
from homeport.io.net.service_listener import ServiceListener
from homeport.io.net.sockets import Bound, Wanted
from homeport.io.net.stream import Stream
from homeport.io.net.worker_calls import call_off_reactor
from homeport.io.tls.certificates import Certificates
from homeport.services import find_service
from homeport.world.journal import Connection
from homeport.world.registry.store import StoreError
from homeport.world.world import World

log = logging.getLogger("homeport")

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
            iana_port=listener.iana_port,
            dscp=options.dscp,
        )
        for name, options in config.services.items()
        for listener in find_service(name).listeners
        if listener.is_wanted(options)
    ]


class WorldHost:
    """One world with its listeners.

    bound: sockets for every listener of `wanted_sockets(config)`; owned from here on.
    """

    def __init__(
        self,
        reactor: Reactor,
        world: World,
        config: Config,
        bound: Iterable[Bound],
        guard: Guard,
        batch: Batch | None,
        certificates: Certificates,
    ) -> None:
        self.reactor = reactor
        self.world = world
        self.config = config
        self.streams: list[StreamListener] = []
        self.datagrams: list[DatagramListener] = []
        self._guard = guard
        self._batch = batch
        self._certificates = certificates
        self._passive_ports = PassivePorts(reactor)
        self._files = WorldFiles(world, config)
        world.file_store = self._files
        for one in bound:
            self._add(one)
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

    @property
    def live(self) -> list[Connection]:
        """Those that stand."""
        return [stream.connection for stream in self._open_streams()]

    def start(self) -> None:
        """Serve."""
        for listener in self.listeners:
            listener.start()
        self._sweeper = self.reactor.callLater(self._sweep_seconds, self._sweep)
        self._wake_for_timers()

    def configure(self, config: Config, bound: Iterable[Bound]) -> None:
        """Serve by another configuration from now on.

        bound: sockets for the listeners that are new, or that move to another port.
        """
        self.config = config
        self.world.options.update(config.services)
        self.world.faults.by_client = config.faults.by_client
        standing: list[StreamListener | DatagramListener] = [*self.streams, *self.datagrams]
        wanted = {one.name for one in wanted_sockets(config)}
        for gone in standing:
            if gone.bound.wanted.name not in wanted:
                self._remove(gone)
        there: dict[str, ServiceListener] = {one.bound.wanted.name: one for one in self.listeners}
        for listener in there.values():
            listener.configure(config.services[listener.service.name], config.limits)
        for one in bound:
            if one.wanted.name in there:
                there[one.wanted.name].rebind(one)
            else:
                self._add(one).start()
        interval = self._shortest_limit()
        for stream_listener in self.streams:
            stream_listener.rescale(self._sweep_seconds / interval)
        self._sweep_seconds = interval
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = self.reactor.callLater(interval, self._sweep)

    def _add(self, bound: Bound) -> ServiceListener:
        """A listener on these sockets, which does not serve yet."""
        name = bound.wanted.service
        service, options, limits = find_service(name), self.config.services[name], self.config.limits
        if bound.wanted.transport == "tcp":
            stream = StreamListener(self.reactor, self.world, service, options, limits, bound, self._certificates)
            stream.passive_ports = self._passive_ports
            self.streams.append(stream)
            return stream
        datagram = DatagramListener(self.reactor, self.world, service, options, limits, bound, self._guard, self._batch)
        self.datagrams.append(datagram)
        return datagram

    def _remove(self, listener: StreamListener | DatagramListener) -> None:
        """Close a listener for good; its connections say their farewell."""
        listener.close()
        if isinstance(listener, StreamListener):
            self.streams.remove(listener)
            listener.drop_connections("the service was switched off")
        else:
            self.datagrams.remove(listener)

    def stop_service(self, name: str) -> None:
        """Take a service down, as if its server had ended: clients are refused, connections closed; ports stay ours."""
        for listener in self.listeners:
            if listener.service.name == name:
                listener.take_down()
                if isinstance(listener, StreamListener):
                    listener.drop_connections("the service was stopped")

    def start_service(self, name: str) -> None:
        """Have a stopped service serve again; one that runs goes on.

        Raises: FarmRefused if a port is lost.
        """
        for listener in self.listeners:
            if listener.service.name == name:
                try:
                    listener.bring_up()
                except OSError as error:
                    where = f"port {listener.bound.port} ({listener.bound.wanted.name})"
                    raise FarmRefused(f"{where} cannot be listened on again: {error.strerror}") from None

    def reset(self, keep: Collection[str] = ()) -> None:
        """Return the world to its first state.

        keep: of KEEPABLE, what stays as it is. Raises: FarmRefused if a stopped service cannot serve again, or the
        registry's disk refuses.
        """
        if "connections" not in keep:
            for listener in self.streams:
                listener.drop_connections("the world was reset")
        try:
            self.world.reset(keep)
        except StoreError as error:
            raise FarmRefused(f"the registry is as it was, and not all of the world is reset: {error}") from None
        if "services" not in keep:
            for name in self.config.services:
                self.start_service(name)
        self.world.journal.log(None, "world", {"what": "reset", "kept": sorted(keep)})

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
        self._files.close()
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
        self._keep_registry()
        self._sweeper = self.reactor.callLater(self._sweep_seconds, self._sweep)

    def _keep_registry(self) -> None:
        """Write what nobody waits for, such as acts of time."""
        store = self.world.registry_store
        if store is None:
            return
        if store.failed:
            self.world.registry.take_back_lost()  # who waited for it is gone
        elif store.waiting:
            call_off_reactor(self.reactor, store.flush, self._registry_kept)

    def _registry_kept(self, _result: Any, error: Exception | None) -> None:
        if error is not None:
            log.error("changes of the registry are taken back: %s", error)
            self.world.registry.take_back_lost()

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
