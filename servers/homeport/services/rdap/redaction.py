"""Redaction (RFC 9537): say what an answer does not show, with the names that ICANN's profile has for it (RP 2.7).

An empty value stands in for names and parts of addresses, a contact URI for a mail address; everything else is removed.
Paths are JSONPath (RFC 9535): those of what is there find it, those of what was removed find nothing.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from homeport.services.rdap.notices import Shown
from homeport.world.registry import Contact
from homeport.world.registry.disclosure import DisclosurePolicy, as_disclosed, hidden_elements

PROFILED = {"registrant": "Registrant", "technical": "Tech"}
"""Names of the roles in ICANN's profile."""
OTHER = {"administrative": "Admin", "billing": "Billing"}


class Field(NamedTuple):
    """A value that can be redacted."""

    name: str
    element: str
    """Element of EPP's contact that has it."""
    method: str
    path: str
    """Below the properties of the jCard; of a replaced value that of its replacement."""


FIELDS = (
    Field("Name", "name", "emptyValue", "[?(@[0]=='fn')][3]"),
    Field("Organization", "org", "removal", "[?(@[0]=='org')]"),
    Field("Street", "street", "emptyValue", "[?(@[0]=='adr')][3][2]"),
    Field("City", "city", "emptyValue", "[?(@[0]=='adr')][3][3]"),
    Field("State/Province", "province", "emptyValue", "[?(@[0]=='adr')][3][4]"),
    Field("Postal Code", "postal_code", "emptyValue", "[?(@[0]=='adr')][3][5]"),
    Field("Country", "country", "removal", "[?(@[0]=='adr')][1].cc"),
    Field("Phone", "voice", "removal", "[?(@[0]=='tel' && @[1].type=='voice')]"),
    Field("Phone Ext", "voice_ext", "removal", "[?(@[0]=='tel' && @[1].type=='voice')]"),
    Field("Fax", "fax", "removal", "[?(@[0]=='tel' && @[1].type=='fax')]"),
    Field("Fax Ext", "fax_ext", "removal", "[?(@[0]=='tel' && @[1].type=='fax')]"),
    Field("Email", "email", "replacementValue", "[?(@[0]=='contact-uri')]"),
)
IN_PROFILE = {one.name for one in FIELDS} - {"State/Province", "Country"}
"""Fields whose redaction has a registered name; others are described."""
BY_CONTACT = "The contact does not disclose it (RFC 5733 2.9)."
BY_POLICY = "The registry discloses it only where the contact does."


class Hidden(NamedTuple):
    """A contact of an answer that shows less than the registry knows."""

    entity: Shown
    """Its entity in the answer."""
    fields: tuple[Field, ...]
    reason: str


def hidden_fields(contact: Contact, policy: DisclosurePolicy) -> tuple[Field, ...]:
    """Return the fields of a contact that have a value and are not disclosed, of the address that is shown."""
    shown = as_disclosed(contact, policy)
    if shown is contact:
        return ()
    local = shown.shown_postal is shown.local_postal
    before, after = _values(contact, local=local), _values(shown, local=local)
    before["name"] = hides_name(contact, policy)  # `fn` is always there, and then empty
    return tuple(one for one in FIELDS if before[one.element] and not after[one.element])


def hides_name(contact: Contact, policy: DisclosurePolicy) -> bool:
    """True if the name is hidden in the form of the address that is shown."""
    shown = as_disclosed(contact, policy)
    form = "loc" if shown.shown_postal is shown.local_postal else "int"
    return f"name.{form}" in hidden_elements(contact, policy)


def reason_of(contact: Contact) -> str:
    """Return why something of a contact is hidden."""
    return BY_CONTACT if contact.disclose is not None and not contact.disclose.flag else BY_POLICY


def redacted(shown: Shown, hidden: list[Hidden], at: str) -> list[Shown]:
    """Return what the member `redacted` of an answer says about an object (RFC 9537 4.2). at: path of the object."""
    of_entity = {id(one.entity): one for one in hidden}
    found = []
    for path, entity in _entities(at, shown) if hidden else ():
        if (one := of_entity.get(id(entity))) is not None:
            found += [_redaction(path, role, field, one.reason) for role in _roles(entity) for field in one.fields]
    return found


def _roles(entity: Shown) -> list[str]:
    return [role for role in entity.get("roles", ()) if role in PROFILED or role in OTHER] or [""]


def _redaction(path: str, role: str, field: Field, reason: str) -> Shown:
    words = f"{PROFILED.get(role) or OTHER.get(role, 'Contact')} {field.name}"
    profiled = role in PROFILED and field.name in IN_PROFILE
    shown: Shown = {"name": {"type" if profiled else "description": words}}
    card = f"{path}.vcardArray[1]"
    if field.method == "replacementValue":
        shown |= {"prePath": f"{card}[?(@[0]=='email')]", "replacementPath": f"{card}{field.path}"}
    else:
        shown["prePath" if field.method == "removal" else "postPath"] = f"{card}{field.path}"
    return {**shown, "pathLang": "jsonpath", "method": field.method, "reason": {"description": reason}}


def _entities(path: str, one: Shown) -> Iterator[tuple[str, Shown]]:
    """Yield the path of each entity below an object, and of the object itself."""
    if one.get("objectClassName") == "entity":
        yield path, one
    for number, below in enumerate(one.get("entities", ())):
        yield from _entities(f"{path}.entities[{number}]", below)


def _values(contact: Contact, *, local: bool) -> dict[str, Any]:
    """Return the values of a contact by the elements of FIELDS."""
    postal = (contact.local_postal or contact.postal) if local else contact.postal
    return {
        "name": postal.name,
        "org": postal.organization,
        "street": postal.street,
        "city": postal.city,
        "province": postal.province,
        "postal_code": postal.postal_code,
        "country": postal.country,
        **{name: getattr(contact, name) for name in ("voice", "voice_ext", "fax", "fax_ext", "email")},
    }
