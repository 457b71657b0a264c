"""The Date of a message as a moment and as a day (RFC 5322 3.3, with the obsolete syntax of 4.3)."""

import datetime

import msgspec

from homeport.world.mail.mime.fields import DATE, MIN_YEAR, MONTHS, OBSOLETE_DATE, without_comments

ZONES = {b"EST": -5, b"EDT": -4, b"CST": -6, b"CDT": -5, b"MST": -7, b"MDT": -6, b"PST": -8, b"PDT": -7}
"""RFC 5322 4.3: other names count as UTC."""


class SentDate(msgspec.Struct, frozen=True):
    """The time at which a message was sent."""

    time: float
    """Unix time."""
    day: datetime.date
    """The date as written, without regard to its zone."""


def parse_sent_date(value: bytes) -> SentDate | None:
    """Parse the value of a Date field; None if it is no date."""
    match = DATE.fullmatch(value) or OBSOLETE_DATE.fullmatch(without_comments(value))
    if match is None:
        return None
    year = int(match["year"])
    if len(match["year"]) < 4:
        year += 2000 if year < 50 and len(match["year"]) == 2 else MIN_YEAR
    hours, minutes = _offset(match["zone"])
    try:
        moment = datetime.datetime(
            year,
            MONTHS.index(match["month"].lower()) + 1,
            int(match["day"]),
            int(match["hour"]),
            int(match["minute"]),
            min(int(match["second"] or 0), 59),
            tzinfo=datetime.UTC,
        )
        time = moment.timestamp() - 3600 * hours - 60 * minutes
    except (ValueError, OverflowError):
        return None
    return SentDate(time, moment.date())


def _offset(zone: bytes) -> tuple[int, int]:
    """Return hours and minutes of a zone, with its sign."""
    if zone[1:].isdigit():
        sign = -1 if zone.startswith(b"-") else 1
        return sign * int(zone[1:3]), sign * int(zone[3:])
    return ZONES.get(zone.upper(), 0), 0
