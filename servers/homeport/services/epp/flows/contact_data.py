"""Convert contacts between the registry's objects and the elements of RFC 5733."""

from collections.abc import Iterable
from typing import Any

from homeport.services.epp.flow import EppError, Request, Value
from homeport.services.epp.flows import contact_values, statuses
from homeport.services.epp.flows.domain_access import shows_authinfo
from homeport.services.epp.grammar import contact as grammar
from homeport.services.epp.grammar.eppcom import Password
from homeport.services.epp.results import Code
from homeport.world.registry import Contact, Disclose, PostalInfo, Transfer, authinfo
from homeport.world.registry.objects import NO_POSTAL, Disclosable

MAX_STATUSES = 7  # the schema allows no more, though eight can be set
NOT_TOLD = "-"
"""Placeholder where the schema demands a text and the contact was seeded without one."""


def found(request: Request[Any]) -> Contact:
    """Return the contact that a command names. Raises: EppError 2303."""
    one: Contact | None = request.registry.contact(request.command.id)
    if one is None:
        raise EppError(
            Code.OBJECT_DOES_NOT_EXIST,
            "RFC 5733: no contact has this identifier",
            value=Value("id", request.command.id),
        )
    return one


def check_password(one: Contact, given: grammar.AuthInfo | None) -> bool:
    """True if the client gave the contact's password. Raises: EppError 2202 if it gave another one."""
    if given is None:
        return False
    if given.pw is None:
        raise EppError(
            Code.UNIMPLEMENTED_OPTION, "RFC 5733 2.8: authorization information is a password here (pw, not ext)"
        )
    if not one.password or not authinfo.matches(one.password, given.pw.value) or given.pw.roid not in {None, one.roid}:
        # No value: the given password may be another object's.
        raise EppError(
            Code.INVALID_AUTHORIZATION_INFORMATION, "RFC 5733 2.8: this is not the contact's authorization information"
        )
    return True


def password_of(given: grammar.AuthInfo) -> str | None:
    """Return the password that a contact gets; None for an empty one (RFC 9154 4.1). Raises: EppError 2102."""
    if given.pw is None:
        raise EppError(
            Code.UNIMPLEMENTED_OPTION, "RFC 5733 2.8: authorization information is a password here (pw, not ext)"
        )
    return given.pw.value or None


def postal_of(given: grammar.PostalInfo) -> PostalInfo:
    """Return an address as the registry stores it. Raises: EppError 2005 for an unassigned country code."""
    return with_address(PostalInfo(name=given.name, organization=given.org or ""), given.addr)


def with_address(postal: PostalInfo, given: grammar.Addr) -> PostalInfo:
    """Return the same name and organization with another address. Raises: EppError 2005."""
    return PostalInfo(
        name=postal.name,
        organization=postal.organization,
        street=tuple(filter(None, given.street)),
        city=given.city,
        province=given.sp or "",
        postal_code=given.pc or "",
        country=contact_values.country(given.cc),
    )


def phone_of(given: grammar.Phone | None, element: str) -> tuple[str, str]:
    """Return number and extension, two empty strings for None. Raises: EppError 2005 for an empty element."""
    if given is None:
        return "", ""
    if not given.value:
        raise EppError(
            Code.VALUE_SYNTAX,
            f"RFC 5733 2.5: {element} has no number; leave the element out",
            value=Value(element, ""),
        )
    return given.value, given.x or ""


def disclose_of(given: grammar.Disclose, always: Iterable[str]) -> Disclose:
    """Return a contact's disclosure preferences. always: the elements that the registry discloses of every contact.

    Raises: EppError 2308 for a request that the registry's policy does not grant (RFC 5733 2.9).
    """
    elements: list[Disclosable] = []
    elements += [f"name.{form.type}" for form in given.name]  # type: ignore[misc]  # these are three times two texts
    elements += [f"org.{form.type}" for form in given.org]  # type: ignore[misc]
    elements += [f"addr.{form.type}" for form in given.addr]  # type: ignore[misc]
    if given.voice:
        elements.append("voice")
    if given.fax:
        elements.append("fax")
    if given.email:
        elements.append("email")
    refused = [] if given.flag else [one for one in elements if one.partition(".")[0] in always]
    if refused:
        raise EppError(
            Code.DATA_POLICY,
            f"RFC 5733 2.9: this registry discloses {', '.join(refused)} of every contact ([epp] always_disclosed)",
            value=given,
        )
    return Disclose(flag=given.flag, elements=tuple(elements))


def trn_data(id: str, transfer: Transfer) -> grammar.TrnData:  # noqa: A002 - the field's name in RFC 5733
    """Return a transfer as RFC 5733 3.2.4 shows it."""
    return grammar.TrnData(
        id=id,
        tr_status=transfer.status,
        re_id=transfer.gaining,
        re_date=transfer.requested,
        ac_id=transfer.actor,
        ac_date=transfer.acted,
    )


def inf_data(one: Contact, names: Iterable[str], *, to_sponsor: bool) -> grammar.InfData:
    """Return the contact as RFC 5733 3.1.2 shows it; its password to its sponsor only. names: its statuses."""
    return grammar.InfData(
        id=one.id,
        roid=one.roid,
        status=statuses.shown(grammar.Status, one, names)[:MAX_STATUSES],
        postal_info=tuple(_postal_infos(one)),
        voice=_phone(one.voice, one.voice_ext),
        fax=_phone(one.fax, one.fax_ext),
        email=one.email or NOT_TOLD,
        cl_id=one.registrar,
        cr_id=one.made_by,
        cr_date=one.created,
        up_id=one.updater or None,
        up_date=one.updated,
        tr_date=one.transferred,
        auth_info=grammar.AuthInfo(pw=Password(value=one.password or ""))
        if to_sponsor and shows_authinfo(one)
        else None,
        disclose=_disclose(one.disclose) if one.disclose else None,
    )


def _postal_infos(one: Contact) -> Iterable[grammar.PostalInfo]:
    if one.postal != NO_POSTAL or one.local_postal is None:
        yield _postal_info("int", one.postal)
    if one.local_postal is not None:
        yield _postal_info("loc", one.local_postal)


def _postal_info(form: grammar.PostalType, postal: PostalInfo) -> grammar.PostalInfo:
    return grammar.PostalInfo(
        type=form,
        name=postal.name or NOT_TOLD,
        org=postal.organization or None,
        addr=grammar.Addr(
            street=postal.street[:3],
            city=postal.city or NOT_TOLD,
            sp=postal.province or None,
            pc=postal.postal_code or None,
            cc=postal.country or "ZZ",  # user-assigned codes of ISO 3166-1
        ),
    )


def _phone(number: str, extension: str) -> grammar.Phone | None:
    return grammar.Phone(value=number, x=extension or None) if number else None


def _disclose(wanted: Disclose) -> grammar.Disclose:
    def forms(of: str) -> tuple[grammar.IntLoc, ...]:
        return tuple(grammar.IntLoc(type=form) for form in ("int", "loc") if f"{of}.{form}" in wanted.elements)

    return grammar.Disclose(
        flag=wanted.flag,
        name=forms("name"),
        org=forms("org"),
        addr=forms("addr"),
        voice="voice" in wanted.elements,
        fax="fax" in wanted.elements,
        email="email" in wanted.elements,
    )
