"""ICANN's registration-data layout: keys and their order as the 2013 agreements require of registries.

Contacts and people, which those do not define, use the same keys as far as possible. Networks and AS numbers have the
keys of ARIN.
A field without a value is left out.
"""

from collections.abc import Iterator, Sequence

from homeport.services.whois.layouts import Layout, day, stamp
from homeport.services.whois.levels import range_or_none
from homeport.services.whois.query import Query
from homeport.services.whois.search import Record
from homeport.world.numbers import AsNumbers, Network, Range, Route
from homeport.world.people import Person
from homeport.world.registry import Contact, Domain, Host, PostalInfo, Registrar
from homeport.world.whois_texts import WhoisText


class Icann(Layout):
    """`Domain Name: homeport.test`, and so on."""

    def answer(self, query: Query, found: Sequence[Record]) -> list[str]:
        lines = super().answer(query, found)
        # No footer: a configured text may imitate another server's whole answer.
        return lines if isinstance(found[0], WhoisText) and len(found) == 1 else [*lines, self._last_update()]

    def none(self, text: str, template: str) -> list[str]:
        return [*super().none(text, template), self._last_update()]

    def domain(self, domain: Domain) -> Iterator[str]:
        yield from self.lines(
            ("Domain Name", domain.name),
            ("Registry Domain ID", domain.roid),
            *self._registrar_service(domain.registrar),
            ("Updated Date", "" if domain.updated is None else stamp(domain.updated)),
            ("Creation Date", stamp(domain.created)),
            ("Registry Expiry Date", stamp(domain.expires)),
            *self._sponsor(domain.registrar),
        )
        for status in self.statuses(domain):
            yield f"Domain Status: {status} https://icann.org/epp#{status}"
        for role, key in self.contact_ids(domain):
            if contact := self.contact_of(key):
                label = role.capitalize()
                yield from self.lines((f"Registry {label} ID", contact.roid), *contact_fields(label, contact))
        yield from (f"Name Server: {name}" for name in domain.server_names)
        yield f"DNSSEC: {'signedDelegation' if domain.signers or domain.keys else 'unsigned'}"
        for one in domain.signers:
            yield f"DNSSEC DS Data: {one.key_tag} {one.algorithm} {one.digest_type} {one.digest}"

    def host(self, host: Host) -> Iterator[str]:
        registrar = self.world.registry.registrar(host.registrar)
        yield from self.lines(
            ("Server Name", host.name),
            *(("IP Address", address) for address in host.addresses),
            ("Registrar", registrar.name if registrar else host.registrar),
            *self._registrar_service(host.registrar),
        )

    def contact(self, contact: Contact) -> Iterator[str]:
        registrar = self.world.registry.registrar(contact.registrar)
        yield from self.lines(
            ("Contact ID", contact.id),
            ("Registry Contact ID", contact.roid),
            *contact_fields("Contact", contact),
            ("Registrar", registrar.name if registrar else contact.registrar),
        )

    def registrar(self, registrar: Registrar) -> Iterator[str]:
        yield from self.lines(
            ("Registrar Name", registrar.name),
            ("Registrar ID", registrar.id),
            ("Registrar IANA ID", str(registrar.iana_id or "")),
            *postal_fields("", registrar.postal),
            ("Phone Number", registrar.voice),
            ("Fax Number", registrar.fax),
            ("Email", registrar.email),
            ("Registrar WHOIS Server", self.whois_server(registrar)),
            ("Registrar URL", registrar.url),
            ("Registrar Abuse Contact Email", registrar.abuse_email),
            ("Registrar Abuse Contact Phone", registrar.abuse_phone),
        )

    def person(self, person: Person) -> Iterator[str]:
        yield from self.lines(
            ("Person Name", person.name),
            ("Person ID", person.login),
            ("Person Office", person.office),
            ("Person Phone", person.phone),
            ("Person Email", person.email),
        )

    def network(self, network: Network) -> Iterator[str]:
        """Yield a network in ARIN's form."""
        numbers = self.world.numbers
        where = numbers.networks.range_of(network)
        above = numbers.networks.index.less_specific(where, 1)
        yield from self.columns(
            ("NetRange", where.span),
            ("CIDR", ", ".join(where.prefixes())),
            ("NetName", network.name),
            ("NetHandle", net_handle(where)),
            ("Parent", f"{above[0].name} ({net_handle(numbers.networks.range_of(above[0]))})" if above else ""),
            ("NetType", network.status),
            ("OriginAS", ", ".join(self.origins(network))),
            *self._holding(network),
        )

    def route(self, route: Route) -> Iterator[str]:
        yield from self.columns(
            ("Route", route.prefix),
            ("OriginAS", ", ".join(route.origins)),
            ("Organization", self.holder(route.organization)),
            ("RegDate", day(route.created)),
            ("Updated", day(route.created if route.updated is None else route.updated)),
            ("Comment", route.description),
        )

    def as_number(self, numbers: AsNumbers) -> Iterator[str]:
        """Yield AS numbers in ARIN's form."""
        where = self.world.numbers.as_numbers.range_of(numbers)
        last = f" - {where.last}" if where.last != where.first else ""
        yield from self.columns(
            ("ASNumber", f"{where.first}{last}"),
            ("ASName", numbers.name),
            ("ASHandle", where.one),
            *self._holding(numbers),
        )

    def _holding(self, one: Network | AsNumbers) -> Iterator[tuple[str, str]]:
        """Yield the fields that networks and AS numbers share, with the address of a holder who is a registrar."""
        yield "Organization", self.holder(one.organization)
        yield "RegDate", day(one.created)
        yield "Updated", day(one.created if one.updated is None else one.updated)
        yield "Comment", one.description
        registrar = self.world.registry.registrar(one.organization) if one.organization else None
        if registrar is not None:
            postal = registrar.postal
            yield from (("OrgName", registrar.name), ("OrgId", registrar.id))
            yield from (("Address", line) for line in postal.street)
            yield from (("City", postal.city), ("StateProv", postal.province), ("PostalCode", postal.postal_code))
        yield "Country", one.country
        yield "OrgAbuseEmail", one.abuse_email

    def columns(self, *pairs: tuple[str, str]) -> Iterator[str]:
        """Yield a line for each field that is shown, in ARIN's columns."""
        return (f"{label + ':':<16}{value}".rstrip() for label, value in pairs if self.shows(value))

    def referral(self, domain: str, server: str) -> list[str]:
        """Return a referral; for networks and AS numbers in ARIN's form too."""
        lines = super().referral(domain, server)
        return lines if range_or_none(domain) is None else [*lines, "", f"ReferralServer:  whois://{server}"]

    def _registrar_service(self, key: str) -> Iterator[tuple[str, str]]:
        if registrar := self.world.registry.registrar(key):
            yield "Registrar WHOIS Server", self.whois_server(registrar)
            yield "Registrar URL", registrar.url

    def _sponsor(self, key: str) -> Iterator[tuple[str, str]]:
        registrar = self.world.registry.registrar(key)
        if registrar is None:
            yield "Registrar", key
            return
        yield "Registrar", registrar.name
        yield "Registrar IANA ID", str(registrar.iana_id or "")
        yield "Registrar Abuse Contact Email", registrar.abuse_email
        yield "Registrar Abuse Contact Phone", registrar.abuse_phone

    def _last_update(self) -> str:
        return f">>> Last update of WHOIS database: {stamp(self.world.clock.now())} <<<"

    def lines(self, *pairs: tuple[str, str]) -> Iterator[str]:
        """Yield a line for each field that is shown."""
        return (f"{label}: {value}".rstrip() for label, value in pairs if self.shows(value))


def net_handle(where: Range) -> str:
    """Return a network's handle as ARIN forms them: NET-192-0-2-0-1, NET6-2001-DB8-1."""
    if where.family == "v4":
        return f"NET-{where.one.replace('.', '-')}-1"
    return f"NET6-{where.one.rstrip(':').replace('::', '-0-').replace(':', '-').upper()}-1"


def contact_fields(label: str, contact: Contact) -> Iterator[tuple[str, str]]:
    """Yield a contact's fields with its role as prefix."""
    postal = contact.shown_postal
    yield from ((f"{label} Name", postal.name), (f"{label} Organization", postal.organization))
    yield from postal_fields(f"{label} ", postal)
    yield from ((f"{label} Phone", contact.voice), (f"{label} Phone Ext", contact.voice_ext))
    yield from ((f"{label} Fax", contact.fax), (f"{label} Fax Ext", contact.fax_ext), (f"{label} Email", contact.email))


def postal_fields(prefix: str, postal: PostalInfo) -> Iterator[tuple[str, str]]:
    """Yield the fields of an address."""
    yield from ((f"{prefix}Street", line) for line in postal.street)
    yield f"{prefix}City", postal.city
    yield f"{prefix}State/Province", postal.province
    yield f"{prefix}Postal Code", postal.postal_code
    yield f"{prefix}Country", postal.country
