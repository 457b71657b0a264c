"""Discard (RFC 863): whatever comes is thrown away, over TCP until the client closes, over UDP datagram for datagram.

Nothing is left out. Not an octet is ever sent, so there is nothing that the service could refuse (`strict` changes
nothing), and RFC 863 lets a client send anything of any length, so it has no findings either.
"""

from collections.abc import Sequence

from homeport.effects import Effect
from homeport.events import Event
from homeport.service import Listener, Options, Port, Service
from homeport.session import ENDING, Context, Session


class DiscardOptions(Options, frozen=True, kw_only=True):
    """[discard]"""

    port: Port = 10009


class Discard(Session):
    """Says nothing to anything."""

    __slots__ = ()

    def handle(self, event: Event) -> Sequence[Effect]:
        return ENDING.get(type(event), ())


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
    example="printf 'into the void\\n' | nc -N {host} {port}",
)
