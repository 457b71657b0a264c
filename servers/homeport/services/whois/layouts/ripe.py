"""A layout like RIPE's: attributes in lower case, remarks after `%`, numbered errors, and flags.

-B   mail addresses, too          -T type,type   only these types: domain, host, person, organisation, inetnum, ...
-r   without the contacts         -k             keep the connection: two empty lines end an answer,
-K   primary keys only                           and -k alone or an empty line ends the connection
-V   the client's name            -i origin      the routes of an AS number
-x   the exact network only       -l, -L         one level, all levels less specific; -m, -M more specific
-C name, --charset name   the encoding of the answer; -T dn,ace is DENIC's for domains
"""

from collections.abc import Iterable, Iterator, Sequence

from homeport.services.whois.layouts import HELP, MAX_LISTED, Layout, phone, postal_lines, stamp
from homeport.services.whois.levels import rpsl_type
from homeport.services.whois.query import Query
from homeport.services.whois.search import Record, key_of
from homeport.world.numbers import AsNumbers, Network, Route
from homeport.world.people import Person
from homeport.world.registry import Contact, Domain, Host, Registrar, Stored

SOURCE = "HOMEPORT"
COLUMN = 16
NO_ENTRIES = 101
MAIL = ("e-mail:", "abuse-mailbox:")
FLAGS_HELP = (
    "Flags: -B mail addresses, too; -T type,type only these types (domain, host, person, organisation,",
    "       inetnum, inet6num, route, route6, aut-num, as-block); -K primary keys only;",
    "       -x this network only; -l, -L one level, all levels less specific; -m, -M more specific;",
    "       -i origin the routes of an AS number;",
    "       -C or --charset NAME the encoding of the answer (utf-8, latin-1, ascii); -T dn,ace as DENIC has it;",
    "       -r without the contacts; -k keep the connection (-k alone or an empty line ends it).",
)


class Ripe(Layout):
    """`domain:         homeport.test`, and so on."""

    flags = True

    def answer(self, query: Query, found: Sequence[Record]) -> list[str]:
        """Return all matching records, and the contacts they refer to."""
        records = list(found[:MAX_LISTED])
        if not query.flags.lone:
            records += self._referenced(records)
        lines = self.remarks(["This is the Homeport database query service.", f'Information about "{query.key}"'])
        filtered = False
        for record in records:
            lines += ["", *self._heading(record)]
            for line in self.keys_of(record) if query.flags.keys_only else self.record(record):
                if query.flags.unfiltered or not line.startswith(MAIL):
                    lines.append(line)
                else:
                    filtered = True
        if len(found) > MAX_LISTED:
            more = (
                "More" if query.numbers else f"{len(found) - MAX_LISTED} more"
            )  # numbers are not looked for to the end
            lines += ["", *self.remarks([f"{more} records are not shown; narrow the query."])]
        if filtered:
            lines += ["", *self.remarks(["Mail addresses are hidden; flag -B shows them."])]
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
        yield from self.lines(
            ("domain", domain.name),
            *((role if role == "registrant" else f"{role}-c", key) for role, key in self.contact_ids(domain)),
            *(("nserver", name) for name in domain.server_names),
            *(("ds-rdata", f"{one.key_tag} {one.algorithm} {one.digest_type} {one.digest}") for one in domain.signers),
            *(("status", status) for status in self.statuses(domain)),
            ("expires", stamp(domain.expires)),
            *ending(domain),
        )

    def host(self, host: Host) -> Iterator[str]:
        addresses = (("inet6num" if ":" in one else "inetnum", one) for one in host.addresses)
        yield from self.lines(("host", host.name), *addresses, *ending(host))

    def contact(self, contact: Contact) -> Iterator[str]:
        postal = contact.shown_postal
        yield from self.lines(
            ("person", postal.name or postal.organization),
            *(("org-name", postal.organization) for _ in range(bool(postal.name))),
            *(("address", line) for line in postal_lines(postal)),
            ("phone", phone(contact.voice, contact.voice_ext)),
            ("fax-no", phone(contact.fax, contact.fax_ext)),
            ("e-mail", contact.email),
            ("nic-hdl", contact.id),
            *ending(contact),
        )

    def registrar(self, registrar: Registrar) -> Iterator[str]:
        yield from self.lines(
            ("organisation", registrar.id),
            ("org-name", registrar.name),
            ("org-type", "REGISTRAR"),
            *(("address", line) for line in postal_lines(registrar.postal)),
            ("phone", registrar.voice),
            ("fax-no", registrar.fax),
            ("e-mail", registrar.email),
            ("abuse-mailbox", registrar.abuse_email),
            ("whois", self.whois_server(registrar)),
            ("remarks", registrar.url),
            ("source", SOURCE),
        )

    def person(self, person: Person) -> Iterator[str]:
        yield from self.lines(
            ("person", person.name),
            ("address", person.office),
            ("phone", person.phone),
            ("e-mail", person.email),
            ("nic-hdl", person.login),
            ("source", SOURCE),
        )

    def network(self, network: Network) -> Iterator[str]:
        where = self.world.numbers.networks.range_of(network)
        key = where.span if where.family == "v4" else str(where)
        yield from self.lines((rpsl_type(network), key), ("netname", network.name), *self._holding(network))

    def route(self, route: Route) -> Iterator[str]:
        """Yield an object for each origin: prefix and origin are its key (RFC 2622 4)."""
        for number, origin in enumerate(route.origins):
            if number:
                yield ""
            yield from self.lines(
                (rpsl_type(route), route.prefix),
                ("descr", route.description),
                ("origin", origin),
                *holding_end(route),
            )

    def as_number(self, numbers: AsNumbers) -> Iterator[str]:
        yield from self.lines((rpsl_type(numbers), numbers.range), ("as-name", numbers.name), *self._holding(numbers))

    def relevant(self, found: Sequence[Record]) -> Sequence[Record]:
        return found

    def keys_of(self, record: Record) -> Iterator[str]:
        """Yield the primary keys of a record."""
        lines = [*self.record(record)]
        if isinstance(record, Route):
            yield from (line for line in lines if not line or line.startswith(("route", "origin:")))
        elif isinstance(record, Contact | Person):
            yield from (line for line in lines if line.startswith("nic-hdl:"))
        else:
            yield from lines[:1]

    def _heading(self, record: Record) -> list[str]:
        """Return the remarks before a network or AS number."""
        if not isinstance(record, Network | AsNumbers):
            return []
        numbers = self.world.numbers
        where = (numbers.networks if isinstance(record, Network) else numbers.as_numbers).parse(record.range)
        name = where.span if where.family == "v4" else str(where)
        lines = [f"Information related to '{name}'", ""]
        if record.abuse_email:
            lines += [f"Abuse contact for '{name}' is '{record.abuse_email}'"]
        return [line and f"% {line}" for line in lines] + ([""] if record.abuse_email else [])

    def _holding(self, one: Network | AsNumbers) -> Iterator[tuple[str, str]]:
        yield from (("descr", one.description), ("country", one.country))
        if registrar := self.world.registry.registrar(one.organization) if one.organization else None:
            yield "org", registrar.id
        yield from (("admin-c", one.admin), ("tech-c", one.tech), ("status", one.status))
        yield from holding_end(one)

    def _contacts_of(self, record: Record) -> Iterator[str]:
        """Yield the identifiers of the contacts of a record."""
        if isinstance(record, Domain):
            yield from (key for _role, key in self.contact_ids(record))
        elif isinstance(record, Network | AsNumbers):
            yield from (key for key in (record.admin, record.tech) if key)

    def _referenced(self, records: Sequence[Record]) -> list[Record]:
        shown = {key_of(record).lower() for record in records if isinstance(record, Contact)}
        more: list[Record] = []
        for one in records:
            holder = one.organization if isinstance(one, Network | AsNumbers) else ""
            registrar = self.world.registry.registrar(holder) if holder else None
            if registrar and f"={registrar.id}" not in shown:
                shown.add(f"={registrar.id}")  # no identifier of a contact begins like that
                more.append(registrar)
            for key in self._contacts_of(one):
                contact = self.contact_of(key)
                if contact and key.lower() not in shown:
                    shown.add(key.lower())
                    more.append(contact)
        return more

    def lines(self, *pairs: tuple[str, str]) -> Iterator[str]:
        """Yield a line for each attribute that is shown."""
        return (f"{name + ':':<{COLUMN}}{value}".rstrip() for name, value in pairs if self.shows(value))


def holding_end(one: Network | AsNumbers | Route) -> Iterator[tuple[str, str]]:
    """Yield the last attributes of networks, routes and AS numbers."""
    yield "mnt-by", maintainer(one.organization)
    yield "created", "" if one.created is None else stamp(one.created)
    changed = one.created if one.updated is None else one.updated
    yield "last-modified", "" if changed is None else stamp(changed)
    yield "source", SOURCE


def maintainer(organization: str) -> str:
    """Return a name for the maintainer of an organization's objects."""
    return f"{'-'.join(organization.upper().split()) or SOURCE}-MNT"


def ending(stored: Stored) -> Iterator[tuple[str, str]]:
    """Yield the last attributes of every registry object."""
    yield "mnt-by", stored.registrar
    yield "created", stamp(stored.created)
    yield "last-modified", stamp(stored.created if stored.updated is None else stored.updated)
    yield "source", SOURCE
