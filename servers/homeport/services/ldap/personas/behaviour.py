"""A behaviour: what of a directory server differs from the RFCs, each in one function or table."""

from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from homeport.world.directory.results import Code, DirectoryError

if TYPE_CHECKING:
    from homeport.protocol.effects import Effect
    from homeport.services.ldap.dialogue import LdapDialogue
    from homeport.services.ldap.messages import SearchRequest
    from homeport.services.ldap.operation import Answer, Operation, Pause

Reason = Literal[
    "unknown",  # no such account
    "password",  # wrong password
    "hours",  # not at this time
    "workstation",  # not from here
    "expired",  # the password has expired
    "disabled",  # the account is disabled
    "account-expired",  # the account has expired
    "must-change",  # the password must be changed first
    "locked",  # after too many wrong passwords
]
"""Why a login is refused."""
Rows = dict[str, list[str]]
"""Attributes of the root DSE."""
Special = tuple[str, list[tuple[str, tuple[bytes, ...]]]]
"""Name and attributes of an entry that is not in the tree."""
WRONG = "wrong name or password"


class WordedError(DirectoryError):
    """Raised with the code and text that a behaviour has for it."""


def same_name(_operation: "Operation", name: str) -> Generator["Pause", Any, str]:
    """Return the name of a simple bind, which is a DN."""
    yield from ()
    return name


def admit_all(_operation: "Operation", _dn: str) -> None:
    """Admit everyone whose password is right."""


def refused_login(reason: Reason) -> DirectoryError:
    """Return the error of a login that is refused; it does not tell why (RFC 4513 6.3.2)."""
    return DirectoryError(Code.INVALID_CREDENTIALS, WRONG if reason in ("unknown", "password") else reason)


def same_error(_operation: "Operation", error: DirectoryError) -> DirectoryError:
    """Return the error of an operation as it is."""
    return error


def same_rows(_dialogue: "LdapDialogue", rows: Rows) -> Rows:
    """Return the root DSE as it is."""
    return rows


def no_special(_dialogue: "LdapDialogue", _request: "SearchRequest") -> Special | None:
    """Return None: there are no further entries beside the tree."""
    return None


def identity_of(operation: "Operation") -> str:
    """Return the authorization identity of the client (RFC 4513 5.2.1.8)."""
    return f"dn:{operation.bound.dn}" if operation.bound.dn else ""


def same_answer(_operation: "Operation", answer: "Answer") -> "Answer":
    """Return the answer as it is."""
    return answer


class Behaviour(msgspec.Struct, frozen=True, kw_only=True):
    """The differences of one server. The defaults are those of the RFCs."""

    prepare: Callable[["Operation"], Generator["Pause | Effect", Any, None]] | None = None
    """Rewrites the request of an operation and sets its view; raises DirectoryError. None: nothing is rewritten."""
    finish: Callable[["Operation", "Answer"], "Answer"] = same_answer
    """Returns the answer of an operation that is over; may send more before it."""
    account: Callable[["Operation", str], Generator["Pause", Any, str]] = same_name
    """Returns the DN for the name of a simple bind; raises DirectoryError."""
    admit: Callable[["Operation", str], None] = admit_all
    """Raises DirectoryError for an entry that may not log in although its password is right."""
    refused_login: Callable[[Reason], DirectoryError] = refused_login
    """Returns the error for a reason."""
    refuses_reset_passwords: bool = False
    """True if a password that must be changed does not log in; False: it does, and the change is all that it may do."""
    worded: Callable[["Operation", DirectoryError], DirectoryError] = same_error
    """Returns an error with another code or text."""
    root_dse: Callable[["LdapDialogue", Rows], Rows] = same_rows
    special: Callable[["LdapDialogue", "SearchRequest"], Special | None] = no_special
    identity: Callable[["Operation"], str] = identity_of
    lacks: frozenset[str] = frozenset()
    """OIDs of controls and extended operations that it does not have."""
    ignores: frozenset[str] = frozenset()
    """OIDs of controls that it has and that change nothing here."""
    extensions: tuple[str, ...] = ()
    limits: Literal["search", "page"] = "search"
    """The scope of `max_entries`: a whole search, in how many pages it is read, or each page."""
    spares_administrators: bool = True
    """True if administrators have no limit."""
    needs_tls: frozenset[str] = frozenset()
    """OIDs of extended operations that are refused without TLS."""
    subschema: str = "cn=subschema"
    """DN of the subschema as it is returned."""
    size_limit_text: str | None = None
    """Text of sizeLimitExceeded; None: a sentence."""


RFC = Behaviour()
POLICY_REASONS: Mapping[str, Reason] = {
    "ACCOUNT_LOCKED": "locked",
    "PASSWORD_EXPIRED": "expired",
    "CHANGE_AFTER_RESET": "must-change",
}
"""Reasons by the errors of password policies (draft-behera-ldap-password-policy 6.2)."""


def reason_of(error: DirectoryError) -> Reason:
    """Return why a bind was refused: what the password policy says, else the password."""
    return POLICY_REASONS.get(getattr(getattr(error, "error", None), "name", ""), "password")
