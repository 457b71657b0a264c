"""The registry as a whole over the API: policy of its zones, pending reviews, snapshots, and a reset of the registry.

A zone that is put lasts until a reset or the end of the farm: the disk keeps objects, not policy.
"""

from http import HTTPStatus
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from homeport.control.durable import NOT_DURABLE
from homeport.control.farm import KEEPABLE, Farm, FarmRefused
from homeport.control.operation import WORLD, Operation, Request, world_of
from homeport.control.problems import ProblemError
from homeport.control.slices import Body
from homeport.control.state import body_of, log_change, not_found, require_same
from homeport.control.times import shown_time
from homeport.world.names import canonical_name
from homeport.world.registry import Periods, Registry, Zone
from homeport.world.registry.objects import ObjectKind, PendingOperation
from homeport.world.registry.validation import unknown_tables, validate_zone
from homeport.world.row_store import StoreError

OCTETS = "application/octet-stream"


ZoneState: Any = msgspec.defstruct(
    "ZoneState",
    [
        (
            "periods",
            Annotated[Periods | None, Meta(description="effective periods in seconds; derived: not set by a PUT")],
            None,
        )
    ],
    bases=(Zone,),
    namespace={"meaning": f"{vars(Zone)['meaning']} With its effective periods."},
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
)


class ZoneList(msgspec.Struct, frozen=True):
    meaning = "All zones."

    items: list[ZoneState]
    total: int
    next: int | None = None


class Review(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "A command that waits for review; the actions approve_review and reject_review of its object end it."

    kind: ObjectKind
    name: Annotated[str, Meta(description="of the object; identifier of a contact")]
    operation: PendingOperation
    registrar: Annotated[str, Meta(description="registrar that sent it")]
    requested: Annotated[str, Meta(description="RFC 3339")]
    due: Annotated[str | None, Meta(description="time at which the registry decides by itself; null: never")]
    outcome: Annotated[str, Meta(description="decision of the registry")]
    cl_trid: str
    sv_trid: str


class Reviews(msgspec.Struct, frozen=True):
    meaning = "The pending reviews."

    items: list[Review]
    total: int
    next: int | None = None


ZoneBody = body_of(ZoneState, "name")
"""A zone as it is read can be written: its derived periods are accepted, and ignored."""


def zones(farm: Farm, request: Request) -> ZoneList:
    found = [_shown(one) for one in world_of(farm, request).world.registry.zones.values()]
    return ZoneList(found, len(found))


def zone(farm: Farm, request: Request) -> Any:
    return _shown(_zone(world_of(farm, request).world.registry, request.parameters["name"]))


def _shown(zone: Zone) -> Any:
    return ZoneState(**msgspec.structs.asdict(zone), periods=zone.periods)


def put_zone(farm: Farm, request: Request) -> Any:
    world, fields = world_of(farm, request).world, msgspec.structs.asdict(request.body)
    fields["name"] = fields["name"] or canonical_name(request.parameters["name"]) or request.parameters["name"]
    del fields["periods"]
    body = Zone(**fields)
    require_same("name", body.name, canonical_name(request.parameters["name"]) or request.parameters["name"])
    if problems := [*validate_zone(body), *unknown_tables(body, world.registry.idn.names())]:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, problems[0], problems=problems)
    world.registry.put_zone(body)
    log_change(world, "zone", body.name, "put")
    return _shown(body)


def delete_zone(farm: Farm, request: Request) -> None:
    world = world_of(farm, request).world
    name = _zone(world.registry, request.parameters["name"]).name
    if len(world.registry.zones) == 1:
        raise ProblemError(HTTPStatus.CONFLICT, f"{name} is the only zone: add another one first")
    world.registry.remove_zone(name)
    log_change(world, "zone", name, "deleted")


def waiting_reviews(farm: Farm, request: Request) -> Reviews:
    registry = world_of(farm, request).world.registry
    registry.catch_up()
    items = [
        Review(
            kind=one.kind,
            name=one.name,
            operation=one.operation,
            registrar=one.registrar,
            requested=shown_time(one.requested),
            due=None if one.due is None else shown_time(one.due),
            outcome=one.outcome,
            cl_trid=one.cl_trid,
            sv_trid=one.sv_trid,
        )
        for one in registry.pendings.values()
    ]
    return Reviews(items, len(items))


def snapshot(farm: Farm, request: Request) -> Any:
    return Body(farm, world_of(farm, request).world.registry.snapshot_pieces(), OCTETS)


def restore(farm: Farm, request: Request) -> None:
    world = world_of(farm, request).world
    try:
        world.registry.restore(request.body)
    except ValueError as error:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from None
    except StoreError as error:
        raise ProblemError(NOT_DURABLE, f"the change was rolled back: {error}") from None
    log_change(world, "registry", "snapshot", "restored")


def reset_registry(farm: Farm, request: Request) -> None:
    try:
        world_of(farm, request).reset([part for part in KEEPABLE if part != "registry"])
    except FarmRefused as error:
        raise ProblemError(HTTPStatus.CONFLICT, str(error)) from None


def _zone(registry: Registry, name: str) -> Zone:
    found = registry.zones.get(canonical_name(name) or "")
    if found is None:
        raise not_found("zone", name, registry.zones)
    return found


REGISTRY = f"{WORLD}/registry"
ONE_ZONE = f"{REGISTRY}/zones/{{name}}"
NO_CONTENT = HTTPStatus.NO_CONTENT
OPERATIONS = (
    Operation(
        method="GET",
        path=f"{REGISTRY}/zones",
        summary="The registry's zones",
        description="Return the zones where names can be registered, each with its policy.",
        handler=zones,
        answer=ZoneList,
    ),
    Operation(
        method="GET",
        path=ONE_ZONE,
        summary="The policy of a zone",
        description="Return the policy of a zone; a null period is the preset's.",
        handler=zone,
        answer=ZoneState,
    ),
    Operation(
        method="PUT",
        path=ONE_ZONE,
        summary="Add a zone, or change its policy",
        description="Add a zone, or replace its policy; it applies to everything from now on.",
        handler=put_zone,
        problems=(HTTPStatus.UNPROCESSABLE_ENTITY,),
        body=ZoneBody,
        answer=ZoneState,
    ),
    Operation(
        method="DELETE",
        path=ONE_ZONE,
        summary="Remove a zone",
        description="Remove a zone; its domains stay, but their due events stop.",
        handler=delete_zone,
        problems=(HTTPStatus.CONFLICT,),
        answer=None,
        status=NO_CONTENT,
    ),
    Operation(
        method="GET",
        path=f"{REGISTRY}/reviews",
        summary="Pending reviews",
        description="Return the commands that were answered with 1001 and wait for review.",
        handler=waiting_reviews,
        answer=Reviews,
    ),
    Operation(
        method="GET",
        path=f"{REGISTRY}/snapshot",
        summary="A snapshot of the registry",
        description="Return all objects, messages and reviews as bytes, to be restored later or in another world.",
        handler=snapshot,
        answer=bytes,
        media_type=OCTETS,
    ),
    Operation(
        method="PUT",
        path=f"{REGISTRY}/snapshot",
        summary="Restore a snapshot of the registry",
        description="Replace the registry by a snapshot. Its times are unchanged; events that are due by now happen "
        "at once.",
        handler=restore,
        problems=(NOT_DURABLE, HTTPStatus.UNPROCESSABLE_ENTITY),
        octets=True,
        answer=None,
        status=NO_CONTENT,
    ),
    Operation(
        method="POST",
        path=f"{REGISTRY}/reset",
        summary="Reset the registry",
        description="Reset the registry to its configuration, with times counted from now; sessions go on.",
        handler=reset_registry,
        problems=(HTTPStatus.CONFLICT,),
        answer=None,
        status=NO_CONTENT,
    ),
)
