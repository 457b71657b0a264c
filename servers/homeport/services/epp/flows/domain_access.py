"""Access rights to domains: look-up, sponsorship, and authInfo (RFC 5731 2.6).

A client that knows a domain's password may see it. With the attribute `roid` it is the password of one of its contacts:
the registrant or another. Unset authInfo and an empty password never match.
"""

from typing import Any

from homeport.services.epp.flow import EppError, Request, Value
from homeport.services.epp.grammar.domain import AuthInfo, AuthInfoChg
from homeport.services.epp.grammar.eppcom import Password
from homeport.services.epp.results import Code
from homeport.world.registry import Contact, Domain, Zone, authinfo

MIN_STRONG_PASSWORD_LENGTH = 8


def existing(request: Request[Any], name: str) -> Domain:
    """Return the domain of that name. Raises: EppError 2303 if it does not exist."""
    domain = request.registry.domain(name) if name.isascii() and not name.endswith(".") else None
    if domain is None:
        raise EppError(
            Code.OBJECT_DOES_NOT_EXIST, "RFC 5731 3: no domain of this name is registered", value=Value("name", name)
        )
    return domain


def sponsored(request: Request[Any], name: str) -> Domain:
    """Return the domain of that name, if the client sponsors it. Raises: EppError 2303 or 2201."""
    domain = existing(request, name)
    if domain.registrar != request.registrar.id:
        raise EppError(
            Code.AUTHORIZATION_ERROR,
            "RFC 5730 2.9.3: only the sponsoring client may do this; transfer the domain first (RFC 5731 3.2.4)",
        )
    return domain


def refuse_unless_accredited(request: Request[Any], zone: Zone) -> None:
    """Raise EppError 2201 if the client may not register in a zone."""
    allowed = request.registrar.zones
    if allowed and zone.name not in allowed:
        raise EppError(
            Code.AUTHORIZATION_ERROR, f"RFC 5730 3: you may register in {', '.join(allowed)} only, not in {zone.name}"
        )


def check_auth_info(request: Request[Any], domain: Domain, auth_info: AuthInfo) -> None:
    """Raise EppError 2202 unless the authInfo is the domain's, 2102 for an unsupported kind of authInfo."""
    given = auth_info.pw
    if given is None:
        raise EppError(
            Code.UNIMPLEMENTED_OPTION,
            "RFC 5731 2.6: this registry has passwords (pw) only, no authInfo of other kinds (ext)",
        )
    if given.roid is None or given.roid == domain.roid:
        held, whose = domain.password, "the domain"
    else:
        held, whose = _password_of_contact(request, domain, given.roid), f"the contact {given.roid}"
    if not held:
        raise EppError(
            Code.INVALID_AUTHORIZATION_INFORMATION,
            f"RFC 5731 2.6: {whose} has no authInfo, so none can match; its sponsor can set one",
        )
    if not authinfo.matches(held, given.value):
        raise EppError(Code.INVALID_AUTHORIZATION_INFORMATION, f"RFC 5731 2.6: this is not the authInfo of {whose}")


def knows_password(domain: Domain, auth_info: AuthInfo | None) -> bool:
    """True if an accepted authInfo is the domain's own password, not a contact's."""
    return auth_info is not None and auth_info.pw is not None and auth_info.pw.roid in (None, domain.roid)


def shows_authinfo(one: Domain | Contact) -> bool:
    """True if an object has authInfo that can be shown: not one that is kept as a hash (RFC 9154 4.3)."""
    return bool(one.password) and not authinfo.is_hash(one.password or "")


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
    """Return the domain's new authInfo; None: unset, by `null` or by an empty password (RFC 9154 4.1).

    Raises: EppError 2102 for an unsupported kind of authInfo, 2306 for a password that the zone's policy refuses.
    """
    if auth_info.ext is not None:
        raise EppError(
            Code.UNIMPLEMENTED_OPTION,
            "RFC 5731 2.6: this registry has passwords (pw) only, no authInfo of other kinds (ext)",
        )
    if auth_info.pw is None or not auth_info.pw.value:
        return None
    if auth_info.pw.roid is not None:
        raise EppError(
            Code.PARAMETER_POLICY,
            "RFC 5731 2.6: roid says whose password is given in info and transfer; it has no meaning where one is set",
        )
    if zone.authinfo == "strong" and (problem := weakness(auth_info.pw)):
        raise EppError(Code.PARAMETER_POLICY, f"RFC 5731 2.6: authInfo in {zone.name} {problem}")
    return auth_info.pw.value


def weakness(password: Password) -> str:
    """Return the requirement of strong passwords that this one does not meet; empty if it meets all."""
    text = password.value
    if len(text) < MIN_STRONG_PASSWORD_LENGTH:
        return f"has at least {MIN_STRONG_PASSWORD_LENGTH} characters"
    for wanted, has in (
        ("a letter", any(one.isalpha() for one in text)),
        ("a digit", any(one.isdigit() for one in text)),
        ("a character that is neither letter nor digit", any(not one.isalnum() for one in text)),
    ):
        if not has:
            return f"has {wanted}"
    return ""
