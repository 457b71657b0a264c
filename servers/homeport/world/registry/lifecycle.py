"""The state machine of a domain (RFC 3915's diagram): create, renew, delete, redeem, with graces, credits and prices.

These functions change a transaction and validate nothing: the caller checks that a registrar may do this. They are
shared by EPP commands, due events (`object_events`) and the registry's own actions (`interventions`).
"""

from typing import get_args

from msgspec.structs import replace

from homeport.world.registry import fees, transfers
from homeport.world.registry.changes import Changes
from homeport.world.registry.graces import add_years, credit, running_graces, with_grace, year_of
from homeport.world.registry.messages import ActionResult, DomainState
from homeport.world.registry.objects import Domain, GraceKind, with_extras
from homeport.world.registry.zones import Zone

GRACE_STATUSES: dict[GraceKind, tuple[str]] = {kind: (f"{kind}Period",) for kind in get_args(GraceKind)}
CENTURY = 36_525 * 86_400.0


def create(changes: Changes, domain: Domain, years: int) -> Domain:
    """Add a new domain: it expires `years` years from now and has an add grace; its sponsor is charged."""
    zone = changes.registry.policy_of(domain)
    price = fees.price(zone, domain.name, "create", years)
    now = changes.now
    created = replace(
        domain,
        created=now,
        expires=add_years(now, years),
        graces=with_grace(domain, "add", now, zone.periods.add, years, fees.refundable(zone, domain.name, price)),
    )
    changes.charge(domain.registrar, price)
    changes.put(created)
    return created


def renew(changes: Changes, domain: Domain, years: int) -> Domain:
    """Renew a domain on request, from its current expiry, with a renew grace; the sponsor is charged."""
    zone = changes.registry.policy_of(domain)
    price = fees.price(zone, domain.name, "renew", years)
    credited = fees.refundable(zone, domain.name, price)
    renewed = replace(
        domain,
        expires=add_years(domain.expires, years),
        graces=with_grace(domain, "renew", changes.now, zone.periods.renew, years, credited),
    )
    changes.charge(domain.registrar, price)
    changes.put(renewed)
    return renewed


def years_left(changes: Changes, domain: Domain) -> int:
    """Return the number of years by which a domain can be renewed without passing its zone's limit."""
    latest = add_years(changes.now, changes.registry.policy_of(domain).years_max)
    years = max(year_of(latest) - year_of(domain.expires), 0)
    return years if add_years(domain.expires, years) <= latest else max(years - 1, 0)


def renew_at_expiry(changes: Changes, domain: Domain, zone: Zone | None = None) -> Domain:
    """Renew an expired domain, with an auto-renew grace; by several years if it expired long ago.

    If the clock jumps by more than a century, all renewals before the last hundred years are done as one.
    zone: the domain's policy, if the caller has it.
    """
    zone = zone or changes.registry.policy_of(domain)
    passed = max(changes.now, changes.registry.clock.jump_target - CENTURY)
    years, begun, expires = 1, domain.expires, add_years(domain.expires, 1)
    if expires <= passed:
        years = max(year_of(passed) - year_of(domain.expires), 1)
        if (expires := add_years(domain.expires, years)) <= passed:
            years += 1
            expires = add_years(domain.expires, years)
        begun = add_years(domain.expires, years - 1)
    price = fees.price(zone, domain.name, "renew")
    credited = fees.refundable(zone, domain.name, price)
    renewed = replace(
        domain, expires=expires, graces=with_grace(domain, "autoRenew", begun, zone.periods.auto_renew, 1, credited)
    )
    changes.charge(domain.registrar, price * years)
    changes.put(renewed)
    return renewed


def delete(changes: Changes, domain: Domain) -> Domain | None:
    """Delete a domain. Returns: the domain in redemption; None if it is removed at once (in add grace, RFC 3915 3.1).

    Graces end and are credited, and credited years are subtracted. A pending transfer is cancelled.
    """
    periods = changes.registry.policy_of(domain).periods
    running = running_graces(domain, changes.now)
    credit(changes, running)
    _forget_review(changes, domain)
    if any(grace.kind == "add" for grace in running):
        transfers.refund(changes, domain)
        changes.remove(domain)
        return None
    if domain.transfer_pending:
        domain = transfers.cancel(changes, domain, by_server=True)
    deleted = replace(
        domain,
        expires=add_years(domain.expires, -sum(grace.years for grace in running)),
        graces=(),
        deleted=changes.now,
        purging=None if periods.redemption else changes.now,
        pending="",
        # RFC 5731 2.3: pendingDelete excludes these statuses.
        statuses=tuple(status for status in domain.statuses if not status.endswith("DeleteProhibited")),
    )
    if not periods.redemption and not periods.pending_delete:
        purge(changes, deleted)
        return None
    changes.put(deleted)
    return deleted


def restore(changes: Changes, domain: Domain) -> Domain:
    """Accept a restore request for a domain in redemption (RFC 3915 4.2.5); the sponsor is charged.

    The domain is in pendingRestore until the report comes, or restored at once where the zone needs no report.
    """
    zone = changes.registry.policy_of(domain)
    changes.charge(domain.registrar, fees.price(zone, domain.name, "restore"))
    restoring = replace(domain, restoring=changes.now)
    if not zone.periods.restore_report:
        return report(changes, restoring)
    changes.put(restoring)
    if zone.restore_message:
        about = state_of(changes, restoring)
        changes.message(domain.registrar, "domain.restore-requested", about, name=domain.name)
    return restoring


def report(changes: Changes, domain: Domain) -> Domain:
    """Accept the restore report: the domain is as before; one that has expired meanwhile is renewed."""
    restored = with_extras(replace(domain, deleted=None, restoring=None, purging=None), deletion=None)
    if restored.expires <= changes.now:
        return renew_at_expiry(changes, restored)
    changes.put(restored)
    return restored


def purge(changes: Changes, domain: Domain) -> None:
    """Remove a domain with its subordinate hosts.

    Domains that used those hosts lose them, and their sponsors get messages (RFC 9874). A delete command that was
    answered with 1001 gets its outcome (RFC 5731 3.3).
    """
    _forget_review(changes, domain)
    if (command := domain.extras.deletion) is not None:
        outcome = ActionResult(
            kind="domain",
            name=domain.name,
            operation="delete",
            approved=True,
            cl_trid=command.cl_trid,
            sv_trid=command.sv_trid,
            date=changes.now,
        )
        changes.message(domain.registrar, "action.approved", outcome, name=domain.name, operation="delete")
    transfers.refund(changes, domain)
    changes.remove(domain)
    for host in changes.subordinate_hosts(domain.name):
        for user in changes.domains_of_host(host.name):
            servers = tuple(name for name in user.nameservers if name != host.name)
            left = replace(user, nameservers=servers)
            changes.put(left)
            state = state_of(changes, left)
            changes.message(user.registrar, "domain.server-removed", state, name=user.name, host=host.name)
        changes.remove(host)


def state_of(changes: Changes, domain: Domain) -> DomainState:
    """Return the domain's state for a message: as given, with the transaction's hosts."""
    hosts = changes.subordinate_hosts(domain.name)
    subordinates = tuple([host.name for host in hosts]) if hosts else ()
    return DomainState(domain=domain, subordinates=subordinates, rgp=rgp_statuses(domain, changes.now))


def rgp_statuses(domain: Domain, now: float) -> tuple[str, ...]:
    """Return a domain's statuses by RFC 3915 (3.1, 3.2); several graces may run at once."""
    if domain.purging is not None:
        return ("pendingDelete",)
    if domain.restoring is not None:
        return ("pendingRestore",)
    if domain.deleted is not None:
        return ("redemptionPeriod",)
    running = running_graces(domain, now)
    if len(running) == 1:
        return GRACE_STATUSES[running[0].kind]
    return tuple(dict.fromkeys([status for grace in running for status in GRACE_STATUSES[grace.kind]]))


def _forget_review(changes: Changes, domain: Domain) -> None:
    if domain.pending and (action := changes.pending("domain", domain.name)):
        changes.remove(action)
