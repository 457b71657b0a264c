"""Leap seconds of a world's clock: seconds that UTC inserts or deletes at the end of a day.

Unix time has no number for 23:59:60. A clock that steps shows the last second of the day twice when one is inserted,
as most systems do, and none when it is deleted. One that smears spreads the step over some hours around it, so that no
second is special, and announces nothing.

*Raw time* is the count of seconds that pass, which a leap second does not disturb.
"""

from datetime import date
from math import inf
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from homeport.config.quantities import Duration

DAY_S = 86_400
UNIX_DAY = date(1970, 1, 1).toordinal()
MAX_SMEAR_S = 7 * DAY_S


class LeapOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """[[clock.leap]]: a leap second."""

    day: Annotated[str, Meta(description="day in UTC that it ends, such as 2026-12-31")]
    kind: Annotated[Literal["insert", "delete"], Meta(description="insert 23:59:60, or delete 23:59:59")] = "insert"
    announced: Annotated[
        Duration, Meta(description="seconds before it from which NTP's leap indicator announces it")
    ] = Duration(DAY_S)
    smear: Annotated[
        Duration,
        Meta(description="spread it over this time, half of it before midnight, and do not announce it; 0: step"),
    ] = Duration(0)

    def leap(self) -> "Leap":
        """Return it. Raises: ValueError if the day is none, or the smear too long."""
        if float(self.smear) > MAX_SMEAR_S:
            raise ValueError("smear: a leap second is spread over seven days at most")
        try:
            day = date.fromisoformat(self.day)
        except ValueError:
            raise ValueError(f"day: {self.day!r:.40} is no date: write it as 2026-12-31") from None
        midnight = (day.toordinal() + 1 - UNIX_DAY) * DAY_S
        return Leap(midnight, 1 if self.kind == "insert" else -1, float(self.announced), float(self.smear))


class Leap(msgspec.Struct, frozen=True):
    """A leap second. midnight: Unix time of the end of its day."""

    midnight: int
    step: int
    """1: a second is inserted; -1: one is deleted."""
    announced_s: float
    smear_s: float

    @property
    def begins(self) -> float:
        """Time at which the clock begins to differ from raw time."""
        if self.smear_s:
            return self.midnight - self.smear_s / 2
        return self.midnight if self.step > 0 else self.midnight - 1

    @property
    def passed(self) -> float:
        """Time from which a clock that is set to it is past the leap second."""
        return self.midnight + self.smear_s / 2 if self.smear_s else self.begins

    @property
    def ends(self) -> float:
        """Raw time at which the clock differs by the whole second."""
        return self.begins + (self.smear_s + self.step if self.smear_s else max(self.step, 0))

    def time_of(self, raw: float) -> float:
        """Return the clock's time at a raw time."""
        if raw < self.begins:
            return raw
        if raw >= self.ends or not self.smear_s:
            return raw - self.step
        return self.begins + (raw - self.begins) * self.smear_s / (self.smear_s + self.step)

    def raw_of(self, time: float) -> float:
        """Return the raw time at which the clock shows a time up to the end of the leap second, for the first time."""
        if time < self.begins or not self.smear_s:
            return time
        return self.begins + (time - self.begins) * (self.smear_s + self.step) / self.smear_s


class LeapSeconds:
    """The leap seconds of a clock, and which of them comes next."""

    __slots__ = ("_current", "_leaps", "next_s")

    def __init__(self, leaps: tuple[Leap, ...]) -> None:
        self._leaps = tuple(sorted(leaps, key=lambda one: one.midnight))
        self._current: Leap | None = None
        """The next one, or the one that is in progress."""
        self.next_s = inf
        """Raw time from which `time_of` has to be asked; before it, raw time is the clock's."""

    def set(self, now: float) -> float:
        """Note that the clock was set to a time; return the raw time at which it shows that."""
        self._choose(now)
        return now if self._current is None else self._current.raw_of(now)

    def time_of(self, raw: float) -> tuple[float, int]:
        """Return the clock's time, and the seconds by which raw time is to be corrected: a leap second has ended."""
        corrected = 0
        while (leap := self._current) is not None and raw >= leap.ends:
            corrected += leap.step
            raw -= leap.step
            self._choose(raw)
        return (raw if leap is None else leap.time_of(raw)), corrected

    def seconds_until(self, now_raw: float, due: float) -> float:
        """Return the seconds from a raw time until the clock reaches a time, leap seconds on the way included."""
        leap = self._current
        if leap is None or due < leap.begins:
            return due - now_raw
        if leap.smear_s and due < leap.passed:
            return leap.raw_of(due) - now_raw
        return due + leap.step - now_raw

    def inserts(self, raw: float) -> bool:
        """Return True during an inserted second: the last second of a day is shown again."""
        leap = self._current
        return leap is not None and not leap.smear_s and leap.step > 0 and leap.begins <= raw < leap.ends

    def announced(self, now: float, raw: float) -> int:
        """Return 1 if an inserted second is announced or in progress, -1 for a deleted one, 0 for none."""
        leap = self._current
        if leap is None or leap.smear_s or now < leap.midnight - leap.announced_s or raw >= leap.ends:
            return 0
        return leap.step

    def _choose(self, now: float) -> None:
        """Choose the leap second that comes next, or is in progress, at a time."""
        self._current = next((one for one in self._leaps if now < one.passed), None)
        self.next_s = inf if self._current is None else self._current.begins
