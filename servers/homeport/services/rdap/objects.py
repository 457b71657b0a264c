"""Serialize objects of the registry for RDAP (RFC 9083 5), as ICANN's profile for gTLDs of 2024 has them."""

import re
from collections.abc import Iterable, Sequence

import msgspec

from homeport.services.rdap import jcard
from homeport.services.rdap.notices import MEDIA_TYPE, Shown
from homeport.services.rdap.redaction import Hidden, hidden_fields, reason_of
from homeport.services.rdap.variants import variants_of
from homeport.world.clock import to_moment
from homeport.world.names import readable_name
from homeport.world.registry import Contact, Domain, Host, HostAttribute, Registrar, Registry, Sponsored
from homeport.world.registry.disclosure import OPEN, DisclosurePolicy, as_disclosed

ROLES = {"registrant": "registrant", "admin": "administrative", "tech": "technical", "billing": "billing"}
"""RDAP's names of contact roles (RFC 9083 10.2.4)."""
WORDS = {"ok": "active", "linked": "associated"}
"""Statuses of EPP that RDAP words differently (RFC 8056 2); all others are the same, with spaces."""
ELEMENTS = {
    "name": "name",
    "org": "org",
    **dict.fromkeys(("street", "city", "province", "postal_code", "country"), "addr"),
    **dict.fromkeys(("voice", "voice_ext"), "voice"),
    **dict.fromkeys(("fax", "fax_ext"), "fax"),
    "email": "email",
}
"""Elements of RFC 5733 by the fields that they have."""


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """The place where answers are served."""

    base: str
    """Prefix of RDAP's URLs, without a slash at the end."""
    url: str = ""
    """URL of the query."""
    whois_server: str = ""
    """Shown for registrars that have none of their own; empty: the world has no Whois."""
    terms: str = ""
    """URL of the terms of service; empty: that of the help."""


class View:
    """Serializes the registry's current state.

    policy: what the registry discloses of contacts. registrar: the registrar whose own RDAP this is, which shows its
    domains with their contacts; None: the registry's.
    """

    def __init__(
        self, registry: Registry, site: Site, policy: DisclosurePolicy = OPEN, registrar: Registrar | None = None
    ) -> None:
        self.registry = registry
        self.site = site
        self.policy = policy
        self.of_registrar = registrar
        self.hidden: list[Hidden] = []
        """The contacts shown so far that do not disclose everything."""

    def domain(self, domain: Domain) -> Shown:
        """Return a domain (5.3)."""
        statuses = (*self.registry.statuses(domain), *self.registry.rgp_statuses(domain))
        events = [*_events(domain), event("expiration", domain.expires)]
        if self.of_registrar:
            events.append(event("registrar expiration", domain.expires))
        return {
            "objectClassName": "domain",
            "handle": domain.roid,
            **named(domain.name),
            "status": statuses_of(statuses),
            "entities": self._entities(domain),
            "nameservers": [
                *(self._server(name) for name in domain.nameservers),
                *(self._attribute(one) for one in domain.attributes),
            ],
            **variants_of(self.registry, domain),
            "secureDNS": _secure_dns(domain),
            "events": events,
            "links": [*self.links("domain", domain.name), *self._related(domain)],
        }

    def nameserver(self, host: Host) -> Shown:
        """Return a host (5.2)."""
        registrar = self.registry.registrar(host.registrar)
        return {
            "objectClassName": "nameserver",
            "handle": host.roid,
            **named(host.name),
            **_addresses(host.addresses),
            "status": statuses_of(self.registry.statuses(host)),
            "entities": [self.registrar(registrar, ("registrar",))] if registrar else [],
            "events": _events(host),
            "links": self.links("nameserver", host.name),
        }

    def contact(self, contact: Contact, roles: Sequence[str] = ()) -> Shown:
        """Return a contact as an entity (5.1). roles: in the object that it is shown with."""
        registrar = self.registry.registrar(contact.registrar)
        fields = hidden_fields(contact, self.policy)
        reach = f"mailto:{registrar.email}" if registrar and registrar.email else f"{self.site.base}/help"
        card = jcard.of_contact(as_disclosed(contact, self.policy), {one.element for one in fields}, reach)
        shown: Shown = {
            "objectClassName": "entity",
            "handle": contact.roid,  # RP 2.7.3
            "vcardArray": card,
            "status": statuses_of(self.registry.statuses(contact)),
            "events": _events(contact),
            "links": self.links("entity", contact.roid),
        }
        if fields:
            reason = reason_of(contact)
            self.hidden.append(Hidden(shown, fields, reason))
            listed = ", ".join(dict.fromkeys(ELEMENTS[one.element] for one in fields))
            shown["remarks"] = [
                {
                    "title": "REDACTED FOR PRIVACY",
                    "type": "object truncated due to authorization",
                    "description": [f"{reason} Hidden: {listed}."],
                }
            ]
        if roles:
            shown["roles"] = list(roles)
        elif registrar:
            shown["entities"] = [self.registrar(registrar, ("registrar",))]
        return shown

    def registrar(self, registrar: Registrar, roles: Sequence[str] = ("registrar",)) -> Shown:
        """Return a registrar as an entity (5.1)."""
        handle = str(registrar.iana_id or registrar.id)  # RP 2.4.2
        shown: Shown = {
            "objectClassName": "entity",
            "handle": handle,
            "vcardArray": jcard.of_registrar(registrar),
            "roles": list(roles),
            "links": [*self.links("entity", handle), self._about(registrar)],
        }
        if registrar.iana_id:
            shown["publicIds"] = [{"type": "IANA Registrar ID", "identifier": str(registrar.iana_id)}]
        if registrar.abuse_email or registrar.abuse_phone:
            abuse = {"objectClassName": "entity", "vcardArray": jcard.of_abuse(registrar), "roles": ["abuse"]}
            shown["entities"] = [abuse]
        if server := registrar.whois_server or self.site.whois_server:
            shown["port43"] = server
        return shown

    def links(self, kind: str, name: str) -> list[Shown]:
        """Return the links of an object (4.2)."""
        url = f"{self.site.base}/{kind}/{name}"
        return [{"value": url, "rel": "self", "href": url, "type": MEDIA_TYPE}]

    def _own_rdap(self, registrar: Registrar) -> str:
        """Return the base URL of a registrar's own RDAP, with a slash at the end."""
        site = self.site.base.partition("/registrar/")[0] if self.of_registrar else self.site.base
        return f"{site}/registrar/{registrar.id}/"

    def _about(self, registrar: Registrar) -> Shown:
        """Return the link to a registrar's RDAP (RP 2.4.6)."""
        url = self._own_rdap(registrar)
        return {"value": url, "rel": "about", "href": url, "type": MEDIA_TYPE}

    def _related(self, domain: Domain) -> list[Shown]:
        """Return the link to the registrar's answer about a domain (TIG 3.2)."""
        registrar = self.registry.registrar(domain.registrar)
        if registrar is None or self.of_registrar:
            return []
        href = f"{self._own_rdap(registrar)}domain/{domain.name}"
        return [{"value": self.site.url or href, "rel": "related", "href": href, "type": MEDIA_TYPE}]

    def _entities(self, domain: Domain) -> list[Shown]:
        """Return a domain's registrar, and each contact once with all its roles; of a thin registry no contacts."""
        roles: dict[str, list[str]] = {}
        thick = self.of_registrar or self.registry.policy_of(domain).whois == "thick"
        for role, key in domain.contact_ids() if thick else ():
            roles.setdefault(key.lower(), []).append(ROLES[role])
        contacts = ((self.registry.contact(key), of) for key, of in roles.items())
        entities = [self.contact(one, of) for one, of in contacts if one is not None]
        registrar = self.registry.registrar(domain.registrar)
        return [self.registrar(registrar), *entities] if registrar else entities

    def _server(self, name: str) -> Shown:
        host = self.registry.host(name)
        if host is None:
            return {"objectClassName": "nameserver", **named(name)}
        shown = self.nameserver(host)
        del shown["entities"], shown["events"]
        return shown

    def _attribute(self, attribute: HostAttribute) -> Shown:
        return {"objectClassName": "nameserver", **named(attribute.name), **_addresses(attribute.addresses)}


def statuses_of(statuses: Iterable[str]) -> list[str]:
    """Return EPP statuses in RDAP's words (RFC 8056 2), without duplicates."""
    return list(dict.fromkeys(WORDS.get(one) or re.sub(r"(?=[A-Z])", " ", one).lower() for one in statuses))


def event(action: str, time: float) -> Shown:
    """Return an event (4.5)."""
    shown = to_moment(time).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return {"eventAction": action, "eventDate": shown}


def named(name: str) -> Shown:
    """Return a name in A-labels, and in U-labels if they differ (3)."""
    unicode_name = readable_name(name)
    return {"ldhName": name} if unicode_name == name else {"ldhName": name, "unicodeName": unicode_name}


def _events(one: Sponsored) -> list[Shown]:
    times = (("registration", one.created), ("last changed", one.updated), ("transfer", one.transferred))
    return [event(action, time) for action, time in times if time is not None]


def _addresses(addresses: Iterable[str]) -> Shown:
    """Return addresses by family; families without one are left out."""
    families: dict[str, list[str]] = {}
    for address in addresses:
        families.setdefault("v6" if ":" in address else "v4", []).append(address)
    return {"ipAddresses": families} if families else {}


def _secure_dns(domain: Domain) -> Shown:
    """Return a domain's DNSSEC delegation (5.3)."""
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
