"""eppcom-1.0: the types that the object mappings share (RFC 5730 4.2), and the plain types of XML Schema by name."""

from datetime import date
from typing import Annotated, Literal

from homeport.services.epp.grammar.datatypes import (
    Base64,
    CalendarDate,
    DateTime,
    Hexadecimal,
    Integer,
    Language,
    Normalized,
    Pattern,
    Token,
    Uri,
)
from homeport.services.epp.grammar.declare import Attribute, Content, Element, Secret

NAMESPACE = "urn:ietf:params:xml:ns:eppcom-1.0"

Time = Annotated[float, DateTime()]
"""Unix time in seconds, as the world's clock."""
Date = Annotated[date, CalendarDate()]
Uint8 = Annotated[int, Integer(0, 255)]
Uint16 = Annotated[int, Integer(0, 65535)]
Uint64 = Annotated[int, Integer(0, 2**64 - 1)]
Hex = Annotated[str, Hexadecimal()]
"""Hexadecimal digits in upper case, without white space."""
Base64Text = Annotated[str, Base64()]
"""Base64 without white space."""
Lang = Annotated[str, Language()]
ServiceUri = Annotated[str, Uri()]
Text = Annotated[str, Normalized()]
Words = Annotated[str, Token()]

ClientId = Annotated[str, Token(3, 16)]
Label = Annotated[str, Token(1, 255)]
MinToken = Annotated[str, Token(1)]
Roid = Annotated[str, Pattern(r"\w{1,80}-[^\W_]{1,8}", "a repository object identifier such as EXAMPLE1-REP")]
TransferStatus = Literal[
    "clientApproved", "clientCancelled", "clientRejected", "pending", "serverApproved", "serverCancelled"
]


class Password(Element, frozen=True, kw_only=True):
    section = "RFC 5730 4.2"  # authorization information; `roid` names the contact that it belongs to (RFC 5731 3.1.2)
    roid: Attribute[Roid | None] = None
    value: Content[Annotated[Text, Secret()]] = ""


class Reason(Element, frozen=True, kw_only=True):
    section = "RFC 5730 4.2"  # why an object is not available, in at most 32 characters
    lang: Attribute[Lang | None] = None
    value: Content[Annotated[str, Token(1, 32)]]
