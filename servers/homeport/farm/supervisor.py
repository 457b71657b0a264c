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
from homeport.farm.well_known import Missing, WellKnownPortsError, survey
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
from homeport.world.mail.store import Store as MailStore
from homeport.world.registry.store import Store as RegistryStore
from homeport.world.world import DEFAULT_WORLD, World

if TYPE_CHECKING:
    from homeport.config.changes import Reloaded

CONTROL = "control"
ROOM = 8192
"""Descriptors that the process has room for from the start: some 200 worlds."""


class FarmSockets:
    """Every socket that a farm begins with, bound before Twisted is imported.

    Raises: PortTakenError, CannotListenError, WellKnownPortsError; nothing stays open then.
    """

    def __init__(self, config: Config, inherited: Inherited | None = None) -> None:
        platform.reserve_descriptors(ROOM)
        wanted = wanted_sockets(config)
        control = Wanted(service=CONTROL, listener="http", transport="tcp", port=config.control.port)
        # What systemd passes may be what is in the way of a second try.
        surveys = config.farm.well_known and not inherited
        try:
            self._bind(config, wanted, control, inherited)
        except (PortTakenError, CannotListenError):
            if surveys and (missing := find_missing(config, wanted, control)):
                raise WellKnownPortsError(missing) from None
            raise
        if inherited and (left := inherited.left()):
            self.remarks.append(
                f"no service for the inherited sockets {', '.join(left)}: name them as the services are, "
                "or have them on the services' ports"
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
    """Return every port of a farm that cannot be had."""
    hosts = config.farm.hosts
    return [*survey(wanted, hosts), *survey([control], control_hosts(config))]


def without_active_ports(config: Config) -> list[str]:
    """Return remarks on the ports to connect from that cannot be had; any other is taken in their place."""
    remarks = []
    for name, options in config.services.items():
        for what, _option, first, last in find_service(name).other_ports(options):
            if first == last and (reason := unavailable(first, config.farm.hosts)):
                remarks.append(f"{name}'s {what} {first} cannot be had ({reason}): any other is taken instead")
    return remarks


class Farm:
    """A farm on a reactor, which the caller runs. Everything but `__init__` happens on the reactor's thread.

    Raises: CertificateError, DataFolderError, FolderError, StoreError.
    """

    def __init__(self, reactor: Reactor, config: Config, sockets: FarmSockets, pid: int) -> None:
        self.reactor = reactor
        self.config = config
        self.hosts: dict[str, WorldHost] = {}
        self.pid = pid
        data = Path(config.farm.data) if config.farm.data else None
        if data:
            open_data(data)
        self.certificates = Certificates(config.tls, config.farm.hosts, data)
        self.control = sockets.control
        self.load: Callable[[], Config] | None = None
        """Reads the configuration again from where it came; None where that is not known."""
        self._guard = Guard(enabled=config.limits.udp_guard, answers_per_second=config.limits.udp_answers_per_second)
        self._batch = Batch() if available() else None
        self._control_port: Any = None
        self._world_numbers = count(1)
        if wants_tls(config):
            self.certificates.prepare()
        self._add(DEFAULT_WORLD, config, sockets.services)

    def start(self, control_factory: Any) -> None:
        """Serve the worlds that there are, and the control API with a factory of Twisted's."""
        for host in self.hosts.values():
            host.start()
        self._control_port = [
            self.reactor.adoptStreamPort(one.fileno(), one.family, control_factory)  # type: ignore[attr-defined]
            for one in self.control.sockets
        ]

    def make_world(self, name: str, config: Config) -> WorldHost:
        """Another world, serving at once.

        Raises: FarmRefused.
        """
        if name in self.hosts:
            raise FarmRefused(f"there is a world {name!r} already: give another name, or none")
        if len(self.hosts) >= (most := self.config.farm.worlds):
            raise FarmRefused(f"there are {most} worlds, as many as [farm] worlds allows: close one with DELETE")
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
        """A name that no world of this farm has, nor ever had if it was given here."""
        return next(name for number in self._world_numbers if (name := f"w{number}") not in self.hosts)

    def close_world(self, name: str, done: Callable[[], None]) -> None:
        """Close a world and free everything it had.

        Raises: KeyError if there is none of that name.
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
        """Read the configuration again, and take over what can be; nothing changes if it is wrong.

        Raises: FarmRefused, ConfigError.
        """
        from homeport.farm.reload import reload_farm

        return reload_farm(self)

    def configure(self, config: Config) -> None:
        """Have what all worlds share follow another configuration."""
        self.config = config
        limits = config.limits
        self._guard.configure(enabled=limits.udp_guard, answers_per_second=limits.udp_answers_per_second)
        self._tell_guard()

    def call_off(self, work: Callable[[], Any], done: Callable[[Any, Exception | None], None]) -> None:
        """Run work that takes its time off the reactor, then `done(result, error)` on it."""
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
                # What clients of the API are told of the end leaves when this turn ends, in which the first call may
                # still come.
                self.reactor.callLater(0, self.reactor.callLater, 0, done)

        if not self.hosts:
            done()
        for name in list(self.hosts):
            self.close_world(name, one_done)

    def describe(self, world: str, asked: Asked | None = None) -> dict[str, Any]:
        """The ready object of a world (what the ready line, the ready file and the API show).

        asked: where the request for it was sent to; its host stands for addresses that mean every one.

        Raises: KeyError if there is none of that name.
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
        """Have the guard know the UDP ports of our worlds, and the default ones, which other farms have."""
        ours = {one.bound.port for host in self.hosts.values() for one in host.datagrams}
        # Where nothing takes datagrams nothing is guarded, and no other service need be loaded for it.
        self._guard.know_services(ours | default_udp_ports() if ours else ours)

    def _add(self, name: str, config: Config, bound: list[Bound]) -> WorldHost:
        stores = open_stores(self.config.farm.data, name)
        options = dict(config.services)
        try:
            world = World(name, config.contents, config.journal, time.time, options, config.clock, *stores)
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
    """The UDP ports that our services have unless they are configured otherwise."""
    return frozenset(
        one.default_port for service in all_services() for one in service.listeners if one.transport == "udp"
    )


def open_stores(data: str, world: str) -> tuple[MailStore | None, RegistryStore | None]:
    """Where a world's mail and its registry are kept; None for memory.

    Only the world that the farm begins with outlasts it: the others are made for a test and end with it.

    Raises: FolderError, StoreError.
    """
    if not data or world != DEFAULT_WORLD:
        return None, None
    from homeport.disk import mail_store, registry_store

    mail = mail_store.DiskStore(Path(data) / "mail" / world)
    try:
        return mail, registry_store.DiskStore(Path(data) / "registry" / world)
    except BaseException:
        mail.close()
        raise
