"""Objects of the registry as RDAP shows them (RFC 9083 5)."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from homeport.control.rdap import jcard
from homeport.control.times import shown_time
from homeport.world.names import readable_name
from homeport.world.registry import Contact, Domain, Host, HostAttribute, Registrar, Registry, Sponsored

MEDIA_TYPE = "application/rdap+json"
ROLES = {"registrant": "registrant", "admin": "administrative", "tech": "technical", "billing": "billing"}
"""The roles of contacts (RFC 9083 10.2.4)."""
WORDS = {"ok": "active", "linked": "associated"}
"""Statuses of EPP that have other words in RDAP (RFC 8056 2); all others have the same, with spaces."""
ELEMENTS = ("name", "org", "addr", "voice", "fax", "email")

Shown = dict[str, Any]


class View:
    """The registry as it is now. base: what the URLs of RDAP begin with, without a slash at the end."""

    def __init__(self, registry: Registry, base: str) -> None:
        self.registry = registry
        self.base = base

    def domain(self, domain: Domain) -> Shown:
        """A domain (5.3)."""
        statuses = (*self.registry.statuses(domain), *self.registry.rgp_statuses(domain))
        return {
            "objectClassName": "domain",
            "handle": domain.roid,
            **_named(domain.name),
            "status": statuses_of(statuses),
            "entities": self._entities(domain),
            "nameservers": [
                *(self._server(name) for name in domain.nameservers),
                *(self._attribute(one) for one in domain.attributes),
            ],
            "secureDNS": _secure_dns(domain),
            "events": [*_events(domain), event("expiration", domain.expires)],
            "links": self.links("domain", domain.name),
        }

    def nameserver(self, host: Host) -> Shown:
        """A host (5.2)."""
        registrar = self.registry.registrar(host.registrar)
        return {
            "objectClassName": "nameserver",
            "handle": host.roid,
            **_named(host.name),
            **_addresses(host.addresses),
            "status": statuses_of(self.registry.statuses(host)),
            "entities": [self.registrar(registrar, ("registrar",))] if registrar else [],
            "events": _events(host),
            "links": self.links("nameserver", host.name),
        }

    def contact(self, contact: Contact, roles: Sequence[str] = ()) -> Shown:
        """A contact as an entity (5.1). roles: what it is to the object that it is shown with."""
        hidden = hidden_of(contact)
        shown: Shown = {
            "objectClassName": "entity",
            "handle": contact.id,
            "vcardArray": jcard.of_contact(contact, hidden),
            "status": statuses_of(self.registry.statuses(contact)),
            "events": _events(contact),
            "links": self.links("entity", contact.id),
        }
        if hidden:
            listed = ", ".join(one for one in ELEMENTS if one in hidden)
            shown["remarks"] = [
                {
                    "title": "REDACTED FOR PRIVACY",
                    "type": "object truncated due to authorization",
                    "description": [f"The contact does not want these shown (RFC 5733 2.9): {listed}."],
                }
            ]
        registrar = self.registry.registrar(contact.registrar)
        if roles:
            shown["roles"] = list(roles)
        elif registrar:
            shown["entities"] = [self.registrar(registrar, ("registrar",))]
        return shown

    def registrar(self, registrar: Registrar, roles: Sequence[str] = ("registrar",)) -> Shown:
        """A registrar as an entity (5.1)."""
        shown: Shown = {
            "objectClassName": "entity",
            "handle": registrar.id,
            "vcardArray": jcard.of_registrar(registrar),
            "roles": list(roles),
            "links": self.links("entity", registrar.id),
        }
        if registrar.iana_id:
            shown["publicIds"] = [{"type": "IANA Registrar ID", "identifier": str(registrar.iana_id)}]
        if registrar.abuse_email or registrar.abuse_phone:
            abuse = {"objectClassName": "entity", "vcardArray": jcard.of_abuse(registrar), "roles": ["abuse"]}
            shown["entities"] = [abuse]
        if registrar.whois_server:
            shown["port43"] = registrar.whois_server
        return shown

    def links(self, kind: str, name: str) -> list[Shown]:
        """Where an object is (4.2)."""
        url = f"{self.base}/{kind}/{name}"
        return [{"value": url, "rel": "self", "href": url, "type": MEDIA_TYPE}]

    def _entities(self, domain: Domain) -> list[Shown]:
        """Its registrar, and each contact once with all its roles."""
        roles: dict[str, list[str]] = {}
        for role, key in domain.contact_ids():
            roles.setdefault(key.lower(), []).append(ROLES[role])
        contacts = ((self.registry.contact(key), of) for key, of in roles.items())
        entities = [self.contact(one, of) for one, of in contacts if one is not None]
        registrar = self.registry.registrar(domain.registrar)
        return [self.registrar(registrar), *entities] if registrar else entities

    def _server(self, name: str) -> Shown:
        host = self.registry.host(name)
        if host is None:
            return {"objectClassName": "nameserver", **_named(name)}
        shown = self.nameserver(host)
        del shown["entities"], shown["events"]
        return shown

    def _attribute(self, attribute: HostAttribute) -> Shown:
        return {"objectClassName": "nameserver", **_named(attribute.name), **_addresses(attribute.addresses)}


def statuses_of(statuses: Iterable[str]) -> list[str]:
    """Statuses of EPP as those of RDAP (RFC 8056 2), each once."""
    return list(dict.fromkeys(WORDS.get(one) or re.sub(r"(?=[A-Z])", " ", one).lower() for one in statuses))


def hidden_of(contact: Contact) -> set[str]:
    """What a contact hides: name, org, addr, voice, fax, email; of two addresses the one that is shown counts."""
    if contact.disclose is None or contact.disclose.flag:
        return set()
    form = "loc" if contact.shown_postal is contact.local_postal else "int"
    elements = (one.partition(".") for one in contact.disclose.elements)
    return {name for name, _dot, of in elements if of in ("", form)}


def event(action: str, time: float) -> Shown:
    """An event (4.5)."""
    return {"eventAction": action, "eventDate": shown_time(time)}


def _events(one: Sponsored) -> list[Shown]:
    times = (("registration", one.created), ("last changed", one.updated), ("transfer", one.transferred))
    return [event(action, time) for action, time in times if time is not None]


def _named(name: str) -> Shown:
    unicode_name = readable_name(name)
    return {"ldhName": name} if unicode_name == name else {"ldhName": name, "unicodeName": unicode_name}


def _addresses(addresses: Iterable[str]) -> Shown:
    """Both families, each if there is any."""
    families: dict[str, list[str]] = {}
    for address in addresses:
        families.setdefault("v6" if ":" in address else "v4", []).append(address)
    return {"ipAddresses": families} if families else {}


def _secure_dns(domain: Domain) -> Shown:
    """Its delegation (5.3)."""
    shown: Shown = {"delegationSigned": bool(domain.signers or domain.keys)}
    if domain.sig_life:
        shown["maxSigLife"] = domain.sig_life
    if domain.signers:
        shown["dsData"] = [
            {"keyTag": one.key_tag, "algorithm": one.algorithm, "digestType": one.digest_type, "digest": one.digest}
            for one in domain.signers
        ]
    keys = domain.keys or tuple(one.key for one in domain.signers if one.key is not None)
    if keys:
        shown["keyData"] = [
            {"flags": one.flags, "protocol": one.protocol, "algorithm": one.algorithm, "publicKey": one.public_key}
            for one in keys
        ]
    return shown
