"""mark-1.0: trademarks and other marks (RFC 7848 2.2)."""

from typing import Annotated, Literal

from homeport.services.epp.grammar.datatypes import Integer, Pattern, Token
from homeport.services.epp.grammar.declare import AtMost, Attribute, Content, Element, Named
from homeport.services.epp.grammar.eppcom import MinToken, Time, Words

NAMESPACE = "urn:ietf:params:xml:ns:mark-1.0"

CountryCode = Annotated[str, Token(2, 2)]
MarkId = Annotated[str, Pattern(r"\d+-\d+", "two numbers with a hyphen between them, such as 1234-2")]
MarkLabel = Annotated[
    str, Pattern(r"[a-zA-Z0-9]([a-zA-Z0-9\-]*[a-zA-Z0-9])?", "a label of letters, digits and hyphens", 63)
]
Number = Annotated[int, Integer(-(10**19), 10**19)]


class E164(Element, frozen=True, kw_only=True):
    section = "RFC 7848 2.2"  # a phone number, with its extension
    x: Attribute[Words | None] = None
    value: Content[Annotated[str, Pattern(r"(\+[0-9]{1,3}\.[0-9]{1,14})?", "a number such as +44.1865550100", 17)]] = ""


class Addr(Element, frozen=True, kw_only=True):
    section = "RFC 7848 2.2"  # a postal address
    street: Annotated[tuple[Words, ...], AtMost(3)]
    city: Words
    sp: Words | None = None
    pc: Annotated[str, Token(0, 16)] | None = None
    cc: CountryCode


class Holder(Element, frozen=True, kw_only=True):
    section = "RFC 7848 2.2"  # a holder of a mark
    entitlement: Attribute[Literal["owner", "assignee", "licensee"] | None] = None
    name: Words | None = None
    org: Words | None = None
    addr: Addr
    voice: E164 | None = None
    fax: E164 | None = None
    email: MinToken | None = None


class Contact(Element, frozen=True, kw_only=True):
    section = "RFC 7848 2.2"  # a person who speaks for a holder
    type: Attribute[Literal["owner", "agent", "thirdparty"] | None] = None
    name: Words
    org: Words | None = None
    addr: Addr
    voice: E164
    fax: E164 | None = None
    email: MinToken


class Protection(Element, frozen=True, kw_only=True):
    section = "RFC 7848 2.2"  # where a treaty or statute protects a mark
    cc: CountryCode
    region: Words | None = None
    ruling: tuple[CountryCode, ...] = ()


class Trademark(Element, frozen=True, kw_only=True):
    section = "RFC 7848 2.2"  # a registered trademark
    id: MarkId
    mark_name: Words
    holder: tuple[Holder, ...]
    contact: tuple[Contact, ...] = ()
    jurisdiction: CountryCode
    class_: tuple[Number, ...] = ()
    label: tuple[MarkLabel, ...] = ()
    goods_and_services: Words
    ap_id: Annotated[Words | None, Named("apId")] = None
    ap_date: Time | None = None
    reg_num: Words
    reg_date: Time
    ex_date: Time | None = None


class TreatyOrStatute(Element, frozen=True, kw_only=True):
    section = "RFC 7848 2.2"  # a mark that a treaty or statute protects
    id: MarkId
    mark_name: Words
    holder: tuple[Holder, ...]
    contact: tuple[Contact, ...] = ()
    protection: tuple[Protection, ...]
    label: tuple[MarkLabel, ...] = ()
    goods_and_services: Words
    ref_num: Words
    pro_date: Time
    title: Words
    exec_date: Time


class Court(Element, frozen=True, kw_only=True):
    section = "RFC 7848 2.2"  # a mark that a court has validated
    id: MarkId
    mark_name: Words
    holder: tuple[Holder, ...]
    contact: tuple[Contact, ...] = ()
    label: tuple[MarkLabel, ...] = ()
    goods_and_services: Words
    ref_num: Words
    pro_date: Time
    cc: CountryCode
    region: tuple[Words, ...] = ()
    court_name: Words


class Mark(Element, frozen=True, kw_only=True):
    section = "RFC 7848 2.2"  # a mark
    trademark: tuple[Trademark, ...] = ()
    treaty_or_statute: tuple[TreatyOrStatute, ...] = ()
    court: tuple[Court, ...] = ()

    def labels(self) -> frozenset[str]:
        """Return the labels that the mark is for, in lower case."""
        parts: list[Trademark | TreatyOrStatute | Court] = [*self.trademark, *self.treaty_or_statute, *self.court]
        return frozenset(label.lower() for part in parts for label in part.label)


ELEMENTS = (Mark,)
