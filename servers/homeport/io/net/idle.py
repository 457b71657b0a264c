"""How long a connection has been quiet: counted in sweeps of its listener, so that no octet costs a timer."""


class IdleClock:
    """Counts the sweeps since octets moved (`quiet`), and since the connection was opened (`age`)."""

    __slots__ = ("_moved", "age", "quiet")

    def __init__(self) -> None:
        self.quiet = 0
        self.age = 0
        self._moved = 0  # octets in all, at the last sweep

    def touch(self) -> None:
        """Count from here: something has moved that is not among the octets of the connection."""
        self.quiet = 0

    def sweep(self, moved: int) -> None:
        """Count one sweep. moved: the octets received and sent so far."""
        self.age += 1
        if moved != self._moved:
            self._moved = moved
            self.quiet = 0
        self.quiet += 1

    def rescale(self, factor: float) -> None:
        """Count in sweeps of another interval from now on: one of the old is `factor` of the new."""
        self.quiet = int(self.quiet * factor)
        self.age = int(self.age * factor)
