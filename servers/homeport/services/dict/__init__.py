"""DICT: declared, not built yet."""

from collections.abc import Sequence

from homeport.protocol.effects import Effect
from homeport.protocol.service import Listener, Port, Service, SyntaxOptions
from homeport.protocol.session import AnswerAndClose, Context


class DictOptions(SyntaxOptions, frozen=True, kw_only=True):
    """[dict]"""

    port: Port = 12628


class Dict(AnswerAndClose):
    __slots__ = ()

    def answer(self) -> bytes:
        return b""


SERVICE = Service(
    name="dict",
    title="DICT",
    rfcs=("2229",),
    listeners=(Listener("tcp", "tcp", 2628),),
    options=DictOptions,
    session=Dict,
)
