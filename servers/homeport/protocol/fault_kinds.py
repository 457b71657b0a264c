"""The kinds of faults as data: sentence, JSON schema, example, and the listeners that support each.

Everything is derived from the declarations of `protocol/faults.py` and of the services, so that forms, the command line
and the documentation follow a new kind or service by themselves.
"""

from functools import cache
from typing import Any, Literal, get_args

import msgspec

from homeport.config.values import metas, plain_type
from homeport.protocol.fault_checks import OUT_ONLY, acts_on_command
from homeport.protocol.faults import OF_COMMANDS, WORDS, Do
from homeport.protocol.service import Service

OfCommands = Literal["never", "can", "always"]
OF_ONE = ("rcode", "ede", "error", "result", "matched_dn", "referrals")
"""Parameters of replies that only a service has which names them in `reply_schema`."""


def shape_of(kind: str) -> Any:
    """Return the struct of a kind's parameters, or the Literal of its words."""
    (shape,) = [one for one in get_args(plain_type(_field(kind).type)) if one is not msgspec.UnsetType]
    return shape


def words_of(kind: str) -> tuple[str, ...]:
    """Return the words that the kind takes in place of parameters; empty if it has parameters."""
    shape = shape_of(kind)
    return () if isinstance(shape, type) else tuple(map(str, get_args(shape)))


def service_words(kind: str, service: Service) -> tuple[str, ...]:
    """Return the words of a kind that a service supports."""
    words = words_of(kind)
    return tuple(word for word in words if word in service.frames) if kind == "frame" else words


def meaning_of(kind: str) -> str:
    """Return the description of a kind, one sentence."""
    described = next((meta.description for meta in metas(_field(kind).type) if meta.description), None)
    text = described or shape_of(kind).meaning.removesuffix(".")
    return text[0].upper() + text[1:]


def schema_of(kind: str, service: Service) -> dict[str, Any]:
    """Return the JSON schema of a kind's value in `do`, with the bounds of the service's protocol."""
    if words := service_words(kind, service):
        return {"type": "string", "oneOf": [{"const": word, "description": WORDS[word]} for word in words]}  # type: ignore[index]  # its words
    schema = _parameters_schema(kind)
    properties = dict(schema["properties"])
    required = schema.get("required", [])
    if kind == "reply":
        for name in OF_ONE:
            if name not in service.reply_schema:
                del properties[name]
        for name, bounds in service.reply_schema.items():
            if bounds is None:
                del properties[name]
            else:
                properties[name] = properties[name] | bounds
        required = [name for name in ("code", "status", "rcode", "error", "result") if name in properties]
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


@cache
def _parameters_schema(kind: str) -> dict[str, Any]:
    """Return the JSON schema of a kind's struct; cached, because it takes a millisecond."""
    (schema,), components = msgspec.json.schema_components([shape_of(kind)])
    found: dict[str, Any] = components[schema["$ref"].rpartition("/")[2]]
    return found


def example_of(kind: str, service: Service, listener: str = "") -> Any:
    """Return a value of a kind: its first word, or an example of each required parameter.

    listener: the one whose answers it acts on; empty: any.
    """
    if words := service_words(kind, service):
        where = service.frame_listeners
        fitting = [word for word in words if not listener or listener in where.get(word, (listener,))]
        return next((word for word in fitting if word not in where), (fitting or words)[0])
    schema = schema_of(kind, service)
    properties = schema["properties"]
    return {name: properties[name]["examples"][0] for name in schema["required"]}


def acts_on_commands(kind: str, service: Service) -> OfCommands:
    """Return whether a fault of this kind acts on commands: if a verb or an argument is named, always, or never."""
    if kind in OF_COMMANDS:
        return "always"
    if not {"command", "reply"} & service.faults or not acts_on_command(kind, service.listeners):
        return "never"
    return "can"


def has_direction(kind: str) -> bool:
    """True if it can act on what the service receives as well."""
    return kind not in OUT_ONLY


def _field(kind: str) -> Any:
    return next(field for field in msgspec.structs.fields(Do) if field.name == kind)
