"""A rate limit for repeated log messages: a cause that persists must not fill the log, nor cost the farm its time.

Messages of one kind share a template and a level: a listener without free descriptors, a refused PROXY header, a failed
write. Each kind has its own share of a minute, so that a flood of one does not hide another.
"""

import logging
from collections.abc import Callable
from time import monotonic

import msgspec

MAX_PER_WINDOW = 10
WINDOW_S = 60.0
MAX_KINDS = 1000

Kind = tuple[str, int, str, type[BaseException] | None]
"""Logger, level, template, and type of the exception."""


class Window(msgspec.Struct):
    """The messages of one kind in one window."""

    begun: float
    logged: int = 0
    dropped: int = 0


class LogLimiter(logging.Filter):
    """Drops warnings and errors of a kind beyond `MAX_PER_WINDOW` per `WINDOW_S`, and says how many were dropped.

    clock: a monotonic clock in seconds.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._windows: dict[Kind, Window] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return True if the record is to be logged."""
        if record.levelno < logging.WARNING:
            return True
        now = self._clock()
        exception = record.exc_info[0] if record.exc_info else None
        kind = (record.name, record.levelno, str(record.msg), exception)
        window = self._windows.get(kind)
        if window is None or now - window.begun >= WINDOW_S:
            dropped = 0 if window is None else window.dropped
            if len(self._windows) >= MAX_KINDS:
                self._windows.clear()
            window = self._windows[kind] = Window(now)
            if dropped:
                append(record, f"{dropped} messages of this kind were left out")
        if window.logged >= MAX_PER_WINDOW:
            window.dropped += 1
            return False
        window.logged += 1
        if window.logged == MAX_PER_WINDOW:
            append(record, f"further messages of this kind are left out for {WINDOW_S:g} s")
        return True


def append(record: logging.LogRecord, note: str) -> None:
    """Append a note to the message of a record."""
    record.msg, record.args = f"{record.getMessage()} ({note})", None
