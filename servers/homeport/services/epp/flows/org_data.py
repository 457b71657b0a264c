"""Convert organizations between the registry's objects and the elements of RFC 8543."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from homeport.services.epp.flow import EppError, Request, Value
from homeport.services.epp.flows import contact_values
from homeport.services.epp.grammar import org as grammar
from homeport.services.epp.results import Code
from homeport.world.registry import PostalInfo, Registry
from homeport.world.registry.organizations import ROLES, Organization, OrgContact, OrgRole, is_linked, statuses_of

MAX_STATUSES = 9


def roles_of(
    held: Sequence[OrgRole], add: Iterable[grammar.Role], remove: Iterable[grammar.Role]
) -> tuple[OrgRole, ...]:
    """Return roles after a change. Raises: EppError 2306 for one that is unknown, there, not there, or the last."""
    found: dict[str, OrgRole] = {one.type: one for one in held}
    for given in remove:
        if found.pop(given.type, None) is None:
            raise _refused_role(given, "it does not have this role")
    for given in add:
        if given.type not in ROLES:
            raise _refused_role(given, f"this is none of the roles of IANA's registry: {', '.join(ROLES)}")
        if given.type in found:
            raise _refused_role(given, "it has this role already")
        server = {"serverLinkProhibited", "linked"} & set(given.status)
        if server:
            raise _refused_role(given, f"{', '.join(server)} is the server's status")
        statuses = tuple(one for one in given.status if one == "clientLinkProhibited")
        role: Any = given.type  # one of ROLES
        found[role] = OrgRole(type=role, id=given.role_id or "", statuses=statuses)
    if not found:
        raise EppError(Code.PARAMETER_POLICY, "RFC 8543 3.2: an organization has at least one role")
    return tuple(found.values())


def _refused_role(given: grammar.Role, why: str) -> EppError:
    return EppError(Code.PARAMETER_POLICY, f"RFC 8543 3.2: {why}", value=Value("type", given.type))


def contacts_of(
    request: Request[Any], held: Sequence[OrgContact], add: Iterable[grammar.Contact], remove: Iterable[grammar.Contact]
) -> tuple[OrgContact, ...]:
    """Return contacts after a change. Raises: EppError 2303 for a missing one, 2306 for one there or not there."""
    left = list(held)
    for given in remove:
        if (one := _contact(given.value, given)) not in left:
            raise _refused_contact(given, "it does not have this contact")
        left.remove(one)
    for given in add:
        known = request.registry.contact(given.value)
        if known is None:
            raise EppError(
                Code.OBJECT_DOES_NOT_EXIST,
                "RFC 8543 3.3: no contact has this identifier",
                value=Value("contact", given.value),
            )
        if (one := _contact(known.id, given)) in left:
            raise _refused_contact(given, "it has this contact already")
        left.append(one)
    return tuple(left)


def _contact(id_: str, given: grammar.Contact) -> OrgContact:
    return OrgContact(type=given.type, id=id_, name=given.type_name or "")


def _refused_contact(given: grammar.Contact, why: str) -> EppError:
    return EppError(Code.PARAMETER_POLICY, f"RFC 8543 3.3: {why}", value=Value("contact", given.value))


def postal_of(given: grammar.PostalInfo) -> PostalInfo:
    """Return an address as the registry stores it. Raises: EppError 2005."""
    return replaced_postal(None, grammar.ChgPostalInfo(type=given.type, name=given.name, addr=given.addr))


def replaced_postal(held: PostalInfo | None, given: grammar.ChgPostalInfo) -> PostalInfo:
    """Return an address with the parts that are given. Raises: EppError 2005, 2003 for a new one without a name."""
    postal = held or PostalInfo()
    if given.name is not None:
        postal = msgspec.structs.replace(postal, name=given.name)
    if not postal.name:
        raise EppError(Code.MISSING_PARAMETER, "RFC 8543 3.6: a new postalInfo has a name")
    shown = (given.name or "", *(msgspec.structs.astuple(given.addr) if given.addr else ()))
    if given.type == "int" and not all(part.isascii() for part in map(str, shown)):
        raise EppError(Code.VALUE_SYNTAX, 'RFC 8543 3.6: type="int" is for US-ASCII only; use "loc"')
    addr = given.addr
    if addr is None:
        return postal
    return msgspec.structs.replace(
        postal,
        street=tuple(filter(None, addr.street)),
        city=addr.city,
        province=addr.sp or "",
        postal_code=addr.pc or "",
        country=contact_values.country(addr.cc),
    )


def phone_of(given: grammar.Phone | None) -> tuple[str, str]:
    """Return number and extension; two empty strings without a number, which removes the old one."""
    return (given.value, given.x or "") if given is not None and given.value else ("", "")


def inf_data(registry: Registry, one: Organization) -> grammar.InfData:
    """Return an organization as info shows it."""
    statuses: Any = statuses_of(registry, one)[:MAX_STATUSES]
    postals = (("int", one.postal), ("loc", one.local_postal))
    return grammar.InfData(
        id=one.id,
        roid=one.roid,
        role=tuple(_role(registry, one, role) for role in one.roles),
        status=statuses,
        parent_id=one.parent or None,
        postal_info=tuple(_postal(form, postal) for form, postal in postals if postal is not None),
        voice=_phone(one.voice, one.voice_ext),
        fax=_phone(one.fax, one.fax_ext),
        email=one.email or None,
        url=one.url or None,
        contact=tuple(
            grammar.Contact(type=each.type, type_name=each.name or None, value=each.id) for each in one.contacts
        ),
        cl_id=one.registrar,
        cr_id=one.creator or one.registrar,
        cr_date=one.created,
        up_id=one.updater or None,
        up_date=one.updated,
    )


def _role(registry: Registry, one: Organization, role: OrgRole) -> grammar.Role:
    statuses: Any = role.statuses or ("ok",)
    if is_linked(registry, one, role.type):
        statuses = ("linked", *statuses)
    return grammar.Role(type=role.type, status=statuses, role_id=role.id or None)


def _postal(form: Any, postal: PostalInfo) -> grammar.PostalInfo:
    addr = None
    if postal.city and postal.country:
        addr = grammar.Addr(
            street=postal.street,
            city=postal.city,
            sp=postal.province or None,
            pc=postal.postal_code or None,
            cc=postal.country,
        )
    return grammar.PostalInfo(type=form, name=postal.name, addr=addr)


def _phone(number: str, extension: str) -> grammar.Phone | None:
    return grammar.Phone(value=number, x=extension or None) if number else None
