"""The retransmission timer: adapts to the client, and backs off (RFC 1123 4.2.3.2), as TCP's does (RFC 6298)."""

MIN_TIMEOUT_S = 0.25
MAX_TIMEOUT_S = 16.0


class Retransmission:
    """Timeout of one packet after the other. start: seconds before the first repetition. fixed: the client asked for
    them, so they do not adapt; they double all the same.
    """

    __slots__ = ("_base", "_fixed", "_sent_at", "_smoothed", "_variation", "most", "tries")

    def __init__(self, start: float, most: int, *, fixed: bool) -> None:
        self._base = start
        self._fixed = fixed
        self._smoothed = 0.0
        self._variation = 0.0
        self._sent_at = 0.0  # 0: the packet was sent again, so that its answer tells nothing (Karn)
        self.tries = 0
        """Number of times that the packet was sent again."""
        self.most = most

    @property
    def seconds(self) -> float:
        """Seconds to wait now."""
        limit = max(MAX_TIMEOUT_S, self._base)
        return float(min(self._base * (1 << min(self.tries, 16)), limit))

    @property
    def exhausted(self) -> bool:
        """True if it was sent again as often as it may be."""
        return self.tries >= self.most

    @property
    def round_trip(self) -> float:
        """Seconds from a packet to its answer, smoothed; a millisecond while it is unknown."""
        return self._smoothed or 0.001

    def early(self, now: float) -> bool:
        """Return True if a client that asked for a timeout sends again long before it is over."""
        return self._fixed and bool(self._sent_at) and now - self._sent_at < self._base / 2

    def sent(self, now: float) -> None:
        """Note that a new packet was sent."""
        self.tries = 0
        self._sent_at = now

    def repeated(self) -> None:
        """Note that it was sent again."""
        self.tries += 1
        self._sent_at = 0.0

    def answered(self, now: float) -> None:
        """Note that its answer came."""
        if self._fixed or not self._sent_at:
            self.tries = 0
            return
        took = max(now - self._sent_at, 0.0)
        if not self._smoothed:
            self._smoothed, self._variation = took, took / 2
        else:
            self._variation += (abs(self._smoothed - took) - self._variation) / 4
            self._smoothed += (took - self._smoothed) / 8
        self._base = min(max(self._smoothed + 4 * self._variation, MIN_TIMEOUT_S), MAX_TIMEOUT_S)
        self.tries = 0
        self._sent_at = 0.0
