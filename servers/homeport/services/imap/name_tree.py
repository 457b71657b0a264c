"""The names that LIST and LSUB may return, with the levels above them, in order.

    for nodes in Walk(sorted_names, patterns):      # one step for each name

A walk keeps nothing but the levels that are open: with a thousand names of fifty levels there are fifty thousand nodes.
What is below a level that no pattern can match is skipped.
"""

from collections.abc import Iterator, Sequence

import msgspec

from homeport.services.imap.grammar.list_patterns import Patterns
from homeport.world.mail.mailbox_names import SEPARATOR

COST_OF_NODE = 10
"""In characters."""


class Node(msgspec.Struct, gc=False):
    """A name, or a level above one."""

    name: str
    place: int
    """Its number in the order of the walk."""
    listed: bool
    """True for a name; False for a level above some that is none itself."""
    matched: bool
    has_children: bool


class Level(msgspec.Struct, gc=False):
    """A level that is open: names below it follow."""

    begin: str
    """Beginning of the names below it, with the separator."""
    states: int
    """Those of the patterns after that."""
    place: int


class Walk:
    """One walk over names, which are sorted by `order`."""

    def __init__(self, names: Sequence[str], patterns: Patterns) -> None:
        self._names = names
        self._patterns = patterns
        self._places = 0
        self.open: list[Level] = []
        """The levels above the last name, from the top; without those below a level that cannot match."""
        self.cost = 0
        """Characters compared, and nodes made."""

    def __iter__(self) -> Iterator[list[Node]]:
        """Yield for each name the nodes that it adds: the levels above it that are new, and itself."""
        names, open_ = self._names, self.open
        for at, name in enumerate(names):
            while open_ and not name.startswith(open_[-1].begin):
                open_.pop()
            self.cost += 1
            if open_ and not open_[-1].states:
                yield []
                continue
            following = names[at + 1] if at + 1 < len(names) else ""
            yield self._descend(name, has_children=following.startswith(name + SEPARATOR))

    def above(self, name: str) -> set[int]:
        """Return the places of the open levels above the last name."""
        return {level.place for level in self.open if name.startswith(level.begin)}

    def _descend(self, name: str, *, has_children: bool) -> list[Node]:
        open_, patterns = self.open, self._patterns
        begin = len(open_[-1].begin) if open_ else 0
        states = open_[-1].states if open_ else patterns.start
        self.cost += (len(name) - begin) * (1 + patterns.size // 1024)
        found = []
        while True:
            end = name.find(SEPARATOR, begin)
            shown = name if end < 0 else name[:end]
            states = patterns.read(states, shown[begin:])
            matched = patterns.accepts(states, shown)
            found.append(Node(shown, self._places, end < 0, matched, has_children or end >= 0))
            if has_children or end >= 0:
                states = patterns.read(states, SEPARATOR)
                open_.append(Level(shown + SEPARATOR, states, self._places))
            self._places += 1
            self.cost += COST_OF_NODE
            if end < 0 or not states:
                return found
            begin = end + 1
