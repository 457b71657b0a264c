"""The IDN tables of a registry, and which of its names are variants of each other.

Variants are found by an index label: the label with the least variant of each character in its place, which all
variants of a label share. Only names that differ from their index label are kept, so plain names cost nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from homeport.world.registry.idn.policy import BUILT_IN, IdnTableText
from homeport.world.registry.idn.table import ACTIVE, Table

if TYPE_CHECKING:
    from homeport.world.registry.zones import Zone

ACE = "xn--"


@cache
def built_in(name: str) -> Table:
    """Return a table that is built in."""
    from homeport.world.registry.idn import builtin  # imported late: few registries need the tables

    return builtin.MADE[name]()


@cache
def parsed(name: str, text: str) -> Table:
    """Return the table of a ruleset; the configuration has parsed its own before the farm runs. Raises: ValueError."""
    from homeport.world.registry.idn import lgr

    return lgr.parse(name, text)


class VariantSets:
    """The variants that the tables of a zone know, as one relation: what one table relates is related in all."""

    def __init__(self, tables: Iterable[Table]) -> None:
        groups: dict[str, set[str]] = {}
        for table in tables:
            for one, other in table.variant_pairs():
                merged = groups.get(one, {one}) | groups.get(other, {other})
                for each in merged:
                    groups[each] = merged
        self._least = {one: min(group) for one, group in groups.items()}
        self._longest = max(map(len, self._least), default=1)
        self.concerns_ascii = any(one.isascii() and least != one for one, least in self._least.items())
        """True if names without A-labels may differ from their index label."""

    def index_of(self, label: str) -> str:
        """Return the index label of a label of Unicode characters."""
        if not self._least:
            return label
        found = []
        at = 0
        while at < len(label):
            for size in range(min(self._longest, len(label) - at), 0, -1):
                part = label[at : at + size]
                if part in self._least or size == 1:
                    found.append(self._least.get(part, part))
                    at += size
                    break
        return "".join(found)


class IdnTables:
    """The tables of one registry, and the index of its names that have variants.

    texts: configured tables.
    """

    def __init__(self, texts: Sequence[IdnTableText] = ()) -> None:
        self._texts = {one.name: one.lgr for one in texts}
        self._put: dict[str, Table] = {}
        self._sets: dict[tuple[str, ...], VariantSets] = {}
        self._names: dict[tuple[str, str], dict[str, None]] = {}  # by zone and index label
        self.ascii_zones: frozenset[str] = frozenset()
        """Zones whose tables have variants among the letters of plain names."""
        self.concerns_plain_names = False
        """True if a name without A-labels may be a variant of another one."""

    def begin(self, zones: Mapping[str, "Zone"]) -> None:
        """Forget all names; these are the zones from now on."""
        self._names.clear()
        own = (one for one in zones.values() if any(name in self._texts for name in one.idn.tables))
        self.ascii_zones = frozenset(one.name for one in own if self._sets_of(one).concerns_ascii)
        self.concerns_plain_names = bool(self.ascii_zones)

    def names(self) -> tuple[str, ...]:
        """Return the names of all tables."""
        return tuple(dict.fromkeys((*BUILT_IN, *self._texts)))

    def get(self, name: str) -> Table | None:
        """Return the table of a name; None if there is none."""
        if name in self._put:
            return self._put[name]
        if name in self._texts:
            return parsed(name, self._texts[name])
        return built_in(name) if name in BUILT_IN else None

    def text_of(self, name: str) -> str:
        """Return the ruleset of a table that is not built in; else empty."""
        return self._texts.get(name, "")

    def put(self, text: IdnTableText, table: Table) -> None:
        """Add a table, or replace it; the zones that have it begin again (`begin`). text: its ruleset."""
        self._texts[text.name] = text.lgr
        self._put[text.name] = table
        self._sets.clear()

    def of(self, zone: "Zone") -> Iterator[Table]:
        """Yield the tables of a zone; a name without a table is left out."""
        return (table for name in zone.idn.tables if (table := self.get(name)) is not None)

    def table_of(self, zone: "Zone", label: str) -> Table | None:
        """Return the first table of a zone that a label of Unicode characters is valid in; None without one."""
        return next((table for table in self.of(zone) if not table.problem(label)), None)

    def concerns(self, name: str, zone: "Zone") -> bool:
        """True if a name directly below a zone is internationalized, or may be a variant of a registered one."""
        if name.startswith(ACE) or zone.name in self.ascii_zones:
            return True
        return (zone.name, name.partition(".")[0]) in self._names

    # Names that are variants

    def change(self, name: str, zone: "Zone | None", *, there: bool) -> None:
        """Add a registered name to the index, or remove it."""
        if zone is None or zone.idn.variants == "none":
            return
        label = unicode_label(name)
        index = self._sets_of(zone).index_of(label)
        if index == label:
            return
        key = (zone.name, index)
        if there:
            self._names.setdefault(key, {})[name] = None
        elif key in self._names:
            self._names[key].pop(name, None)
            if not self._names[key]:
                del self._names[key]
        self.concerns_plain_names = bool(self._names or self.ascii_zones)

    def candidates(self, name: str, zone: "Zone") -> Iterator[str]:
        """Yield the names that would be variants of a name, if they are registered; without itself.

        They are the registered ones that differ from their index label, and the name of that label.
        """
        if zone.idn.variants == "none":
            return
        label = unicode_label(name)
        index = self._sets_of(zone).index_of(label)
        if index != label and (first := ascii_label(index)):
            yield f"{first}.{zone.name}"
        yield from (one for one in self._names.get((zone.name, index), ()) if one != name)

    def allocatable(self, zone: "Zone", held: str, wanted: str) -> bool:
        """True if the sponsor of a name may have a variant of it, by a table of the zone that has both."""
        original, variant = unicode_label(held), unicode_label(wanted)
        return zone.idn.variants == "allocatable" and any(
            table.disposition(original, variant) in ACTIVE for table in self.of(zone) if not table.problem(original)
        )

    def _sets_of(self, zone: "Zone") -> VariantSets:
        found = self._sets.get(zone.idn.tables)
        if found is None:
            found = self._sets[zone.idn.tables] = VariantSets(self.of(zone))
        return found


def unicode_label(name: str) -> str:
    """Return the first label of a name with its Unicode characters; unchanged if it cannot be decoded."""
    label = name.partition(".")[0]
    if not label.startswith(ACE):
        return label
    try:
        return label[len(ACE) :].encode("ascii").decode("punycode")
    except UnicodeError:
        return label


def ascii_label(label: str) -> str:
    """Return a label of Unicode characters as an A-label; empty if that cannot be."""
    if label.isascii():
        return label
    try:
        return f"{ACE}{label.encode('punycode').decode('ascii')}"
    except UnicodeError:
        return ""
