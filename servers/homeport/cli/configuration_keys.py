"""The configuration's keys as `--set` takes them, read off the structs, for completion."""

from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import msgspec

from homeport.config.sections import SECTIONS
from homeport.config.values import plain_type
from homeport.services import find_service


def keys_of(section: str) -> list[str]:
    """Return the keys of a section, such as `smtp.port`; those of its nested tables as `smtp.limits.idle`."""
    return [key for key, _kind in _fields(_shape(section), section)]


def values_of(key: str) -> list[str]:
    """Return the values that a key takes if they are words; otherwise an empty list."""
    section = key.partition(".")[0]
    try:
        kind = dict(_fields(_shape(section), section)).get(key)
    except KeyError:
        return []
    shape = plain_type(kind)
    if shape is bool:
        return ["true", "false"]
    return [str(value) for value in get_args(shape)] if get_origin(shape) is Literal else []


def _shape(section: str) -> type[msgspec.Struct]:
    return SECTIONS[section] if section in SECTIONS else find_service(section).options


def _fields(shape: type[msgspec.Struct], prefix: str) -> Iterator[tuple[str, Any]]:
    for field in msgspec.structs.fields(shape):
        inner = plain_type(field.type)
        key = f"{prefix}.{field.encode_name}"
        if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
            yield from _fields(inner, key)
        else:
            yield key, field.type
