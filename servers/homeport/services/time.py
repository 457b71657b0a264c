"""Time (RFC 868): the world's time in four bytes, over TCP then a close, over UDP in one datagram.

The number is unsigned, big-endian, and counts seconds since 1900-01-01T00:00:00Z, modulo 2**32: it overflows on
2036-02-07T06:28:16Z, and a client must know the era.

With `unknown = true` the service does not know the time: it closes without an answer, and answers no datagram. The RFC
also allows refusing the connection, which `enabled = false` does.

The RFC has the client send an empty datagram. One with content is answered too, unless `syntax` is `strict`; `lenient`
changes nothing. Over TCP the answer is sent before any input arrives, so nothing can be refused.
"""

from collections.abc import Sequence
from math import floor
from typing import Annotated

from msgspec import Meta

from homeport.protocol.effects import Effect, Send
from homeport.protocol.ignored_input import DATAGRAM_TOO_LONG, datagram_findings, stream_rules
from homeport.protocol.rules import Rule
from homeport.protocol.service import Listener, Port, Service, SyntaxOptions
from homeport.protocol.session import AnswerAndClose, Context

UNIX_EPOCH = 2_208_988_800
"""Seconds from 1900 to 1970 (RFC 868's table)."""


class TimeOptions(SyntaxOptions, frozen=True, kw_only=True):
    """[time]"""

    port: Port = 10037
    unknown: Annotated[
        bool,
        Meta(
            description="behave as a site that does not know the time: close, or ignore the datagram, without an answer"
        ),
    ] = False


def seconds_since_1900(now: float) -> bytes:
    """Serialize Unix time as RFC 868 does: four bytes, modulo 2**32."""
    return ((floor(now) + UNIX_EPOCH) % 2**32).to_bytes(4, "big")


class Time(AnswerAndClose):
    """Sends the time, if it is known, and closes."""

    __slots__ = ()

    def answer(self) -> bytes:
        return b"" if self.context.options.unknown else seconds_since_1900(self.context.world.clock.now())


def datagram(context: Context, data: bytes) -> Sequence[Effect]:
    """Return one datagram with the time, if it is known."""
    options: TimeOptions = context.options
    findings = datagram_findings(data)
    if options.unknown or (options.is_strict and data):
        return findings
    return (Send(seconds_since_1900(context.world.clock.now())), *findings)


SERVICE = Service(
    name="time",
    title="Time",
    rfcs=("868",),
    listeners=(Listener("tcp", "tcp", 37), Listener("udp", "udp", 37)),
    options=TimeOptions,
    session=Time,
    datagram=datagram,
    rules=(
        *stream_rules("868"),
        # Level should: this RFC has the client send "an empty datagram"; RFC 864 to 867 only ignore the content.
        Rule("datagram-content", "should", "RFC 868", "asked with a datagram that was not empty"),
        DATAGRAM_TOO_LONG,
    ),
    example="rdate -p -o {port} {host}",
)
