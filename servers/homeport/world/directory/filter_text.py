"""Filters from text (RFC 4515)."""

import re

from homeport.world.directory import filters
from homeport.world.directory.filters import Filter, raw

MAX_NESTING = 100
"""Levels of filters in filters."""
ITEM = re.compile(
    r"(?P<type>[A-Za-z0-9.;-]*)(?P<dn>:dn)?(?::(?P<rule>[A-Za-z0-9.-]+))?(?P<sign>:=|>=|<=|~=|=)(?P<value>.*)",
    re.DOTALL,
)
ESCAPE = re.compile(r"\\([0-9A-Fa-f]{2})")
SIGNS: dict[str, type[filters.Equality | filters.GreaterOrEqual | filters.LessOrEqual | filters.Approximate]] = {
    "=": filters.Equality,
    ">=": filters.GreaterOrEqual,
    "<=": filters.LessOrEqual,
    "~=": filters.Approximate,
}


class FilterProblem(ValueError):
    """Raised for text that is no filter. The message says where."""


def parse_filter(text: str) -> Filter:
    """Return the filter that a text is; parentheses around it may be missing. Raises: FilterProblem."""
    text = text.strip()
    if not text.startswith("("):
        text = f"({text})"
    parsed, at = _filter(text, 0, 0)
    if at != len(text):
        raise FilterProblem(f"after character {at}: nothing follows a filter")
    return parsed


def _filter(text: str, at: int, depth: int) -> tuple[Filter, int]:
    """Return the filter at an offset, and the offset after it."""
    if depth > MAX_NESTING:
        raise FilterProblem(f"filters are nested more than {MAX_NESTING} deep")
    if text[at : at + 1] != "(":
        raise FilterProblem(f"at character {at + 1}: a filter begins with '('")
    sign = text[at + 1 : at + 2]
    if sign in ("&", "|", "!") and sign:
        parts, at = _list(text, at + 2, depth + 1)
        if sign == "!":
            if len(parts) != 1:
                raise FilterProblem(f"before character {at + 1}: '!' has one filter")
            made: Filter = filters.Not(parts[0])
        else:
            made = filters.And(tuple(parts)) if sign == "&" else filters.Or(tuple(parts))
    else:
        end = text.find(")", at)
        if end < 0:
            raise FilterProblem(f"at character {at + 1}: ')' is missing")
        made, at = _item(text[at + 1 : end], at + 2), end
    if text[at : at + 1] != ")":
        raise FilterProblem(f"at character {at + 1}: ')' is missing")
    return made, at + 1


def _list(text: str, at: int, depth: int) -> tuple[list[Filter], int]:
    parts = []
    while text[at : at + 1] == "(":
        part, at = _filter(text, at, depth)
        parts.append(part)
    return parts, at


def _item(text: str, place: int) -> Filter:
    """Return a filter without its parentheses. place: of its first character, for the error."""
    found = ITEM.fullmatch(text)
    if found is None:
        raise FilterProblem(f"at character {place}: {text[:40]!r} is no TYPE=VALUE")
    kind, sign, value = found["type"], found["sign"], found["value"]
    if sign == ":=":
        if not kind and not found["rule"]:
            raise FilterProblem(f"at character {place}: a type or a matching rule is missing")
        return filters.Extensible(found["rule"] or "", kind, _value(value, place), found["dn"] is not None)
    if not kind or found["dn"] or found["rule"]:
        raise FilterProblem(f"at character {place}: {text[:40]!r} is no TYPE=VALUE")
    if sign != "=" or "*" not in value:
        return SIGNS[sign](kind, _value(value, place))
    if value == "*":
        return filters.Present(kind)
    first, *inner, last = (_value(piece, place) if piece else None for piece in value.split("*"))
    return filters.Substrings(kind, first, tuple(piece for piece in inner if piece is not None), last)


def _value(text: str, place: int) -> bytes:
    """Return a value with its escapes resolved. Raises: FilterProblem."""
    if "*" in text or "(" in text:
        raise FilterProblem(f"at character {place}: write '*' as \\2a, '(' as \\28")
    pieces = ESCAPE.split(text)
    if any("\\" in piece for piece in pieces[::2]):
        raise FilterProblem(f"at character {place}: a backslash is followed by two hexadecimal digits")
    return b"".join(raw(piece) if number % 2 == 0 else bytes.fromhex(piece) for number, piece in enumerate(pieces))
