"""Registrant and contacts of a domain (RFC 5731 2.2): they exist, no pair is twice, all as the data model has it."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from homeport.services.epp.flow import EppError, Request, Value
from homeport.services.epp.grammar.domain import ContactRef
from homeport.services.epp.results import Code
from homeport.world.registry import Domain, DomainContact, Zone

NEEDED_ROLES = ("admin", "tech")


def existing_contact(request: Request[Any], id: str, element: str) -> str:  # noqa: A002 - the field's name
    """The identifier as the contact has it. Raises: EppError 2303 if there is no such contact."""
    contact = request.changes.contact(id)
    if contact is None:
        raise EppError(
            Code.OBJECT_DOES_NOT_EXIST, "RFC 5731 2.2: there is no contact of this identifier", value=Value(element, id)
        )
    if contact.pending:
        raise EppError(
            Code.STATUS_PROHIBITS,
            "RFC 5733 2.2: a command on this contact waits to be completed",
            value=Value(element, id),
        )
    return contact.id


def contacts_of(request: Request[Any], refs: Sequence[ContactRef]) -> tuple[DomainContact, ...]:
    """The contacts that a command names. Raises: EppError 2003 without a type, 2303, 2306 for a pair that is twice."""
    found = tuple(_contact_of(request, ref) for ref in refs)
    for contact, times in Counter(found).items():
        if times > 1:
            raise EppError(
                Code.PARAMETER_POLICY,
                f"RFC 5731 3.2.1: the contact is named {times} times as {contact.role}",
                value=Value("contact", contact.id),
            )
    return found


def _contact_of(request: Request[Any], ref: ContactRef) -> DomainContact:
    if ref.type is None:
        raise EppError(
            Code.MISSING_PARAMETER,
            "RFC 5731 2.2: a contact has a type: admin, billing or tech",
            value=Value("contact", ref.value),
        )
    return DomainContact(ref.type, existing_contact(request, ref.value, "contact"))


def changed_contacts(
    request: Request[Any], domain: Domain, add: Sequence[ContactRef], remove: Sequence[ContactRef]
) -> tuple[DomainContact, ...]:
    """The contacts after an update (RFC 5731 3.2.5): removed first, then added. Raises: EppError."""
    removed, added = contacts_of(request, remove), contacts_of(request, add)
    contacts = list(domain.contacts)
    for one in removed:
        if one not in contacts:
            raise _refused(one, "the domain does not have it")
        contacts.remove(one)
    for one in added:
        if one in contacts:
            raise _refused(one, "the domain has it already")
        if one in removed:
            raise _refused(one, "one command both adds and removes it")
        contacts.append(one)
    return tuple(contacts)


def _refused(contact: DomainContact, why: str) -> EppError:
    return EppError(
        Code.PARAMETER_POLICY,
        f"RFC 5731 3.2.5: {why}: the contact {contact.id} as {contact.role}",
        value=Value("contact", contact.id),
    )


def check_data_model(domain: Domain, zone: Zone) -> None:
    """Raises: EppError 2306 for contacts where the zone takes none, 2003 without those that it needs."""
    if zone.data_model == "minimum":
        for role, id in domain.contact_ids():  # noqa: A001
            raise EppError(
                Code.PARAMETER_POLICY,
                f"RFC 5731 3.2.1: {zone.name} has the minimum data model: no registrant and no contacts",
                value=Value("registrant" if role == "registrant" else "contact", id),
            )
    elif zone.data_model == "maximum":
        roles = {role for role, _id in domain.contact_ids()}
        for role in ("registrant", *NEEDED_ROLES):
            if role not in roles:
                called = "a registrant" if role == "registrant" else f"a contact of the type {role}"
                raise EppError(
                    Code.MISSING_PARAMETER, f"RFC 5731 3.2.1: {zone.name} has the maximum data model: it needs {called}"
                )
