"""Durations and sizes as people write them in configuration, on the command line and in the API."""

import re
from datetime import UTC, date, datetime
from typing import Any, Literal

SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
BYTES = {"": 1, "b": 1, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "kb": 10**3, "mb": 10**6, "gb": 10**9}
QUANTITY = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]*)\s*")


def decimal(number: float) -> str:
    """Format a number without exponent and trailing zeros."""
    return f"{float(number):.6f}".rstrip("0").rstrip(".")


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: `1 rule`, `2 rules`; for nouns whose plural ends in -s."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


class Duration(float):
    """Seconds. Written `250ms`, `5s`, `10m`, `2h`, `1d`, or as a bare number of seconds; 0 often means no limit."""

    @classmethod
    def parse(cls, value: object) -> "Duration":
        """Parse a duration. Raises: ValueError with a message for users."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            if value < 0:
                raise ValueError("a duration cannot be negative")
            return cls(value)
        match = QUANTITY.fullmatch(value) if isinstance(value, str) else None
        if not match or (unit := match[2].lower() or "s") not in SECONDS:
            raise ValueError(f"{value!r} is not a duration: write 250ms, 5s, 10m, 2h or 1d")
        return cls(float(match[1]) * SECONDS[unit])

    def __str__(self) -> str:
        if 0 < self < 1:
            return f"{decimal(self * 1000)}ms"
        for unit in ("d", "h", "m"):
            if self and self % SECONDS[unit] == 0:
                return f"{decimal(self / SECONDS[unit])}{unit}"
        return f"{decimal(self)}s"


class Size(int):
    """Bytes. Written `64KiB`, `10MiB`, `1GiB` (or kB, MB, GB: powers of ten), or as a bare number."""

    @classmethod
    def parse(cls, value: object) -> "Size":
        """Parse a size. Raises: ValueError with a message for users."""
        if isinstance(value, int) and not isinstance(value, bool):
            if value < 0:
                raise ValueError("a size cannot be negative")
            return cls(value)
        match = QUANTITY.fullmatch(value) if isinstance(value, str) else None
        if not match or (unit := match[2].lower()) not in BYTES:
            raise ValueError(f"{value!r} is not a size: write 512, 64KiB, 10MiB or 1GiB")
        return cls(float(match[1]) * BYTES[unit])

    def __str__(self) -> str:
        for unit, name in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
            if self and self % unit == 0:
                return f"{self // unit}{name}"
        return str(int(self))


EARLIEST, LATEST = -62135596800.0, 253402300799.0
"""Unix time of the first and the last second of the years 1 to 9999."""

_WHOLE, _FRACTION = "([0-9]{1,6})", "([0-9]{1,12}(?:[.,][0-9]{1,9})?)"
ISO_8601_DURATION = re.compile(
    f"P(?:{_WHOLE}Y)?(?:{_WHOLE}M)?(?:{_FRACTION}W)?(?:{_FRACTION}D)?"
    f"(?:T(?=[0-9])(?:{_FRACTION}H)?(?:{_FRACTION}M)?(?:{_FRACTION}S)?)?",
    re.IGNORECASE,
)
SECONDS_OF_ISO = (7 * 86400.0, 86400.0, 3600.0, 60.0, 1.0)
"""Seconds in a week, day, hour, minute and second: the units of ISO 8601 durations."""


def travel(now: float, distance: str, sign: Literal[1, -1] = 1) -> float:
    """Return the Unix time `distance` after `now`, or before it if negative.

    distance: an ISO 8601 duration (`P1Y2M`, `P2W`, `PT1H30M`, `PT0.5S`), or one of ours (`5m`). Years and months follow
    the calendar, in UTC; where the day is missing, the last day of that month is meant (January 31 and P1M).

    Raises: ValueError with a message for users.
    """
    if distance[:1] in ("P", "p"):
        months, seconds = parse_iso_duration(distance)
    else:
        months, seconds = 0, float(Duration.parse(distance))
    try:
        goal = now + sign * seconds + (_days_of_months(now, sign * months) * 86400.0 if months else 0.0)
    except (ValueError, OverflowError):
        goal = LATEST + 1
    if not EARLIEST <= goal <= LATEST:
        raise ValueError(f"{distance!r} is outside the years 1 to 9999")
    return goal


def parse_iso_duration(text: str) -> tuple[int, float]:
    """Parse an ISO 8601 duration into months and seconds; only its smallest part may have a fraction.

    Raises: ValueError with a message for users.
    """
    match = ISO_8601_DURATION.fullmatch(text)
    parts = [part for part in match.groups() if part] if match else []
    if match is None or not parts or any(not part.isdecimal() for part in parts[:-1]):
        raise ValueError(f"{text!r} is not an ISO 8601 duration: write P1Y, P1M, P2W, P1DT12H or PT5M")
    years, months, *others = match.groups()
    numbers = (float((part or "0").replace(",", ".")) for part in others)
    seconds = sum(number * unit for number, unit in zip(numbers, SECONDS_OF_ISO, strict=True))
    return 12 * int(years or 0) + int(months or 0), seconds


def _days_of_months(now: float, months: int) -> int:
    """Return the days from the date of `now` to the same day N months later."""
    from calendar import monthrange

    today = datetime.fromtimestamp(now, UTC).date()
    year, month = divmod(today.year * 12 + today.month - 1 + months, 12)
    return (date(year, month + 1, min(today.day, monthrange(year, month + 1)[1])) - today).days


RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)")


def parse_moment(text: str, now: float) -> float:
    """Parse an RFC 3339 date and time, or a distance from `now` such as `+1d`, `-250ms` or `+P1Y`, into Unix time.

    Raises: ValueError with a message for users.
    """
    if text[:1] in ("+", "-"):
        return travel(now, text[1:], 1 if text[0] == "+" else -1)
    if RFC3339.fullmatch(text):
        try:
            return min(max(datetime.fromisoformat(text.upper()).timestamp(), EARLIEST), LATEST)
        except ValueError as error:
            raise ValueError(f"{text!r} is not a time: {error}") from None
    raise ValueError(f"{text!r} is not a time: write 2036-02-07T06:28:16Z (RFC 3339), or a distance such as +1d")


def decode(kind: type, value: Any) -> Any:
    """Decode our quantities from plain values, as a hook of msgspec."""
    if kind in (Duration, Size):
        return kind.parse(value)
    raise TypeError(f"no decoding for {kind}")


def encode(value: Any) -> Any:
    """Encode our quantities as people write them, as a hook of msgspec."""
    if isinstance(value, Duration | Size):
        return str(value)
    raise TypeError(f"no encoding for {type(value)}")
