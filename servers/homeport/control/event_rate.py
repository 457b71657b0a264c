"""Limits of an event stream: the events that a reader with a rate limit receives, and timers."""

from collections.abc import Callable
from typing import Any

from homeport.control.farm import Clock, DelayedCall
from homeport.world.journal import Entry

ALWAYS_SENT = frozenset(("finding", "fault", "login", "message", "clock", "registry", "world"))
"""Types of events that no rate limit leaves out: they are few, and what people look for."""


class Sampling:
    """A rate limit for one reader. An event counts at the time at which it happened, so that a reader that catches up
    with the journal is sampled as one that follows it.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._room = float(rate)
        self._time = 0.0
        self.left_out = 0
        """Number of events left out since the last report."""
        self._first = 0
        self._last = 0

    def take(self, seq: int, entry: Entry) -> bool:
        """Return True if the reader receives this event."""
        if entry.type in ALWAYS_SENT:
            return True
        elapsed, self._time = entry.time - self._time, entry.time
        # Real time can be set back; then no time has elapsed.
        room = min(self._room + max(elapsed, 0) * self._rate, self._rate)
        if room >= 1:
            self._room = room - 1
            return True
        self._room = room
        if not self.left_out:
            self._first = seq
        self.left_out += 1
        self._last = seq
        return False

    def report(self) -> dict[str, Any]:
        """Return the number of events left out since the last report, and their first and last `seq`."""
        number, self.left_out = self.left_out, 0
        return {"left_out": number, "first": self._first, "last": self._last, "rate": self._rate}


class Timer:
    """A call in some seconds of real time, pending at most once."""

    def __init__(self, reactor: Clock, function: Callable[[], None]) -> None:
        self._reactor = reactor
        self._function = function
        self._call: DelayedCall | None = None

    def start(self, seconds: float) -> None:
        """Call the function after these seconds, unless a call is pending."""
        if self._call is None:
            self._call = self._reactor.callLater(seconds, self._run)

    def cancel(self) -> None:
        """Cancel the pending call, if any."""
        if self._call is not None:
            self._call.cancel()
            self._call = None

    def _run(self) -> None:
        self._call = None
        self._function()
