"""Which actions of the registry an object can take now, and why not the others.

Each action is tried in a transaction that is dropped, so an answer is what the action itself would say.
"""

from collections.abc import Mapping
from functools import partial
from typing import Annotated

import msgspec
from msgspec import Meta

from homeport.control.farm import Farm
from homeport.control.operation import WORLD, Operation, Request, world_of
from homeport.control.problems import ProblemError
from homeport.control.registry import Kind, named
from homeport.control.registry_actions import ACTS, STATES, Act
from homeport.world.registry import Registry, Sponsored, reviews, transfers
from homeport.world.registry.validation import settable

NEEDS: Mapping[str, tuple[str, ...]] = {
    "set": ("statuses",),
    "unset": ("statuses",),
    "request_transfer": ("registrar", "years"),
    "force_transfer": ("registrar", "years"),
    "approve_transfer": ("by",),
    "reject_transfer": ("by",),
    "cancel_transfer": ("by",),
    "renew": ("years",),
}
"""Fields of a request that matter to an action, besides `act`."""
NO_EFFECT = {
    "set": "it has every status that can be set",
    "unset": "no status is set",
    "hold": "it is on hold already",
    "unhold": "it is not on hold",
    "lock": "it is locked already",
    "unlock": "it is not locked",
}


class PossibleAct(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "An action of the registry on an object, and whether it is possible now."

    act: str
    possible: bool
    reason: Annotated[str | None, Meta(description="why it is not possible, or would have no effect; else null")]
    takes: Annotated[tuple[str, ...], Meta(description="fields of the request that matter to it, besides `act`")]
    choices: Annotated[tuple[str, ...], Meta(description="statuses or registrars that it can be given now")]


class PossibleActs(msgspec.Struct, frozen=True):
    meaning = "The actions of the registry on an object."

    items: list[PossibleAct]
    total: int
    next: int | None = None


def possible_acts(registry: Registry, one: Sponsored) -> list[PossibleAct]:
    """Return the actions that apply to objects of this kind, each with the reason if it is not possible now."""
    return [_tried(registry, one, name) for name, action in ACTS.items() if isinstance(one, action.of)]


def _tried(registry: Registry, one: Sponsored, name: str) -> PossibleAct:
    choices = _choices(registry, one, name)
    reason = _reason(registry, one, name, choices)
    return PossibleAct(act=name, possible=reason is None, reason=reason, takes=NEEDS.get(name, ()), choices=choices)


def _choices(registry: Registry, one: Sponsored, name: str) -> tuple[str, ...]:
    if name == "set":
        return tuple(status for status in settable(type(one).__name__.lower()) if status not in one.statuses)
    if name == "unset":
        return one.statuses
    if name in ("request_transfer", "force_transfer"):
        return tuple(each.id for each in registry.registrars.values() if each.id != one.registrar)[:MAX_CHOICES]
    return ()


MAX_CHOICES = 200
"""Registrars that are listed."""


def _reason(registry: Registry, one: Sponsored, name: str, choices: tuple[str, ...]) -> str | None:
    """Return why an action is not possible; None if it is."""
    if name in ("set", "unset"):
        return None if choices else NO_EFFECT[name]
    if name in ("request_transfer", "force_transfer") and not choices:
        return "there is no other registrar"
    body = Act(act=name, registrar=choices[0] if choices else "")  # type: ignore[arg-type]  # a key of ACTS
    changes = registry.begin()
    try:
        ACTS[name].do(changes, one, body)
    except ProblemError as error:
        return error.detail
    except (transfers.NotPendingError, reviews.NothingToReviewError) as error:
        return str(error)
    return None if changes.written else NO_EFFECT.get(name, "it would change nothing")


def acts(kind: Kind, farm: Farm, request: Request) -> PossibleActs:
    registry = world_of(farm, request).world.registry
    items = possible_acts(registry, kind.find(registry, request.parameters["name"]))
    return PossibleActs(items, len(items))


OPERATIONS = tuple(
    Operation(
        method="GET",
        path=f"{WORLD}/registry/{kind.plural}/{{name}}/acts",
        summary=f"The actions of the registry on a {kind.name}, and which are possible now",
        description="Return each action that applies, with the reason if it is not possible now. Nothing changes.",
        handler=named(f"possible_acts_on_{kind.name}", partial(acts, kind)),
        cli=f"homeport registry act {kind.name} {{name}}",
        answer=PossibleActs,
    )
    for kind in STATES
)
