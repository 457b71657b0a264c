"""Who may do what with a domain: which one is meant, who sponsors it, and what authInfo opens (RFC 5731 2.6).

A password opens a domain to whoever knows it. With the attribute `roid` it is the password of a contact of the domain:
its registrant's or another's. authInfo that is unset opens nothing, and neither does an empty password.
"""

from hmac import compare_digest
from typing import Any

from homeport.services.epp.flow import EppError, Request, Value
from homeport.services.epp.grammar.domain import AuthInfo, AuthInfoChg
from homeport.services.epp.grammar.eppcom import Password
from homeport.services.epp.results import Code
from homeport.world.registry import Contact, Domain, Zone

STRONG_LENGTH = 8


def existing(request: Request[Any], name: str) -> Domain:
    """The domain of that name. Raises: EppError 2303 if there is none."""
    domain = request.registry.domain(name) if name.isascii() and not name.endswith(".") else None
    if domain is None:
        raise EppError(
            Code.OBJECT_DOES_NOT_EXIST, "RFC 5731 3: no domain of this name is registered", value=Value("name", name)
        )
    return domain


def sponsored(request: Request[Any], name: str) -> Domain:
    """The domain of that name, which the client sponsors. Raises: EppError 2303 or 2201."""
    domain = existing(request, name)
    if domain.registrar != request.registrar.id:
        raise EppError(
            Code.AUTHORIZATION_ERROR,
            "RFC 5730 2.9.3: only the sponsoring client may do this; transfer the domain first (RFC 5731 3.2.4)",
        )
    return domain


def refuse_unless_accredited(request: Request[Any], zone: Zone) -> None:
    """Raises: EppError 2201 if the client may not register in a zone."""
    allowed = request.registrar.zones
    if allowed and zone.name not in allowed:
        raise EppError(
            Code.AUTHORIZATION_ERROR, f"RFC 5730 3: you may register in {', '.join(allowed)} only, not in {zone.name}"
        )


def check_auth_info(request: Request[Any], domain: Domain, auth_info: AuthInfo) -> None:
    """Raises: EppError 2202 unless it opens the domain, 2102 if it is of a kind that is not known here."""
    given = auth_info.pw
    if given is None:
        raise EppError(
            Code.UNIMPLEMENTED_OPTION,
            "RFC 5731 2.6: this registry knows passwords (pw) only, no authInfo of other kinds (ext)",
        )
    if given.roid is None or given.roid == domain.roid:
        held, whose = domain.password, "the domain"
    else:
        held, whose = _password_of_contact(request, domain, given.roid), f"the contact {given.roid}"
    if not held:
        raise EppError(
            Code.INVALID_AUTHORIZATION_INFORMATION,
            f"RFC 5731 2.6: {whose} has no authInfo, which opens nothing; its sponsor can set one",
        )
    if not compare_digest(held.encode(), given.value.encode()):
        raise EppError(Code.INVALID_AUTHORIZATION_INFORMATION, f"RFC 5731 2.6: this is not the authInfo of {whose}")


def knows_password(domain: Domain, auth_info: AuthInfo | None) -> bool:
    """Whether authInfo that has opened a domain is the domain's own."""
    return auth_info is not None and auth_info.pw is not None and auth_info.pw.roid in (None, domain.roid)


def _password_of_contact(request: Request[Any], domain: Domain, roid: str) -> str | None:
    contact = request.registry.by_roid(roid)
    named = {held.lower() for _role, held in domain.contact_ids()}
    if not isinstance(contact, Contact) or contact.id.lower() not in named:
        raise EppError(
            Code.INVALID_AUTHORIZATION_INFORMATION,
            f"RFC 5731 3.1.2: {roid} is neither this domain nor one of its contacts",
        )
    return contact.password


def new_password(zone: Zone, auth_info: AuthInfo | AuthInfoChg) -> str | None:
    """What the domain's authInfo is to be; None: unset, by `null` or by an empty password (RFC 9154 4.1).

    Raises: EppError 2102 for a kind that is not known here, 2306 for one that the zone's policy refuses.
    """
    if auth_info.ext is not None:
        raise EppError(
            Code.UNIMPLEMENTED_OPTION,
            "RFC 5731 2.6: this registry knows passwords (pw) only, no authInfo of other kinds (ext)",
        )
    if auth_info.pw is None or not auth_info.pw.value:
        return None
    if auth_info.pw.roid is not None:
        raise EppError(
            Code.PARAMETER_POLICY,
            "RFC 5731 2.6: roid tells whose password is meant in info and transfer; none is set by it",
        )
    if zone.authinfo == "strong" and (problem := weakness(auth_info.pw)):
        raise EppError(Code.PARAMETER_POLICY, f"RFC 5731 2.6: authInfo in {zone.name} {problem}")
    return auth_info.pw.value


def weakness(password: Password) -> str:
    """What a strong password needs and this one lacks; empty: nothing."""
    text = password.value
    if len(text) < STRONG_LENGTH:
        return f"has at least {STRONG_LENGTH} characters"
    for wanted, has in (
        ("a letter", any(one.isalpha() for one in text)),
        ("a digit", any(one.isdigit() for one in text)),
        ("a character that is neither letter nor digit", any(not one.isalnum() for one in text)),
    ):
        if not has:
            return f"has {wanted}"
    return ""
