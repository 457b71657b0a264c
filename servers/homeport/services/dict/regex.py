"""POSIX regular expressions without backtracking: basic (`regexp`) and extended (`re`) ones, IEEE 1003.2.

Python's `re` backtracks, so that a pattern such as `(a*)*b` costs exponential time. Here a pattern is compiled to a
program of few instructions, the set of instructions that may be current is a state, and states are computed when they
are first reached and kept (a lazy DFA): the work is linear in the text. `Budget` bounds what is computed in all.

Not supported: back references, which no automaton can have, collating elements, and word boundaries.
"""

from collections.abc import Callable, Sequence

MAX_PATTERN = 256
"""Characters of a pattern."""
MAX_REPEAT = 255
"""RE_DUP_MAX of IEEE 1003.2."""
MAX_PROGRAM = 1000
"""Instructions of a program, after repetitions were written out."""
MAX_DEPTH = 40
"""Groups in groups."""
MAX_STATES = 500
"""States that are kept; beyond, all are forgotten."""
MAX_STEPS = 2_000_000
"""Instructions that may be looked at during a search, in all: about a second of work."""
CLASSES: dict[str, Callable[[str], bool]] = {
    "alpha": str.isalpha,
    "digit": str.isdigit,
    "alnum": str.isalnum,
    "upper": str.isalpha,  # texts are folded
    "lower": str.isalpha,
    "space": str.isspace,
    "blank": lambda one: one in " \t",
    "punct": lambda one: one.isprintable() and not one.isalnum() and not one.isspace(),
    "print": str.isprintable,
    "graph": lambda one: one.isprintable() and not one.isspace(),
    "cntrl": lambda one: not one.isprintable(),
    "xdigit": lambda one: one in "0123456789abcdef",
}
Test = Callable[[str], bool]
Node = tuple[object, ...]
"""("one", test) · ("join", nodes) · ("either", nodes) · ("repeat", node, least, most or -1) · ("begin",) · ("end",)"""
ONE, SPLIT, BEGIN, FINISH, MATCH = range(5)


class BadPattern(ValueError):
    """The pattern is malformed, or has what is not supported."""


class TooCostly(Exception):
    """The search needs more work than MAX_STEPS."""


class Parser:
    """Parses a pattern. extended: True for `re`; in basic ones `(`, `{`, `|`, `+` and `?` are special after `\\`."""

    def __init__(self, pattern: str, *, extended: bool) -> None:
        if len(pattern) > MAX_PATTERN:
            raise BadPattern(f"the pattern has more than {MAX_PATTERN} characters")
        self._text = pattern
        self._at = 0
        self._extended = extended
        self._depth = 0

    def parse(self) -> Node:
        """Return the pattern's node. Raises: BadPattern."""
        node = self._either()
        if self._at < len(self._text):
            raise BadPattern("a group is closed that was not opened")
        return node

    def _peek(self) -> str:
        """Return the next token: a special character, or a character after a backslash; empty at the end."""
        one = self._text[self._at : self._at + 1]
        return self._text[self._at : self._at + 2] if one == "\\" else one

    def _special(self, name: str) -> bool:
        """Consume the operator of that name, if it comes next."""
        token = name if self._extended else "\\" + name
        if self._peek() == token:
            self._at += len(token)
            return True
        return False

    def _comes(self, name: str) -> bool:
        return self._peek() == (name if self._extended else "\\" + name)

    def _either(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise BadPattern(f"the pattern has more than {MAX_DEPTH} groups in one another")
        branches = [self._join()]
        while self._special("|"):
            branches.append(self._join())
        self._depth -= 1
        return branches[0] if len(branches) == 1 else ("either", branches)

    def _join(self) -> Node:
        nodes: list[Node] = []
        while self._peek() and not self._comes("|") and not (self._comes(")") and self._depth > 1):
            if self._extended and self._peek() == ")":
                raise BadPattern("a group is closed that was not opened")
            nodes.append(self._repeated(self._atom(first=not nodes)))
        return ("join", nodes)

    def _atom(self, *, first: bool) -> Node:
        if self._special("("):
            node = self._either()
            if not self._special(")"):
                raise BadPattern("a group is not closed")
            return node
        one = self._peek()
        self._at += len(one)
        if one == "^" and (self._extended or first):
            return ("begin",)
        if one == "$" and (self._extended or not self._peek() or self._comes(")") or self._comes("|")):
            return ("end",)
        if one == ".":
            return ("one", _any)
        if one == "[":
            return ("one", self._bracket())
        if one.startswith("\\"):
            return ("one", self._escaped(one[1:]))
        if one in "*+?{" and self._extended:
            raise BadPattern(f"{one} has nothing to repeat")
        return ("one", _is(one))

    @staticmethod
    def _escaped(one: str) -> Test:
        if not one:
            raise BadPattern("the pattern ends in a backslash")
        if one.isdigit() or one in "<>bBwW`'":
            raise BadPattern(f"\\{one} is not supported here: neither back references nor word boundaries are")
        return _is(one)

    def _repeated(self, node: Node) -> Node:
        while True:
            if self._peek() == "*":
                self._at += 1
                node = ("repeat", node, 0, -1)
            elif self._special("+"):
                node = ("repeat", node, 1, -1)
            elif self._special("?"):
                node = ("repeat", node, 0, 1)
            elif self._special("{"):
                node = ("repeat", node, *self._bounds())
            else:
                return node

    def _bounds(self) -> tuple[int, int]:
        ending = "}" if self._extended else "\\}"
        end = self._text.find(ending, self._at)
        least, comma, most = self._text[self._at : max(end, self._at)].partition(",")
        self._at = end + len(ending)
        try:
            low = int(least)
            high = (int(most) if most else -1) if comma else low
        except ValueError:
            raise BadPattern("a repetition is written {2}, {2,} or {2,5}") from None
        if end < 0 or not 0 <= low <= MAX_REPEAT or high > MAX_REPEAT or 0 <= high < low:
            raise BadPattern(f"a repetition has bounds of 0 to {MAX_REPEAT}, the lower one first")
        return low, high

    def _bracket(self) -> Test:
        negated = self._text.startswith("^", self._at)
        self._at += negated
        tests: list[Test] = []
        start = self._at
        while True:
            one = self._text[self._at : self._at + 1]
            if not one:
                raise BadPattern("a bracket is not closed")
            if one == "]" and self._at > start:
                self._at += 1
                break
            if one == "[" and self._text[self._at + 1 : self._at + 2] in (":", ".", "="):
                tests.append(self._class())
                continue
            self._at += 1
            last = self._text[self._at + 1 : self._at + 2]
            if self._text.startswith("-", self._at) and last not in ("]", ""):
                self._at += 2
                tests.append(_range(one, last))
            else:
                tests.append(_is(one))
        return _none_of(tests) if negated else _any_of(tests)

    def _class(self) -> Test:
        end = self._text.find(":]", self._at + 2)
        name = self._text[self._at + 2 : end]
        if self._text[self._at + 1] != ":" or end < 0 or name not in CLASSES:
            raise BadPattern(f"character classes are {', '.join(f'[:{one}:]' for one in CLASSES)}")
        self._at = end + 2
        return CLASSES[name]


def _any(_one: str) -> bool:
    return True


def _is(wanted: str) -> Test:
    folded = wanted.casefold()
    return lambda one: one == folded


def _range(first: str, last: str) -> Test:
    if first > last:
        raise BadPattern(f"the range {first}-{last} is empty")
    low, high = (first.lower(), last.lower()) if first.isupper() and last.isupper() else (first, last)
    return lambda one: low <= one <= high


def _any_of(tests: Sequence[Test]) -> Test:
    return lambda one: any(test(one) for test in tests)


def _none_of(tests: Sequence[Test]) -> Test:
    return lambda one: not any(test(one) for test in tests)


class Program:
    """Instructions of a pattern: (ONE, test), (SPLIT, first, second), (BEGIN,), (FINISH,), (MATCH,)."""

    def __init__(self, node: Node) -> None:
        self.code: list[tuple[int, object, object]] = []
        self._emitted = 0  # nodes; empty groups have no instructions, and can be repeated too
        self._emit(node)
        self._add(MATCH)

    def _add(self, kind: int, first: object = None, second: object = None) -> int:
        if len(self.code) >= MAX_PROGRAM:
            raise BadPattern("the pattern repeats too much")
        self.code.append((kind, first, second))
        return len(self.code) - 1

    def _emit(self, node: Node) -> None:
        self._emitted += 1
        if self._emitted > 4 * MAX_PROGRAM:
            raise BadPattern("the pattern repeats too much")
        match node:
            case ("one", test):
                self._add(ONE, test)
            case ("begin",):
                self._add(BEGIN)
            case ("end",):
                self._add(FINISH)
            case ("join", list() as nodes):
                for one in nodes:
                    self._emit(one)
            case ("either", list() as nodes):
                self._emit_either(nodes)
            case ("repeat", tuple() as one, int(least), int(most)):
                for _ in range(least):
                    self._emit(one)
                if most < 0:
                    self._emit_star(one)
                for _ in range(most - least):
                    split = self._add(SPLIT)
                    self._emit(one)
                    self.code[split] = (SPLIT, split + 1, len(self.code))

    def _emit_star(self, node: Node) -> None:
        split = self._add(SPLIT)
        self._emit(node)
        self._add(SPLIT, split, split)
        self.code[split] = (SPLIT, split + 1, len(self.code))

    def _emit_either(self, nodes: Sequence[Node]) -> None:
        jumps = []
        for node in nodes[:-1]:
            split = self._add(SPLIT)
            self._emit(node)
            jumps.append(self._add(SPLIT))
            self.code[split] = (SPLIT, split + 1, len(self.code))
        self._emit(nodes[-1])
        for jump in jumps:
            self.code[jump] = (SPLIT, len(self.code), len(self.code))


class State:
    """A set of instructions that may be current, none of which is a SPLIT; `next` is filled as characters come."""

    __slots__ = ("instructions", "matches", "matches_at_end", "next")

    def __init__(self, instructions: frozenset[int], *, matches: bool, matches_at_end: bool) -> None:
        self.instructions = instructions
        self.matches = matches
        self.matches_at_end = matches_at_end
        self.next: dict[str, State] = {}


class Expression:
    """A compiled pattern, for one search. Texts are folded (`str.casefold`).

    Raises: BadPattern.
    """

    def __init__(self, pattern: str, *, extended: bool) -> None:
        self._code = Program(Parser(pattern, extended=extended).parse()).code
        self._states: dict[frozenset[int], State] = {}
        self._steps = 0
        self._restart = self._closure([0], begins=False)
        self._first = self._state(self._closure([0], begins=True))

    def matches(self, text: str) -> bool:
        """Return True if the pattern matches any part of a text. Raises: TooCostly."""
        state = self._first
        for one in text:
            if state.matches:
                return True
            following = state.next.get(one)
            state = following if following is not None else self._step(state, one)
        return state.matches_at_end

    def _step(self, state: State, one: str) -> State:
        code = self._code
        reached = []
        for at in state.instructions:
            kind, test, _second = code[at]
            if kind == ONE and test(one):  # type: ignore[operator]  # by its kind
                reached.append(at + 1)
        self._count(len(state.instructions))
        following = self._state(self._closure(reached, begins=False) | self._restart)
        state.next[one] = following
        return following

    def _state(self, instructions: frozenset[int]) -> State:
        state = self._states.get(instructions)
        if state is None:
            if len(self._states) >= MAX_STATES:
                self._states.clear()  # those in use keep their successors, and nothing else does
                first = self._closure([0], begins=True)
                self._first = self._made(first)
            state = self._made(instructions)
        return state

    def _made(self, instructions: frozenset[int]) -> State:
        code = self._code
        matches = any(code[at][0] == MATCH for at in instructions)
        ends = matches or any(code[at][0] == MATCH for at in self._closure(instructions, begins=False, ends=True))
        state = self._states[instructions] = State(instructions, matches=matches, matches_at_end=ends)
        return state

    def _closure(self, starts: Sequence[int] | frozenset[int], *, begins: bool, ends: bool = False) -> frozenset[int]:
        """Return the instructions that can be reached without a character."""
        code, seen, pending, found = self._code, set(starts), list(starts), set()
        while pending:
            at = pending.pop()
            kind, first, second = code[at]
            if kind == SPLIT:
                following: tuple[object, ...] = (first, second)
            elif (kind == BEGIN and begins) or (kind == FINISH and ends):
                following = (at + 1,)
            else:
                found.add(at)
                continue
            for one in following:
                if one not in seen:
                    assert isinstance(one, int)  # noqa: S101 - targets are filled in
                    seen.add(one)
                    pending.append(one)
        self._count(len(seen))
        return frozenset(found)

    def _count(self, steps: int) -> None:
        self._steps += steps
        if self._steps > MAX_STEPS:
            raise TooCostly
