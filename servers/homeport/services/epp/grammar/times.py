"""xs:dateTime and xs:date: the world's time in seconds, and calendar dates.

Stricter than XML Schema: years 1 to 9999 only. Fractions of a second are kept to the millisecond. A time without a zone
is taken as UTC, which all times in EPP are (RFC 5731 2.4).
"""

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import msgspec

from homeport.config.quantities import EARLIEST, LATEST
from homeport.services.epp.grammar.datatypes import BadValue, collapse
from homeport.services.epp.results import Code

_ZONE = r"(?P<zone>Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)?"
_DATE = r"(?P<year>-?[0-9]{4,})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
_MOMENT = re.compile(
    _DATE + r"T(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})(?P<fraction>\.[0-9]+)?" + _ZONE
)
_DAY = re.compile(_DATE + _ZONE)
MILLISECONDS = 10**3
_EPOCH = date(1970, 1, 1)


class DateTime(msgspec.Struct, frozen=True):
    """xs:dateTime as Unix time in seconds; written in UTC as the RFCs' examples are: 2000-06-08T22:00:00.0Z."""

    def read(self, text: str) -> float:
        match = _MOMENT.fullmatch(collapse(text))
        if match is None:
            raise BadValue(Code.VALUE_SYNTAX, "date and time such as 2000-06-08T22:00:00.0Z")
        day = _day(match)
        hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"])
        fraction = round(float(match["fraction"] or 0), 3)
        if (hour > 23 or minute > 59 or second > 59) and (hour, minute, second, fraction) != (24, 0, 0, 0):
            raise BadValue(Code.VALUE_SYNTAX, "a time of day up to 23:59:59")
        seconds = (day - _EPOCH).days * 86400 + hour * 3600 + minute * 60 + second + fraction - _offset(match["zone"])
        if not EARLIEST <= seconds <= LATEST:
            raise BadValue(Code.OUT_OF_RANGE, "years 1 to 9999")
        return seconds

    def write(self, value: float) -> str:
        seconds, milliseconds = divmod(round(min(max(value, EARLIEST), LATEST) * MILLISECONDS), MILLISECONDS)
        return f"{_until_seconds(seconds)}.{milliseconds:03}Z" if milliseconds else f"{_until_seconds(seconds)}.0Z"


class CalendarDate(msgspec.Struct, frozen=True):
    """xs:date; a zone is allowed and means nothing here."""

    def read(self, text: str) -> date:
        value = collapse(text)
        match = _DAY.fullmatch(value)
        if match is None:
            if _MOMENT.fullmatch(value):
                raise BadValue(Code.VALUE_SYNTAX, f"the date alone, {value.partition('T')[0]}, without time of day")
            raise BadValue(Code.VALUE_SYNTAX, "a date such as 2000-06-08")
        return _day(match)

    def write(self, value: date) -> str:
        return f"{value.year:04}-{value.month:02}-{value.day:02}"


def _day(match: re.Match[str]) -> date:
    year = match["year"]
    if len(year.lstrip("-")) > 4 and year.lstrip("-").startswith("0"):
        raise BadValue(Code.VALUE_SYNTAX, "a year of four digits")
    if len(year) > 4:
        raise BadValue(Code.OUT_OF_RANGE, "years 1 to 9999")
    try:
        return date(int(year), int(match["month"]), int(match["day"]))
    except ValueError:
        raise BadValue(Code.VALUE_SYNTAX, "a day that the calendar has") from None


def _offset(zone: str | None) -> int:
    if zone is None or zone == "Z":
        return 0
    seconds = int(zone[1:3]) * 3600 + int(zone[4:6]) * 60
    return -seconds if zone[0] == "-" else seconds


@lru_cache(1024)
def _until_seconds(seconds: int) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    return f"{moment.year:04}-{moment.month:02}-{moment.day:02}T{moment:%H:%M:%S}"
