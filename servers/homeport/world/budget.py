"""A limit on the memory for data that is being received and not accepted yet, shared by a whole farm.

Limits of one connection do not bound a farm: 100 connections of 150 MB each are within them. So every receiver that
keeps what it receives in memory (mail, bodies of API requests) reserves bytes here before it keeps them. A receiver
whose reservation fails drops what it has kept so far, refuses with a temporary error (452 4.3.1, 503), and reads the
rest without keeping it: the limit holds, and the connection stays in step. Nothing is reserved for data that is only
announced, or a client could take the whole budget without sending a byte: announced sizes are compared with
`available`.
"""


class Budget:
    """Bytes that may be held at a time. Used from one thread only.

    limit: 0 means unlimited.
    """

    __slots__ = ("limit", "used")

    def __init__(self, limit: int = 0) -> None:
        self.limit = limit
        self.used = 0
        """Bytes that are reserved now."""

    def __repr__(self) -> str:
        return f"<Budget {self.used} of {self.limit or 'unlimited'}>"

    @property
    def available(self) -> int:
        """Bytes that can be reserved now; a very large number if there is no limit."""
        return max(self.limit - self.used, 0) if self.limit else 1 << 63

    def reserve(self, size: int) -> bool:
        """Reserve bytes. Return False, and reserve none, if they exceed the limit."""
        if self.limit and self.used + size > self.limit:
            return False
        self.used += size
        return True

    def release(self, size: int) -> None:
        """Give reserved bytes back."""
        self.used -= size


class Reservation:
    """The reserved bytes of one message or one body, so that they are given back exactly once."""

    __slots__ = ("_budget", "size")

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self.size = 0
        """Bytes reserved."""

    def grow(self, size: int) -> bool:
        """Reserve more bytes. Return False, and reserve none, if they exceed the budget."""
        if not self._budget.reserve(size):
            return False
        self.size += size
        return True

    def release(self) -> None:
        """Give all bytes back; calling it again does nothing."""
        self._budget.release(self.size)
        self.size = 0
