"""The supervisor: one farm, that is a reactor, its worlds and the control listener; all start or none does."""

import time
from collections.abc import Callable
from typing import Any

from homeport import __version__
from homeport.config import ClockOptions, Config
from homeport.guard import Guard
from homeport.io.host import WorldHost, wanted_sockets
from homeport.io.mmsg import Batch, available
from homeport.io.reactor import Reactor
from homeport.io.sockets import Bound, Inherited, Wanted, bind_all
from homeport.quantities import parse_moment
from homeport.service import DEFAULT_PORT_OFFSET
from homeport.services import all_services
from homeport.world.clock import Clock
from homeport.world.world import World

DEFAULT_WORLD = "default"
CONTROL = "control"


class FarmSockets:
    """Every socket that a farm begins with, bound before Twisted is imported.

    Raises: PortTakenError, CannotListenError; nothing stays open then.
    """

    def __init__(self, config: Config, inherited: Inherited | None = None) -> None:
        hosts = config.farm.hosts
        reuse_port = config.farm.reuse_port
        self.services, self.remarks = bind_all(wanted_sockets(config), hosts, inherited, reuse_port=reuse_port)
        control = Wanted(service=CONTROL, listener="http", transport="tcp", port=config.control.port)
        try:
            (self.control,), _same = bind_all([control], config.control.hosts or hosts, inherited)
        except BaseException:
            for bound in self.services:
                bound.close()
            raise
        if inherited and (left := inherited.left()):
            self.remarks.append(
                f"no service for the inherited sockets {', '.join(left)}: name them as the services are"
            )


class Farm:
    """A farm on a reactor, which the caller runs. Everything but `__init__` happens on the reactor's thread."""

    def __init__(self, reactor: Reactor, config: Config, sockets: FarmSockets, pid: int, ca_file: str = "") -> None:
        self.reactor = reactor
        self.config = config
        self.hosts: dict[str, WorldHost] = {}
        self.pid = pid
        self.ca_file = ca_file
        self.control = sockets.control
        self._guard = Guard(enabled=config.limits.udp_guard, answers_per_second=config.limits.udp_answers_per_second)
        self._batch = Batch() if available() else None
        self._control_port: Any = None
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

        Raises: KeyError if there is one of that name; PortTakenError, CannotListenError.
        """
        if name in self.hosts:
            raise KeyError(name)
        bound, _remarks = bind_all(wanted_sockets(config), config.farm.hosts, reuse_port=config.farm.reuse_port)
        host = self._add(name, config, bound)
        host.start()
        return host

    def close_world(self, name: str, done: Callable[[], None]) -> None:
        """Close a world and free everything it had.

        Raises: KeyError if there is none of that name.
        """
        host = self.hosts.pop(name)
        for told in list(host.world.on_close):
            told()
        self._tell_guard()
        host.stop(done)

    def stop(self, done: Callable[[], None]) -> None:
        """Close everything, within a second."""
        for port in self._control_port or ():
            port.stopListening()
        self.control.close()
        left = len(self.hosts)

        def one_done() -> None:
            nonlocal left
            left -= 1
            if left <= 0:
                done()

        if not self.hosts:
            done()
        for name in list(self.hosts):
            self.close_world(name, one_done)

    def describe(self, world: str) -> dict[str, Any]:
        """The ready object of a world (what the ready line, the ready file and the API show).

        Raises: KeyError if there is none of that name.
        """
        services: dict[str, dict[str, Any]] = {}
        for listener in self.hosts[world].listeners:
            bound = listener.bound
            services.setdefault(listener.service.name, {})[bound.wanted.listener] = {
                "host": bound.addresses[0],
                "port": bound.port,
                "addresses": bound.addresses,
            }
        host = self.control.addresses[0]
        return {
            "event": "ready",
            "version": __version__,
            "pid": self.pid,
            "control": f"http://{f'[{host}]' if ':' in host else host}:{self.control.port}",
            "ca_file": self.ca_file,
            "world": world,
            "services": services,
        }

    def _tell_guard(self) -> None:
        """Have the guard know the UDP ports of our worlds, and the default ones, which other farms have."""
        default = {
            DEFAULT_PORT_OFFSET + one.iana_port for s in all_services() for one in s.listeners if one.transport == "udp"
        }
        self._guard.know_services(default | {one.bound.port for host in self.hosts.values() for one in host.datagrams})

    def _add(self, name: str, config: Config, bound: list[Bound]) -> WorldHost:
        clock = begin_clock(config.clock, time.time)
        world = World(name, config.contents, config.journal, time.time, dict(config.services), clock)
        world.faults.by_client = config.faults.by_client
        host = WorldHost(self.reactor, world, config, bound, self._guard, self._batch)
        self.hosts[name] = host
        self._tell_guard()
        return host


def begin_clock(options: ClockOptions, real: Callable[[], float]) -> Clock:
    """A world's clock as it is configured."""
    clock = Clock(real)
    if options.set:
        clock.set(parse_moment(options.set, real()))
    if options.frozen:
        clock.freeze()
    return clock
