"""The description of the API (OpenAPI 3.1), generated from the table that routes requests."""

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import msgspec
import msgspec.inspect

from homeport.config.quantities import SECONDS, Duration, Size
from homeport.control.downloads import OCTETS
from homeport.control.operation import JSON, Operation
from homeport.control.problems import MEDIA_TYPE, Problem
from homeport.version import __version__

UNITS: dict[type, tuple[str, ...]] = {Duration: tuple(SECONDS), Size: ("KiB", "MiB", "GiB", "kB", "MB", "GB")}
REFERENCE = "#/components/schemas/{name}"
PARAMETER = re.compile(r"([\w-]+)/\{(\w+)\}")
SUBJECT = re.compile(r"/api/v1/worlds/\{world\}/([\w-]+)")

DESCRIPTION = """\
Makes worlds, shows everything that happens in them, and changes whatever they hold. Times are RFC 3339 in UTC with
microseconds; octets are base64 in `bytes` beside a printable `text`. Every error is a problem document (RFC 9457)
whose `detail` says what to do. Bodies are JSON and say so in Content-Type.
"""
PARAMETERS = {
    "worlds/world": "name of a world; the farm starts with `default`",
    "services/name": "name of a service, such as `echo`",
    "connections/id": "identifier of a connection, such as `c3`, as the journal's `conn`",
    "messages/message": "identifier of a message, such as `m1`",
    "parts/part": "number of a part of a message, as the message lists them",
    "files/path": "path of a file or folder, from the root of the tree",
    "people/login": "login name, without regard to case",
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
    "domain/name": "name of a domain, with A-labels or U-labels",
    "nameserver/name": "name of a host",
    "entity/handle": "identifier or ROID of a contact; identifier or IANA number of a registrar",
    "rdap/path": "anything else",
    "zones/name": "name of a zone, such as `test`",
}
"""What the parameters of paths mean, by the segment before and the name."""
DICTIONARIES = {
    "BoundListener": "Where a listener is reached.",
    "Event": "An event of the journal; each type has further fields.",
    "Ready": "A world as the ready line announces it: its services, by name and listener.",
}
"""What components that are no structs mean; a struct has its `meaning`."""
ONE_OF = {"Do"}
"""Components of which exactly one property is given."""
INNER = (msgspec.inspect.Type, msgspec.inspect.Field)
WORDS = {
    HTTPStatus.BAD_REQUEST: "a parameter or the body is malformed",
    HTTPStatus.UNAUTHORIZED: "the farm wants its token",
    HTTPStatus.FORBIDDEN: "Host is no name of this farm, or a page of another origin asks",
    HTTPStatus.NOT_FOUND: "what the path names is not there",
    HTTPStatus.CONFLICT: "as things stand it cannot be done",
    HTTPStatus.GONE: "the world was closed meanwhile",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "the body is too long",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "the body is not said to be JSON",
    HTTPStatus.UNPROCESSABLE_ENTITY: "the content is wrong; `problems` has each mistake",
    HTTPStatus.SERVICE_UNAVAILABLE: "not now",
}


def describe_api(table: Sequence[Operation]) -> dict[str, Any]:
    """The whole description."""
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
    """Return what a struct says of itself in its `meaning`; empty for nothing. Its base's is not its own."""
    text = vars(kind).get("meaning")
    return text if isinstance(text, str) else ""


def structs_of(types: Sequence[Any]) -> set[type]:
    """Return the structs that these types are or hold."""
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
    """Return the types and fields that a type, or a field, is made of."""
    parts = [getattr(one, name, None) for name in one.__struct_fields__]
    several = [part for part in parts if isinstance(part, tuple)]
    return [part for group in (parts, *several) for part in group if isinstance(part, INNER)]


def subject(one: Operation) -> str:
    """What an operation is about: its tag."""
    if match := SUBJECT.match(one.path):
        return match[1]
    return "worlds" if one.path.startswith("/api/v1/worlds") else "farm"


def refusals(one: Operation) -> list[HTTPStatus]:
    """The errors that an operation can answer with."""
    found = {HTTPStatus.FORBIDDEN, *one.problems}
    if not one.public:
        found.add(HTTPStatus.UNAUTHORIZED)
    if "{" in one.path:
        found.add(HTTPStatus.NOT_FOUND)
    if one.method != "GET":
        found |= {HTTPStatus.UNSUPPORTED_MEDIA_TYPE, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}
    # An unknown parameter of the query is an error where there are none, too.
    found.add(HTTPStatus.BAD_REQUEST)
    return sorted(found)


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
        "responses": {
            str(int(one.status)): {"description": one.status.phrase, **_content(one, schemas)},
            **{str(int(status)): {"$ref": f"#/components/responses/{int(status)}"} for status in refusals(one)},
            **{str(int(status)): _own_problem(one, status, schemas) for status in one.own_problems},
            "default": {
                "description": "An error",
                "content": {MEDIA_TYPE: {"schema": schemas[repr(Problem)]}},
            },
        },
        # With no token configured none is needed.
        "security": [{}] if one.public else [{"token": []}, {}],
    }
    if one.octets:
        description["requestBody"] = {"description": "octets, as they are", "required": False, "content": {OCTETS: {}}}
    if one.body is not None:
        content = {JSON: {"schema": schemas[repr(one.body)]}}
        text = meaning_of(one.body) or "what to do"
        description["requestBody"] = {"description": text, "required": one.needs_body, "content": content}
    return description


def _content(one: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    """The bodies that an answer can have; none at all where there is none."""
    if one.answer is None:
        return {}
    others = {other: {"schema": {"type": "string"}} for other in one.other_types}
    return {"content": {one.media_type: {"schema": schemas[repr(one.answer)]}, **others}}


def _own_problem(one: Operation, status: HTTPStatus, schemas: dict[str, Any]) -> dict[str, Any]:
    """An error in the operation's own form; in ours, if it comes before the operation is asked."""
    media_type, kind = one.own_problem
    content = {media_type: {"schema": schemas[repr(kind)]}}
    if status in refusals(one):
        content[MEDIA_TYPE] = {"schema": schemas[repr(Problem)]}
    return {"description": status.phrase, "content": content}


def _exactly_one(schema: dict[str, Any]) -> dict[str, Any]:
    """What says of an object that it has exactly one of its properties."""
    names = list(schema["properties"])
    return {"minProperties": 1, "maxProperties": 1, "oneOf": [{"required": [name]} for name in names]}


def _meaning(before: str, name: str) -> dict[str, str]:
    text = PARAMETERS.get(f"{before}/{name}")
    return {"description": text} if text else {}


def _lifted(schema: dict[str, Any]) -> dict[str, str]:
    """The description of a parameter, out of its schema or the schema of the value that is not null."""
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
