"""A plain layout for people, with the remaining time of domains."""

from collections.abc import Iterator

from homeport.services.whois.layouts import MAX_LISTED, Layout, phone, postal_lines, stamp
from homeport.world.numbers import AsNumbers, Network, Route
from homeport.world.people import Person
from homeport.world.registry import Contact, Domain, Host, Registrar

COLUMN = 14
DAY = 86_400


class Plain(Layout):
    """`Domain:       homeport.test`, and so on."""

    def domain(self, domain: Domain) -> Iterator[str]:
        yield from self.lines(
            ("Domain", domain.name),
            ("Status", ", ".join(self.statuses(domain))),
            ("Registrar", self._registrar_name(domain.registrar)),
            *((role.capitalize(), self._contact_name(key)) for role, key in self.contact_ids(domain)),
            *(("Server", name) for name in domain.server_names),
            *(("DS", f"{one.key_tag} {one.algorithm} {one.digest_type} {one.digest}") for one in domain.signers),
            ("Created", stamp(domain.created)),
            ("Updated", "" if domain.updated is None else stamp(domain.updated)),
            ("Expires", f"{stamp(domain.expires)} ({remaining(domain.expires - self.world.clock.now())})"),
        )

    def host(self, host: Host) -> Iterator[str]:
        yield from self.lines(
            ("Host", host.name),
            *(("Address", address) for address in host.addresses),
            ("Registrar", self._registrar_name(host.registrar)),
            ("Serves", self._served(host.name)),
        )

    def contact(self, contact: Contact) -> Iterator[str]:
        yield from self.lines(
            ("Contact", contact.id),
            ("Name", contact.shown_postal.name),
            ("Organization", contact.shown_postal.organization),
            *(("Address", line) for line in postal_lines(contact.shown_postal)),
            ("Phone", phone(contact.voice, contact.voice_ext)),
            ("Fax", phone(contact.fax, contact.fax_ext)),
            ("Mail", contact.email),
            ("Registrar", self._registrar_name(contact.registrar)),
        )

    def registrar(self, registrar: Registrar) -> Iterator[str]:
        yield from self.lines(
            ("Registrar", registrar.id),
            ("Name", registrar.name),
            ("IANA number", str(registrar.iana_id or "")),
            *(("Address", line) for line in postal_lines(registrar.postal)),
            ("Phone", registrar.voice),
            ("Fax", registrar.fax),
            ("Mail", registrar.email),
            ("Web", registrar.url),
            ("Whois", self.whois_server(registrar)),
            ("Abuse", ", ".join(one for one in (registrar.abuse_email, registrar.abuse_phone) if one)),
        )

    def person(self, person: Person) -> Iterator[str]:
        yield from self.lines(
            ("Person", person.login),
            ("Name", person.name),
            ("Office", person.office),
            ("Phone", person.phone),
            ("Mail", person.email),
        )

    def network(self, network: Network) -> Iterator[str]:
        yield from self.lines(
            ("Network", network.range),
            ("Range", self.world.numbers.networks.range_of(network).span),
            ("Origin", ", ".join(self.origins(network))),
            *self._holding(network),
        )

    def route(self, route: Route) -> Iterator[str]:
        yield from self.lines(
            ("Route", route.prefix),
            ("Origin", ", ".join(route.origins)),
            ("About", route.description),
            ("Holder", self.holder(route.organization)),
        )

    def as_number(self, numbers: AsNumbers) -> Iterator[str]:
        yield from self.lines(("AS", numbers.range), *self._holding(numbers))

    def _holding(self, one: Network | AsNumbers) -> Iterator[tuple[str, str]]:
        yield from (("Name", one.name), ("About", one.description), ("Status", one.status))
        yield from (("Holder", self.holder(one.organization)), ("Country", one.country))
        yield from (
            (label, self._contact_name(key)) for label, key in (("Admin", one.admin), ("Tech", one.tech)) if key
        )
        yield "Abuse", one.abuse_email
        yield "Created", "" if one.created is None else stamp(one.created)
        yield "Updated", "" if one.updated is None else stamp(one.updated)

    def _served(self, name: str) -> str:
        domains = self.world.registry.domains_of_host(name)
        more = f" and {len(domains) - MAX_LISTED} more" if len(domains) > MAX_LISTED else ""
        return ", ".join(domain.name for domain in domains[:MAX_LISTED]) + more

    def _registrar_name(self, key: str) -> str:
        registrar = self.world.registry.registrar(key)
        return f"{registrar.name} ({key})" if registrar else key

    def _contact_name(self, key: str) -> str:
        contact = self.contact_of(key)
        name = (contact.shown_postal.name or contact.shown_postal.organization) if contact else ""
        return f"{name} ({key})" if name else key

    def lines(self, *pairs: tuple[str, str]) -> Iterator[str]:
        """Yield a line for each value that is shown."""
        return (f"{label + ':':<{COLUMN}}{value}".rstrip() for label, value in pairs if self.shows(value))


def remaining(seconds: float) -> str:
    """Return the time until an expiry, or since it, in words."""
    days = round(abs(seconds) / DAY)
    span = "1 day" if days == 1 else f"{days} days" if days else "less than a day"
    return f"in {span}" if seconds > 0 else f"expired {span} ago"
