"""The wait of clients of the registry until it has caught up with the clock.

A jump over a large registry takes seconds, in which other services go on. A client of the registry (EPP, Whois, RDAP,
look-ups of its zones in DNS, its operations of the API) must not see a world on its way: for it a jump is one step, so
what it asks meanwhile waits. The same holds where time just passes, and much falls due at once.
"""

from collections.abc import Callable


class Standstill:
    """The wait in one world. behind: returns True if the registry has not caught up with the clock."""

    def __init__(self, behind: Callable[[], bool]) -> None:
        self._behind = behind
        self._waiting: list[Callable[[], object]] = []

    @property
    def is_on(self) -> bool:
        """True if what is asked of the registry must wait."""
        return self._behind()

    def wait(self, then: Callable[[], object]) -> None:
        """Call a function at the end of the wait, which may be followed by another."""
        self._waiting.append(then)

    def end(self) -> None:
        """Call what waits, if the registry has caught up."""
        if self._waiting and not self._behind():
            waiting, self._waiting = self._waiting, []
            for then in waiting:
                then()
