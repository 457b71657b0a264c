"""Daytime (RFC 867): the world's date and time in one line, over TCP then a close, over UDP in one datagram.

The RFC fixes no syntax, and clients meet several: its own two examples, ISO 8601, and what inetutils' and xinetd's
servers send. `format` chooses by name. Names of days and months are English whatever the locale.

What a client sends is ignored, as the RFC says, so `strict` changes nothing.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
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


class DaytimeOptions(Options, frozen=True, kw_only=True):
    """[daytime]"""

    port: Port = 10013
    format: Annotated[
        Literal["rfc867", "smtp", "iso8601", "inetutils", "xinetd"],
        Meta(
            description="rfc867 (Tuesday, February 22, 1982 17:37:43-PST), smtp (02 FEB 82 07:59:01 PST), "
            "iso8601 (1982-02-22T17:37:43-08:00), inetutils (Mon Feb 22 17:37:43 1982) "
            "or xinetd (22 FEB 1982 17:37:43 PST)"
        ),
    ] = "rfc867"
    zone: Annotated[
        str, Meta(description="time zone that the time is told in, by its IANA name, such as Europe/Lisbon")
    ] = "UTC"


def clock_face(moment: datetime) -> str:
    """Hours, minutes and seconds."""
    return f"{moment.hour:02}:{moment.minute:02}:{moment.second:02}"


def rfc867(moment: datetime) -> str:
    """RFC 867's first example: Tuesday, February 22, 1982 17:37:43-PST."""
    date = f"{DAYS[moment.weekday()]}, {MONTHS[moment.month - 1]} {moment.day}, {moment.year:04}"
    return f"{date} {clock_face(moment)}-{moment.tzname()}"


def smtp(moment: datetime) -> str:
    """RFC 867's second example: 02 FEB 82 07:59:01 PST."""
    month = MONTHS[moment.month - 1][:3].upper()
    return f"{moment.day:02} {month} {moment.year % 100:02} {clock_face(moment)} {moment.tzname()}"


def iso8601(moment: datetime) -> str:
    """ISO 8601 in seconds: 1982-02-22T17:37:43-08:00."""
    return moment.isoformat(timespec="seconds")


def inetutils(moment: datetime) -> str:
    """What ctime of C gives, and inetd's built-in service with it: Mon Feb 22 17:37:43 1982."""
    day, month = DAYS[moment.weekday()][:3], MONTHS[moment.month - 1][:3]
    return f"{day} {month} {moment.day:2} {clock_face(moment)} {moment.year:04}"


def xinetd(moment: datetime) -> str:
    """What xinetd's built-in service sends: 22 FEB 1982 17:37:43 PST."""
    month = MONTHS[moment.month - 1][:3].upper()
    return f"{moment.day:02} {month} {moment.year:04} {clock_face(moment)} {moment.tzname()}"


FORMATS: dict[str, Callable[[datetime], str]] = {
    "rfc867": rfc867,
    "smtp": smtp,
    "iso8601": iso8601,
    "inetutils": inetutils,
    "xinetd": xinetd,
}


def find_zone(name: str) -> tzinfo:
    """The time zone of that IANA name.

    Raises: KeyError, ValueError or OSError if this machine knows none.
    """
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo  # only for those who want it: importing it slows every start

    return ZoneInfo(name)


def check(options: DaytimeOptions, _contents: WorldContents) -> list[str]:
    """A zone that this machine does not know."""
    try:
        find_zone(options.zone)
    except (KeyError, ValueError, OSError):
        return [
            f"zone: this machine knows no time zone {options.zone!r}: write an IANA name such as Europe/Lisbon, "
            "or install the package tzdata if it should be known"
        ]
    return []


@lru_cache(maxsize=64)
def line_of(second: int, form: str, zone: str) -> bytes:
    """The line of a second of Unix time, remembered because thousands may ask within it."""
    moment = to_moment(second)
    # Within hours of the year 1 or 10000 a zone has no date to tell: the time stays UTC.
    with suppress(OverflowError):
        moment = moment.astimezone(find_zone(zone))
    return FORMATS[form](moment).encode("ascii") + b"\r\n"


def daytime(context: Context) -> bytes:
    """The line as it is sent."""
    options: DaytimeOptions = context.options
    return line_of(floor(context.world.clock.now()), options.format, options.zone)


class Daytime(AnswerAndClose):
    """Sends the line and closes."""

    __slots__ = ()

    def answer(self) -> bytes:
        return daytime(self.context)


def datagram(context: Context, data: bytes) -> Sequence[Effect]:
    """One datagram with the line."""
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
