"""The passage of time in a registry: due events in order, a bounded number at once, each dated with its own due time.

A jump of the clock runs all that is due up to its target. The registry's timer then takes the clock from event to event
itself, since a timer for each would cost more than most events.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from homeport.world.clock import Timer
from homeport.world.registry import object_events
from homeport.world.registry.changes import Changes, Key, Record
from homeport.world.registry.due_events import Schedule
from homeport.world.registry.object_events import PlannedAct
from homeport.world.registry.objects import Sponsored, name_of
from homeport.world.row_store import StoreError

if TYPE_CHECKING:
    from homeport.world.registry.registry import Registry

MAX_EVENTS = 10
"""Events that one timer runs, of which four may be in a turn of the reactor: a millisecond or two of work."""
KINDS_WITH_EVENTS = ("domain", "contact", "host", "maintenance", "application")
"""Kinds of rows that have due events."""


class Timeline:
    """The passage of time in one registry."""

    def __init__(self, registry: "Registry") -> None:
        self.last_event = -math.inf
        """Time of the latest event."""
        self._registry = registry
        self._clock = registry.clock
        self._first_timer: Timer | None = None  # until the registry is first read
        self._work: Iterator[None] | None = None

    @property
    def works(self) -> bool:
        """True while work goes on in steps, which clients of the registry wait for."""
        return self._work is not None

    def begin_work(self, steps: Iterator[None]) -> None:
        """Do work in steps, by timers that are due at once."""
        self.finish_work()
        self._work = steps
        self._clock.call_at(self._clock.now(), self._go_on)

    def finish_work(self) -> None:
        """Do the rest of the work at once, if there is some."""
        while self._work is not None:
            self._do_step()

    def _go_on(self) -> None:
        if self._work is not None:
            self._do_step()
        if self._work is not None:
            self._clock.call_at(self._clock.now(), self._go_on)

    def _do_step(self) -> None:
        work, self._work = self._work, None
        if work is not None and next(work, self) is not self:
            self._work = work
        else:
            self._registry.schedule.set_timer()
            self._registry.on_caught_up()

    def new_schedule(self) -> Schedule:
        """Return an empty schedule, whose timer runs what is due."""
        return Schedule(self._clock, self._on_timer)

    def run(self, limit: int = 0, *, travels: bool = False) -> None:
        """Run due events in order. limit: maximum number; 0: none. travels: go on to later ones as the jump does."""
        registry, clock = self._registry, self._clock
        store, schedule, on_act = registry.store, registry.schedule, registry.on_act
        if self._work is not None:
            self._do_step()  # they run after it
            schedule.set_timer()
            return
        if store is not None and store.failed:
            return  # events run after the rollback
        now, ran = clock.now(), 0
        while True:
            first = schedule.pop_due(now)
            if first is None:
                if not travels or not clock.reach(schedule.earliest):
                    break
                now = clock.now()
                continue
            due, key = first
            if due > self.last_event:
                self.last_event = due
            changes = Changes(registry, due)
            one = registry.object_of(key)
            what = object_events.act(changes, one)
            try:
                registry.commit_act(changes)
            except StoreError:
                schedule.set_due(key, due)
                break
            if on_act is not None and what is not None:
                on_act(PlannedAct(due, key[0], name_of(one), what))
            ran += 1
            if ran == limit:
                break
        schedule.set_timer()

    def _on_timer(self) -> None:
        registry = self._registry
        registry.drop_open()  # a transaction never outlives the turn that began it
        if registry.store is not None and registry.store.failed:
            registry.rollback_failed()
        self.run(MAX_EVENTS, travels=True)  # the timer is set again for the rest
        registry.schedule.set_timer()
        if registry.schedule.next > self._clock.now() and not self._clock.jumping:
            registry.on_caught_up()

    # The schedule

    def plan(self, key: Key, now: float) -> None:
        """Schedule an object's next event, no earlier than now. key: also of a pending action on the object."""
        kind, name = key
        if kind == "pending":
            kind, name = key = tuple(name.split(" ", 1))  # type: ignore[assignment]  # two parts
        if kind not in KINDS_WITH_EVENTS:
            return
        registry = self._registry
        one = registry.object_of(key)
        due = None if one is None else object_events.next_event_time(registry, one)
        registry.schedule.set_due(key, due if due is None or due > now else now)

    def plan_new(self) -> None:
        """Schedule the next events of all objects of a registry that was loaded, in an empty schedule."""
        registry, event_time = self._registry, object_events.next_event_time
        dues = dict(registry.schedule.dues)  # those of records
        for key, one in registry.each_with_events():
            due = event_time(registry, one)
            if due is not None:
                dues[key] = due
        registry.schedule.set_all(dues)

    def plan_all(self, kinds: Iterable[tuple[str, Iterable[str]]], now: float) -> None:
        """Schedule the next events of all objects again. kinds: the names of each kind."""
        for kind, names in kinds:
            for name in names:
                self.plan((kind, name), now)

    def upcoming(self) -> Iterator[PlannedAct | None]:
        """Yield the next act of each object in the order of their times, and None for each step without one."""
        registry = self._registry
        for first in registry.schedule.upcoming():
            one = None if first is None else registry.object_of(first[1])
            if first is None or one is None or (what := object_events.next_act(registry, one, first[0])) is None:
                yield None
            else:
                yield PlannedAct(first[0], first[1][0], name_of(one), what)

    # Before the registry is first read

    def wait_for_first(self, start: float, contents: Sequence[Sequence[Sponsored | Record]]) -> None:
        """Set the timer of the first event of initial contents that begin at a time."""
        registry = self._registry
        dues = (object_events.next_event_time(registry, one) for group in contents for one in group)
        first = min((due for due in dues if due is not None), default=None)
        if first is not None:
            self._first_timer = self._clock.call_at(start + max(first, 0.0), self._on_timer)

    def close(self) -> None:
        """Cancel the timer of the first event, and finish what goes on."""
        self.finish_work()
        if self._first_timer is not None:
            self._first_timer.cancel()
