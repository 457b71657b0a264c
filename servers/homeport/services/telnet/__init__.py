"""Telnet: declared, not built yet."""

from homeport.protocol.service import Listener, Port, Service, TlsOptions
from homeport.protocol.session import AnswerAndClose


class TelnetOptions(TlsOptions, frozen=True, kw_only=True):
    """[telnet]"""

    port: Port = 10023
    tls_port: Port = 10992


class Telnet(AnswerAndClose):
    __slots__ = ()

    def answer(self) -> bytes:
        return b""


SERVICE = Service(
    name="telnet",
    title="Telnet",
    rfcs=("854", "855"),
    listeners=(Listener("tcp", "tcp", 23), Listener("tls", "tcp", 992, option="tls_port", tls=True)),
    options=TelnetOptions,
    session=Telnet,
)
