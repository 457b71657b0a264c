"""ttl-1.0: times to live of delegation records (RFC 9803)."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec

from homeport.services.epp.grammar.datatypes import Integer, Pattern, collapse
from homeport.services.epp.grammar.declare import Attribute, Breach, Content, Element
from homeport.services.epp.results import Code

NAMESPACE = "urn:ietf:params:xml:ns:epp:ttl-1.0"

RecordType = Literal["NS", "DS", "DNAME", "A", "AAAA", "custom"]
Seconds = Annotated[int, Integer(0, 2**31 - 1)]
Custom = Annotated[str, Pattern(r"A|[A-Z][A-Z0-9\-]*[A-Z0-9]", "the mnemonic of a record type, such as SVCB")]


class SecondsOrNothing(msgspec.Struct, frozen=True):
    """ttl:ttlOrNull: seconds, or nothing for the default."""

    def read(self, text: str) -> int | None:
        return Integer(0, 2**31 - 1).read(text) if collapse(text) else None

    def write(self, value: Any) -> str:
        return "" if value is None else str(value)


class Ttl(Element, frozen=True, kw_only=True):
    section = "RFC 9803 1.2"  # the TTL of a type of records; empty: the default
    for_: Attribute[RecordType]
    custom: Attribute[Custom | None] = None
    value: Content[Annotated[int | None, SecondsOrNothing()]] = None


class ShownTtl(Element, frozen=True, kw_only=True):
    section = "RFC 9803 2.1.1"  # the same in an answer, with the range that a client may choose from
    for_: Attribute[RecordType]
    custom: Attribute[Custom | None] = None
    min: Attribute[Seconds | None] = None
    default: Attribute[Seconds | None] = None
    max: Attribute[Seconds | None] = None
    value: Content[Annotated[int | None, SecondsOrNothing()]] = None


class Info(Element, frozen=True, kw_only=True):
    section = "RFC 9803 2.1.1"  # asks for TTLs; policy: for all types, with their ranges
    policy: Attribute[bool] = False


class Create(Element, frozen=True, kw_only=True):
    section = "RFC 9803 2.2.1"  # the TTLs of a new object
    ttl: tuple[Ttl, ...]

    def rule(self) -> Breach | None:
        return _twice(self.ttl)


class Update(Element, frozen=True, kw_only=True):
    section = "RFC 9803 2.2.2"  # the TTLs that change; those that are not named stay
    ttl: tuple[Ttl, ...]

    def rule(self) -> Breach | None:
        return _twice(self.ttl)


class InfData(Element, frozen=True, kw_only=True):
    section = "RFC 9803 2.1.1"  # the TTLs of an object
    ttl: tuple[ShownTtl, ...]

    def rule(self) -> Breach | None:
        return _twice(self.ttl)


def _twice(given: Sequence[Ttl | ShownTtl]) -> Breach | None:
    types = [one.for_ for one in given]
    if len(set(types)) == len(types):
        return None
    return Breach(Code.SYNTAX_ERROR, "each type of records is named once in `for`")


ELEMENTS = (Info, Create, Update, InfData)
