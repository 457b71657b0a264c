"""api-reference.md: every operation of the control API, out of the description that a farm serves."""

from collections.abc import Iterator
from typing import Any

from homeport.control.operations import description

HEAD = """\
<!-- Written by `make docs` out of the code; change the code, not this page. -->
# Control API: reference

Every operation, as `GET /api/v1/openapi.json` and `homeport openapi` describe it. Access, errors and reload are in
[control-api.md](control-api.md). Every operation can also answer 400, 401 and 403; 404 where its path names something;
413 and 415 if it is no GET.
"""
GENERAL = {"200", "201", "204", "400", "401", "403", "404", "413", "415", "default"}
"""Answers that are said of all operations at once, or in the line of the answer."""


def api_reference() -> str:
    """The page."""
    api = description()
    parts = [HEAD]
    for tag in api["tags"]:
        parts.append(f"\n## {tag['name'].capitalize()}\n")
        for path, methods in api["paths"].items():
            for method, one in methods.items():
                if tag["name"] in one["tags"]:
                    parts += operation(method, path, one)
    parts.append("\n## Types\n\nWhat is not required may be left out, and is left out where it says nothing.\n")
    for name, schema in sorted(api["components"]["schemas"].items()):
        parts += type_of(name, schema)
    return "".join(parts)


def operation(method: str, path: str, one: dict[str, Any]) -> Iterator[str]:
    """One operation."""
    yield f"\n### {method.upper()} {path}\n\n{one['summary']}.\n"
    text = cell(one["description"])
    if text.rstrip(".") != one["summary"]:
        yield f"\n{text}\n"
    if one["parameters"]:
        yield "\n| parameter | in | type | |\n|---|---|---|---|\n"
        for parameter in one["parameters"]:
            needed = parameter["in"] + (", required" if parameter["in"] == "query" and parameter["required"] else "")
            words = cell(parameter.get("description", ""))
            yield f"| `{parameter['name']}` | {needed} | {kind_of(parameter['schema'])} | {words} |\n"
    lines = []
    if body := one.get("requestBody"):
        lines.append(f"Takes {kinds(body['content'])}{'' if body['required'] else ', which may be left out'}.")
    for status, answer in one["responses"].items():
        if status.startswith("2"):
            lines.append(f"Answers {status}{' with ' + kinds(answer['content']) if 'content' in answer else ''}.")
    if special := sorted(one["responses"].keys() - GENERAL):
        lines.append(f"Errors besides: {', '.join(special)}.")
    yield f"\n{' '.join(lines)}\n"


def kinds(content: dict[str, Any]) -> str:
    """What a body is."""
    return " or ".join(
        kind_of(one["schema"]) if media == "application/json" else f"`{media}`" for media, one in content.items()
    )


def kind_of(schema: dict[str, Any]) -> str:
    """A type in words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(kind_of(one) for one in schema["anyOf"]))
    if "enum" in schema:
        return ", ".join(f"`{one}`" for one in schema["enum"])
    match schema.get("type"):
        case "array":
            return f"list of {kind_of(schema.get('items') or {})}"
        case "object":
            return "object"
        case str(name):
            return name
    return "anything"


def type_of(name: str, schema: dict[str, Any]) -> Iterator[str]:
    """One type, with its fields."""
    yield f"\n### {name}\n\n{cell(schema.get('description', ''))}\n"
    if not (fields := schema.get("properties")):
        return
    yield "\n| field | type | required | |\n|---|---|---|---|\n"
    for field, one in fields.items():
        required = "yes" if field in schema.get("required", ()) else ""
        yield f"| `{field}` | {kind_of(one)} | {required} | {cell(meaning(one))} |\n"


def meaning(schema: dict[str, Any]) -> str:
    """What is said of a field, in its schema or in that of the value that is not null."""
    found = (one.get("description", "") for one in (schema, *schema.get("anyOf", ())))
    return next(filter(None, found), "")


def cell(text: str) -> str:
    """Text on one line, as a cell of a table may hold it."""
    return " ".join(text.split()).replace("|", "\\|")
