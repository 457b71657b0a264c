"""Commands that wait for review (RFC 5730 1001, RFC 5731 3.3): submitted, and approved or rejected later.

The object shows pendingCreate, pendingUpdate and so on meanwhile. The sender gets the outcome as a message about an
`ActionResult`, from which panData is made.
"""

from typing import Any, Literal, TypeVar

from msgspec.structs import replace

from homeport.world.registry import graces, lifecycle, tokens, trigger_names
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
"""Fields that updates never change, so they may have changed while one was pending."""


def needs_review(changes: Changes, one: Sponsored) -> bool:
    """True if the create of an object waits for review: by its zone's policy, or because its name asks for it."""
    return changes.registry.policy_of(one).review_creates or trigger_names.review_of(one) is not None


class NothingToReviewError(Exception):
    """Raised if nothing of the object waits for review."""


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
    paid: float = 0.0,
) -> AnySponsored:
    """Make a command wait for review. The object's name, or the zone's policy, sets the registry's decision.

    one: the object's current state; a new object as `lifecycle.create` or `changes.put` added it in this transaction.
    proposed: the object after an update. years: of a renewal. paid: charged for a create or an update.
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
        paid=paid,
        proposed=None if proposed is None else encode(proposed),
    )
    waiting = replace(one, pending=operation)
    changes.put(action)
    changes.put(waiting)
    return waiting


def _terms(changes: Changes, one: Sponsored) -> tuple[float | None, Literal["approve", "reject"]]:
    """Return the time of the registry's own decision (None: never), and the decision."""
    if (trigger := trigger_names.review_of(one)) is not None:
        due = None if trigger.word == "wait" else changes.now + trigger.after
        return due, "reject" if trigger.word == "reject" else "approve"
    zone = changes.registry.policy_of(one)
    return None if zone.review is None else changes.now + zone.review, zone.review_outcome


def approve(changes: Changes, one: AnySponsored) -> AnySponsored | None:
    """Carry out the pending command. Returns: the object then, None if it was removed. Raises: NothingToReviewError."""
    action = _take_pending(changes, one)
    done: Sponsored | None = replace(one, pending="")
    if action.operation == "update" and action.proposed is not None:
        proposed = decode(type(one), action.proposed)
        asked: dict[str, Any] = {
            name: getattr(proposed, name) for name in type(one).__struct_fields__ if name not in KEPT
        }
        done = replace(one, **asked | {"pending": "", "updated": changes.now})
    changes.put(done)  # type: ignore[arg-type]  # not None yet
    if action.operation == "renew" and isinstance(done, Domain):
        changes.charge(action.registrar, -action.paid)  # it is charged again for the years that it really gets
        years = min(action.years or 1, lifecycle.years_left(changes, done))
        done = lifecycle.renew(changes, done, years) if years else done
    if action.operation == "delete":
        done = _deleted(changes, done)  # type: ignore[arg-type]  # not None yet
    _report_outcome(changes, action, approved=True)
    return done  # type: ignore[return-value]  # of the kind it was


def reject(changes: Changes, one: AnySponsored) -> AnySponsored | None:
    """Reject the pending command; a rejected create removes the object. Raises: NothingToReviewError."""
    action = _take_pending(changes, one)
    _report_outcome(changes, action, approved=False)
    if action.operation == "create":
        if isinstance(one, Domain):
            running = graces.running_graces(one, changes.now)
            if action.paid:  # credited however late, and even where the zone has no add grace
                changes.charge(action.registrar, -action.paid)
                running = tuple(grace for grace in running if grace.kind != "add")
            graces.credit(changes, running)
            tokens.give_back(changes, one)
            lifecycle.purge(changes, one)
        else:
            changes.remove(one)
        return None
    if action.paid:
        changes.charge(action.registrar, -action.paid)
    left = replace(one, pending="")
    changes.put(left)
    return left


def _take_pending(changes: Changes, one: Sponsored) -> PendingAction:
    """Remove and return the pending action. For an object seeded as pending, return one of its creator."""
    if not one.pending:
        raise NothingToReviewError(f"no command on {name_of(one)} waits for review")
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


def _report_outcome(changes: Changes, action: PendingAction, *, approved: bool) -> None:
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
