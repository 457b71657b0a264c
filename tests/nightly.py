"""What an ordinary run of the tests samples, and a nightly one has whole: HOMEPORT_NIGHTLY=1.

Every claim is tested in both; samples are the same in each run.
"""

import os
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from hypothesis import settings

NIGHTLY = os.environ.get("HOMEPORT_NIGHTLY") == "1" or bool(os.environ.get("HOMEPORT_EVERY_PAYLOAD"))
"""True if this run tests every combination."""
MAX_SPLITS = 64 if NIGHTLY else 14
"""Number of evenly distributed offsets at which input is split in two."""


Test = TypeVar("Test", bound=Callable[..., Any])


def by_night(test: Test) -> Test:
    """Run a test by night only: others hold its claim in most cases."""
    test.__test__ = NIGHTLY  # type: ignore[attr-defined]  # as pytest reads it
    return test


def examples(number: int = 100) -> settings:
    """Return Hypothesis's setting for a test with that many examples by night, and a third of them by day."""
    return settings(max_examples=number if NIGHTLY else -(-number // 3))


def of_day(items: Sequence[Any], number: int, every: int = 4) -> list[Any]:
    """Return the items that belong to a row: all by night, one of a few by day, and another one for the next row."""
    return [item for index, item in enumerate(items) if NIGHTLY or (index + number) % every == 0]


def split_offsets(data: bytes) -> list[int]:
    """Return offsets at which to split data in two: a sample, and the places within and after ends of lines."""
    if len(data) < 2:
        return []
    step = max(1, len(data) // MAX_SPLITS)
    ends = [at for at in range(1, len(data)) if data[at] == 0x0A][-MAX_SPLITS:]
    near = {offset for at in ends for offset in (at, at + 1)} | {len(data) - 1}
    return sorted({*range(1, len(data), step), *(offset for offset in near if offset < len(data))})
