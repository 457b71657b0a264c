"""The supervisor: one farm, that is a reactor, its worlds and the control listener; all start or none does."""

import time
from collections.abc import Callable
from functools import cache
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from homeport.config.certificates import CertificateError
from homeport.config.checks import control_hosts
from homeport.config.sections import Config
from homeport.control.farm import FarmRefused
from homeport.disk.data_folder import open_data
from homeport.farm.host import WorldHost, wanted_sockets
from homeport.farm.well_known import Missing, WellKnownPortsError, find_missing_ports
from homeport.io import platform
from homeport.io.net.guard import Guard
from homeport.io.net.mmsg import Batch, available
from homeport.io.net.reactor import Reactor
from homeport.io.net.sockets import (
    Bound,
    CannotListenError,
    Inherited,
    PortTakenError,
    Wanted,
    bind_all,
    unavailable,
)
from homeport.io.tls.certificates import Certificates, wants_tls
from homeport.protocol.addresses import ANYWHERE, Asked, connectable, url_host
from homeport.services import all_services, find_service
from homeport.version import __version__
from homeport.world.budget import Budget
from homeport.world.clock import ClockStore
from homeport.world.mail.store import Store as MailStore
from homeport.world.row_store import Store as RowStore
from homeport.world.world import DEFAULT_WORLD, World

if TYPE_CHECKING:
    from homeport.config.changes import Reloaded

CONTROL = "control"
MIN_DESCRIPTORS = 8192
"""Minimum number of descriptors that the process reserves at start: enough for 200 worlds."""


class FarmSockets:
    """All sockets of a starting farm, bound before Twisted is imported.

    Raises: PortTakenError, CannotListenError, WellKnownPortsError; every socket is closed then.
    """

    def __init__(self, config: Config, inherited: Inherited | None = None) -> None:
        platform.reserve_descriptors(MIN_DESCRIPTORS)
        wanted = wanted_sockets(config)
        control = Wanted(service=CONTROL, listener="http", transport="tcp", port=config.control.port)
        # Sockets passed by systemd may be what a second attempt conflicts with.
        surveys = config.farm.well_known and not inherited
        try:
            self._bind(config, wanted, control, inherited)
        except (PortTakenError, CannotListenError):
            if surveys and (missing := find_missing(config, wanted, control)):
                raise WellKnownPortsError(missing) from None
            raise
        if inherited and (left := inherited.left()):
            self.remarks.append(
                f"no service matches the inherited sockets {', '.join(left)}: name them after services, "
                "or bind them to the services' ports"
            )
        self.remarks += without_active_ports(config)

    def _bind(self, config: Config, wanted: list[Wanted], control: Wanted, inherited: Inherited | None) -> None:
        hosts, reuse_port = config.farm.hosts, config.farm.reuse_port
        self.services, self.remarks = bind_all(wanted, hosts, inherited, reuse_port=reuse_port)
        try:
            (self.control,), _same = bind_all([control], control_hosts(config), inherited)
        except BaseException:
            for bound in self.services:
                bound.close()
            raise


def find_missing(config: Config, wanted: list[Wanted], control: Wanted) -> list[Missing]:
    """Return every port of a farm that cannot be bound."""
    hosts = config.farm.hosts
    return [*find_missing_ports(wanted, hosts), *find_missing_ports([control], control_hosts(config))]


def without_active_ports(config: Config) -> list[str]:
    """Return a warning for each active-mode port that cannot be bound; the system chooses another in its place."""
    remarks = []
    for name, options in config.services.items():
        if find_service(name).exchanges:
            continue
        for what, _option, first, last in find_service(name).other_ports(options):
            if first == last and (reason := unavailable(first, config.farm.hosts)):
                remarks.append(f"{name}'s {what} {first} is unavailable ({reason}): the system chooses another")
    return remarks


class Farm:
    """A farm on a reactor, which the caller runs. All methods but `__init__` must run on the reactor's thread.

    Raises: CertificateError, DataFolderError, FolderError, StoreError.
    """

    def __init__(self, reactor: Reactor, config: Config, sockets: FarmSockets, pid: int) -> None:
        self.reactor = reactor
        self.config = config
        self.hosts: dict[str, WorldHost] = {}
        self.pid = pid
        data = Path(config.farm.data) if config.farm.data else None
        self._data = open_data(data) if data else None
        self.certificates = Certificates(config.tls, config.farm.hosts, data)
        self.control = sockets.control
        self.load: Callable[[], Config] | None = None
        """Reads the configuration again from its sources; None if they are unknown."""
        self._guard = Guard(enabled=config.limits.udp_guard, answers_per_second=config.limits.udp_answers_per_second)
        self._batch = Batch() if available() else None
        self.budget = Budget(int(config.limits.incoming))
        """Bounds the data that is being received, in all worlds and by the API."""
        self._control_port: Any = None
        self._world_numbers = count(1)
        if wants_tls(config):
            self.certificates.prepare()
        self._add(DEFAULT_WORLD, config, sockets.services)

    def start(self, control_factory: Any) -> None:
        """Start the worlds, and the control API with a factory of Twisted's."""
        for host in self.hosts.values():
            host.start()
        self._control_port = [
            self.reactor.adoptStreamPort(one.fileno(), one.family, control_factory)  # type: ignore[attr-defined]
            for one in self.control.sockets
        ]

    def make_world(self, name: str, config: Config) -> WorldHost:
        """Create and start another world.

        Raises: FarmRefused.
        """
        if name in self.hosts:
            raise FarmRefused(f"world {name!r} already exists: give another name, or none")
        if len(self.hosts) >= (limit := self.config.farm.worlds):
            raise FarmRefused(f"limit of {limit} worlds reached: close one with DELETE, or raise [farm] worlds")
        try:
            if wants_tls(config):
                self.certificates.prepare()
            bound, _remarks = bind_all(wanted_sockets(config), config.farm.hosts, reuse_port=config.farm.reuse_port)
        except (PortTakenError, CannotListenError, CertificateError) as error:
            raise FarmRefused(str(error)) from None
        host = self._add(name, config, bound)
        host.start()
        return host

    def unused_name(self) -> str:
        """Return a world name that this farm has not used."""
        return next(name for number in self._world_numbers if (name := f"w{number}") not in self.hosts)

    def close_world(self, name: str, done: Callable[[], None]) -> None:
        """Close a world and free everything it had.

        Raises: KeyError if there is no such world.
        """
        host = self.hosts.pop(name)
        for told in list(host.world.on_close):
            told()
        self._tell_guard()

        def stopped() -> None:
            host.world.close()
            done()

        host.stop(stopped)

    def reload(self) -> "Reloaded":
        """Read the configuration again and apply what needs no restart; nothing changes if it is invalid.

        Raises: FarmRefused, ConfigError.
        """
        from homeport.farm.reload import reload_farm

        return reload_farm(self)

    def configure(self, config: Config) -> None:
        """Apply the settings that all worlds share."""
        self.config = config
        limits = config.limits
        self._guard.configure(enabled=limits.udp_guard, answers_per_second=limits.udp_answers_per_second)
        self.budget.limit = int(limits.incoming)
        self._tell_guard()

    def call_off(self, work: Callable[[], Any], done: Callable[[Any, Exception | None], None]) -> None:
        """Run slow work in the thread pool, then call `done(result, error)` on the reactor's thread."""
        from homeport.io.net.worker_calls import call_off_reactor

        call_off_reactor(self.reactor, work, done)

    def stop(self, done: Callable[[], None]) -> None:
        """Close everything, within a second."""
        for port in self._control_port or ():
            port.stopListening()
        self.control.close()
        self.certificates.close()
        left = len(self.hosts)

        def one_done() -> None:
            nonlocal left
            left -= 1
            if left <= 0:
                self._unlock()
                # API clients get their final events when this turn ends, in which the first call may still come.
                self.reactor.callLater(0, self.reactor.callLater, 0, done)

        if not self.hosts:
            self._unlock()
            done()
        for name in list(self.hosts):
            self.close_world(name, one_done)

    def _unlock(self) -> None:
        """Let another farm use the data folder."""
        if self._data is not None:
            self._data.close()

    def describe(self, world: str, asked: Asked | None = None) -> dict[str, Any]:
        """Return the ready object of a world, as the ready line, the ready file and the API show it.

        asked: the host that the request was sent to; it replaces wildcard addresses.

        Raises: KeyError if there is no such world.
        """
        services: dict[str, dict[str, Any]] = {}
        for listener in self.hosts[world].listeners:
            bound = listener.bound
            services.setdefault(listener.service.name, {})[bound.wanted.listener] = {
                "host": connectable(bound.addresses, asked),
                "port": bound.port,
                "addresses": bound.addresses,
            }
        control = self.control.addresses
        port = asked[1] if asked and control[0] in ANYWHERE else self.control.port
        return {
            "event": "ready",
            "version": __version__,
            "pid": self.pid,
            "control": f"http://{url_host(connectable(control, asked))}:{port}",
            "ca_file": self.certificates.ca_file,
            "world": world,
            "services": services,
        }

    def _tell_guard(self) -> None:
        """Give the guard the UDP ports of our worlds, and the default ones, which other farms have."""
        ours = {one.bound.port for host in self.hosts.values() for one in host.datagrams}
        # Without datagram listeners there is nothing to guard, and no other service need be imported for it.
        self._guard.know_services(ours | default_udp_ports() if ours else ours)

    def _add(self, name: str, config: Config, bound: list[Bound]) -> WorldHost:
        stores = open_stores(self.config.farm.data, name)
        options = dict(config.services)
        try:
            world = World(
                name,
                config.contents,
                config.journal,
                time.time,
                options,
                config.clock,
                *stores,
                clock_store=open_clock(self.config.farm.data, name),
                budget=self.budget,
            )
        except BaseException:
            for store in stores:
                if store is not None:
                    store.close()
            raise
        world.faults.by_client = config.faults.by_client
        host = WorldHost(self.reactor, world, config, bound, self._guard, self._batch, self.certificates)
        self.hosts[name] = host
        self._tell_guard()
        return host


@cache
def default_udp_ports() -> frozenset[int]:
    """Return the default UDP ports of all services."""
    return frozenset(
        one.default_port for service in all_services() for one in service.listeners if one.transport == "udp"
    )


def open_clock(data: str, world: str) -> ClockStore | None:
    """Return the storage of a world's clock; None for memory, as `open_stores`."""
    if not data or world != DEFAULT_WORLD:
        return None
    from homeport.disk.clock_store import ClockFile

    return ClockFile(Path(data) / "registry" / world)


def open_stores(data: str, world: str) -> tuple[MailStore | None, RowStore | None, RowStore | None, RowStore | None]:
    """Open the stores of a world's mail, registry, mailboxes and zones; None for memory.

    Only the first world of a farm is persistent: the others are made for a test and end with it.

    Raises: FolderError, StoreError.
    """
    if not data or world != DEFAULT_WORLD:
        return None, None, None, None
    from homeport.disk import mail_store, mailboxes_store, registry_store, zones_store

    folder = Path(data) / "mail" / world
    opened: list[MailStore | RowStore] = []
    try:
        opened.append(mail := mail_store.DiskStore(folder))
        opened.append(registry := registry_store.open_registry(Path(data) / "registry" / world))
        opened.append(mailboxes := mailboxes_store.open_mailboxes(folder))
        return mail, registry, mailboxes, zones_store.open_zones(Path(data) / "registry" / world)
    except BaseException:
        for one in opened:
            one.close()
        raise
