"""Echo (RFC 862): every octet comes back, over TCP until the client closes, over UDP datagram for datagram.

Nothing is left out. A client that shuts its sending side gets all that is still on its way before the connection is
closed; one that does not read is not read from either (the driver's back-pressure).
"""

from collections.abc import Sequence

from homeport.protocol.effects import Effect, Find, Send
from homeport.protocol.events import Data, Event
from homeport.protocol.rules import RESET
from homeport.protocol.service import Listener, Options, Port, Service
from homeport.protocol.session import ENDING, Context, Session, is_broken


class EchoOptions(Options, frozen=True, kw_only=True):
    """[echo]"""

    port: Port = 10007


class Echo(Session):
    """Sends back what it receives."""

    __slots__ = ()

    def handle(self, event: Event) -> Sequence[Effect]:
        # A plain comparison of types, because this is the hottest line of all.
        if type(event) is Data:
            return (Send(event.data),)
        return (Find("early-close"),) if is_broken(event) else ENDING.get(type(event), ())


def datagram(_context: Context, data: bytes) -> Sequence[Effect]:
    """The datagram itself, an empty one too."""
    return (Send(data),)


SERVICE = Service(
    name="echo",
    title="Echo",
    rfcs=("862",),
    listeners=(Listener("tcp", "tcp", 7), Listener("udp", "udp", 7)),
    options=EchoOptions,
    session=Echo,
    datagram=datagram,
    rules=(RESET,),
    example="printf 'hello\\n' | nc -N {host} {port}",
)
