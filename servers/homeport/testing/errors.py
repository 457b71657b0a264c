"""The errors of `homeport.testing`."""


class FarmError(Exception):
    """The farm cannot do something; the message says what, and what to do."""


class FarmGone(FarmError):
    """The farm does not answer: it was never started, was stopped, or has crashed; then the message has its last log
    lines."""


class Refused(FarmError):
    """The farm answered with an error. status: HTTP status. nearest: the valid word nearest to an invalid one."""

    def __init__(self, status: int, detail: str, nearest: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.nearest = nearest


class UnusedFaultWarning(UserWarning):
    """A planned fault never acted, and `homeport_unused_faults = warn`."""


class NotFound(AssertionError):
    """A message lacks what was looked for, or has it more than once; the message of the error says what it has."""


class TimedOut(AssertionError):
    """A wait timed out; the message lists near misses."""
