"""The operational attributes of an entry that say who made and changed it, and when."""

from datetime import UTC, datetime

import msgspec


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
