"""Names that trigger behaviour of the registry: the first label of domains and hosts, the identifier of contacts.

    review-approve       a create waits for review (1001), which approves it
    review-reject        the same, but rejects it
    review-wait          the same, but it waits until the API decides
    robot-approve        a transfer of it is approved in its sponsor's name
    robot-reject         the same, rejected
    robot-ignore         not answered, even if its sponsor's robot would
    robot-request        a robot requests it, so that its sponsor is the losing side
    robot-cancel         the same, then cancels the request

`-after-10m` sets the delay (s, m, h, d on the world's clock; default: none), and any text may follow:
`robot-approve-after-3d-my-test.test`. They do nothing that a real registry could not do, so they are always active.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from homeport.world.registry.objects import Sponsored, name_of

SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
GRAMMAR = re.compile(
    r"(?P<word>review-(?:approve|reject|wait)|robot-(?:approve|reject|ignore|request|cancel))"
    r"(?:-after-(?P<number>\d{1,6})(?P<unit>[smhd]))?(?:-.*)?",
    re.ASCII,
)


class Trigger(NamedTuple):
    """A name's request."""

    word: str
    """`approve`, `reject`, `wait`, `ignore`, `request`, `cancel`."""
    after: float
    """Seconds after the event."""


def review_of(one: Sponsored) -> Trigger | None:
    """Return what an object's name asks of its review, or None."""
    return _asked("review-", one)


def robot_of(one: Sponsored) -> Trigger | None:
    """Return what an object's name asks of robots, or None."""
    return _asked("robot-", one)


def _asked(prefix: str, one: Sponsored) -> Trigger | None:
    name = name_of(one)
    if name[: len(prefix)].lower() != prefix:
        return None
    return _parse(name.lower().partition(".")[0], prefix)


@lru_cache(maxsize=256)
def _parse(label: str, prefix: str) -> Trigger | None:
    found = GRAMMAR.fullmatch(label)
    if found is None:
        return None
    after = int(found["number"]) * SECONDS[found["unit"]] if found["number"] else 0.0
    return Trigger(found["word"].removeprefix(prefix), after)
