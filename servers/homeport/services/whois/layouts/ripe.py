"""A layout like RIPE's: attributes in lower case, remarks behind `%`, numbered errors, and flags.

-B   mail addresses, too          -T type,type   only these types: domain, host, person, organisation
-r   without the contacts         -k             keep the connection: two empty lines end an answer,
-V   the client's name                           and -k alone or an empty line ends the connection
"""

from collections.abc import Iterable, Iterator, Sequence

from homeport.services.whois.layouts import HELP, LISTED, Layout, postal_lines, stamp
from homeport.services.whois.query import Query
from homeport.services.whois.search import Record, key_of
from homeport.world.people import Person
from homeport.world.registry import Contact, Domain, Host, Registrar, Stored

SOURCE = "HOMEPORT"
COLUMN = 16
NO_ENTRIES = 101
MAIL = ("e-mail:", "abuse-mailbox:")
FLAGS_HELP = (
    "Flags: -B mail addresses, too; -T type,type only these types (domain, host, person, organisation);",
    "       -r without the contacts; -k keep the connection (-k alone or an empty line ends it).",
)


class Ripe(Layout):
    """`domain:         homeport.test`, and so on."""

    flags = True

    def answer(self, query: Query, found: Sequence[Record]) -> list[str]:
        """Every record that was found, and the contacts that they name."""
        records = list(found[:LISTED])
        if not query.flags.lone:
            records += self._referenced(records)
        lines = self.remarks(["This is the Homeport database query service.", f'Information about "{query.key}"'])
        filtered = False
        for record in records:
            lines.append("")
            for line in self.record(record):
                if query.flags.unfiltered or not line.startswith(MAIL):
                    lines.append(line)
                else:
                    filtered = True
        if len(found) > LISTED:
            lines += ["", *self.remarks([f"{len(found) - LISTED} more records are not shown; ask for less."])]
        if filtered:
            lines += ["", *self.remarks(["Mail addresses are left out; flag -B shows them."])]
        return lines

    def none(self, text: str, template: str) -> list[str]:
        said = super().none(text, template) if template else [f"No entries found in source {SOURCE}."]
        return [*self.error(NO_ENTRIES, "no entries found"), *self.remarks(["", *said])]

    def help(self) -> list[str]:
        return self.remarks((*HELP, "", *FLAGS_HELP))

    def error(self, number: int, text: str) -> list[str]:
        return [f"%ERROR:{number}: {text}"]

    def remarks(self, lines: Iterable[str]) -> list[str]:
        return [f"% {line}".rstrip() for line in lines]

    def domain(self, domain: Domain) -> Iterator[str]:
        yield from attributes(
            ("domain", domain.name),
            *((role if role == "registrant" else f"{role}-c", key) for role, key in domain.contact_ids()),
            *(("nserver", name) for name in domain.server_names),
            *(("ds-rdata", f"{one.key_tag} {one.algorithm} {one.digest_type} {one.digest}") for one in domain.signers),
            *(("status", status) for status in self.statuses(domain)),
            ("expires", stamp(domain.expires)),
            *ending(domain),
        )

    def host(self, host: Host) -> Iterator[str]:
        addresses = (("inet6num" if ":" in one else "inetnum", one) for one in host.addresses)
        yield from attributes(("host", host.name), *addresses, *ending(host))

    def contact(self, contact: Contact) -> Iterator[str]:
        postal = contact.shown_postal
        yield from attributes(
            ("person", postal.name or postal.organization),
            *(("org-name", postal.organization) for _ in range(bool(postal.name))),
            *(("address", line) for line in postal_lines(postal)),
            ("phone", contact.voice),
            ("fax-no", contact.fax),
            ("e-mail", contact.email),
            ("nic-hdl", contact.id),
            *ending(contact),
        )

    def registrar(self, registrar: Registrar) -> Iterator[str]:
        yield from attributes(
            ("organisation", registrar.id),
            ("org-name", registrar.name),
            ("org-type", "REGISTRAR"),
            *(("address", line) for line in postal_lines(registrar.postal)),
            ("phone", registrar.voice),
            ("fax-no", registrar.fax),
            ("e-mail", registrar.email),
            ("abuse-mailbox", registrar.abuse_email),
            ("whois", registrar.whois_server),
            ("remarks", registrar.url),
            ("source", SOURCE),
        )

    def person(self, person: Person) -> Iterator[str]:
        yield from attributes(
            ("person", person.name),
            ("address", person.office),
            ("phone", person.phone),
            ("e-mail", person.email),
            ("nic-hdl", person.login),
            ("source", SOURCE),
        )

    def _referenced(self, records: Sequence[Record]) -> list[Record]:
        shown = {key_of(record).lower() for record in records if isinstance(record, Contact)}
        more: list[Record] = []
        for domain in records:
            for _role, key in domain.contact_ids() if isinstance(domain, Domain) else ():
                contact = self.world.registry.contact(key)
                if contact and key.lower() not in shown:
                    shown.add(key.lower())
                    more.append(contact)
        return more


def ending(stored: Stored) -> Iterator[tuple[str, str]]:
    """The attributes that end every object of the registry."""
    yield "mnt-by", stored.registrar
    yield "created", stamp(stored.created)
    yield "last-modified", stamp(stored.created if stored.updated is None else stored.updated)
    yield "source", SOURCE


def attributes(*pairs: tuple[str, str]) -> Iterator[str]:
    """A line for each attribute that has a value."""
    return (f"{name + ':':<{COLUMN}}{value}" for name, value in pairs if value)
