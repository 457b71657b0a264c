"""Violations of the rules of messages, as the checks report them."""

from typing import NamedTuple


class Violation(NamedTuple):
    """A broken rule."""

    finding: str
    """Id of a rule of `services/smtp/rules.py`."""
    at: int
    """Offset in the message; -1 if something is missing."""
