"""Active Users (RFC 866): the list of logged-in users, one per line, over TCP then a close, over UDP in a few
datagrams.

The list is the world's presence at the time of the request: configured presences and users logged in to any service.
Formats: `names` has one login per line, each once, because the RFC lists users; `who` has one line per presence, in
columns: login, terminal, host ("-" for a local terminal), login time (UTC), and idle time (hours:minutes). There is no
heading, because a client would take it for a user. Other servers ran a program of their system: `count` (`3 users`),
`bsd` and `w` are such forms, for the clients that expect them.

An empty list is an empty answer: over TCP a close without data, over UDP one empty datagram, so that a client can
distinguish an empty list from a lost one. A line is never split between datagrams. Their number has a limit
(`udp_datagrams`), because a small datagram with a forged source must not cause a flood; lines over it are left out.
Over TCP the list is always complete.

Input is ignored, as the RFC says, so there is no `syntax` to choose.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

from msgspec import Meta

from homeport.protocol.effects import Effect, Send
from homeport.protocol.ignored_input import datagram_findings, datagram_rules, stream_rules
from homeport.protocol.service import Listener, Options, Port, Service
from homeport.protocol.session import AnswerAndClose, Context
from homeport.world.clock import to_moment
from homeport.world.presence import Presence, PresenceList
from homeport.world.world import World

MAX_DATAGRAM_BYTES = 512
MAX_LOGIN, MAX_TERMINAL, MAX_ORIGIN = 64, 32, 255
"""Maximum characters of each; together with the times they fit into one datagram."""
NOT_PRINTING = re.compile(r"[^ -~]")
CRLF = b"\r\n"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class UsersOptions(Options, frozen=True, kw_only=True):
    """[users]"""

    port: Port = 10011
    format: Annotated[
        Literal["names", "who", "count", "bsd", "w"],
        Meta(
            description="names (each login once), who (each presence: login, terminal, host, login time in UTC, idle "
            "time in hours:minutes), count (3 users), bsd (each presence as `who -u` of BSD: login, terminal, login "
            "time, idle time) or w (the same with a heading and the host, as `w`)"
        ),
    ] = "names"
    udp_datagrams: Annotated[
        int, Meta(ge=1, le=64, description="maximum datagrams per list; the rest of a longer list is left out")
    ] = 16


def printing(text: str, longest: int) -> str:
    """Return printable ASCII, with a question mark for every other character (RFC 866 recommends no others)."""
    return NOT_PRINTING.sub("?", text[:longest])


def names(present: PresenceList) -> list[str]:
    """Return each login once, in order of login time."""
    logins: dict[str, str] = {}
    for presence in present:
        logins.setdefault(presence.login.lower(), presence.login)
    return [printing(login, MAX_LOGIN) for login in logins.values()]


def who(present: Iterable[Presence], now: float) -> list[str]:
    """Return a line of columns for each presence.

    now: the world's Unix time.
    """
    rows = [
        (
            printing(presence.login, MAX_LOGIN),
            printing(presence.terminal, MAX_TERMINAL) or "-",
            printing(presence.origin, MAX_ORIGIN) or "-",
            f"{to_moment(presence.since):%Y-%m-%dT%H:%M:%SZ}",
            hours_and_minutes(now - presence.active),
        )
        for presence in present
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def count(present: PresenceList) -> list[str]:
    """Return the number of presences, as `3 users`."""
    number = len(list(present))
    return [f"{number} user{'' if number == 1 else 's'}"]


def bsd(present: Iterable[Presence], now: float) -> list[str]:
    """Return a line for each presence as `who -u` of BSD: login, terminal, login time, idle time.

    now: the world's Unix time.
    """
    return [
        f"{printing(one.login, MAX_LOGIN):<16} {printing(one.terminal, MAX_TERMINAL) or '-':<8} "
        f"{short_moment(one.since)} {bsd_idle(now - one.active).rstrip()}"
        for one in present
    ]


def w(present: Iterable[Presence], now: float) -> list[str]:
    """Return a heading and a line for each presence, as `w` has them without its first line.

    now: the world's Unix time.
    """
    rows = [
        f"{printing(one.login, MAX_LOGIN):<8} {printing(one.terminal, MAX_TERMINAL) or '-':<8} "
        f"{printing(one.origin, MAX_ORIGIN) or '-':<16} {short_moment(one.since)} {bsd_idle(now - one.active).strip()}"
        for one in present
    ]
    return [f"{'USER':<8} {'TTY':<8} {'FROM':<16} {'LOGIN@':<12} IDLE", *rows]


def short_moment(time: float) -> str:
    """Format a time in UTC as `Oct 14 17:46`, with English months in every locale."""
    moment = to_moment(time)
    return f"{MONTHS[moment.month - 1]} {moment.day:2} {moment.hour:02}:{moment.minute:02}"


def bsd_idle(seconds: float) -> str:
    """Format an idle time as `who -u` of BSD: a dot under a minute, `old` from a day on."""
    if seconds < 60:
        return "  .  "
    return " old " if seconds >= 86_400 else hours_and_minutes(seconds)


def hours_and_minutes(seconds: float) -> str:
    """Format a duration as `00:04`; hours may exceed 99, and a negative duration counts as 0."""
    hours, minutes = divmod(max(int(seconds), 0) // 60, 60)
    return f"{hours:02}:{minutes:02}"


def user_lines(world: World, options: UsersOptions) -> list[bytes]:
    """Return the serialized lines of the list, each with its CR LF and at most 512 bytes long."""
    present, now = world.presence, world.clock.now()
    match options.format:
        case "names":
            lines = names(present)
        case "count":
            lines = count(present)
        case "who":
            lines = who(present, now)
        case "bsd":
            lines = bsd(present, now)
        case "w":
            lines = w(present, now)
    return [line.encode("ascii") + CRLF for line in lines]


def pack(lines: Iterable[bytes], limit: int = MAX_DATAGRAM_BYTES) -> list[bytes]:
    """Pack lines into datagrams, in order and without splitting a line; no lines give one empty datagram.

    limit: maximum bytes of a datagram, at least the length of the longest line.
    """
    datagrams = [b""]
    for line in lines:
        if len(datagrams[-1]) + len(line) > limit:
            datagrams.append(b"")
        datagrams[-1] += line
    return datagrams


class Users(AnswerAndClose):
    """Sends the list and closes."""

    __slots__ = ()

    def answer(self) -> bytes:
        return b"".join(user_lines(self.context.world, self.context.options))


def datagram(context: Context, data: bytes) -> Sequence[Effect]:
    """Return the list in one or more datagrams."""
    datagrams = pack(user_lines(context.world, context.options))[: context.options.udp_datagrams]
    return (*map(Send, datagrams), *datagram_findings(data))


SERVICE = Service(
    name="users",
    title="Active Users",
    rfcs=("866",),
    listeners=(Listener("tcp", "tcp", 11), Listener("udp", "udp", 11)),
    options=UsersOptions,
    session=Users,
    datagram=datagram,
    rules=(*stream_rules("866"), *datagram_rules("866")),
    faults=frozenset({"answer"}),
    example="nc {host} {port} </dev/null",
)
