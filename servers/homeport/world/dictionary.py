"""The words of a world: databases of headwords and definitions, which DICT serves and the control API changes.

Headwords are found by their keys, as dictionaries are sorted: without regard to case, punctuation and the number of
blanks. `C++` and `c` therefore have the same key; an exact spelling goes first where there is one.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

OWN = "homeport"
"""Name of the database that every fresh world has: the words of networks."""
MAX_WORDS = 10_000
"""Limit of the headwords of one database."""
PUNCTUATION = {code: None for code in range(0x21, 0x7F) if not chr(code).isalnum()}
HEADWORD = Annotated[
    str, Meta(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$")
]


def fold(word: str) -> str:
    """Return a headword without regard to case and the number of blanks."""
    return " ".join(word.casefold().split())


def key(word: str) -> str:
    """Return the key of a headword: folded, without punctuation unless it has nothing else."""
    folded = word.casefold()
    if folded.isascii():
        bare = folded.translate(PUNCTUATION)
    else:
        # Marks are letters' parts in many scripts, and stay.
        bare = "".join([one for one in folded if one.isalnum() or one.isspace() or _is_mark(one)])
    return " ".join(bare.split()) or " ".join(folded.split())


def _is_mark(character: str) -> bool:
    from unicodedata import category

    return category(character)[0] == "M"


class Headword(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "A headword and its definitions."

    word: Annotated[HEADWORD, Meta(description="the headword, as clients see it")]
    definitions: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=65536)], ...],
        Meta(min_length=1, max_length=100, description="the texts of its definitions, each of one or more lines"),
    ]


class TooManyWords(ValueError):
    """The database has MAX_WORDS headwords."""


class Dictionary:
    """One database, in the order of its keys; of two headwords that fold to the same, the later replaces the other."""

    def __init__(self, words: Sequence[Headword] = ()) -> None:
        self._words = {fold(one.word): one for one in words}
        self._order = sorted((key(one.word), folded) for folded, one in self._words.items())
        self._all: tuple[Headword, ...] | None = None

    def __len__(self) -> int:
        return len(self._words)

    def __iter__(self) -> Iterator[Headword]:
        return iter(self.all)

    @property
    def all(self) -> tuple[Headword, ...]:
        """The headwords in order. A change makes a new tuple, so that a reader's own stays as it is."""
        if self._all is None:
            self._all = tuple([self._words[folded] for _key, folded in self._order])
        return self._all

    def get(self, word: str) -> Headword | None:
        """Return the headword of that spelling, in any case; None if there is none."""
        return self._words.get(fold(word))

    def put(self, one: Headword) -> None:
        """Add a headword, or replace it. Raises: TooManyWords."""
        folded = fold(one.word)
        if folded not in self._words:
            if len(self._words) >= MAX_WORDS:
                raise TooManyWords(f"the database has {MAX_WORDS} headwords, the most that it can have")
            insort(self._order, (key(one.word), folded))
        self._words[folded] = one
        self._all = None

    def remove(self, word: str) -> None:
        """Remove a headword. Raises: KeyError if there is none of that spelling."""
        folded = fold(word)
        one = self._words.pop(folded)
        del self._order[bisect_left(self._order, (key(one.word), folded))]
        self._all = None


class Dictionaries:
    """The databases of a world, by name. One is made when it is first asked for: most worlds never need it.

    words: the headwords that databases begin with; others begin empty.
    """

    def __init__(self, words: Mapping[str, Sequence[Headword]]) -> None:
        self._words = words
        self._databases: dict[str, Dictionary] = {}

    def of(self, name: str) -> Dictionary:
        """Return the database of that name."""
        if name not in self._databases:
            self._databases[name] = Dictionary(self._words.get(name, ()))
        return self._databases[name]
