"""Names that ask the registry for something: of domains and hosts the first label, of contacts the identifier.

    review-approve       a create waits for review (1001), which approves it
    review-reject        the same, and rejects it
    review-wait          the same, and it waits until the API decides
    robot-approve        a transfer of it is approved in the place of its sponsor
    robot-reject         the same, rejected
    robot-ignore         nobody answers, though its sponsor's robot would
    robot-request        a robot asks for it, so that its sponsor is the losing side
    robot-cancel         the same, and takes the request back

`-after-10m` behind these says when (s, m, h, d on the world's clock; at once without it), and anything may follow:
`robot-approve-after-3d-my-test.test`. They do nothing that a registry could not do anyway, so they are always there.
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


class Magic(NamedTuple):
    """What a name asks for."""

    word: str
    """`approve`, `reject`, `wait`, `ignore`, `request`, `cancel`."""
    after: float
    """Seconds from the event that it answers."""


def review_of(one: Sponsored) -> Magic | None:
    """What an object's name wants of its review; None: nothing."""
    return _asked("review-", one)


def robot_of(one: Sponsored) -> Magic | None:
    """What an object's name wants of robots; None: nothing."""
    return _asked("robot-", one)


def _asked(prefix: str, one: Sponsored) -> Magic | None:
    name = name_of(one)
    if name[: len(prefix)].lower() != prefix:
        return None
    return _parse(name.lower().partition(".")[0], prefix)


@lru_cache(maxsize=256)
def _parse(label: str, prefix: str) -> Magic | None:
    found = GRAMMAR.fullmatch(label)
    if found is None:
        return None
    after = int(found["number"]) * SECONDS[found["unit"]] if found["number"] else 0.0
    return Magic(found["word"].removeprefix(prefix), after)
