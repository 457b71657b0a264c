"""What the API says of the farm, its worlds and their services."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated, Any, Literal, TypedDict

import msgspec
from msgspec import Meta

from homeport.config.further_worlds import world_config
from homeport.config.values import ConfigError, nearest
from homeport.control.farm import KEEPABLE, Farm, FarmRefused, Listener, WorldHost
from homeport.control.operation import WORLD, Later, Operation, Request, world_of
from homeport.control.problems import ProblemError
from homeport.protocol.addresses import Asked, connectable
from homeport.world.world import DEFAULT_WORLD


class Health(msgspec.Struct, frozen=True):
    meaning = "How it is."

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
    meaning = "A world in the list."

    name: str
    services: list[str]
    connections: int


class Worlds(msgspec.Struct, frozen=True):
    meaning = "All worlds."

    items: list[WorldSummary]
    total: int
    next: int | None = None


class ListenerState(msgspec.Struct, frozen=True):
    meaning = "A listener of a service."

    transport: str
    up: bool
    """Whether clients get through."""
    host: str
    port: int
    addresses: list[str]
    counters: dict[str, int | dict[str, int]]


class ServiceState(msgspec.Struct, frozen=True):
    meaning = "A service of a world."

    name: str
    title: str
    rfcs: list[str]
    state: Literal["running", "stopped"]
    abnormal: int
    """Abnormalities of all its listeners, counted whether or not the journal records them (RFC 1123 1.2.3)."""
    listeners: dict[str, ListenerState]


class NewWorld(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "A world to make."

    name: (
        Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,64}$", description="made up (w1, w2, ...) if not given")] | None
    ) = None
    services: (
        Annotated[
            list[str],
            Meta(description='names, "*" for all, "-name" to leave one out; those of the farm if not given'),
        ]
        | None
    ) = None
    config: Annotated[
        dict[str, Any],
        Meta(description="as the configuration file, laid over the farm's own; ports that it does not name are free"),
    ] = {}


class Reset(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "How a world is reset."

    keep: Annotated[list[str], Meta(description=f"what stays as it is, of {', '.join(KEEPABLE)}")] = []


class Services(msgspec.Struct, frozen=True):
    meaning = "The services of a world."

    items: list[ServiceState]
    total: int
    next: int | None = None


def live(_farm: Farm, _request: Request) -> Health:
    return Health("ok")


def ready(farm: Farm, _request: Request) -> Health:
    if not farm.hosts:
        raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, "no world is served")
    for name, host in farm.hosts.items():
        for listener in host.listeners:
            if listener.lost:
                where = f"{listener.bound.wanted.name} of the world {name!r}"
                raise ProblemError(
                    HTTPStatus.SERVICE_UNAVAILABLE,
                    f"{where} has lost port {listener.bound.port}: free the port, then start the service again",
                )
    return Health("ready")


def worlds(farm: Farm, _request: Request) -> Worlds:
    items = [
        WorldSummary(name, list(dict.fromkeys(one.service.name for one in host.listeners)), host.connections)
        for name, host in farm.hosts.items()
    ]
    return Worlds(items, len(items))


def world(farm: Farm, request: Request) -> dict[str, Any]:
    return farm.describe(world_of(farm, request).world.name, request.asked)


def make_world(farm: Farm, request: Request) -> dict[str, Any]:
    body: NewWorld = request.body
    try:
        config = world_config(farm.config, body.services, body.config)
    except ConfigError as error:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "; ".join(error.problems)) from None
    name = body.name or farm.unused_name()
    with refusals():
        farm.make_world(name, config)
    return farm.describe(name, request.asked)


def close_world(farm: Farm, request: Request) -> Later:
    name = world_of(farm, request).world.name
    if name == DEFAULT_WORLD:
        reset = f"POST /api/v1/worlds/{name}/reset returns it to its first state"
        raise ProblemError(HTTPStatus.CONFLICT, f"the world {name!r} lasts as long as the farm: {reset}")
    closed = Later()
    farm.close_world(name, lambda: closed.answer(None))
    return closed


def reset_world(farm: Farm, request: Request) -> dict[str, Any]:
    host = world_of(farm, request)
    for name in request.body.keep:
        if name not in KEEPABLE:
            raise ProblemError(HTTPStatus.BAD_REQUEST, f"there is no {name!r} to keep; {nearest(name, KEEPABLE)}")
    with refusals():
        host.reset(request.body.keep)
    return farm.describe(host.world.name, request.asked)


def stop_service(farm: Farm, request: Request) -> ServiceState:
    host, name = world_of(farm, request), request.parameters["name"]
    listeners = _listeners_of(host, name)
    host.stop_service(name)
    host.world.journal.log(None, "world", {"what": "service stopped", "name": name})
    return _service_state(listeners, request.asked)


def start_service(farm: Farm, request: Request) -> ServiceState:
    host, name = world_of(farm, request), request.parameters["name"]
    listeners = _listeners_of(host, name)
    with refusals():
        host.start_service(name)
    host.world.journal.log(None, "world", {"what": "service started", "name": name})
    return _service_state(listeners, request.asked)


@contextmanager
def refusals() -> Iterator[None]:
    """What the farm refuses is a conflict with its state."""
    try:
        yield
    except FarmRefused as error:
        raise ProblemError(HTTPStatus.CONFLICT, str(error)) from None


def _listeners_of(host: WorldHost, service: str) -> list[Listener]:
    """Raises: ProblemError if the world does not have that service."""
    found = [one for one in host.listeners if one.service.name == service]
    if not found:
        known = nearest(service, dict.fromkeys(one.service.name for one in host.listeners))
        raise ProblemError(HTTPStatus.NOT_FOUND, f"this world has no service {service!r}; {known}")
    return found


def services(farm: Farm, request: Request) -> Services:
    by_service: dict[str, list[Listener]] = {}
    for listener in world_of(farm, request).listeners:
        by_service.setdefault(listener.service.name, []).append(listener)
    items = [_service_state(listeners, request.asked) for listeners in by_service.values()]
    return Services(items, len(items))


def _service_state(listeners: list[Listener], asked: Asked | None) -> ServiceState:
    service = listeners[0].service
    states = {
        one.bound.wanted.listener: ListenerState(
            transport=one.bound.wanted.transport,
            up=one.up,
            host=connectable(one.bound.addresses, asked),
            port=one.bound.port,
            addresses=one.bound.addresses,
            counters=one.counted(),
        )
        for one in listeners
    }
    abnormal = sum(number for state in states.values() if isinstance(number := state.counters["abnormal"], int))
    state: Literal["running", "stopped"] = "running" if any(one.up for one in listeners) else "stopped"
    return ServiceState(service.name, service.title, list(service.rfcs), state, abnormal, states)


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
        summary="Whether every listener serves that was not taken down on purpose",
        description="Return whether the farm serves: every listener does that is not down on purpose.\n"
        "\n"
        "A service that was stopped over the API, or that a fault refuses, is what somebody asked for.",
        handler=ready,
        problems=(HTTPStatus.SERVICE_UNAVAILABLE,),
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
        method="POST",
        path="/api/v1/worlds",
        summary="Make an isolated world on free ports; its ready object",
        description="Make a world, which serves at once.",
        handler=make_world,
        problems=(HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY),
        body=NewWorld,
        answer=Ready,
        status=HTTPStatus.CREATED,
    ),
    Operation(
        method="DELETE",
        path=WORLD,
        summary="Close a world and free everything that it has",
        description="Close a world; the answer comes when all is closed.",
        handler=close_world,
        problems=(HTTPStatus.CONFLICT,),
        answer=None,
        status=HTTPStatus.NO_CONTENT,
    ),
    Operation(
        method="POST",
        path=f"{WORLD}/reset",
        summary="Return a world to its first state; its ready object",
        description="Return a world to its first state.",
        handler=reset_world,
        problems=(HTTPStatus.CONFLICT,),
        body=Reset,
        answer=Ready,
    ),
    Operation(
        method="POST",
        path=f"{WORLD}/services/{{name}}/stop",
        summary="Take a service down: clients are refused, connections closed, its ports kept",
        description="Take a service down: clients are refused, connections closed.",
        handler=stop_service,
        answer=ServiceState,
    ),
    Operation(
        method="POST",
        path=f"{WORLD}/services/{{name}}/start",
        summary="Have a stopped service serve again, on the same ports",
        description="Have a stopped service serve again, on its ports.",
        handler=start_service,
        problems=(HTTPStatus.CONFLICT,),
        answer=ServiceState,
    ),
    Operation(
        method="GET",
        path=WORLD,
        summary="A world's ready object: where its services are reached",
        description="A world's ready object.",
        handler=world,
        answer=Ready,
    ),
    Operation(
        method="GET",
        path=f"{WORLD}/services",
        summary="A world's services: their state, ports and counters",
        description="A world's services.",
        handler=services,
        answer=Services,
    ),
)
