"""Disclosure of contacts: one decision for Whois, RDAP, and EPP's answers to registrars that do not sponsor them.

The registry's policy says which elements it discloses; a contact's preferences (`Disclose`, RFC 5733 2.9) are
exceptions from it, except for what the policy always discloses.
"""

from collections.abc import Collection
from typing import Any, Literal

import msgspec

from homeport.world.registry.objects import NO_POSTAL, Contact, Disclosable, PostalInfo, with_extras

Element = Literal["name", "org", "addr", "voice", "fax", "email"]
Lasting = Literal["name", "org", "addr", "voice", "fax", "email", "province", "country"]
"""What a policy can always disclose: elements, and two parts of an address."""

ELEMENTS: tuple[Element, ...] = ("name", "org", "addr", "voice", "fax", "email")
FORMS = ("int", "loc")
OF_ADDRESS = ("name", "org", "addr")
"""Elements that each form of a postal address has."""
WHOLE_ADDRESS = ("street", "city", "province", "postal_code", "country")


class DisclosurePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Elements of contacts that a registry discloses."""

    hidden: Collection[Element] = ()
    """Elements that are hidden, unless a contact discloses them."""
    always: Collection[Lasting] = ()
    """Elements that no contact can hide."""


OPEN = DisclosurePolicy()
"""Everything is disclosed that a contact does not hide."""


def policy_of(options: Any) -> DisclosurePolicy:
    """Return the policy that the options of EPP state. options: None in a world without EPP."""
    hidden, always = getattr(options, "not_disclosed", ()), getattr(options, "always_disclosed", ())
    return DisclosurePolicy(hidden=hidden, always=always) if hidden or always else OPEN


def hidden_elements(contact: Contact, policy: DisclosurePolicy) -> frozenset[Disclosable]:
    """Return the elements of a contact that are not disclosed, the postal ones in each of their forms."""
    wanted = contact.disclose
    if wanted is None and not policy.hidden:
        return frozenset()
    hidden: set[str] = {form for name in policy.hidden for form in _forms_of(name)}
    if wanted is not None:
        hidden = hidden.difference(wanted.elements) if wanted.flag else hidden.union(wanted.elements)
    return frozenset(one for one in hidden if one.partition(".")[0] not in policy.always)  # type: ignore[misc]


def as_disclosed(contact: Contact, policy: DisclosurePolicy) -> Contact:
    """Return the contact as others may see it: what is hidden is empty."""
    hidden = hidden_elements(contact, policy)
    if not hidden:
        return contact
    new: dict[str, Any] = {"postal": _without(contact.postal, "int", hidden, policy)}
    if contact.local_postal is not None:
        local = _without(contact.local_postal, "loc", hidden, policy)
        new["local_postal"] = None if local == NO_POSTAL else local
    for name in ("voice", "fax"):
        if name in hidden:
            new |= {name: "", f"{name}_ext": ""}
    if "email" in hidden:
        new["email"] = ""
        if contact.extras.addl_email:
            new["extras"] = with_extras(contact, addl_email="", addl_email_primary=False).extras
    return msgspec.structs.replace(contact, **new)


def _forms_of(name: str) -> tuple[str, ...]:
    return tuple(f"{name}.{form}" for form in FORMS) if name in OF_ADDRESS else (name,)


def _without(postal: PostalInfo, form: str, hidden: Collection[str], policy: DisclosurePolicy) -> PostalInfo:
    empty = [field for name, field in (("name", "name"), ("org", "organization")) if f"{name}.{form}" in hidden]
    if f"addr.{form}" in hidden:
        empty += [part for part in WHOLE_ADDRESS if part not in policy.always]
    return msgspec.structs.replace(postal, **{field: getattr(NO_POSTAL, field) for field in empty})
