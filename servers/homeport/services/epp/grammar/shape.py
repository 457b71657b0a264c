"""What a declaration says, worked out once for each class: its fields with names, kinds, datatypes and cardinalities.

Reader and writer are compiled from it, and reasons speak of it.
"""

import sys
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from homeport.services.epp.grammar.datatypes import Boolean, Datatype, Enumeration, Token
from homeport.services.epp.grammar.declare import AtMost, Element, Marker, MixedContent, Secret, Slot, Wrapped

_UPPER = {"id": "ID", "trid": "TRID", "pw": "PW", "uri": "URI"}


class Field(msgspec.Struct, frozen=True):
    """One field of a class.

    kind: a marker's, or `child`, `slot`, `wrapped`.
    xml: name of the child or attribute. datatype: of a text; classes: of elements, several for a choice.
    names: of one-empty. slot: kind of a slot.
    """

    name: str
    kind: str
    xml: str
    required: bool
    default: Any
    many: bool
    most: int | None
    secret: bool
    datatype: Datatype | None = None
    classes: tuple[type[Element], ...] = ()
    names: tuple[str, ...] = ()
    slot: str = ""
    mixed: MixedContent = MixedContent()


class Shape(msgspec.Struct, frozen=True):
    """A class: its namespace, the section it is from, and its fields by what they are in XML."""

    cls: type[Element]
    namespace: str
    section: str
    attributes: tuple[Field, ...]
    children: tuple[Field, ...]
    content: Field | None
    one_of: tuple[tuple[str, ...], ...]
    has_rule: bool


def xml_name(name: str) -> str:
    """Of a field: cl_trid -> clTRID, auth_info -> authInfo."""
    first, *others = name.split("_")
    return first + "".join(_UPPER.get(word) or word.capitalize() for word in others)


@cache
def shape_of(cls: type[Element]) -> Shape:
    """The shape of a class; a declaration that means nothing is an AssertionError, found by the first test of it."""
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
    if slot is not None:
        kind = "slot" if isinstance(slot, Slot) else "wrapped"
    else:
        kind = found[Marker].kind if Marker in found else "child"
    classes = _classes(bare)
    return Field(
        name=info.name,
        kind=kind,
        xml=xml_name(info.name),
        required=info.required,
        default=info.default if not info.required else None,
        many=many and kind != "wrapped",
        most=found[AtMost].count if AtMost in found else None,
        secret=Secret in found,
        datatype=None if classes or slot else _datatype(bare, metadata),
        classes=() if slot else classes,
        names=get_args(bare) if kind == "one-empty" else (),
        slot=slot.kind if slot else "",
        mixed=found.get(MixedContent, MixedContent()),
    )


def _unwrap(hint: Any) -> tuple[list[Any], Any, bool]:
    """What is annotated; the type without Annotated, None and tuple; whether it was a tuple."""
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
