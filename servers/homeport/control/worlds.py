"""The farm, its worlds and their services over the API."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated, Any, Literal, TypedDict

import msgspec
from msgspec import Meta

from homeport.config.further_worlds import world_config
from homeport.config.sections import Config
from homeport.config.values import ConfigError, nearest
from homeport.control.farm import KEEPABLE, Farm, FarmRefused, Listener, WorldHost
from homeport.control.json_pieces import whole_list
from homeport.control.operation import WORLD, Operation, PendingAnswer, Request, world_of
from homeport.control.problems import ProblemError
from homeport.control.slices import Body, OffReactor
from homeport.protocol.addresses import Asked, connectable
from homeport.world.journal import timestamp
from homeport.world.world import DEFAULT_WORLD


class Health(msgspec.Struct, frozen=True):
    meaning = "The state of the farm."

    status: Annotated[str, Meta(description="`ok` or `ready`")]


class BoundListener(TypedDict):
    """The host and port of a listener."""

    host: str
    port: int
    addresses: list[str]


class Ready(TypedDict):
    """A world's ready object, as the ready line prints it: its services, by name and listener."""

    event: str
    version: str
    pid: int
    control: str
    ca_file: str
    world: str
    services: dict[str, dict[str, BoundListener]]


class WorldSummary(msgspec.Struct, frozen=True):
    meaning = "A world in a list."

    name: str
    services: list[str]
    connections: int
    findings: Annotated[dict[str, int], Meta(description="number of findings by level")] = {}
    made: Annotated[str, Meta(description="real time at which it was made")] = ""


class Worlds(msgspec.Struct, frozen=True):
    meaning = "The worlds of the farm."

    items: list[WorldSummary]
    total: int
    next: int | None = None


class ListenerState(msgspec.Struct, frozen=True):
    meaning = "A listener of a service."

    transport: str
    up: Annotated[bool, Meta(description="true if clients can connect")]
    host: Annotated[str, Meta(description="address or name to connect to")]
    port: int
    addresses: Annotated[list[str], Meta(description="addresses that it is bound to")]
    counters: dict[str, int | dict[str, int]]
    secure: Annotated[bool, Meta(description="true if connections begin with TLS")] = False


class ServiceState(msgspec.Struct, frozen=True):
    meaning = "A service of a world."

    name: str
    title: str
    rfcs: list[str]
    state: Literal["running", "stopped"]
    abnormal: Annotated[
        int,
        Meta(description="abnormal events on all its listeners, including those not recorded (RFC 1123 1.2.3)"),
    ]
    listeners: dict[str, ListenerState]
    findings: Annotated[dict[str, int], Meta(description="number of findings about its clients by level")] = {}
    faults: Annotated[int, Meta(description="number of faults planned for it")] = 0
    try_: Annotated[str, Meta(description="a command to try, with the ports of this farm")] = msgspec.field(
        name="try", default=""
    )
    since: Annotated[str, Meta(description="real time since which it has been in this state")] = ""


class NewWorld(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "A world to create."

    name: (
        Annotated[
            str,
            Meta(
                pattern=r"^[A-Za-z0-9._-]{1,64}$", description="name of the world; generated (w1, w2, ...) if omitted"
            ),
        ]
        | None
    ) = None
    services: (
        Annotated[
            list[str],
            Meta(description='names of services, "*" for all, "-NAME" to exclude one; those of the farm if omitted'),
        ]
        | None
    ) = None
    config: Annotated[
        dict[str, Any],
        Meta(description="keys as in the configuration file, merged over the farm's; other ports are chosen freely"),
    ] = {}


class CheckedWorld(msgspec.Struct, frozen=True):
    meaning = "What a world would be if it was created."

    services: list[str]
    problems: Annotated[list[str], Meta(description="why it cannot be created; empty if it can")]


class Reset(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "Options of a reset."

    keep: Annotated[list[str], Meta(description=f"parts to leave unchanged, of {', '.join(KEEPABLE)}")] = []


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
        if problems := host.world.storage.problems:
            raise ProblemError(
                HTTPStatus.SERVICE_UNAVAILABLE, f"the world {name!r} cannot be stored: {'; '.join(problems)}"
            )
    return Health("ready")


def worlds(farm: Farm, _request: Request) -> Body:
    def show(item: tuple[str, WorldHost]) -> WorldSummary:
        name, host = item
        return WorldSummary(
            name,
            list(dict.fromkeys(one.service.name for one in host.listeners)),
            host.connections,
            host.world.findings.levels,
            timestamp(host.world.made),
        )

    return whole_list(farm, farm.hosts.items(), show, size=4)


def world(farm: Farm, request: Request) -> dict[str, Any]:
    return farm.describe(world_of(farm, request).world.name, request.asked)


def check_world(farm: Farm, request: Request) -> OffReactor:
    body: NewWorld = request.body

    def check() -> CheckedWorld:
        try:
            config = world_config(farm.config, body.services, body.config)
        except ConfigError as error:
            return CheckedWorld([], error.problems)
        return CheckedWorld(list(config.services), [])

    def named(checked: CheckedWorld) -> CheckedWorld:
        taken = body.name in farm.hosts
        problems = [*checked.problems, *([f"there is a world {body.name!r} already"] if taken else [])]
        return CheckedWorld(checked.services, problems)

    return OffReactor(farm, check, named)


def make_world(farm: Farm, request: Request) -> OffReactor:
    body: NewWorld = request.body

    def configure() -> Config:
        try:
            return world_config(farm.config, body.services, body.config)
        except ConfigError as error:
            raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "; ".join(error.problems)) from None

    def make(config: Config) -> dict[str, Any]:
        name = body.name or farm.unused_name()
        with refusals():
            farm.make_world(name, config)
        return farm.describe(name, request.asked)

    return OffReactor(farm, configure, make)


def close_world(farm: Farm, request: Request) -> PendingAnswer:
    name = world_of(farm, request).world.name
    if name == DEFAULT_WORLD:
        reset = f"POST /api/v1/worlds/{name}/reset resets it"
        raise ProblemError(HTTPStatus.CONFLICT, f"world {name!r} exists as long as the farm: {reset}")
    closed = PendingAnswer()
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
    return _service_state(host, listeners, request.asked)


def start_service(farm: Farm, request: Request) -> ServiceState:
    host, name = world_of(farm, request), request.parameters["name"]
    listeners = _listeners_of(host, name)
    with refusals():
        host.start_service(name)
    host.world.journal.log(None, "world", {"what": "service started", "name": name})
    return _service_state(host, listeners, request.asked)


@contextmanager
def refusals() -> Iterator[None]:
    """Turn FarmRefused into a ProblemError, 409."""
    try:
        yield
    except FarmRefused as error:
        raise ProblemError(HTTPStatus.CONFLICT, str(error)) from None


def _listeners_of(host: WorldHost, service: str) -> list[Listener]:
    """Return the listeners of a service. Raise ProblemError, 404, if the world does not have it."""
    found = [one for one in host.listeners if one.service.name == service]
    if not found:
        known = nearest(service, dict.fromkeys(one.service.name for one in host.listeners))
        raise ProblemError(HTTPStatus.NOT_FOUND, f"this world has no service {service!r}; {known}")
    return found


def services(farm: Farm, request: Request) -> Services:
    host = world_of(farm, request)
    by_service: dict[str, list[Listener]] = {}
    for listener in host.listeners:
        by_service.setdefault(listener.service.name, []).append(listener)
    items = [_service_state(host, listeners, request.asked) for listeners in by_service.values()]
    return Services(items, len(items))


def _service_state(host: WorldHost, listeners: list[Listener], asked: Asked | None) -> ServiceState:
    service = listeners[0].service
    secure = {one.name for one in service.listeners if one.tls}
    states = {
        one.bound.wanted.listener: ListenerState(
            transport=one.bound.wanted.transport,
            up=one.up,
            host=connectable(one.bound.addresses, asked),
            port=one.bound.port,
            addresses=one.bound.addresses,
            counters=one.counted(),
            secure=one.bound.wanted.listener in secure,
        )
        for one in listeners
    }
    abnormal = sum(number for state in states.values() if isinstance(number := state.counters["abnormal"], int))
    state: Literal["running", "stopped"] = "running" if any(one.up for one in listeners) else "stopped"
    places = {name: (one.host, one.port) for name, one in states.items()}
    return ServiceState(
        service.name,
        service.title,
        list(service.rfcs),
        state,
        abnormal,
        states,
        host.world.findings.levels_of(service.name),
        sum(fault.plan.service == service.name for fault in host.world.faults),
        service.example_for(places),
        timestamp(min(one.since for one in listeners if one.up or state == "stopped")),
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/livez",
        summary="Check that the process runs",
        description="Answer 200 as long as the process runs. No token is needed.",
        handler=live,
        answer=Health,
        public=True,
    ),
    Operation(
        method="GET",
        path="/readyz",
        summary="Check that every listener serves",
        description="Answer 200 if every listener serves, and 503 if one has lost its port, no world is served, or\n"
        "mail, registry or files cannot be stored.\n"
        "\n"
        "Services that were stopped over the API, or that a planned fault refuses, do not count.",
        handler=ready,
        cli="homeport ready",
        problems=(HTTPStatus.SERVICE_UNAVAILABLE,),
        answer=Health,
        public=True,
    ),
    Operation(
        method="GET",
        path="/api/v1/worlds",
        summary="List the worlds",
        description="Return the worlds of the farm, each with its services and its number of open connections.",
        handler=worlds,
        cli="homeport world list",
        answer=Worlds,
    ),
    Operation(
        method="POST",
        path="/api/v1/worlds",
        summary="Create a world",
        description="Create an isolated world, by default on free ports, and return its ready object.",
        handler=make_world,
        cli="homeport world make {name}",
        python="homeport_farm.world(name={name})",
        problems=(HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY),
        body=NewWorld,
        answer=Ready,
        status=HTTPStatus.CREATED,
    ),
    Operation(
        method="POST",
        path="/api/v1/check/world",
        summary="Check a world before it is created",
        description="Check the name, services and configuration of a world as its creation does. Nothing is created.",
        handler=check_world,
        body=NewWorld,
        answer=CheckedWorld,
    ),
    Operation(
        method="DELETE",
        path=WORLD,
        summary="Close a world",
        description="Close a world and free its ports, state and files. The answer is sent when everything is closed.",
        handler=close_world,
        cli="homeport world close {world}",
        python="homeport.close()",
        problems=(HTTPStatus.CONFLICT,),
        answer=None,
        status=HTTPStatus.NO_CONTENT,
    ),
    Operation(
        method="POST",
        path=f"{WORLD}/reset",
        summary="Reset a world",
        description="Reset a world to its initial state, except the parts in `keep`, and return its ready object.",
        handler=reset_world,
        cli="homeport reset",
        python="homeport.reset()",
        problems=(HTTPStatus.CONFLICT,),
        body=Reset,
        answer=Ready,
    ),
    Operation(
        method="POST",
        path=f"{WORLD}/services/{{name}}/stop",
        summary="Stop a service",
        description="Stop a service: close its connections and refuse new clients. It keeps its ports.",
        handler=stop_service,
        cli="homeport service stop {name}",
        python="homeport.service({name}).stop()",
        answer=ServiceState,
    ),
    Operation(
        method="POST",
        path=f"{WORLD}/services/{{name}}/start",
        summary="Start a stopped service",
        description="Start a stopped service on the same ports.",
        handler=start_service,
        cli="homeport service start {name}",
        python="homeport.service({name}).start()",
        problems=(HTTPStatus.CONFLICT,),
        answer=ServiceState,
    ),
    Operation(
        method="GET",
        path=WORLD,
        summary="Get a world's ready object",
        description="Return a world's ready object: the hosts and ports of its services.",
        handler=world,
        cli="homeport ports",
        python="homeport.ready",
        answer=Ready,
    ),
    Operation(
        method="GET",
        path=f"{WORLD}/services",
        summary="List the services of a world",
        description="Return the services of a world with their state, ports and counters.",
        handler=services,
        cli="homeport service list",
        answer=Services,
    ),
)
