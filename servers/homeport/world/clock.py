"""The world's clock: real, offset, frozen or set, with timers that follow it.

Time is Unix time in seconds (a float), because that is what every protocol here starts from; `moment` gives it as a
datetime. Jumping forward fires every timer that falls due, in the order of their times, each at its own instant: a
timer that asks the time sees when it was due. Jumping back fires nothing and keeps the timers.

What follows this clock: what the services say of dates and times, presence, the registry. What does not: the
time-outs of connections and the stamps of the journal, because the client at the other end waits in real time.
"""

import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Annotated

import msgspec
from msgspec import Meta

from homeport.config.quantities import EARLIEST, LATEST, parse_moment


def to_moment(seconds: float) -> datetime:
    """Unix time as a datetime in UTC; clamped to the years that a datetime has (1 to 9999)."""
    seconds = min(max(seconds, EARLIEST), LATEST)
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)


class ClockOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """[clock]"""

    set: Annotated[
        str, Meta(description='the world\'s time at start: RFC 3339, or a distance such as "+1d"; empty: real time')
    ] = ""
    frozen: Annotated[bool, Meta(description="let the world's time stand still")] = False


class Timer:
    """A call that is due at a time of the world; `cancel` forgets it."""

    __slots__ = ("action", "due")

    def __init__(self, due: float, action: Callable[[], None]) -> None:
        self.due = due
        self.action: Callable[[], None] | None = action

    def cancel(self) -> None:
        """Forget it; a timer that has fired or is cancelled already is no error."""
        self.action = None


class Clock:
    """One world's time.

    real: real Unix time, from the driver.
    """

    def __init__(self, real: Callable[[], float]) -> None:
        self._real = real
        self._offset = 0.0
        self._frozen: float | None = None
        self._heading: float | None = None
        self._timers: list[tuple[float, int, Timer]] = []
        self._order = count()
        self.on_change: Callable[[], None] = lambda: None
        """Told whenever the next timer may be due sooner than before; the driver sets it and then calls `fire`."""

    def begin(self, options: ClockOptions) -> None:
        """Begin anew: at the time that the options say, without timers.

        Raises: ValueError if they say none.
        """
        real = self._real()
        self._timers.clear()
        self._offset = parse_moment(options.set, real) - real if options.set else 0.0
        self._frozen = real + self._offset if options.frozen else None
        self.on_change()

    def now(self) -> float:
        """The world's Unix time in seconds."""
        return self._real() + self._offset if self._frozen is None else self._frozen

    def moment(self) -> datetime:
        """The world's time in UTC, as `to_moment` gives it."""
        return to_moment(self.now())

    @property
    def frozen(self) -> bool:
        """Whether time stands still."""
        return self._frozen is not None

    @property
    def offset(self) -> float:
        """Seconds that the world is ahead of reality."""
        return self._offset if self._frozen is None else self._frozen - self._real()

    @property
    def heading(self) -> float:
        """The time that a jump which is under way leads to; the world's time if there is none."""
        return self.now() if self._heading is None else self._heading

    @property
    def due(self) -> list[float]:
        """When its timers are due, in order."""
        return sorted(due for due, _order, timer in self._timers if timer.action is not None)

    def set(self, now: float) -> int:
        """Jump to a time; what falls due on the way forward fires before this returns: how many timers that were."""
        return self._travel(now)

    def advance(self, seconds: float) -> int:
        """Jump forward; what falls due on the way fires before this returns: how many timers that were.

        Raises: ValueError for a negative distance: use `set` to go back.
        """
        if seconds < 0:
            raise ValueError("a clock is advanced forward; set it to go back")
        return self._travel(self.now() + seconds)

    def freeze(self) -> None:
        """Let time stand still; it can still be set and advanced."""
        self._frozen = self.now()

    def resume(self) -> None:
        """Let time run on from where it stands."""
        if self._frozen is not None:
            self._place(self._frozen, running=True)
            self.on_change()

    def call_at(self, due: float, action: Callable[[], None]) -> Timer:
        """Call when the world's time reaches `due`; at once at the next `fire` if it has already."""
        timer = Timer(due, action)
        heapq.heappush(self._timers, (due, next(self._order), timer))
        self.on_change()
        return timer

    def seconds_to_next(self) -> float | None:
        """Real seconds until a timer is due; None if none is, or if time stands still before it."""
        while self._timers and self._timers[0][2].action is None:
            heapq.heappop(self._timers)
        if not self._timers:
            return None
        left = self._timers[0][0] - self.now()
        return max(left, 0.0) if left <= 0 or self._frozen is None else None

    def fire(self) -> int:
        """Fire what is due, and say how many timers that were."""
        fired = 0
        while self._timers and self._timers[0][0] <= self.now():
            timer = heapq.heappop(self._timers)[2]
            action, timer.action = timer.action, None
            if action is not None:
                fired += 1
                action()
        return fired

    def _travel(self, goal: float) -> int:
        running = self._frozen is None
        fired = 0
        self._heading = goal
        while self._timers and self._timers[0][0] <= goal:
            # Time stands at the timer's own instant while it fires, so what it starts is timed from there.
            self._frozen = max(self._timers[0][0], self.now())
            fired += self.fire()
        self._heading = None
        self._place(goal, running=running)
        self.on_change()
        return fired

    def _place(self, now: float, *, running: bool) -> None:
        self._offset = now - self._real()
        self._frozen = None if running else now
