"""What the API says of a world's faults, and how they are planned and removed."""

from http import HTTPStatus

import msgspec

from homeport.control.farm import Farm
from homeport.control.operation import WORLD, Operation, Request, world_of
from homeport.control.problems import ProblemError
from homeport.faults import FaultError, Plan, check_plan
from homeport.world.faults import Fault


class PlannedFault(Plan, frozen=True, kw_only=True):
    """A planned fault, and what has become of it."""

    id: str
    seen: int
    """Occasions that it was there for."""
    acted: int
    """Occasions that it acted on."""
    spent: bool
    """Whether it will act on no further occasion; where it acts, it goes on until it is removed."""


class PlannedFaults(msgspec.Struct, frozen=True):
    """A world's faults, in the order in which they were planned."""

    items: list[PlannedFault]
    total: int
    next: int | None = None


class Removed(msgspec.Struct, frozen=True):
    """How many faults were removed."""

    removed: int


def faults(farm: Farm, request: Request) -> PlannedFaults:
    """A world's faults."""
    items = [_shown(fault) for fault in world_of(farm, request).world.faults]
    return PlannedFaults(items, len(items))


def plan_fault(farm: Farm, request: Request) -> PlannedFault:
    """Plan a fault."""
    host = world_of(farm, request)
    try:
        check_plan(request.body, {one.service.name: one.service for one in host.listeners})
    except FaultError as error:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from None
    return _shown(host.world.faults.add(request.body))


def fault(farm: Farm, request: Request) -> PlannedFault:
    """One fault."""
    kept = world_of(farm, request).world.faults
    found = kept.get(request.parameters["fault"])
    if found is None:
        raise _unknown(farm, request)
    return _shown(found)


def remove_fault(farm: Farm, request: Request) -> None:
    """Remove one fault: it stops at once, also where it acts."""
    if not world_of(farm, request).world.faults.remove(request.parameters["fault"]):
        raise _unknown(farm, request)


def remove_faults(farm: Farm, request: Request) -> Removed:
    """Remove all faults."""
    return Removed(world_of(farm, request).world.faults.clear())


def _shown(fault: Fault) -> PlannedFault:
    plan = {name: getattr(fault.plan, name) for name in Plan.__struct_fields__}
    return PlannedFault(**plan, id=fault.id, seen=fault.seen, acted=fault.acted, spent=fault.spent)


def _unknown(farm: Farm, request: Request) -> ProblemError:
    there = ", ".join(one.id for one in world_of(farm, request).world.faults) or "none"
    return ProblemError(HTTPStatus.NOT_FOUND, f"there is no fault {request.parameters['fault']!r}; there are: {there}")


OPERATIONS = (
    Operation(
        method="GET",
        path=f"{WORLD}/faults",
        summary="The faults that are planned, and how often each has acted",
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
        handler=remove_fault,
        answer=None,
        status=HTTPStatus.NO_CONTENT,
    ),
)
