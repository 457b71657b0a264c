"""Timestamps: that of RFC 5424, and those that BSD syslog and its descendants send."""

import re
from datetime import datetime

NIL = "-"
WHOLE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
"""RFC 5424 6.2.3: RFC 3339 with T and Z in upper case, and at most six digits of a second."""
PARTS = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)(?P<t>[Tt ])(?P<time>\d\d:\d\d:(?P<second>\d\d))(?:[.,](?P<fraction>\d*))?(?P<zone>.*)",
    re.ASCII,
)
ZONE = re.compile(r"Z|[+-](?:[01]\d|2[0-3]):[0-5]\d", re.ASCII)
LOOSE_ZONE = re.compile(r"([+-])(\d\d):?(\d\d)?", re.ASCII)
MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
BSD = re.compile(rf"(?:{MONTHS}) (?: [1-9]|[12]\d|3[01]) (?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d", re.ASCII)
"""RFC 3164 4.1.2."""
LEAP_SECOND = 60


def problems(timestamp: str) -> list[str]:
    """Return the rules that a TIMESTAMP of RFC 5424 breaks."""
    if WHOLE.fullmatch(timestamp):
        try:
            datetime.fromisoformat(timestamp)
        except ValueError:
            return [_invalid(timestamp[17:19])]
        return []
    parts = PARTS.fullmatch(timestamp)
    if parts is None:
        return ["timestamp-malformed"]
    found = []
    if parts["t"] == " ":
        found.append("timestamp-blank")
    zone = parts["zone"]
    if parts["t"] == "t" or zone == "z":
        found.append("timestamp-lower-case")
    if parts["fraction"] is not None and (not parts["fraction"] or "," in timestamp):
        found.append("timestamp-malformed")
    elif len(parts["fraction"] or "") > 6:
        found.append("timestamp-fraction")
    if not zone:
        found.append("time-zone-missing")
    elif not ZONE.fullmatch(zone.upper()):
        found.append("time-zone-malformed" if LOOSE_ZONE.fullmatch(zone) else "timestamp-malformed")
    try:
        datetime.fromisoformat(f"{parts['date']}T{parts['time']}")
    except ValueError:
        found.append(_invalid(parts["second"]))
    return list(dict.fromkeys(found))


def _invalid(second: str) -> str:
    return "timestamp-leap-second" if second == str(LEAP_SECOND) else "timestamp-invalid"


def moment(timestamp: str | None) -> datetime | None:
    """Return the time that a timestamp with a date, a time and an offset from UTC means; None for any other."""
    if timestamp is None or (parts := PARTS.fullmatch(timestamp)) is None:
        return None
    zone = parts["zone"].upper()
    if loose := LOOSE_ZONE.fullmatch(zone):
        zone = f"{loose[1]}{loose[2]}:{loose[3] or '00'}"
    elif zone != "Z":
        return None
    fraction = (parts["fraction"] or "0")[:6].ljust(6, "0")
    try:
        return datetime.fromisoformat(f"{parts['date']}T{parts['time']}.{fraction}{zone}")
    except ValueError:
        return None
