"""RDAP operations (RFC 9082 3): look-ups, searches, help, errors."""

from collections.abc import Generator
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import unquote

import msgspec
from msgspec import Meta

from homeport.control.farm import Farm
from homeport.control.operation import CROSS_ORIGIN, WORLD, Document, Operation, Request, world_of
from homeport.control.problems import ProblemError
from homeport.control.slices import Steps
from homeport.services.rdap import queries
from homeport.services.rdap.notices import MEDIA_TYPE
from homeport.services.rdap.objects import Site


class RdapError(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    meaning = "An error of RDAP (RFC 9083 6)."

    rdap_conformance: list[str]
    error_code: int
    """HTTP status of the answer."""
    title: str
    description: list[str]


Pattern = str | None


class DomainSearch(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters of a domain search; exactly one is given."""

    name: Annotated[Pattern, Meta(description="name of the domain; * at the end of a label matches any text")] = None
    ns_ldh_name: Annotated[Pattern, Meta(description="name of a server")] = msgspec.field(
        default=None, name="nsLdhName"
    )
    ns_ip: Annotated[Pattern, Meta(description="address of a server")] = msgspec.field(default=None, name="nsIp")


class NameserverSearch(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters of a nameserver search; exactly one is given."""

    name: Annotated[Pattern, Meta(description="name of the host; * at the end of a label matches any text")] = None
    ip: Annotated[Pattern, Meta(description="address of the host")] = None


class EntitySearch(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters of an entity search; exactly one is given."""

    fn: Annotated[Pattern, Meta(description="the name of a person, organization or registrar; * at its end")] = None
    handle: Annotated[
        Pattern, Meta(description="the handle or the identifier of a contact or registrar; * at its end")
    ] = None


def rdap_help(farm: Farm, request: Request) -> Any:
    return _shown(farm, _desk(farm, request, "help").help())


def rdap_domain(farm: Farm, request: Request) -> Any:
    name = request.parameters["name"]
    return _shown(farm, _desk(farm, request, f"domain/{name}").domain(name))


def rdap_nameserver(farm: Farm, request: Request) -> Any:
    name = request.parameters["name"]
    return _shown(farm, _desk(farm, request, f"nameserver/{name}").nameserver(name))


def rdap_entity(farm: Farm, request: Request) -> Any:
    handle = request.parameters["handle"]
    return _shown(farm, _desk(farm, request, f"entity/{handle}").entity(handle))


def rdap_ip(farm: Farm, request: Request) -> Any:
    address = unquote(request.parameters["address"])
    return _shown(farm, _desk(farm, request, f"ip/{address}").ip(address))


def rdap_autnum(farm: Farm, request: Request) -> Any:
    number = request.parameters["number"]
    return _shown(farm, _desk(farm, request, f"autnum/{number}").autnum(number))


def rdap_domains(farm: Farm, request: Request) -> Any:
    return _shown(farm, _desk(farm, request, "domains").domains(_given(request)))


def rdap_nameservers(farm: Farm, request: Request) -> Any:
    return _shown(farm, _desk(farm, request, "nameservers").nameservers(_given(request)))


def rdap_entities(farm: Farm, request: Request) -> Any:
    return _shown(farm, _desk(farm, request, "entities").entities(_given(request)))


def rdap_of_registrar(farm: Farm, request: Request) -> Any:
    path = unquote(request.parameters["path"])
    return _shown(farm, _desk(farm, request, f"registrar/{path}").of_registrar(path, {}))


def rdap_bootstrap(farm: Farm, request: Request) -> Any:
    name = request.parameters["name"]
    return _shown(farm, _desk(farm, request, f"bootstrap/{name}").bootstrap_file(name))


def rdap_anything_else(farm: Farm, request: Request) -> Any:
    path = request.parameters["path"]
    return _shown(farm, _desk(farm, request, path).anything_else(path))


def rdap_problem(problem: ProblemError) -> Document:
    """Return an error of the API in RDAP's form (RFC 9083 6)."""
    return _document(queries.error(int(problem.status), problem.problem.detail))


def _desk(farm: Farm, request: Request, path: str) -> queries.Desk:
    world = world_of(farm, request).world
    described = farm.describe(world.name, request.asked)
    whois = described["services"].get("whois", {}).get("tcp", {}).get("host", "")
    base = f"{described['control']}/api/v1/worlds/{world.name}/rdap"
    site = Site(
        base=base,
        url=f"{base}/{path}",
        whois_server="localhost" if whois in ("127.0.0.1", "::1") else whois,
        terms=getattr(world.options.get("rdap"), "terms", ""),
    )
    return queries.Desk(world, site)


def _given(request: Request) -> dict[str, str]:
    query = request.query
    fields = msgspec.structs.fields(type(query))
    return {one.encode_name: text for one in fields if (text := getattr(query, one.name)) is not None}


def _shown(farm: Farm, answer: queries.Reply | queries.Work) -> Any:
    if isinstance(answer, queries.Reply):
        return _document(answer)

    def steps() -> Generator[None, None, Document]:
        reply = yield from answer
        return _document(reply)

    return Steps(farm, steps())


def _document(reply: queries.Reply) -> Document:
    return Document(reply.media_type, reply.encode(), CROSS_ORIGIN, HTTPStatus(reply.status))


RDAP = f"{WORLD}/rdap"
LOOKUP = (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND)
SEARCH = (*LOOKUP, HTTPStatus.UNPROCESSABLE_ENTITY)
NO_QUERY = (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_IMPLEMENTED)
"""Errors that the operations answer in RDAP's form."""


def _operation(path: str, summary: str, handler: Any, media_type: str = MEDIA_TYPE, **more: Any) -> Operation:
    return Operation(
        method="GET",
        path=f"{RDAP}/{path}",
        summary=summary,
        handler=handler,
        answer=dict[str, Any],
        media_type=media_type,
        own_problem=(MEDIA_TYPE, RdapError),
        problem_form=rdap_problem,
        cross_origin=True,
        lax=True,
        **more,
    )


OPERATIONS = (
    _operation(
        "help", "RDAP: supported queries", rdap_help, description="Return the supported queries (RFC 9082 3.1.6)."
    ),
    _operation(
        "domain/{name}",
        "RDAP: a domain",
        rdap_domain,
        own_problems=LOOKUP,
        description="Return a domain by its name, with A-labels or U-labels (RFC 9082 3.1.3).",
    ),
    _operation(
        "nameserver/{name}",
        "RDAP: a host",
        rdap_nameserver,
        own_problems=LOOKUP,
        description="Return a host (RFC 9082 3.1.4).",
    ),
    _operation(
        "entity/{handle}",
        "RDAP: a contact or registrar",
        rdap_entity,
        own_problems=LOOKUP,
        description="Return a contact or a registrar (RFC 9082 3.1.5).",
    ),
    _operation(
        "ip/{address}",
        "RDAP: the network of an address or prefix",
        rdap_ip,
        rest="address",
        own_problems=LOOKUP,
        description="Return the most specific network that contains the address or prefix (RFC 9082 3.1.1).",
    ),
    _operation(
        "autnum/{number}",
        "RDAP: an AS number",
        rdap_autnum,
        own_problems=LOOKUP,
        description="Return the AS number or the block that has it (RFC 9082 3.1.2).",
    ),
    _operation(
        "domains",
        "RDAP: a search for domains",
        rdap_domains,
        query=DomainSearch,
        own_problems=SEARCH,
        description="Search domains by name, or by name or address of a server (RFC 9082 3.2.1).",
    ),
    _operation(
        "nameservers",
        "RDAP: a search for hosts",
        rdap_nameservers,
        query=NameserverSearch,
        own_problems=SEARCH,
        description="Search hosts by name or address (RFC 9082 3.2.2).",
    ),
    _operation(
        "entities",
        "RDAP: a search for contacts and registrars",
        rdap_entities,
        query=EntitySearch,
        own_problems=SEARCH,
        description="Search contacts and registrars by name or handle (RFC 9082 3.2.3); hidden names are not searched.",
    ),
    _operation(
        "registrar/{path}",
        "RDAP: what the sponsoring registrar's own RDAP shows",
        rdap_of_registrar,
        rest="path",
        own_problems=LOOKUP,
        description="Return the answer of a registrar's RDAP: ID/domain/NAME for a domain that it sponsors, with its "
        "contacts, of a thin registry too. The registry's answer links to it.",
    ),
    _operation(
        "bootstrap/{name}",
        "RDAP: a bootstrap file for clients",
        rdap_bootstrap,
        media_type="application/json",
        own_problems=(HTTPStatus.NOT_FOUND,),
        description="Return dns.json, ipv4.json, ipv6.json, asn.json (RFC 9224) or object-tags.json (RFC 8521), which "
        "name this RDAP service for the zones and numbers of the world.",
    ),
    _operation(
        "{path}",
        "RDAP: an error for everything else",
        rdap_anything_else,
        rest="path",
        own_problems=NO_QUERY,
        description="Return an error: for searches of number registries, and unknown queries.",
    ),
)
