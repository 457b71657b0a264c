"""A contact between the registry, which keeps it, and the elements of RFC 5733, which show it."""

from collections.abc import Iterable
from typing import Any

from homeport.services.epp.flow import EppError, Request, Value
from homeport.services.epp.flows import contact_values
from homeport.services.epp.grammar import contact as grammar
from homeport.services.epp.grammar.eppcom import Password
from homeport.services.epp.results import Code
from homeport.world.registry import Contact, Disclose, PostalInfo, Transfer
from homeport.world.registry.objects import NO_POSTAL, Disclosable

MOST_STATUSES = 7  # the schema has room for no more, though eight can be set
NOT_TOLD = "-"
"""Stands where the schema demands a text and somebody seeded the contact without one."""


def found(request: Request[Any]) -> Contact:
    """The contact that a command names. Raises: EppError 2303."""
    one: Contact | None = request.registry.contact(request.command.id)
    if one is None:
        raise EppError(
            Code.OBJECT_DOES_NOT_EXIST,
            "RFC 5733: there is no contact of this identifier",
            value=Value("id", request.command.id),
        )
    return one


def check_password(one: Contact, given: grammar.AuthInfo | None) -> bool:
    """Whether the client has shown the contact's password. Raises: EppError 2202 if it has shown another one."""
    if given is None:
        return False
    if given.pw is None:
        raise EppError(
            Code.UNIMPLEMENTED_OPTION, "RFC 5733 2.8: authorization information is a password here (pw, not ext)"
        )
    if not one.password or given.pw.value != one.password or given.pw.roid not in {None, one.roid}:
        # No value: what was given may be another object's password.
        raise EppError(
            Code.INVALID_AUTHORIZATION_INFORMATION, "RFC 5733 2.8: this is not the contact's authorization information"
        )
    return True


def password_of(given: grammar.AuthInfo) -> str | None:
    """The password that a contact gets; an empty one is none (RFC 9154 4.1). Raises: EppError 2102."""
    if given.pw is None:
        raise EppError(
            Code.UNIMPLEMENTED_OPTION, "RFC 5733 2.8: authorization information is a password here (pw, not ext)"
        )
    return given.pw.value or None


def postal_of(given: grammar.PostalInfo) -> PostalInfo:
    """An address as the registry keeps it. Raises: EppError 2005 for a country that there is not."""
    return with_address(PostalInfo(name=given.name, organization=given.org or ""), given.addr)


def with_address(postal: PostalInfo, given: grammar.Addr) -> PostalInfo:
    """The same name and organization at another address. Raises: EppError 2005."""
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
    """Number and extension; two empty texts if there is none. Raises: EppError 2005 for an element without number."""
    if given is None:
        return "", ""
    if not given.value:
        raise EppError(
            Code.VALUE_SYNTAX,
            f"RFC 5733 2.5: {element} has no number in it; leave the element out",
            value=Value(element, ""),
        )
    return given.value, given.x or ""


def disclose_of(given: grammar.Disclose, always: Iterable[str]) -> Disclose:
    """What a contact wants shown or hidden. always: what the registry shows of every contact.

    Raises: EppError 2308 for a wish that the registry's policy does not grant (RFC 5733 2.9).
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
            f"RFC 5733 2.9: this registry shows {', '.join(refused)} of every contact ([epp] always_disclosed)",
            value=given,
        )
    return Disclose(flag=given.flag, elements=tuple(elements))


def trn_data(id: str, transfer: Transfer) -> grammar.TrnData:  # noqa: A002 - the field's name in RFC 5733
    """A transfer as RFC 5733 3.2.4 shows it."""
    return grammar.TrnData(
        id=id,
        tr_status=transfer.status,
        re_id=transfer.gaining,
        re_date=transfer.requested,
        ac_id=transfer.actor,
        ac_date=transfer.acted,
    )


def inf_data(one: Contact, statuses: Iterable[str], *, to_sponsor: bool) -> grammar.InfData:
    """The contact as RFC 5733 3.1.2 shows it; its password to its sponsor alone."""
    shown = [grammar.Status(s=status) for status in statuses]  # type: ignore[arg-type]  # the registry has no others
    return grammar.InfData(
        id=one.id,
        roid=one.roid,
        status=tuple(shown[:MOST_STATUSES]),
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
        auth_info=grammar.AuthInfo(pw=Password(value=one.password)) if to_sponsor and one.password else None,
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
            cc=postal.country or "ZZ",  # which ISO 3166-1 leaves to users
        ),
    )


def _phone(number: str, extension: str) -> grammar.Phone | None:
    return grammar.Phone(value=number, x=extension or None) if number else None


def _disclose(wish: Disclose) -> grammar.Disclose:
    def forms(of: str) -> tuple[grammar.IntLoc, ...]:
        return tuple(grammar.IntLoc(type=form) for form in ("int", "loc") if f"{of}.{form}" in wish.elements)

    return grammar.Disclose(
        flag=wish.flag,
        name=forms("name"),
        org=forms("org"),
        addr=forms("addr"),
        voice="voice" in wish.elements,
        fax="fax" in wish.elements,
        email="email" in wish.elements,
    )
