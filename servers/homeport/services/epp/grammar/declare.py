"""Declarations of grammars: typed structs, from which reader and writer are compiled.

An `Element` is a complex type of a schema, or an element that has its own. A class declares:

- order of the fields: order of the children (xs:sequence)
- cardinality: `T` once, `T | None = None` at most once, `tuple[T, ...]` once or more, `tuple[T, ...] = ()` any number;
  `AtMost(7)` bounds it
- kind of a field: a child element named after the field unless it is marked `Attribute[T]`, `Content[T]` (the text
  between the tags), `Flag` (an empty element that is there or not), `OneEmpty[Literal[...]]` (one empty element out of
  several, by name), `Choice[A | B]` (elements named after their classes), `Other[T]` (an element of another namespace,
  named after its class), `Verbatim(T)` (the same, kept as it is), or a slot for elements of other namespaces
- facets: the datatype in `Annotated[str, Token(1, 255)]` (datatypes.py); `Literal` is an enumeration of tokens
- `one_of`: fields of which exactly one is given (xs:choice)
- `rule`: what the schema cannot say
- `section`: where the RFC has it, which the reasons of problems name

A class belongs to the `NAMESPACE` of its module. Names in XML follow from names in Python: auth_info -> authInfo,
cl_id -> clID, cl_trid -> clTRID; class ChkData -> chkData. `Named("caseId")` is for what does not.

`shape_of` works out what a class says, once; reader and writer are compiled from that, and reasons speak of it.
"""

import sys
from functools import cache
from importlib import import_module
from types import NoneType, UnionType
from typing import Annotated, Any, ClassVar, Literal, NewType, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from homeport.services.epp.grammar.datatypes import Boolean, Datatype, Enumeration, Token
from homeport.services.epp.results import Code


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """A problem of a frame.

    code: result code to answer (RFC 5730 3), 2000 to 2005, 2100, 2101, 2103 or 2307.
    path: with the client's prefixes: `epp/command/create/domain:create/domain:period`; empty: not parsed that far.
    value: the element that is wrong, as standalone XML (for <value>, RFC 5730 2.6), secrets masked, long texts cut;
    None if no element is to blame.
    reason: the rule in words, with its section.
    """

    code: Code
    path: str
    value: str | None
    reason: str


class Malformed(Exception):
    """A frame that is refused; the only exception that `read` raises.

    problems: in the order of the frame, never empty; the first one's code is the one to answer with.
    cl_trid: the client's transaction identifier, found even in broken XML; None: not found.
    command: name of the command element (`create`), as far as it could be parsed; empty: unknown.
    """

    def __init__(self, problems: list[Problem], cl_trid: str | None = None, command: str = "") -> None:
        super().__init__("; ".join(f"{problem.code} {problem.path}: {problem.reason}" for problem in problems))
        self.problems = problems
        self.cl_trid = cl_trid
        self.command = command


T = TypeVar("T")

Markup = NewType("Markup", str)
"""Standalone XML: text with markup escaped, elements with their namespaces."""


class Marker(msgspec.Struct, frozen=True):
    """Kind of a field's XML, where it is not a child element named after the field."""

    kind: Literal["attribute", "content", "flag", "one-empty", "choice", "other", "any-attributes", "mixed"]


class MixedContent(msgspec.Struct, frozen=True):
    """Text and elements of any namespace.

    known: elements of known namespaces must be valid. one: there is exactly one element.
    """

    known: bool = False
    one: bool = False


SlotKind = Literal["object", "data", "extension", "any"]
"""object: the object's command, named as the element around it; data: an object's answer; extension: both directions.
"""


class Slot(msgspec.Struct, frozen=True):
    """A place for one element of another namespace, directly in this element."""

    kind: SlotKind


class Wrapped(msgspec.Struct, frozen=True):
    """An element named after the field that holds one or more elements of other namespaces."""

    kind: SlotKind


class Verbatim(msgspec.Struct, frozen=True):
    """An element of another namespace that is valid by its class, and kept unchanged: it may be signed.

    of: module of `grammar` and class, imported when one is read. tag: its name, where that is not the class's.
    """

    of: str
    tag: str = ""

    @property
    def cls(self) -> "type[Element]":
        """The class."""
        module, _dot, name = self.of.partition(".")
        found: type[Element] = getattr(import_module(f"{__package__}.{module}"), name)
        return found


class Named(msgspec.Struct, frozen=True):
    """The XML name of a field, where it does not follow from its name in Python."""

    xml: str


class AtMost(msgspec.Struct, frozen=True):
    """maxOccurs of a repeated field."""

    count: int


class Secret(msgspec.Struct, frozen=True):
    """A value that transcripts, reasons and logs show only masked."""


MASK = "***"
"""Text shown in place of a secret."""


Attribute = Annotated[T, Marker("attribute")]
Content = Annotated[T, Marker("content")]
OneEmpty = Annotated[T, Marker("one-empty")]
Choice = Annotated[T, Marker("choice")]
Other = Annotated[T, Marker("other")]
Flag = Annotated[bool, Marker("flag")]
Mixed = Annotated[Markup, Marker("mixed"), MixedContent()]
"""Text and elements of any namespace, kept unchanged (processContents skip)."""
CheckedMixed = Annotated[Markup, Marker("mixed"), MixedContent(known=True)]
"""As `Mixed`, but elements of known namespaces must be valid (processContents lax)."""
OneElement = Annotated[Markup, Marker("mixed"), MixedContent(one=True)]
"""One element of any namespace, kept unchanged, with text around it."""
AnyAttributes = Annotated[tuple[tuple[str, str], ...], Marker("any-attributes")]
"""Attributes of any namespace: names in Clark's notation, and values."""


class Breach(msgspec.Struct, frozen=True):
    """A broken rule that no schema can express: the code to answer and the reason in words."""

    code: Code
    reason: str


class Element(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Base of all elements: attributes, text and children."""

    section: ClassVar[str] = ""
    """RFC and section, such as `RFC 5733 2.5`; every class has its own."""
    one_of: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """Groups of fields; exactly one field of each group is given."""

    def __init_subclass__(cls) -> None:
        if not vars(cls).get("section"):
            raise TypeError(f"{cls.__name__} has no `section`: name the RFC's, such as RFC 5733 2.5")

    def rule(self) -> Breach | None:
        """Return the rule that an element breaks although its schema allows it, or None."""
        return None


_UPPER = {"id": "ID", "trid": "TRID", "pw": "PW", "uri": "URI"}


class Field(msgspec.Struct, frozen=True):
    """A field of a class.

    kind: a marker's, or `child`, `slot`, `wrapped`, `verbatim`.
    xml: name of the child or attribute. datatype: of a text; classes: of elements, several for a choice.
    names: of one-empty. slot: kind of a slot. tag: name of a verbatim element, where it is not its class's.
    """

    name: str
    kind: str
    xml: str
    required: bool
    default: Any
    many: bool
    max_count: int | None
    secret: bool
    datatype: Datatype | None = None
    classes: tuple[type[Element], ...] = ()
    names: tuple[str, ...] = ()
    slot: str = ""
    tag: str = ""
    mixed: MixedContent = MixedContent()


class Shape(msgspec.Struct, frozen=True):
    """Compiled form of a class: its namespace, RFC section, and fields by their kind in XML."""

    cls: type[Element]
    namespace: str
    section: str
    attributes: tuple[Field, ...]
    children: tuple[Field, ...]
    content: Field | None
    one_of: tuple[tuple[str, ...], ...]
    has_rule: bool


def xml_name(name: str) -> str:
    """Return the XML name of a field: cl_trid -> clTRID, auth_info -> authInfo."""
    first, *others = name.split("_")
    return first + "".join(_UPPER.get(word) or word.capitalize() for word in others)


@cache
def shape_of(cls: type[Element]) -> Shape:
    """Return the shape of a class. Raises: AssertionError for an invalid declaration, which its first test finds."""
    hints = get_type_hints(cls, include_extras=True)
    fields = [_field(info, hints[info.name]) for info in msgspec.structs.fields(cls)]
    contents = [field for field in fields if field.kind in ("content", "mixed")]
    return Shape(
        cls=cls,
        namespace=sys.modules[cls.__module__].NAMESPACE,
        section=cls.section,
        attributes=tuple(field for field in fields if field.kind in ("attribute", "any-attributes")),
        children=tuple(
            field for field in fields if field.kind not in ("attribute", "any-attributes", "content", "mixed")
        ),
        content=contents[0] if contents else None,
        one_of=cls.one_of,
        has_rule=cls.rule is not Element.rule,
    )


def _field(info: msgspec.structs.FieldInfo, hint: Any) -> Field:
    metadata, bare, many = _unwrap(hint)
    found = {type(datum): datum for datum in metadata}
    slot = found.get(Slot) or found.get(Wrapped)
    if Verbatim in found:
        kind = "verbatim"
    elif slot is not None:
        kind = "slot" if isinstance(slot, Slot) else "wrapped"
    else:
        kind = found[Marker].kind if Marker in found else "child"
    classes = _classes(bare)
    return Field(
        name=info.name,
        kind=kind,
        xml=found[Named].xml if Named in found else xml_name(info.name),
        required=info.required,
        default=info.default if not info.required else None,
        many=many and kind != "wrapped",
        max_count=found[AtMost].count if AtMost in found else None,
        secret=Secret in found,
        datatype=None if classes or slot or kind == "verbatim" else _datatype(bare, metadata),
        classes=(found[Verbatim].cls,) if kind == "verbatim" else () if slot else classes,
        names=get_args(bare) if kind == "one-empty" else (),
        slot=slot.kind if slot else "",
        tag=found[Verbatim].tag if kind == "verbatim" else "",
        mixed=found.get(MixedContent, MixedContent()),
    )


def _unwrap(hint: Any) -> tuple[list[Any], Any, bool]:
    """Return the annotations; the type without Annotated, None and tuple; and True if it was a tuple."""
    metadata: list[Any] = []
    many = False
    while True:
        arguments = get_args(hint)
        if get_origin(hint) is Annotated:
            metadata += hint.__metadata__
            hint = arguments[0]
        elif get_origin(hint) in (Union, UnionType) and NoneType in arguments:
            hint = Union[tuple(one for one in arguments if one is not NoneType)]  # noqa: UP007 - made at run time
        elif get_origin(hint) is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
            hint, many = arguments[0], True
        else:
            return metadata, hint, many


def _classes(bare: Any) -> tuple[type[Element], ...]:
    members = get_args(bare) if get_origin(bare) in (Union, UnionType) else (bare,)
    return tuple(one for one in members if isinstance(one, type) and issubclass(one, Element))


def _datatype(bare: Any, metadata: list[Any]) -> Datatype | None:
    for datum in metadata:
        if hasattr(datum, "read"):
            declared: Datatype = datum
            return declared
    if get_origin(bare) is Literal:
        return Enumeration(frozenset(get_args(bare)))
    if bare is bool:
        return Boolean()
    return Token() if bare is str else None
