"""389 Directory Server: its attributes of accounts, its controls, results and texts."""

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import msgspec

from homeport.services.ldap.controls.requests import (
    ASSERTION,
    DONT_USE_COPY,
    MATCHED_VALUES,
    PERMISSIVE_MODIFY,
    TREE_DELETE,
)
from homeport.services.ldap.extended import PASSWORD_MODIFY
from homeport.services.ldap.messages import SearchRequest
from homeport.services.ldap.operation import Operation, Pause
from homeport.services.ldap.personas.behaviour import Behaviour, Reason, Rows, WordedError
from homeport.services.ldap.personas.view import (
    EVERY_OPERATIONAL,
    Makers,
    View,
    asks_for_all,
    names_in,
    names_of,
)
from homeport.services.ldap.personas.wording import Words
from homeport.world.directory.directory import Directory
from homeport.world.directory.entry import Entry
from homeport.world.directory.matching import Unmatchable, fold_time
from homeport.world.directory.results import Code, DirectoryError
from homeport.world.directory.stamps import time_text

if TYPE_CHECKING:
    from homeport.services.ldap.dialogue import LdapDialogue

UNIQUE_ID = "nsuniqueid"
INSUFFICIENT = Code.INSUFFICIENT_ACCESS_RIGHTS
REFUSALS: dict[Reason, tuple[Code, str]] = {
    "locked": (Code.CONSTRAINT_VIOLATION, "Exceed password retry limit. Please try later."),
    "disabled": (Code.UNWILLING_TO_PERFORM, "Account inactivated. Contact system administrator."),
    "expired": (Code.INVALID_CREDENTIALS, "password expired!"),
}
"""Results of logins that are refused, by reason; all others are invalidCredentials without a text."""
IGNORED = frozenset(
    (
        "2.16.840.1.113730.3.4.17",  # real attributes only
        "2.16.840.1.113730.3.4.19",  # virtual attributes only
    )
)
RESPONSES = ("2.16.840.1.113730.3.4.4", "2.16.840.1.113730.3.4.5", "2.16.840.1.113730.3.4.7")
"""Controls that it sends: password expired, password expiring, entry changed."""
WORDS = Words(
    (
        (
            r"the object class (\S+) needs the attribute (\S+)",
            None,
            'missing attribute "\\2" required by object class "\\1"\n',
        ),
        (r"no object class of the entry has the attribute (\S+)", None, 'attribute "\\1" not allowed\n'),
        (
            r"there is no attribute type '(.+)' in the schema",
            Code.OBJECT_CLASS_VIOLATION,
            'attribute "\\1" not allowed\n',
        ),
        (r"there is no object class '(.+)' in the schema", Code.OBJECT_CLASS_VIOLATION, 'unknown object class "\\1"\n'),
        (r"(\S+): a value is no .*", None, r"\1: value #0 invalid per syntax" "\n"),
        (r"a name without a password is no login .*", None, "Unauthenticated binds are not allowed"),
        (r"the account is locked", *REFUSALS["locked"]),
        (r"the password has expired", *REFUSALS["expired"]),
        (r"log in before you (change something|change a password .*)", INSUFFICIENT, "Insufficient access rights\n"),
    ),
    {
        ("bind", Code.INVALID_CREDENTIALS): "",
        ("", Code.NO_SUCH_OBJECT): "",
        ("", Code.ENTRY_ALREADY_EXISTS): "",
        ("", Code.ATTRIBUTE_OR_VALUE_EXISTS): "",
        ("", Code.NO_SUCH_ATTRIBUTE): "",
        ("add", INSUFFICIENT): "Insufficient 'add' privilege to add the entry '{dn}'.\n",
        ("delete", INSUFFICIENT): "Insufficient 'delete' privilege to delete the entry '{dn}'.\n",
        ("modify", INSUFFICIENT): "Insufficient 'write' privilege to the entry '{dn}'.\n",
        ("extended", Code.CONFIDENTIALITY_REQUIRED): "Operation requires a secure connection.\n",
        ("", Code.UNAVAILABLE_CRITICAL_EXTENSION): "",
    },
)


def makers(directory: Directory) -> Makers:
    """Return the function that makes its unique identifier: the UUID in four groups."""

    def unique(entry: Entry) -> tuple[bytes, ...]:
        digits = directory.stamp_of(entry).uuid.replace("-", "")
        return ("-".join(digits[at : at + 8] for at in range(0, 32, 8)).encode(),)

    return {UNIQUE_ID: unique}


def prepare(operation: Operation) -> Generator[Pause, Any, None]:
    """Set the view of a search, and select memberOf with the user attributes."""
    yield from ()
    directory, request = operation.dialogue.context.world.directory, operation.request
    if not isinstance(request, SearchRequest):
        return
    asked = request.attributes
    made = makers(directory)
    selected = names_of(directory.schema, asked)
    if EVERY_OPERATIONAL in asked:
        selected |= made.keys()
    if asks_for_all(asked):
        operation.request = msgspec.structs.replace(request, attributes=(*(asked or ("*",)), "memberOf"))
    operation.view = View(made, frozenset(names_in(directory.schema, request.filter)), selected)


def refused_login(reason: Reason) -> DirectoryError:
    """Return the error of a login that is refused."""
    return WordedError(*REFUSALS.get(reason, (Code.INVALID_CREDENTIALS, "")))


def account(operation: Operation, name: str) -> Generator[Pause, Any, str]:
    """Return the name of a simple bind. Raises: DirectoryError for an account that is locked, before its password."""
    yield from ()
    entry = operation.dialogue.context.world.directory.find_dn(name)
    if entry is not None:
        if entry.text("nsaccountlock").lower() == "true":
            raise refused_login("disabled")
        if (until := entry.text("accountunlocktime")) and _is_ahead(operation, until):
            raise refused_login("locked")
    return name


def admit(operation: Operation, dn: str) -> None:
    """Raise DirectoryError for an account whose password has expired, or that is inactivated."""
    entry = operation.dialogue.context.world.directory.find_dn(dn)
    if entry is None:
        return
    if entry.text("nsaccountlock").lower() == "true":
        raise refused_login("disabled")
    until = entry.text("passwordexpirationtime")
    if until and not _is_ahead(operation, until):
        raise refused_login("expired")


def _is_ahead(operation: Operation, time: str) -> bool:
    """Return True for a time that is not over; the beginning of 1970 stands for never."""
    now = time_text(operation.dialogue.context.world.clock.now())
    try:
        return time.startswith("1970") or fold_time(time.encode()) > fold_time(now)
    except Unmatchable:
        return True


def root_dse(dialogue: "LdapDialogue", rows: Rows) -> Rows:
    """Return the attributes of the root DSE."""
    directory = dialogue.context.world.directory
    return rows | {
        "defaultNamingContext": [directory.suffix],
        "netscapemdsuffix": [f"cn=ldap://{dialogue.options.host_name}:389"],
        "supportedControl": [*rows["supportedControl"], *RESPONSES],
        "vendorName": ["389 Project"],
        "vendorVersion": ["389-Directory/2.4.5"],
    }


def identity(operation: Operation) -> str:
    """Return the authorization identity, with a blank that it has there."""
    return f"dn: {operation.bound.dn}"


BEHAVIOUR = Behaviour(
    prepare=prepare,
    account=account,
    admit=admit,
    refused_login=refused_login,
    worded=WORDS.worded,
    root_dse=root_dse,
    identity=identity,
    lacks=frozenset((ASSERTION, MATCHED_VALUES, TREE_DELETE, DONT_USE_COPY, PERMISSIVE_MODIFY)),
    ignores=IGNORED,
    needs_tls=frozenset((PASSWORD_MODIFY,)),
    size_limit_text="",
)
