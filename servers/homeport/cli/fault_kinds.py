"""The kinds of faults as the command line shows them, read off their declarations."""

from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import click
import msgspec

from homeport.config.values import metas, plain_type
from homeport.protocol.fault_kinds import meaning_of as meaning_of
from homeport.protocol.fault_kinds import shape_of
from homeport.protocol.fault_kinds import words_of as words_of
from homeport.protocol.faults import Do

VALUES = {str: "TEXT", bool: "true"}
"""The placeholder of a value in the usage of a kind, by type; numbers are N."""


class Parameter(msgspec.Struct, frozen=True):
    """A parameter of a kind of fault."""

    name: str
    required: bool
    value: str
    """The placeholder of its value: N, TEXT, true."""
    text: str
    """Its meaning, unit, range and default."""


def parameters_of(kind: str) -> list[Parameter]:
    """Return the parameters of a kind, in their order."""
    shape = shape_of(kind)
    return [_parameter(field) for field in msgspec.structs.fields(shape)] if isinstance(shape, type) else []


def usage(kind: str) -> str:
    """Return the usage of a kind on the command line: `latency ms=N [jitter_ms=N]`."""
    if words := words_of(kind):
        return f"{kind} {'|'.join(words)}"
    given = [(one, f"{one.name}={one.value}") for one in parameters_of(kind)]
    return " ".join([kind, *(word if one.required else f"[{word}]" for one, word in given)])


def write_kinds(formatter: click.HelpFormatter) -> None:
    """Write every kind with its parameters."""
    with formatter.section("Kinds and their parameters"):
        for kind in Do.__struct_fields__:
            # \b: click does not rewrap the lines after it, so a usage is never broken.
            formatter.write_text(f"\b\n{usage(kind)}")
            with formatter.indentation():
                formatter.write_text(meaning_of(kind))
                if rows := [(one.name, one.text) for one in parameters_of(kind)]:
                    formatter.write_dl(rows, col_max=14)


def _parameter(field: Any) -> Parameter:
    kind = _without_unset(plain_type(field.type))
    shape = plain_type(kind)
    text = "; ".join(_facts(field, kind))
    value = "|".join(get_args(shape)) if get_origin(shape) is Literal else VALUES.get(shape, "N")
    return Parameter(field.encode_name, field.required, value, text)


def _without_unset(kind: Any) -> Any:
    """Return the type of a parameter that need not be given."""
    return next(
        (one for one in get_args(kind) if msgspec.UnsetType in get_args(kind) and one is not msgspec.UnsetType), kind
    )


def _facts(field: Any, kind: Any) -> Iterator[str]:
    found = [*metas(field.type), *metas(kind)]
    if described := next((meta.description for meta in found if meta.description), None):
        yield described
    limits = {name: next((value for meta in found if (value := getattr(meta, name)) is not None), None)
              for name in ("ge", "gt", "le")}  # fmt: skip
    if limits["gt"] is not None:
        yield f"above {limits['gt']}, at most {limits['le']}"
    elif limits["ge"] is not None:
        yield f"{limits['ge']} to {limits['le']}" if limits["le"] is not None else f"{limits['ge']} or more"
    if plain_type(kind) is bool:
        yield "true or false"
    if not field.required and field.default not in ("", None, msgspec.UNSET):
        yield f"default {msgspec.json.encode(field.default).decode().removesuffix('.0')}"
