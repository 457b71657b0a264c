"""Actions of the registry on its own initiative: statuses, deletions, notes. Sponsors get messages.

Forced transfers are in `transfers`, decisions on pending reviews in `reviews`.
"""

from collections.abc import Collection
from typing import TypeVar

from msgspec.structs import replace

from homeport.world.registry import lifecycle
from homeport.world.registry.changes import Changes
from homeport.world.registry.messages import About, ContactState, HostState
from homeport.world.registry.objects import Domain, Host, Sponsored, kind_of, name_of
from homeport.world.registry.registry_acts import removed_by

AnySponsored = TypeVar("AnySponsored", bound=Sponsored)


def change_statuses(
    changes: Changes, one: AnySponsored, add: Collection[str] = (), remove: Collection[str] = ()
) -> AnySponsored:
    """Set and unset statuses such as serverHold."""
    kept: list[str] = [status for status in one.statuses if status not in remove]
    statuses = tuple(dict.fromkeys((*kept, *add)))
    changed = replace(one, statuses=statuses, updated=changes.now)
    changes.put(changed)
    change = ", ".join([*(f"+{status}" for status in add), *(f"-{status}" for status in remove)])
    text = f"{kind_of(one)}.changed"
    changes.message(one.registrar, text, state_of(changes, changed), name=name_of(one), change=change)
    return changed


def delete_domain(changes: Changes, domain: Domain, *, at_once: bool = False) -> Domain | None:
    """Delete a domain as the registry: into redemption, or removed at once with its subordinate hosts."""
    before = lifecycle.state_of(changes, domain)
    left = None
    if at_once:
        lifecycle.purge(changes, domain)
    else:
        left = lifecycle.delete(changes, domain)
    if left is None:
        changes.act = removed_by(changes.act)
    about = before if left is None else lifecycle.state_of(changes, left)
    changes.message(domain.registrar, "domain.deleted", about, name=domain.name)
    return left


def note(changes: Changes, registrar: str, text: str) -> None:
    """Put a message with free text into a registrar's queue."""
    changes.message(registrar, "note", note=text)


def state_of(changes: Changes, one: Sponsored) -> About:
    """Return an object's state for a message."""
    if isinstance(one, Domain):
        return lifecycle.state_of(changes, one)
    linked = changes.registry.linked(one)
    return HostState(host=one, linked=linked) if isinstance(one, Host) else ContactState(contact=one, linked=linked)
