"""What a line asks for: the classic prefixes (RFC 954), those of registries, and RIPE's flags."""

from collections.abc import Iterator
from typing import Literal

import msgspec

Kind = Literal["any", "domain", "host", "registrar", "contact", "person", "handle", "mailbox", "help"]

PREFIXES: dict[str, Kind] = {
    "domain": "domain",
    "nameserver": "host",
    "host": "host",
    "registrar": "registrar",
    "contact": "contact",
    "person": "person",
    "name": "person",
}
SIGNS: dict[str, Kind] = {"!": "handle", ".": "person"}  # RFC 954: "!" asks for a handle only, "." for a name only
PARTIAL = ("...", "*")  # RFC 954: trailing dots ask for whatever begins so

FLAGS = {"B": False, "r": False, "k": False, "T": True, "V": True}
"""RIPE's flags that are understood, and whether each takes an argument."""
TYPES = {"domain": "domain", "host": "host", "person": "person", "organisation": "registrar"}
"""The types that -T knows, and the kinds of ours that they are; contacts are persons there."""


class Flags(msgspec.Struct, frozen=True):
    """What RIPE's flags ask for."""

    types: frozenset[str] = frozenset()
    """The types that are wanted (-T); empty for all."""
    unfiltered: bool = False
    """Mail addresses are wanted, too (-B)."""
    lone: bool = False
    """Only what was asked for, not what it refers to (-r)."""
    keep: bool = False
    """The connection shall stay (-k)."""


NO_FLAGS = Flags()


class Query(msgspec.Struct, frozen=True):
    """A question."""

    kind: Kind = "any"
    key: str = ""
    """What is looked for, its words parted by single blanks."""
    partial: bool = False
    """Whatever begins with the key is meant."""
    flags: Flags = NO_FLAGS


class QueryError(Exception):
    """A query that cannot be answered; the number is RIPE's."""

    def __init__(self, number: int, text: str) -> None:
        super().__init__(text)
        self.number = number


def parse(text: str, *, flags: bool) -> Query:
    """The question that a line asks; an empty key if it asks nothing.

    flags: whether it may begin with RIPE's flags.

    Raises: QueryError for flags that are unknown or lack their argument.
    """
    words = text.split()
    given = parse_flags(words) if flags else NO_FLAGS
    key = " ".join(words)
    if key.lower() in ("help", "?"):
        return Query("help", key, flags=given)
    kind: Kind = "any"
    if len(words) > 1 and (named := PREFIXES.get(words[0].lower())):
        kind, key = named, key[len(words[0]) + 1 :]
    elif len(key) > 1 and key[0] in SIGNS:
        kind, key = SIGNS[key[0]], key[1:].lstrip()
    elif "@" in key:
        kind = "mailbox"
    for sign in PARTIAL:
        if key.endswith(sign) and key != sign:
            return Query(kind, key.removesuffix(sign).rstrip(), partial=True, flags=given)
    return Query(kind, key, flags=given)


def parse_flags(words: list[str]) -> Flags:
    """The flags in front, which are taken off the words.

    Raises: QueryError.
    """
    given: set[str] = set()
    types: set[str] = set()
    while words and words[0].startswith("-") and len(words[0]) > 1:
        for letter, argument in _letters(words):
            if letter == "T":
                types |= _types(argument)
            given.add(letter)
    return Flags(frozenset(types), unfiltered="B" in given, lone="r" in given, keep="k" in given)


def _letters(words: list[str]) -> Iterator[tuple[str, str]]:
    """The flags of the first word, which is taken off: each letter and its argument, in the same word or the next."""
    word = words.pop(0)
    for at, letter in enumerate(word[1:], 1):
        if letter not in FLAGS:
            raise QueryError(111, f"unrecognised flag -{letter}: there are {', '.join(f'-{known}' for known in FLAGS)}")
        if FLAGS[letter]:
            argument = word[at + 1 :] or (words.pop(0) if words else "")
            if not argument:
                raise QueryError(111, f"flag -{letter} needs an argument")
            yield letter, argument
            return
        yield letter, ""


def _types(argument: str) -> set[str]:
    wanted = {one.lower() for one in argument.split(",") if one}
    for one in sorted(wanted):
        if one not in TYPES:
            raise QueryError(103, f"unknown object type {one}: there are {', '.join(TYPES)}")
    return wanted
