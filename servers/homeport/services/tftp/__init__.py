"""TFTP: declared, not built yet."""

from collections.abc import Sequence

from homeport.protocol.effects import Effect
from homeport.protocol.service import Listener, Port, Service, SyntaxOptions
from homeport.protocol.session import AnswerAndClose, Context


class TftpOptions(SyntaxOptions, frozen=True, kw_only=True):
    """[tftp]"""

    port: Port = 10069


def datagram(_context: Context, _data: bytes) -> Sequence[Effect]:
    return ()


SERVICE = Service(
    name="tftp",
    title="TFTP",
    rfcs=("1350",),
    listeners=(Listener("udp", "udp", 69),),
    options=TftpOptions,
    datagram=datagram,
)
