"""The world's clock: real, offset, frozen or set, with timers that follow it.

Time is Unix time in seconds (a float), because every protocol here starts from it; `moment` returns it as a datetime.
A jump forward fires every timer that becomes due, in the order of their times, and sets the clock to each one's time
while it fires. A jump back fires nothing and keeps the timers.

Dates and times that services send, presence and the registry follow this clock. Timeouts of connections and timestamps
of the journal do not, because the client at the other end waits in real time.
"""

import heapq
from collections.abc import Callable, Generator
from datetime import UTC, datetime, timedelta
from itertools import count
from math import inf
from typing import Annotated, Protocol

import msgspec
from msgspec import Meta

from homeport.config.quantities import EARLIEST, LATEST, parse_moment
from homeport.world.leap_seconds import LeapOptions, LeapSeconds

MAX_FIRED = 4
"""Timers that fire in one turn of the reactor; those of a registry run some events each (`timeline.MAX_EVENTS`)."""


def to_moment(seconds: float) -> datetime:
    """Return Unix time as a datetime in UTC, clamped to the years that a datetime can have (1 to 9999)."""
    seconds = min(max(seconds, EARLIEST), LATEST)
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)


class ClockOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """[clock]"""

    set: Annotated[
        str, Meta(description='the world\'s time at start: RFC 3339, or a distance such as "+1d"; empty: real time')
    ] = ""
    frozen: Annotated[bool, Meta(description="stop the world's time")] = False
    kept: Annotated[
        bool,
        Meta(
            description="with --data: after a restart time goes on where it was, so that no object is dated in the "
            "future; a changed `set` or `frozen` takes effect again"
        ),
    ] = True
    leap: Annotated[
        list[LeapOptions],
        Meta(description="leap seconds of the world's UTC, each below [[clock.leap]] in a file of one's own"),
    ] = msgspec.field(default_factory=list)


class KeptClock(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a clock that is kept on disk."""

    shift: float
    """Seconds from real time to the world's while it runs."""
    frozen: float | None = None
    """Time at which it stands still."""
    options: ClockOptions = ClockOptions()
    """Options with which it began."""


class ClockStore(Protocol):
    """Storage of one world's clock."""

    def load(self) -> KeptClock | None:
        """Return what is kept; None if nothing is. Raises: StoreError."""

    def save(self, kept: KeptClock) -> None:
        """Write it to stable storage; it may block. Raises: StoreError."""

    def forget(self) -> None:
        """Keep nothing."""


class Timer:
    """A call that is due at a world time."""

    __slots__ = ("action", "due")

    def __init__(self, due: float, action: Callable[[], None]) -> None:
        self.due = due
        self.action: Callable[[], None] | None = action

    def cancel(self) -> None:
        """Cancel it; no effect if it has fired or is cancelled."""
        self.action = None


class Clock:
    """The time of one world.

    real: returns real Unix time; the driver provides it.
    """

    def __init__(self, real: Callable[[], float]) -> None:
        self._real = real
        self.shift = 0.0
        """Seconds from real time to the world's while it runs; `offset` is right for one that is frozen, too."""
        self._frozen: float | None = None
        self._frozen_raw = 0.0  # raw time at which it stands still
        self.leaps: LeapSeconds | None = None
        """Its leap seconds, if it has any: they lead from raw time, to which `shift` leads, to the world's."""
        self._leap_s = inf  # raw time from which they matter
        self._target: float | None = None
        self._reached = 0  # times that `reach` has gone on to, in this jump
        self._timers: list[tuple[float, int, Timer]] = []
        self._order = count()
        self._begun = 0  # number of resets
        self.jumps = 0
        """Number of times that it was set: differs whenever its time did not just pass."""
        self.on_arrival: Callable[[], None] = lambda: None
        """Called at the end of each jump."""
        self.on_change: Callable[[], None] = lambda: None
        """Called when the next timer may be due earlier than before; the driver sets it and schedules `fire`."""

    def begin(self, options: ClockOptions, kept: KeptClock | None = None) -> None:
        """Reset the clock to the time of the options, without timers; kept: to the state of an earlier run.

        Raises: ValueError if the options have no time.
        """
        real = self._real()
        self._timers.clear()
        self._begun += 1
        self.jumps += 1
        self._target = None
        self.shift = parse_moment(options.set, real) - real if options.set else 0.0
        self._frozen = real + self.shift if options.frozen else None
        if kept is not None:
            self.shift, self._frozen = kept.shift, kept.frozen
        self.leaps = LeapSeconds(tuple(one.leap() for one in options.leap)) if options.leap else None
        self._set_raw(real + self.shift if self._frozen is None else self._frozen, real)
        self.on_change()

    def now(self) -> float:
        """Return the world's Unix time in seconds."""
        if self._frozen is not None:
            return self._frozen
        raw = self._real() + self.shift
        return raw if raw < self._leap_s else self._leap_time(raw)

    @property
    def leap_announced(self) -> int:
        """1 if the insertion of a leap second is announced or in progress, -1 if a deletion is, 0 for none."""
        return 0 if self.leaps is None else self.leaps.announced(self.now(), self._raw())

    @property
    def inserts_second(self) -> bool:
        """True during an inserted leap second: the time is that of the second before it once more."""
        return self.leaps is not None and self.leaps.inserts(self._raw())

    def state(self, options: ClockOptions, at: float | None = None) -> KeptClock:
        """Return its state to be kept, now or once it has arrived at a time. options: those with which it began."""
        now = self.now() if at is None else at
        return KeptClock(shift=now - self._real(), frozen=None if self._frozen is None else now, options=options)

    def moment(self) -> datetime:
        """Return the world's time as a datetime in UTC, see `to_moment`."""
        return to_moment(self.now())

    @property
    def frozen(self) -> bool:
        """True if the world's time stands still."""
        return self._frozen is not None

    @property
    def offset(self) -> float:
        """Seconds that the world is ahead of real time; negative if it is behind."""
        return self.now() - self._real() if self.leaps is not None or self._frozen is not None else self.shift

    @property
    def jump_target(self) -> float:
        """Target of the jump in progress; the world's time without one."""
        return self.now() if self._target is None else self._target

    @property
    def due(self) -> list[float]:
        """The due times of all timers, in order."""
        return sorted(due for due, _order, timer in self._timers if timer.action is not None)

    @property
    def jumping(self) -> bool:
        """True while a jump in steps is in progress."""
        return self._target is not None

    def set(self, now: float) -> int:
        """Jump to a time, fire the timers that become due, and return their number."""
        return self._jump(now)

    def set_in_steps(self, now: float) -> Generator[None, None, int]:
        """Jump to a time as `set` does, and yield after each timer. Return the number of timers fired.

        Between two steps the clock stands at the time of the last timer, so everything that asks for the time sees a
        world on its way. The caller starts no second jump meanwhile; a reset of the clock ends the jump.
        """
        running = self._frozen is None
        fired, begun = 0, self._begun
        self._target, self._reached = now, 0
        self.jumps += 1
        while self._timers and self._timers[0][0] <= now:
            # Time stands still at the timer's due time while it fires, so timers that it starts count from there.
            self._frozen = max(self._timers[0][0], self.now())
            fired += self._fire_next()
            if fired:
                yield
                if self._begun != begun:
                    return fired
        fired += self._reached
        self._target = None
        self._set_now(now, running=running)
        self.on_arrival()
        self.on_change()
        return fired

    def reach(self, due: float) -> bool:
        """Take a jump in steps on to a time, as a timer for it would, and return True.

        Return False if there is no jump, if it does not lead there, or if a timer comes first.
        """
        if self._target is None or due > self._target or (self._timers and self._timers[0][0] <= due):
            return False
        self._frozen = max(due, self.now())
        self._reached += 1
        return True

    def advance(self, seconds: float) -> int:
        """Jump forward, fire the timers that become due, and return their number.

        Raise ValueError if `seconds` is negative: `set` can jump back.
        """
        if seconds < 0:
            raise ValueError("a clock is advanced forward; set it to go back")
        return self._jump(self.now() + seconds)

    def freeze(self) -> None:
        """Stop time; it can still be set and advanced."""
        now = self.now()
        self._frozen_raw = self._raw()
        self._frozen = now

    def resume(self) -> None:
        """Let time run again from its present value."""
        if self._frozen is not None:
            self.jumps += 1
            self.shift = self._frozen_raw - self._real()
            self._frozen = None
            self.on_change()

    def call_at(self, due: float, action: Callable[[], None]) -> Timer:
        """Call `action` when the world's time reaches `due`; at the next `fire` if it has already."""
        timer = Timer(due, action)
        heapq.heappush(self._timers, (due, next(self._order), timer))
        self.on_change()
        return timer

    def seconds_to_next(self) -> float | None:
        """Return real seconds until the next timer is due; None without timers, or if time stands still before it."""
        while self._timers and self._timers[0][2].action is None:
            heapq.heappop(self._timers)
        if not self._timers:
            return None
        due = self._timers[0][0]
        left = due - self.now()
        if self.leaps is not None and self._frozen is None:
            left = self.leaps.seconds_until(self._raw(), due)
        return max(left, 0.0) if left <= 0 or self._frozen is None else None

    def fire(self) -> int:
        """Fire timers that are due, and return their number; at most `MAX_FIRED`, the rest is due at the next call."""
        fired = 0
        while self._timers and self._timers[0][0] <= self.now() and fired < MAX_FIRED:
            fired += self._fire_next()
        return fired

    def _fire_next(self) -> int:
        timer = heapq.heappop(self._timers)[2]
        action, timer.action = timer.action, None
        if action is None:
            return 0
        action()
        return 1

    def _jump(self, goal: float) -> int:
        steps = self.set_in_steps(goal)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                fired: int = end.value
                return fired

    def _set_now(self, now: float, *, running: bool) -> None:
        self.jumps += 1
        self._set_raw(now)
        self._frozen = None if running else now

    def _set_raw(self, now: float, real: float | None = None) -> None:
        """Set raw time, so that the clock shows a time. real: the real time of that moment; None: this one."""
        self._frozen_raw, self._leap_s = now, inf
        if self.leaps is not None:
            self._frozen_raw, self._leap_s = self.leaps.set(now), self.leaps.next_s
        self.shift = self._frozen_raw - (self._real() if real is None else real)

    def _raw(self) -> float:
        return self._real() + self.shift if self._frozen is None else self._frozen_raw

    def _leap_time(self, raw: float) -> float:
        """Return the world's time at a raw time at which a leap second is in progress, or has just ended."""
        if self.leaps is None:
            return raw
        now, corrected = self.leaps.time_of(raw)
        if corrected:
            self.jumps += 1
            self.shift -= corrected
            self._leap_s = self.leaps.next_s
        return now
