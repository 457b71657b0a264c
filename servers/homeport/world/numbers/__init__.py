"""Internet numbers of a world: networks, routes and AS numbers, with longest-match look-ups.

    objects.py   the objects       ranges.py    ranges of addresses and AS numbers, and their text forms
    index.py     objects by range  numbers.py   a world's tables

They are in memory, also with `--data`.
"""

from homeport.world.numbers.index import OverlapError, RangeIndex
from homeport.world.numbers.numbers import Numbers, Table
from homeport.world.numbers.objects import AsNumbers, Network, NumberObject, NumbersContents, Route
from homeport.world.numbers.ranges import MAX_AS_NUMBER, Range, looks_numeric, parse_prefix, parse_range

__all__ = [
    "MAX_AS_NUMBER",
    "AsNumbers",
    "Network",
    "NumberObject",
    "Numbers",
    "NumbersContents",
    "OverlapError",
    "Range",
    "RangeIndex",
    "Route",
    "Table",
    "looks_numeric",
    "parse_prefix",
    "parse_range",
]
