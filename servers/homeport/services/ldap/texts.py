"""The text of a request in the journal, and for faults: a line without secrets."""

from typing import TYPE_CHECKING

from homeport.protocol.plaintext import safe
from homeport.services.ldap.messages import (
    AbandonRequest,
    BindRequest,
    ExtendedRequest,
    ModifyDnRequest,
    SearchRequest,
)
from homeport.services.ldap.secrets import masked_name
from homeport.world.directory.filters import text_of

if TYPE_CHECKING:
    from homeport.services.ldap.messages import Request

SCOPES = ("base", "one", "sub", "subordinates")
MAX_SHOWN = 400
"""Characters of an argument."""
SHORTEST = 3
"""Characters of the shortest filter, `(&)`."""


def argument_of(request: "Request") -> str:
    """Return the DN that a request names, with what else identifies it."""
    match request:
        case SearchRequest(base, scope, filter=chosen):
            return safe(f"{masked_name(base)} {SCOPES[scope]} {text_of(chosen, MAX_SHOWN // SHORTEST)}")[:MAX_SHOWN]
        case BindRequest(name=name, mechanism=mechanism):
            shown = f"{name} {mechanism}".strip() if mechanism else name
        case ModifyDnRequest(dn, new_rdn, _delete, superior):
            shown = f"{dn} {new_rdn}" + (f" {superior}" if superior is not None else "")
        case ExtendedRequest(oid):
            shown = oid
        case AbandonRequest(number):
            shown = str(number)
        case _:
            shown = str(getattr(request, "dn", ""))
    return safe(masked_name(shown))[:MAX_SHOWN]
