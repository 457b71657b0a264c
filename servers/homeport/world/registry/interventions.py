"""What the registry does of its own accord: statuses, deletions, notes. The sponsors are told by messages.

Forced transfers are in `transfers`, decisions on what waits in `reviews`.
"""

from collections.abc import Collection

from homeport.world.registry.changes import Changes
from homeport.world.registry.objects import Domain, Sponsored


def change_statuses(
    changes: Changes, one: Sponsored, add: Collection[str] = (), remove: Collection[str] = ()
) -> Sponsored:
    """Set and unset statuses such as serverHold."""
    raise NotImplementedError


def delete_domain(changes: Changes, domain: Domain, *, at_once: bool = False) -> Domain | None:
    """Delete as the registry: into redemption, or gone at once with its subordinate hosts."""
    raise NotImplementedError


def note(changes: Changes, registrar: str, text: str) -> None:
    """Put a message of one's own words into a registrar's queue."""
    changes.message(registrar, "note", note=text)
