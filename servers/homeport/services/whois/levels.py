"""Find networks, routes and AS numbers by longest match, or at the level that RIPE's flags choose."""

from collections.abc import Sequence
from itertools import islice
from typing import TypeVar

from homeport.services.whois.query import BAD_KEY, Query, QueryError
from homeport.world.numbers import (
    AsNumbers,
    Network,
    NumberObject,
    Range,
    RangeIndex,
    Route,
    looks_numeric,
    parse_range,
)
from homeport.world.world import World

MAX_FOUND = 101
"""Networks, routes or AS numbers of one look-up: one more than layouts show."""
Held = TypeVar("Held", Network, AsNumbers, Route)


def by_number(world: World, query: Query, wanted: Range) -> list[NumberObject]:
    """Return the networks and routes of addresses, or the AS numbers, at the level that the flags choose."""
    numbers, flags = world.numbers, query.flags
    if flags.inverse:
        if wanted.family != "as" or wanted.first != wanted.last:
            raise QueryError(
                BAD_KEY, f"invalid search key {query.key!r}: -i origin takes an AS number, such as AS64496"
            )
        found: list[NumberObject] = [*islice(numbers.routes.with_origin(wanted.first), MAX_FOUND)]
    elif wanted.family == "as":
        found = [*at_level(numbers.as_numbers.index, wanted, flags.level)]
    else:
        found = [
            *at_level(numbers.networks.index, wanted, flags.level),
            *at_level(numbers.routes.index, wanted, flags.level),
        ]
    return found


def at_level(index: RangeIndex[Held], wanted: Range, level: str) -> Sequence[Held]:
    """Return the objects of a range: the most specific one, or those of RIPE's flags -x, -l, -L, -m, -M."""
    own = index.get(wanted)
    exact: list[Held] = [] if own is None else [own]
    match level:
        case "x":
            return exact
        case "l":
            return index.less_specific(wanted, 1)
        case "L":
            return index.less_specific(wanted, MAX_FOUND)[::-1] + exact
        case "m" | "M":
            return index.more_specific(wanted, MAX_FOUND, all_levels=level == "M")
        case _:
            smallest = index.most_specific(wanted)
            return [] if smallest is None else [smallest]


def is_of_types(record: object, query: Query) -> bool:
    """True unless -T asks for other types of networks, routes or AS numbers: inetnum and inet6num are one kind here."""
    types = query.flags.types
    return not types or not isinstance(record, NumberObject) or rpsl_type(record) in types


def rpsl_type(record: object) -> str:
    """Return the type of a network, route or AS number in RPSL (RFC 2622, RFC 4012)."""
    match record:
        case Network():
            return "inet6num" if ":" in record.range else "inetnum"
        case Route():
            return "route6" if ":" in record.prefix else "route"
        case AsNumbers():
            return "as-block" if "-" in record.range else "aut-num"
        case _:
            return ""


def range_or_none(text: str) -> Range | None:
    """Parse an address, a network or AS numbers; return None for another text."""
    try:
        return parse_range(text) if looks_numeric(text) else None
    except ValueError:
        return None
