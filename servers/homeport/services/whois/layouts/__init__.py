"""Layouts of answers. A layout is a class with a method for each kind of record, and its texts for everything else."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from importlib import import_module
from math import floor
from typing import ClassVar

from homeport.services.whois.levels import range_or_none
from homeport.services.whois.options import LayoutName, WhoisOptions
from homeport.services.whois.query import Query
from homeport.services.whois.search import KINDS, Record, disclosed, key_of, title_of
from homeport.world.clock import to_moment
from homeport.world.numbers import AsNumbers, Network, Route
from homeport.world.people import Person
from homeport.world.registry import Contact, Domain, Host, PostalInfo, Registrar
from homeport.world.whois_texts import WhoisText
from homeport.world.world import World

MAX_LISTED = 100
"""Maximum number of matches listed or shown."""

HELP = (
    "A query is one line that ends with CR LF. It is one of these:",
    "  homeport.test              a domain; also a host, a name, a handle",
    "  192.0.2.1, 192.0.2.0/24    an address, a prefix or a range: the hosts that have it, or its network",
    "  AS64496                    an AS number",
    "  network 192.0.2.1          a network or an AS number only; by its name, too (or ARIN's n + and a +)",
    "  domain NAME                a domain only",
    "  nameserver NAME            a host only (or: host NAME); an address finds the hosts that have it",
    "  registrar NAME             a registrar, by name, identifier or IANA number",
    "  contact ID                 a contact, by identifier or name",
    "  person NAME                people and contacts, by whole words of the name (or: name NAME, .NAME)",
    "  !HANDLE                    the record with that login, identifier or repository identifier",
    "  USER@HOST, USER@, @HOST    the record with that mailbox",
    "  BEGINNING... or BEGIN*     everything that begins with it",
)


class Layout(ABC):
    """A format of answers."""

    flags: ClassVar[bool] = False
    """True if queries may begin with RIPE's flags."""

    def __init__(self, world: World, options: WhoisOptions | None = None, server: str = "") -> None:
        self.world = world
        self.options = WhoisOptions() if options is None else options
        self.server = server
        """Name by which the client knows this server; shown for registrars that have no whois server of their own."""

    @abstractmethod
    def domain(self, domain: Domain) -> Iterator[str]: ...
    @abstractmethod
    def host(self, host: Host) -> Iterator[str]: ...
    @abstractmethod
    def contact(self, contact: Contact) -> Iterator[str]: ...
    @abstractmethod
    def registrar(self, registrar: Registrar) -> Iterator[str]: ...
    @abstractmethod
    def person(self, person: Person) -> Iterator[str]: ...

    @abstractmethod
    def network(self, network: Network) -> Iterator[str]: ...
    @abstractmethod
    def route(self, route: Route) -> Iterator[str]: ...
    @abstractmethod
    def as_number(self, numbers: AsNumbers) -> Iterator[str]: ...

    def relevant(self, found: Sequence[Record]) -> Sequence[Record]:
        """Return the records to show: hosts with an address instead of its network, which has the origins of routes."""
        for kind in (WhoisText, Host, Network):
            if any(isinstance(one, kind) for one in found) and any(isinstance(one, Network | Route) for one in found):
                return [one for one in found if isinstance(one, kind)]
        return found

    def origins(self, network: Network) -> tuple[str, ...]:
        """Return the origins of the most specific route to a network."""
        numbers = self.world.numbers
        route = numbers.routes.index.most_specific(numbers.networks.range_of(network))
        return route.origins if route else ()

    def holder(self, key: str) -> str:
        """Return the holder of numbers, with its identifier if it is a registrar."""
        registrar = self.world.registry.registrar(key) if key else None
        return f"{registrar.name} ({registrar.id})" if registrar else key

    def text(self, text: WhoisText) -> Iterator[str]:
        """Yield a configured text unchanged."""
        yield from text.text.splitlines()

    def record(self, record: Record) -> Iterator[str]:
        """Yield the lines of one record."""
        lines: Iterator[str] = getattr(self, KINDS[type(record)])(record)
        return lines

    def statuses(self, domain: Domain) -> Iterable[str]:
        """Return all current statuses of a domain: those of RFC 5731, then those of RFC 3915."""
        registry = self.world.registry
        return dict.fromkeys((*registry.statuses(domain), *registry.rgp_statuses(domain)))

    def answer(self, query: Query, found: Sequence[Record]) -> list[str]:
        """Return the lines of a single record, or a list of several."""
        if len(found) == 1:
            return list(self.record(found[0]))
        lines = [f'{len(found)} records match "{query.key}"; ask for one of them:', ""]
        queries = [f"{QUERIED_BY.get(KINDS[type(one)], '')}{key_of(one)}" for one in found[:MAX_LISTED]]
        width = max(map(len, queries))
        lines += [f"  {key.ljust(width)}  {title_of(one)}".rstrip() for key, one in zip(queries, found, strict=False)]
        if len(found) > MAX_LISTED:
            lines += [f"  ... and {len(found) - MAX_LISTED} more"]
        return lines

    def framed(self, found: Sequence[Record], lines: list[str]) -> list[str]:
        """Return an answer with the configured notice before and disclaimer after it.

        A configured text stands alone: it may imitate another server's whole answer.
        """
        if len(found) == 1 and isinstance(found[0], WhoisText):
            return lines
        before, after = (self.remarks(text.splitlines()) for text in (self.options.notice, self.options.disclaimer))
        return [*before, *([""] if before else []), *lines, *([""] if after else []), *after]

    def shows(self, value: str) -> bool:
        """True if a key with that value is shown."""
        return bool(value) or self.options.empty_keys

    def contact_ids(self, domain: Domain) -> Iterator[tuple[str, str]]:
        """Yield role and identifier of the contacts that are shown; of a thin registry none."""
        if self.world.registry.policy_of(domain).whois == "thick":
            yield from domain.contact_ids()

    def contact_of(self, key: str) -> Contact | None:
        """Return a contact as it is disclosed, or None."""
        contact = self.world.registry.contact(key)
        return None if contact is None else disclosed(self.world, contact)

    def whois_server(self, registrar: Registrar) -> str:
        """Return the registrar's whois server, which for those without one is this server."""
        return registrar.whois_server or self.server

    def none(self, text: str, template: str) -> list[str]:
        """Return the answer if nothing matches. template: the configured text, or empty."""
        return (template or 'No match for "{query}".').replace("{query}", text).splitlines()

    def referral(self, domain: str, server: str) -> list[str]:
        """Return a referral to another server, in the form of IANA's server, which recursing clients follow.

        domain: or a network, or AS numbers.
        """
        numbers = range_or_none(domain)
        key, value = "domain:", domain.upper()
        if numbers is not None and numbers.family == "as":
            key, value = "as-block:", str(numbers)
        elif numbers is not None:
            key, value = ("inetnum:", numbers.span) if numbers.family == "v4" else ("inet6num:", str(numbers))
        return [f"refer:        {server}", "", f"{key:<14}{value}", "", f"whois:        {server}"]

    def error(self, _number: int, text: str) -> list[str]:
        """Return a refusal with advice. number: RIPE's."""
        return [f"Error: {text}"]

    def help(self) -> list[str]:
        """Return the forms of queries."""
        return self.remarks(HELP)

    def remarks(self, lines: Iterable[str]) -> list[str]:
        """Format lines that are not part of a record."""
        return list(lines)


QUERIED_BY = {
    "domain": "domain ",
    "host": "nameserver ",
    "registrar": "registrar ",
    "contact": "contact ",
    "person": "!",
    "network": "network ",
    "as_number": "network ",
}
"""Prefix that makes a record's key unambiguous in a query."""

LAYOUTS: dict[LayoutName, str] = {"icann": "Icann", "ripe": "Ripe", "plain": "Plain"}


def find_layout(options: WhoisOptions, world: World, server: str) -> Layout:
    """Return the layout that the options name, from the module of the same name. server: as clients know this one."""
    return _layout_class(options.layout)(world, options, server)


@cache
def _layout_class(name: LayoutName) -> type[Layout]:
    found: type[Layout] = getattr(import_module(f"{__name__}.{name}"), LAYOUTS[name])
    return found


def stamp(seconds: float) -> str:
    """Return a Unix time as RFC 3339 in UTC, in whole seconds."""
    return _stamp_of_second(floor(seconds))


@lru_cache(maxsize=1024)
def _stamp_of_second(second: int) -> str:
    return f"{to_moment(second):%Y-%m-%dT%H:%M:%SZ}"


def day(seconds: float | None) -> str:
    """Return the day of a Unix time in UTC; empty for none."""
    return "" if seconds is None else stamp(seconds)[:10]


def phone(number: str, extension: str) -> str:
    """Return a telephone number with its extension, for people."""
    return f"{number} ext. {extension}" if number and extension else number


def postal_lines(postal: PostalInfo) -> Iterator[str]:
    """Yield the lines of an address as on an envelope, without the name."""
    yield from postal.street
    city = " ".join(part for part in (postal.postal_code, postal.city) if part)
    yield from (line for line in (city, postal.province, postal.country) if line)
