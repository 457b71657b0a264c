"""What RDAP is asked for (RFC 9082 3), and how it answers: lookups, searches, help, errors."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from itertools import islice
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from homeport.control.farm import Farm
from homeport.control.operation import WORLD, Document, Operation, Request, world_of
from homeport.control.rdap import searches
from homeport.control.rdap.objects import MEDIA_TYPE, Shown, View, event, hidden_of
from homeport.world.names import canonical_name
from homeport.world.registry import Contact, Registrar


class RdapError(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    meaning = "What RDAP answers instead of an object (RFC 9083 6)."

    rdap_conformance: list[str]
    error_code: int
    """The status of the answer."""
    title: str
    description: list[str]


CONFORMANCE = ["rdap_level_0"]
LISTED = 100
"""Results of a search that are shown."""
NOT_OURS = ("ip", "autnum", "ips", "autnums")
"""What is asked of registries of numbers."""

Pattern = Annotated[str, Meta(min_length=1)] | None


class DomainSearch(msgspec.Struct, frozen=True, kw_only=True):
    """One of these."""

    name: Annotated[Pattern, Meta(description="of the domain; * at the end of a label is anything")] = None
    ns_ldh_name: Annotated[Pattern, Meta(description="of a server")] = msgspec.field(default=None, name="nsLdhName")
    ns_ip: Annotated[Pattern, Meta(description="an address of a server")] = msgspec.field(default=None, name="nsIp")


class NameserverSearch(msgspec.Struct, frozen=True, kw_only=True):
    """One of these."""

    name: Annotated[Pattern, Meta(description="of the host; * at the end of a label is anything")] = None
    ip: Annotated[Pattern, Meta(description="an address of it")] = None


class EntitySearch(msgspec.Struct, frozen=True, kw_only=True):
    """One of these."""

    fn: Annotated[Pattern, Meta(description="the name of a person, organization or registrar; * at its end")] = None
    handle: Annotated[Pattern, Meta(description="the identifier of a contact or registrar; * at its end")] = None


def rdap_help(farm: Farm, request: Request) -> Document:
    view = _view(farm, request)
    described = [
        "Lookups: domain/NAME, nameserver/NAME, entity/HANDLE.",
        "Searches: domains?name=, ?nsLdhName=, ?nsIp=; nameservers?name=, ?ip=; entities?fn=, ?handle=.",
        "A contact's handle is its identifier; its ROID, or a registrar's identifier or IANA number, will do as well.",
    ]
    links = [{"value": f"{view.base}/help", "rel": "self", "href": f"{view.base}/help", "type": MEDIA_TYPE}]
    return _document({"notices": [{"title": "Help", "description": described, "links": links}, _about()]})


def rdap_domain(farm: Farm, request: Request) -> Document:
    view, name = _view(farm, request), request.parameters["name"]
    if canonical_name(name) is None:
        return _error(400, f"{name!r} is no name of a domain")
    found = view.registry.domain(name)
    return _absent("domain", name) if found is None else _object(view, view.domain(found))


def rdap_nameserver(farm: Farm, request: Request) -> Document:
    view, name = _view(farm, request), request.parameters["name"]
    if canonical_name(name) is None:
        return _error(400, f"{name!r} is no name of a nameserver")
    found = view.registry.host(name)
    return _absent("nameserver", name) if found is None else _object(view, view.nameserver(found))


def rdap_entity(farm: Farm, request: Request) -> Document:
    view, handle = _view(farm, request), request.parameters["handle"]
    registry = view.registry
    found = registry.registrar(handle) or registry.contact(handle) or registry.by_roid(handle)
    if isinstance(found, Contact | Registrar):
        return _object(view, _entity(view, found))
    return _absent("entity", handle)


def rdap_domains(farm: Farm, request: Request) -> Document:
    view, query = _view(farm, request), request.query
    registry = view.registry
    ways: dict[str, tuple[str | None, Callable[[str], Iterable[Any]]]] = {
        "name": (query.name, lambda text: searches.domains_by_name(registry, text)),
        "nsLdhName": (query.ns_ldh_name, lambda text: searches.domains_by_server(registry, text)),
        "nsIp": (query.ns_ip, lambda text: searches.domains_by_server_address(registry, text)),
    }
    return _search("domainSearchResults", ways, view.domain)


def rdap_nameservers(farm: Farm, request: Request) -> Document:
    view, query = _view(farm, request), request.query
    ways: dict[str, tuple[str | None, Callable[[str], Iterable[Any]]]] = {
        "name": (query.name, lambda text: searches.hosts_by_name(view.registry, text)),
        "ip": (query.ip, lambda text: searches.hosts_by_address(view.registry, text)),
    }
    return _search("nameserverSearchResults", ways, view.nameserver)


def rdap_entities(farm: Farm, request: Request) -> Document:
    view, query = _view(farm, request), request.query

    def hides(contact: Contact) -> bool:
        return "name" in hidden_of(contact)

    ways: dict[str, tuple[str | None, Callable[[str], Iterable[Any]]]] = {
        "fn": (query.fn, lambda text: searches.entities_by_name(view.registry, text, hides)),
        "handle": (query.handle, lambda text: searches.entities_by_handle(view.registry, text)),
    }
    return _search("entitySearchResults", ways, lambda one: _entity(view, one))


def rdap_anything_else(farm: Farm, request: Request) -> Document:
    world_of(farm, request)
    path = request.parameters["path"]
    if path.partition("/")[0] in NOT_OURS:
        # RFC 9082 3: a type of query that a server does not have.
        return _error(501, "this registry has names; addresses and numbers are those of others")
    return _error(400, f"{path!r} is no query of RDAP; see help (RFC 9082 3)")


def _view(farm: Farm, request: Request) -> View:
    world = world_of(farm, request).world
    return View(
        world.registry, f"{farm.describe(world.name, request.asked)['control']}/api/v1/worlds/{world.name}/rdap"
    )


def _entity(view: View, one: Contact | Registrar) -> Shown:
    return view.registrar(one) if isinstance(one, Registrar) else view.contact(one)


def _search(
    results: str,
    ways: dict[str, tuple[str | None, Callable[[str], Iterable[Any]]]],
    show: Callable[[Any], Shown],
) -> Document:
    given = [(text, find) for text, find in ways.values() if text is not None]
    if len(given) != 1:
        return _error(400, f"a search is by one of these parameters: {', '.join(ways)} (RFC 9082 3.2)")
    ((text, find),) = given
    try:
        found = list(islice(find(text), LISTED + 1))
    except searches.SearchError as error:
        return _error(error.status, str(error))
    if not found:
        return _error(404, "nothing matches (RFC 7480 5.3)")
    notices = [_about()]
    if len(found) > LISTED:
        words = [f"Only the first {LISTED} results are shown; search for something narrower."]
        kind = "result set truncated due to excessive load"
        notices.append({"title": "Search Results Limited", "type": kind, "description": words})
    return _document({"notices": notices, results: [show(one) for one in found[:LISTED]]})


def _object(view: View, shown: Shown) -> Document:
    now = event("last update of RDAP database", view.registry.clock.now())
    return _document({"notices": [_about()], **shown, "events": [*shown.get("events", ()), now]})


def _about() -> Shown:
    return {"title": "About", "description": ["A test registry, made of thin air by Homeport. Nobody is behind it."]}


def _absent(kind: str, name: str) -> Document:
    return _error(404, f"there is no {kind} {name!r} in this registry")


def _error(status: int, words: str) -> Document:
    """RFC 9083 6."""
    error = RdapError(
        rdap_conformance=CONFORMANCE,
        error_code=status,
        title=HTTPStatus(status).phrase,
        description=[words],
    )
    return Document(MEDIA_TYPE, msgspec.json.encode(error), status=HTTPStatus(status))


def _document(body: Shown, status: int = 200) -> Document:
    octets = msgspec.json.encode({"rdapConformance": CONFORMANCE, **body})
    return Document(MEDIA_TYPE, octets, status=HTTPStatus(status))


RDAP = f"{WORLD}/rdap"
LOOKUP = (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND)
SEARCH = (*LOOKUP, HTTPStatus.UNPROCESSABLE_ENTITY)
NO_QUERY = (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_IMPLEMENTED)
"""The errors that the operations answer in RDAP's form."""


def _operation(path: str, summary: str, handler: Any, **more: Any) -> Operation:
    return Operation(
        method="GET",
        path=f"{RDAP}/{path}",
        summary=summary,
        handler=handler,
        answer=dict[str, Any],
        media_type=MEDIA_TYPE,
        own_problem=(MEDIA_TYPE, RdapError),
        lax=True,
        **more,
    )


OPERATIONS = (
    _operation("help", "RDAP: what can be asked", rdap_help, description="What can be asked (RFC 9082 3.1.6)."),
    _operation(
        "domain/{name}",
        "RDAP: a domain",
        rdap_domain,
        own_problems=LOOKUP,
        description="A domain, by its name with A-labels or U-labels (RFC 9082 3.1.3).",
    ),
    _operation(
        "nameserver/{name}",
        "RDAP: a host",
        rdap_nameserver,
        own_problems=LOOKUP,
        description="A host (RFC 9082 3.1.4).",
    ),
    _operation(
        "entity/{handle}",
        "RDAP: a contact or registrar",
        rdap_entity,
        own_problems=LOOKUP,
        description="A contact or a registrar (RFC 9082 3.1.5).",
    ),
    _operation(
        "domains",
        "RDAP: a search for domains",
        rdap_domains,
        query=DomainSearch,
        own_problems=SEARCH,
        description="Domains by name, or by name or address of a server (RFC 9082 3.2.1).",
    ),
    _operation(
        "nameservers",
        "RDAP: a search for hosts",
        rdap_nameservers,
        query=NameserverSearch,
        own_problems=SEARCH,
        description="Hosts by name or address (RFC 9082 3.2.2).",
    ),
    _operation(
        "entities",
        "RDAP: a search for contacts and registrars",
        rdap_entities,
        query=EntitySearch,
        own_problems=SEARCH,
        description="Contacts and registrars by name or handle (RFC 9082 3.2.3); who hides a name is not found by it.",
    ),
    _operation(
        "{path}",
        "RDAP: an error for everything else",
        rdap_anything_else,
        rest="path",
        own_problems=NO_QUERY,
        description="An error: what registries of numbers are asked, or what nobody is.",
    ),
)
