"""The life of a domain: created, renewed, deleted, redeemed (RFC 3915's diagram), with graces, credits and prices.

These change a transaction and check nothing: whether a registrar may do this now is for its caller to know. They are
shared by the commands of EPP, by what time does (`acts`) and by what the registry does itself (`interventions`).
"""

from homeport.world.registry.changes import Changes
from homeport.world.registry.objects import Domain


def add_years(time: float, years: int) -> float:
    """The same moment of the calendar so many years on, or before; February 28 for a 29th that is missing."""
    raise NotImplementedError


def create(changes: Changes, domain: Domain, years: int) -> Domain:
    """Put a new domain: `domain.expires` is set from now and the years, with add grace; its sponsor is charged."""
    raise NotImplementedError


def renew(changes: Changes, domain: Domain, years: int) -> Domain:
    """Renew on request: on top of what is paid for, with renew grace; the sponsor is charged."""
    raise NotImplementedError


def delete(changes: Changes, domain: Domain) -> Domain | None:
    """Delete: None if it is gone at once (RFC 3915 3.1: in add grace), else it waits in redemption, pendingDelete.

    Graces end and are credited, and years that are credited come off. A transfer that is pending is cancelled.
    """
    raise NotImplementedError


def restore(changes: Changes, domain: Domain) -> Domain:
    """Take a restore request for a domain in redemption (RFC 3915 4.2.5); the sponsor is charged.

    pendingRestore until the report comes, or all done where the zone asks for none.
    """
    raise NotImplementedError


def report(changes: Changes, domain: Domain) -> Domain:
    """Take the restore report: the domain is as before; one that has expired meanwhile is renewed."""
    raise NotImplementedError
