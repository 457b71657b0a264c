"""Statuses of objects (RFC 5731 2.3, RFC 5732 2.3, RFC 5733 2.2): who may set them, what they forbid, and reviews."""

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from homeport.services.epp.flow import EppError, Request, Value
from homeport.services.epp.results import Code
from homeport.world.registry import Contact, Domain, Host, Sponsored, reviews

# Clients set `client...`, the registry sets `server...`; `ok`, `linked` and `pending...` follow from what the registry
# holds.


class Kind(NamedTuple):
    """A kind of object: how its mapping speaks of it."""

    word: str
    rfc: str
    statuses: str
    """Section about its statuses."""
    client: frozenset[str]
    """Those that a client may set."""


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
    """Raises: EppError 2201 unless the client sponsors the object."""
    if one.registrar != request.registrar.id:
        raise EppError(
            Code.AUTHORIZATION_ERROR,
            f"{kind.rfc} 3.2: only its sponsoring client may do this to a {kind.word}, and that is another one",
        )


def refuse_if_prohibited(kind: Kind, one: Sponsored, operation: str) -> None:
    """Raises: EppError 2304 if a status forbids an operation: `Delete`, `Renew`, `Transfer`."""
    for status in (f"client{operation}Prohibited", f"server{operation}Prohibited"):
        if status in one.statuses:
            raise _prohibits(kind, status)
    refuse_if_pending(kind, one)


def refuse_if_pending(kind: Kind, one: Sponsored) -> None:
    """Raises: EppError 2304 while another command waits: for a review, a transfer, the end of a deletion."""
    for status in one.pending_statuses():
        raise _prohibits(kind, status)


def refuse_update_if_prohibited(kind: Kind, one: Sponsored, removed: Collection[str]) -> None:
    """Raises: EppError 2304 if a status forbids an update; clientUpdateProhibited lets itself be removed."""
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
    """Its statuses after an update.

    Raises: EppError 2306 for one that clients cannot change, that is there already, or that is not there.
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


def _refused(kind: Kind, status: str, why: str) -> EppError:
    return EppError(Code.PARAMETER_POLICY, f"{kind.rfc} 3.2.5: {why}", value=Value("status", status))


def named(names: Iterable[str], limit: int = 10) -> str:
    """The names of objects for a reason: as many as one can read, and how many there are besides."""
    listed = list(names)
    more = f" and {len(listed) - limit} more" if len(listed) > limit else ""
    return ", ".join(listed[:limit]) + more


def put(request: Request[Any], made: Contact | Host) -> Code:
    """Add it; the result code, as `review` has it."""
    request.changes.put(made)
    return review(request, made)


def review(request: Request[Any], made: Contact | Host | Domain) -> Code:
    """Have what was added wait for a review, whose end is told by a message with panData, if the policy has one, or
    its name asks for one.

    The result code: 1001 if it waits, else 1000.
    """
    if not reviews.awaited(request.changes, made):
        return Code.OK
    reviews.submit(
        request.changes,
        made,
        "create",
        request.registrar.id,
        cl_trid=request.cl_trid or "",
        sv_trid=request.sv_trid,
    )
    return Code.PENDING
