"""Logins: names by which people log in, and who may."""

from collections.abc import Generator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from homeport.services.ldap.operation import PAUSE, Pause
from homeport.services.ldap.personas.active_directory.attributes import (
    DISABLED,
    PASSWORD_EXPIRED,
    account_control,
    number_in,
)
from homeport.services.ldap.personas.active_directory.domain import (
    NEVER,
    Domain,
    is_dn,
    sid_of_text,
    unix_time,
    uuid_of_text,
)
from homeport.services.ldap.personas.behaviour import Reason, WordedError
from homeport.world.directory.directory import SUBTREE
from homeport.world.directory.entry import Entry
from homeport.world.directory.filters import Equality, Filter, Present
from homeport.world.directory.results import Code, DirectoryError

if TYPE_CHECKING:
    from homeport.services.ldap.operation import Operation

SUB_CODES: dict[Reason, str] = {
    "unknown": "525",
    "password": "52e",
    "hours": "530",
    "workstation": "531",
    "expired": "532",
    "disabled": "533",
    "account-expired": "701",
    "must-change": "773",
    "locked": "775",
}
"""Sub-codes of invalidCredentials: errors of the operating system, in hexadecimal."""
WEEK_HOURS = 168
Found = Generator[Pause, Any, str]


def refused_login(reason: Reason) -> DirectoryError:
    """Return the error of a login that is refused."""
    code = SUB_CODES[reason]
    text = f"80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data {code}, v1db1\0"
    return WordedError(Code.INVALID_CREDENTIALS, text)


def account(operation: "Operation", name: str) -> Found:
    """Return the DN of the name of a simple bind. Raises: DirectoryError if no account has it, or it is locked."""
    domain = Domain(operation.dialogue)
    dn = (yield from _named(domain, name)) if name else ""
    entry = domain.directory.find(domain.directory.fold(dn)) if dn else None
    if entry is None or domain.role(entry) != "user":
        raise refused_login("unknown")
    if number_in(entry, "lockouttime", 0):
        raise refused_login("locked")
    return entry.dn


def _named(domain: Domain, name: str) -> Found:
    if name.startswith(("<", "{")) or sid_of_text(name) is not None:
        return (yield from identified(domain, name))
    if is_dn(name):
        return name
    where, slash, account_name = name.partition("\\")
    if slash:
        if where.lower() not in (domain.netbios.lower(), domain.name):
            return ""
        return (yield from _of_account(domain, account_name))
    account_name, at, where = name.rpartition("@")
    if at:
        if where.lower() == domain.name and (found := (yield from _of_account(domain, account_name))):
            return found
        return (yield from _first(domain, Equality("userPrincipalName", name.encode())))
    return (yield from _first(domain, Equality("displayName", name.encode())))


def _of_account(domain: Domain, name: str) -> Found:
    """Return the DN of a sAMAccountName; empty if no account has it."""
    directory = domain.directory
    if domain.world.people.get(name) is not None:
        return directory.dn_of_login(name)
    for each in domain.world.contents.directory.account:
        entry = directory.find(directory.fold(each.dn))
        if entry is not None and domain.account_name(entry).lower() == name.lower():
            return entry.dn
    return (yield from _first(domain, Equality("sAMAccountName", name.encode())))


def _first(domain: Domain, chosen: Filter) -> Found:
    """Return the DN of the only entry that holds a value; empty if there is none, or more."""
    from homeport.world.directory.evaluation import compile_filter

    directory = domain.directory
    test = compile_filter(chosen, directory.schema)
    found = []
    for entry in directory.search(directory.fold(domain.suffix), SUBTREE, chosen):
        if entry is None:
            yield PAUSE
        elif test(entry):
            found.append(entry.dn)
    return found[0] if len(found) == 1 else ""


def identified(domain: Domain, name: str) -> Found:
    """Return the DN of `<GUID=...>`, `<SID=...>`, `{...}` or `S-1-...`; empty if no entry has that identifier."""
    kind, mark, text = name.strip("<>").rpartition("=")
    wanted: UUID | bytes | None
    if kind.upper() == "SID" or (not mark and sid_of_text(text) is not None):
        wanted = sid_of_text(text) or _bytes_of(text)
    else:
        wanted = uuid_of_text(text) if kind.upper() in ("GUID", "") else None
    if not wanted:
        return ""
    directory = domain.directory
    for entry in directory.search(directory.fold(domain.suffix), SUBTREE, Present("objectClass")):
        if entry is None:
            yield PAUSE
        elif _identifier(domain, entry, wanted) == wanted:
            return entry.dn
    return ""


def _bytes_of(digits: str) -> bytes | None:
    try:
        return bytes.fromhex(digits)
    except ValueError:
        return None


def _identifier(domain: Domain, entry: Entry, wanted: UUID | bytes) -> UUID | bytes:
    if isinstance(wanted, UUID):
        return domain.uuid(entry)
    match domain.role(entry):
        case "domain":
            return domain.sid
        case "user" | "group":
            return domain.sid_of(domain.rid(entry))
    return b""


def admit(operation: "Operation", dn: str) -> None:
    """Raise DirectoryError for an account that may not log in although its password is right."""
    domain = Domain(operation.dialogue)
    entry = domain.directory.find(domain.directory.fold(dn))
    if entry is not None and (reason := barred(domain, entry)) is not None:
        raise refused_login(reason)


def barred(domain: Domain, entry: Entry) -> Reason | None:
    """Return why an account may not log in; None if it may."""
    now, control = domain.world.clock.now(), account_control(entry)
    expires = number_in(entry, "accountexpires", NEVER)
    workstations = entry.text("userworkstations").upper().split(",")
    if control & DISABLED:
        return "disabled"
    if expires not in (0, NEVER) and unix_time(expires) <= now:
        return "account-expired"
    if not _is_allowed_now(entry, now):
        return "hours"
    if workstations != [""] and domain.host not in workstations:
        return "workstation"
    if control & PASSWORD_EXPIRED:
        return "expired"
    return "must-change" if entry.text("pwdlastset") == "0" else None


def _is_allowed_now(entry: Entry, now: float) -> bool:
    """Return True if the logonHours have a bit for this hour of the week (in UTC, from Sunday on)."""
    hours = b"".join(entry.get("logonhours"))
    if len(hours) * 8 != WEEK_HOURS:
        return True
    moment = datetime.fromtimestamp(now, UTC)
    hour = moment.isoweekday() % 7 * 24 + moment.hour
    return bool(hours[hour // 8] >> hour % 8 & 1)
