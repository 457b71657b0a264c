"""Daytime (RFC 867): the world's date and time in one line, over TCP then a close, over UDP in one datagram.

The RFC defines no syntax, and several are in use: its own two examples, ISO 8601, and those of inetutils', xinetd's and
NIST's servers. `format` selects one. Names of days and months are English in every locale.

Input is ignored, as the RFC says, so there is no `syntax` to choose.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from math import floor
from typing import Annotated, Literal

from msgspec import Meta

from homeport.protocol.effects import Effect, Send
from homeport.protocol.ignored_input import datagram_findings, datagram_rules, stream_rules
from homeport.protocol.service import Listener, Options, Port, Service
from homeport.protocol.session import AnswerAndClose, Context
from homeport.world.clock import to_moment
from homeport.world.world import WorldContents

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

MODIFIED_JULIAN_EPOCH = 678_576
"""Proleptic Gregorian ordinal of 1858-11-17."""


class DaytimeOptions(Options, frozen=True, kw_only=True):
    """[daytime]"""

    port: Port = 10013
    format: Annotated[
        Literal["rfc867", "smtp", "iso8601", "inetutils", "xinetd", "nist"],
        Meta(
            description="rfc867 (Tuesday, February 22, 1982 17:37:43-PST), smtp (02 FEB 82 07:59:01 PST), "
            "iso8601 (1982-02-22T17:37:43-08:00), inetutils (Mon Feb 22 17:37:43 1982), "
            "xinetd (22 FEB 1982 17:37:43 PST) or nist (45023 82-02-23 01:37:43 00 0 0 0.0 UTC(NIST) *)"
        ),
    ] = "rfc867"
    zone: Annotated[str, Meta(description="time zone of the answer, by IANA name, such as Europe/Lisbon")] = "UTC"


def clock_face(moment: datetime) -> str:
    """Return hours, minutes and seconds as `17:37:43`."""
    return f"{moment.hour:02}:{moment.minute:02}:{moment.second:02}"


def rfc867(moment: datetime) -> str:
    """Format as RFC 867's first example: Tuesday, February 22, 1982 17:37:43-PST."""
    date = f"{DAYS[moment.weekday()]}, {MONTHS[moment.month - 1]} {moment.day}, {moment.year:04}"
    return f"{date} {clock_face(moment)}-{moment.tzname()}"


def smtp(moment: datetime) -> str:
    """Format as RFC 867's second example: 02 FEB 82 07:59:01 PST."""
    month = MONTHS[moment.month - 1][:3].upper()
    return f"{moment.day:02} {month} {moment.year % 100:02} {clock_face(moment)} {moment.tzname()}"


def iso8601(moment: datetime) -> str:
    """Format as ISO 8601 in seconds: 1982-02-22T17:37:43-08:00."""
    return moment.isoformat(timespec="seconds")


def inetutils(moment: datetime) -> str:
    """Format as C's ctime, like inetd's built-in service: Mon Feb 22 17:37:43 1982."""
    day, month = DAYS[moment.weekday()][:3], MONTHS[moment.month - 1][:3]
    return f"{day} {month} {moment.day:2} {clock_face(moment)} {moment.year:04}"


def xinetd(moment: datetime) -> str:
    """Format as xinetd's built-in service: 22 FEB 1982 17:37:43 PST."""
    month = MONTHS[moment.month - 1][:3].upper()
    return f"{moment.day:02} {month} {moment.year:04} {clock_face(moment)} {moment.tzname()}"


def nist(moment: datetime) -> str:
    """Format as the servers of NIST: 45023 82-02-23 01:37:43 00 0 0 0.0 UTC(NIST) *.

    Modified Julian Date; date and time, always in UTC; DST code; leap second (0: none); health (0: healthy);
    milliseconds by which the answer is sent early; on-time marker.
    """
    moment = moment.astimezone(UTC)
    date = f"{moment.year % 100:02}-{moment.month:02}-{moment.day:02}"
    day = moment.toordinal() - MODIFIED_JULIAN_EPOCH
    return f"{day:05} {date} {clock_face(moment)} {dst_code(moment):02} 0 0 0.0 UTC(NIST) *"


def dst_code(moment: datetime) -> int:
    """Return NIST's code for daylight saving time in the USA: 0 in winter, 50 in summer.

    In the month of a change it counts the days to it, down to 51 or 1 on its day. Rules: since 2007 from the second
    Sunday in March to the first in November; 1987 to 2006 from the first in April to the last in October; before: 0.
    """
    if moment.year >= 2007:
        begins, ends = sunday(moment.year, 3, 8), sunday(moment.year, 11, 1)
    elif moment.year >= 1987:
        begins, ends = sunday(moment.year, 4, 1), sunday(moment.year, 10, 25)
    else:
        return 0
    today = moment.date()
    for change, summer in ((begins, 50), (ends, 0)):
        if (today.month, change.day - today.day >= 0) == (change.month, True):
            return change.day - today.day + 1 + summer
    return 50 if begins < today < ends else 0


def sunday(year: int, month: int, earliest: int) -> date:
    """Return the first Sunday of a month from that day on."""
    day = date(year, month, earliest)
    return day + timedelta(days=6 - day.weekday())


FORMATS: dict[str, Callable[[datetime], str]] = {
    "rfc867": rfc867,
    "smtp": smtp,
    "iso8601": iso8601,
    "inetutils": inetutils,
    "xinetd": xinetd,
    "nist": nist,
}


def find_zone(name: str) -> tzinfo:
    """Return the time zone of that IANA name.

    Raises: KeyError, ValueError or OSError for a zone that this system does not know.
    """
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo  # imported on demand: it would slow every start

    return ZoneInfo(name)


def check(options: DaytimeOptions, _contents: WorldContents) -> list[str]:
    """Validate the time zone; return error messages."""
    try:
        find_zone(options.zone)
    except (KeyError, ValueError, OSError):
        return [
            f"zone: unknown time zone {options.zone!r}: write an IANA name such as Europe/Lisbon, "
            "or install the package tzdata if the name is valid"
        ]
    return []


@lru_cache(maxsize=64)
def line_of(second: int, form: str, zone: str) -> bytes:
    """Return the line for a second of Unix time, cached because thousands of clients may ask in the same second."""
    moment = to_moment(second)
    # Within hours of the years 1 and 10000 a local date may be out of range: the time stays in UTC.
    with suppress(OverflowError):
        moment = moment.astimezone(find_zone(zone))
    line = FORMATS[form](moment).encode("ascii")
    # NIST's servers send an empty line first, and end both by LF; clients skip the first.
    return b"\n" + line + b" \n" if form == "nist" else line + b"\r\n"


def daytime(context: Context) -> bytes:
    """Return the line for the current time of the world."""
    options: DaytimeOptions = context.options
    return line_of(floor(context.world.clock.now()), options.format, options.zone)


class Daytime(AnswerAndClose):
    """Sends the line and closes."""

    __slots__ = ()

    def answer(self) -> bytes:
        return daytime(self.context)


def datagram(context: Context, data: bytes) -> Sequence[Effect]:
    """Return one datagram with the line."""
    return (Send(daytime(context)), *datagram_findings(data))


SERVICE = Service(
    name="daytime",
    title="Daytime",
    rfcs=("867",),
    listeners=(Listener("tcp", "tcp", 13), Listener("udp", "udp", 13)),
    options=DaytimeOptions,
    session=Daytime,
    datagram=datagram,
    rules=(*stream_rules("867"), *datagram_rules("867")),
    check=check,
    faults=frozenset({"answer"}),
    example="nc {host} {port} </dev/null",
)
