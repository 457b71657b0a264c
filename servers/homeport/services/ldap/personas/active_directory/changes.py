"""Changes as Active Directory takes them: passwords in `unicodePwd`, object classes without those above them."""

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import msgspec

from homeport.protocol.effects import Effect
from homeport.services.ldap.messages import AddRequest, ModifyRequest
from homeport.services.ldap.operation import Pause
from homeport.services.ldap.password_policy import matches
from homeport.services.ldap.personas.active_directory.domain import Domain, file_time
from homeport.services.ldap.personas.active_directory.texts import TEXTS, raised
from homeport.world.directory.change_requests import ADD, DELETE, REPLACE, Modification
from homeport.world.directory.entry import Values, describe
from homeport.world.directory.results import Code, DirectoryError

if TYPE_CHECKING:
    from homeport.services.ldap.operation import Operation

PASSWORD, KEPT_PASSWORD, PASSWORD_SET = "unicodepwd", "userPassword", "pwdLastSet"
WRONG_OLD = (
    "00000056: AtrErr: DSID-03191083, #1:\n\t0: 00000056: DSID-03191083, problem 1005 (CONSTRAINT_ATT_TYPE), data 0, "
    "Att 9005a (unicodePwd)\n"
)
PERSON = (b"top", b"person", b"organizationalPerson")
OF_GROUPS = frozenset(("samaccountname", "grouptype", "objectcategory", "displayname"))
"""Attributes that groups of the world have by themselves, and cannot keep."""
Given = dict[str, tuple[str, Values]]


def unwilling() -> DirectoryError:
    """Return the error of a password that cannot be set so."""
    return raised(Code.UNWILLING_TO_PERFORM, TEXTS[Code.UNWILLING_TO_PERFORM])


def password_in(operation: "Operation", values: Values) -> bytes:
    """Return the password of a value of unicodePwd: in quotes, in UTF-16 (little-endian). Raises: DirectoryError."""
    if operation.dialogue.tls is None or len(values) != 1:
        raise unwilling()
    try:
        text = values[0].decode("utf-16-le")
    except UnicodeDecodeError:
        raise unwilling() from None
    if len(text) < 3 or text[0] != '"' or text[-1] != '"':
        raise unwilling()
    return text[1:-1].encode()


def modification(
    operation: "Operation", domain: Domain, request: ModifyRequest
) -> Generator[Pause | Effect, Any, ModifyRequest]:
    """Return a modify request of the attributes that entries hold. Raises: DirectoryError."""
    now = str(file_time(domain.world.clock.now())).encode()
    of_password = [one for one in request.changes if one.type.lower() == PASSWORD]
    changes = [
        Modification(one.operation, PASSWORD_SET, (now,)) if is_now(one) else one
        for one in request.changes
        if one.type.lower() != PASSWORD
    ]
    if of_password:
        new = yield from _new_password(operation, domain, request.dn, of_password)
        changes.append(Modification(REPLACE, KEPT_PASSWORD, (new,)))
        entry = domain.directory.find(domain.directory.checked_key(request.dn))
        if entry is not None and "person" in entry.classes():
            changes.append(Modification(REPLACE, PASSWORD_SET, (now,)))
    return msgspec.structs.replace(request, changes=tuple(changes))


def is_now(change: Modification) -> bool:
    """Return True for a change that says that the password was set now."""
    return change.type.lower() == PASSWORD_SET.lower() and change.values == (b"-1",)


def _new_password(
    operation: "Operation", domain: Domain, dn: str, changes: list[Modification]
) -> Generator[Pause | Effect, Any, bytes]:
    """Return the new password of a reset (replace), or of a change (delete the old one, add the new one)."""
    held = {one.operation: password_in(operation, one.values) for one in changes}
    if held.keys() == {REPLACE} and len(changes) == 1:
        if not operation.bound.admin:
            raise raised(Code.INSUFFICIENT_ACCESS_RIGHTS, TEXTS[Code.INSUFFICIENT_ACCESS_RIGHTS])
        return held[REPLACE]
    if held.keys() != {DELETE, ADD} or len(changes) != 2:
        raise unwilling()
    credentials = domain.directory.credentials(dn)
    if credentials is None or not (yield from matches(credentials, held[DELETE])):
        raise raised(Code.CONSTRAINT_VIOLATION, WRONG_OLD)
    if operation.bound.dn and not operation.bound.admin:
        # Everyone who knows the old password may change it.
        operation.bound = msgspec.structs.replace(operation.bound, dn=credentials.dn)
    return held[ADD]


def addition(operation: "Operation", domain: Domain, request: AddRequest) -> AddRequest:
    """Return an add request of the attributes that entries hold. Raises: DirectoryError."""
    given: Given = {describe(domain.directory.schema, name): (name, values) for name, values in request.attributes}
    kind, _name = domain.directory.kind_of(domain.directory.checked_key(request.dn))
    if PASSWORD in given:
        _name, values = given.pop(PASSWORD)
        given[KEPT_PASSWORD.lower()] = (KEPT_PASSWORD, (password_in(operation, values),))
    name, classes = given.get("objectclass", ("objectClass", ()))
    wanted = {one.lower() for one in classes}
    if b"user" in wanted:
        missing = [one for one in PERSON if one.lower() not in wanted]
        classes = (*missing, *classes)
        if kind == "person":
            classes = (*PERSON, b"inetOrgPerson")
            given.setdefault("cn", ("cn", given["uid"][1] if "uid" in given else (b"-",)))
    elif b"group" in wanted and kind == "group":
        classes = (b"top", b"groupOfNames")
        given = {key: one for key, one in given.items() if key not in OF_GROUPS}
        given.setdefault("member", ("member", (b"",)))
    given["objectclass"] = (name, classes)
    return msgspec.structs.replace(request, attributes=tuple(given.values()))
