"""Serialize contacts and registrars as jCards (RFC 7095), as RFC 9083 5.1 has them in `vcardArray`."""

from collections.abc import Collection, Iterator
from typing import Any

from homeport.world.registry import Contact, PostalInfo, Registrar

Property = list[Any]
"""Name, parameters, type, value."""


def of_contact(contact: Contact, hidden: Collection[str] = (), reach: str = "") -> list[Any]:
    """Return the jCard of a contact as it is disclosed.

    hidden: what is not disclosed of it, of name, street, email. reach: URI by which people can write to a contact whose
    mail address is hidden (RFC 8605 2.1).
    """
    postal = contact.shown_postal
    properties = [
        _text("fn", "" if "name" in hidden else postal.name or postal.organization),
        *([_text("org", postal.organization)] if postal.organization else []),
        *_addresses(postal, keeps="street" in hidden),
        *_phones("voice", contact.voice, contact.voice_ext),
        *_phones("fax", contact.fax, contact.fax_ext),
        *_mailboxes(contact),
        *([["contact-uri", {}, "uri", reach]] if "email" in hidden and reach else []),
    ]
    return _card(properties)


def of_registrar(registrar: Registrar) -> list[Any]:
    """Return a registrar's jCard."""
    properties = [_text("fn", registrar.name), *_addresses(registrar.postal)]
    properties += [*_phones("voice", registrar.voice), *_phones("fax", registrar.fax)]
    if registrar.email:
        properties.append(_text("email", registrar.email))
    if registrar.url:
        properties.append(["url", {}, "uri", registrar.url])
    return _card(properties)


def of_abuse(registrar: Registrar) -> list[Any]:
    """Return the jCard of a registrar's abuse contact."""
    properties = [_text("fn", f"{registrar.name}, abuse"), *_phones("voice", registrar.abuse_phone)]
    if registrar.abuse_email:
        properties.append(_text("email", registrar.abuse_email))
    return _card(properties)


def of_mailbox(name: str, address: str) -> list[Any]:
    """Return the jCard of a name with a mail address."""
    return _card([_text("fn", name), _text("email", address)])


def _card(properties: list[Property]) -> list[Any]:
    # RFC 6350 6.7.9: the version comes first.
    return ["vcard", [_text("version", "4.0"), *properties]]


def _text(name: str, value: str) -> Property:
    return [name, {}, "text", value]


def _addresses(postal: PostalInfo, *, keeps: bool = False) -> Iterator[Property]:
    """Yield an address. keeps: an empty one, too, because it is redacted."""
    if not (postal.street or postal.city or postal.country or keeps):
        return
    street: str | list[str] = list(postal.street) if len(postal.street) > 1 else "".join(postal.street)
    # RFC 8605 3.1: the code of the country is a parameter; its name, the last component, is not known here.
    parameters = {"cc": postal.country} if postal.country else {}
    yield ["adr", parameters, "text", ["", "", street, postal.city, postal.province, postal.postal_code, ""]]


def _mailboxes(contact: Contact) -> Iterator[Property]:
    """Yield the addresses of a contact, of which one may be preferred (RFC 9873)."""
    if contact.email:
        yield _text("email", contact.email)
    if contact.extras.addl_email:
        preferred = {"pref": "1"} if contact.extras.addl_email_primary else {}
        yield ["email", preferred, "text", contact.extras.addl_email]


def _phones(kind: str, number: str, extension: str = "") -> Iterator[Property]:
    if number:
        yield ["tel", {"type": kind}, "uri", f"tel:{number}{f';ext={extension}' if extension else ''}"]
