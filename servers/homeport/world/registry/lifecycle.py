"""The life of a domain: created, renewed, deleted, redeemed (RFC 3915's diagram), with graces, credits and prices.

These change a transaction and check nothing: whether a registrar may do this now is for its caller to know. They are
shared by the commands of EPP, by what time does (`acts`) and by what the registry does itself (`interventions`).
"""

from msgspec.structs import replace

from homeport.world.clock import to_moment
from homeport.world.registry import transfers
from homeport.world.registry.changes import Changes
from homeport.world.registry.graces import add_years, credit, graced, running_graces
from homeport.world.registry.messages import DomainState
from homeport.world.registry.objects import Domain

CENTURY = 36_525 * 86_400.0


def create(changes: Changes, domain: Domain, years: int) -> Domain:
    """Put a new domain: it expires so many years from now, with add grace; its sponsor is charged."""
    zone = changes.registry.policy_of(domain)
    price = zone.prices.create * years
    now = changes.now
    created = replace(
        domain,
        created=now,
        expires=add_years(now, years),
        graces=graced(domain, "add", now, zone.periods.add, years, price),
    )
    changes.charge(domain.registrar, price)
    changes.put(created)
    return created


def renew(changes: Changes, domain: Domain, years: int) -> Domain:
    """Renew on request: on top of what is paid for, with renew grace; the sponsor is charged."""
    zone = changes.registry.policy_of(domain)
    price = zone.prices.renew * years
    renewed = replace(
        domain,
        expires=add_years(domain.expires, years),
        graces=graced(domain, "renew", changes.now, zone.periods.renew, years, price),
    )
    changes.charge(domain.registrar, price)
    changes.put(renewed)
    return renewed


def renew_at_expiry(changes: Changes, domain: Domain) -> Domain:
    """Renew a domain that has expired, with auto-renew grace; by more than a year if it did so long ago.

    In a jump of more than a century all renewals before its last hundred years are one.
    """
    zone = changes.registry.policy_of(domain)
    passed = max(changes.now, changes.registry.clock.heading - CENTURY)
    years = max(to_moment(passed).year - to_moment(domain.expires).year, 1)
    if (expires := add_years(domain.expires, years)) <= passed:
        years += 1
        expires = add_years(domain.expires, years)
    begun = add_years(domain.expires, years - 1)
    price = zone.prices.renew
    renewed = replace(
        domain, expires=expires, graces=graced(domain, "autoRenew", begun, zone.periods.auto_renew, 1, price)
    )
    changes.charge(domain.registrar, price * years)
    changes.put(renewed)
    return renewed


def delete(changes: Changes, domain: Domain) -> Domain | None:
    """Delete: None if it is gone at once (RFC 3915 3.1: in add grace), else it waits in redemption, pendingDelete.

    Graces end and are credited, and years that are credited come off. A transfer that is pending is cancelled.
    """
    periods = changes.registry.policy_of(domain).periods
    running = running_graces(domain, changes.now)
    credit(changes, running)
    _forget_review(changes, domain)
    if any(grace.kind == "add" for grace in running):
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
        # RFC 5731 2.3: pendingDelete does not stand with these.
        statuses=tuple(status for status in domain.statuses if not status.endswith("DeleteProhibited")),
    )
    if not periods.redemption and not periods.pending_delete:
        purge(changes, deleted)
        return None
    changes.put(deleted)
    return deleted


def restore(changes: Changes, domain: Domain) -> Domain:
    """Take a restore request for a domain in redemption (RFC 3915 4.2.5); the sponsor is charged.

    pendingRestore until the report comes, or all done where the zone asks for none.
    """
    zone = changes.registry.policy_of(domain)
    changes.charge(domain.registrar, zone.prices.restore)
    restoring = replace(domain, restoring=changes.now)
    if not zone.periods.restore_report:
        return report(changes, restoring)
    changes.put(restoring)
    return restoring


def report(changes: Changes, domain: Domain) -> Domain:
    """Take the restore report: the domain is as before; one that has expired meanwhile is renewed."""
    restored = replace(domain, deleted=None, restoring=None, purging=None)
    if restored.expires <= changes.now:
        return renew_at_expiry(changes, restored)
    changes.put(restored)
    return restored


def purge(changes: Changes, domain: Domain) -> None:
    """Take a domain out with its subordinate hosts; who uses those loses them as servers, and is told (RFC 9874)."""
    _forget_review(changes, domain)
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
    """The domain for a message: as it is given, with what the transaction has of its hosts."""
    subordinates = tuple(host.name for host in changes.subordinate_hosts(domain.name))
    return DomainState(domain=domain, subordinates=subordinates, rgp=rgp_statuses(domain, changes.now))


def rgp_statuses(domain: Domain, now: float) -> tuple[str, ...]:
    """Its statuses by RFC 3915 (3.1, 3.2); graces can stand together."""
    if domain.purging is not None:
        return ("pendingDelete",)
    if domain.restoring is not None:
        return ("pendingRestore",)
    if domain.deleted is not None:
        return ("redemptionPeriod",)
    return tuple(dict.fromkeys(f"{grace.kind}Period" for grace in running_graces(domain, now)))


def _forget_review(changes: Changes, domain: Domain) -> None:
    if domain.pending and (action := changes.pending("domain", domain.name)):
        changes.remove(action)
