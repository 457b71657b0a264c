"""Login (RFC 5730 2.9.1.1): who the client is, how it talks and what it will use; how many sessions it may have.

First comes whether the login can be taken at all (version, language, services: these say nothing of anybody), then who
it is: an unknown identifier, a wrong password and a wrong certificate are answered alike (2200), so that nobody learns
which names there are. Only then does `newPW` count.
"""

from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from hmac import compare_digest
from typing import TYPE_CHECKING, Any

import msgspec

from homeport.protocol.effects import Log
from homeport.protocol.events import Tls
from homeport.services.epp.dialogue import EppDialogue
from homeport.services.epp.flow import EppError, Outcome, Value
from homeport.services.epp.grammar import Command, Element, epp
from homeport.services.epp.naming import namespace_of
from homeport.services.epp.responses import EXTENSIONS, OBJECTS, VERSION
from homeport.services.epp.results import LANGUAGES, Code
from homeport.services.epp.usage_checks import UsageChecks

if TYPE_CHECKING:
    from homeport.services.epp.options import EppOptions
    from homeport.world.registry import Registrar
    from homeport.world.world import World

TERMINAL = "epp"
"""How presence shows where registrars sit."""
SHORT_SESSIONS = 3
"""Sessions in a row for one command or none, after which the next is a finding."""


class Login:
    """Who is logged in to one session, and what it may use."""

    __slots__ = ("_dialogue", "_failures", "_presence", "checks", "registrar", "services", "tls")

    def __init__(self, dialogue: EppDialogue) -> None:
        self._dialogue = dialogue
        self.tls: Tls | None = None
        self.registrar = ""
        """The identifier of who is logged in; empty for nobody."""
        self.services: frozenset[str] = frozenset()
        """The namespaces that the login has listed."""
        self.checks = UsageChecks(dialogue)
        self._presence = ""
        self._failures = 0

    def log_in(self, wanted: epp.Login) -> Outcome:
        """Begin a session (RFC 5730 2.9.1.1). Raises: EppError."""
        dialogue = self._dialogue
        options, world = dialogue.options, dialogue.context.world
        if self.registrar:
            raise EppError(
                Code.USE_ERROR,
                f"RFC 5730 2.9.1.1: {self.registrar} is logged in; log out first",
                finding="second-login",
            )
        if self.tls is None:
            dialogue.find("clear-password")
            if options.strict:
                raise EppError(
                    Code.AUTHENTICATION_ERROR,
                    "RFC 5734 8: a password is not taken without TLS; connect to the other port",
                )
        check_terms(wanted)
        try:
            registrar = authenticate(world, wanted, self.tls)
        except EppError as error:
            self._failures += 1
            if self._failures >= options.login_failures:
                error.code = Code.AUTHENTICATION_CLOSING
            self._log(wanted.cl_id, error.code)
            raise
        check_sessions(world, registrar, options)
        if wanted.new_pw is not None:
            if wanted.new_pw == wanted.pw:
                dialogue.find("password-unchanged", registrar.id)
            dialogue.wait_for(change_password(world, registrar, wanted.new_pw))
        if short_sessions(world)[registrar.id] >= SHORT_SESSIONS:
            dialogue.find_once("login-per-command", registrar.id)
        self.registrar = registrar.id
        dialogue.language = wanted.options.lang
        dialogue.state = "logged-in"
        self.services = services_of(wanted)
        self._presence = world.presence.enter(registrar.id, TERMINAL, dialogue.context.peer[0], world.clock.now())
        self._log(registrar.id, Code.OK)
        return Outcome()

    def _log(self, who: str, code: Code) -> None:
        self._dialogue.write_down(Log("login", {"login": who, "mechanism": "EPP", "code": str(code)}))

    def leave(self) -> None:
        """End the session of whoever is logged in."""
        if not self.registrar:
            return
        world = self._dialogue.context.world
        world.presence.leave(self._presence)
        if self.checks.commands <= 1:
            short_sessions(world)[self.registrar] += 1
        else:
            del short_sessions(world)[self.registrar]
        self.registrar = self._presence = ""
        self._dialogue.state = "greeted"

    def touch(self) -> None:
        """Something has come: whoever is logged in is idle no more."""
        if self._presence:
            world = self._dialogue.context.world
            world.presence.touch(self._presence, world.clock.now())

    def check_services(self, command: Command, about: Element) -> None:
        """Check that the login has listed what a command uses. Raises: EppError."""
        namespace = namespace_of(about)
        if namespace not in self.services and namespace != epp.NAMESPACE:
            raise EppError(
                Code.UNIMPLEMENTED_OBJECT,
                f"RFC 5730 2.9.1.1: list {namespace} as an objURI at login to use it",
                value=about,
                finding="object-not-in-login",
            )
        for extension in command.extension:
            namespace = namespace_of(extension)
            if namespace not in self.services:
                raise EppError(
                    Code.UNIMPLEMENTED_EXTENSION,
                    f"RFC 5730 2.9.1.1: list {namespace} as an extURI at login to use it",
                    value=extension,
                    finding="extension-not-in-login",
                )


def short_sessions(world: "World") -> Counter[str]:
    """Return the number of sessions in a row in which each registrar has sent one command or none."""
    return world.of_service("epp", Counter[str])


def check_terms(login: epp.Login) -> None:
    """Whether the session that is asked for is one that we offer. Raises: EppError."""
    options = login.options
    if options.version != VERSION:
        raise EppError(
            Code.UNIMPLEMENTED_VERSION,
            f"RFC 5730 2.9.1.1: the greeting offers version {VERSION} alone",
            value=Value("version", options.version, epp.NAMESPACE),
            finding="version-not-offered",
        )
    if options.lang not in LANGUAGES:
        raise EppError(
            Code.UNIMPLEMENTED_OPTION,
            f"RFC 5730 2.9.1.1: the greeting offers the languages {', '.join(LANGUAGES)}",
            value=Value("lang", options.lang, epp.NAMESPACE),
            finding="language-not-offered",
        )
    refused = [*_not_offered(login.svcs.obj_uri, OBJECTS, "objURI", Code.UNIMPLEMENTED_OBJECT)]
    if login.svcs.svc_extension is not None:
        refused += _not_offered(login.svcs.svc_extension.ext_uri, EXTENSIONS, "extURI", Code.UNIMPLEMENTED_EXTENSION)
    if refused:
        refused[0].also = refused[1:]
        raise refused[0]


def _not_offered(wanted: tuple[str, ...], offered: tuple[str, ...], name: str, code: Code) -> Iterator[EppError]:
    for uri in wanted:
        if uri not in offered:
            yield EppError(
                code,
                f"RFC 5730 2.9.1.1: the greeting does not offer this namespace; it offers {' '.join(offered)}",
                value=Value(name, uri, epp.NAMESPACE),
                finding="service-not-offered",
            )


def services_of(login: epp.Login) -> frozenset[str]:
    """The namespaces that a session will use."""
    extensions = login.svcs.svc_extension
    return frozenset(login.svcs.obj_uri + (extensions.ext_uri if extensions is not None else ()))


def authenticate(world: "World", login: epp.Login, tls: Tls | None) -> "Registrar":
    """Whose login it is. Raises: EppError (2200), which does not say what was wrong."""
    registrar = world.registry.registrar(login.cl_id)
    known = registrar is not None and registrar.id.lower() == login.cl_id.lower() and registrar.password
    right = compare_digest((registrar.password if registrar and known else "").encode(), login.pw.encode())
    if registrar is None or not known or not right or not vouched_for(registrar, tls):
        raise EppError(
            Code.AUTHENTICATION_ERROR,
            "RFC 5730 2.9.1.1: no registrar has this clID, pw and client certificate together",
            value=Value("clID", login.cl_id, epp.NAMESPACE),
        )
    return registrar


def vouched_for(registrar: "Registrar", tls: Tls | None) -> bool:
    """Whether the client certificate is one that the registrar logs in with (RFC 5734 8)."""
    if registrar.certificate == "none":
        return True
    if tls is None or not tls.certificate:
        return False
    if registrar.certificate == "any":
        return tls.verified
    pins = {pin.replace(":", "").lower() for pin in registrar.pins}
    return sha256(tls.certificate).hexdigest() in pins


def check_sessions(world: "World", registrar: "Registrar", options: "EppOptions") -> None:
    """Whether the registrar may have one more. Raises: EppError (2502)."""
    most = registrar.sessions or options.sessions_per_registrar
    if most and sum(one.terminal == TERMINAL for one in world.presence.of(registrar.id)) >= most:
        raise EppError(
            Code.SESSION_LIMIT_CLOSING,
            f"RFC 5730 3: {registrar.id} has {most} sessions already; log out of one",
            value=Value("clID", registrar.id, epp.NAMESPACE),
        )


def change_password(world: "World", registrar: "Registrar", password: str) -> Any:
    """Have the registrar log in with another password from now on; what `Registry.commit` gives for it."""
    changes = world.registry.begin()
    changes.put(msgspec.structs.replace(registrar, password=password))
    return world.registry.commit(changes)
