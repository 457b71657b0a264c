"""The networks, routes and AS numbers of a world."""

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

import msgspec

from homeport.world.numbers.index import RangeIndex
from homeport.world.numbers.objects import AsNumbers, Network, NumbersContents, Route
from homeport.world.numbers.ranges import Range, as_number, parse_prefix, parse_range

Stored = TypeVar("Stored", Network, AsNumbers, Route)


class Table(Generic[Stored]):
    """Objects of one kind by their range.

    key: the field with the range. parse: reads it; raises ValueError.
    """

    def __init__(self, key: str, parse: Callable[[str], Range]) -> None:
        self.key = key
        self.parse = parse
        self.index: RangeIndex[Stored] = RangeIndex()

    def __len__(self) -> int:
        return len(self.index)

    def __iter__(self) -> Iterator[Stored]:
        return iter(self.index)

    def range_of(self, one: Stored) -> Range:
        """Return the object's range."""
        return self.parse(getattr(one, self.key))

    def put(self, one: Stored) -> Stored:
        """Add an object, or replace the one of the same range; return it as stored.

        Raises: ValueError for an invalid range, OverlapError for one that shares a part with another.
        """
        where = self.range_of(one)
        stored = msgspec.structs.replace(one, **{self.key: str(where)})
        self.index.put(where, stored)
        return stored

    def remove(self, where: Range) -> bool:
        """Remove the object of that range; return False if there is none."""
        return self.index.remove(where) is not None


class Routes(Table[Route]):
    """Routes by prefix, and by origin."""

    def __init__(self) -> None:
        super().__init__("prefix", parse_prefix)
        self._of_origin: dict[int, dict[Range, Route]] = {}

    def put(self, one: Route) -> Route:
        where = self.range_of(one)
        numbers = dict.fromkeys(as_number(origin) for origin in one.origins)
        self.remove(where)
        stored = super().put(msgspec.structs.replace(one, origins=tuple(f"AS{number}" for number in numbers)))
        for number in numbers:
            self._of_origin.setdefault(number, {})[where] = stored
        return stored

    def remove(self, where: Range) -> bool:
        found = self.index.get(where)
        for origin in found.origins if found else ():
            routes = self._of_origin[as_number(origin)]
            del routes[where]
            if not routes:
                del self._of_origin[as_number(origin)]
        return super().remove(where)

    def with_origin(self, number: int) -> Iterable[Route]:
        """Return the routes that this AS number announces, in the order in which they were added."""
        return self._of_origin.get(number, {}).values()


class Numbers:
    """A world's networks, routes and AS numbers.

    start: the world's beginning, to which the times of the contents are relative.

    Raises: ValueError for an invalid range.
    """

    def __init__(self, contents: NumbersContents, start: float = 0.0) -> None:
        self.networks: Table[Network] = Table("range", parse_network)
        self.routes = Routes()
        self.as_numbers: Table[AsNumbers] = Table("range", parse_as_numbers)
        for network in contents.networks:
            self.networks.put(_shifted(network, start))
        for route in contents.routes:
            self.routes.put(_shifted(route, start))
        for numbers in contents.as_numbers:
            self.as_numbers.put(_shifted(numbers, start))


def parse_network(text: str) -> Range:
    """Parse the range of a network. Raises: ValueError."""
    found = parse_range(text)
    if found.family == "as":
        raise ValueError(f"{text!r} is not a network: write a prefix or a range of addresses")
    return found


def parse_as_numbers(text: str) -> Range:
    """Parse an AS number or a block of them. Raises: ValueError."""
    found = parse_range(text)
    if found.family != "as":
        raise ValueError(f"{text!r} is not an AS number: write one such as AS64496")
    return found


def _shifted(one: Stored, start: float) -> Stored:
    times = {name: time + start for name in ("created", "updated") if (time := getattr(one, name)) is not None}
    return msgspec.structs.replace(one, **times)
