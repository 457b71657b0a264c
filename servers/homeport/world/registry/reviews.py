"""Commands that wait for review (RFC 5730 1001, RFC 5731 3.3): submitted, and approved or rejected later.

The object shows pendingCreate, pendingUpdate and so on meanwhile. The end is told to who sent the command by a message
about an `ActionResult`, from which panData is made.
"""

from homeport.world.registry.changes import Changes
from homeport.world.registry.objects import PendingOperation, Sponsored


class NothingToReviewError(Exception):
    """Nothing of that object waits for review."""


def submit(
    changes: Changes,
    one: Sponsored,
    operation: PendingOperation,
    registrar: str,
    *,
    cl_trid: str = "",
    sv_trid: str = "",
    proposed: Sponsored | None = None,
) -> Sponsored:
    """Let a command wait. Its zone says when the registry decides by itself.

    one: the object as it stands; for a create as it was put by `lifecycle.create` or `changes.put` in this transaction.
    proposed: how it is to be after an update or a renewal.
    """
    raise NotImplementedError


def approve(changes: Changes, one: Sponsored) -> Sponsored | None:
    """Do what waits: the object as it is then, None if it is gone. Raises: NothingToReviewError."""
    raise NotImplementedError


def reject(changes: Changes, one: Sponsored) -> Sponsored | None:
    """Leave it undone; a rejected create leaves nothing. Raises: NothingToReviewError."""
    raise NotImplementedError
