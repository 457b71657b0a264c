"""namestoreExt-1.1: the registry behind a gateway that a command is for (Verisign's NameStore extension)."""

from typing import Annotated

from homeport.services.epp.grammar.datatypes import Number, Token
from homeport.services.epp.grammar.declare import Attribute, Content, Element
from homeport.services.epp.grammar.eppcom import Lang, Text

NAMESPACE = "http://www.verisign-grs.com/epp/namestoreExt-1.1"


class NamestoreExt(Element, frozen=True, kw_only=True):
    section = "namestoreExt 2.1"  # the product of a command and of its answer
    sub_product: Annotated[str, Token(1, 64)]


class ErrorMessage(Element, frozen=True, kw_only=True):
    section = "namestoreExt 2.2"  # why a product was refused
    code: Attribute[Annotated[int, Number(frozenset((1,)))]]
    lang: Attribute[Lang] = "en"
    value: Content[Text] = ""


class NsExtErrData(Element, frozen=True, kw_only=True):
    section = "namestoreExt 2.2"  # in the answer to a command whose product does not exist
    msg: ErrorMessage


ELEMENTS = (NamestoreExt, NsExtErrData)
