"""The numbers of people and groups, uidNumber and gidNumber, which stay the same over restarts."""

from collections.abc import Iterable
from zlib import crc32

LATER = 100_000
"""First number of names that the configuration does not have."""
RANGE = 1 << 30


class PosixNumbers:
    """Numbers by name: in the order of the configuration from `first` on; of other names they follow from the name.

    Two names with one number are as rare as they get from 30 bits; the later one then has the next number.
    """

    def __init__(self, first: int, names: Iterable[str]) -> None:
        self._of = {name: first + index for index, name in enumerate(names)}
        self._taken = set(self._of.values())

    def of(self, name: str) -> int:
        """Return the number of a name."""
        number = self._of.get(name)
        if number is None:
            number = LATER + crc32(name.encode()) % RANGE
            while number in self._taken:
                number += 1
            self._of[name] = number
            self._taken.add(number)
        return number
