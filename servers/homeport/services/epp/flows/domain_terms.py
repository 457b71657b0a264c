"""For how long a domain is registered, and what that costs (RFC 5731 2.5).

Whole years, never more than the zone's `years_max` ahead: counted from this very second, not by calendar years.
"""

from typing import Any

from homeport.services.epp.flow import EppError, Request, Value
from homeport.services.epp.grammar.domain import Period
from homeport.world.registry import Zone
from homeport.world.registry.graces import add_years

MONTHS = 12


def years_of(period: Period | None, zone: Zone) -> int:
    """The years that a command asks for; without a period those that the zone demands at least.

    Raises: EppError 2306 for months that are not whole years, 2004 for too few or too many.
    """
    if period is None:
        return zone.years_min
    years, months = (period.value, 0) if period.unit == "y" else divmod(period.value, MONTHS)
    if months:
        raise EppError(
            2306, f"RFC 5731 2.5: {zone.name} registers for whole years", value=Value("period", str(period.value))
        )
    if not zone.years_min <= years <= zone.years_max:
        raise EppError(
            2004,
            f"RFC 5731 2.5: {zone.name} registers for {zone.years_min} to {zone.years_max} years",
            value=Value("period", str(period.value)),
        )
    return years


def room_for(years: int, expires: float, now: float, zone: Zone) -> bool:
    """Whether that many years can be added without going beyond what the zone can be paid for ahead."""
    return add_years(expires, years) <= add_years(now, zone.years_max)


def check_affordable(request: Request[Any], amount: float) -> None:
    """Raises: EppError 2104 if the client's balance is less than that."""
    if not request.changes.affords(request.registrar.id, amount):
        balance = request.registrar.balance or 0.0
        raise EppError(2104, f"RFC 5730 3: this costs {amount:.2f}, and your balance is {balance:.2f}")
