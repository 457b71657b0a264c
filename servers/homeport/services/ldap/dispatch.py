"""The table of operations: which function handles which request, and the controls that each takes."""

from homeport.services.ldap.extended import extended
from homeport.services.ldap.messages import (
    AddRequest,
    CompareRequest,
    DeleteRequest,
    ExtendedRequest,
    ModifyDnRequest,
    ModifyRequest,
    Request,
    SearchRequest,
)
from homeport.services.ldap.operation import Handler, Operation
from homeport.services.ldap.search import search
from homeport.services.ldap.update import add, compare, delete, modify, modify_dn
from homeport.world.directory.results import Code, DirectoryError

HANDLERS: dict[type[Request], Handler] = {
    SearchRequest: search,
    AddRequest: add,
    ModifyRequest: modify,
    DeleteRequest: delete,
    ModifyDnRequest: modify_dn,
    CompareRequest: compare,
    ExtendedRequest: extended,
}
"""Functions by the type of request; bind, unbind and abandon belong to the session."""
CONTROLS: frozenset[str] = frozenset()
"""OIDs of the controls that are supported."""


def check_controls(operation: Operation) -> None:
    """Check that every critical control is known. Raises: DirectoryError (RFC 4511 4.1.11)."""
    for control in operation.controls:
        if control.critical and control.oid not in CONTROLS:
            text = f"the critical control {control.oid} is not supported"
            raise DirectoryError(Code.UNAVAILABLE_CRITICAL_EXTENSION, text, finding="unknown-critical-control")
