"""The operational test (OT&E) of registrars over the API: which steps of the checklist each has done, and how."""

from http import HTTPStatus
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from homeport.control.farm import Farm
from homeport.control.operation import WORLD, Operation, Request, world_of
from homeport.control.state import log_change, not_found
from homeport.control.times import shown_time
from homeport.services.epp.ote import STEPS, Sheet, Step, sheets_of
from homeport.world.world import World


class OteStep(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "A step of the operational test, and a registrar's latest attempt of it."

    id: str
    section: str
    title: str
    how: Annotated[str, Meta(description="what to send")]
    state: Annotated[
        Literal["open", "wrong", "done"], Meta(description="not tried; tried, but wrongly; done, which lasts")
    ]
    attempts: int
    time: Annotated[str | None, Meta(description="time of the attempt, by the world's clock; null if open")]
    object: Annotated[str, Meta(description="names of its objects")]
    code: Annotated[int | None, Meta(description="its result code; null if open")]
    cl_trid: str
    sv_trid: str
    why: Annotated[str, Meta(description="what was wrong with it; empty unless the state is wrong")]


class OteSheet(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "The checklist of one registrar."

    registrar: str
    passed: Annotated[bool, Meta(description="true if every step is done")]
    done: int
    wrong: int
    open: int
    total: int
    steps: tuple[OteStep, ...]


class OteScore(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "How far a registrar is."

    registrar: str
    passed: bool
    done: int
    wrong: int
    open: int
    total: int


class OteScores(msgspec.Struct, frozen=True):
    meaning = "All registrars."

    items: list[OteScore]
    total: int
    next: int | None = None


def _step(sheet: Sheet, step: Step) -> OteStep:
    mark = sheet.mark(step)
    return OteStep(
        id=step.id,
        section=step.section,
        title=step.title,
        how=step.how,
        state=mark.state,
        attempts=mark.attempts,
        time=None if mark.time is None else shown_time(mark.time),
        object=mark.object,
        code=mark.code,
        cl_trid=mark.cl_trid,
        sv_trid=mark.sv_trid,
        why=mark.why,
    )


def _counts(sheet: Sheet) -> dict[str, int]:
    done = sum(one.state == "done" for one in sheet.marks.values())
    return {"done": done, "wrong": len(sheet.marks) - done, "open": len(STEPS) - len(sheet.marks), "total": len(STEPS)}


def _registrar(world: World, request: Request) -> str:
    name = request.parameters["registrar"]
    found = world.registry.registrars.get(name.lower())
    if found is None:
        raise not_found("registrar", name, world.registry.registrars)
    return found.id


def scores(farm: Farm, request: Request) -> OteScores:
    world = world_of(farm, request).world
    sheets = sheets_of(world)
    items = []
    for one in world.registry.registrars.values():
        counts = _counts(sheets.of(one.id))
        items.append(OteScore(registrar=one.id, passed=counts["done"] == len(STEPS), **counts))
    return OteScores(items, len(items))


def sheet(farm: Farm, request: Request) -> OteSheet:
    world = world_of(farm, request).world
    registrar = _registrar(world, request)
    found = sheets_of(world).of(registrar)
    counts = _counts(found)
    steps = tuple(_step(found, step) for step in STEPS)
    return OteSheet(registrar=registrar, passed=counts["done"] == len(STEPS), steps=steps, **counts)


def clear(farm: Farm, request: Request) -> None:
    world = world_of(farm, request).world
    registrar = _registrar(world, request)
    sheets_of(world).clear(registrar)
    log_change(world, "ote", registrar, "deleted")


ALL = f"{WORLD}/registry/ote"
ONE = f"{ALL}/{{registrar}}"
OPERATIONS = (
    Operation(
        method="GET",
        path=ALL,
        summary="How far registrars are in the operational test",
        description="Return for each registrar how many steps of the checklist (OT&E) it has done.",
        handler=scores,
        answer=OteScores,
        cli="homeport ote",
    ),
    Operation(
        method="GET",
        path=ONE,
        summary="The operational test of a registrar",
        description="Return each step of the checklist: done, done wrongly and why, or open. The registry fills it in "
        "from the commands that it answers; those that a planned fault disturbed do not count.",
        handler=sheet,
        answer=OteSheet,
        cli="homeport ote --registrar {registrar}",
    ),
    Operation(
        method="DELETE",
        path=ONE,
        summary="Begin a registrar's operational test again",
        description="Set all steps of a registrar to open, as a reset of the world does for all registrars.",
        handler=clear,
        answer=None,
        status=HTTPStatus.NO_CONTENT,
        cli="homeport ote --registrar {registrar} --clear",
    ),
)
