"""The language in which a namespace's grammar is declared: typed structs, from which reader and writer are compiled.

An `Element` is a complex type of a schema, or an element that has its own. What a class says, and how:

- order of the fields: order of the children (xs:sequence)
- cardinality: `T` once, `T | None = None` at most once, `tuple[T, ...]` once or more, `tuple[T, ...] = ()` any number;
  `AtMost(7)` bounds it
- kind of a field: a child element named after the field unless it is marked `Attribute[T]`, `Content[T]` (the text
  between the tags), `Flag` (an empty element that is there or not), `OneEmpty[Literal[...]]` (one empty element out of
  several, by name), `Choice[A | B]` (elements named after their classes), or a slot for elements of other namespaces
- facets: the datatype in `Annotated[str, Token(1, 255)]` (datatypes.py); `Literal` is an enumeration of tokens
- `one_of`: fields of which exactly one is given (xs:choice)
- `rule`: what the schema cannot say
- `section`: where the RFC has it, which the reasons of problems name

A class belongs to the `NAMESPACE` of its module. Names in XML follow from names in Python: auth_info -> authInfo,
cl_id -> clID, cl_trid -> clTRID; class ChkData -> chkData.
"""

from typing import Annotated, ClassVar, Literal, NewType, TypeVar

import msgspec

from homeport.services.epp.results import Code

T = TypeVar("T")

Markup = NewType("Markup", str)
"""A piece of XML that stands by itself: text with markup escaped, elements with their namespaces."""


class Marker(msgspec.Struct, frozen=True):
    """What kind of thing in XML a field is, where it is no child element named after the field."""

    kind: Literal["attribute", "content", "flag", "one-empty", "choice", "any-attributes", "mixed"]


class MixedContent(msgspec.Struct, frozen=True):
    """Text and elements of whatever namespace.

    known: elements that a grammar knows must obey it. one: there is exactly one element.
    """

    known: bool = False
    one: bool = False


SlotKind = Literal["object", "data", "extension", "any"]
"""object: the object's command, named as the element around it; data: what an object answers; extension: both ways."""


class Slot(msgspec.Struct, frozen=True):
    """A place for one element of another namespace, directly in this one."""

    kind: SlotKind


class Wrapped(msgspec.Struct, frozen=True):
    """An element named after the field that holds one or more elements of other namespaces."""

    kind: SlotKind


class AtMost(msgspec.Struct, frozen=True):
    """maxOccurs of a field that repeats."""

    count: int


class Secret(msgspec.Struct, frozen=True):
    """A value that transcripts, reasons and logs show only masked."""


MASK = "***"
"""What is shown in a secret's place."""


Attribute = Annotated[T, Marker("attribute")]
Content = Annotated[T, Marker("content")]
OneEmpty = Annotated[T, Marker("one-empty")]
Choice = Annotated[T, Marker("choice")]
Flag = Annotated[bool, Marker("flag")]
Mixed = Annotated[Markup, Marker("mixed"), MixedContent()]
"""Text and elements of whatever namespace, kept as they came (processContents skip)."""
CheckedMixed = Annotated[Markup, Marker("mixed"), MixedContent(known=True)]
"""The same, but elements that a grammar knows obey it (processContents lax)."""
OneElement = Annotated[Markup, Marker("mixed"), MixedContent(one=True)]
"""One element of whatever namespace, kept as it came, and text around it."""
AnyAttributes = Annotated[tuple[tuple[str, str], ...], Marker("any-attributes")]
"""Attributes of whatever namespace: names in Clark's notation and values."""


class Breach(msgspec.Struct, frozen=True):
    """A rule of an RFC that no schema can say, broken: the code to answer and the reason in words."""

    code: Code
    reason: str


class Element(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Base of all: one element with its attributes, text and children."""

    section: ClassVar[str] = ""
    """RFC and section, such as `RFC 5733 2.5`; every class has its own."""
    one_of: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """Groups of fields; of each group exactly one is given."""

    def __init_subclass__(cls) -> None:
        if not vars(cls).get("section"):
            raise TypeError(f"{cls.__name__} has no `section`: name the RFC's, such as RFC 5733 2.5")

    def rule(self) -> Breach | None:
        """What is wrong although the schema allows it."""
        return None
