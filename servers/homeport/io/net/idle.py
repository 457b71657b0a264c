"""Idle time of a connection, counted in sweeps of its listener: resetting a timer per read would cost more."""


class IdleClock:
    """Counts the sweeps since bytes moved (`quiet`), and since the connection was opened (`age`)."""

    __slots__ = ("_moved", "age", "quiet")

    def __init__(self) -> None:
        self.quiet = 0
        self.age = 0
        self._moved = 0  # bytes in all, at the last sweep

    def touch(self) -> None:
        """Reset the idle time: something has moved that is not counted in the connection's bytes."""
        self.quiet = 0

    def sweep(self, moved: int) -> None:
        """Count one sweep. moved: bytes received and sent so far."""
        self.age += 1
        if moved != self._moved:
            self._moved = moved
            self.quiet = 0
        self.quiet += 1

    def rescale(self, factor: float) -> None:
        """Convert the counts for another sweep interval: `factor` is the old interval divided by the new one."""
        self.quiet = int(self.quiet * factor)
        self.age = int(self.age * factor)
