"""Login (RFC 5730 2.9.1.1): authentication, version, language and services of a session; session limits.

Version, language and services are validated first, because they reveal nothing about registrars; then the client is
authenticated. An unknown identifier, a wrong password and a wrong certificate get the same answer (2200), so that
identifiers cannot be probed. `newPW` is applied last.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from hashlib import sha256
from hmac import compare_digest
from typing import TYPE_CHECKING

import msgspec

from homeport.protocol.effects import Log
from homeport.protocol.events import Tls
from homeport.services.epp import login_security
from homeport.services.epp.dialogue import EppDialogue
from homeport.services.epp.flow import EppError, Outcome, Value
from homeport.services.epp.grammar import Command, Element, Offer, epp, login_sec
from homeport.services.epp.naming import namespace_of
from homeport.services.epp.responses import VERSION
from homeport.services.epp.results import LANGUAGES, Code
from homeport.services.epp.usage_checks import UsageChecks
from homeport.world.registry import passwords

if TYPE_CHECKING:
    from homeport.services.epp.options import EppOptions
    from homeport.world.registry import Registrar
    from homeport.world.world import World

TERMINAL = "epp"
"""Terminal under which logged-in registrars appear in the world's presence."""
SHORT_SESSIONS = 3
"""Sessions in a row with one command or none; the next one is a finding."""


class Login:
    """Login state of one session: its registrar and the namespaces it may use."""

    __slots__ = (
        "_dialogue",
        "_failures",
        "_presence",
        "checks",
        "disturbed",
        "left",
        "registrar",
        "services",
        "spared",
        "tls",
    )

    def __init__(self, dialogue: EppDialogue) -> None:
        self._dialogue = dialogue
        self.tls: Tls | None = None
        self.registrar = ""
        """Identifier of the logged-in registrar; empty before a login."""
        self.services: frozenset[str] = frozenset()
        """Namespaces listed at login."""
        self.checks = UsageChecks(dialogue)
        self.left = False
        """True if the last command was a logout, which a fault may have refused."""
        self.spared = False
        """True if a fault refused the login, so that commands sent with it are no error of the client."""
        self.disturbed = False
        """True if a fault acted on a command, so that a short session may not be the client's doing."""
        self._presence = ""
        self._failures = 0

    def log_in(self, wanted: epp.Login, extension: tuple[Element, ...] = ()) -> Outcome:
        """Begin a session (RFC 5730 2.9.1.1, RFC 8807). Raises: EppError."""
        dialogue = self._dialogue
        options, world = dialogue.options, dialogue.context.world
        self.spared = False
        if self.registrar:
            raise EppError(
                Code.USE_ERROR,
                f"RFC 5730 2.9.1.1: {self.registrar} is logged in; log out first",
                finding="second-login",
            )
        if self.tls is None:
            dialogue.report("clear-password")
            if options.is_strict:
                raise EppError(
                    Code.AUTHENTICATION_ERROR,
                    "RFC 5734 8: a password is not taken without TLS; connect to the other port",
                )
        validate_login(wanted, dialogue.offer)
        wanted, ignored = login_security.with_extension(wanted, extension)
        if ignored:
            dialogue.report("login-security-ignored", wanted.cl_id)
        kept = kept_password(world, wanted.cl_id)
        if not passwords.is_hash(kept):
            return self._compared(wanted, extension, kept, right=compare_digest(kept.encode(), wanted.pw.encode()))
        if login_security.verified_passwords(world).has(wanted.cl_id, kept, wanted.pw):
            return self._compared(wanted, extension, kept, right=True)
        raise Unverified(
            partial(passwords.matches, kept, wanted.pw),
            lambda right: self._compared(wanted, extension, kept, right=right),
        )

    def _compared(self, wanted: epp.Login, extension: tuple[Element, ...], kept: str, *, right: bool) -> Outcome:
        """Begin a session. right: True if the login has the kept password. Raises: EppError."""
        dialogue = self._dialogue
        options, world = dialogue.options, dialogue.context.world
        if right and passwords.is_hash(kept):
            login_security.verified_passwords(world).add(wanted.cl_id, kept, wanted.pw)
        policy, now = options.login_security, world.registry.now()
        try:
            registrar = authenticate(world, wanted, self.tls, kept if right else "")
            login_security.refuse_insecure(policy, wanted, registrar, self.tls, now)
        except EppError as error:
            self._count_failure(wanted, error)
            raise
        check_sessions(world, registrar, options)
        if wanted.new_pw is not None:
            if wanted.new_pw == wanted.pw:
                dialogue.report("password-unchanged", registrar.id)
            expires = now + policy.password_life if policy.password_life else None
            registrar = msgspec.structs.replace(registrar, password=wanted.new_pw, password_expires=expires)
            dialogue.wait_for(world.registry.put(registrar))
        if short_sessions(world)[registrar.id] >= SHORT_SESSIONS:
            dialogue.report_once("login-per-command", registrar.id)
        self.registrar = registrar.id
        dialogue.language = wanted.options.lang.lower()
        dialogue.state = "logged-in"
        self.services = services_of(wanted)
        self._presence = world.presence.enter(
            registrar.id, TERMINAL, dialogue.context.peer[0], world.clock.now(), conn=dialogue.context.conn
        )
        self._log(registrar.id, Code.OK, login_security.user_agent_of(extension))
        if login_sec.NAMESPACE not in self.services:
            return Outcome()
        failures = login_security.failed_logins(world).of_a_day(registrar.id, now)
        found = tuple(login_security.events(policy, registrar, self.tls, failures, now))
        return Outcome(extensions=(login_sec.LoginSecData(event=found),) if found else ())

    def _count_failure(self, wanted: epp.Login, error: EppError) -> None:
        """Count a failed authentication; the last one that is allowed is answered 2501."""
        self._failures += 1
        world = self._dialogue.context.world
        if (known := world.registry.registrars.get(wanted.cl_id.lower())) is not None:
            login_security.failed_logins(world).add(known.id, world.registry.now())
        if self._failures >= self._dialogue.options.login_failures:
            error.code = Code.AUTHENTICATION_CLOSING
        self._log(wanted.cl_id, error.code)

    def refused_by_plan(self, operation: Element, error: EppError) -> EppError:
        """Leave the session where a real refusal of a command leaves it. Return the refusal, which a fault planned."""
        if isinstance(operation, epp.Login):
            self.spared = True
            if self.tls is None:
                self._dialogue.report("clear-password")
            if error.code in (Code.AUTHENTICATION_ERROR, Code.AUTHENTICATION_CLOSING) and not self.registrar:
                self._count_failure(operation, error)
        elif self.registrar and not self.left:
            self.checks.refused_by_plan(operation)
        return error

    def _log(self, who: str, code: Code, user_agent: str = "") -> None:
        fields = {"login": who, "mechanism": "EPP", "code": str(code)}
        self._dialogue.record(Log("login", fields | {"user_agent": user_agent} if user_agent else fields))

    def leave_presence(self) -> None:
        """Take the session out of the world's presence, and out of the registrar's sessions: it takes no command."""
        if self._presence:
            self._dialogue.context.world.presence.leave(self._presence)
            self._presence = ""

    def leave(self) -> None:
        """End the registrar's session, if one is logged in."""
        if not self.registrar:
            return
        world = self._dialogue.context.world
        self.leave_presence()
        if self.disturbed:
            pass  # neither a short session nor a long one
        elif self.checks.commands <= 1:
            short_sessions(world)[self.registrar] += 1
        else:
            del short_sessions(world)[self.registrar]
        self.registrar = ""
        self._dialogue.state = "greeted"

    def touch(self) -> None:
        """Reset the idle time that presence shows; called for everything the client sends."""
        if self._presence:
            world = self._dialogue.context.world
            world.presence.touch(self._presence, world.clock.now())

    def check_services(self, command: Command, about: Element) -> None:
        """Check that the login listed the namespaces a command uses. Raises: EppError."""
        namespace = namespace_of(about)
        if namespace not in self.services and namespace != epp.NAMESPACE:
            raise EppError(
                Code.UNIMPLEMENTED_OBJECT,
                f"RFC 5730 2.9.1.1: {self._how_to_use(namespace, 'objURI')}",
                value=about,
                finding="object-not-in-login",
            )
        for extension in command.extension:
            namespace = namespace_of(extension)
            if namespace not in self.services:
                raise EppError(
                    Code.UNIMPLEMENTED_EXTENSION,
                    f"RFC 5730 2.9.1.1: {self._how_to_use(namespace, 'extURI')}",
                    value=extension,
                    finding="extension-not-in-login",
                )

    def _how_to_use(self, uri: str, name: str) -> str:
        offer = self._dialogue.offer
        if uri in offer.objects + offer.extensions or offer.takes_all:
            return f"list {uri} as an {name} at login to use it"
        return f"the greeting does not offer {uri}. {_how_to_allow(uri, name)}"


def short_sessions(world: "World") -> Counter[str]:
    """Return the number of consecutive sessions of each registrar with one command or none."""
    return world.of_service("epp", Counter[str])


def validate_login(login: epp.Login, offer: Offer) -> None:
    """Validate version, language and services of a login against the greeting. Raises: EppError."""
    options = login.options
    if options.version != VERSION:
        raise EppError(
            Code.UNIMPLEMENTED_VERSION,
            f"RFC 5730 2.9.1.1: the greeting offers version {VERSION} alone",
            value=Value("version", options.version, epp.NAMESPACE),
            finding="version-not-offered",
        )
    if options.lang.lower() not in LANGUAGES:  # RFC 5646 2.1.1: language tags are case-insensitive
        raise EppError(
            Code.UNIMPLEMENTED_OPTION,
            f"RFC 5730 2.9.1.1: the greeting offers the languages {', '.join(LANGUAGES)}",
            value=Value("lang", options.lang, epp.NAMESPACE),
            finding="language-not-offered",
        )
    if offer.takes_all:
        return
    refused = [*_not_offered(login.svcs.obj_uri, offer, "objURI", Code.UNIMPLEMENTED_OBJECT)]
    if login.svcs.svc_extension is not None:
        wanted = login.svcs.svc_extension.ext_uri
        refused += _not_offered(wanted, offer, "extURI", Code.UNIMPLEMENTED_EXTENSION)
    if refused:
        refused[0].also = refused[1:]
        raise refused[0]


def _not_offered(wanted: tuple[str, ...], offer: Offer, name: str, code: Code) -> Iterator[EppError]:
    offered = offer.objects if name == "objURI" else offer.extensions
    for uri in wanted:
        if uri not in offered and uri not in offer.foreign:  # of those it is unknown what they are
            yield EppError(
                code,
                f"RFC 5730 2.9.1.1: the greeting does not offer this namespace as an {name}; it offers "
                f"{' '.join(offered) or 'none'}. {_how_to_allow(uri, name)}",
                value=Value(name, uri, epp.NAMESPACE),
                finding="service-not-offered",
            )


def _how_to_allow(uri: str, name: str) -> str:
    key = "services" if name == "objURI" else "extensions"
    return f'The farm takes it with {uri} in [epp] {key}, or any URI with unknown_uri = "take"'


def services_of(login: epp.Login) -> frozenset[str]:
    """Return the namespaces that a session will use."""
    extensions = login.svcs.svc_extension
    return frozenset(login.svcs.obj_uri + (extensions.ext_uri if extensions is not None else ()))


class Unverified(Exception):
    """Raised for a login whose password is compared with a hash, which takes so long that it is off the reactor.

    work: the comparison. then: goes on with the login, by its result.
    """

    def __init__(self, work: Callable[[], bool], then: Callable[[bool], Outcome]) -> None:
        super().__init__("compare the password off the reactor")
        self.work = work
        self.then = then


def kept_password(world: "World", cl_id: str) -> str:
    """Return the password that is kept of a registrar, as it is or as a hash; empty if it has none."""
    world.registry.catch_up()
    registrar = world.registry.registrars.get(cl_id.lower())
    return "" if registrar is None else registrar.password


def authenticate(world: "World", login: epp.Login, tls: Tls | None, kept: str) -> "Registrar":
    """Return the registrar that a login authenticates. kept: the password that the login has, empty for another one.

    Raises: EppError (2200), which hides the wrong part.
    """
    registrar = world.registry.registrars.get(login.cl_id.lower())
    if registrar is None or not kept or registrar.password != kept or not vouched_for(registrar, tls):
        raise EppError(
            Code.AUTHENTICATION_ERROR,
            "RFC 5730 2.9.1.1: no registrar has this clID, pw and client certificate together",
            value=Value("clID", login.cl_id, epp.NAMESPACE),
        )
    return registrar


def vouched_for(registrar: "Registrar", tls: Tls | None) -> bool:
    """True if the client certificate is one that the registrar may log in with (RFC 5734 8)."""
    if registrar.certificate == "none":
        return True
    if tls is None or not tls.certificate:
        return False
    if registrar.certificate == "any":
        return tls.verified
    pins = {pin.replace(":", "").lower() for pin in registrar.pins}
    return sha256(tls.certificate).hexdigest() in pins


def check_sessions(world: "World", registrar: "Registrar", options: "EppOptions") -> None:
    """Check that the registrar may have one more session. Raises: EppError (2502)."""
    limit = registrar.sessions or options.sessions_per_registrar
    if limit and sum(one.terminal == TERMINAL for one in world.presence.of(registrar.id)) >= limit:
        raise EppError(
            Code.SESSION_LIMIT_CLOSING,
            f"RFC 5730 3: {registrar.id} has {limit} sessions already; log out of one",
            value=Value("clID", registrar.id, epp.NAMESPACE),
        )
