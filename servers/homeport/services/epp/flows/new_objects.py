"""New objects: there at once, or after a review where the policy has one (RFC 5731, RFC 5732 and RFC 5733, 3.3)."""

from typing import Any

from homeport.services.epp.flow import Request
from homeport.services.epp.results import Code
from homeport.world.registry import Contact, Domain, Host, reviews


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
