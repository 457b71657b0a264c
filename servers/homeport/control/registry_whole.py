"""The registry as a whole over the API: the policy of its zones, what waits for review, snapshots, a reset of it alone.

A zone that is put holds until a reset or the end of the farm: what is kept on disk is the objects, not the policy.
"""

from http import HTTPStatus
from typing import Annotated

import msgspec
from msgspec import Meta

from homeport.control.durable import NOT_KEPT
from homeport.control.farm import KEEPABLE, Farm, FarmRefused
from homeport.control.operation import WORLD, Document, Operation, Request, world_of
from homeport.control.problems import ProblemError
from homeport.control.state import absent, demand_same, log_change
from homeport.control.times import shown_time
from homeport.world.names import canonical_name
from homeport.world.registry import Registry, Zone
from homeport.world.registry.objects import ObjectKind, PendingOperation
from homeport.world.registry.store import StoreError
from homeport.world.registry.validation import problems_of_zone

OCTETS = "application/octet-stream"


class ZoneList(msgspec.Struct, frozen=True):
    meaning = "All zones."

    items: list[Zone]
    total: int
    next: int | None = None


class Review(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "A command that waits for review; the acts approve_review and reject_review of its object end it."

    kind: ObjectKind
    name: Annotated[str, Meta(description="of the object; identifier of a contact")]
    operation: PendingOperation
    registrar: Annotated[str, Meta(description="who sent it")]
    requested: Annotated[str, Meta(description="RFC 3339")]
    due: Annotated[str | None, Meta(description="when the registry decides by itself; null: never")]
    outcome: Annotated[str, Meta(description="how it decides then")]
    cl_trid: str
    sv_trid: str


class Reviews(msgspec.Struct, frozen=True):
    meaning = "What waits for review."

    items: list[Review]
    total: int
    next: int | None = None


def zones(farm: Farm, request: Request) -> ZoneList:
    found = list(world_of(farm, request).world.registry.zones.values())
    return ZoneList(found, len(found))


def zone(farm: Farm, request: Request) -> Zone:
    return _zone(world_of(farm, request).world.registry, request.parameters["name"])


def put_zone(farm: Farm, request: Request) -> Zone:
    world, body = world_of(farm, request).world, request.body
    demand_same("name", body.name, canonical_name(request.parameters["name"]) or request.parameters["name"])
    if problems := problems_of_zone(body):
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, problems[0], problems=problems)
    world.registry.put_zone(body)
    log_change(world, "zone", body.name, "put")
    return body  # type: ignore[no-any-return]  # checked against the operation's body


def delete_zone(farm: Farm, request: Request) -> None:
    world = world_of(farm, request).world
    name = _zone(world.registry, request.parameters["name"]).name
    if len(world.registry.zones) == 1:
        raise ProblemError(HTTPStatus.CONFLICT, f"{name} is the only zone: put another one first")
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


def snapshot(farm: Farm, request: Request) -> Document:
    return Document(OCTETS, world_of(farm, request).world.registry.snapshot())


def restore(farm: Farm, request: Request) -> None:
    world = world_of(farm, request).world
    try:
        world.registry.restore(request.body)
    except ValueError as error:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from None
    except StoreError as error:
        raise ProblemError(NOT_KEPT, f"nothing is changed: {error}") from None
    log_change(world, "registry", "snapshot", "restored")


def reset_registry(farm: Farm, request: Request) -> None:
    try:
        world_of(farm, request).reset([part for part in KEEPABLE if part != "registry"])
    except FarmRefused as error:
        raise ProblemError(HTTPStatus.CONFLICT, str(error)) from None


def _zone(registry: Registry, name: str) -> Zone:
    found = registry.zones.get(canonical_name(name) or "")
    if found is None:
        raise absent("zone", name, registry.zones)
    return found


REGISTRY = f"{WORLD}/registry"
ONE_ZONE = f"{REGISTRY}/zones/{{name}}"
NO_CONTENT = HTTPStatus.NO_CONTENT
OPERATIONS = (
    Operation(
        method="GET",
        path=f"{REGISTRY}/zones",
        summary="The registry's zones",
        description="The zones where names can be registered, each with its policy.",
        handler=zones,
        answer=ZoneList,
    ),
    Operation(
        method="GET",
        path=ONE_ZONE,
        summary="The policy of a zone",
        description="The policy of a zone; null: a period is as the preset has it.",
        handler=zone,
        answer=Zone,
    ),
    Operation(
        method="PUT",
        path=ONE_ZONE,
        summary="Add a zone, or change its policy",
        description="Add a zone, or give one another policy; it holds for what happens from now on.",
        handler=put_zone,
        problems=(HTTPStatus.UNPROCESSABLE_ENTITY,),
        body=Zone,
        answer=Zone,
    ),
    Operation(
        method="DELETE",
        path=ONE_ZONE,
        summary="Take a zone out",
        description="Take a zone out; its domains stay, but nothing happens to them any more.",
        handler=delete_zone,
        problems=(HTTPStatus.CONFLICT,),
        answer=None,
        status=NO_CONTENT,
    ),
    Operation(
        method="GET",
        path=f"{REGISTRY}/reviews",
        summary="What waits for review",
        description="The commands that were answered with 1001 and wait for review.",
        handler=waiting_reviews,
        answer=Reviews,
    ),
    Operation(
        method="GET",
        path=f"{REGISTRY}/snapshot",
        summary="A snapshot of the registry",
        description="All objects, messages and reviews, as octets for a restore: here, later, or in another world.",
        handler=snapshot,
        answer=bytes,
        media_type=OCTETS,
    ),
    Operation(
        method="PUT",
        path=f"{REGISTRY}/snapshot",
        summary="Restore a snapshot of the registry",
        description="Have what a snapshot holds, and nothing else. Its times are as they were; what is due by now "
        "happens at once.",
        handler=restore,
        problems=(NOT_KEPT, HTTPStatus.UNPROCESSABLE_ENTITY),
        octets=True,
        answer=None,
        status=NO_CONTENT,
    ),
    Operation(
        method="POST",
        path=f"{REGISTRY}/reset",
        summary="Return the registry alone to its first state",
        description="Return the registry alone to what is configured, its times counted from now; sessions go on.",
        handler=reset_registry,
        problems=(HTTPStatus.CONFLICT,),
        answer=None,
        status=NO_CONTENT,
    ),
)
