"""The book of quotes: what the Quote of the Day service reads from."""

from collections.abc import Sequence
from random import Random
from typing import Literal

DAY = 86_400
Order = Literal["sequential", "random", "day"]


class Quotes:
    """A world's quotes.

    quotes: at least one; the world checks nothing about their form, the protocol does.
    chance: the world's generator, for the order `random`.
    """

    def __init__(self, quotes: Sequence[str], chance: Random) -> None:
        self._chance = chance
        self.replace(quotes)

    def replace(self, quotes: Sequence[str]) -> None:
        """Have another book, and begin with its first quote."""
        self.all = list(quotes)
        self._next = 0

    def pick(self, order: Order, now: float) -> str:
        """The next quote: in turn, by chance, or the same for a whole day (UTC) of the world's clock.

        Empty if the book is.
        """
        if not self.all:
            return ""
        if order == "random":
            return self._chance.choice(self.all)
        if order == "day":
            return self.all[int(now // DAY) % len(self.all)]
        quote = self.all[self._next % len(self.all)]
        self._next += 1
        return quote
