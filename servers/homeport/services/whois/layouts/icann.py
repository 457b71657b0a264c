"""ICANN's registration-data layout: the keys and their order that the 2013 agreements make registries show.

Records of kinds that those do not know, contacts and people, use the same keys as far as there are any.
A field without a value is left out.
"""

from collections.abc import Iterator, Sequence

from homeport.services.whois.layouts import Layout, stamp
from homeport.services.whois.query import Query
from homeport.services.whois.search import Record
from homeport.world.people import Person
from homeport.world.registry import Contact, Domain, Host, PostalInfo, Registrar
from homeport.world.whois_texts import WhoisText


class Icann(Layout):
    """`Domain Name: homeport.test`, and so on."""

    def answer(self, query: Query, found: Sequence[Record]) -> list[str]:
        lines = super().answer(query, found)
        # A configured text stands alone: it may pose as another server's whole answer.
        return lines if isinstance(found[0], WhoisText) and len(found) == 1 else [*lines, self._last_update()]

    def none(self, text: str, template: str) -> list[str]:
        return [*super().none(text, template), self._last_update()]

    def domain(self, domain: Domain) -> Iterator[str]:
        yield from fields(
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
        for role, key in domain.contact_ids():
            if contact := self.world.registry.contact(key):
                label = role.capitalize()
                yield from fields((f"Registry {label} ID", contact.roid), *contact_fields(label, contact))
        yield from (f"Name Server: {name}" for name in domain.server_names)
        yield f"DNSSEC: {'signedDelegation' if domain.signers or domain.keys else 'unsigned'}"
        for one in domain.signers:
            yield f"DNSSEC DS Data: {one.key_tag} {one.algorithm} {one.digest_type} {one.digest}"

    def host(self, host: Host) -> Iterator[str]:
        registrar = self.world.registry.registrar(host.registrar)
        yield from fields(
            ("Server Name", host.name),
            *(("IP Address", address) for address in host.addresses),
            ("Registrar", registrar.name if registrar else host.registrar),
            *self._registrar_service(host.registrar),
        )

    def contact(self, contact: Contact) -> Iterator[str]:
        registrar = self.world.registry.registrar(contact.registrar)
        yield from fields(
            ("Contact ID", contact.id),
            ("Registry Contact ID", contact.roid),
            *contact_fields("Contact", contact),
            ("Registrar", registrar.name if registrar else contact.registrar),
        )

    def registrar(self, registrar: Registrar) -> Iterator[str]:
        yield from fields(
            ("Registrar Name", registrar.name),
            ("Registrar ID", registrar.id),
            ("Registrar IANA ID", str(registrar.iana_id or "")),
            *postal_fields("", registrar.postal),
            ("Phone Number", registrar.voice),
            ("Fax Number", registrar.fax),
            ("Email", registrar.email),
            ("Registrar WHOIS Server", registrar.whois_server),
            ("Registrar URL", registrar.url),
            ("Registrar Abuse Contact Email", registrar.abuse_email),
            ("Registrar Abuse Contact Phone", registrar.abuse_phone),
        )

    def person(self, person: Person) -> Iterator[str]:
        yield from fields(
            ("Person Name", person.name),
            ("Person ID", person.login),
            ("Person Office", person.office),
            ("Person Phone", person.phone),
            ("Person Email", person.email),
        )

    def _registrar_service(self, key: str) -> Iterator[tuple[str, str]]:
        if registrar := self.world.registry.registrar(key):
            yield "Registrar WHOIS Server", registrar.whois_server
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


def contact_fields(label: str, contact: Contact) -> Iterator[tuple[str, str]]:
    """A contact's fields with its role in front."""
    postal = contact.shown_postal
    yield from ((f"{label} Name", postal.name), (f"{label} Organization", postal.organization))
    yield from postal_fields(f"{label} ", postal)
    yield from ((f"{label} Phone", contact.voice), (f"{label} Fax", contact.fax), (f"{label} Email", contact.email))


def postal_fields(prefix: str, postal: PostalInfo) -> Iterator[tuple[str, str]]:
    """An address, field by field."""
    yield from ((f"{prefix}Street", line) for line in postal.street)
    yield f"{prefix}City", postal.city
    yield f"{prefix}State/Province", postal.province
    yield f"{prefix}Postal Code", postal.postal_code
    yield f"{prefix}Country", postal.country


def fields(*pairs: tuple[str, str]) -> Iterator[str]:
    """A line for each field that has a value."""
    return (f"{label}: {value}" for label, value in pairs if value)
