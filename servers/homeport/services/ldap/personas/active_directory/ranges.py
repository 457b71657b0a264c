"""Ranges of values: `member;range=0-1499` where an attribute has more than a response holds."""

import re

import msgspec

from homeport.services.ldap.personas.view import Shown
from homeport.world.directory.entry import Values, describe
from homeport.world.directory.schema.schema import Schema

RANGE = re.compile(r"([^;]+);range=(\d{1,9})-(\d{1,9}|\*)", re.IGNORECASE)


class Range(msgspec.Struct, frozen=True):
    """Values that are asked for. last: None for all up to the end. text: as the client wrote it."""

    first: int
    last: int | None
    text: str


def split(schema: Schema, asked: tuple[str, ...]) -> tuple[tuple[str, ...], dict[str, Range]]:
    """Return the attributes that a search asks for without ranges, and the ranges by attribute in lower case."""
    names, ranges = [], {}
    for each in asked:
        found = RANGE.fullmatch(each)
        if found is None:
            names.append(each)
            continue
        name, first, last = found.groups()
        names.append(name)
        ranges[describe(schema, name)] = Range(int(first), None if last == "*" else int(last), f"{first}-{last}")
    return tuple(names), ranges


def cut(ranges: dict[str, Range], limit: int, attributes: Shown) -> Shown:
    """Return attributes with the values that are asked for, and at most `limit` of each; 0: no limit.

    What was asked for comes without values if another range is returned, as Active Directory has it.
    """
    shown: Shown = []
    for name, values in attributes:
        asked = ranges.get(name.lower())
        if asked is None and not (limit and len(values) > limit):
            shown.append((name, values))
        else:
            shown += _ranged(name, values, asked, limit)
    return shown


def _ranged(name: str, values: Values, asked: Range | None, limit: int) -> Shown:
    first = 0 if asked is None else asked.first
    end = len(values) if asked is None or asked.last is None else min(asked.last + 1, len(values))
    if limit:
        end = min(end, first + limit)
    text = f"{first}-*" if end >= len(values) else f"{first}-{end - 1}"
    kept: Shown = [(f"{name};range={text}", values[first:end])]
    if asked is None:
        return [(name, ()), *kept]
    return kept if asked.text == text else [(f"{name};range={asked.text}", ()), *kept]
