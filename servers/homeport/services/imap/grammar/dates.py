"""Dates of commands and responses (RFC 9051 9: date, date-time)."""

import datetime
import re

from homeport.services.imap.grammar.tokens import Cursor, SyntaxProblem
from homeport.world.clock import to_moment

MONTHS = b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
NUMBERS = {month.lower(): number for number, month in enumerate(MONTHS, 1)}
MONTH = rb"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
DATE = re.compile(rb"([0-3]?\d)-" + MONTH + rb"-(\d{4})", re.IGNORECASE)
DATE_TIME = re.compile(
    rb'"([ 0-3]?\d)-' + MONTH + rb'-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)([0-5]\d)"', re.IGNORECASE
)
MAX_ZONE_HOURS = 14
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
DATES = "RFC 9051 9 (date)"
DATE_TIMES = "RFC 9051 9 (date-time)"


def parse_date(cursor: Cursor) -> datetime.date:
    """Parse a date of SEARCH: `1-Feb-2026`, in quotes or not; in quotes a blank may stand for a leading zero."""
    begin = cursor.at
    quoted = cursor.take(b'"')
    if quoted:
        cursor.take(b" ")
    match = DATE.match(cursor.line, cursor.at)
    if match is None:
        cursor.fail("a date, such as 1-Feb-2026,", DATES, at=begin)
    cursor.at = match.end()
    if quoted:
        cursor.expect(b'"')
    try:
        return datetime.date(int(match[3]), NUMBERS[match[2].lower()], int(match[1]))
    except ValueError:
        raise SyntaxProblem("there is no such date", DATES, begin) from None


def parse_date_time(cursor: Cursor) -> tuple[float, int]:
    """Parse the date of APPEND: `" 1-Feb-2026 12:34:56 +0100"`; return Unix time, and the minutes of its zone."""
    match = DATE_TIME.match(cursor.line, cursor.at)
    if match is None:
        cursor.fail('a date and time, such as " 1-Feb-2026 12:34:56 +0100",', DATE_TIMES)
    day, month, year, hour, minute, second, sign, zone_hours, zone_minutes = match.groups()
    seconds = min(int(second), 59) if int(second) == 60 else int(second)  # a leap second
    try:
        moment = datetime.datetime(
            int(year), NUMBERS[month.lower()], int(day), int(hour), int(minute), seconds, tzinfo=datetime.UTC
        )
    except ValueError:
        raise SyntaxProblem("there is no such date or time", DATE_TIMES, cursor.at) from None
    if int(zone_hours) > MAX_ZONE_HOURS:
        raise SyntaxProblem("there is no such time zone", DATE_TIMES, cursor.at)
    minutes = int(zone_hours) * 60 + int(zone_minutes)
    zone = minutes if sign == b"+" else -minutes
    cursor.at = match.end()
    return (moment - EPOCH).total_seconds() - zone * 60, zone


def serialize_date_time(time: float, zone: int = 0) -> bytes:
    """Serialize a Unix time as the clock of a zone shows it. zone: minutes ahead of UTC."""
    moment = to_moment(time // 1 + zone * 60)
    return b'"%2d-%s-%04d %02d:%02d:%02d %s%02d%02d"' % (
        moment.day, MONTHS[moment.month - 1], moment.year, moment.hour, moment.minute, moment.second,
        b"-" if zone < 0 else b"+", *divmod(abs(zone), 60),
    )  # fmt: skip
