"""jCards (RFC 7095) of contacts and registrars, as RFC 9083 5.1 has them in `vcardArray`."""

from collections.abc import Iterator
from typing import Any

from homeport.world.registry import Contact, PostalInfo, Registrar

Property = list[Any]
"""Name, parameters, type, value."""


def of_contact(contact: Contact, hidden: set[str]) -> list[Any]:
    """hidden: what it does not want shown: name, org, addr, voice, fax, email."""
    postal = contact.shown_postal
    properties = [
        _text("fn", "" if "name" in hidden else postal.name or postal.organization),
        *_kept("org", hidden, [_text("org", postal.organization)] if postal.organization else []),
        *_kept("addr", hidden, _addresses(postal)),
        *_kept("voice", hidden, _phones("voice", contact.voice, contact.voice_ext)),
        *_kept("fax", hidden, _phones("fax", contact.fax, contact.fax_ext)),
        *_kept("email", hidden, [_text("email", contact.email)] if contact.email else []),
    ]
    return _card(properties)


def of_registrar(registrar: Registrar) -> list[Any]:
    """A registrar's own."""
    properties = [_text("fn", registrar.name), *_addresses(registrar.postal)]
    properties += [*_phones("voice", registrar.voice), *_phones("fax", registrar.fax)]
    if registrar.email:
        properties.append(_text("email", registrar.email))
    if registrar.url:
        properties.append(["url", {}, "uri", registrar.url])
    return _card(properties)


def of_abuse(registrar: Registrar) -> list[Any]:
    """Whom to tell of abuse."""
    properties = [_text("fn", f"{registrar.name}, abuse"), *_phones("voice", registrar.abuse_phone)]
    if registrar.abuse_email:
        properties.append(_text("email", registrar.abuse_email))
    return _card(properties)


def _card(properties: list[Property]) -> list[Any]:
    # RFC 6350 6.7.9: the version comes first.
    return ["vcard", [_text("version", "4.0"), *properties]]


def _text(name: str, value: str) -> Property:
    return [name, {}, "text", value]


def _kept(element: str, hidden: set[str], properties: Any) -> Iterator[Property]:
    if element not in hidden:
        yield from properties


def _addresses(postal: PostalInfo) -> Iterator[Property]:
    if not (postal.street or postal.city or postal.country):
        return
    street: str | list[str] = list(postal.street) if len(postal.street) > 1 else "".join(postal.street)
    # RFC 8605 3.1: the code of the country is a parameter; its name, the last component, is not known here.
    parameters = {"cc": postal.country} if postal.country else {}
    yield ["adr", parameters, "text", ["", "", street, postal.city, postal.province, postal.postal_code, ""]]


def _phones(kind: str, number: str, extension: str = "") -> Iterator[Property]:
    if number:
        yield ["tel", {"type": kind}, "uri", f"tel:{number}{f';ext={extension}' if extension else ''}"]
