"""The description of the API (OpenAPI 3.1), generated from the table of operations that routes requests."""

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import msgspec
import msgspec.inspect

from homeport.config.quantities import SECONDS, Duration, Size
from homeport.control.downloads import OCTETS
from homeport.control.operation import JSON, WORLD, Operation
from homeport.control.problems import MEDIA_TYPE, Problem
from homeport.version import __version__

UNITS: dict[type, tuple[str, ...]] = {Duration: tuple(SECONDS), Size: ("KiB", "MiB", "GiB", "kB", "MB", "GB")}
REFERENCE = "#/components/schemas/{name}"
PARAMETER = re.compile(r"(?<![\w-])(?=([\w-]+)\}?/\{(\w+)\})")
"""Place of a path parameter: the segment before it, which may be one itself, and its name."""
SUBJECT = re.compile(r"/api/v1/worlds/\{world\}/([\w-]+)")

DESCRIPTION = """\
Creates worlds, shows everything that happens in them, and changes their state. Times are RFC 3339 in UTC with
microseconds. Bytes appear twice: as base64 in `bytes`, and as printable `text`. Every error is a problem document
(RFC 9457) whose `detail` says what to do. Request bodies are JSON with Content-Type: application/json.
"""
PARAMETERS = {
    "answers/command": "command of EPP as the journal has it, such as domain:info",
    "worlds/world": "name of a world; the farm starts with `default`",
    "services/name": "name of a service, such as `echo`",
    "connections/id": "identifier of a connection, such as `c3`, as the journal's `conn`",
    "messages/message": "identifier of a message, such as `m1`",
    "parts/part": "number of a part of a message, as the message lists them",
    "files/path": "path of a file or folder, from the root of the tree",
    "directories/path": "path of a directory, from the root of the tree",
    "people/login": "login name, without regard to case",
    "mailboxes/login": "login name of the mailbox's owner, without regard to case",
    "login/mailbox": "name of a mailbox, such as `INBOX`; a `/` between levels is written `%2F`",
    "messages/uid": "UID of a message in its mailbox",
    "presence/id": "identifier of a presence, such as `p1`",
    "faults/fault": "identifier of a fault, such as `f1`",
    "faults/id": "identifier of a fault, such as `f1`",
    "registrars/id": "identifier of a registrar",
    "registry/kind": "kind of object: `domains`, `hosts`, `contacts` or `registrars`",
    "kind/name": "name or identifier of an object of the registry",
    "domains/name": "name of a domain",
    "hosts/name": "name of a host",
    "contacts/name": "identifier of a contact",
    "registrars/name": "identifier of a registrar",
    "messages/number": "number of a poll message",
    "idn-tables/name": "name of an IDN table",
    "tokens/id": "an allocation token",
    "marks/id": "identifier of a mark",
    "applications/id": "identifier of an application",
    "maintenances/id": "identifier of a maintenance",
    "organizations/id": "identifier of an organization",
    "ote/registrar": "identifier of a registrar",
    "domain/name": "name of a domain, with A-labels or U-labels",
    "nameserver/name": "name of a host",
    "entity/handle": "identifier or ROID of a contact; identifier or IANA number of a registrar",
    "ip/address": "an IP address, or a prefix such as 192.0.2.0/24",
    "autnum/number": "an AS number, without `AS`",
    "rdap/path": "any other path",
    "registrar/path": "identifier or IANA number of a registrar, and a query such as `domain/homeport.test`",
    "bootstrap/name": "name of the file: `dns.json`, `ipv4.json`, `ipv6.json`, `asn.json` or `object-tags.json`",
    "networks/range": "addresses: a prefix such as 192.0.2.0/24, or first and last",
    "routes/range": "a prefix such as 192.0.2.0/24",
    "as-numbers/range": "an AS number such as AS64496, or first and last",
    "databases/database": "name of a database of DICT, such as `homeport`",
    "words/word": "a headword, without regard to case",
    "zones/name": "name of a zone, such as `test`",
    "zones/zone": "name of a DNS zone, such as `shop.test`; `.` for the root",
    "keys/tag": "tag of a key: a number (RFC 4034 appendix B)",
    "records/name": "name of records: `@` for the zone itself, relative (`www`), or complete (`www.shop.test`)",
    "name/type": "type of records, such as `AAAA`, or `TYPE65280`",
}
"""Descriptions of path parameters, by PRECEDING-SEGMENT/NAME."""
DICTIONARIES = {
    "BoundListener": "The host and port of a listener.",
    "Event": "An event of the journal; each type adds fields of its own.",
    "Ready": "A world's ready object, as the ready line prints it: its services, by name and listener.",
}
"""Descriptions of components that are not structs; a struct has its `meaning`."""
ONE_OF = {"Do"}
"""Components of which exactly one property is given."""
INNER = (msgspec.inspect.Type, msgspec.inspect.Field)
WORDS = {
    HTTPStatus.BAD_REQUEST: "a parameter or the body is malformed",
    HTTPStatus.UNAUTHORIZED: "the farm requires its token",
    HTTPStatus.FORBIDDEN: "Host is not a name of this farm, or a web page of another origin sent the request",
    HTTPStatus.NOT_FOUND: "the path names something that does not exist",
    HTTPStatus.CONFLICT: "not possible in the present state",
    HTTPStatus.GONE: "the world was closed during the request",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "the body is too large",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "the Content-Type is not application/json",
    HTTPStatus.UNPROCESSABLE_ENTITY: "the content is invalid; `problems` has each error",
    HTTPStatus.TOO_MANY_REQUESTS: "too many at once: use or release some, or wait",
    HTTPStatus.SERVICE_UNAVAILABLE: "temporarily not possible: no room for the body, no file descriptor, or not ready",
}


def describe_api(table: Sequence[Operation]) -> dict[str, Any]:
    """Return the description of all operations."""
    types = [
        kind for one in table for kind in (one.answer, one.body, one.query, one.own_problem[1]) if kind is not None
    ]
    schemas, components = msgspec.json.schema_components(
        [*types, Problem], schema_hook=_quantity, ref_template=REFERENCE
    )
    by_type = dict(zip(map(repr, [*types, Problem]), schemas, strict=True))
    meanings = DICTIONARIES | {kind.__name__: meaning_of(kind) for kind in structs_of([*types, Problem])}
    for name, component in components.items():
        if text := meanings.get(name):
            components[name] = {"title": component["title"], "description": text} | component | {"description": text}
    for name in ONE_OF & components.keys():
        components[name] |= _exactly_one(components[name])
    paths: dict[str, dict[str, Any]] = {}
    for one in table:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, by_type, components)
    queries = {one.query.__name__ for one in table if one.query is not None}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Homeport control API",
            "version": __version__,
            "description": DESCRIPTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [
            {
                "url": "http://{host}:{port}",
                "description": "the control listener, as the ready line names it in `control`",
                "variables": {"host": {"default": "127.0.0.1"}, "port": {"default": "18000"}},
            }
        ],
        "tags": [{"name": name} for name in dict.fromkeys(subject(one) for one in table)],
        "paths": paths,
        "components": {
            "schemas": {name: schema for name, schema in components.items() if name not in queries},
            "responses": {str(int(status)): _problem(status, by_type) for status in _statuses(table)},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def meaning_of(kind: Any) -> str:
    """Return a struct's own `meaning`; empty if it has none. That of its base class does not count."""
    text = vars(kind).get("meaning")
    return text if isinstance(text, str) else ""


def structs_of(types: Sequence[Any]) -> set[type]:
    """Return the structs that these types are or contain."""
    found: set[type] = set()
    waiting: list[Any] = [*msgspec.inspect.multi_type_info(types)]
    while waiting:
        one = waiting.pop()
        if isinstance(one, msgspec.inspect.StructType):
            if one.cls in found:
                continue
            found.add(one.cls)
        waiting += _inner(one)
    return found


def _inner(one: Any) -> list[Any]:
    """Return the types and fields that a type, or a field, consists of."""
    parts = [getattr(one, name, None) for name in one.__struct_fields__]
    several = [part for part in parts if isinstance(part, tuple)]
    return [part for group in (parts, *several) for part in group if isinstance(part, INNER)]


def subject(one: Operation) -> str:
    """Return an operation's tag, by its path."""
    if match := SUBJECT.match(one.path):
        return match[1]
    return "worlds" if one.path.startswith("/api/v1/worlds") else "farm"


def refusals(one: Operation) -> list[HTTPStatus]:
    """Return the error statuses that an operation can answer with."""
    found = {HTTPStatus.FORBIDDEN, *one.problems}
    if not one.public:
        found.add(HTTPStatus.UNAUTHORIZED)
    if "{" in one.path:
        found.add(HTTPStatus.NOT_FOUND)
    if one.method != "GET":
        found |= {
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.SERVICE_UNAVAILABLE,
        }
    # An unknown query parameter is an error of operations without parameters, too.
    found.add(HTTPStatus.BAD_REQUEST)
    return sorted(found)


def fixture_call(one: Operation) -> str:
    """Return the fixture call that does the same; empty if there is none. Any list or fact of a world can be read."""
    plain = one.method == "GET" and one.media_type == JSON and PARAMETER.findall(one.path) == PARAMETER.findall(WORLD)
    if one.python or not plain or not one.path.startswith(f"{WORLD}/"):
        return one.python
    return f"homeport.api.get(homeport.path + {one.path.removeprefix(WORLD)!r})"


def _operation(one: Operation, schemas: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}, **_meaning(before, name)}
        for before, name in PARAMETER.findall(one.path)
    ]
    if one.query is not None:
        query = components[one.query.__name__]
        for name, schema in query["properties"].items():
            described = {"name": name, "in": "query", "required": name in query.get("required", ()), "schema": schema}
            parameters.append(described | _lifted(schema))
    description: dict[str, Any] = {
        "operationId": one.name,
        "tags": [subject(one)],
        "summary": one.summary,
        "description": one.description or f"{one.summary}.",
        "parameters": parameters,
        **({"x-cli": one.cli} if one.cli else {}),
        **({"x-python": call} if (call := fixture_call(one)) else {}),
        "responses": {
            str(int(one.status)): {"description": one.status.phrase, **_content(one, schemas)},
            **{str(int(status)): {"$ref": f"#/components/responses/{int(status)}"} for status in refusals(one)},
            **{str(int(status)): _own_problem(one, status, schemas) for status in one.own_problems},
            "default": {
                "description": "An error",
                "content": {MEDIA_TYPE: {"schema": schemas[repr(Problem)]}},
            },
        },
        # The empty requirement: no token is needed if none is configured.
        "security": [{}] if one.public else [{"token": []}, {}],
    }
    if one.octets:
        description["requestBody"] = {
            "description": "the content, as raw bytes",
            "required": False,
            "content": {OCTETS: {}},
        }
    if one.body is not None:
        content = {JSON: {"schema": schemas[repr(one.body)]}}
        text = meaning_of(one.body) or "the request"
        description["requestBody"] = {"description": text, "required": one.needs_body, "content": content}
    return description


def _content(one: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    """Return the media types of an operation's answer; empty if it has no body."""
    if one.answer is None:
        return {}
    others = {other: {"schema": {"type": "string"}} for other in one.other_types}
    return {"content": {one.media_type: {"schema": schemas[repr(one.answer)]}, **others}}


def _own_problem(one: Operation, status: HTTPStatus, schemas: dict[str, Any]) -> dict[str, Any]:
    """Describe an error in the operation's own document; as a problem too if it can occur before the operation runs."""
    media_type, kind = one.own_problem
    content = {media_type: {"schema": schemas[repr(kind)]}}
    if status in refusals(one):
        content[MEDIA_TYPE] = {"schema": schemas[repr(Problem)]}
    return {"description": status.phrase, "content": content}


def _exactly_one(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the constraints that an object has exactly one of its properties."""
    names = list(schema["properties"])
    return {"minProperties": 1, "maxProperties": 1, "oneOf": [{"required": [name]} for name in names]}


def _meaning(before: str, name: str) -> dict[str, str]:
    text = PARAMETERS.get(f"{before}/{name}")
    return {"description": text} if text else {}


def _lifted(schema: dict[str, Any]) -> dict[str, str]:
    """Return the description of a parameter: its schema's, or that of the alternative which is not null."""
    for one in (schema, *schema.get("anyOf", ())):
        if text := one.get("description"):
            return {"description": text}
    return {}


def _statuses(table: Sequence[Operation]) -> list[HTTPStatus]:
    return sorted({status for one in table for status in refusals(one)})


def _problem(status: HTTPStatus, schemas: dict[str, Any]) -> dict[str, Any]:
    words = f"{status.phrase}: {WORDS[status]}" if status in WORDS else status.phrase
    return {"description": words, "content": {MEDIA_TYPE: {"schema": schemas[repr(Problem)]}}}


def _quantity(kind: type) -> dict[str, Any]:
    if kind in UNITS:
        return {"type": "string", "pattern": rf"^[0-9]+(\.[0-9]+)?({'|'.join(UNITS[kind])})?$"}
    raise TypeError(kind)
