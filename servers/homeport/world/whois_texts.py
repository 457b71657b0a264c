"""Texts that Whois shows as they stand, by key."""

from collections.abc import Iterable
from typing import Annotated

import msgspec
from msgspec import Meta

from homeport.world.names import WordIndex


class WhoisText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text and the queries that it answers."""

    keys: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=255)], ...],
        Meta(min_length=1, description="queries that it answers, without regard to case; the first is its name"),
    ]
    text: Annotated[str, Meta(max_length=65536, description="any lines")]


class WhoisTexts:
    """A world's texts, in the order they came; of two with the same key the later one answers."""

    def __init__(self, texts: Iterable[WhoisText]) -> None:
        self.all = list(texts)
        self._words = WordIndex((text, text.keys) for text in self.all)
        self._by_key = {key.lower(): text for text in self.all for key in text.keys}

    def get(self, key: str) -> WhoisText | None:
        """The text that answers that key, or None."""
        return self._by_key.get(key.lower())

    def with_word(self, word: str) -> list[WhoisText]:
        """The texts with that whole word in a key, without regard to case."""
        return self._words.get(word)
