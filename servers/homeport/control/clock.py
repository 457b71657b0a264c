"""The world's clock over the API: read, set, advanced, frozen, resumed."""

from http import HTTPStatus
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from homeport.config.quantities import parse_moment, travel
from homeport.control.farm import Farm
from homeport.control.operation import WORLD, Operation, Request, world_of
from homeport.control.problems import ProblemError
from homeport.control.times import shown_time
from homeport.world.clock import Clock
from homeport.world.world import World


class ClockState(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "A world's clock."

    now: Annotated[str, Meta(description="the world's time, RFC 3339")]
    real: Annotated[str, Meta(description="real time, RFC 3339")]
    offset_seconds: Annotated[float, Meta(description="how far the world is ahead of real time")]
    frozen: bool
    timers: Annotated[int, Meta(description="what is to happen at a time of the world")]
    next_timer: Annotated[str | None, Meta(description="when the next of it does, RFC 3339")]


class ClockMoved(ClockState, frozen=True, kw_only=True):
    meaning = "A world's clock after a change."

    fired: Annotated[int, Meta(description="timers that fell due by the change; they have fired")]


class ClockChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "Changes of a clock, made in this order: set, advance, then freeze or resume."

    set: Annotated[
        str | None, Meta(description="a time (RFC 3339), or a distance from now such as +1d, -5m or +P1M")
    ] = None
    advance: Annotated[
        str | None, Meta(description="how far: P1Y, P1M, PT5M (ISO 8601), or 250ms, 5s, 10m, 2h, 1d")
    ] = None
    freeze: Annotated[bool, Meta(description="let time stand still")] = False
    resume: Annotated[bool, Meta(description="let time run on")] = False


def clock(farm: Farm, request: Request) -> ClockState:
    return ClockState(**_state(world_of(farm, request).world.clock))


def change_clock(farm: Farm, request: Request) -> ClockMoved:
    world = world_of(farm, request).world
    change: ClockChange = request.body
    # All is checked before anything is done.
    if change.freeze and change.resume:
        raise ProblemError(HTTPStatus.BAD_REQUEST, "freeze and resume: ask for one of them")
    if not (change.set or change.advance or change.freeze or change.resume):
        raise ProblemError(HTTPStatus.BAD_REQUEST, "nothing to do: give set, advance, freeze or resume")
    try:
        goal = parse_moment(change.set, world.clock.now()) if change.set else world.clock.now()
        further = travel(goal, change.advance) if change.advance else goal
    except ValueError as error:
        raise ProblemError(HTTPStatus.BAD_REQUEST, str(error)) from None
    fired = 0
    if change.freeze:
        world.clock.freeze()  # before it is set, so that it stands exactly where it is set to
    if change.set:
        _log(world, "set", goal)
        fired += world.clock.set(goal)
    if change.advance:
        _log(world, "advance", further)
        fired += world.clock.set(further)
    if change.freeze:
        _log(world, "freeze", world.clock.now())
    if change.resume:
        world.clock.resume()
        _log(world, "resume", world.clock.now())
    return ClockMoved(**_state(world.clock), fired=fired)


def _log(world: World, what: str, goal: float) -> None:
    """In the journal before what it causes."""
    world.journal.log(None, "clock", {"what": what, "from": shown_time(world.clock.now()), "to": shown_time(goal)})


def _state(clock: Clock) -> dict[str, Any]:
    now, due = clock.now(), clock.due
    return {
        "now": shown_time(now),
        "real": shown_time(now - clock.offset),
        "offset_seconds": round(clock.offset, 6),
        "frozen": clock.frozen,
        "timers": len(due),
        "next_timer": shown_time(due[0]) if due else None,
    }


OPERATIONS = (
    Operation(method="GET", path=f"{WORLD}/clock", summary="A world's clock", handler=clock, answer=ClockState),
    Operation(
        method="POST",
        path=f"{WORLD}/clock",
        summary="Set, advance, freeze or resume a world's clock; what falls due fires before the answer",
        description="Change a world's clock; what falls due fires first.",
        handler=change_clock,
        body=ClockChange,
        answer=ClockMoved,
    ),
)
