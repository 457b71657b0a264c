"""Commands that wait for review (RFC 5730 1001, RFC 5731 3.3): submitted, and approved or rejected later.

The object shows pendingCreate, pendingUpdate and so on meanwhile. The end is told to who sent the command by a message
about an `ActionResult`, from which panData is made.
"""

from typing import Any, Literal, TypeVar

from msgspec.structs import replace

from homeport.world.registry import graces, lifecycle
from homeport.world.registry import trigger_names as magic
from homeport.world.registry.changes import Changes
from homeport.world.registry.messages import ActionResult
from homeport.world.registry.objects import (
    Domain,
    PendingAction,
    PendingOperation,
    Sponsored,
    decode,
    encode,
    kind_of,
    name_of,
)

AnySponsored = TypeVar("AnySponsored", bound=Sponsored)

KEPT = {"roid", "name", "id", "registrar", "creator", "created", "transferred", "pending", "expires", "graces"}
KEPT |= {"deleted", "restoring", "purging", "transfer"}
"""What an update does not change, and so may have changed while it waited."""


def awaited(changes: Changes, one: Sponsored) -> bool:
    """Whether the create of an object waits for review: by the policy of its zone, or because its name asks for it."""
    return changes.registry.policy_of(one).review_creates or magic.review_of(one) is not None


class NothingToReviewError(Exception):
    """Nothing of that object waits for review."""


def submit(
    changes: Changes,
    one: AnySponsored,
    operation: PendingOperation,
    registrar: str,
    *,
    cl_trid: str = "",
    sv_trid: str = "",
    proposed: AnySponsored | None = None,
    years: int = 0,
) -> AnySponsored:
    """Let a command wait. Its zone says when the registry decides by itself, or its name does.

    one: the object as it stands; a new one as `lifecycle.create` or `changes.put` has put it in this transaction.
    proposed: how it is to be after an update. years: of a renewal.
    """
    due, outcome = _terms(changes, one)
    action = PendingAction(
        kind=kind_of(one),
        name=name_of(one),
        operation=operation,
        registrar=registrar,
        requested=changes.now,
        cl_trid=cl_trid,
        sv_trid=sv_trid,
        due=due,
        outcome=outcome,
        years=years,
        proposed=None if proposed is None else encode(proposed),
    )
    waiting = replace(one, pending=operation)
    changes.put(action)
    changes.put(waiting)
    return waiting


def _terms(changes: Changes, one: Sponsored) -> tuple[float | None, Literal["approve", "reject"]]:
    """When the registry decides by itself, and how."""
    if (wish := magic.review_of(one)) is not None:
        due = None if wish.word == "wait" else changes.now + wish.after
        return due, "reject" if wish.word == "reject" else "approve"
    zone = changes.registry.policy_of(one)
    return None if zone.review is None else changes.now + zone.review, zone.review_outcome


def approve(changes: Changes, one: AnySponsored) -> AnySponsored | None:
    """Do what waits: the object as it is then, None if it is gone. Raises: NothingToReviewError."""
    action = _close(changes, one)
    done: Sponsored | None = replace(one, pending="")
    if action.operation == "update" and action.proposed is not None:
        proposed = decode(type(one), action.proposed)
        asked: dict[str, Any] = {
            name: getattr(proposed, name) for name in type(one).__struct_fields__ if name not in KEPT
        }
        done = replace(one, **asked | {"pending": "", "updated": changes.now})
    changes.put(done)  # type: ignore[arg-type]  # not None yet
    if action.operation == "renew" and isinstance(done, Domain):
        done = lifecycle.renew(changes, done, action.years or 1)
    if action.operation == "delete":
        done = _deleted(changes, done)  # type: ignore[arg-type]  # not None yet
    _tell(changes, action, approved=True)
    return done  # type: ignore[return-value]  # of the kind it was


def reject(changes: Changes, one: AnySponsored) -> AnySponsored | None:
    """Leave it undone; a rejected create leaves nothing. Raises: NothingToReviewError."""
    action = _close(changes, one)
    _tell(changes, action, approved=False)
    if action.operation == "create":
        if isinstance(one, Domain):
            graces.credit(changes, graces.running_graces(one, changes.now))
            lifecycle.purge(changes, one)
        else:
            changes.remove(one)
        return None
    left = replace(one, pending="")
    changes.put(left)
    return left


def _close(changes: Changes, one: Sponsored) -> PendingAction:
    """What waits; it is forgotten. An object that was seeded as pending has no command: its creator is told."""
    if not one.pending:
        raise NothingToReviewError(f"nothing of {name_of(one)} waits for review")
    kind, name = kind_of(one), name_of(one)
    action = changes.pending(kind, name)
    if action is None:
        return PendingAction(
            kind=kind,
            name=name,
            operation=one.pending,
            registrar=one.registrar,
            requested=one.created,
            cl_trid="SEED",
            sv_trid=f"SEED-{one.roid}",
        )
    changes.remove(action)
    return action


def _deleted(changes: Changes, one: Sponsored) -> Sponsored | None:
    if isinstance(one, Domain):
        return lifecycle.delete(changes, one)
    changes.remove(one)
    return None


def _tell(changes: Changes, action: PendingAction, *, approved: bool) -> None:
    result = ActionResult(
        kind=action.kind,
        name=action.name,
        operation=action.operation,
        approved=approved,
        cl_trid=action.cl_trid,
        sv_trid=action.sv_trid,
        date=changes.now,
    )
    text = "action.approved" if approved else "action.rejected"
    changes.message(action.registrar, text, result, name=action.name, operation=action.operation)
