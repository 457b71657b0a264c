"""Prices of commands by the zone's policy, and the client's balance (RFC 5730 3)."""

from typing import Any, NamedTuple

from homeport.services.epp.flow import EppError, Request
from homeport.services.epp.results import Code
from homeport.world.registry import Domain, Zone, fees
from homeport.world.registry.graces import running_graces


class Cost(NamedTuple):
    """Price of a command on a domain, in the zone's currency."""

    zone: Zone
    name: str
    operation: fees.Billable
    years: int
    amount: float
    credits: tuple[tuple[str, float], ...] = ()
    """Credits: kind of the grace, amount."""


def settle(request: Request[Any], zone: Zone, name: str, operation: fees.Billable, years: int = 1) -> float:
    """Return the price of a command that the client can pay. Raises: EppError 2104 if it cannot.

    The caller charges it, mostly by `lifecycle`. name: canonical. years: of create, renew and transfer.
    """
    amount = fees.price(zone, name, operation, years)
    if not request.changes.affords(request.registrar.id, amount):
        balance = request.registrar.balance or 0.0
        limit = request.registrar.credit_limit
        allowed = f" with a credit limit of {limit:.2f}" if limit else ""
        raise EppError(
            Code.BILLING_FAILURE,
            f"RFC 5730 3: this costs {amount:.2f}, and your balance is {balance:.2f}{allowed}",
        )
    request.cost = Cost(zone, name, operation, years, amount)
    return amount


def credits_of_delete(domain: Domain, now: float) -> tuple[tuple[str, float], ...]:
    """Return what a delete of a domain credits to its sponsor now."""
    return tuple((one.kind, one.amount) for one in running_graces(domain, now) if one.amount)
