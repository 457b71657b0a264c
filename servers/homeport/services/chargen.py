"""Character Generator (RFC 864): the rotating ring of the 95 printing characters in lines of 72, without end.

Over TCP lines flow as fast as the client takes them, until it goes: carefully or by the rude abort that the RFC
foresees. A client that shuts its sending side has not gone, so the lines go on. What it sends is thrown away without
a finding, for a stream that runs for hours has a right to a keystroke. Over UDP each datagram is answered with one of
0 to 512 octets, whose number the world's generator draws; it begins with the ring's first line and ends where its
length does, because this side of the service has no state.

The RFC lets nothing be refused, so `strict` changes nothing.
"""

from collections.abc import Sequence

from homeport.protocol.effects import Effect, Pull, Send
from homeport.protocol.events import Eof, Event, Opened, Writable
from homeport.protocol.ignored_input import datagram_findings, datagram_rules
from homeport.protocol.service import Listener, Options, Port, Service
from homeport.protocol.session import ENDING, Context, Session

RING = bytes(range(ord(" "), ord("~") + 1))
LINE_WIDTH = 72
LONGEST_DATAGRAM = 512
ROUND = b"".join((RING[n:] + RING[:n])[:LINE_WIDTH] + b"\r\n" for n in range(len(RING)))
"""All 95 lines, after which they begin again: 7030 octets."""
ROUNDS_AT_ONCE = 36
BLOCK = memoryview(ROUND * ROUNDS_AT_ONCE)
"""What is sent at a time: 253 KB in whole rounds, so that no session has a place to remember; never copied. Larger
blocks leave the processor's cache and fill the socket so far that sender and receiver take turns."""

ANSWERS: dict[type[Event], Sequence[Effect]] = {
    **ENDING,
    Opened: (Pull(),),
    Writable: (Send(BLOCK),),
    Eof: (),
}


class ChargenOptions(Options, frozen=True, kw_only=True):
    """[chargen]"""

    port: Port = 10019


class Chargen(Session):
    """Sends a block whenever the network has taken the last one."""

    __slots__ = ()

    def handle(self, event: Event) -> Sequence[Effect]:
        return ANSWERS.get(type(event), ())


def datagram(context: Context, data: bytes) -> Sequence[Effect]:
    """One datagram of the ring's lines, its length drawn anew each time."""
    length = context.world.random.randint(0, LONGEST_DATAGRAM)
    return (Send(ROUND[:length]), *datagram_findings(data))


SERVICE = Service(
    name="chargen",
    title="Character Generator",
    rfcs=("864",),
    listeners=(Listener("tcp", "tcp", 19), Listener("udp", "udp", 19)),
    options=ChargenOptions,
    session=Chargen,
    datagram=datagram,
    rules=datagram_rules("864"),
    example="nc {host} {port} </dev/null | head -n 5",
)
