"""A world on the network: its listeners, opened together and closed together."""

import logging
import math
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Any, Protocol

from homeport.config.certificates import CertificateError
from homeport.config.sections import Config
from homeport.control.farm import FarmRefused
from homeport.disk.data_folder import probe
from homeport.disk.world_files import WorldFiles
from homeport.io.data.passive_ports import PassivePorts
from homeport.io.net.datagram_queries import DatagramQueries
from homeport.io.net.datagrams import DatagramListener
from homeport.io.net.exchanges import Exchanges
from homeport.io.net.guard import Guard
from homeport.io.net.listener import StreamListener
from homeport.io.net.mmsg import Batch
from homeport.io.net.own_connections import find_connection
from homeport.io.net.own_machine import OwnMachine
from homeport.io.net.reactor import DelayedCall, Reactor
from homeport.io.net.service_listener import ServiceListener
from homeport.io.net.sockets import Bound, Wanted
from homeport.io.net.stream import Stream
from homeport.io.net.worker_calls import call_off_reactor
from homeport.io.tls.certificates import Certificates
from homeport.services import find_service
from homeport.world.endpoints import Endpoint
from homeport.world.journal import Connection
from homeport.world.row_store import StoreError
from homeport.world.world import World

log = logging.getLogger("homeport")

STOP_SECONDS = 0.8
"""Time for connections to end orderly when a world closes, in real seconds."""
STOP_POLL_SECONDS = 0.02
MAX_SWEEP_SECONDS = 1.0
PROBE_SECONDS = 2.0
"""Time between trials of a disk that fails."""
MIN_SWEEP_SECONDS = 0.05


def wanted_sockets(config: Config) -> list[Wanted]:
    """Return every listener that needs a socket under this configuration."""
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


def log_failure(_result: object, error: Exception | None) -> None:
    """Log the failure of work in the thread pool that no client waits for."""
    if error is not None:
        log.error("work in the thread pool failed", exc_info=error)


class Settled(Protocol):
    """A part of the world that is kept on disk."""

    def settle(self) -> Callable[[], None] | None:
        """Return work for a thread that writes what is queued; None if nothing is."""

    def rollback_failed(self) -> None:
        """Undo in memory what could not be written."""


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
        self._queries = DatagramQueries(reactor)
        world.file_store = self._files
        world.machine = OwnMachine()
        world.find_connection = lambda port, peer: find_connection(self.streams, port, peer)
        if world.mail.store.blocks:
            world.mail.run_blocking = lambda work: call_off_reactor(reactor, work, log_failure)
        for one in bound:
            self._add(one)
        self._sweep_seconds = self._shortest_limit()
        self._sweeper: DelayedCall | None = None
        self._waker: DelayedCall | None = None
        self._next_probe = 0.0
        self._tell_endpoints()
        world.clock.on_change = self._wake_for_timers
        world.work_in_steps()
        world.faults.on_change.append(self._faults_changed)
        self._begun: set[str] = set()
        self._begin_services()

    @property
    def listeners(self) -> list[StreamListener | DatagramListener]:
        """All listeners, in the order of the configuration."""
        order = list(self.config.services)
        return sorted([*self.streams, *self.datagrams], key=lambda one: order.index(one.service.name))

    @property
    def connections(self) -> int:
        """Number of open connections."""
        return sum(len(listener.streams) for listener in self.streams)

    @property
    def live(self) -> list[Connection]:
        """The open connections."""
        of_datagrams = [one for listener in self.datagrams for one in listener.connections]
        return [*(stream.connection for stream in self._open_streams()), *of_datagrams]

    def start(self) -> None:
        """Start all listeners."""
        for listener in self.listeners:
            listener.start()
        self._sweeper = self.reactor.callLater(self._sweep_seconds, self._sweep)
        self._wake_for_timers()

    def configure(self, config: Config, bound: Iterable[Bound]) -> None:
        """Apply another configuration.

        bound: sockets for the listeners that are new, or that move to another port.
        """
        self.config = config
        self.world.options.update(config.services)
        self.world.faults.by_client = config.faults.by_client
        current: list[StreamListener | DatagramListener] = [*self.streams, *self.datagrams]
        wanted = {one.name for one in wanted_sockets(config)}
        for gone in current:
            if gone.bound.wanted.name not in wanted:
                self._remove(gone)
        by_name: dict[str, ServiceListener] = {one.bound.wanted.name: one for one in self.listeners}
        for listener in by_name.values():
            listener.configure(config.services[listener.service.name], config.limits)
        for one in bound:
            if one.wanted.name in by_name:
                by_name[one.wanted.name].rebind(one)
            else:
                self._add(one).start()
        self._tell_endpoints()
        self._begin_services()
        interval = self._shortest_limit()
        for stream_listener in self.streams:
            stream_listener.rescale(self._sweep_seconds / interval)
        for exchanges in self._exchanges():
            exchanges.rescale(self._sweep_seconds / interval)
        self._sweep_seconds = interval
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = self.reactor.callLater(interval, self._sweep)

    def _add(self, bound: Bound) -> ServiceListener:
        """Add a listener on these sockets, without starting it."""
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

    def _tell_endpoints(self) -> None:
        """Tell the world where it listens, and by which TLSA data its certificates are trusted."""
        secured = {one.bound.wanted.name for one in self.streams if one.service.offers_tls(one.bound.wanted.listener)}
        endpoints = (
            Endpoint(
                one.service.name,
                one.bound.wanted.listener,
                one.bound.wanted.transport,
                one.bound.port,
                tuple(one.bound.addresses),
                one.bound.wanted.name in secured,
            )
            for one in self.listeners
        )
        self.world.set_endpoints(endpoints, self._tlsa)

    def _tlsa(self) -> tuple[bytes, ...]:
        """Return TLSA data of the certificates, for worlds that are asked for it; none if they cannot be read."""
        try:
            return self._certificates.tlsa()
        except CertificateError as error:
            log.warning("DNS has no TLSA records: %s", error)
            return ()

    def _begin_services(self) -> None:
        """Let services follow the world, each once."""
        for name in self.config.services.keys() - self._begun:
            self._begun.add(name)
            if (begin := find_service(name).begin) is not None:
                begin(self.world, self._queries.ask)

    def _remove(self, listener: StreamListener | DatagramListener) -> None:
        """Close a listener for good; its connections end orderly."""
        listener.close()
        if isinstance(listener, StreamListener):
            self.streams.remove(listener)
            listener.drop_connections("the service was disabled")
        else:
            self.datagrams.remove(listener)
            listener.drop_connections("the service was disabled")

    def stop_service(self, name: str) -> None:
        """Stop a service as if its server had ended: close its connections, refuse new ones, keep the ports."""
        for listener in self.listeners:
            if listener.service.name == name:
                listener.take_down()
                listener.drop_connections("the service was stopped")

    def start_service(self, name: str) -> None:
        """Start a stopped service; one that runs stays as it is.

        Raises: FarmRefused if a port has been lost.
        """
        for listener in self.listeners:
            if listener.service.name == name:
                try:
                    listener.bring_up()
                except OSError as error:
                    where = f"port {listener.bound.port} ({listener.bound.wanted.name})"
                    raise FarmRefused(f"cannot listen on {where} again: {error.strerror}") from None

    def reset(self, keep: Collection[str] = ()) -> None:
        """Reset the world to its initial state.

        keep: the parts, of KEEPABLE, that stay as they are. Raises: FarmRefused if a stopped service cannot be started
        again, or a store cannot be written.
        """
        if "connections" not in keep:
            for listener in self.listeners:
                listener.drop_connections("the world was reset")
        try:
            self.world.reset(keep)
        except StoreError as error:
            raise FarmRefused(f"a store could not be reset, and the rest of the world only in part: {error}") from None
        if "services" not in keep:
            for name in self.config.services:
                self.start_service(name)
        self.world.journal.log(None, "world", {"what": "reset", "kept": sorted(keep)})

    def stop(self, done: Callable[[], None]) -> None:
        """Close everything, within a second: connections end orderly first. `done` is called at the end."""
        self.world.clock.on_change = lambda: None
        self.world.faults.on_change.remove(self._faults_changed)
        for call in (self._sweeper, self._waker):
            if call is not None and call.active():
                call.cancel()
        self._queries.close()
        for listener in self.listeners:
            listener.close()
        for datagrams in self.datagrams:
            datagrams.drop_connections("stopped")
        for stream in self._open_streams():
            stream.stop()
        self._wait_for_end(self.reactor.seconds() + STOP_SECONDS, done)

    def _wait_for_end(self, deadline: float, done: Callable[[], None]) -> None:
        if self.connections and self.reactor.seconds() < deadline:
            self.reactor.callLater(STOP_POLL_SECONDS, self._wait_for_end, deadline, done)
            return
        for stream in self._open_streams():
            stream.gone("stopped")
        self._files.close()
        done()

    def _open_streams(self) -> list[Stream]:
        return [stream for listener in self.streams for stream in listener.streams.values()]

    def _exchanges(self) -> list[Exchanges]:
        return [one.exchanges for one in self.datagrams if one.exchanges is not None]

    def _shortest_limit(self) -> float:
        """Return the seconds between sweeps for timed-out connections: a quarter of the shortest limit, at most one."""
        sessions = [*self.streams, *(one for one in self.datagrams if one.exchanges is not None)]
        limits = [float(value) for one in sessions for value in (one.limits.idle, one.limits.session) if value]
        return min([MAX_SWEEP_SECONDS, *(max(limit / 4, MIN_SWEEP_SECONDS) for limit in limits)])

    def _sweep(self) -> None:
        for listener in self.streams:
            listener.sweep(self._sweep_seconds)
        for exchanges in self._exchanges():
            exchanges.sweep(self._sweep_seconds)
        self._flush_registry()
        self._settle(self.world.mailboxes, "changes of mailboxes")
        self._settle(self.world.zones, "changes of zones")
        self._probe_storage()
        self._sweeper = self.reactor.callLater(self._sweep_seconds, self._sweep)

    def _probe_storage(self) -> None:
        """While stores fail, try the disk now and then: clients that were refused may not come back to find out."""
        storage, folder = self.world.storage, self.config.farm.data
        if not storage.problems or not folder or self.reactor.seconds() < self._next_probe:
            return
        self._next_probe = math.inf  # until this one has ended; a failing disk may take long

        def probed(_result: Any, error: Exception | None) -> None:
            self._next_probe = self.reactor.seconds() + PROBE_SECONDS
            if error is None:
                storage.all_recovered()

        call_off_reactor(self.reactor, lambda: probe(Path(folder)), probed)

    def _flush_registry(self) -> None:
        """Write registry changes that no client waits for, such as those of time."""
        store = self.world.registry_store
        if store is None:
            return
        if store.failed:
            self.world.registry.rollback_failed()  # the client that waited for it is gone
        elif store.waiting:
            # The registry of that moment: a reset makes another one.
            self._store(store.flush, lambda: self.world.registry.rollback_failed(), "registry changes")

    def _settle(self, part: Settled, changes: str) -> None:
        """Write changes of a part of the world that no client waits for, such as deliveries."""
        work = part.settle()
        if work is not None:
            self._store(work, part.rollback_failed, changes)

    def _store(self, work: Callable[[], object], rollback: Callable[[], None], changes: str) -> None:
        """Write changes in the thread pool; if they are lost, roll them back. changes: names them in the log."""

        def stored(_result: Any, error: Exception | None) -> None:
            if error is not None:
                if not isinstance(error, StoreError):  # that has been logged, once
                    log.error("%s rolled back: %s", changes, error)
                rollback()

        call_off_reactor(self.reactor, work, stored)

    def _faults_changed(self) -> None:
        for listener in (*self.streams, *self.datagrams):
            listener.faults_changed()

    def _wake_for_timers(self) -> None:
        """Schedule the world's clock for its next timer."""
        if self._waker is not None and self._waker.active():
            self._waker.cancel()
        if self.world.clock.jumping:
            self._waker = None  # the jump fires what is due, and calls again at its end
            return
        seconds = self.world.clock.seconds_to_next()
        self._waker = None if seconds is None else self.reactor.callLater(seconds, self._fire_timers)

    def _fire_timers(self) -> None:
        self.world.clock.fire()
        self._wake_for_timers()
