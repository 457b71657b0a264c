"""Facts about messages that were found out once, and are kept within a bound: envelopes, decoded fields, subjects.

Contents never change, so a fact is right for as long as it is kept. Any thread may ask: a fact that two of them find
out at once is found out twice.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

T = TypeVar("T")

MAX_BYTES = 4 << 20
"""Bytes of each of two generations; the older one is dropped when the younger one is full."""
MAX_FACT_BYTES = 4 << 10
"""Bytes of the largest fact that is kept."""
OVERHEAD_BYTES = 250
MISSING = object()


class MessageFacts:
    """The facts about the messages of a world."""

    def __init__(self) -> None:
        self._young: dict[tuple[str, object], object] = {}
        self._old: dict[tuple[str, object], object] = {}
        self._size = 0

    def get(self, content: str, what: object, find: Callable[[], T]) -> T:
        """Return a fact; `find` it if it is not kept. content: identifier of the message's bytes."""
        key = content, what
        fact = self._young.get(key, MISSING)
        if fact is not MISSING:
            return cast("T", fact)
        fact = self._old.get(key, MISSING)
        if fact is MISSING:
            fact = find()
        size = measure(fact)
        if size <= MAX_FACT_BYTES:
            self._young[key] = fact
            self._size += size + OVERHEAD_BYTES
            if self._size > MAX_BYTES:
                self._old, self._young, self._size = self._young, {}, 0
        return cast("T", fact)

    @property
    def size(self) -> int:
        """Number of facts that are kept."""
        return len(self._young) + len(self._old)


def measure(fact: Any) -> int:
    """Return about how many bytes a fact takes."""
    if isinstance(fact, tuple):
        return sum(map(measure, fact)) + 8 * len(fact)
    if isinstance(fact, str):
        return len(fact) if fact.isascii() else 4 * len(fact)
    return len(fact) if isinstance(fact, bytes) else OVERHEAD_BYTES
