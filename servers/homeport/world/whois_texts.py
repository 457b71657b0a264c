"""Texts that Whois shows unchanged, by key."""

from collections.abc import Iterable
from typing import Annotated

import msgspec
from msgspec import Meta


class WhoisText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text and the queries that it answers."""

    keys: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=255)], ...],
        Meta(min_length=1, description="queries that it answers, in any case; the first is its name"),
    ]
    text: Annotated[str, Meta(max_length=65536, description="any lines")]


class WhoisTexts:
    """A world's texts, in the order they came; of two with the same key the later one is used."""

    def __init__(self, texts: Iterable[WhoisText]) -> None:
        self.all = list(texts)
        self._by_key = {key.lower(): text for text in self.all for key in text.keys}

    def get(self, key: str) -> WhoisText | None:
        """Return the text of that key, or None."""
        return self._by_key.get(key.lower())
