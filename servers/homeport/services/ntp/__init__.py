"""NTP: declared, not built yet."""

from collections.abc import Sequence

from homeport.protocol.effects import Effect
from homeport.protocol.service import Listener, Port, Service
from homeport.protocol.session import Context
from homeport.services.ntp import nts
from homeport.services.ntp.nts import planned
from homeport.services.ntp.nts.options import NtsOptions
from homeport.services.ntp.nts.rules import RULES


class NtpOptions(NtsOptions, frozen=True, kw_only=True):
    """[ntp]"""

    port: Port = 10123


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
        Listener("nts", "tcp", 4460, option="nts_port", tls=True, alpn=("ntske/1",), load=nts.load, only_tls13=True),
    ),
    options=NtpOptions,
    session=nts.session,
    datagram=datagram,
    transcribe=nts.transcribe,
    rules=RULES,
    faults=frozenset(("command", "frame")),
    verbs={planned.EXCHANGE: "optional"},
    frames=planned.FRAMES,
    frame_listeners=planned.FRAME_LISTENERS,
    recipes=planned.RECIPES,
    client_ports=frozenset((123,)),
    amplification=1,
)
