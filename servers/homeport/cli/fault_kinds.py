"""The kinds of faults as the command line shows them, read off their declarations."""

from collections.abc import Iterator
from typing import Any, get_args

import click
import msgspec

from homeport.config.values import metas, plain_type
from homeport.protocol.faults import Do

VALUES = {str: "TEXT", bool: "true"}
"""What stands for a value in the usage of a kind; numbers are N."""


class Parameter(msgspec.Struct, frozen=True):
    """A parameter of a kind of fault."""

    name: str
    required: bool
    value: str
    """What stands for its value: N, TEXT, true."""
    text: str
    """What it does, its unit, range and default."""


def words_of(kind: str) -> tuple[str, ...]:
    """Return the words, one of which the kind takes in place of parameters; empty if it has parameters."""
    shape = _shape(kind)
    return () if isinstance(shape, type) else tuple(map(str, get_args(shape)))


def parameters_of(kind: str) -> list[Parameter]:
    """Return the parameters of a kind, in their order."""
    shape = _shape(kind)
    return [_parameter(field) for field in msgspec.structs.fields(shape)] if isinstance(shape, type) else []


def usage(kind: str) -> str:
    """Return how a kind is written on the command line: `latency ms=N [jitter_ms=N]`."""
    if words := words_of(kind):
        return f"{kind} {'|'.join(words)}"
    given = [(one, f"{one.name}={one.value}") for one in parameters_of(kind)]
    return " ".join([kind, *(word if one.required else f"[{word}]" for one, word in given)])


def meaning_of(kind: str) -> str:
    """Return what a kind does, in one sentence."""
    shape, field = _shape(kind), _field(kind)
    described = next((meta.description for meta in metas(field.type) if meta.description), None)
    text = described or shape.meaning.removesuffix(".")
    return text[0].upper() + text[1:]


def write_kinds(formatter: click.HelpFormatter) -> None:
    """Write every kind with its parameters."""
    with formatter.section("Kinds and their parameters"):
        for kind in Do.__struct_fields__:
            # \b: click keeps the lines behind it as they are, so a usage is never broken.
            formatter.write_text(f"\b\n{usage(kind)}")
            with formatter.indentation():
                formatter.write_text(meaning_of(kind))
                if rows := [(one.name, one.text) for one in parameters_of(kind)]:
                    formatter.write_dl(rows, col_max=14)


def _field(kind: str) -> Any:
    return next(field for field in msgspec.structs.fields(Do) if field.name == kind)


def _shape(kind: str) -> Any:
    """Return the struct of a kind's parameters, or the Literal of its words."""
    (shape,) = [one for one in get_args(plain_type(_field(kind).type)) if one is not msgspec.UnsetType]
    return shape


def _parameter(field: Any) -> Parameter:
    shape = plain_type(field.type)
    text = "; ".join(_facts(field, shape))
    return Parameter(field.encode_name, field.required, VALUES.get(shape, "N"), text)


def _facts(field: Any, shape: Any) -> Iterator[str]:
    found = metas(field.type)
    if described := next((meta.description for meta in found if meta.description), None):
        yield described
    limits = {name: next((value for meta in found if (value := getattr(meta, name)) is not None), None)
              for name in ("ge", "gt", "le")}  # fmt: skip
    if limits["gt"] is not None:
        yield f"above {limits['gt']}, at most {limits['le']}"
    elif limits["ge"] is not None:
        yield f"{limits['ge']} to {limits['le']}" if limits["le"] is not None else f"{limits['ge']} or more"
    if shape is bool:
        yield "true or false"
    if not field.required and field.default not in ("", None):
        yield f"default {msgspec.json.encode(field.default).decode().removesuffix('.0')}"
