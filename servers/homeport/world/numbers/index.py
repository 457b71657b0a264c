"""Objects by range, with the look-ups of number registries: most specific, less specific, more specific.

Ranges nest or are disjoint, as in a registry; those that share a part only are refused. So all ranges that contain one
number form a chain, and a look-up is a binary search in at most one chain for each length of a prefix, however many
objects there are.
"""

from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Generic, TypeVar

from homeport.world.numbers.ranges import BITS, Family, Range

Item = TypeVar("Item")
Cell = tuple[Family, int, int]
"""Family, length of a prefix, and its bits."""


class OverlapError(ValueError):
    """A range that shares only a part with another one."""


class RangeIndex(Generic[Item]):
    """Objects by their ranges."""

    def __init__(self) -> None:
        self._items: dict[Range, Item] = {}
        self._chains: dict[Cell, list[Range]] = {}  # the ranges with that block among theirs, smallest first
        self._lengths: dict[Family, Counter[int]] = {family: Counter() for family in BITS}
        self._ordered: dict[Family, list[tuple[int, int]]] = {family: [] for family in BITS}  # first and -last

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items.values())

    def get(self, exact: Range) -> Item | None:
        """Return the object of exactly that range, or None."""
        return self._items.get(exact)

    def put(self, where: Range, item: Item) -> None:
        """Add an object, or replace the one of the same range.

        Raises: OverlapError.
        """
        if where not in self._items:
            if (other := self._overlapping(where)) is not None:
                raise OverlapError(f"{where} shares only a part with {other}: ranges nest or are disjoint")
            for cell in _cells(where):
                insort(self._chains.setdefault(cell, []), where, key=_size)
                self._lengths[where.family][cell[1]] += 1
            insort(self._ordered[where.family], (where.first, -where.last))
        self._items[where] = item

    def remove(self, where: Range) -> Item | None:
        """Remove and return the object of exactly that range; None if there is none."""
        found = self._items.pop(where, None)
        if found is None:
            return None
        for cell in _cells(where):
            chain = self._chains[cell]
            del chain[bisect_left(chain, _size(where), key=_size)]
            if not chain:
                del self._chains[cell]
            self._lengths[where.family][cell[1]] -= 1
            if not self._lengths[where.family][cell[1]]:
                del self._lengths[where.family][cell[1]]
        ordered = self._ordered[where.family]
        del ordered[bisect_left(ordered, (where.first, -where.last))]
        return found

    def most_specific(self, wanted: Range) -> Item | None:
        """Return the object of the smallest range that contains the wanted one, or is the same."""
        found = [
            chain[at]
            for chain in self._chains_at(wanted.first, wanted.family)
            if (at := _within(chain, wanted)) < len(chain)
        ]
        return self._items[min(found, key=_size)] if found else None

    def less_specific(self, wanted: Range, limit: int) -> list[Item]:
        """Return the objects of at most `limit` ranges that contain the wanted one, the smallest first; not its own."""
        found = {
            one
            for chain in self._chains_at(wanted.first, wanted.family)
            for one in islice(chain, _within(chain, wanted), _within(chain, wanted) + limit + 1)
        }
        return [self._items[one] for one in sorted(found - {wanted}, key=_size)[:limit]]

    def more_specific(self, wanted: Range, limit: int, *, all_levels: bool) -> list[Item]:
        """Return the objects of at most `limit` ranges within the wanted one, in order; not its own.

        all_levels: False for the first level only.
        """
        ordered, found = self._ordered[wanted.family], list[Item]()
        at = bisect_right(ordered, (wanted.first, -wanted.last))
        while at < len(ordered) and len(found) < limit and ordered[at][0] <= wanted.last:
            first, last = ordered[at][0], -ordered[at][1]
            whole = last <= wanted.last
            if whole:
                found.append(self._items[Range(wanted.family, first, last)])
            at = at + 1 if all_levels or not whole else bisect_left(ordered, (last + 1, -(1 << 128)))
        return found

    def _chains_at(self, number: int, family: Family) -> Iterator[list[Range]]:
        """Yield the chains of ranges that contain a number: at most one for each length of a prefix."""
        bits = BITS[family]
        for length in self._lengths[family]:
            if chain := self._chains.get((family, length, number >> (bits - length))):
                yield chain

    def _overlapping(self, where: Range) -> Range | None:
        """Return a range that shares only a part with this one; None if there is none."""
        for number in (where.first, where.last):
            for chain in self._chains_at(number, where.family):
                # Of those that do not contain it, the largest reaches farthest out of it.
                at = _within(chain, where)
                if at and not where.covers(chain[at - 1]):
                    return chain[at - 1]
        return None


def _size(one: Range) -> int:
    return one.last - one.first


def _cells(where: Range) -> Iterable[Cell]:
    return ((where.family, length, top) for length, top in where.blocks())


def _within(chain: list[Range], wanted: Range) -> int:
    """Return the place of the first range of a chain that contains the wanted one."""
    return bisect_left(chain, True, key=lambda one: one.covers(wanted))  # noqa: FBT003 - the key of the search
