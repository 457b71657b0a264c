"""New contacts and hosts: there at once, or after a review where the policy has one (RFC 5732 3.3, RFC 5733 3.3)."""

from typing import Any

from homeport.services.epp.flow import Request
from homeport.world.registry import Contact, Host, reviews


def put(request: Request[Any], made: Contact | Host) -> int:
    """Add it; the result code: 1001 if it waits for a review, whose end is told by a message with panData."""
    request.changes.put(made)
    if not reviews.awaited(request.changes, made):
        return 1000
    reviews.submit(
        request.changes,
        made,
        "create",
        request.registrar.id,
        cl_trid=request.cl_trid or "",
        sv_trid=request.sv_trid,
    )
    return 1001
