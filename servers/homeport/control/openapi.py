"""The description of the API (OpenAPI 3.1), generated from the table that routes requests."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from homeport import __version__
from homeport.control.operation import Operation
from homeport.control.problems import MEDIA_TYPE, Problem
from homeport.quantities import Duration, Size

REFERENCE = "#/components/schemas/{name}"
PARAMETER = re.compile(r"\{(\w+)\}")


def describe_api(table: Sequence[Operation]) -> dict[str, Any]:
    """The whole description."""
    types = [kind for one in table for kind in (one.answer, one.body, one.query) if kind is not None]
    schemas, components = msgspec.json.schema_components(
        [*types, Problem], schema_hook=_quantity, ref_template=REFERENCE
    )
    by_type = dict(zip(map(repr, [*types, Problem]), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for one in table:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, by_type, components)
    queries = {one.query.__name__ for one in table if one.query is not None}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Homeport control API", "version": __version__},
        "paths": paths,
        "components": {
            "schemas": {name: schema for name, schema in components.items() if name not in queries},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(one: Operation, schemas: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in PARAMETER.findall(one.path)
    ]
    if one.query is not None:
        query = components[one.query.__name__]
        for name, schema in query["properties"].items():
            described = {"name": name, "in": "query", "required": name in query.get("required", ()), "schema": schema}
            parameters.append(described)
    description: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.summary,
        "parameters": parameters,
        "responses": {
            str(int(one.status)): {"description": one.status.phrase}
            | ({"content": {one.media_type: {"schema": schemas[repr(one.answer)]}}} if one.answer else {}),
            "default": {
                "description": "An error",
                "content": {MEDIA_TYPE: {"schema": schemas[repr(Problem)]}},
            },
        },
        # With no token configured none is needed.
        "security": [{}] if one.public else [{"token": []}, {}],
    }
    if one.body is not None:
        content = {"application/json": {"schema": schemas[repr(one.body)]}}
        description["requestBody"] = {"required": True, "content": content}
    return description


def _quantity(kind: type) -> dict[str, Any]:
    if kind in (Duration, Size):
        return {"type": "string"}
    raise TypeError(kind)
