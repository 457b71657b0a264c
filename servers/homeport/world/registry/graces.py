"""Grace periods and their credits (RFC 3915 3.1), and the arithmetic of calendar years that both use."""

from calendar import isleap
from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from homeport.config.quantities import EARLIEST, LATEST
from homeport.world.registry.changes import Changes
from homeport.world.registry.objects import Domain, Grace, GraceKind

LAST_YEAR = 9999
DAY_S = 86_400
EPOCH = date(1970, 1, 1).toordinal()
DAYS_KEPT = 1 << 14
"""Days whose place in the calendar is kept: a jump of the clock asks for few days, and for each of them often."""


def add_years(time: float, years: int) -> float:
    """Return the time `years` calendar years later (earlier if negative); February 29 may become 28."""
    if not EARLIEST <= time <= LATEST:
        time = min(max(time, EARLIEST), LATEST)
    days = _days_in(int(time // DAY_S), years)
    if days is None:
        return LATEST if years > 0 else time
    return time + days * DAY_S


@lru_cache(DAYS_KEPT)
def _days_in(day: int, years: int) -> int | None:
    """Return the number of days in the years from a day of Unix time; None if they lead out of the calendar."""
    begin = date.fromordinal(EPOCH + day)
    year = begin.year + years
    if not 1 <= year <= LAST_YEAR:
        return None
    if begin.month == 2 and begin.day == 29 and not isleap(year):
        return (begin.replace(year=year, day=28) - begin).days
    return (begin.replace(year=year) - begin).days


def year_of(time: float) -> int:
    """Return the calendar year of a time."""
    return _year_of_day(int(time // DAY_S))


@lru_cache(DAYS_KEPT)
def _year_of_day(day: int) -> int:
    return date.fromordinal(min(max(EPOCH + day, date.min.toordinal()), date.max.toordinal())).year


def with_grace(
    domain: Domain, kind: GraceKind, begun: float, period: float, years: int, amount: float
) -> tuple[Grace, ...]:
    """Return the running graces of a domain and a new one."""
    graces = running_graces(domain, begun)
    if not period:
        return graces
    ends = begun + period
    new = Grace(kind=kind, begun=begun, ends=ends, registrar=domain.registrar, years=years, amount=amount)
    return (*graces, new)


def running_graces(domain: Domain, now: float) -> tuple[Grace, ...]:
    """Return the graces that have not ended."""
    graces = domain.graces
    return tuple([grace for grace in graces if now < grace.ends]) if graces else ()


def credit(changes: Changes, graces: Iterable[Grace]) -> None:
    """Credit what was paid for those graces."""
    for grace in graces:
        changes.charge(grace.registrar, -grace.amount)
