"""A plain layout for people: what there is, in words, and how long a domain still runs."""

from collections.abc import Iterator

from homeport.services.whois.layouts import Layout, postal_lines, stamp
from homeport.world.people import Person
from homeport.world.registry import Contact, Domain, Host, Registrar

COLUMN = 14
DAY = 86_400


class Plain(Layout):
    """`Domain:       homeport.test`, and so on."""

    def domain(self, domain: Domain) -> Iterator[str]:
        yield from rows(
            ("Domain", domain.name),
            ("Status", ", ".join(self.statuses(domain))),
            ("Registrar", self._registrar_name(domain.registrar)),
            *((role.capitalize(), self._contact_name(key)) for role, key in domain.contact_ids()),
            *(("Server", name) for name in domain.server_names),
            *(("DS", f"{one.key_tag} {one.algorithm} {one.digest_type} {one.digest}") for one in domain.signers),
            ("Created", stamp(domain.created)),
            ("Updated", "" if domain.updated is None else stamp(domain.updated)),
            ("Expires", f"{stamp(domain.expires)} ({remaining(domain.expires - self.world.clock.now())})"),
        )

    def host(self, host: Host) -> Iterator[str]:
        yield from rows(
            ("Host", host.name),
            *(("Address", address) for address in host.addresses),
            ("Registrar", self._registrar_name(host.registrar)),
            ("Serves", ", ".join(domain.name for domain in self.world.registry.domains_of_host(host.name))),
        )

    def contact(self, contact: Contact) -> Iterator[str]:
        yield from rows(
            ("Contact", contact.id),
            ("Name", contact.shown_postal.name),
            ("Organization", contact.shown_postal.organization),
            *(("Address", line) for line in postal_lines(contact.shown_postal)),
            ("Phone", contact.voice),
            ("Fax", contact.fax),
            ("Mail", contact.email),
            ("Registrar", self._registrar_name(contact.registrar)),
        )

    def registrar(self, registrar: Registrar) -> Iterator[str]:
        yield from rows(
            ("Registrar", registrar.id),
            ("Name", registrar.name),
            ("IANA number", str(registrar.iana_id or "")),
            *(("Address", line) for line in postal_lines(registrar.postal)),
            ("Phone", registrar.voice),
            ("Fax", registrar.fax),
            ("Mail", registrar.email),
            ("Web", registrar.url),
            ("Whois", registrar.whois_server),
            ("Abuse", ", ".join(one for one in (registrar.abuse_email, registrar.abuse_phone) if one)),
        )

    def person(self, person: Person) -> Iterator[str]:
        yield from rows(
            ("Person", person.login),
            ("Name", person.name),
            ("Office", person.office),
            ("Phone", person.phone),
            ("Mail", person.email),
        )

    def _registrar_name(self, key: str) -> str:
        registrar = self.world.registry.registrar(key)
        return f"{registrar.name} ({key})" if registrar else key

    def _contact_name(self, key: str) -> str:
        contact = self.world.registry.contact(key)
        return f"{contact.shown_postal.name or contact.shown_postal.organization} ({key})" if contact else key


def remaining(seconds: float) -> str:
    """How long something still runs, or since when it does no more."""
    days = round(abs(seconds) / DAY)
    span = "1 day" if days == 1 else f"{days} days" if days else "less than a day"
    return f"in {span}" if seconds > 0 else f"expired {span} ago"


def rows(*pairs: tuple[str, str]) -> Iterator[str]:
    """A line for each value that there is."""
    return (f"{label + ':':<{COLUMN}}{value}" for label, value in pairs if value)
