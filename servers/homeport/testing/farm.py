"""The farm as an object: `with Farm(services=["smtp"]) as farm: ...`."""

import weakref
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any, Literal, Protocol, Self

from homeport.client.http import WORLDS
from homeport.testing.api import Api, HttpApi, segment
from homeport.testing.authority import Authority
from homeport.testing.errors import FarmError, FarmGone
from homeport.testing.reachable import reachable
from homeport.testing.world import World

Mode = Literal["thread", "process"]


class Runner(Protocol):
    """A farm started by this process: its thread or process."""

    ready: dict[str, Any]
    api: Api

    def obituary(self) -> str: ...
    def close(self) -> None: ...


class FirstWorld(World):
    """The first world of a farm, which can create further ones."""

    def world(
        self,
        services: list[str] | None = None,
        config: dict[str, Any] | None = None,
        clock: datetime | timedelta | str | None = None,
        seed: int = 0,
        name: str | None = None,
    ) -> World:
        """Create a further world, isolated from all others, on its own ports; as a context manager it is closed at the
        end.

        The arguments are those of `Farm`, but `config` may not have keys that all worlds share ([control], [tls], ...);
        services: those of the farm if not given.

        Raises: Refused with the messages of `homeport check`.
        """
        api, _ready, authority = self._connection()
        ready = api.send("POST", WORLDS, wanted_world(name, services, config, clock, seed))
        return World(api, self._reachable(ready), authority)

    def _reachable(self, ready: dict[str, Any]) -> dict[str, Any]:
        """Return a ready object with addresses that this machine can reach."""
        return reachable(ready)


class Farm(FirstWorld):
    """A farm, and its first world. Ports are free ones unless `config` names them, and no state is kept.

    services: names, "*" for all, "-name" to leave one out; all if not given. config: as the configuration file, in
    plain values. clock: the world's time at its start: a datetime, RFC 3339, or a distance (timedelta, "+1d"). seed: of
    everything random.

    mode: "thread" runs the farm in this process, "process" in a child process, which ends with this one. url: instead
    of both, the control URL of a running farm; the first world is created there and closed at the end. token: that
    farm's [control] token. world: an existing world of that farm to use, such as "default"; it is reset at the
    beginning. Use it for farms in containers, where only the ports of that world are published.

    A farm that is not stopped is stopped when it is garbage-collected, or when the process ends.
    """

    def __init__(
        self,
        services: list[str] | None = None,
        config: dict[str, Any] | None = None,
        clock: datetime | timedelta | str | None = None,
        seed: int = 0,
        mode: Mode = "thread",
        url: str | None = None,
        *,
        token: str = "",
        world: str | None = None,
    ) -> None:
        if mode not in ("thread", "process"):
            raise FarmError(f"unknown mode {mode!r}: write 'thread' or 'process'")
        self.mode: str = "url" if url else mode
        self._wanted = (services, config, clock, seed)
        self._url = url
        self._token = token
        self._existing = world
        self._connected = None
        self._runner: Runner | None = None
        self._finalizer: Any = None

    def start(self) -> Self:
        """Start it; it serves when this returns.

        Raises: FarmError if it cannot start.
        """
        if self._connected is not None:
            raise FarmError("the farm is already running")
        if self._url is not None:
            self._join(HttpApi(self._url, self._token))
            return self
        try:
            import_module("homeport.io.platform")
        except ImportError as error:  # Windows
            raise FarmError(str(error)) from None
        services, config, clock, seed = self._wanted
        tree = configuration(config, clock, seed, services)
        runner: Runner
        if self.mode == "process":
            from homeport.testing.process import FarmProcess

            runner = FarmProcess(tree)
        else:
            from homeport.testing.thread import FarmThread

            runner = FarmThread(tree)
        self._runner = runner
        self._finalizer = weakref.finalize(self, runner.close)
        self._attach(Watched(runner), reachable(runner.ready), Authority(near=True))
        return self

    def _join(self, api: HttpApi) -> None:
        """Connect to a running farm and get the first world from it."""
        services, config, clock, seed = self._wanted
        if self._existing is not None and any((services, config, clock, seed)):
            raise FarmError(f"world {self._existing!r} exists already: it takes no services, config, clock or seed")
        try:
            if self._existing is None:
                ready = api.send("POST", WORLDS, wanted_world(None, services, config, clock, seed))
            else:
                ready = api.send("POST", f"{WORLDS}/{segment(self._existing)}/reset", {})
        except BaseException:
            api.close()
            raise
        self._attach(api, reachable(ready, api.url, api.host), Authority(near=False))

    def _reachable(self, ready: dict[str, Any]) -> dict[str, Any]:
        api = self.api
        return reachable(ready, api.url, api.host) if isinstance(api, HttpApi) else reachable(ready)

    def stop(self) -> None:
        """Stop it; on a farm that was running already, only close the world created there. Calling it twice is not an
        error."""
        if self._connected is None:
            return
        api, _ready, authority = self._connected
        if self._finalizer is not None:
            self._finalizer()
        elif self._existing is None:
            super().close()
        self._connected = None
        authority.close()
        api.close()

    def close(self) -> None:
        """Call `stop`."""
        self.stop()

    @property
    def running(self) -> bool:
        """True if it has been started and is alive."""
        return self._connected is not None and not (self._runner and self._runner.obituary())

    def __enter__(self) -> Self:
        return self if self._connected is not None else self.start()


class Watched(Api):
    """Sends requests to a farm that this process started; if the farm has ended, errors say why."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def exchange(self, method: str, path: str, query: str, body: bytes | None, patience: float) -> tuple[int, bytes]:
        try:
            return self._runner.api.exchange(method, path, query, body, patience)
        except FarmGone as error:
            if reason := self._runner.obituary():
                raise FarmGone(reason) from None
            raise error from None

    def close(self) -> None:
        self._runner.api.close()


def configuration(
    config: dict[str, Any] | None,
    clock: datetime | timedelta | str | None = None,
    seed: int = 0,
    services: list[str] | None = None,
) -> dict[str, Any]:
    """Return a configuration in plain values with the keyword arguments merged over it."""
    tree = {name: dict(value) if isinstance(value, dict) else value for name, value in (config or {}).items()}
    if services is not None:
        tree.setdefault("farm", {})["services"] = list(services)
    if clock is not None:
        tree.setdefault("clock", {})["set"] = start_of_time(clock)
    if seed:
        tree.setdefault("farm", {})["seed"] = seed
    return tree


def wanted_world(
    name: str | None,
    services: list[str] | None,
    config: dict[str, Any] | None,
    clock: datetime | timedelta | str | None,
    seed: int,
) -> dict[str, Any]:
    """Return the body of a request for a world."""
    body: dict[str, Any] = {"config": configuration(config, clock, seed)}
    if name is not None:
        body["name"] = name
    if services is not None:
        body["services"] = list(services)
    return body


def start_of_time(clock: datetime | timedelta | str) -> str:
    """Return a world's time at its start, as the configuration has it."""
    from homeport.testing.clock import duration, moment

    if isinstance(clock, timedelta):
        return f"{'-' if clock < timedelta() else '+'}{duration(abs(clock))}"
    return moment(clock)
