"""What can go wrong in a test besides the test."""


class FarmError(Exception):
    """Something cannot be done with the farm; the message says what, and what to do."""


class FarmGone(FarmError):
    """The farm does not answer: it never started, was stopped, or has crashed; then its last log lines are here."""


class Refused(FarmError):
    """The farm answered with an error. `status` is its HTTP status, the message its words; `nearest` the right word
    that is most like a wrong one."""

    def __init__(self, status: int, detail: str, nearest: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.nearest = nearest


class UnusedFaultWarning(UserWarning):
    """A planned fault never acted, and `homeport_unused_faults = warn`."""


class NotFound(AssertionError):
    """What a message was to have is not there, or is there more than once; the message says what is there."""


class TimedOut(AssertionError):
    """What was waited for did not come; the message says what came near."""
