"""The table of operations: which function handles which request."""

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
from homeport.services.ldap.operation import Handler
from homeport.services.ldap.search import search
from homeport.services.ldap.update import add, compare, delete, modify, modify_dn

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
