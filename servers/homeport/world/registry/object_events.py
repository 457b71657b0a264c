"""Due events of objects: expiry, end of redemption and purge, deadlines of transfers and reviews, robots.

`next_event_time` returns the time of an object's next event; `act` carries it out, in a transaction with that time.
Things that merely end, such as a grace, need no event: readers compare their end with the clock.
"""

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from msgspec.structs import replace

from homeport.config.quantities import LATEST
from homeport.world.registry import authinfo, interventions, launch, lifecycle, maintenances, reviews, robots, transfers
from homeport.world.registry.applications import Application
from homeport.world.registry.changes import Changes, Record
from homeport.world.registry.graces import year_of
from homeport.world.registry.maintenances import Maintenance
from homeport.world.registry.objects import Contact, Domain, Sponsored, kind_of, name_of
from homeport.world.registry.registry_acts import RegistryAct
from homeport.world.registry.zones import Zone

if TYPE_CHECKING:
    from homeport.world.registry.registry import Registry


Act = Literal[
    "approve-transfer",
    "reject-transfer",
    "cancel-transfer",
    "request-transfer",
    "approve",
    "reject",
    "renew",
    "delete",
    "end-redemption",
    "end-restore",
    "purge",
    "unset-authinfo",
    "remind",
    "end",
    "validate",
    "close",
    "allocate",
]
"""Acts of the registry on an object when its time has come, its own or those of a simulated registrar."""
ACT_TEXTS: dict[Act, str] = {
    "approve-transfer": "its transfer is approved",
    "reject-transfer": "its transfer is rejected",
    "cancel-transfer": "its transfer is cancelled by the registrar that requested it",
    "request-transfer": "its transfer is requested by a simulated registrar",
    "approve": "the command that waits for review is approved",
    "reject": "the command or application that waits is rejected",
    "renew": "expires and is renewed; its auto-renew grace begins",
    "delete": "expires and is deleted",
    "end-redemption": "its redemption ends; it cannot be restored any more",
    "end-restore": "its restore report is overdue; redemption begins again",
    "purge": "is purged; the name is free",
    "unset-authinfo": "its authInfo is over and unset (RFC 9154 4.2)",
    "remind": "registrars are reminded of it",
    "end": "ends; registrars get a message",
    "validate": "is validated",
    "close": "waits for the allocation: its phase is over",
    "allocate": "gets its name",
}
REMOVED_AT_EXPIRY = RegistryAct(operation="autoDelete", op="purge", state="before", reason="Past its expiry")
ROBOT_ACTS: dict[str, Act] = {
    "approve": "approve-transfer",
    "reject": "reject-transfer",
    "cancel": "cancel-transfer",
    "request": "request-transfer",
}


RECORDS: dict[type[Any], Any] = {Maintenance: maintenances, Application: launch}
"""The modules that know the events of records."""


class PlannedAct(NamedTuple):
    """An act of time on an object."""

    due: float
    kind: str
    """Kind of its row: an `ObjectKind`, or that of a record."""
    name: str
    what: Act


def next_event_time(registry: "Registry", one: Sponsored | Record) -> float | None:
    """Return the time of an object's next event; None: it has none."""
    if isinstance(one, Domain) and not one.pending and one.transfer is None and one.deleted is None:
        # Fast path for nearly every domain; after the last representable time nothing expires.
        expires = None if one.expires >= LATEST or registry.zone_of(one.name) is None else one.expires
        if (until := one.extras.authinfo_until) is not None:
            expires = until if expires is None else min(until, expires)
        robot_action = None
        if registry.robots_request or one.name[:6] == "robot-":
            robot_action = robots.next_robot_action(registry, one)
        if robot_action is None:
            return expires
        return robot_action.due if expires is None else min(robot_action.due, expires)
    if isinstance(one, Record):
        due: float | None = RECORDS[type(one)].next_event_time(registry, one)
        return due
    robot_action = robots.next_robot_action(registry, one)
    dues = [] if robot_action is None else [robot_action.due]
    if isinstance(one, Domain | Contact) and one.transfer is not None and one.transfer.status == "pending":
        dues.append(one.transfer.acted)
    if isinstance(one, Domain | Contact) and one.extras.authinfo_until is not None:
        dues.append(one.extras.authinfo_until)
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
        return None  # a domain that waits for its create does not expire, one that waits for a transfer is not deleted
    return domain.expires if domain.expires < LATEST else None


def next_act(registry: "Registry", one: Sponsored | Record, now: float) -> Act | None:
    """Return what `act` does to an object at a time at which its next event is due; None for nothing."""
    if isinstance(one, Record):
        what: Act = RECORDS[type(one)].next_act(registry, one, now)
        return what
    robot_action = robots.next_robot_action(registry, one)
    if robot_action is not None and robot_action.due <= now and isinstance(one, Domain | Contact):
        return ROBOT_ACTS[robot_action.what]
    if _transfer_is_over(one, now):
        return "approve-transfer" if registry.policy_of(one).transfer_outcome == "approve" else "reject-transfer"
    action = registry.pendings.get(f"{kind_of(one)} {name_of(one).lower()}") if one.pending else None
    if action is not None and action.due is not None and action.due <= now:
        return "approve" if action.outcome == "approve" else "reject"
    if isinstance(one, Domain | Contact) and authinfo.is_over(one, now):
        return "unset-authinfo"
    return _life_act(one, registry.policy_of(one)) if isinstance(one, Domain) else None


def _transfer_is_over(one: Sponsored, now: float) -> bool:
    return (
        isinstance(one, Domain | Contact)
        and one.transfer_pending
        and one.transfer is not None
        and one.transfer.acted <= now
    )


def _life_act(domain: Domain, zone: Zone) -> Act:
    if domain.purging is not None:
        return "purge"
    if domain.restoring is not None:
        return "end-restore"
    if domain.deleted is not None:
        return "end-redemption"
    return "renew" if zone.at_expiry == "renew" else "delete"


def act(changes: Changes, one: Sponsored | Record) -> Act | None:
    """Carry out the event that is due at `changes.now` or before, of several the first one in the order here.

    Return what was done, as `next_act` has it.
    """
    if isinstance(one, Record):
        done: Act = RECORDS[type(one)].act(changes, one)
        return done
    now = changes.now
    robot_action = robots.next_robot_action(changes.registry, one)
    if robot_action is not None and robot_action.due <= now and isinstance(one, Domain | Contact):
        robots.perform(changes, one, robot_action)
        return ROBOT_ACTS[robot_action.what]
    if isinstance(one, Domain) and one.transfer is None and not one.pending and one.extras.authinfo_until is None:
        return _live(changes, one, changes.registry.policy_of(one))  # the fast path of nearly all
    if isinstance(one, Domain | Contact) and _transfer_is_over(one, now):
        if changes.registry.policy_of(one).transfer_outcome == "approve":
            transfers.approve(changes, one, by_server=True)
            return "approve-transfer"
        transfers.reject(changes, one, by_server=True)
        return "reject-transfer"
    action = changes.pending(kind_of(one), name_of(one)) if one.pending else None
    if action is not None and action.due is not None and action.due <= now:
        (reviews.approve if action.outcome == "approve" else reviews.reject)(changes, one)
        return "approve" if action.outcome == "approve" else "reject"
    if isinstance(one, Domain | Contact) and authinfo.is_over(one, now):
        _unset_authinfo(changes, one)
        return "unset-authinfo"
    return _live(changes, one, changes.registry.policy_of(one)) if isinstance(one, Domain) else None


def _live(changes: Changes, domain: Domain, zone: Zone) -> Act:
    what = _life_act(domain, zone)
    if what == "renew":
        renewed = lifecycle.renew_at_expiry(changes, domain, zone)
        years = year_of(renewed.expires) - year_of(domain.expires)
        about = lifecycle.state_of(changes, renewed)
        changes.message(domain.registrar, "domain.renewed", about, name=domain.name, years=str(years))
    elif what == "purge":
        about = lifecycle.state_of(changes, domain)
        lifecycle.purge(changes, domain)
        changes.message(domain.registrar, "domain.purged", about, name=domain.name)
    elif domain.restoring is not None:
        # RFC 3915 3.2: without a report the domain returns to redemption, for a whole period.
        due = domain.restoring + zone.periods.restore_report
        _put_and_tell(changes, replace(domain, restoring=None, deleted=due), "domain.restore-missed")
    elif domain.deleted is not None:
        due = domain.deleted + zone.periods.redemption
        _put_and_tell(changes, replace(domain, purging=due), "domain.redemption-ended")
    else:
        about = lifecycle.state_of(changes, domain)
        left = lifecycle.delete(changes, domain)
        if left is None:
            changes.act = REMOVED_AT_EXPIRY
        else:
            about = lifecycle.state_of(changes, left)
        changes.message(domain.registrar, "domain.expired", about, name=domain.name)
    return what


def _unset_authinfo(changes: Changes, one: Domain | Contact) -> None:
    unset = authinfo.with_authinfo(one, None)
    changes.put(unset)
    text = f"{kind_of(one)}.authinfo-unset"
    changes.message(one.registrar, text, interventions.state_of(changes, unset), name=name_of(one))


def _put_and_tell(changes: Changes, domain: Domain, text: str) -> None:
    changes.put(domain)
    changes.message(domain.registrar, text, lifecycle.state_of(changes, domain), name=domain.name)
