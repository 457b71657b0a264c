"""What the API says of the farm, its worlds and their services."""

from http import HTTPStatus
from typing import Any, TypedDict

import msgspec

from homeport.control.farm import Farm, Listener
from homeport.control.operation import WORLD, Operation, Request, world_of
from homeport.control.problems import ProblemError


class Health(msgspec.Struct, frozen=True):
    """How it is."""

    status: str


class BoundListener(TypedDict):
    """Where a listener is reached."""

    host: str
    port: int
    addresses: list[str]


class Ready(TypedDict):
    """A world as the ready line announces it: its services, by name and listener."""

    event: str
    version: str
    pid: int
    control: str
    ca_file: str
    world: str
    services: dict[str, dict[str, BoundListener]]


class WorldSummary(msgspec.Struct, frozen=True):
    """A world in the list."""

    name: str
    services: list[str]
    connections: int


class Worlds(msgspec.Struct, frozen=True):
    """All worlds."""

    items: list[WorldSummary]
    total: int
    next: int | None = None


class ListenerState(msgspec.Struct, frozen=True):
    """A listener of a service."""

    transport: str
    host: str
    port: int
    addresses: list[str]
    counters: dict[str, int | dict[str, int]]


class ServiceState(msgspec.Struct, frozen=True):
    """A service of a world."""

    name: str
    title: str
    rfcs: list[str]
    state: str
    abnormal: int
    """Abnormalities of all its listeners, counted whether or not the journal records them (RFC 1123 1.2.3)."""
    listeners: dict[str, ListenerState]


class Services(msgspec.Struct, frozen=True):
    """The services of a world."""

    items: list[ServiceState]
    total: int
    next: int | None = None


def live(_farm: Farm, _request: Request) -> Health:
    """Whether the process lives."""
    return Health("ok")


def ready(farm: Farm, _request: Request) -> Health:
    """Whether the farm serves."""
    if not farm.hosts:
        raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, "no world is served")
    return Health("ready")


def worlds(farm: Farm, _request: Request) -> Worlds:
    """All worlds."""
    items = [
        WorldSummary(name, list(dict.fromkeys(one.service.name for one in host.listeners)), host.connections)
        for name, host in farm.hosts.items()
    ]
    return Worlds(items, len(items))


def world(farm: Farm, request: Request) -> dict[str, Any]:
    """A world's ready object."""
    return farm.describe(world_of(farm, request).world.name)


def services(farm: Farm, request: Request) -> Services:
    """A world's services."""
    by_service: dict[str, list[Listener]] = {}
    for listener in world_of(farm, request).listeners:
        by_service.setdefault(listener.service.name, []).append(listener)
    items = [_service_state(listeners) for listeners in by_service.values()]
    return Services(items, len(items))


def _service_state(listeners: list[Listener]) -> ServiceState:
    service = listeners[0].service
    states = {
        one.bound.wanted.listener: ListenerState(
            transport=one.bound.wanted.transport,
            host=one.bound.addresses[0],
            port=one.bound.port,
            addresses=one.bound.addresses,
            counters=one.counted(),
        )
        for one in listeners
    }
    abnormal = sum(number for state in states.values() if isinstance(number := state.counters["abnormal"], int))
    return ServiceState(service.name, service.title, list(service.rfcs), "running", abnormal, states)


OPERATIONS = (
    Operation(
        method="GET",
        path="/livez",
        summary="Whether the process lives",
        handler=live,
        answer=Health,
        public=True,
    ),
    Operation(
        method="GET",
        path="/readyz",
        summary="Whether the farm serves",
        handler=ready,
        answer=Health,
        public=True,
    ),
    Operation(
        method="GET",
        path="/api/v1/worlds",
        summary="All worlds",
        handler=worlds,
        answer=Worlds,
    ),
    Operation(
        method="GET",
        path=WORLD,
        summary="A world's ready object: where its services are reached",
        handler=world,
        answer=Ready,
    ),
    Operation(
        method="GET",
        path=f"{WORLD}/services",
        summary="A world's services: their state, ports and counters",
        handler=services,
        answer=Services,
    ),
)
