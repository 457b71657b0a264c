"""Password policies at logins and in responses: the control of draft-behera-ldap-password-policy-11, 6.

`PolicyLogin` is what `bind.py` asks; `restrict` holds back a client that must change its password first;
`refusal_controls` answers an operation that the policy refuses.
"""

from collections.abc import Generator
from functools import partial
from typing import Any

from homeport.protocol import ber
from homeport.protocol.effects import Compute, Effect, Log
from homeport.services.ldap.controls.requests import PASSWORD_POLICY
from homeport.services.ldap.messages import (
    AbandonRequest,
    BindRequest,
    Control,
    ExtendedRequest,
    ModifyRequest,
    Result,
    UnbindRequest,
)
from homeport.services.ldap.operation import Answer, Operation, Wait
from homeport.world.directory.credentials import Credentials
from homeport.world.directory.entry import Entry
from homeport.world.directory.names import NameProblem
from homeport.world.directory.password_policy import (
    Policy,
    PolicyError,
    PolicyRefusal,
    Verdict,
    after_failure,
    after_success,
    delay,
    is_locked,
)
from homeport.world.directory.passwords import PASSWORD, Passwords
from homeport.world.directory.results import Code, DirectoryError

EXPIRED = "2.16.840.1.113730.3.4.4"
EXPIRING = "2.16.840.1.113730.3.4.5"
FREE = frozenset(("1.3.6.1.4.1.1466.20037", "1.3.6.1.4.1.4203.1.11.3", "1.3.6.1.4.1.4203.1.11.1"))
"""Extended operations that go before a password is changed: StartTLS, Who am I, password modify."""
OF_CHANGES = frozenset(PolicyError) - {
    PolicyError.PASSWORD_EXPIRED,
    PolicyError.ACCOUNT_LOCKED,
    PolicyError.CHANGE_AFTER_RESET,
}
"""Errors of new passwords."""
LOCKED_TEXT = "the account is locked"


def response_value(
    error: PolicyError | None = None, expires_in: int | None = None, grace_left: int | None = None
) -> bytes:
    """Write the value of the response control (6.2)."""
    parts = []
    if grace_left is not None:
        parts.append(ber.encode_sequence(ber.encode_integer(grace_left, 0x81), tag=0xA0))
    elif expires_in is not None:
        parts.append(ber.encode_sequence(ber.encode_integer(expires_in, 0x80), tag=0xA0))
    if error is not None:
        parts.append(ber.encode_integer(error, 0x81))
    return ber.encode_sequence(*parts)


class PolicyLogin:
    """A login of an entry under its policy. entry: None if there is none of that name."""

    def __init__(self, operation: Operation, dn: str) -> None:
        self._operation = operation
        self._world = operation.dialogue.context.world
        self._passwords: Passwords = self._world.directory.passwords
        self._entry = self._find(dn)
        entry = self._entry
        self._policy = Policy() if entry is None else self._passwords.policy(entry) or Policy()

    def _find(self, dn: str) -> Entry | None:
        directory = self._world.directory
        try:
            found = directory.tree.get(directory.fold(dn))
        except NameProblem:
            return None
        return None if found is None or directory.is_administrator(found.key) else found

    def require_unlocked(self) -> None:
        """Require that the account is not locked (8.1.1). Raises: PolicyRefusal."""
        entry, now = self._entry, self._world.clock.now()
        if entry is None:
            return
        state = self._passwords.state(entry)
        if is_locked(self._policy, state, now, self._passwords.window(entry)):
            self._tell("refused", PolicyError.ACCOUNT_LOCKED)
            raise PolicyRefusal(Code.INVALID_CREDENTIALS, PolicyError.ACCOUNT_LOCKED, LOCKED_TEXT)

    def failed(self) -> Generator[Wait, None, None]:
        """Count a wrong password, and wait if the answer is delayed: `yield from login.failed()`.

        Raises: PolicyRefusal if the account is locked by it (8.1.3.2).
        """
        entry = self._entry
        if entry is None or self._policy == Policy():
            return
        before = self._passwords.state(entry)
        state = after_failure(self._policy, before, self._world.clock.now())
        self._passwords.keep(entry, state)
        if state.locked is not None and before.locked != state.locked:
            self._tell("locked", PolicyError.ACCOUNT_LOCKED, failures=len(state.failures))
            raise PolicyRefusal(Code.INVALID_CREDENTIALS, PolicyError.ACCOUNT_LOCKED, LOCKED_TEXT)
        if seconds := delay(self._policy, state):
            yield Wait(seconds)

    def succeeded(self) -> Verdict | None:
        """Return what follows from the right password; None if nothing does. Raises: PolicyRefusal if it is expired."""
        entry = self._entry
        if entry is None:
            return None
        state = self._passwords.state(entry)
        if self._policy == Policy() and not (state.reset or state.expired):
            return None
        verdict = after_success(self._policy, state, self._passwords.changed(entry), self._world.clock.now())
        if verdict.is_refused:
            self._tell("expired", PolicyError.PASSWORD_EXPIRED)
            text = "the password has expired"
            raise PolicyRefusal(Code.INVALID_CREDENTIALS, PolicyError.PASSWORD_EXPIRED, text)
        self._passwords.keep(entry, verdict.state)
        self._tell_verdict(verdict)
        return verdict

    def controls(self, verdict: Verdict | None) -> tuple[Control, ...]:
        """Return the controls of a login that succeeds."""
        if verdict is None:
            return ()
        error, expires_in, grace_left = verdict.error, verdict.expires_in, verdict.grace_left
        says_nothing = error is None and expires_in is None and grace_left is None
        found = _netscape(self._operation, verdict)
        if PASSWORD_POLICY not in self._operation.parsed or says_nothing:
            return found
        return (Control(PASSWORD_POLICY, value=response_value(error, expires_in, grace_left)), *found)

    def _tell_verdict(self, verdict: Verdict) -> None:
        if verdict.grace_left is not None:
            self._tell("grace", left=verdict.grace_left)
        elif verdict.error is not None:
            self._tell("must-change", verdict.error)
        elif verdict.expires_in is not None:
            self._tell("expiring", seconds=verdict.expires_in)

    def _tell(self, what: str, error: PolicyError | None = None, **more: int) -> None:
        entry = self._entry
        assert entry is not None  # noqa: S101 - the callers have one
        _kind, login = self._world.directory.kind_of(entry.key)
        tell(self._operation, what, entry.dn, login, error, **more)


def matches(credentials: Credentials, given: bytes) -> Generator[Effect, Any, bool]:
    """Return True if this is one of the passwords; off the reactor if they must be hashed."""
    check = partial(credentials.matches, given)
    if credentials.is_hashed:
        return bool((yield Compute(check)))
    return check()


def compared(operation: Operation, dn: str, *, right: bool) -> Generator[Wait, None, Answer]:
    """Answer a compare of a password, which is a login elsewhere (8.1). right: it is the password."""
    login = PolicyLogin(operation, dn)
    try:
        login.require_unlocked()
        if not right:
            yield from login.failed()
            return Answer(Result(Code.COMPARE_FALSE))
        verdict = login.succeeded()
    except PolicyRefusal as refusal:
        return Answer(Result(Code.COMPARE_FALSE), controls=refusal_controls(operation, refusal))
    return Answer(Result(Code.COMPARE_TRUE), controls=login.controls(verdict))


def tell(operation: Operation, what: str, dn: str, login: str, error: PolicyError | None, **more: int) -> None:
    """Journal what a policy did."""
    fields = {"what": what, "dn": dn, "login": login, "error": "" if error is None else error.text, **more}
    operation.dialogue.effect(Log("password", fields))


def _netscape(operation: Operation, verdict: Verdict) -> tuple[Control, ...]:
    """Return the older controls that say the same, which are sent unasked."""
    if not operation.dialogue.options.netscape_controls:
        return ()
    if verdict.error is not None or verdict.grace_left is not None:
        return (Control(EXPIRED, value=b"0"),)
    if verdict.expires_in is not None:
        return (Control(EXPIRING, value=str(verdict.expires_in).encode()),)
    return ()


def restrict(operation: Operation) -> None:
    """Refuse all but a change of the password to a client that must change it (8.3). Raises: PolicyRefusal."""
    bound = operation.bound
    if not bound.must_change or not _is_due(operation):
        return
    request = operation.request
    match request:
        case BindRequest() | UnbindRequest() | AbandonRequest():
            return
        case ExtendedRequest(oid) if oid in FREE:
            return
        case ModifyRequest(dn, changes) if _is_own(operation, dn) and all(_is_password(one.type) for one in changes):
            return
    tell(operation, "refused", bound.dn, bound.login, PolicyError.CHANGE_AFTER_RESET)
    text = "change your password first"
    raise PolicyRefusal(Code.INSUFFICIENT_ACCESS_RIGHTS, PolicyError.CHANGE_AFTER_RESET, text)


def _is_due(operation: Operation) -> bool:
    """Return True if the password was not changed since the login."""
    directory = operation.dialogue.context.world.directory
    entry = directory.find(directory.fold(operation.bound.dn))
    return entry is not None and directory.passwords.state(entry).reset


def _is_own(operation: Operation, dn: str) -> bool:
    directory = operation.dialogue.context.world.directory
    try:
        return directory.fold(dn) == directory.fold(operation.bound.dn)
    except NameProblem:
        return False


def _is_password(description: str) -> bool:
    return description.lower() in (PASSWORD, "2.5.4.35")


def refusal_controls(operation: Operation, refusal: DirectoryError) -> tuple[Control, ...]:
    """Return the controls of the response to an operation that is refused; journal a refused password."""
    if not isinstance(refusal, PolicyRefusal):
        return ()
    if refusal.error in OF_CHANGES:
        dn = getattr(operation.request, "dn", operation.bound.dn)
        tell(operation, "refused", dn, operation.bound.login, refusal.error)
    found: tuple[Control, ...] = ()
    if PASSWORD_POLICY in operation.parsed and refusal.error is not None:
        found = (Control(PASSWORD_POLICY, value=response_value(refusal.error)),)
    if refusal.error is PolicyError.PASSWORD_EXPIRED and operation.dialogue.options.netscape_controls:
        found = (*found, Control(EXPIRED, value=b"0"))
    return found
