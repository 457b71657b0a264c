"""The world's clock over the API: read, set, advance, freeze, resume; and what falls due."""

import gc
import math
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from homeport.config.quantities import parse_moment, travel
from homeport.control.durable import NOT_DURABLE, attempt
from homeport.control.farm import Farm
from homeport.control.operation import WORLD, Operation, Request, world_of
from homeport.control.problems import ProblemError
from homeport.control.slices import Steps
from homeport.control.times import shown_time
from homeport.world.clock import Clock
from homeport.world.registry.object_events import ACT_TEXTS
from homeport.world.world import World

MAX_TIMERS = 1000
MANY_ACTS = 5000
TIMERS_OF_A_STEP = 50
"""Entries of the schedule that one step looks at."""
LEAPS = {0: "none", 1: "insert", -1: "delete"}
"""Leap seconds by what the clock announces."""


class ClockState(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "A world's clock."

    now: Annotated[str, Meta(description="the world's time, RFC 3339")]
    real: Annotated[str, Meta(description="real time, RFC 3339")]
    offset_seconds: Annotated[float, Meta(description="seconds that the world is ahead of real time")]
    frozen: Annotated[bool, Meta(description="true if the world's time stands still")]
    timers: Annotated[int, Meta(description="number of timers that wait for a time of the world")]
    next_timer: Annotated[str | None, Meta(description="time at which the next timer is due, RFC 3339; null for none")]
    leap: Annotated[
        Literal["none", "insert", "delete"],
        Meta(description="leap second that is announced now, or in progress, as NTP's leap indicator tells it"),
    ]


class ClockMoved(ClockState, frozen=True, kw_only=True):
    meaning = "A world's clock after a change."

    fired: Annotated[int, Meta(description="number of timers that the change made due; all have fired")]
    acts: Annotated[
        int,
        Meta(description="number of things that happened to objects meanwhile; they are events of type `registry`"),
    ]
    seq: Annotated[int, Meta(description="`seq` of the newest event before the change; pass it as `since`")]


class TimersQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    meaning = "How much of what falls due is returned."

    limit: Annotated[int, Meta(ge=1, le=MAX_TIMERS, description="maximum number of items")] = 100
    until: Annotated[
        str | None, Meta(description="only what falls due by this time: RFC 3339, or a distance such as +1d or +P1Y")
    ] = None


class DueAct(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "What happens at a time of the world by itself."

    at: Annotated[str, Meta(description="world time, RFC 3339")]
    kind: Annotated[str, Meta(description="kind of the object, such as domain")]
    object: Annotated[str, Meta(description="its name, or its identifier")]
    what: Annotated[str, Meta(description="what happens, one word")]
    text: Annotated[str, Meta(description="what happens, for people")]


class Timers(msgspec.Struct, frozen=True):
    meaning = "What falls due in a world, the earliest first; of each object the next thing only."

    items: list[DueAct]
    total: Annotated[int, Meta(description="number of objects to which something happens at a known time")]
    next: int | None = None


class ClockChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "Changes of a clock, made in this order: set, advance, then freeze or resume."

    set: Annotated[
        str | None, Meta(description="new time: RFC 3339, or a distance from now such as +1d, -5m or +P1M")
    ] = None
    advance: Annotated[
        str | None, Meta(description="duration to move forward: P1Y, P1M, PT5M (ISO 8601), or 250ms, 5s, 10m, 2h, 1d")
    ] = None
    freeze: Annotated[bool, Meta(description="stop the world's time")] = False
    resume: Annotated[bool, Meta(description="let the world's time run again")] = False


def clock(farm: Farm, request: Request) -> ClockState:
    return ClockState(**_state(world_of(farm, request).world.clock))


def clock_timers(farm: Farm, request: Request) -> Steps:
    return Steps(farm, _timers(world_of(farm, request).world, request.query))


def _timers(world: World, query: TimersQuery) -> Generator[None, None, Timers]:
    """Collect what falls due, in steps: the schedule of a large registry may have many outdated entries."""
    until = math.inf
    if query.until is not None:
        try:
            until = parse_moment(query.until, world.clock.now())
        except ValueError as error:
            raise ProblemError(HTTPStatus.BAD_REQUEST, str(error)) from None
    items: list[DueAct] = []
    for step, act in enumerate(world.registry.upcoming(), 1):
        if act is not None:
            if act.due > until:
                break
            text = ACT_TEXTS[act.what]
            items.append(DueAct(at=shown_time(act.due), kind=act.kind, object=act.name, what=act.what, text=text))
        if len(items) == query.limit:
            break
        if not step % TIMERS_OF_A_STEP:
            yield
    return Timers(items, world.registry.planned_acts)


def change_clock(farm: Farm, request: Request) -> Any:
    world = world_of(farm, request).world
    change: ClockChange = request.body
    # Everything is validated before anything changes.
    if change.freeze and change.resume:
        raise ProblemError(HTTPStatus.BAD_REQUEST, "freeze and resume exclude each other: give one of them")
    if not (change.set or change.advance or change.freeze or change.resume):
        raise ProblemError(HTTPStatus.BAD_REQUEST, "nothing to do: give set, advance, freeze or resume")
    if not world.clock.jumping:
        _goals(world.clock, change)  # a wrong one is refused at once
    return KeptJump(farm, world, change)


class Jump(Steps):
    """A change of a clock, which is completed even if the client does not wait for it."""

    def drop(self) -> None:
        self._then = lambda _answer: None


class KeptJump(Jump):
    """A change of a clock that is kept on disk."""

    def __init__(self, farm: Farm, world: World, change: ClockChange) -> None:
        super().__init__(farm, _changed(world, change, self._keep))
        self._world = world

    def _keep(self, at: float | None = None) -> Generator[None, None, None]:
        """Have the clock stored before what it dates is seen: as it is, or as it will be at a time."""
        world, done = self._world, list[Exception | None]()
        if world.clock_store is None:
            return
        if self.hurries:  # nothing else happens before the answer
            attempt(lambda: world.keep_clock(at))
            return
        state, store = world.clock.state(world.clock_options, at), world.clock_store
        self._farm.call_off(lambda: store.save(state), lambda _result, error: done.append(error))
        while not done:
            yield
        if done[0] is not None:
            raise ProblemError(NOT_DURABLE, str(done[0]))


def _goals(clock: Clock, change: ClockChange) -> tuple[float, float]:
    """Return the times that `set` and `advance` lead to. Raises: ProblemError."""
    try:
        goal = parse_moment(change.set, clock.now()) if change.set else clock.now()
        return goal, travel(goal, change.advance) if change.advance else goal
    except ValueError as error:
        raise ProblemError(HTTPStatus.BAD_REQUEST, str(error)) from None


def _changed(
    world: World, change: ClockChange, keep: Callable[[float | None], Generator[None, None, None]]
) -> Generator[None, None, ClockMoved]:
    """Change the clock in steps: a long jump fires many timers, and other clients have their turn in between.

    keep: stores the clock as it will be at a time; None: as it is.
    """
    jumps = -1
    while world.clock.jumping or world.clock.jumps != jumps:
        while world.clock.jumping:
            yield  # another client's jump is in progress
        jumps = world.clock.jumps
        goal, further = _goals(world.clock, change)
        yield from keep(further)  # meanwhile another client may have moved the clock
    fired, acts, seq = 0, world.acts.total, world.journal.seq
    with without_collector(lambda: world.acts.total - acts > MANY_ACTS):
        fired = yield from _moved(world, change, goal, further)
    yield from keep(None)  # a jump takes time
    return ClockMoved(**_state(world.clock), fired=fired, acts=world.acts.total - acts, seq=seq)


def _moved(world: World, change: ClockChange, goal: float, further: float) -> Generator[None, None, int]:
    """Set the clock, and return the number of timers fired. goal, further: times that `set` and `advance` lead to."""
    fired = 0
    if change.freeze:
        world.clock.freeze()  # before it is set, so that it stands exactly where it is set to
    if change.set:
        _log(world, "set", goal)
        fired += yield from world.clock.set_in_steps(goal)
    if change.advance:
        _log(world, "advance", further)
        fired += yield from world.clock.set_in_steps(further)
    if change.freeze:
        _log(world, "freeze", world.clock.now())
    if change.resume:
        world.clock.resume()
        _log(world, "resume", world.clock.now())
    return fired


@contextmanager
def without_collector(many: Callable[[], bool]) -> Iterator[None]:
    """Hold the garbage collector off: it would stop the reactor to look at what a long jump makes.

    That has no cycles. many: returns True if it was so much that the collector shall leave it alone later, too.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        if many():
            gc.freeze()
        gc.enable()


def _log(world: World, what: str, goal: float) -> None:
    """Log the change before its effects, so that the journal reads in order."""
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
        "leap": LEAPS[clock.leap_announced],
    }


OPERATIONS = (
    Operation(
        method="GET",
        path=f"{WORLD}/clock",
        summary="Get a world's clock",
        description="Return the world's time, its offset from real time, and the timers that wait for it.",
        handler=clock,
        cli="homeport clock show",
        python="homeport.clock.now()",
        answer=ClockState,
    ),
    Operation(
        method="GET",
        path=f"{WORLD}/clock/timers",
        summary="List what falls due in a world",
        description=(
            "Return what time will do by itself to the objects of the registry: expiries, ends of redemption, purges, "
            "deadlines of transfers and reviews, and acts of simulated registrars. Nothing is done."
        ),
        handler=clock_timers,
        query=TimersQuery,
        answer=Timers,
    ),
    Operation(
        method="POST",
        path=f"{WORLD}/clock",
        summary="Set, advance, freeze or resume a world's clock",
        description="Change a world's clock. Timers that the change makes due fire before the answer is sent.",
        handler=change_clock,
        problems=(NOT_DURABLE,),
        cli="homeport clock advance {advance}",
        python="homeport.clock.advance({advance})",
        body=ClockChange,
        answer=ClockMoved,
    ),
)
