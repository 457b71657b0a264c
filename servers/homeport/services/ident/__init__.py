"""Ident: declared, not built yet."""

from collections.abc import Sequence

from homeport.protocol.effects import Effect
from homeport.protocol.service import Listener, Port, Service, SyntaxOptions
from homeport.protocol.session import AnswerAndClose, Context


class IdentOptions(SyntaxOptions, frozen=True, kw_only=True):
    """[ident]"""

    port: Port = 10113


class Ident(AnswerAndClose):
    __slots__ = ()

    def answer(self) -> bytes:
        return b""


SERVICE = Service(
    name="ident",
    title="Ident",
    rfcs=("1413",),
    listeners=(Listener("tcp", "tcp", 113),),
    options=IdentOptions,
    session=Ident,
)
