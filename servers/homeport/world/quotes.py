"""The quotes that the Quote of the Day service serves."""

from collections.abc import Sequence
from random import Random
from typing import Literal

DAY = 86_400
Order = Literal["sequential", "random", "day"]


class Quotes:
    """A world's quotes.

    quotes: their texts; the protocol validates them, the world does not.
    chance: the world's random generator, for the order `random`.
    """

    def __init__(self, quotes: Sequence[str], chance: Random) -> None:
        self._chance = chance
        self.replace(quotes)

    def replace(self, quotes: Sequence[str]) -> None:
        """Replace all quotes and continue with the first."""
        self.all = list(quotes)
        self._next = 0

    def pick(self, order: Order, now: float) -> str:
        """Return the next quote: in sequence, at random, or the same for a whole day (UTC) of the world's clock.

        Empty if there are no quotes.
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
