"""Operations on behalf of another user (RFC 4370)."""

from homeport.services.ldap.controls.requests import PROXIED
from homeport.services.ldap.dialogue import ANONYMOUS, Bound
from homeport.services.ldap.operation import Operation
from homeport.world.directory.results import Code, DirectoryError


def act_as(operation: Operation) -> None:
    """Have an operation act as whom its control names. Raises: DirectoryError."""
    asked = operation.parsed.get(PROXIED)
    if asked is None:
        return
    if not operation.bound.admin:
        raise DirectoryError(Code.AUTHORIZATION_DENIED, "only administrators act as others (RFC 4370)")
    operation.bound = _bound(operation, asked.authorization)


def _bound(operation: Operation, authorization: str) -> Bound:
    """Return the user of an authorization identity (RFC 4513 5.2.1.8). Raises: DirectoryError for an unknown one."""
    directory = operation.dialogue.context.world.directory
    if not authorization:
        return ANONYMOUS
    kind, _, name = authorization.partition(":")
    if kind == "u":
        name = directory.dn_of_login(name)
    elif kind != "dn":
        raise DirectoryError(Code.AUTHORIZATION_DENIED, "an identity begins with dn: or u:")
    entry = directory.find_dn(name)
    if entry is None:
        raise DirectoryError(Code.AUTHORIZATION_DENIED, "no entry has that name")
    _kind, login = directory.kind_of(entry.key)
    return Bound(entry.dn, login, method="proxied")
