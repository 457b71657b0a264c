"""Login (RFC 5730 2.9.1.1): who the client is, how it talks and what it will use; how many sessions it may have.

First comes whether the login can be taken at all (version, language, services: these say nothing of anybody), then who
it is: an unknown identifier, a wrong password and a wrong certificate are answered alike (2200), so that nobody learns
which names there are. Only then does `newPW` count.
"""

from collections.abc import Iterator
from hashlib import sha256
from hmac import compare_digest
from typing import TYPE_CHECKING, Any

import msgspec

from homeport.protocol.events import Tls
from homeport.services.epp.flow import EppError, Value
from homeport.services.epp.grammar import epp
from homeport.services.epp.greeting import EXTENSIONS, OBJECTS, VERSION
from homeport.services.epp.results import LANGUAGES, Code

if TYPE_CHECKING:
    from homeport.services.epp.options import EppOptions
    from homeport.world.registry import Registrar
    from homeport.world.world import World

TERMINAL = "epp"
"""How presence shows where registrars sit."""
SHORT_SESSIONS = 3
"""Sessions in a row for one command or none, after which the next is a finding."""


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
