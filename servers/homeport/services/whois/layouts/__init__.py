"""How records are shown. A layout is a class with a method for each kind of record, and its words for the rest."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from importlib import import_module
from math import floor
from typing import ClassVar

from homeport.services.whois.options import LayoutName
from homeport.services.whois.query import Query
from homeport.services.whois.search import KINDS, Record, key_of, title_of
from homeport.world.clock import to_moment
from homeport.world.people import Person
from homeport.world.registry import Contact, Domain, Host, PostalInfo, Registrar
from homeport.world.whois_texts import WhoisText
from homeport.world.world import World

LISTED = 100
"""Matches that are listed or shown at most."""

HELP = (
    "A query is one line that ends with CR LF. It is one of these:",
    "  homeport.test              a domain; also a host, an address, a name, a handle",
    "  domain NAME                a domain only",
    "  nameserver NAME            a host only (or: host NAME); an address finds the hosts that have it",
    "  registrar NAME             a registrar, by name, identifier or IANA number",
    "  contact ID                 a contact, by identifier or name",
    "  person NAME                people and contacts, by whole words of the name (or: name NAME, .NAME)",
    "  !HANDLE                    whatever has that login, identifier or repository identifier",
    "  USER@HOST, USER@, @HOST    whoever has that mailbox",
    "  BEGINNING... or BEGIN*     whatever begins so",
)


class Layout(ABC):
    """One way of showing records."""

    flags: ClassVar[bool] = False
    """Whether queries may begin with RIPE's flags."""

    def __init__(self, world: World) -> None:
        self.world = world

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

    def text(self, text: WhoisText) -> Iterator[str]:
        """A configured text stands as it is."""
        yield from text.text.splitlines()

    def record(self, record: Record) -> Iterator[str]:
        """The lines of one record."""
        lines: Iterator[str] = getattr(self, KINDS[type(record)])(record)
        return lines

    def statuses(self, domain: Domain) -> Iterable[str]:
        """All its statuses now: those of RFC 5731, and behind them those of RFC 3915."""
        registry = self.world.registry
        return dict.fromkeys((*registry.statuses(domain), *registry.rgp_statuses(domain)))

    def answer(self, query: Query, found: Sequence[Record]) -> list[str]:
        """The record that was found, or a list of several."""
        if len(found) == 1:
            return list(self.record(found[0]))
        lines = [f'{len(found)} records match "{query.key}"; ask for one of them:', ""]
        queries = [f"{QUERIED_BY.get(KINDS[type(one)], '')}{key_of(one)}" for one in found[:LISTED]]
        width = max(map(len, queries))
        lines += [f"  {key.ljust(width)}  {title_of(one)}".rstrip() for key, one in zip(queries, found, strict=False)]
        if len(found) > LISTED:
            lines += [f"  ... and {len(found) - LISTED} more"]
        return lines

    def none(self, text: str, template: str) -> list[str]:
        """Nothing matches. template: the configured words, or empty."""
        return (template or 'No match for "{query}".').replace("{query}", text).splitlines()

    def referral(self, domain: str, server: str) -> list[str]:
        """Another server knows, in the form that IANA's server has and recursing clients follow."""
        return [f"refer:        {server}", "", f"domain:       {domain.upper()}", "", f"whois:        {server}"]

    def error(self, _number: int, text: str) -> list[str]:
        """A query that is not answered, and what to do. number: RIPE's."""
        return [f"Error: {text}"]

    def help(self) -> list[str]:
        """What can be asked."""
        return self.remarks(HELP)

    def remarks(self, lines: Iterable[str]) -> list[str]:
        """Lines that are no record."""
        return list(lines)


QUERIED_BY = {
    "domain": "domain ",
    "host": "nameserver ",
    "registrar": "registrar ",
    "contact": "contact ",
    "person": "!",
}
"""The prefix that a record's key needs to find nothing else."""

LAYOUTS: dict[LayoutName, str] = {"icann": "Icann", "ripe": "Ripe", "plain": "Plain"}


def find_layout(name: LayoutName, world: World) -> Layout:
    """The layout of that name; its module is named alike."""
    return _layout_class(name)(world)


@cache
def _layout_class(name: LayoutName) -> type[Layout]:
    found: type[Layout] = getattr(import_module(f"{__name__}.{name}"), LAYOUTS[name])
    return found


def stamp(seconds: float) -> str:
    """A Unix time as RFC 3339 in UTC, in whole seconds."""
    return _stamp_of_second(floor(seconds))


@lru_cache(maxsize=1024)
def _stamp_of_second(second: int) -> str:
    return f"{to_moment(second):%Y-%m-%dT%H:%M:%SZ}"


def postal_lines(postal: PostalInfo) -> Iterator[str]:
    """An address as it is written on an envelope, without the name."""
    yield from postal.street
    city = " ".join(part for part in (postal.postal_code, postal.city) if part)
    yield from (line for line in (city, postal.province, postal.country) if line)
