"""What the API says of a world's faults, and how they are planned and removed."""

from http import HTTPStatus
from ipaddress import ip_address, ip_network

import msgspec

from homeport.config.values import closest
from homeport.control.farm import Farm, WorldHost
from homeport.control.filters import CONN
from homeport.control.operation import WORLD, Operation, Request, world_of
from homeport.control.problems import ProblemError
from homeport.protocol.fault_checks import check_plan
from homeport.protocol.faults import FaultError, Plan
from homeport.world.faults import Fault


class PlannedFault(Plan, frozen=True, kw_only=True):
    meaning = "A planned fault, and what has become of it."

    id: str
    since: int
    """The number of the newest event of the journal when it was planned."""
    seen: int
    """Occasions that it was there for."""
    acted: int
    """Occasions that it acted on."""
    spent: bool
    """Whether it will act on no further occasion; where it acts, it goes on until it is removed."""


class PlannedFaults(msgspec.Struct, frozen=True):
    meaning = "A world's faults, in the order in which they were planned."

    items: list[PlannedFault]
    total: int
    next: int | None = None


class Removed(msgspec.Struct, frozen=True):
    meaning = "How many faults were removed."

    removed: int


def faults(farm: Farm, request: Request) -> PlannedFaults:
    items = [_shown(fault) for fault in world_of(farm, request).world.faults]
    return PlannedFaults(items, len(items))


def plan_fault(farm: Farm, request: Request) -> PlannedFault:
    host = world_of(farm, request)
    served = {f"{one.service.name}.{one.bound.wanted.listener}" for one in host.listeners}
    try:
        check_plan(request.body, {one.service.name: one.service for one in host.listeners}, served)
        _check_peer(request.body, host)
        _check_conn(request.body, host)
    except FaultError as error:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error), nearest=error.nearest) from None
    return _shown(host.world.faults.add(request.body, host.world.journal.seq))


def _check_peer(plan: Plan, host: WorldHost) -> None:
    """Raises: FaultError for a peer of an IP version that no listener of the service has an address of."""
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
        words = f"no client can come from {plan.match.peer}: {plan.service} listens on {', '.join(sorted(addresses))}"
        raise FaultError("match.peer", words)


def _check_conn(plan: Plan, host: WorldHost) -> None:
    """Raises: FaultError for a connection that is none, is closed, or is another service's."""
    conn = plan.match.conn
    if conn is None:
        return
    if not CONN.fullmatch(conn):
        raise FaultError("match.conn", f"{conn!r} is no connection: write it as the journal does, such as c3")
    live = {one.id: one for one in host.live}
    if (found := live.get(conn)) is None:
        if int(conn[1:]) <= host.world.journal.connections:
            there = ", ".join(live) or "none"
            raise FaultError("match.conn", f"the connection {conn} is closed; open are: {there}", closest(conn, live))
    elif found.service != plan.service or plan.listener not in (None, found.listener):
        raise FaultError("match.conn", f"the connection {conn} is one of {found.service}.{found.listener}")


def fault(farm: Farm, request: Request) -> PlannedFault:
    kept = world_of(farm, request).world.faults
    found = kept.get(request.parameters["fault"])
    if found is None:
        raise _unknown(farm, request)
    return _shown(found)


def remove_fault(farm: Farm, request: Request) -> None:
    if not world_of(farm, request).world.faults.remove(request.parameters["fault"]):
        raise _unknown(farm, request)


def remove_faults(farm: Farm, request: Request) -> Removed:
    return Removed(world_of(farm, request).world.faults.clear())


def _shown(fault: Fault) -> PlannedFault:
    plan = {name: getattr(fault.plan, name) for name in Plan.__struct_fields__}
    return PlannedFault(**plan, id=fault.id, since=fault.since, seen=fault.seen, acted=fault.acted, spent=fault.spent)


def _unknown(farm: Farm, request: Request) -> ProblemError:
    there = ", ".join(one.id for one in world_of(farm, request).world.faults) or "none"
    return ProblemError(HTTPStatus.NOT_FOUND, f"there is no fault {request.parameters['fault']!r}; there are: {there}")


OPERATIONS = (
    Operation(
        method="GET",
        path=f"{WORLD}/faults",
        summary="The faults that are planned, and how often each has acted",
        description="A world's faults.",
        handler=faults,
        answer=PlannedFaults,
    ),
    Operation(
        method="POST",
        path=f"{WORLD}/faults",
        summary="Plan a fault",
        handler=plan_fault,
        body=Plan,
        answer=PlannedFault,
        status=HTTPStatus.CREATED,
    ),
    Operation(
        method="DELETE",
        path=f"{WORLD}/faults",
        summary="Remove all faults: they stop at once, also where they act",
        description="Remove all faults.",
        handler=remove_faults,
        answer=Removed,
    ),
    Operation(
        method="GET",
        path=f"{WORLD}/faults/{{fault}}",
        summary="One fault",
        handler=fault,
        answer=PlannedFault,
    ),
    Operation(
        method="DELETE",
        path=f"{WORLD}/faults/{{fault}}",
        summary="Remove a fault: it stops at once, also where it acts",
        description="Remove one fault: it stops at once, also where it acts.",
        handler=remove_fault,
        answer=None,
        status=HTTPStatus.NO_CONTENT,
    ),
)
