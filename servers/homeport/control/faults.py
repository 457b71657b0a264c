"""Planned faults over the API: list, plan, change, pause, remove."""

from http import HTTPStatus
from ipaddress import ip_address, ip_network
from typing import Annotated

import msgspec
from msgspec import Meta

from homeport.config.values import closest
from homeport.control.farm import Farm, WorldHost
from homeport.control.filters import CONN
from homeport.control.json_pieces import whole_list
from homeport.control.operation import WORLD, Operation, Request, world_of
from homeport.control.problems import ProblemError
from homeport.control.slices import Body
from homeport.control.times import shown_time
from homeport.protocol.fault_checks import settle, validate_plan
from homeport.protocol.faults import FaultError, Plan
from homeport.world.faults import Fault


class LastFault(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "The last time that a fault acted."

    seq: Annotated[int | None, Meta(description="`seq` of its event in the journal; null if it was not recorded")]
    conn: Annotated[str | None, Meta(description="the connection; null for a datagram, or a listener")]
    time: Annotated[str, Meta(description="real time, RFC 3339")]


class PlannedFault(Plan, frozen=True, kw_only=True):
    meaning = "A planned fault and its counters."

    id: str
    since: Annotated[int, Meta(description="`seq` of the newest event of the journal when the fault was planned")]
    seen: Annotated[int, Meta(description="number of times that its `match` applied")]
    acted: Annotated[int, Meta(description="number of times that it acted")]
    spent: Annotated[
        bool,
        Meta(description="true if it starts no more; where it already acts, it continues until it is removed"),
    ]
    paused: Annotated[
        bool, Meta(description="true if it counts no matches and starts no more until `paused` is set to false")
    ] = False
    last: Annotated[LastFault | None, Meta(description="the last time that it acted; null for never")] = None


class PlannedFaults(msgspec.Struct, frozen=True):
    meaning = "The faults of a world, in the order in which they were planned."

    items: list[PlannedFault]
    total: int
    next: int | None = None


class FaultChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "Changes of a planned fault. They apply to matches from now on; fields left out stay as they are."

    paused: Annotated[bool | msgspec.UnsetType, Meta(description="true: take no matches until it is false again")] = (
        msgspec.UNSET
    )
    after: Annotated[int, Meta(ge=0, description="skip the first N matches, counted from when it was planned")] | (
        msgspec.UnsetType
    ) = msgspec.UNSET
    times: (
        Annotated[int, Meta(ge=0, description="matches that it acts on, those so far included; 0: all")]
        | msgspec.UnsetType
    ) = msgspec.UNSET
    probability: Annotated[float, Meta(gt=0, le=1, description="probability of acting on a match")] | (
        msgspec.UnsetType
    ) = msgspec.UNSET
    optional: Annotated[bool | msgspec.UnsetType, Meta(description="do not fail the test if it never acts")] = (
        msgspec.UNSET
    )


class Removed(msgspec.Struct, frozen=True):
    meaning = "The number of faults that were removed."

    removed: int


def faults(farm: Farm, request: Request) -> Body:
    return whole_list(farm, world_of(farm, request).world.faults, _shown)


def plan_fault(farm: Farm, request: Request) -> PlannedFault:
    host = world_of(farm, request)
    served = {f"{one.service.name}.{one.bound.wanted.listener}" for one in host.listeners}
    try:
        services = {one.service.name: one.service for one in host.listeners}
        plan = settle(request.body, services.get(request.body.service))
        validate_plan(plan, services, served)
        _check_peer(plan, host)
        _check_conn(plan, host)
    except FaultError as error:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error), nearest=error.nearest) from None
    return _shown(host.world.faults.add(plan, host.world.journal.seq))


def _check_peer(plan: Plan, host: WorldHost) -> None:
    """Raise FaultError for a peer whose IP version no listener of the service has an address of."""
    options = host.world.options.get(plan.service)
    if plan.match.peer in (None, "*") or getattr(options, "proxy_protocol", False):
        return
    version = ip_network(plan.match.peer, strict=False).version
    addresses = {
        address.partition("%")[0]
        for one in host.listeners
        if one.service.name == plan.service and plan.listener in (None, one.bound.wanted.listener)
        for address in one.bound.addresses
    }
    if version not in {ip_address(one).version for one in addresses}:
        listens = ", ".join(sorted(addresses))
        raise FaultError(
            "match.peer", f"no client can come from {plan.match.peer}: {plan.service} listens on {listens}"
        )


def _check_conn(plan: Plan, host: WorldHost) -> None:
    """Raise FaultError for a connection that does not exist, is closed, or belongs to another service."""
    conn = plan.match.conn
    if conn is None:
        return
    if not CONN.fullmatch(conn):
        raise FaultError(
            "match.conn", f"{conn!r} is not the id of a connection: write it as the journal does, such as c3"
        )
    live = {one.id: one for one in host.live}
    if (found := live.get(conn)) is None:
        if int(conn[1:]) <= host.world.journal.connections:
            known = ", ".join(live) or "none"
            raise FaultError("match.conn", f"connection {conn} is closed; open: {known}", closest(conn, live))
    elif found.service != plan.service or plan.listener not in (None, found.listener):
        raise FaultError("match.conn", f"connection {conn} belongs to {found.service}.{found.listener}")


def fault(farm: Farm, request: Request) -> PlannedFault:
    return _shown(_found(farm, request))


def change_fault(farm: Farm, request: Request) -> PlannedFault:
    found = _found(farm, request)
    change = {name: value for name, value in msgspec.structs.asdict(request.body).items() if value is not msgspec.UNSET}
    if found.plan.do.kind == "refuse" and change.keys() - {"optional"}:
        words = "refuse acts once, at once: remove the fault to take clients again, or plan another one"
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, words)
    paused = change.pop("paused", found.paused)
    found.change(msgspec.structs.replace(found.plan, **change), paused=paused)
    return _shown(found)


def _found(farm: Farm, request: Request) -> Fault:
    found = world_of(farm, request).world.faults.get(request.parameters["fault"])
    if found is None:
        raise _unknown(farm, request)
    return found


def remove_fault(farm: Farm, request: Request) -> None:
    if not world_of(farm, request).world.faults.remove(request.parameters["fault"]):
        raise _unknown(farm, request)


def remove_faults(farm: Farm, request: Request) -> Removed:
    return Removed(world_of(farm, request).world.faults.clear())


def _shown(fault: Fault) -> PlannedFault:
    plan = {name: getattr(fault.plan, name) for name in Plan.__struct_fields__}
    last = fault.last
    return PlannedFault(
        **plan,
        id=fault.id,
        since=fault.since,
        seen=fault.seen,
        acted=fault.acted,
        spent=fault.spent,
        paused=fault.paused,
        last=None if last is None else LastFault(seq=last.seq or None, conn=last.conn, time=shown_time(last.time)),
    )


def _unknown(farm: Farm, request: Request) -> ProblemError:
    known = ", ".join(one.id for one in world_of(farm, request).world.faults) or "none"
    return ProblemError(HTTPStatus.NOT_FOUND, f"there is no fault {request.parameters['fault']!r}; there are: {known}")


OPERATIONS = (
    Operation(
        method="GET",
        path=f"{WORLD}/faults",
        summary="List the planned faults of a world",
        description="Return the faults of a world, each with the number of times it has acted.",
        handler=faults,
        cli="homeport fault list",
        python="homeport.faults()",
        answer=PlannedFaults,
    ),
    Operation(
        method="POST",
        path=f"{WORLD}/faults",
        summary="Plan a fault",
        description="Plan a fault. It acts from now on, as often as it says, wherever its `match` applies.",
        handler=plan_fault,
        cli="homeport fault add {service} {do}",
        python="homeport.service({service}).fail(**{do})",
        body=Plan,
        answer=PlannedFault,
        status=HTTPStatus.CREATED,
    ),
    Operation(
        method="DELETE",
        path=f"{WORLD}/faults",
        summary="Remove all faults of a world",
        description="Remove all faults. They stop at once, also on connections on which they already act.",
        handler=remove_faults,
        cli="homeport fault clear",
        python="homeport.clear_faults()",
        answer=Removed,
    ),
    Operation(
        method="GET",
        path=f"{WORLD}/faults/{{fault}}",
        summary="Get a fault",
        description="Return one planned fault and its counters.",
        handler=fault,
        answer=PlannedFault,
    ),
    Operation(
        method="PATCH",
        path=f"{WORLD}/faults/{{fault}}",
        summary="Pause, resume or change a fault",
        description="Pause or resume a fault, or change how often it acts. What it does to whom stays.",
        handler=change_fault,
        cli="homeport fault pause {fault}",
        body=FaultChange,
        answer=PlannedFault,
        problems=(HTTPStatus.UNPROCESSABLE_ENTITY,),
    ),
    Operation(
        method="DELETE",
        path=f"{WORLD}/faults/{{fault}}",
        summary="Remove a fault",
        description="Remove one fault. It stops at once, also on connections on which it already acts.",
        handler=remove_fault,
        cli="homeport fault clear {fault}",
        answer=None,
        status=HTTPStatus.NO_CONTENT,
    ),
)
