"""Gopher: declared, not built yet."""

from collections.abc import Sequence

from homeport.protocol.effects import Effect
from homeport.protocol.service import Listener, Port, Service, TlsOptions
from homeport.protocol.session import AnswerAndClose, Context


class GopherOptions(TlsOptions, frozen=True, kw_only=True):
    """[gopher]"""

    port: Port = 10070


class Gopher(AnswerAndClose):
    __slots__ = ()

    def answer(self) -> bytes:
        return b""


SERVICE = Service(
    name="gopher",
    title="Gopher",
    rfcs=("1436",),
    listeners=(Listener("tcp", "tcp", 70),),
    options=GopherOptions,
    session=Gopher,
)
