"""Discard (RFC 863): discards all input, over TCP until the client closes, over UDP datagram by datagram.

The RFC is implemented completely. The service sends nothing, so it cannot refuse anything, and has no
`syntax` to choose.
RFC 863 lets a client send anything of any length; only a reset is a finding, because the client cannot know what
arrived.
"""

from collections.abc import Sequence

from homeport.protocol.effects import Effect, ReportFinding
from homeport.protocol.events import Event
from homeport.protocol.rules import RESET
from homeport.protocol.service import Listener, Options, Port, Service
from homeport.protocol.session import ENDING, Context, Session, is_broken


class DiscardOptions(Options, frozen=True, kw_only=True):
    """[discard]"""

    port: Port = 10009


class Discard(Session):
    """Answers nothing."""

    __slots__ = ()

    def handle(self, event: Event) -> Sequence[Effect]:
        return (ReportFinding("early-close"),) if is_broken(event) else ENDING.get(type(event), ())


def datagram(_context: Context, _data: bytes) -> Sequence[Effect]:
    """Answer nothing."""
    return ()


SERVICE = Service(
    name="discard",
    title="Discard",
    rfcs=("863",),
    listeners=(Listener("tcp", "tcp", 9), Listener("udp", "udp", 9)),
    options=DiscardOptions,
    session=Discard,
    datagram=datagram,
    rules=(RESET,),
    example="printf 'into the void\\n' | nc -N {host} {port}",
)
