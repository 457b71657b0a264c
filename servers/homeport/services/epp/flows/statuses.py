"""Statuses of objects (RFC 5731 2.3, RFC 5732 2.3, RFC 5733 2.2): who may set them, what they forbid, and reviews."""

from collections.abc import Collection, Iterable
from typing import Any, Literal, NamedTuple, Protocol, TypeVar

from homeport.services.epp.flow import EppError, Request, Value
from homeport.services.epp.results import Code
from homeport.world.registry import Contact, Domain, Host, Sponsored, Zone, reviews
from homeport.world.registry.objects import AnySponsored, StatusText, with_extras

# Clients set `client...`, the registry sets `server...`; `ok`, `linked` and `pending...` are derived from
# the registry's data.


Shown = TypeVar("Shown", covariant=True)


class StatusElement(Protocol[Shown]):
    """The class `Status` of a namespace."""

    def __call__(self, *, s: Any, lang: str = ..., value: str = ...) -> Shown: ...


class GivenStatus(Protocol):
    """A status in a command."""

    @property
    def s(self) -> str: ...
    @property
    def lang(self) -> str: ...
    @property
    def value(self) -> str: ...


class Kind(NamedTuple):
    """A kind of object, with its names and its mapping's rules."""

    word: str
    rfc: str
    statuses: str
    """RFC section about its statuses."""
    client: frozenset[str]
    """Statuses that a client may set."""


DOMAIN = Kind(
    "domain",
    "RFC 5731",
    "RFC 5731 2.3",
    frozenset(
        (
            "clientDeleteProhibited",
            "clientHold",
            "clientRenewProhibited",
            "clientTransferProhibited",
            "clientUpdateProhibited",
        )
    ),
)
CONTACT = Kind(
    "contact",
    "RFC 5733",
    "RFC 5733 2.2",
    frozenset(("clientDeleteProhibited", "clientTransferProhibited", "clientUpdateProhibited")),
)
HOST = Kind("host", "RFC 5732", "RFC 5732 2.3", frozenset(("clientDeleteProhibited", "clientUpdateProhibited")))


def refuse_unless_sponsor(request: Request[Any], kind: Kind, one: Sponsored) -> None:
    """Raise EppError 2201 unless the client sponsors the object."""
    if one.registrar != request.registrar.id:
        raise EppError(
            Code.AUTHORIZATION_ERROR,
            f"{kind.rfc} 3.2: only the sponsoring client of a {kind.word} may do this, and you are not",
        )


def refuse_if_prohibited(kind: Kind, one: Sponsored, operation: str) -> None:
    """Raise EppError 2304 if a status forbids an operation: `Delete`, `Renew`, `Transfer`."""
    for status in (f"client{operation}Prohibited", f"server{operation}Prohibited"):
        if status in one.statuses:
            raise _prohibits(kind, status)
    refuse_if_pending(kind, one)


def refuse_if_pending(kind: Kind, one: Sponsored) -> None:
    """Raise EppError 2304 while the object waits for a review, a transfer or the end of a deletion."""
    for status in one.pending_statuses():
        raise _prohibits(kind, status)


def refuse_update_if_prohibited(kind: Kind, one: Sponsored, removed: Collection[str]) -> None:
    """Raise EppError 2304 if a status forbids an update; an update that removes clientUpdateProhibited is allowed."""
    if "serverUpdateProhibited" in one.statuses:
        raise _prohibits(kind, "serverUpdateProhibited")
    if "clientUpdateProhibited" in one.statuses and "clientUpdateProhibited" not in removed:
        raise _prohibits(kind, "clientUpdateProhibited", "; an update that removes it is allowed")
    refuse_if_pending(kind, one)


def _prohibits(kind: Kind, status: str, but: str = "") -> EppError:
    return EppError(
        Code.STATUS_PROHIBITS, f"{kind.statuses}: the {kind.word} has the status {status}, which forbids this{but}"
    )


def changed(kind: Kind, one: Sponsored, add: Iterable[str], remove: Iterable[str]) -> tuple[str, ...]:
    """Return the statuses after an update.

    Raises: EppError 2306 for a status that clients cannot change, that is already set, or that is not set.
    """
    add, remove, now = tuple(add), tuple(remove), list(one.statuses)
    for status in (*remove, *add):
        if status not in kind.client:
            raise EppError(
                Code.PARAMETER_POLICY,
                f"{kind.statuses}: clients add and remove {', '.join(sorted(kind.client))}; {status} is the server's",
                value=Value("status", status),
                finding="server-status",
            )
    for status in remove:
        if status not in now:
            raise _refused(kind, status, f"the {kind.word} does not have {status}")
        now.remove(status)
    for status in add:
        if status in remove:
            raise _refused(kind, status, f"one update cannot both add and remove {status}")
        if status in now:
            raise _refused(kind, status, f"the {kind.word} has {status} already")
        now.append(status)
    return tuple(now)


def with_texts(one: AnySponsored, given: Iterable[GivenStatus]) -> AnySponsored:
    """Return the object with the texts of the statuses that were added; those of other statuses end with them."""
    texts = {text.status: text for text in one.extras.status_texts if text.status in one.statuses}
    texts |= {each.s: StatusText(status=each.s, text=each.value, lang=each.lang) for each in given if each.value}
    left = tuple(texts.values())
    return one if left == one.extras.status_texts else with_extras(one, status_texts=left)


def shown(element: StatusElement[Shown], one: Sponsored, names: Iterable[str]) -> tuple[Shown, ...]:
    """Return statuses as an answer shows them. element: the class of the object's namespace."""
    texts = {text.status: text for text in one.extras.status_texts}
    if not texts:
        return tuple(element(s=name) for name in names)
    return tuple(
        element(s=name) if (text := texts.get(name)) is None else element(s=name, lang=text.lang, value=text.text)
        for name in names
    )


def _refused(kind: Kind, status: str, why: str) -> EppError:
    return EppError(Code.PARAMETER_POLICY, f"{kind.rfc} 3.2.5: {why}", value=Value("status", status))


def named(names: Iterable[str], limit: int = 10) -> str:
    """Return names of objects for a reason: at most `limit`, and the number of the others."""
    listed = list(names)
    more = f" and {len(listed) - limit} more" if len(listed) > limit else ""
    return ", ".join(listed[:limit]) + more


def put(request: Request[Any], made: Contact | Host) -> Code:
    """Add an object. Returns: the result code, as `review` does."""
    request.changes.put(made)
    return review(request, made)


def waits_for_review(
    request: Request[Any],
    one: Domain,
    zone: Zone,
    operation: Literal["update", "renew", "delete"],
    proposed: Domain,
    *,
    years: int = 0,
    paid: float = 0.0,
) -> bool:
    """Submit a command on a domain for review, if its zone wants one. Return True if it waits.

    one: the domain before the command. proposed: after an update. years: of a renewal. paid: charged meanwhile.
    """
    if operation not in zone.review_changes:
        return False
    reviews.submit(
        request.changes,
        one,
        operation,
        request.registrar.id,
        cl_trid=request.cl_trid or "",
        sv_trid=request.sv_trid,
        proposed=proposed if operation == "update" else None,
        years=years,
        paid=paid,
    )
    return True


def review(request: Request[Any], made: Contact | Host | Domain, paid: float = 0.0) -> Code:
    """Submit an added object for review, if the policy or its name asks for one.

    Its outcome is sent as a message with panData. paid: credited if it is rejected.

    Returns: the result code, 1001 if it waits, else 1000.
    """
    if not reviews.needs_review(request.changes, made):
        return Code.OK
    reviews.submit(
        request.changes,
        made,
        "create",
        request.registrar.id,
        cl_trid=request.cl_trid or "",
        sv_trid=request.sv_trid,
        paid=paid,
    )
    return Code.PENDING
