"""Queries of RDAP (RFC 9082 3) and their answers: look-ups, searches, help, errors.

Look-ups are answered at once. Searches are generators that yield after each bounded step.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Protocol

import msgspec

from homeport.services.rdap import bootstrap, notices, number_objects, searches
from homeport.services.rdap.notices import MEDIA_TYPE, Shown
from homeport.services.rdap.objects import Site, View, event
from homeport.services.rdap.redaction import hides_name, redacted
from homeport.world.names import canonical_name
from homeport.world.numbers import MAX_AS_NUMBER
from homeport.world.numbers.numbers import Numbers, parse_as_numbers, parse_network
from homeport.world.registry import Contact, Registrar, Registry
from homeport.world.registry.disclosure import policy_of

MAX_SHOWN = 4
"""Results that are serialized in one step."""
MAX_LISTED = 100
"""Maximum number of search results shown."""
UNSUPPORTED = ("ips", "autnums")
"""Searches for numbers, which extensions of RDAP define."""
DOMAIN_SEARCH = ("name", "nsLdhName", "nsIp")
NAMESERVER_SEARCH = ("name", "ip")
ENTITY_SEARCH = ("fn", "handle")


class WorldLike(Protocol):
    """The parts of a world that queries need."""

    @property
    def registry(self) -> Registry: ...
    @property
    def numbers(self) -> Numbers: ...
    @property
    def options(self) -> Mapping[str, Any]: ...


class Reply(msgspec.Struct, frozen=True):
    """An answer."""

    status: int
    body: Shown
    media_type: str = MEDIA_TYPE

    def encode(self) -> bytes:
        """Serialize the body."""
        return msgspec.json.encode(self.body)


Work = Generator[None, None, Reply]
"""A search: it yields after each step, and returns its answer."""
Given = Mapping[str, str]
"""Parameters of a query; of repeated ones the first."""


class Desk:
    """Answers queries about a world.

    registrar: the registrar whose own RDAP is asked; None: the registry's.
    """

    def __init__(self, world: WorldLike, site: Site, registrar: Registrar | None = None) -> None:
        self.site = site
        self.world = world
        self.view = View(world.registry, site, policy_of(world.options.get("epp")), registrar)

    def help(self) -> Reply:
        """Return what can be asked (RFC 9082 3.1.6)."""
        described = [
            "Look-ups: domain/NAME, nameserver/NAME, entity/HANDLE, ip/ADDRESS, ip/PREFIX/LENGTH, autnum/NUMBER.",
            "Searches: domains?name=, ?nsLdhName=, ?nsIp=; nameservers?name=, ?ip=; entities?fn=, ?handle=.",
            "A contact's handle is its ROID, a registrar's its IANA number; their identifiers work, too.",
            "registrar/ID/domain/NAME is what the sponsoring registrar's own RDAP shows of a domain.",
        ]
        url = f"{self.site.base}/help"
        links = [{"value": self.site.url or url, "rel": "self", "href": url, "type": MEDIA_TYPE}]
        shown = [{"title": "Help", "description": described, "links": links}, *self._notices()]
        return Reply(200, {"rdapConformance": notices.EXTENSIONS, "notices": shown})

    def domain(self, name: str) -> Reply:
        """Return a domain (RFC 9082 3.1.3)."""
        if canonical_name(name) is None:
            return error(400, f"{name!r} is not a valid domain name")
        found = self.world.registry.domain(name)
        if found is None or (self.view.of_registrar and found.registrar != self.view.of_registrar.id):
            return self._absent("domain", name)
        return self._object(self.view.domain(found), notices.of_domains(self.site.url))

    def nameserver(self, name: str) -> Reply:
        """Return a host (RFC 9082 3.1.4)."""
        if canonical_name(name) is None:
            return error(400, f"{name!r} is not a valid nameserver name")
        found = self.world.registry.host(name)
        return self._absent("nameserver", name) if found is None else self._object(self.view.nameserver(found))

    def entity(self, handle: str) -> Reply:
        """Return a contact or a registrar (RFC 9082 3.1.5)."""
        registry = self.world.registry
        found = registry.registrar(handle) or registry.contact(handle) or registry.by_roid(handle)
        if isinstance(found, Contact | Registrar):
            return self._object(self._entity(found))
        return self._absent("entity", handle)

    def ip(self, text: str) -> Reply:
        """Return the most specific network of an address or prefix (RFC 9082 3.1.1)."""
        try:
            wanted = parse_network(text)
        except ValueError as wrong:
            return error(400, str(wrong))
        if "-" in text:
            return error(400, f"{text!r} is not an address or a prefix (RFC 9082 3.1.1)")
        numbers = self.world.numbers
        found = numbers.networks.index.most_specific(wanted)
        if found is None:
            return self._absent("network", text)
        return self._object(number_objects.network(self.view, numbers, found))

    def autnum(self, text: str) -> Reply:
        """Return an AS number or the block that has it (RFC 9082 3.1.2)."""
        try:
            # RFC 9082 3.1.2: asplain (RFC 5396), a number without "AS".
            wanted = parse_as_numbers(f"AS{text}" if text.isascii() and text.isdigit() else "")
        except ValueError:
            return error(400, f"{text!r} is not an AS number in decimal digits, 0 to {MAX_AS_NUMBER} (RFC 9082 3.1.2)")
        numbers = self.world.numbers
        found = numbers.as_numbers.index.most_specific(wanted)
        if found is None:
            return self._absent("AS number", text)
        return self._object(number_objects.autnum(self.view, numbers, found))

    def domains(self, given: Given) -> Reply | Work:
        """Search domains (RFC 9082 3.2.1)."""
        registry = self.world.registry
        ways: searches.Ways = {
            "name": lambda text: searches.domains_by_name(registry, text),
            "nsLdhName": lambda text: searches.domains_by_server(registry, text),
            "nsIp": lambda text: searches.domains_by_server_address(registry, text),
        }
        return self._search("domainSearchResults", ways, given, self.view.domain)

    def nameservers(self, given: Given) -> Reply | Work:
        """Search hosts (RFC 9082 3.2.2)."""
        registry = self.world.registry
        ways: searches.Ways = {
            "name": lambda text: searches.hosts_by_name(registry, text),
            "ip": lambda text: searches.hosts_by_address(registry, text),
        }
        return self._search("nameserverSearchResults", ways, given, self.view.nameserver)

    def entities(self, given: Given) -> Reply | Work:
        """Search contacts and registrars (RFC 9082 3.2.3); hidden names are not searched."""
        registry, policy = self.world.registry, self.view.policy
        ways: searches.Ways = {
            "fn": lambda text: searches.entities_by_name(registry, text, lambda one: hides_name(one, policy)),
            "handle": lambda text: searches.entities_by_handle(registry, text),
        }
        return self._search("entitySearchResults", ways, given, self._entity)

    def anything_else(self, path: str) -> Reply:
        """Return an error for a query that is none."""
        if path.partition("/")[0] in UNSUPPORTED:
            # RFC 9082 3: a query type that this server does not support.
            return error(501, "searches for addresses and numbers are not supported: look one up with ip/ or autnum/")
        return error(400, f"{path!r} is not a query of RDAP; see help (RFC 9082 3)")

    def answer(self, path: str, given: Given) -> Reply | Work:
        """Answer a query by its decoded path below the base."""
        kind, _slash, rest = path.partition("/")
        looks_up = {"domain": self.domain, "nameserver": self.nameserver, "entity": self.entity}
        if rest and "/" not in rest and kind in looks_up:
            return looks_up[kind](rest)
        if rest and kind in ("ip", "autnum"):
            return (self.ip if kind == "ip" else self.autnum)(rest)
        if rest and kind == "registrar" and self.view.of_registrar is None:
            return self.of_registrar(rest, given)
        searched = {"domains": self.domains, "nameservers": self.nameservers, "entities": self.entities}
        if path in searched:
            return searched[path](given)
        return self.help() if path == "help" else self.anything_else(path)

    def of_registrar(self, path: str, given: Given) -> Reply | Work:
        """Answer as the RDAP of a registrar does: of domains only its own, with their contacts."""
        name, _slash, rest = path.partition("/")
        registrar = self.world.registry.registrar(name)
        if registrar is None:
            return self._absent("registrar", name)
        kind, _slash, _name = rest.partition("/")
        if kind not in ("domain", "entity", "help"):
            return error(400, f"{rest!r} is not a query of a registrar's RDAP: it takes domain/, entity/ and help")
        site = msgspec.structs.replace(self.site, base=f"{self.site.base}/registrar/{registrar.id}")
        return Desk(self.world, site, registrar).answer(rest, given)

    def bootstrap_file(self, name: str) -> Reply | Work:
        """Return a bootstrap file by its name (RFC 9224 4)."""
        registry, numbers = self.world.registry, self.world.numbers
        files: dict[str, Callable[[], bootstrap.Entries]] = {
            "dns": lambda: bootstrap.dns(registry),
            "ipv4": lambda: bootstrap.networks(numbers, "v4"),
            "ipv6": lambda: bootstrap.networks(numbers, "v6"),
            "asn": lambda: bootstrap.as_numbers(numbers),
            "object-tags": bootstrap.object_tags,
        }
        stem, _dot, ending = name.rpartition(".")
        if ending != "json" or stem not in files:
            return error(404, f"there is no bootstrap file {name!r}; there are {', '.join(files)}, each with .json")
        return self._bootstrap(stem, files[stem]())

    def _bootstrap(self, name: str, entries: bootstrap.Entries) -> Work:
        body = yield from bootstrap.file(name, entries, f"{self.site.base}/", self.world.registry.clock.now())
        return Reply(200, body, "application/json")

    def _entity(self, one: Contact | Registrar) -> Shown:
        return self.view.registrar(one) if isinstance(one, Registrar) else self.view.contact(one)

    def _search(self, results: str, ways: searches.Ways, given: Given, show: Callable[[Any], Shown]) -> Reply | Work:
        asked = [name for name in ways if name in given]
        if len(asked) != 1:
            words = f"a search needs exactly one of these parameters: {', '.join(ways)} (RFC 9082 3.2)"
            return error(400, words)
        (name,) = asked
        if not given[name]:
            return error(400, f"the parameter {name} is empty: give what to search for (RFC 9082 3.2)")
        try:
            candidates, matches = ways[name](given[name])
        except searches.SearchError as wrong:
            return error(wrong.status, str(wrong))
        return self._results(results, searches.matching(candidates, matches, MAX_LISTED + 1), show)

    def _results(self, results: str, search: Generator[None, None, list[Any]], show: Callable[[Any], Shown]) -> Work:
        found = yield from search
        if not found:
            return error(404, "nothing matches (RFC 7480 5.3)")
        more = [notices.truncated(MAX_LISTED)] if len(found) > MAX_LISTED else []
        if results == "domainSearchResults":
            more = [*notices.of_domains(self.site.url), *more]
        shown: list[msgspec.Raw] = []
        said: list[msgspec.Raw] = []
        for number, one in enumerate(found[:MAX_LISTED]):
            result = show(one)
            said += map(_raw, redacted(result, self.view.hidden, f"$.{results}[{number}]"))
            self.view.hidden.clear()
            shown.append(_raw(result))
            if not (number + 1) % MAX_SHOWN:
                yield
        return self._document({results: shown}, more, said)

    def _object(self, shown: Shown, more: list[Shown] | None = None) -> Reply:
        now = event("last update of RDAP database", self.world.registry.clock.now())
        shown["events"] = [*shown.get("events", ()), now]
        return self._document(shown, more or [], redacted(shown, self.view.hidden, "$"))

    def _document(self, shown: Shown, more: list[Shown], said: Sequence[Shown | msgspec.Raw]) -> Reply:
        """Return a document. said: its member `redacted`."""
        conformance = [*notices.CONFORMANCE, notices.REDACTED] if said else notices.CONFORMANCE
        document = {"rdapConformance": conformance, "notices": [*self._notices(), *more], **shown}
        return Reply(200, {**document, "redacted": said} if said else document)

    def _notices(self) -> list[Shown]:
        url = self.site.url or f"{self.site.base}/help"
        return [notices.about(), notices.terms(url, self.site.terms or f"{self.site.base}/help")]

    def _absent(self, kind: str, name: str) -> Reply:
        where = f"{self.view.of_registrar.id}'s RDAP" if self.view.of_registrar else "this registry"
        return error(404, f"{where} has no {kind} {name!r}")


def _raw(shown: Shown) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(shown))


def error(status: int, words: str) -> Reply:
    """Return an error (RFC 9083 6)."""
    shown = {
        "rdapConformance": notices.CONFORMANCE,
        "errorCode": status,
        "title": HTTPStatus(status).phrase,
        "description": [words],
    }
    return Reply(status, shown)
