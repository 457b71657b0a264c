"""Discard (RFC 863): whatever comes is thrown away, over TCP until the client closes, over UDP datagram for datagram.

Nothing is left out. Not an octet is ever sent, so there is nothing that the service could refuse (`strict` changes
nothing). RFC 863 lets a client send anything of any length; only one that resets the connection has a finding, because
it can't know what arrived.
"""

from collections.abc import Sequence

from homeport.protocol.effects import Effect, Find
from homeport.protocol.events import Event
from homeport.protocol.rules import RESET
from homeport.protocol.service import Listener, Options, Port, Service
from homeport.protocol.session import ENDING, Context, Session, is_broken


class DiscardOptions(Options, frozen=True, kw_only=True):
    """[discard]"""

    port: Port = 10009


class Discard(Session):
    """Says nothing to anything."""

    __slots__ = ()

    def handle(self, event: Event) -> Sequence[Effect]:
        return (Find("early-close"),) if is_broken(event) else ENDING.get(type(event), ())


def datagram(_context: Context, _data: bytes) -> Sequence[Effect]:
    """Never an answer."""
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
