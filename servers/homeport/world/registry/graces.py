"""Grace periods and their credits (RFC 3915 3.1), and years of the calendar, which both are counted in."""

from calendar import isleap
from collections.abc import Iterable
from datetime import UTC, datetime

from homeport.config.quantities import LATEST
from homeport.world.clock import to_moment
from homeport.world.registry.changes import Changes
from homeport.world.registry.objects import Domain, Grace, GraceKind

LAST_YEAR = 9999


def add_years(time: float, years: int) -> float:
    """The same moment of the calendar so many years on, or before; February 28 for a 29th that is missing."""
    moment = to_moment(time)
    year = moment.year + years
    if not 1 <= year <= LAST_YEAR:
        return LATEST if years > 0 else time
    day = 28 if moment.month == 2 and moment.day == 29 and not isleap(year) else moment.day
    whole = datetime(year, moment.month, day, moment.hour, moment.minute, moment.second, moment.microsecond, UTC)
    return whole.timestamp()


def graced(
    domain: Domain, kind: GraceKind, begun: float, period: float, years: int, amount: float
) -> tuple[Grace, ...]:
    """The graces of a domain that are not over when another one begins, and that one."""
    graces = running_graces(domain, begun)
    if not period:
        return graces
    ends = begun + period
    new = Grace(kind=kind, begun=begun, ends=ends, registrar=domain.registrar, years=years, amount=amount)
    return (*graces, new)


def running_graces(domain: Domain, now: float) -> tuple[Grace, ...]:
    """The graces that are not over."""
    return tuple(grace for grace in domain.graces if now < grace.ends)


def credit(changes: Changes, graces: Iterable[Grace]) -> None:
    """Give back what was paid."""
    for grace in graces:
        changes.charge(grace.registrar, -grace.amount)
