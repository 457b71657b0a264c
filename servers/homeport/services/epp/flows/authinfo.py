"""New authInfo of domains and contacts by the policy of their zone, and by RFC 9154 where it applies.

It applies in a zone with `authinfo = "secure"`, and in one with `"login"` for each client that lists `URI` at its
login. Many clients list all that a greeting announces; they go on as before where a zone says nothing.
"""

from typing import Any, TypeVar

from homeport.services.epp.flow import EppError, Request
from homeport.services.epp.results import Code
from homeport.world.registry import Contact, Domain, Zone, authinfo

AnyTransferable = TypeVar("AnyTransferable", Domain, Contact)

URI = "urn:ietf:params:xml:ns:epp:secure-authinfo-transfer-1.0"
FINDINGS = ("authinfo-at-create", "authinfo-too-weak")
"""Findings of flows that set authInfo."""


def with_new_authinfo(
    request: Request[Any], one: AnyTransferable, text: str | None, *, creates: bool
) -> AnyTransferable:
    """Return an object with the authInfo that a client gives it. text: None: it is unset.

    Raises: EppError 2306 or 2202 for what RFC 9154 does not allow.
    """
    zone = request.registry.policy_of(one)
    if text is None:
        return authinfo.with_authinfo(one, None)
    if not _is_secure(request, one, zone):
        return authinfo.with_authinfo(one, authinfo.hashed(text) if authinfo.is_hash(text) else text)
    if creates:
        raise EppError(
            Code.PARAMETER_POLICY,
            "RFC 9154 5.1: authInfo is empty at create; set it by an update when a transfer is wanted",
            finding="authinfo-at-create",
        )
    if problem := authinfo.weakness(text):
        raise EppError(
            Code.INVALID_AUTHORIZATION_INFORMATION,
            f"RFC 9154 4.1: secure authInfo {problem}",
            finding="authinfo-too-weak",
        )
    until = request.changes.now + zone.authinfo_ttl if zone.authinfo_ttl else None
    return authinfo.with_authinfo(one, authinfo.hashed(text), until=until)


def _is_secure(request: Request[Any], one: Domain | Contact, zone: Zone) -> bool:
    listed = zone.authinfo == "login" and URI in request.services and isinstance(one, Domain)
    return listed or zone.authinfo == "secure"
