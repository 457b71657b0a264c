"""Password policies (draft-behera-ldap-password-policy-11): what a policy says, what is known of a password, and what
follows at a login and at a change. Pure functions; times are Unix times of the world's clock.
"""

from collections.abc import Iterable
from enum import IntEnum
from math import inf

import msgspec

from homeport.world.directory.entry import Attributes, Values
from homeport.world.directory.results import Code, DirectoryError
from homeport.world.passwords import MAX_ITERATIONS, is_hashed, iterations_of, matches

POLICY_CLASS = "pwdpolicy"
PERMANENT = -62_167_219_200.0
"""Time of a lock that only an administrator ends: the year 0 (pwdAccountLockedTime 000001010000Z)."""
MAX_FAILURES = 200
"""Failures of a password that are kept."""
MAX_HISTORY = 100
"""Old passwords that are kept, even if the policy asks for more."""
MAX_GRACE = 200
MAX_COMPARED_ITERATIONS = 200_000
"""Rounds of hashing that a comparison with old passwords takes in all; the hashes beyond that are passed over."""
GRANULE = 0.000001
"""Seconds between two times that must differ on a clock that stands still."""


class PolicyError(IntEnum):
    """Errors of the response control (6.2)."""

    PASSWORD_EXPIRED = 0
    ACCOUNT_LOCKED = 1
    CHANGE_AFTER_RESET = 2
    PASSWORD_MOD_NOT_ALLOWED = 3
    MUST_SUPPLY_OLD_PASSWORD = 4
    INSUFFICIENT_PASSWORD_QUALITY = 5
    PASSWORD_TOO_SHORT = 6
    PASSWORD_TOO_YOUNG = 7
    PASSWORD_IN_HISTORY = 8
    PASSWORD_TOO_LONG = 9

    @property
    def text(self) -> str:
        """Its name as the draft writes it: `passwordExpired`."""
        first, *others = self.name.lower().split("_")
        return first + "".join(word.capitalize() for word in others)


class PolicyRefusal(DirectoryError):
    """Raised to refuse an operation because of a password policy."""

    def __init__(self, code: Code, error: PolicyError | None, text: str) -> None:
        super().__init__(code, text)
        self.error = error


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """The values of an entry of class pwdPolicy (5.2). Ages, durations and intervals are seconds; 0: none."""

    min_age: int = 0
    max_age: int = 0
    in_history: int = 0
    check_quality: int = 0
    min_length: int = 0
    max_length: int = 0
    expire_warning: int = 0
    grace_authn_limit: int = 0
    grace_expiry: int = 0
    lockout: bool = False
    lockout_duration: int = 0
    max_failure: int = 0
    failure_count_interval: int = 0
    must_change: bool = False
    allow_user_change: bool = True
    safe_modify: bool = False
    min_delay: int = 0
    max_delay: int = 0
    max_idle: int = 0


ATTRIBUTES = {
    "min_age": "pwdMinAge",
    "max_age": "pwdMaxAge",
    "in_history": "pwdInHistory",
    "check_quality": "pwdCheckQuality",
    "min_length": "pwdMinLength",
    "max_length": "pwdMaxLength",
    "expire_warning": "pwdExpireWarning",
    "grace_authn_limit": "pwdGraceAuthNLimit",
    "grace_expiry": "pwdGraceExpiry",
    "lockout": "pwdLockout",
    "lockout_duration": "pwdLockoutDuration",
    "max_failure": "pwdMaxFailure",
    "failure_count_interval": "pwdFailureCountInterval",
    "must_change": "pwdMustChange",
    "allow_user_change": "pwdAllowUserChange",
    "safe_modify": "pwdSafeModify",
    "min_delay": "pwdMinDelay",
    "max_delay": "pwdMaxDelay",
    "max_idle": "pwdMaxIdle",
}
"""Attribute of the policy's entry, by field."""
FLAGS = frozenset(("lockout", "must_change", "allow_user_change", "safe_modify"))
MAX_DIGITS = 12


def policy_of(attributes: Attributes) -> Policy:
    """Return the policy that an entry holds; a value that makes no sense counts as none."""
    fields: dict[str, int | bool] = {}
    for field, name in ATTRIBUTES.items():
        values = attributes.get(name.lower(), ())
        if not values:
            continue
        if field in FLAGS:
            fields[field] = values[0].upper() == b"TRUE"
        elif values[0].isdigit() and len(values[0]) <= MAX_DIGITS:
            fields[field] = int(values[0])
    return msgspec.convert(fields, Policy)


def policy_attributes(policy: Policy) -> Attributes:
    """Return the attributes of a policy, without those that say what holds anyway."""
    standard = Policy()
    found: Attributes = {"pwdattribute": (b"userPassword",)}
    for field, name in ATTRIBUTES.items():
        value = getattr(policy, field)
        if value != getattr(standard, field):
            found[name.lower()] = ((b"TRUE" if value else b"FALSE") if field in FLAGS else str(value).encode(),)
    return found


class OldPassword(msgspec.Struct, frozen=True):
    """A value of userPassword that was replaced at a time."""

    time: float
    value: bytes


class PasswordState(msgspec.Struct, frozen=True, kw_only=True):
    """The state of the password of an entry (5.3)."""

    changed: float | None = None
    """None: never, since the policy came into force."""
    locked: float | None = None
    """Time at which it was locked; PERMANENT; None: it is not."""
    failures: tuple[float, ...] = ()
    history: tuple[OldPassword, ...] = ()
    grace: tuple[float, ...] = ()
    """Times of the logins after its expiry."""
    reset: bool = False
    """True if it must be changed."""
    expired: bool = False
    """True if it was declared expired, at any age."""
    succeeded: float | None = None
    """Time of the last login."""


class Window(msgspec.Struct, frozen=True):
    """The time in which a password is valid (pwdStartTime, pwdEndTime)."""

    start: float = -inf
    end: float = inf


class Verdict(msgspec.Struct, frozen=True):
    """The outcome of a login with the right password."""

    state: PasswordState
    error: PolicyError | None = None
    expires_in: int | None = None
    """Seconds; given if a warning is due."""
    grace_left: int | None = None
    """Logins that are left to an expired password; given for one that was let in."""

    @property
    def is_refused(self) -> bool:
        """True if the login fails."""
        return self.error is PolicyError.PASSWORD_EXPIRED


def is_locked(policy: Policy, state: PasswordState, now: float, window: Window = Window()) -> bool:  # noqa: B008 - frozen
    """Return True if no password logs in (7.1)."""
    if state.locked == PERMANENT or not window.start <= now < window.end:
        return True
    if policy.max_idle and state.succeeded is not None and now >= state.succeeded + policy.max_idle:
        return True
    if state.locked is None or not policy.lockout:
        return False
    return not policy.lockout_duration or now < state.locked + policy.lockout_duration


def lock_ends(policy: Policy, state: PasswordState) -> float | None:
    """Return the time at which a lock ends by itself; None if there is none, or an administrator ends it."""
    if state.locked in (None, PERMANENT) or not policy.lockout_duration:
        return None
    assert state.locked is not None  # noqa: S101 - above
    return state.locked + policy.lockout_duration


def expiry(policy: Policy, changed: float) -> float:
    """Return the time after which a password is expired; infinite if it never is."""
    return changed + policy.max_age if policy.max_age else inf


def is_expired(policy: Policy, state: PasswordState, changed: float, now: float) -> bool:
    """Return True if a password is too old (7.3)."""
    return state.expired or now > expiry(policy, changed)


def after_failure(policy: Policy, state: PasswordState, now: float) -> PasswordState:
    """Return the state after a wrong password (8.1.3): locked, if there were too many."""
    since = now - policy.failure_count_interval if policy.failure_count_interval else -inf
    kept = tuple(one for one in state.failures if one > since)
    failures = (*kept, distinct(now, kept))[-MAX_FAILURES:]
    detected = policy.lockout and 0 < policy.max_failure <= len(failures)
    locked = now if detected else state.locked if state.locked == PERMANENT else None
    return msgspec.structs.replace(state, failures=failures, locked=locked)


def delay(policy: Policy, state: PasswordState) -> int:
    """Return the seconds that the answer to the last failure is delayed (7.7)."""
    if not policy.min_delay or not state.failures:
        return 0
    doubled = policy.min_delay << min(len(state.failures) - 1, MAX_DIGITS)
    return min(doubled, max(policy.max_delay, policy.min_delay))


def after_success(policy: Policy, state: PasswordState, changed: float, now: float) -> Verdict:
    """Return what follows from the right password of an account that is not locked (8.1.2).

    changed: the time from which its age counts.
    """
    after = msgspec.structs.replace(state, failures=(), locked=None, succeeded=now)
    warning = _warning(policy, expiry(policy, changed), now)
    if must_change(state):
        return Verdict(after, PolicyError.CHANGE_AFTER_RESET, expires_in=warning)
    if not is_expired(policy, state, changed, now):
        return Verdict(after, expires_in=warning)
    if grace_left(policy, state, changed, now) <= 0:
        return Verdict(state, PolicyError.PASSWORD_EXPIRED)
    grace = (*state.grace, distinct(now, state.grace))[-MAX_GRACE:]
    after = msgspec.structs.replace(after, grace=grace)
    return Verdict(after, grace_left=policy.grace_authn_limit - len(grace))


def grace_left(policy: Policy, state: PasswordState, changed: float, now: float) -> int:
    """Return the logins that an expired password has left (7.4)."""
    if policy.grace_expiry and now > expiry(policy, changed) + policy.grace_expiry:
        return 0
    return max(min(policy.grace_authn_limit, MAX_GRACE) - len(state.grace), 0)


def must_change(state: PasswordState) -> bool:
    """Return True if a password must be changed before anything else.

    7.2 asks for pwdMustChange as well. Here that decides whether administrators' changes set pwdReset; what is set
    by hand holds, with any policy and without one.
    """
    return state.reset


def _warning(policy: Policy, end: float, now: float) -> int | None:
    """Return the seconds until a password expires, if that is near (7.5)."""
    left = end - now
    return int(left) if policy.expire_warning and 0 <= left <= policy.expire_warning else None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A change of a password: values of userPassword before and after."""

    before: Values
    after: Values
    given: Values
    """Those of `after` that the request has, be they new or not."""
    own: bool
    """True if it is the user's, not an administrator's."""
    proved: bool = False
    """True if the old password was given."""
    names: tuple[str, ...] = ()
    """Names of the user, which are no passwords."""


def check_change(policy: Policy, state: PasswordState, changed: float, change: Change, now: float) -> None:
    """Check a change in the order of 8.2. Raises: PolicyRefusal."""
    if change.own:
        _check_own(policy, state, changed, change, now)
    if len(change.after) > 1:  # 4.3
        raise PolicyRefusal(Code.CONSTRAINT_VIOLATION, None, "the password policy allows one password (4.3)")
    for value in change.given:
        check_quality(policy, value, change.names)
        _check_history(policy, state, change.before, value)


def _check_own(policy: Policy, state: PasswordState, changed: float, change: Change, now: float) -> None:
    if policy.safe_modify and change.before and not change.proved:
        text = "pwdSafeModify: give the old password too (8.2.1)"
        raise PolicyRefusal(Code.INSUFFICIENT_ACCESS_RIGHTS, PolicyError.MUST_SUPPLY_OLD_PASSWORD, text)
    if not policy.allow_user_change:
        text = "pwdAllowUserChange: only administrators change passwords (8.2.3)"
        raise PolicyRefusal(Code.INSUFFICIENT_ACCESS_RIGHTS, PolicyError.PASSWORD_MOD_NOT_ALLOWED, text)
    if not must_change(state) and now - changed < policy.min_age:
        text = f"pwdMinAge: the password is younger than {policy.min_age} seconds (8.2.4)"
        raise PolicyRefusal(Code.CONSTRAINT_VIOLATION, PolicyError.PASSWORD_TOO_YOUNG, text)


def check_quality(policy: Policy, value: bytes, names: Iterable[str] = ()) -> None:
    """Check the quality of a password (8.2.5). Raises: PolicyRefusal."""
    if not policy.check_quality:
        return
    if is_hashed(value):
        if policy.check_quality >= 2:
            text = "pwdCheckQuality 2: a hash cannot be checked; send the password itself (8.2.5)"
            raise PolicyRefusal(Code.CONSTRAINT_VIOLATION, PolicyError.INSUFFICIENT_PASSWORD_QUALITY, text)
        return
    text = value.decode("utf-8", "replace")
    if text.lower() in {name.lower() for name in names}:
        reason = "pwdCheckQuality: a name of the user is no password (8.2.5)"
        raise PolicyRefusal(Code.CONSTRAINT_VIOLATION, PolicyError.INSUFFICIENT_PASSWORD_QUALITY, reason)
    if len(text) < policy.min_length:
        reason = f"pwdMinLength: a password has {policy.min_length} characters or more (8.2.5)"
        raise PolicyRefusal(Code.CONSTRAINT_VIOLATION, PolicyError.PASSWORD_TOO_SHORT, reason)
    if 0 < policy.max_length < len(text):
        reason = f"pwdMaxLength: a password has {policy.max_length} characters at most (8.2.5)"
        raise PolicyRefusal(Code.CONSTRAINT_VIOLATION, PolicyError.PASSWORD_TOO_LONG, reason)


def _check_history(policy: Policy, state: PasswordState, before: Values, value: bytes) -> None:
    """Check that a password is not one of the last (8.2.6). Raises: PolicyRefusal."""
    if not policy.in_history:
        return
    old = [one.value for one in state.history[-policy.in_history :]]
    rounds = MAX_COMPARED_ITERATIONS
    for kept in (*before, *reversed(old)):
        rounds -= min(iterations_of(kept), MAX_ITERATIONS)
        if kept == value or (rounds >= 0 and matches(kept, value)):
            text = "pwdInHistory: this was the password before (8.2.6)"
            raise PolicyRefusal(Code.CONSTRAINT_VIOLATION, PolicyError.PASSWORD_IN_HISTORY, text)


def after_change(policy: Policy, state: PasswordState, change: Change, now: float) -> PasswordState:
    """Return the state after a change (8.2.7)."""
    limit = min(policy.in_history, MAX_HISTORY)
    history = (*state.history, *(OldPassword(now, value) for value in change.before)) if limit else ()
    return PasswordState(
        changed=now,
        locked=state.locked if change.own else None,  # 5.2.12: an administrator's change ends a lock
        history=history[-limit:] if limit else (),
        reset=policy.must_change and not change.own,
        succeeded=state.succeeded,
    )


def distinct(now: float, taken: Iterable[float]) -> float:
    """Return a time, a little later if it is taken: each is a value of its own (8.1.2.3.1)."""
    held = set(taken)
    count = 0
    while (made := round(now + count * GRANULE, 6)) in held:
        count += 1
    return made
