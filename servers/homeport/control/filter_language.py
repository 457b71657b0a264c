"""The filter language of the API's lists, as people type it: the parameter `q`.

    word                a text that is searched for; "two words" in quotes
    key:value           a condition; key:a,b holds for either value, key:"a, b" for one with a comma
    key:>100            a comparison: > >= < <=, of keys that have an order
    -term, NOT term     a term that must not hold
    term OR term        one of them must hold; OR binds more tightly than the space between terms

All terms must hold. Keys and the words OR, NOT and AND are not searched for; in quotes they are. The lists declare
their keys and judge the terms; this module knows none of them.
"""

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import NamedTuple, NoReturn

from homeport.config.values import closest
from homeport.control.problems import ProblemError

MAX_LENGTH = 4096
"""Characters of a filter."""
MAX_VALUES = 100
"""Words and values of a filter, together."""
SPACE = re.compile(r"\s*")
KEY = re.compile(r"([A-Za-z][A-Za-z0-9_.-]*):")
OPERATOR = re.compile(r">=|<=|>|<")
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
"""A text in quotes; a backslash before a quote or a backslash makes it a part of the text."""
ESCAPE = re.compile(r'\\(["\\])')
WORD = re.compile(r"\S+")
BARE_VALUE = re.compile(r"[^\s,]+")
OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "": lambda number, limit: number == limit,
    ">": lambda number, limit: number > limit,
    ">=": lambda number, limit: number >= limit,
    "<": lambda number, limit: number < limit,
    "<=": lambda number, limit: number <= limit,
}


class FilterError(ValueError):
    """Raised for a malformed filter. at: position in the text, from 0. nearest: what was probably meant."""

    def __init__(self, message: str, at: int, nearest: str = "") -> None:
        super().__init__(f"at character {at + 1}: {message}")
        self.at = at
        self.nearest = nearest


class Key(NamedTuple):
    """A key of a list's filter."""

    read: Callable[[str], float] | None = None
    """Reads a value as a number; raises ValueError with a message for users. None if values are texts."""
    ordered: bool = False
    """True if values can be compared: `size:>100`. Needs `read`."""
    among: tuple[str, ...] = ()
    """The valid values; empty if any text is valid."""


class Value(NamedTuple):
    """A value of a term."""

    text: str
    at: int
    """Position in the filter."""
    operator: str = ""
    number: float = 0.0
    """The value as a number, if the key reads it."""

    def compare(self, number: float) -> bool:
        """Return True if a number is in the relation to this value that the filter asks for."""
        return OPERATORS[self.operator](number, self.number)


class Term(NamedTuple):
    """A word, or a key with its values."""

    key: str
    """The key in lower case; empty for a word."""
    values: tuple[Value, ...]
    """The alternatives; one for a word."""
    negated: bool
    at: int

    def holds(self, judge: Callable[[Value], bool]) -> bool:
        """Return True if the term holds. judge: returns True if one value of this key matches."""
        return any(map(judge, self.values)) is not self.negated


Clause = tuple[Term, ...]
"""Terms of which one must hold."""


def parse_filter(text: str, keys: Mapping[str, Key]) -> tuple[Clause, ...]:
    """Parse a filter into clauses, which must all hold; none for an empty text.

    Raises: FilterError.
    """
    if len(text) > MAX_LENGTH:
        raise FilterError(f"a filter has at most {MAX_LENGTH} characters", MAX_LENGTH)
    return _Parser(text, keys).parse()


def parse_q(text: str | None, keys: Mapping[str, Key]) -> tuple[Clause, ...]:
    """Parse the parameter `q` of a request.

    Raises: ProblemError, 400, with the position of the error.
    """
    try:
        return parse_filter(text or "", keys)
    except FilterError as error:
        raise ProblemError(HTTPStatus.BAD_REQUEST, f"q: {error}", nearest=error.nearest, at=error.at) from None


class _Parser:
    """Parses one text from left to right."""

    def __init__(self, text: str, keys: Mapping[str, Key]) -> None:
        self._text = text
        self._keys = keys
        self._at = 0
        self._values = 0

    def parse(self) -> tuple[Clause, ...]:
        clauses: list[list[Term]] = []
        joined = ""
        while not self._at_end():
            begin = self._at
            if word := self._connective("OR", "AND"):
                if joined or not clauses:
                    self._fail(f'{word} stands between two terms; to search for the word, write "{word}"', begin)
                joined = word
                continue
            term = self._term()
            if joined == "OR":
                clauses[-1].append(term)
            else:
                clauses.append([term])
            joined = ""
        if joined:
            self._fail(f"a term is missing after {joined}", len(self._text))
        return tuple(map(tuple, clauses))

    def _at_end(self) -> bool:
        """Skip white space. Return True if nothing follows."""
        if found := SPACE.match(self._text, self._at):
            self._at = found.end()
        return self._at == len(self._text)

    def _connective(self, *words: str) -> str:
        """Consume and return one of these words, if it comes next; empty otherwise."""
        found = WORD.match(self._text, self._at)
        if found is None or found[0] not in words:
            return ""
        self._at = found.end()
        return found[0]

    def _term(self) -> Term:
        begin, negated = self._at, False
        if self._connective("NOT"):
            negated = True
            if self._at_end():
                self._fail("a term is missing after NOT", self._at)
        elif re.match(r"-\S", self._text[self._at : self._at + 2]):
            negated = True
            self._at += 1
        key = KEY.match(self._text, self._at)
        if key is None:
            return Term("", (self._word(),), negated, begin)
        name = key[1].lower()
        if name not in self._keys:
            self._unknown_key(key[1])
        self._at = key.end()
        return Term(name, self._read_values(name, self._keys[name]), negated, begin)

    def _unknown_key(self, name: str) -> NoReturn:
        near = closest(name, self._keys)
        found = WORD.match(self._text, self._at)
        hint = f"did you mean {near}?" if near else f"there are {', '.join(self._keys)}."
        quoted = found[0].replace('"', "") if found else name
        self._fail(f'no key {name!r}; {hint} To search for the text, write "{quoted}"', self._at, near)

    def _word(self) -> Value:
        begin = self._at
        if self._text[begin] == '"':
            return Value(self._quoted("word"), begin)
        if self._text[begin] == "(":
            self._fail(
                "there are no parentheses: terms joined by OR are one condition, and all conditions must hold. "
                "To search for a parenthesis, write the word in quotes",
                begin,
            )
        found = WORD.match(self._text, begin)
        assert found is not None  # noqa: S101 - white space was skipped, and the end is ahead
        self._at = found.end()
        self._count(begin)
        return Value(found[0], begin)

    def _quoted(self, kind: str) -> str:
        begin = self._at
        found = QUOTED.match(self._text, begin)
        if found is None:
            self._fail("the closing quote is missing", begin)
        self._at = found.end()
        self._count(begin)
        follower = self._text[self._at : self._at + 1]
        if follower and not follower.isspace() and not (kind == "value" and follower == ","):
            self._fail("a space must follow the closing quote", self._at)
        return ESCAPE.sub(r"\1", found[1])

    def _read_values(self, name: str, key: Key) -> tuple[Value, ...]:
        values = [self._value(name, key)]
        while self._text[self._at : self._at + 1] == ",":
            self._at += 1
            values.append(self._value(name, key))
        return tuple(values)

    def _value(self, name: str, key: Key) -> Value:
        begin, operator = self._at, ""
        if key.ordered and (sign := OPERATOR.match(self._text, self._at)):
            operator = sign[0]
            self._at = sign.end()
        if self._text[self._at : self._at + 1] == '"':
            text = self._quoted("value")
        else:
            found = BARE_VALUE.match(self._text, self._at)
            if found is None:
                self._fail(f"a value is missing; write {name}:value, without a space", self._at)
            text = found[0]
            self._at = found.end()
            self._count(begin)
        if key.among and text.lower() not in key.among:
            near = closest(text, key.among)
            hint = f"did you mean {near}?" if near else f"there are {', '.join(key.among)}"
            self._fail(f"{name} has no value {text!r}; {hint}", begin, near)
        number = 0.0
        if key.read is not None:
            try:
                number = key.read(text)
            except ValueError as error:
                self._fail(f"{name}: {error}", begin)
        return Value(text.lower() if key.among else text, begin, operator, number)

    def _count(self, at: int) -> None:
        self._values += 1
        if self._values > MAX_VALUES:
            self._fail(f"a filter has at most {MAX_VALUES} words and values", at)

    def _fail(self, message: str, at: int, nearest: str = "") -> NoReturn:
        raise FilterError(message, at, nearest)
