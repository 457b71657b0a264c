"""The kinds of faults that each service can have, and recipes, over the API."""

from collections.abc import Generator
from http import HTTPStatus
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from homeport.config.values import closest, nearest
from homeport.control.farm import Farm
from homeport.control.operation import WORLD, Operation, Request, world_of
from homeport.control.problems import ProblemError
from homeport.control.slices import Steps
from homeport.protocol.commands import ArgumentRule
from homeport.protocol.fault_checks import kinds_of, settle, validate_plan
from homeport.protocol.fault_kinds import (
    OfCommands,
    acts_on_commands,
    example_of,
    has_direction,
    meaning_of,
    schema_of,
)
from homeport.protocol.fault_recipes import GENERAL_RECIPES, Recipe
from homeport.protocol.faults import FaultError, Plan
from homeport.protocol.service import Service


class OfService(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    meaning = "Which services are described."

    service: Annotated[str | None, Meta(description="only this service; default: all of the world")] = None


class FaultKind(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "A kind of fault that a service supports."

    kind: Annotated[str, Meta(description="the key in `do`")]
    text: Annotated[str, Meta(description="what it does, one sentence")]
    listeners: Annotated[list[str], Meta(description="the listeners of the service that support it")]
    schema: Annotated[
        dict[str, Any],
        Meta(description="JSON schema of its value in `do`, with bounds, examples and units (`unit`)"),
    ]
    example: Annotated[dict[str, Any], Meta(description="a `do` that is valid here")]
    commands: Annotated[
        OfCommands,
        Meta(description="whether it acts on commands: never, if `match` names a verb or an argument (can), or always"),
    ]
    direction: Annotated[bool, Meta(description="true if `direction` may be `in` or `both`")]


class FaultsOfService(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "The faults that a service of a world can suffer."

    service: str
    listeners: Annotated[dict[str, list[str]], Meta(description="the kinds that each enabled listener supports")]
    verbs: Annotated[
        dict[str, ArgumentRule],
        Meta(description="verbs that `match` can name, and whether their commands take an argument; empty for none"),
    ]
    kinds: list[FaultKind]


class FaultKinds(msgspec.Struct, frozen=True):
    meaning = "The kinds of faults of the services of a world."

    items: list[FaultsOfService]
    total: int
    next: int | None = None


class FaultRecipe(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "A fault by name."

    name: str
    title: str
    text: Annotated[str, Meta(description="what the client sees, or what it shows about the client: one sentence")]
    plan: Annotated[Plan, Meta(description="the body of `POST .../faults`")]
    services: Annotated[list[str], Meta(description="the running services for which it can be planned")]


class FaultRecipes(msgspec.Struct, frozen=True):
    meaning = "The recipes that can be planned in a world now."

    items: list[FaultRecipe]
    total: int
    next: int | None = None


def fault_kinds(farm: Farm, request: Request) -> Steps:
    return Steps(farm, _fault_kinds(_listeners(farm, request, running=False)))


def _fault_kinds(there: dict[str, tuple[Service, list[str]]]) -> Generator[None, None, FaultKinds]:
    """Describe the kinds in steps: all of them together take some ten milliseconds at first."""
    items: list[FaultsOfService] = []
    for service, enabled in there.values():
        listeners = {one.name: list(kinds_of(service, one)) for one in service.listeners if one.name in enabled}
        kinds: list[FaultKind] = []
        for kind in dict.fromkeys(kind for suffered in listeners.values() for kind in suffered):
            kinds.append(_kind(kind, service, listeners))
            yield
        items.append(FaultsOfService(service=service.name, listeners=listeners, verbs=dict(service.verbs), kinds=kinds))
    return FaultKinds(items, len(items))


def fault_recipes(farm: Farm, request: Request) -> FaultRecipes:
    there = _listeners(farm, request, running=True)
    # Services with replies first: for the recipes that every service has, they are the most telling.
    ordered = sorted(there.values(), key=lambda one: "reply" not in one[0].faults)
    items = []
    for recipe in (*(one for service, _ in there.values() for one in service.recipes), *GENERAL_RECIPES):
        fitting = [service.name for service, enabled in ordered if _fits(recipe, service, enabled)]
        if fitting:
            plan = settle(recipe.plan(fitting[0]), there[fitting[0]][0])
            items.append(
                FaultRecipe(name=recipe.name, title=recipe.title, text=recipe.text, plan=plan, services=fitting)
            )
    return FaultRecipes(items, len(items))


def _listeners(farm: Farm, request: Request, *, running: bool) -> dict[str, tuple[Service, list[str]]]:
    """Return the services, by name, each with the names of its enabled listeners. running: only those that are up."""
    found: dict[str, tuple[Service, list[str]]] = {}
    wanted = request.query.service
    names: list[str] = []
    for one in world_of(farm, request).listeners:
        names.append(one.service.name)
        if wanted in (None, one.service.name) and (one.up or not running):
            found.setdefault(one.service.name, (one.service, []))[1].append(one.bound.wanted.listener)
    if wanted is not None and wanted not in names:
        detail = f"there is no service {wanted!r} in this world; {nearest(wanted, names)}"
        raise ProblemError(HTTPStatus.BAD_REQUEST, detail, nearest=closest(wanted, names))
    return found


def _kind(kind: str, service: Service, listeners: dict[str, list[str]]) -> FaultKind:
    return FaultKind(
        kind=kind,
        text=f"{meaning_of(kind)}.",
        listeners=[name for name, suffered in listeners.items() if kind in suffered],
        schema=schema_of(kind, service),
        example={kind: example_of(kind, service)},
        commands=acts_on_commands(kind, service),
        direction=has_direction(kind),
    )


def _fits(recipe: Recipe, service: Service, enabled: list[str]) -> bool:
    """True if a recipe is the service's own or general, and its plan is valid for these listeners."""
    if recipe not in service.recipes and recipe not in GENERAL_RECIPES:
        return False
    try:
        plan = settle(recipe.plan(service.name), service)
        validate_plan(plan, {service.name: service}, {f"{service.name}.{one}" for one in enabled})
    except FaultError:
        return False
    return True


OPERATIONS = (
    Operation(
        method="GET",
        path=f"{WORLD}/faults/kinds",
        summary="List the kinds of faults that can be planned",
        description=(
            "Return, for each service of a world, the kinds of faults that its listeners support, each with a JSON "
            "schema, an example and one sentence. A kind that no enabled listener supports is absent."
        ),
        handler=fault_kinds,
        query=OfService,
        answer=FaultKinds,
    ),
    Operation(
        method="GET",
        path=f"{WORLD}/faults/recipes",
        summary="List the recipes of faults",
        description=(
            "Return faults by name, each as a plan that is ready to send, for the services of a world that are running."
        ),
        handler=fault_recipes,
        cli="homeport fault recipe",
        query=OfService,
        answer=FaultRecipes,
    ),
)
