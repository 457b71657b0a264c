"""The operational attributes of an entry that say who made and changed it, and when."""

from datetime import UTC, datetime

import msgspec

from homeport.world.directory.matching import Unmatchable, fold_time


class Stamp(msgspec.Struct, frozen=True):
    """The creator and the last modifier of an entry, with times of the world's clock, and its UUID."""

    uuid: str = ""
    creator: str = ""
    created: float = 0.0
    modifier: str = ""
    modified: float = 0.0

    def changed(self, who: str, now: float) -> "Stamp":
        """Return the stamp after a change."""
        return msgspec.structs.replace(self, modifier=who, modified=now)


def time_text(moment: float) -> bytes:
    """Return a Unix time as a generalized time (RFC 4517 3.3.13)."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y%m%d%H%M%SZ").rjust(15, "0").encode()


def exact_time_text(moment: float) -> bytes:
    """Return a Unix time as a generalized time, with a fraction if it has one."""
    whole = time_text(moment)
    micros = round(moment % 1 * 1_000_000)
    return whole if not 0 < micros < 1_000_000 else whole[:-1] + b".%06dZ" % micros


def read_time(value: bytes) -> float | None:
    """Return the Unix time of a generalized time; None if it is none, or before the year 1."""
    try:
        return datetime.strptime(fold_time(value).decode(), "%Y%m%d%H%M%S.%f").replace(tzinfo=UTC).timestamp()
    except (Unmatchable, ValueError):
        return None
