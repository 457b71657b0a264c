"""Sets of UIDs as text: `1:3,7` (RFC 9051 9, `sequence-set`)."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

MAX_RANGES = 1000
"""Ranges of a set that count; the others are ignored."""
MAX_SUMMARIZED = 1000
"""UIDs that are written one by one where a summary is enough."""
UID_SET = re.compile(r"(?:(?:\d{1,10}|\*)(?::(?:\d{1,10}|\*))?,)*(?:\d{1,10}|\*)(?::(?:\d{1,10}|\*))?")


def write_uids(uids: Iterable[int]) -> str:
    """Return UIDs in their shortest form."""
    ranges: list[list[int]] = []
    for uid in sorted({*uids}):
        if ranges and ranges[-1][1] == uid - 1:
            ranges[-1][1] = uid
        else:
            ranges.append([uid, uid])
    return ",".join(f"{first}" if first == last else f"{first}:{last}" for first, last in ranges)


def summarize_uids(uids: Sequence[int]) -> str:
    """Return ascending UIDs in their shortest form; of more than MAX_SUMMARIZED, the range that has all of them."""
    return write_uids(uids) if len(uids) <= MAX_SUMMARIZED else f"{uids[0]}:{uids[-1]}"


def select_uids(text: str, uids: Sequence[int]) -> list[int]:
    """Return those of the ascending UIDs that are in a set; `*` is the last one. Raises: ValueError."""
    if not UID_SET.fullmatch(text):
        raise ValueError(f"{text[:80]!r} is no set of UIDs: write it as 1:3,7 or 5:*")
    last = uids[-1] if uids else 0
    selected: set[int] = set()
    for part in text.split(",")[:MAX_RANGES]:
        begin, _colon, end = part.partition(":")
        first, final = sorted(last if one == "*" else int(one) for one in (begin, end or begin))
        selected.update(uids[bisect_left(uids, first) : bisect_right(uids, final)])
    return sorted(selected)
