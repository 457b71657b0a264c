"""Search filters (RFC 4511 4.5.1.7)."""

from collections.abc import Iterator

import msgspec

from homeport.world.directory.secret_attributes import MASK, is_secret


class Filter(msgspec.Struct, frozen=True, gc=False):
    """Base of all filters."""


class And(Filter, frozen=True):
    """True if all parts are; with no part it is the absolute True (RFC 4526)."""

    parts: tuple[Filter, ...]


class Or(Filter, frozen=True):
    """True if one part is; with no part it is the absolute False (RFC 4526)."""

    parts: tuple[Filter, ...]


class Not(Filter, frozen=True):
    """True if the part is False."""

    part: Filter


class Equality(Filter, frozen=True):
    """`(type=value)`"""

    type: str
    """Attribute description, with its options."""
    value: bytes


class Substrings(Filter, frozen=True):
    """`(type=initial*any*final)`"""

    type: str
    initial: bytes | None
    any: tuple[bytes, ...]
    final: bytes | None


class GreaterOrEqual(Filter, frozen=True):
    """`(type>=value)`"""

    type: str
    value: bytes


class LessOrEqual(Filter, frozen=True):
    """`(type<=value)`"""

    type: str
    value: bytes


class Present(Filter, frozen=True):
    """`(type=*)`"""

    type: str


class Approximate(Filter, frozen=True):
    """`(type~=value)`"""

    type: str
    value: bytes


class Extensible(Filter, frozen=True):
    """`(type:dn:rule:=value)`"""

    rule: str
    """Name or OID of the matching rule; empty: the equality rule of the type."""
    type: str
    """Empty: every type that has the rule."""
    value: bytes
    dn_attributes: bool
    """True if the attributes of the entry's DN are searched too."""


def assertions_of(one: Filter) -> Iterator[Filter]:
    """Yield the parts of a filter that are neither sets nor negations of others, from left to right."""
    waiting = [one]
    while waiting:
        match waiting.pop():
            case And(parts) | Or(parts):
                waiting += reversed(parts)
            case Not(part):
                waiting.append(part)
            case part:
                yield part


def text_of(one: Filter, most: int | None = None) -> str:
    """Return a filter as text (RFC 4515), with `***` for passwords. most: parts that are shown of each set."""
    kind = type(one)
    if is_secret(getattr(one, "type", "")) and kind is not Present:
        return f"({one.type}{SIGNS.get(kind, '=')}{MASK})"  # type: ignore[attr-defined]  # all but sets have one
    if kind in SIGNS:
        return f"({one.type}{SIGNS[kind]}{escaped(one.value)})"  # type: ignore[attr-defined]  # by its kind
    match one:
        case And(parts):
            return f"(&{''.join(text_of(part, most) for part in parts[:most])})"
        case Or(parts):
            return f"(|{''.join(text_of(part, most) for part in parts[:most])})"
        case Not(part):
            return f"(!{text_of(part, most)})"
        case Present(name):
            return f"({name}=*)"
        case Substrings(name, initial, inner, final):
            pieces = (initial or b"", *inner, final or b"")
            return f"({name}={'*'.join(map(escaped, pieces))})"
        case Extensible(rule, name, value, dn_attributes):
            shown = escaped(value) if name else MASK  # without a type, passwords are compared too
            return f"({name}{':dn' if dn_attributes else ''}{f':{rule}' if rule else ''}:={shown})"
    raise TypeError(f"no filter: {one!r}")


SIGNS: dict[type[Filter], str] = {Equality: "=", GreaterOrEqual: ">=", LessOrEqual: "<=", Approximate: "~="}


def escaped(value: bytes) -> str:
    """Return a value as text: UTF-8, with escapes for what RFC 4515 3 reserves and for what is not printable."""
    text = value.decode("utf-8", "surrogateescape")
    return "".join(
        char if char.isprintable() and char not in "*()\\" else "".join(f"\\{byte:02x}" for byte in raw(char))
        for char in text
    )


def raw(char: str) -> bytes:
    """Return the bytes of a character that was decoded with `surrogateescape`."""
    return char.encode("utf-8", "surrogateescape")
