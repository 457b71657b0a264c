"""What time does: expiry, the ends of redemption and of what follows it, deadlines of transfers and reviews, robots.

`due_of` says when the next thing happens to an object; `act` lets it happen, in a transaction that is dated with that
instant. What merely ends, such as a grace, needs no act: it is seen to be over.
"""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from homeport.config.quantities import LATEST
from homeport.world.clock import to_moment
from homeport.world.registry import lifecycle, reviews, robots, transfers
from homeport.world.registry.changes import Changes
from homeport.world.registry.objects import Contact, Domain, Sponsored, kind_of, name_of
from homeport.world.registry.zones import Zone

if TYPE_CHECKING:
    from homeport.world.registry.registry import Registry


def due_of(registry: "Registry", one: Sponsored) -> float | None:
    """When something happens to it by itself; None: never."""
    if isinstance(one, Domain) and not one.pending and one.transfer is None and one.deleted is None:
        # Nearly every domain; at the end of time nothing expires any more.
        expires = None if one.expires >= LATEST or registry.zone_of(one.name) is None else one.expires
        if not registry.robots or (deed := robots.next_deed(registry, one)) is None:
            return expires
        return deed.due if expires is None else min(deed.due, expires)
    deed = robots.next_deed(registry, one)
    dues = [] if deed is None else [deed.due]
    if isinstance(one, Domain | Contact) and one.transfer is not None and one.transfer.status == "pending":
        dues.append(one.transfer.acted)
    if one.pending and (action := registry.pendings.get(f"{kind_of(one)} {name_of(one).lower()}")):
        dues += [] if action.due is None else [action.due]
    if isinstance(one, Domain) and (zone := registry.zone_of(one.name)) and (due := _life_due(one, zone)) is not None:
        dues.append(due)
    return min(dues, default=None)


def _life_due(domain: Domain, zone: Zone) -> float | None:
    if domain.purging is not None:
        return domain.purging + zone.periods.pending_delete
    if domain.deleted is not None:
        if domain.restoring is not None:
            return domain.restoring + zone.periods.restore_report
        return domain.deleted + zone.periods.redemption
    if domain.pending == "create" or (zone.at_expiry == "delete" and domain.transfer_pending):
        return None  # what is not created does not expire; what somebody waits for is not deleted
    return domain.expires if domain.expires < LATEST else None


def act(changes: Changes, one: Sponsored) -> None:
    """Let happen what is due at `changes.now` or before; of several things that one which comes first here."""
    now = changes.now
    deed = robots.next_deed(changes.registry, one)
    if deed is not None and deed.due <= now and isinstance(one, Domain | Contact):
        robots.perform(changes, one, deed)
        return
    if isinstance(one, Domain | Contact) and one.transfer_pending and one.transfer and one.transfer.acted <= now:
        if changes.registry.policy_of(one).transfer_outcome == "approve":
            transfers.approve(changes, one, by_server=True)
        else:
            transfers.reject(changes, one, by_server=True)
        return
    action = changes.pending(kind_of(one), name_of(one)) if one.pending else None
    if action is not None and action.due is not None and action.due <= now:
        (reviews.approve if action.outcome == "approve" else reviews.reject)(changes, one)
        return
    if isinstance(one, Domain):
        _live(changes, one, changes.registry.policy_of(one))


def _live(changes: Changes, domain: Domain, zone: Zone) -> None:
    if domain.purging is not None:
        about = lifecycle.state_of(changes, domain)
        lifecycle.purge(changes, domain)
        changes.message(domain.registrar, "domain.purged", about, name=domain.name)
    elif domain.restoring is not None:
        # RFC 3915 3.2: without a report the domain is in redemption again, for a whole period.
        due = domain.restoring + zone.periods.restore_report
        _put_and_tell(changes, replace(domain, restoring=None, deleted=due), "domain.restore-missed")
    elif domain.deleted is not None:
        due = domain.deleted + zone.periods.redemption
        _put_and_tell(changes, replace(domain, purging=due), "domain.redemption-ended")
    elif zone.at_expiry == "renew":
        renewed = lifecycle.renew_at_expiry(changes, domain)
        years = to_moment(renewed.expires).year - to_moment(domain.expires).year
        about = lifecycle.state_of(changes, renewed)
        changes.message(domain.registrar, "domain.renewed", about, name=domain.name, years=str(years))
    else:
        about = lifecycle.state_of(changes, domain)
        left = lifecycle.delete(changes, domain)
        about = about if left is None else lifecycle.state_of(changes, left)
        changes.message(domain.registrar, "domain.expired", about, name=domain.name)


def _put_and_tell(changes: Changes, domain: Domain, text: str) -> None:
    changes.put(domain)
    changes.message(domain.registrar, text, lifecycle.state_of(changes, domain), name=domain.name)
