"""Security of logins (RFC 8807): long passwords, and the events that an answer to a login has.

A client puts `[LOGIN-SECURITY]` into `pw` or `newPW`, and the password into the extension. Everything that expires does
so by the world's clock; failed logins count for a day.
"""

from collections import deque
from collections.abc import Iterator
from hashlib import sha256
from hmac import compare_digest
from typing import TYPE_CHECKING

from msgspec.structs import replace

from homeport.protocol.events import Tls
from homeport.services.epp.flow import EppError, Value
from homeport.services.epp.grammar import Element, epp, login_sec
from homeport.services.epp.grammar.namespaces import qualified_name
from homeport.services.epp.login_policy import DAY, LoginPolicy
from homeport.services.epp.naming import namespace_of
from homeport.services.epp.results import Code
from homeport.world.clock import to_moment
from homeport.world.registry import passwords

if TYPE_CHECKING:
    from homeport.world.registry import Registrar
    from homeport.world.world import World

IN_EXTENSION = "[LOGIN-SECURITY]"
"""Text of `pw` and `newPW` that says that the extension has the password (RFC 8807 4.1)."""
MAX_FAILURES = 1 << 10
"""Failed logins of a registrar that are remembered."""


class FailedLogins(dict[str, "deque[float]"]):
    """Times of the failed logins of each registrar, oldest first."""

    def add(self, registrar: str, now: float) -> None:
        """Count a failed login of a registrar that exists."""
        self.setdefault(registrar.lower(), deque(maxlen=MAX_FAILURES)).append(now)

    def of_a_day(self, registrar: str, now: float) -> int:
        """Return the number of a registrar's failed logins within the last day."""
        times = self.get(registrar.lower())
        if times is None:
            return 0
        while times and times[0] <= now - DAY:
            times.popleft()
        return len(times)


class VerifiedPasswords(dict[str, tuple[str, bytes]]):
    """Passwords that were compared with a hash before: the hash and a digest by registrar, so that only the first login
    after a start takes long.
    """

    def add(self, registrar: str, kept: str, given: str) -> None:
        """Remember the right password of a registrar."""
        self[registrar.lower()] = kept, sha256(given.encode()).digest()

    def has(self, registrar: str, kept: str, given: str) -> bool:
        """True if this password was right for this hash."""
        found = self.get(registrar.lower())
        return found is not None and found[0] == kept and compare_digest(found[1], sha256(given.encode()).digest())


def verified_passwords(world: "World") -> VerifiedPasswords:
    """Return the passwords of a world that were compared with a hash before."""
    return world.of_service("epp.verified-passwords", VerifiedPasswords)


def failed_logins(world: "World") -> FailedLogins:
    """Return the failed logins of a world."""
    return world.of_service("epp.failed-logins", FailedLogins)


def uses_events(wanted: epp.Login) -> bool:
    """True if a login lists the extension, so that its answer may have events."""
    extensions = wanted.svcs.svc_extension
    return extensions is not None and login_sec.NAMESPACE in extensions.ext_uri


def with_extension(wanted: epp.Login, given: tuple[Element, ...]) -> tuple[epp.Login, bool]:
    """Return a login with the passwords of its extension; and True if the extension has one that does not count.

    Raises: EppError 2103 for an element that the login did not list, or that has no meaning for a login.
    """
    ignored = False
    for element in given:
        if not isinstance(element, login_sec.LoginSec):
            raise EppError(
                Code.UNIMPLEMENTED_EXTENSION,
                f"RFC 5730 2.7.3: the extension element {qualified_name(type(element))} has no meaning for a login",
            )
        if not uses_events(wanted):
            raise EppError(
                Code.UNIMPLEMENTED_EXTENSION,
                f"RFC 5730 2.9.1.1: list {namespace_of(element)} as an extURI in this login to use it",
                finding="extension-not-in-login",
            )
        ignored = (element.pw is not None and wanted.pw != IN_EXTENSION) or (
            element.new_pw is not None and wanted.new_pw != IN_EXTENSION
        )
        if element.pw is not None and wanted.pw == IN_EXTENSION:
            wanted = replace(wanted, pw=element.pw)
        if element.new_pw is not None and wanted.new_pw == IN_EXTENSION:
            wanted = replace(wanted, new_pw=element.new_pw)
    return wanted, ignored


def user_agent_of(given: tuple[Element, ...]) -> str:
    """Return the client's software as its login says it; empty if it does not."""
    for element in given:
        if isinstance(element, login_sec.LoginSec) and (agent := element.user_agent) is not None:
            return "; ".join(filter(None, (agent.app, agent.tech, agent.os)))
    return ""


def refuse_insecure(
    policy: LoginPolicy, wanted: epp.Login, registrar: "Registrar", tls: Tls | None, now: float
) -> None:
    """Refuse an expired password that is not changed, an expired certificate that is needed, and a weak new password.

    Raises: EppError 2200, with the event for a client that lists the extension.
    """
    found = _refusing_event(policy, wanted, registrar, tls, now)
    if found is not None:
        data = (login_sec.LoginSecData(event=(found,)),) if uses_events(wanted) else ()
        raise EppError(
            Code.AUTHENTICATION_ERROR,
            f"RFC 8807 3.1: {found.text}",
            value=Value("clID", wanted.cl_id, epp.NAMESPACE),
            extensions=data,
        )


def _refusing_event(
    policy: LoginPolicy, wanted: epp.Login, registrar: "Registrar", tls: Tls | None, now: float
) -> login_sec.Event | None:
    expires = registrar.password_expires
    if expires is not None and expires <= now and wanted.new_pw is None:
        text = "the password has expired; log in with a new one in newPW"
        return login_sec.Event(type="password", level="error", ex_date=expires, text=text)
    ends = _end_of_certificate(tls) if registrar.certificate != "none" else None
    if ends is not None and ends <= now:
        return login_sec.Event(type="certificate", level="error", ex_date=ends, text="the certificate has expired")
    if wanted.new_pw is not None and (problem := _weakness(policy, wanted.new_pw)):
        return login_sec.Event(type="newPW", name="COMPLEXITY", level="error", text=f"the new password {problem}")
    return None


def _weakness(policy: LoginPolicy, password: str) -> str:
    if passwords.is_hash(password):
        return "looks like the hash of one"
    if password == IN_EXTENSION:
        return f"is {IN_EXTENSION}, so the extension must have it"
    if len(password) < policy.password_length:
        return f"has fewer than {policy.password_length} characters"
    letters, digits = any(one.isalpha() for one in password), any(one.isdigit() for one in password)
    if policy.complex_password and not (letters and digits and any(not one.isalnum() for one in password)):
        return "lacks a letter, a digit or another character"
    return ""


def events(
    policy: LoginPolicy, registrar: "Registrar", tls: Tls | None, failures: int, now: float
) -> Iterator[login_sec.Event]:
    """Yield the events of a login that succeeds. registrar: with its new password. failures: within the last day."""
    expires = registrar.password_expires
    if expires is not None and expires <= now + policy.password_warning:
        text = f"the password expires on {_day(expires)}"
        yield login_sec.Event(type="password", level="warning", ex_date=expires, text=text)
    ends = _end_of_certificate(tls)
    if ends is not None and ends <= now + policy.certificate_warning:
        text = f"the certificate expires on {_day(ends)}"
        yield login_sec.Event(type="certificate", level="warning", ex_date=ends, text=text)
    if tls is not None and tls.cipher in policy.weak_tls:
        text = "this cipher will be refused in future"
        yield login_sec.Event(type="cipher", level="warning", value=tls.cipher, text=text)
    if tls is not None and tls.version in policy.weak_tls:
        text = "this version of TLS will be refused in future"
        yield login_sec.Event(type="tlsProtocol", level="warning", value=tls.version, text=text)
    if policy.failed_logins and failures >= policy.failed_logins:
        text = "many logins have failed within a day"
        yield login_sec.Event(
            type="stat", name="failedLogins", level="warning", value=str(failures), duration="P1D", text=text
        )


def _day(time: float) -> str:
    return to_moment(time).date().isoformat()


def _end_of_certificate(tls: Tls | None) -> float | None:
    """Return the end of the client certificate's validity; None without one that can be read."""
    if tls is None or not tls.certificate:
        return None
    from cryptography import x509  # a slow import, only needed for clients with a certificate

    try:
        return x509.load_der_x509_certificate(tls.certificate).not_valid_after_utc.timestamp()
    except ValueError:
        return None
