"""Echo (RFC 862): sends all input back, over TCP until the client closes, over UDP datagram by datagram.

The RFC is implemented completely. After a half-close the client still gets all pending bytes before the connection is
closed; a client that does not read is not read from either (the driver's back-pressure).
"""

from collections.abc import Sequence

from homeport.protocol.effects import Effect, ReportFinding, Send
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
        # `type(...) is` and not isinstance: this line runs for every read of the fastest service.
        if type(event) is Data:
            return (Send(event.data),)
        return (ReportFinding("early-close"),) if is_broken(event) else ENDING.get(type(event), ())


def datagram(_context: Context, data: bytes) -> Sequence[Effect]:
    """Return the datagram itself, even if it is empty."""
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
