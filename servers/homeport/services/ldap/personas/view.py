"""Entries as a behaviour shows them: with attributes that it makes, without those that it hides."""

from collections.abc import Callable, Iterator, Mapping

import msgspec

from homeport.world.directory import filters
from homeport.world.directory.entry import Attributes, Entry, Values, describe
from homeport.world.directory.filters import Filter
from homeport.world.directory.schema.schema import Schema

Make = Callable[[Entry], Values]
Makers = Mapping[str, Make]
"""Functions that make attributes, by name in lower case; what they return takes the place of what the entry holds."""
Shown = list[tuple[str, Values]]
"""The attributes of a response, by description."""
EVERY, EVERY_OPERATIONAL = "*", "+"


class View(msgspec.Struct, frozen=True):
    """A view of entries by one operation. The default: what they hold."""

    makers: Makers = {}
    tested: frozenset[str] = frozenset()
    """Attributes that the filter asks about."""
    selected: frozenset[str] = frozenset()
    """Attributes that are returned."""
    hidden: frozenset[str] = frozenset()
    """Attributes that no client sees."""
    narrow: Callable[[Filter], Filter] | None = None
    """Returns a filter that finds at least the same in what entries hold, for the indexes."""
    cut: Callable[[Shown], Shown] | None = None
    """Shortens the attributes of a response."""

    def for_test(self, entry: Entry) -> Entry:
        """Return an entry as the filter sees it."""
        return self._with(entry, self.tested)

    def for_response(self, entry: Entry) -> Entry:
        """Return an entry as it is returned."""
        return self._with(entry, self.selected | self.hidden)

    def narrowed(self, chosen: Filter) -> Filter:
        """Return the filter by which the tree is searched."""
        return chosen if self.narrow is None else self.narrow(chosen)

    def trimmed(self, attributes: Shown) -> Shown:
        """Return the attributes of a response as they are sent."""
        return attributes if self.cut is None else self.cut(attributes)

    def _with(self, entry: Entry, names: frozenset[str]) -> Entry:
        hides = not self.hidden.isdisjoint(names)
        if not hides and self.makers.keys().isdisjoint(names):
            return entry
        attributes: Attributes = dict(entry.attributes)
        for name, make in self.makers.items():
            if name in names:
                if values := make(entry):
                    attributes[name] = values
                else:
                    attributes.pop(name, None)
        if hides:
            for name in self.hidden:
                attributes.pop(name, None)
        return entry.with_attributes(attributes)


PLAIN = View()


def names_in(schema: Schema, chosen: Filter) -> Iterator[str]:
    """Yield the attributes that a filter asks about, by name in lower case, without options."""
    for one in filters.assertions_of(chosen):
        yield describe(schema, getattr(one, "type", "")).partition(";")[0]


def names_of(schema: Schema, asked: tuple[str, ...]) -> frozenset[str]:
    """Return the attributes that a search names, by name in lower case, without options."""
    return frozenset(describe(schema, name).partition(";")[0] for name in asked)


def asks_for_all(asked: tuple[str, ...]) -> bool:
    """Return True if all user attributes are selected."""
    return not asked or EVERY in asked
