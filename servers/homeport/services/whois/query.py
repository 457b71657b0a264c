"""Parse queries: the classic prefixes (RFC 954), those of registries, and RIPE's flags."""

import codecs
from collections.abc import Iterator
from typing import Literal, get_args

import msgspec

from homeport.protocol.plaintext import Encoding
from homeport.world.numbers import Range, looks_numeric, parse_range

Kind = Literal["any", "domain", "host", "registrar", "contact", "person", "handle", "mailbox", "network", "help"]

PREFIXES: dict[str, Kind] = {
    "domain": "domain",
    "nameserver": "host",
    "host": "host",
    "registrar": "registrar",
    "contact": "contact",
    "person": "person",
    "name": "person",
    "network": "network",
}
ARIN = {"n": "", "a": "AS"}
"""ARIN's prefixes of queries for networks and AS numbers, `n 192.0.2.1` and `a + 64496`, and what they imply."""
ARIN_DISPLAY = ("+", "-", "=")
"""ARIN's signs for full, short and automatic display, which change nothing here."""
SIGNS: dict[str, Kind] = {"!": "handle", ".": "person"}  # RFC 954: "!" asks for a handle only, "." for a name only
ENCODINGS: tuple[Encoding, ...] = get_args(Encoding)
PARTIAL = ("...", "*")  # RFC 954: trailing dots make it a prefix search

FLAGS = dict.fromkeys("BrkKxlLmM", False) | dict.fromkeys("TViC", True)
"""Supported RIPE flags, and DENIC's -C; True if the flag takes an argument."""
LEVELS = "xlLmM"
"""Flags that choose the level of networks and AS numbers; at most one is given."""
LONG = {"charset": "C"}
"""Flags that are words, `--charset utf-8` or `--charset=utf-8`."""
TYPES = {"domain": "domain", "host": "host", "person": "person", "organisation": "registrar", "dn": "domain"}
TYPES |= dict.fromkeys(("inetnum", "inet6num"), "network") | dict.fromkeys(("route", "route6"), "route")
TYPES |= dict.fromkeys(("aut-num", "as-block"), "as_number")
"""Object types of -T and our record kinds; RIPE's person is our contact, DENIC's dn a domain."""
INVERSE = ("origin",)
"""Attributes of -i."""
ACE = "ace"
"""DENIC's mark in -T for names with A-labels, which are understood and shown anyway."""


class Flags(msgspec.Struct, frozen=True):
    """The RIPE flags of a query."""

    types: frozenset[str] = frozenset()
    """Requested types (-T); empty: all."""
    unfiltered: bool = False
    """True if mail addresses are shown, too (-B)."""
    lone: bool = False
    """True if referenced objects are left out (-r)."""
    encoding: Encoding | None = None
    """Encoding of the answer (-C); None: the configured one."""
    keep: bool = False
    """True if the connection is kept open (-k)."""
    level: str = ""
    """Level of networks: x exact, l and L less specific, m and M more specific; empty: the most specific one."""
    keys_only: bool = False
    """True if only primary keys are shown (-K)."""
    inverse: str = ""
    """Attribute by which objects are searched (-i)."""


NO_FLAGS = Flags()


class Query(msgspec.Struct, frozen=True):
    """A parsed query."""

    kind: Kind = "any"
    key: str = ""
    """Search key, its words separated by single spaces."""
    partial: bool = False
    """True for a prefix search."""
    flags: Flags = NO_FLAGS
    numbers: Range | None = None
    """The addresses or AS numbers that the key names."""
    wrong: str = ""
    """What is wrong with a key that looks like an address, network or AS number; empty: nothing."""


BAD_COMBINATION, BAD_INVERSE, BAD_KEY = 109, 104, 115
"""RIPE's error numbers."""


class QueryError(Exception):
    """A query that is refused; the number is RIPE's."""

    def __init__(self, number: int, text: str) -> None:
        super().__init__(text)
        self.number = number


def parse(text: str, *, flags: bool) -> Query:
    """Parse a line; the key is empty if it has none.

    flags: True if it may begin with RIPE's flags.

    Raises: QueryError for flags that are unknown or lack their argument.
    """
    words = text.split()
    given = parse_flags(words) if flags else NO_FLAGS
    key = " ".join(words)
    if key.lower() in ("help", "?"):
        return Query("help", key, flags=given)
    kind: Kind = "any"
    if len(words) > 1 and (number := arin_key(words)):
        kind, key = "network", number
    elif len(words) > 1 and (named := PREFIXES.get(words[0].lower())):
        kind, key = named, key[len(words[0]) + 1 :]
    elif len(key) > 1 and key[0] in SIGNS:
        kind, key = SIGNS[key[0]], key[1:].lstrip()
    elif "@" in key:
        kind = "mailbox"
    for sign in PARTIAL:
        if key.endswith(sign) and key != sign:
            return Query(kind, key.removesuffix(sign).rstrip(), partial=True, flags=given)
    return with_numbers(Query(kind, key, flags=given))


def with_numbers(query: Query) -> Query:
    """Return the query with the addresses or AS numbers that its key names.

    Raises: QueryError if its flags need them and the key names none.
    """
    flags, numbers, wrong = query.flags, None, ""
    if query.kind in ("any", "network", "host") and looks_numeric(query.key):
        try:
            numbers = parse_range(query.key)
        except ValueError as error:
            wrong = str(error)
    if query.key and numbers is None and (flags.inverse or flags.level):
        letter = flags.level or "i"
        reason = wrong or f"-{letter} takes an address, a network or an AS number, not {query.key!r}"
        raise QueryError(BAD_KEY, f"invalid search key: {reason}")
    return msgspec.structs.replace(query, numbers=numbers, wrong=wrong)


def arin_key(words: list[str]) -> str:
    """Return the address, network or AS number of a query in ARIN's form; empty for another query."""
    implied = ARIN.get(words[0].lower())
    if implied is None:
        return ""
    key = " ".join(words[2:] if words[1] in ARIN_DISPLAY else words[1:])
    return next((one for one in (key, f"{implied}{key}") if looks_numeric(one)), "")


def parse_flags(words: list[str]) -> Flags:
    """Parse the leading flags and remove them from the words.

    Raises: QueryError.
    """
    given: set[str] = set()
    types: set[str] = set()
    encoding: Encoding | None = None
    inverse = ""
    while words and words[0].startswith("-") and len(words[0]) > 1:
        _shorten(words)
        for letter, argument in _letters(words):
            if letter == "T":
                types |= _types(argument)
            elif letter == "C":
                encoding = parse_encoding(argument)
            elif letter == "i":
                inverse = _inverse(argument)
            given.add(letter)
    levels = [letter for letter in LEVELS if letter in given]
    if len(levels) > 1 or (levels and inverse):
        used = [f"-{letter}" for letter in levels] + (["-i"] if inverse else [])
        raise QueryError(BAD_COMBINATION, f"{' and '.join(used)} cannot be combined: give one of them")
    return Flags(
        frozenset(types),
        unfiltered="B" in given,
        lone=bool(given & {"r", "K"}),
        encoding=encoding,
        keep="k" in given,
        level="".join(levels),
        keys_only="K" in given,
        inverse=inverse,
    )


def parse_encoding(name: str) -> Encoding:
    """Return an encoding by any of its names, such as ISO-8859-1. Raises: QueryError."""
    try:
        known = codecs.lookup(name).name
    except (LookupError, ValueError):
        known = ""
    for encoding in ENCODINGS:
        if known == codecs.lookup(encoding).name:
            return encoding
    raise QueryError(111, f"unknown character set {name}: known are {', '.join(ENCODINGS)}")


def _inverse(argument: str) -> str:
    """Return the attribute of -i. Raises: QueryError for an unsupported one."""
    if argument.lower() not in INVERSE:
        raise QueryError(BAD_INVERSE, f"unknown attribute {argument}: known is {', '.join(INVERSE)}")
    return argument.lower()


def _shorten(words: list[str]) -> None:
    """Replace a flag that is a word by its letter."""
    name, equals, argument = words[0].removeprefix("--").partition("=")
    if words[0].startswith("--") and (letter := LONG.get(name.lower())):
        words[:1] = [f"-{letter}", *([argument] if equals else [])]


def _letters(words: list[str]) -> Iterator[tuple[str, str]]:
    """Remove the first word and yield each of its flag letters with its argument, from the same word or the next."""
    word = words.pop(0)
    for at, letter in enumerate(word[1:], 1):
        if letter not in FLAGS:
            raise QueryError(
                111, f"unrecognised flag -{letter}: known flags are {', '.join(f'-{known}' for known in FLAGS)}"
            )
        if FLAGS[letter]:
            argument = word[at + 1 :] or (words.pop(0) if words else "")
            if not argument:
                raise QueryError(111, f"flag -{letter} needs an argument")
            yield letter, argument
            return
        yield letter, ""


def _types(argument: str) -> set[str]:
    wanted = {one.lower() for one in argument.split(",") if one} - {ACE}
    for one in sorted(wanted):
        if one not in TYPES:
            raise QueryError(103, f"unknown object type {one}: known types are {', '.join(TYPES)}")
    return wanted
