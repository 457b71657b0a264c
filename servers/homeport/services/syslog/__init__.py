"""Syslog: declared, not built yet."""

from collections.abc import Sequence

from homeport.protocol.effects import Effect
from homeport.protocol.service import Listener, Port, Service, TlsOptions
from homeport.protocol.session import AnswerAndClose, Context


class SyslogOptions(TlsOptions, frozen=True, kw_only=True):
    """[syslog]"""

    port: Port = 10514
    tls_port: Port = 16514


class Syslog(AnswerAndClose):
    __slots__ = ()

    def answer(self) -> bytes:
        return b""


def datagram(_context: Context, _data: bytes) -> Sequence[Effect]:
    return ()


SERVICE = Service(
    name="syslog",
    title="Syslog",
    rfcs=("5424",),
    listeners=(
        Listener("udp", "udp", 514),
        Listener("tcp", "tcp", 514),
        Listener("tls", "tcp", 6514, option="tls_port", tls=True),
    ),
    options=SyslogOptions,
    session=Syslog,
    datagram=datagram,
)
