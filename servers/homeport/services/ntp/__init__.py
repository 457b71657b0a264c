"""NTP: declared, not built yet."""

from collections.abc import Sequence

from homeport.protocol.effects import Effect
from homeport.protocol.service import Listener, Service
from homeport.protocol.session import AnswerAndClose, Context
from homeport.services.ntp.options import NtpOptions


class Ntp(AnswerAndClose):
    __slots__ = ()

    def answer(self) -> bytes:
        return b""


def datagram(context: Context, data: bytes) -> Sequence[Effect]:
    """Answer one datagram."""
    from homeport.services.ntp.answer import datagram as answer

    return answer(context, data)


SERVICE = Service(
    name="ntp",
    title="NTP",
    rfcs=("5905", "8915"),
    listeners=(
        Listener("udp", "udp", 123),
        Listener("nts", "tcp", 4460, option="nts_port", tls=True, alpn=("ntske/1",)),
    ),
    options=NtpOptions,
    session=Ntp,
    datagram=datagram,
    client_ports=frozenset((123,)),
    amplification=1,
)
