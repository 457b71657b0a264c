"""The moments of a domain's life in words: what its fields say of the past, and what a projection says will follow."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from homeport.config.quantities import counted
from homeport.world.clock import to_moment
from homeport.world.registry.objects import Domain, GraceKind, PendingAction, Transfer
from homeport.world.registry.projection import Projection, Step

Phase = Literal["pendingCreate", "registered", "redemption", "pendingRestore", "pendingDelete", "free"]
REGISTRY = "registry"
"""Who acts where no registrar does."""
GRACES: dict[GraceKind, str] = {
    "add": "add grace",
    "renew": "renew grace",
    "autoRenew": "auto-renew grace",
    "transfer": "transfer grace",
}


TURNS = {"created", "deleted", "restore requested", "redemption ended", "now"}
"""Past and present moments from which on a domain may be in another phase."""


class Moment(NamedTuple):
    """Something that happened to a domain, or will."""

    at: float
    what: str
    """In two or three words."""
    text: str
    """As a sentence without subject."""
    by: str
    """A registrar, `registry`, or empty if the registry does not keep it."""
    phase: Phase
    """From then on."""
    projected: bool = False
    certain: bool = True
    """False if a registrar can prevent it, or what it follows from."""


class Span(NamedTuple):
    """A phase or a grace of a domain, from `begin` up to, not including, `end`."""

    kind: str
    begin: float
    end: float | None
    """None: it does not end by itself."""


class Life(NamedTuple):
    """The life of a domain."""

    moments: list[Moment]
    phases: list[Span]
    graces: list[Span]


def phase_of(domain: Domain | None) -> Phase:
    """Return the phase of a domain; free if there is none."""
    if domain is None:
        return "free"
    if domain.purging is not None:
        return "pendingDelete"
    if domain.restoring is not None:
        return "pendingRestore"
    if domain.deleted is not None:
        return "redemption"
    return "pendingCreate" if domain.pending == "create" else "registered"


def life_of(domain: Domain, projection: Projection, now: float, review: PendingAction | None = None) -> Life:
    """Return what is known of a domain's past and future, in order. review: of it, that waits now."""
    moments = [one for one in _past(domain, review) if one.at <= now]
    moments.append(Moment(now, "now", "now", "", phase_of(domain)))
    certain = True
    for step in projection.steps:
        # Only a purge cannot be prevented any more by a registrar.
        certain = certain and step.before.purging is not None
        what, text, by = describe_step(step)
        moments.append(Moment(step.at, what, text, by, phase_of(step.after), projected=True, certain=certain))
    graces = list(_graces(domain, projection))
    moments += [
        Moment(
            span.end, f"{span.kind} ends", f"{span.kind} ends", REGISTRY, "registered", span.end > now, span.end <= now
        )
        for span, ended in graces
        if ended and span.end is not None
    ]
    moments = _with_phases(sorted(moments, key=lambda one: one.at))
    return Life(moments, _phases(moments), [span for span, _ended in graces])


def _with_phases(moments: list[Moment]) -> list[Moment]:
    """Give moments that change no phase the one in which they fall."""
    found: list[Moment] = []
    for one in moments:
        ends = one.what.endswith("grace ends")
        keeps = ends or (not one.projected and one.what not in TURNS)
        found.append(one._replace(phase=found[-1].phase) if keeps and found else one)
    return found


def _past(domain: Domain, review: PendingAction | None) -> Iterator[Moment]:
    """Yield the moments that a domain's fields keep; earlier ones may be overwritten."""
    first: Phase = "pendingCreate" if domain.pending == "create" else "registered"
    yield Moment(domain.created, "created", "created", domain.made_by, first)
    if review is not None and review.operation != "create":
        text = f"{review.operation} sent; it waits for review"
        yield Moment(review.requested, f"{review.operation} sent", text, review.registrar, first)
    if domain.updated is not None and domain.updated != domain.transferred:
        yield Moment(domain.updated, "updated", "updated", domain.updater, first)
    transfer = domain.transfer
    if domain.transferred is not None and not (transfer and transfer.acted == domain.transferred):
        yield Moment(domain.transferred, "transferred", "transferred", "", first)
    if transfer is not None:
        text = f"transfer to {transfer.gaining} requested"
        yield Moment(transfer.requested, "transfer requested", text, transfer.gaining, first)
        if transfer.status != "pending":
            what, text, by = _decision(transfer)
            yield Moment(transfer.acted, what, text, by, first)
    for grace in domain.graces:
        if grace.kind == "renew":
            text = f"renewed by {counted(grace.years or 1, 'year')}"
            yield Moment(grace.begun, "renewed", text, grace.registrar, first)
        elif grace.kind == "autoRenew":
            yield Moment(grace.begun, "renewed", "expired; the registry renewed it by 1 year", REGISTRY, first)
    if domain.deleted is not None:
        text = "deleted" if domain.deleted == domain.purging else "deleted; redemption begins"
        phase: Phase = "pendingDelete" if domain.deleted == domain.purging else "redemption"
        yield Moment(domain.deleted, "deleted", text, "", phase)
    if domain.restoring is not None:
        text = "restore requested; the report is awaited"
        yield Moment(domain.restoring, "restore requested", text, domain.registrar, "pendingRestore")
    if domain.purging is not None and domain.purging != domain.deleted:
        text = "redemption ended; it cannot be restored any more"
        yield Moment(domain.purging, "redemption ended", text, REGISTRY, "pendingDelete")


def describe_step(step: Step) -> tuple[str, str, str]:
    """Return what a projected event is, in few words and as a sentence, and who acts."""
    before, after, review = step.before, step.after, step.review
    if after is None:
        return _removal(step)
    if after.deleted is not None and before.deleted is None:
        ends = "redemption begins" if after.purging is None else "it waits to be purged"
        if before.pending == "delete":
            return "deleted", f"the registry approves the delete; {ends}", REGISTRY
        return "expires", f"expires and is deleted; {ends}", REGISTRY
    if after.purging is not None and before.purging is None:
        return "redemption ends", "redemption ends; it cannot be restored any more", REGISTRY
    if before.restoring is not None and after.restoring is None:
        return "report overdue", "the restore report is overdue; redemption begins again", REGISTRY
    if after.transfer is not None and after.transfer != before.transfer:
        return _transfer(before, after.transfer)
    if before.pending and not after.pending:
        rejected = review is not None and review.outcome == "reject"
        done, does = ("rejected", "rejects") if rejected else ("approved", "approves")
        return f"{before.pending} {done}", f"the registry {does} the {before.pending}", REGISTRY
    if after.expires > before.expires:
        years = to_moment(after.expires).year - to_moment(before.expires).year
        return "renewed", f"expires; the registry renews it by {counted(years, 'year')}", REGISTRY
    if lost := [name for name in before.nameservers if name not in after.nameservers]:
        return "server removed", f"loses {', '.join(lost)}, which is purged with its domain", REGISTRY
    return "changed", "changed", REGISTRY


def _removal(step: Step) -> tuple[str, str, str]:
    before = step.before
    if before.pending == "create":
        return "create rejected", "the registry rejects the create; the name is free", REGISTRY
    if before.deleted is not None:
        return "purged", "is purged; the name is free", REGISTRY
    if before.pending == "delete":
        return "deleted", "the registry approves the delete; the name is free", REGISTRY
    return "expires", "expires and is removed; the name is free", REGISTRY


def _transfer(before: Domain, transfer: Transfer) -> tuple[str, str, str]:
    if transfer.status == "pending":
        return "transfer requested", f"{transfer.gaining} requests a transfer", transfer.gaining
    if before.transfer is None or before.transfer.status != "pending":  # requested and done at once
        return "transferred", f"transferred to {transfer.gaining}, at its request", transfer.gaining
    return _decision(transfer)


def _decision(transfer: Transfer) -> tuple[str, str, str]:
    """Return how a transfer was decided, in few words and as a sentence, and who decided."""
    gaining, losing = transfer.gaining, transfer.losing
    return {
        "clientApproved": ("transferred", f"transfer to {gaining} approved", losing),
        "serverApproved": ("transferred", f"transfer to {gaining} approved by the registry", REGISTRY),
        "clientRejected": ("transfer rejected", f"transfer to {gaining} rejected", losing),
        "clientCancelled": ("transfer cancelled", f"transfer to {gaining} cancelled", gaining),
        "serverCancelled": ("transfer rejected", f"transfer to {gaining} rejected by the registry", REGISTRY),
    }[transfer.status]


def _graces(domain: Domain, projection: Projection) -> Iterator[tuple[Span, bool]]:
    """Yield each grace with its end, and True if it ends by itself: an event may end it earlier."""
    states = [domain, *(step.after for step in projection.steps)]
    changes = [*(step.at for step in projection.steps), None]
    seen: dict[tuple[GraceKind, float], tuple[Span, bool]] = {}
    for state, change in zip(states, changes, strict=True):
        for grace in () if state is None else state.graces:
            whole = change is None or grace.ends <= change
            end = grace.ends if change is None else min(grace.ends, change)
            seen[grace.kind, grace.begun] = Span(GRACES[grace.kind], grace.begun, end), whole
    yield from seen.values()


def _phases(moments: list[Moment]) -> list[Span]:
    """Return the phases in order; the last one does not end."""
    spans: list[Span] = []
    for one in moments:
        if one.what.endswith("grace ends") or (spans and spans[-1].kind == one.phase):
            continue
        if spans:
            spans[-1] = spans[-1]._replace(end=one.at)
        spans.append(Span(one.phase, one.at, None))
    return spans
