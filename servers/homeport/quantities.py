"""Durations and sizes as people write them in configuration, on the command line and in the API."""

import re
from datetime import datetime
from typing import Any

SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
BYTES = {"": 1, "b": 1, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "kb": 10**3, "mb": 10**6, "gb": 10**9}
QUANTITY = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]*)\s*")


def decimal(number: float) -> str:
    """A number without exponent and without zeros at its end."""
    return f"{float(number):.6f}".rstrip("0").rstrip(".")


class Duration(float):
    """Seconds. Written `250ms`, `5s`, `10m`, `2h`, `1d`, or as a bare number of seconds; 0 often means no limit."""

    @classmethod
    def parse(cls, value: object) -> "Duration":
        """Raises: ValueError, in words for the person who wrote the value."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            if value < 0:
                raise ValueError("a duration is not negative")
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
    """Octets. Written `64KiB`, `10MiB`, `1GiB` (or kB, MB, GB: powers of ten), or as a bare number."""

    @classmethod
    def parse(cls, value: object) -> "Size":
        """Raises: ValueError, in words for the person who wrote the value."""
        if isinstance(value, int) and not isinstance(value, bool):
            if value < 0:
                raise ValueError("a size is not negative")
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


RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)")


def parse_moment(text: str, now: float) -> float:
    """Unix time of an RFC 3339 date and time, or of a distance from `now` such as `+1d` or `-250ms`.

    Raises: ValueError, in words for the person who wrote the text.
    """
    if text[:1] in ("+", "-"):
        distance = Duration.parse(text[1:])
        return now + distance if text[0] == "+" else now - distance
    if RFC3339.fullmatch(text):
        try:
            return datetime.fromisoformat(text.upper()).timestamp()
        except ValueError as error:
            raise ValueError(f"{text!r} is no time: {error}") from None
    raise ValueError(f"{text!r} is not a time: write 2036-02-07T06:28:16Z (RFC 3339), or a distance such as +1d")


def decode(kind: type, value: Any) -> Any:
    """Decoding hook for msgspec: our quantities out of plain values."""
    if kind in (Duration, Size):
        return kind.parse(value)
    raise TypeError(f"no decoding for {kind}")


def encode(value: Any) -> Any:
    """Encoding hook for msgspec: our quantities as people write them."""
    if isinstance(value, Duration | Size):
        return str(value)
    raise TypeError(f"no encoding for {type(value)}")
