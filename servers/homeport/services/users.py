"""Active Users (RFC 866): who is on, one user to a line, over TCP, then a close, or over UDP in a few datagrams.

The list is the world's presence at the moment of asking: configured presences and whoever is logged in over any
service. Two formats: `names` has a login to a line, each once however often it is on, for the RFC lists users; `who`
has a line for every presence, in columns: login, terminal, host ("-" for a local line), since when (UTC), and for how
long idle (hours:minutes). There is no header, because a client would take it for a user.

Nobody on is an empty answer: a close without an octet over TCP, and over UDP one empty datagram, so that a client can
tell an empty list from a lost one. A line is never split between datagrams; how many there are has a limit
(`udp_datagrams`), because a small datagram with a forged source must not call forth a flood; what is over it is left
out. Over TCP the list is always whole.

What a client sends is ignored, as the RFC says, so `strict` changes nothing.
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

LONGEST_DATAGRAM = 512
LONGEST_LOGIN, LONGEST_TERMINAL, LONGEST_ORIGIN = 64, 32, 255
"""Characters shown of each; together with the times they fit into one datagram."""
NOT_PRINTING = re.compile(r"[^ -~]")
CRLF = b"\r\n"


class UsersOptions(Options, frozen=True, kw_only=True):
    """[users]"""

    port: Port = 10011
    format: Annotated[
        Literal["names", "who"],
        Meta(
            description="names (each login once) or who (each presence: login, terminal, host, since when in UTC, "
            "hours:minutes idle)"
        ),
    ] = "names"
    udp_datagrams: Annotated[
        int, Meta(ge=1, le=64, description="datagrams that one list may take; the rest of a longer list is left out")
    ] = 16


def printing(text: str, longest: int) -> str:
    """The text as printing ASCII, a question mark for every other character (RFC 866 recommends no others)."""
    return NOT_PRINTING.sub("?", text[:longest])


def names(present: PresenceList) -> list[str]:
    """Each login once, in the order they came."""
    logins: dict[str, str] = {}
    for presence in present:
        logins.setdefault(presence.login.lower(), presence.login)
    return [printing(login, LONGEST_LOGIN) for login in logins.values()]


def who(present: Iterable[Presence], now: float) -> list[str]:
    """Each presence in columns.

    now: the world's Unix time.
    """
    rows = [
        (
            printing(presence.login, LONGEST_LOGIN),
            printing(presence.terminal, LONGEST_TERMINAL) or "-",
            printing(presence.origin, LONGEST_ORIGIN) or "-",
            f"{to_moment(presence.since):%Y-%m-%dT%H:%M:%SZ}",
            hours_and_minutes(now - presence.active),
        )
        for presence in present
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def hours_and_minutes(seconds: float) -> str:
    """How long, as `00:04`; hours go on beyond 99, and a time before none counts as none."""
    hours, minutes = divmod(max(int(seconds), 0) // 60, 60)
    return f"{hours:02}:{minutes:02}"


def user_lines(world: World, options: UsersOptions) -> list[bytes]:
    """The list as it is sent, line by line, each with its CR LF and at most 512 octets long."""
    lines = who(world.presence, world.clock.now()) if options.format == "who" else names(world.presence)
    return [line.encode("ascii") + CRLF for line in lines]


def pack(lines: Iterable[bytes], limit: int = LONGEST_DATAGRAM) -> list[bytes]:
    """The lines in as few datagrams as hold them in their order, none split; one empty datagram for no lines.

    limit: octets of one datagram, at least as long as the longest line.
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
    """The list in one datagram or more."""
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
