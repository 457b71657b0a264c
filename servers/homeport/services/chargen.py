"""Character Generator (RFC 864): the rotating ring of the 95 printing characters in lines of 72, without end.

Over TCP lines are sent as fast as the client reads them, until it closes, orderly or by the abort that the RFC expects.
`rate` bounds the lines per second. A half-close does not end the stream. Input is discarded without a finding: in a
stream of hours a keystroke is no mistake. Over UDP each datagram is answered with one of 0 to 512 bytes; the world's
random generator draws the length. It begins with the ring's first line, because a datagram service has no state per
client.

The RFC allows no refusal, so there is no `syntax` to choose.
"""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from homeport.protocol.effects import Effect, Pull, Send, SetTimer, StopPull
from homeport.protocol.events import Eof, Event, Opened, TimerFired, Writable
from homeport.protocol.ignored_input import datagram_findings, datagram_rules
from homeport.protocol.service import Listener, Options, Port, Service
from homeport.protocol.session import ENDING, Context, Session

RING = bytes(range(ord(" "), ord("~") + 1))
LINE_WIDTH = 72
MAX_DATAGRAM_BYTES = 512
ROUND = b"".join((RING[n:] + RING[:n])[:LINE_WIDTH] + b"\r\n" for n in range(len(RING)))
"""All 95 lines of one rotation: 7030 bytes."""
ROUNDS_AT_ONCE = 36
BLOCK = memoryview(ROUND * ROUNDS_AT_ONCE)
"""The data of one `Send`: 253 KB, never copied. It holds whole rotations, so that a session needs no offset. Larger
blocks exceed the processor's cache, and fill the send buffer so far that sender and receiver alternate."""

LINE_BYTES = LINE_WIDTH + 2
TICK_S = 0.1
"""Interval between two pieces at a rate."""
MAX_RATE = 30_000
"""Lines per second whose pieces fit into a block, from every line of the ring on."""

ANSWERS: dict[type[Event], Sequence[Effect]] = {
    **ENDING,
    Opened: (Pull(),),
    Writable: (Send(BLOCK),),
    Eof: (),
}


class ChargenOptions(Options, frozen=True, kw_only=True):
    """[chargen]"""

    port: Port = 10019
    rate: Annotated[
        int, Meta(ge=0, le=MAX_RATE, description="lines per second over TCP; 0: as fast as the client reads")
    ] = 0


class Chargen(Session):
    """Sends a block whenever the send buffer is empty."""

    __slots__ = ()

    def handle(self, event: Event) -> Sequence[Effect]:
        return ANSWERS.get(type(event), ())


class PacedChargen(Session):
    """Sends a few lines at a time, at the rate of the options; a client that reads more slowly gets fewer."""

    __slots__ = ("_interval_s", "_line", "_lines")

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        rate: int = context.options.rate
        self._interval_s = max(TICK_S, 1 / rate)
        self._lines = max(1, round(rate * self._interval_s))
        self._line = 0

    def handle(self, event: Event) -> Sequence[Effect]:
        match event:
            case Opened() | TimerFired():
                return (Pull(), SetTimer("tick", self._interval_s))
            case Writable():
                begin = self._line * LINE_BYTES
                self._line = (self._line + self._lines) % len(RING)
                return (Send(BLOCK[begin : begin + self._lines * LINE_BYTES]), StopPull())
        return ANSWERS.get(type(event), ())


def session(context: Context) -> Session:
    """Return a session with or without a rate."""
    return PacedChargen(context) if context.options.rate else Chargen(context)


def datagram(context: Context, data: bytes) -> Sequence[Effect]:
    """Return one datagram with lines of the ring, of random length."""
    length = context.world.random.randint(0, MAX_DATAGRAM_BYTES)
    return (Send(ROUND[:length]), *datagram_findings(data))


SERVICE = Service(
    name="chargen",
    title="Character Generator",
    rfcs=("864",),
    listeners=(Listener("tcp", "tcp", 19), Listener("udp", "udp", 19)),
    options=ChargenOptions,
    session=session,
    datagram=datagram,
    rules=datagram_rules("864"),
    example="nc {host} {port} </dev/null | head -n 5",
)
