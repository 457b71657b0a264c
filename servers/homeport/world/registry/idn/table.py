"""An IDN table (RFC 7940): which labels a zone takes, and which of them are variants of each other.

A label is valid if it is made of the table's characters and sequences, each in its context, and no action makes it
invalid. A variant of it has others in their place, and the types of these mappings decide by the actions if it is
blocked, or may be allocated to the same holder (RFC 7940 5.3, 7).
"""

import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

ACTIVE = ("valid", "allocatable", "activated")
"""Dispositions of labels that can be registered."""
CONDITIONS = ("any", "all", "only")


class Rule(msgspec.Struct, frozen=True, gc=False):
    """A rule on labels, as expressions: for what comes before the character that it is about, and for what follows.

    A rule about whole labels has its expression in `after` and no `anchored`.
    """

    name: str
    before: re.Pattern[str] | None
    after: re.Pattern[str]
    anchored: bool = False

    def matches(self, label: str, begin: int = 0, end: int = 0) -> bool:
        """True if the label matches; begin, end: place of the character that the rule is about."""
        if not self.anchored:
            return self.after.search(label) is not None
        before = self.before is None or self.before.search(label[:begin]) is not None
        return before and self.after.match(label, end) is not None


class Mapped(msgspec.Struct, frozen=True, gc=False):
    """The mapping of a character to a variant: its type, and the contexts in which it is one."""

    type: str = ""
    when: str = ""
    not_when: str = ""


class Character(msgspec.Struct, frozen=True, gc=False):
    """A character or a sequence of the repertoire: its context, and its variants."""

    when: str = ""
    """Name of the rule that its context has to match; empty: any."""
    not_when: str = ""
    variants: Mapping[str, Mapped] = {}


class Action(msgspec.Struct, frozen=True, gc=False):
    """The disposition of labels that match a rule, and have variants of these types."""

    disposition: str
    match: str = ""
    not_match: str = ""
    condition: str = ""
    """any, all or only; empty: none."""
    types: frozenset[str] = frozenset()

    def acts(self, label: str, types: Sequence[str], rules: Mapping[str, Rule]) -> bool:
        """True if it decides on a label with mappings of these types."""
        if self.match and not rules[self.match].matches(label):
            return False
        if self.not_match and rules[self.not_match].matches(label):
            return False
        if not self.condition:
            return True
        inside = [one in self.types for one in types if one]
        if self.condition == "any":
            return any(inside)
        return bool(inside) and all(inside) and (self.condition == "all" or len(inside) == len(types))


DEFAULT_ACTIONS = (
    Action(disposition="invalid", condition="any", types=frozenset(("invalid", "out-of-repertoire-var"))),
    Action(disposition="blocked", condition="any", types=frozenset(("blocked",))),
    Action(disposition="allocatable", condition="any", types=frozenset(("allocatable",))),
    Action(disposition="activated", condition="any", types=frozenset(("activated",))),
    Action(disposition="valid"),
)
"""Actions after those of every table (RFC 7940 7.6)."""


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """An IDN table."""

    name: str
    language: str = "und"
    repertoire: Mapping[str, Character]
    rules: Mapping[str, Rule] = {}
    actions: tuple[Action, ...] = ()
    longest: int = 1
    """Characters of the longest sequence in the repertoire."""

    def problem(self, label: str) -> str:
        """Return why a label of Unicode characters is not one of the table's; empty if it is."""
        parts = self.parts(label)
        if parts is None:
            return self._unknown(label)
        disposition = self._decide(label, [self._type(one, one) for one in parts])
        return "" if disposition in ACTIVE else f"the rules of the IDN table {self.name} make it {disposition}"

    def disposition(self, original: str, variant: str) -> str:
        """Return the disposition of a variant of a label: valid, allocatable, activated, blocked or invalid."""
        parts, others = self.parts(original), self.parts(variant)
        if parts is None or others is None or len(parts) != len(others):
            return "blocked"
        types = []
        for one, other in zip(parts, others, strict=True):
            if one != other and other not in self.repertoire[one].variants:
                return "blocked"
            types.append(self._type(one, other))
        return self._decide(variant, types)

    def parts(self, label: str) -> list[str] | None:
        """Return the characters and sequences that a label is made of, long ones first; None if it has others."""
        ends: dict[int, list[str] | None] = {len(label): []}
        for begin in range(len(label) - 1, -1, -1):
            ends[begin] = None
            for end in range(min(begin + self.longest, len(label)), begin, -1):
                rest = ends[end]
                if rest is not None and self._fits(label, begin, end):
                    ends[begin] = [label[begin:end], *rest]
                    break
        return ends[0]

    def _fits(self, label: str, begin: int, end: int) -> bool:
        one = self.repertoire.get(label[begin:end])
        if one is None:
            return False
        if one.when and not self.rules[one.when].matches(label, begin, end):
            return False
        return not (one.not_when and self.rules[one.not_when].matches(label, begin, end))

    def _unknown(self, label: str) -> str:
        for one in label:
            if one not in self.repertoire and not any(one in part for part in self.repertoire if len(part) > 1):
                return f"the IDN table {self.name} does not have U+{ord(one):04X}"
        return f"the IDN table {self.name} does not allow a character in its place"

    def _type(self, one: str, other: str) -> str:
        mapped = self.repertoire[one].variants.get(other)
        return mapped.type if mapped is not None else ""

    def _decide(self, label: str, types: Sequence[str]) -> str:
        for action in (*self.actions, *DEFAULT_ACTIONS):
            if action.acts(label, types, self.rules):
                return action.disposition
        return "valid"

    def variant_pairs(self) -> Iterator[tuple[str, str]]:
        """Yield each character with each of its variants."""
        for one, character in self.repertoire.items():
            for other in character.variants:
                if other != one:
                    yield one, other
