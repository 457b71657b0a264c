"""Expiry dates on one day of the year (sync-1.0): an update moves a domain's expiry forward to the next such day.

Its sponsor pays the renewal price for the days that it gains. 29 February is the 28th in other years.
"""

from datetime import UTC, datetime
from math import ceil

from msgspec.structs import replace

from homeport.services.epp.extensions import Extension
from homeport.services.epp.flow import EppError, Request, Value
from homeport.services.epp.flows import statuses
from homeport.services.epp.grammar import domain, sync
from homeport.services.epp.results import Code
from homeport.world.clock import to_moment
from homeport.world.registry import Domain, fees
from homeport.world.registry.graces import add_years

DAYS_OF_YEAR, DAY = 365, 86_400.0
LAST_OF_FEBRUARY = 28


def move(request: Request[domain.Update], one: Domain) -> Domain:
    """Move a domain's expiry to the next such day after it. Raises: EppError (2004, 2104, 2304)."""
    given = request.extension(sync.Update)
    if given is None:
        return one
    statuses.refuse_if_prohibited(statuses.DOMAIN, one, "Renew")
    month, day = int(given.exp_month_day[2:4]), int(given.exp_month_day[5:7])
    expires = next_day(one.expires, month, day)
    if expires == one.expires:
        return one
    zone = request.registry.policy_of(one)
    if "update" in zone.review_changes:
        raise EppError(
            Code.PARAMETER_POLICY,
            f"sync 3.2.5: updates in {zone.name} are reviewed, which keeps expiries",
        )
    if expires > add_years(request.changes.now, zone.years_max):
        raise EppError(
            Code.OUT_OF_RANGE,
            f"sync 3.2.5: {zone.name} registers for {zone.years_max} years from now at most",
            value=Value("expMonthDay", given.exp_month_day, sync.NAMESPACE),
        )
    gained = ceil((expires - one.expires) / DAY)
    amount = round(fees.price(zone, one.name, "renew") * gained / DAYS_OF_YEAR, 2)
    if not request.changes.affords(one.registrar, amount):
        raise EppError(Code.BILLING_FAILURE, f"RFC 5730 3: these {gained} days cost {amount:.2f}, more than you have")
    request.changes.charge(one.registrar, amount)
    return replace(one, expires=expires)


def next_day(expires: float, month: int, day: int) -> float:
    """Return the expiry moved to the next month and day, at the same time of day; unchanged if it is on that day."""
    before = to_moment(expires)
    if (before.month, before.day) == (month, day):
        return expires
    for year in (before.year, before.year + 1):
        moved = _on(before, year, month, day)
        if moved >= before:
            return moved.timestamp()
    raise AssertionError("a day of the next year is later")


def _on(moment: datetime, year: int, month: int, day: int) -> datetime:
    try:
        return moment.replace(year=year, month=month, day=day, tzinfo=UTC)
    except ValueError:  # 29 February
        return moment.replace(year=year, month=month, day=LAST_OF_FEBRUARY, tzinfo=UTC)


EXTENSION = Extension(
    uri=sync.NAMESPACE,
    rfc="",
    belongs={domain.Update: sync.Update},
    changes={domain.Update: move},
)
