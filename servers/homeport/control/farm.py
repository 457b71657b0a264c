"""As much of a running farm as the operations need; `homeport.farm.supervisor.Farm` is one."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol

from homeport.config.changes import Reloaded
from homeport.config.sections import Config
from homeport.protocol.addresses import Asked
from homeport.protocol.service import Service
from homeport.world.journal import Connection
from homeport.world.world import PARTS, World

KEEPABLE = (*PARTS, "connections", "services")
"""What a reset of a world can leave as it is."""


class FarmRefused(Exception):
    """The farm cannot do what it is asked for; the message says why, and what to do."""


class DelayedCall(Protocol):
    """What `callLater` gives."""

    def cancel(self) -> None: ...
    def active(self) -> bool: ...


class Clock(Protocol):
    """What calls later, in seconds of real time."""

    def callLater(self, delay: float, callable: Callable[..., Any], *args: Any) -> DelayedCall: ...  # noqa: N802, A002 - Twisted's


class Bound(Protocol):
    """The sockets of a listener."""

    @property
    def port(self) -> int: ...
    @property
    def addresses(self) -> list[str]: ...


class Listener(Protocol):
    """A listener that serves."""

    @property
    def service(self) -> Service: ...
    @property
    def bound(self) -> Any: ...
    @property
    def up(self) -> bool: ...
    @property
    def lost(self) -> bool: ...
    def counted(self) -> dict[str, int | dict[str, int]]: ...


class WorldHost(Protocol):
    """A world with its listeners."""

    @property
    def world(self) -> World: ...
    @property
    def listeners(self) -> Sequence[Listener]: ...
    @property
    def connections(self) -> int: ...
    @property
    def live(self) -> Sequence[Connection]: ...
    def stop_service(self, name: str) -> None: ...
    def start_service(self, name: str) -> None: ...
    def reset(self, keep: Collection[str]) -> None: ...


class Certificates(Protocol):
    """The farm's authority."""

    def ca_pem(self) -> bytes: ...
    def issue_client(self, name: str) -> tuple[bytes, bytes]: ...


class Farm(Protocol):
    """The farm."""

    @property
    def config(self) -> Config: ...
    @property
    def reactor(self) -> Clock: ...
    @property
    def control(self) -> Bound: ...
    @property
    def certificates(self) -> Certificates: ...
    @property
    def hosts(self) -> Mapping[str, WorldHost]: ...
    def describe(self, world: str, asked: Asked | None = None) -> dict[str, Any]: ...
    def reload(self) -> Reloaded: ...
    def make_world(self, name: str, config: Config) -> WorldHost: ...
    def unused_name(self) -> str: ...
    def close_world(self, name: str, done: Callable[[], None]) -> None: ...
    def call_off(self, work: Callable[[], Any], done: Callable[[Any, Exception | None], None]) -> None: ...
