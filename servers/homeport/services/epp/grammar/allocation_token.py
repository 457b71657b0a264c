"""allocationToken-1.0: credentials for the allocation of names (RFC 8495)."""

from typing import Annotated

from homeport.services.epp.grammar.datatypes import Token
from homeport.services.epp.grammar.declare import Content, Element

NAMESPACE = "urn:ietf:params:xml:ns:allocationToken-1.0"


class Info(Element, frozen=True, kw_only=True):
    section = "RFC 8495 3.1.2"  # asks for the token that a domain was allocated with


class AllocationToken(Element, frozen=True, kw_only=True):
    section = "RFC 8495 2.1"  # a token
    value: Content[Annotated[str, Token(1)]]


ELEMENTS = (Info, AllocationToken)
