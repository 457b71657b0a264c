"""The queries of Gmail's search box (X-GM-RAW), as far as they can be said with the keys of SEARCH.

Words, "phrases", operators such as `from:bob`, `-` before what must not match, `OR`, and groups in `()` and `{}`.
"""

import datetime
import re
from collections.abc import Callable

from homeport.services.imap.grammar.search_keys import (
    MAX_DEPTH,
    MAX_KEYS,
    All,
    AllOf,
    AnyOf,
    Flag,
    InHeader,
    InText,
    Key,
    Label,
    Not,
    OnDay,
    Size,
    Within,
)
from homeport.services.imap.grammar.tokens import SyntaxProblem

TOKEN = re.compile(
    r"""\s*+(?:
    (?P<bracket>[(){}])
    | (?:(?P<not_group>-)|(?P<of_group>[a-z_]++):)(?=[({])
    | (?P<not>-?)(?:(?P<operator>[a-z_]++):)?(?:"(?P<phrase>[^"]*+)"?|(?P<word>[^\s(){}"]++))
    )""",
    re.IGNORECASE | re.VERBOSE,
)
AGE = re.compile(r"(\d{1,5})([dmy])", re.IGNORECASE)
DATE = re.compile(r"(\d{4})[/-](\d{1,2})[/-](\d{1,2})")
SIZE = re.compile(r"(\d{1,12})([kmKM]?)")
DAYS = {"d": 1, "m": 30, "y": 365}
UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20}
REFERENCE = "https://support.google.com/mail/answer/7190"
STATES: dict[str, Key] = {
    "read": Flag("\\Seen"),
    "unread": Not(Flag("\\Seen")),
    "starred": Flag("\\Flagged"),
    "important": Label("\\Important"),
}
PLACES = {"sent": "\\Sent", "draft": "\\Draft", "drafts": "\\Draft"} | {
    name: f"\\{name.capitalize()}" for name in ("inbox", "trash", "spam", "starred", "important")
}
HEADERS = {
    **{name: name for name in ("from", "to", "cc", "bcc", "subject")},
    "list": "list-id",
    "deliveredto": "delivered-to",
    "rfc822msgid": "message-id",
}
UNKNOWN = ("category", "filename", "has", "is")
"""Operators of Gmail that mean nothing here, or not with every value."""


class UnknownQuery(SyntaxProblem):
    """A query of Gmail that is not known here: `NO [CANNOT]`."""


def parse_query(text: str) -> Key:
    """Return a query as a key. Raises: UnknownQuery."""
    return _Query(text).read()


class _Query:
    """A query that is being read."""

    def __init__(self, text: str) -> None:
        self._tokens = [*TOKEN.finditer(text)]
        if len(self._tokens) > MAX_KEYS:
            raise UnknownQuery(f"a query has at most {MAX_KEYS} words", REFERENCE)
        self._next = 0
        self._depth = 0

    def read(self) -> Key:
        """Read it to the end; brackets without a partner are ignored."""
        keys: list[Key] = []
        while self._next < len(self._tokens):
            keys.append(self._group(""))
        return _all(keys)

    def _group(self, end: str) -> Key:
        """Read terms up to a closing bracket. end: `)`, `}` or nothing."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise UnknownQuery(f"groups are nested at most {MAX_DEPTH} times", REFERENCE)
        alternatives: list[list[Key]] = [[]]
        either = False
        while self._next < len(self._tokens):
            token = self._tokens[self._next]
            self._next += 1
            if token["bracket"] in (")", "}"):
                break
            if token["word"] == "OR" and not token["not"] and not token["operator"]:
                either = True
                continue
            key = self._term(token)
            if either and alternatives[-1]:
                alternatives[-1].append(key)
            else:
                alternatives.append([key])
            either = False
        self._depth -= 1
        keys = [_any(one) for one in alternatives if one]
        return _any(keys) if end == "}" else _all(keys)

    def _term(self, token: re.Match[str]) -> Key:
        if token["bracket"] == "(" or token["bracket"] == "{":
            return self._group(")" if token["bracket"] == "(" else "}")
        if token["not_group"] or token["of_group"]:
            opening = self._tokens[self._next] if self._next < len(self._tokens) else None
            if token["of_group"] or opening is None:
                raise UnknownQuery(f"{token['of_group']}: takes one value here, in quotes", REFERENCE)
            self._next += 1
            return Not(self._term(opening))
        value = token["word"] or token["phrase"]
        operator = token["operator"]
        key = self._operator(operator.lower(), value) if operator else None
        if key is None:
            key = InText("text", f"{operator}:{value}" if operator else value)
        return Not(key) if token["not"] else key

    def _operator(self, name: str, value: str) -> Key | None:
        """Return the key of an operator; None for a word that only looks like one."""
        if name in HEADERS:
            return InHeader(HEADERS[name], value)
        if name == "has" and value.lower() == "attachment":
            return InHeader("content-type", "multipart/mixed")
        if name == "is" and (state := STATES.get(value.lower())) is not None:
            return state
        if name in ("label", "in"):
            return _all([]) if name == "in" and value.lower() == "anywhere" else Label(PLACES.get(value.lower(), value))
        if name in UNKNOWN:
            raise UnknownQuery(f"the query {name}:{value[:40]} is not known here", REFERENCE)
        make = OPERATORS.get(name)
        if make is None:
            return None
        key = make(name, value)
        if key is None:
            raise UnknownQuery(f"{name}: does not take {value[:40]!r}", REFERENCE)
        return key


def _all(keys: list[Key]) -> Key:
    return keys[0] if len(keys) == 1 else AllOf(tuple(keys)) if keys else All()


def _any(keys: list[Key]) -> Key:
    return keys[0] if len(keys) == 1 else AnyOf(tuple(keys)) if keys else All()


def _day(name: str, value: str) -> Key | None:
    match = DATE.fullmatch(value)
    if match is None:
        return None
    try:
        day = datetime.date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None
    return OnDay("internal", "since" if name in ("after", "newer") else "before", day)


def _age(name: str, value: str) -> Key | None:
    match = AGE.fullmatch(value)
    seconds = 0 if match is None else int(match[1]) * DAYS[match[2].lower()] * 86_400
    return Within(name == "newer_than", seconds) if seconds else None


def _size(name: str, value: str) -> Key | None:
    match = SIZE.fullmatch(value)
    if match is None:
        return None
    size = int(match[1]) * UNITS[match[2].lower()]
    return Size(larger=False, size=size) if name == "smaller" else Size(larger=True, size=size - 1)


OPERATORS: dict[str, Callable[[str, str], Key | None]] = {
    **dict.fromkeys(("after", "newer", "before", "older"), _day),
    **dict.fromkeys(("newer_than", "older_than"), _age),
    **dict.fromkeys(("larger", "smaller", "size"), _size),
}
