"""Serialize structs to XML: a writer is compiled from each class's declaration on first use.

epp-1.0 is the default namespace; a standalone element of another one declares its prefix. Structs are taken to match
their declarations: the values of our own answers are not validated again.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from homeport.services.epp.grammar import epp
from homeport.services.epp.grammar.declare import Element, Field, Markup, Shape, shape_of
from homeport.services.epp.grammar.foreign import Foreign
from homeport.services.epp.grammar.namespaces import BY_URI, element_name
from homeport.services.epp.secrets import mask

Write = Callable[[Any, list[str]], None]
WriteNamed = Callable[[Any, str, str, list[str]], None]
"""Arguments: element, its tag with prefix, the namespace declaration to include, output list."""

_HEAD = f'<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n<epp xmlns="{epp.NAMESPACE}">'
_SPECIAL = re.compile("[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SPECIAL_IN_ATTRIBUTES = re.compile('[&<>"\t\n\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]')
_REFERENCES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}


def write(frame: epp.Frame) -> bytes:
    """Return the frame as a document in UTF-8, without length header."""
    out = [_HEAD]
    writer_of(type(frame))(frame, element_name(type(frame)), "", out)
    out.append("</epp>")
    return "".join(out).encode()


def xml_of(element: Element, field: str = "", item: int = 0) -> Markup:
    """Return an element as standalone XML, for <value>; secrets masked.

    field: only this child of the element (`xml_of(create, "period")`), or nothing where it is not given.
    item: index in a repeated field.
    """
    out: list[str] = []
    if not field and isinstance(element, Foreign):
        return Markup(element.content or _empty(element))
    shape = shape_of(type(element))
    if not field:
        _write_alone(element, element_name(type(element)), shape.namespace, out)
        return Markup(mask("".join(out).encode()).decode())
    one = next(child for child in shape.children if child.name == field)
    value = getattr(element, field)
    if one.many:
        value = value[item] if item < len(value) else None
    if isinstance(value, Element):
        _write_alone(value, one.xml, shape.namespace, out)
    elif value is not None and one.datatype is not None:
        tag, declared = _tag(one.xml, shape.namespace)
        out.append(f"<{tag}{declared}>{escape(one.datatype.write(value))}</{tag}>")
    return Markup(mask("".join(out).encode()).decode())


def markup_of(text: str) -> Markup:
    """Return plain text as markup, escaped."""
    return Markup(escape(text))


def escape(text: str) -> str:
    """Escape text for element content; characters that XML does not allow become U+FFFD."""
    return _SPECIAL.sub(_reference, text)


def _in_attribute(text: str) -> str:
    return _SPECIAL_IN_ATTRIBUTES.sub(_reference, text)


def _reference(match: re.Match[str]) -> str:
    return _REFERENCES.get(match[0], "\ufffd")


def _tag(name: str, namespace: str) -> tuple[str, str]:
    """Return the name with its prefix, and the declaration of the namespace."""
    prefix = BY_URI[namespace].prefix
    return (f"{prefix}:{name}", f' xmlns:{prefix}="{namespace}"') if prefix else (name, f' xmlns="{namespace}"')


def _write_alone(element: Element, name: str, namespace: str, out: list[str]) -> None:
    tag, declared = _tag(name, namespace)
    if declared.startswith(" xmlns:") and _holds_epp(type(element)):
        declared += f' xmlns="{epp.NAMESPACE}"'
    writer_of(type(element))(element, tag, declared, out)


@cache
def _holds_epp(cls: type[Element]) -> bool:
    """True if an element of another namespace may contain elements of epp-1.0 (the paTRID of panData)."""
    classes = [one for field in shape_of(cls).children for one in field.classes]
    return any(shape_of(one).namespace == epp.NAMESPACE or _holds_epp(one) for one in classes)


@cache
def writer_of(cls: type[Element]) -> WriteNamed:
    """Return the compiled writer of a class."""
    shape = shape_of(cls)
    attributes = tuple(
        (field.name, f' {field.xml}="', field.datatype.write, field.default if field.xml == "lang" else None)
        for field in shape.attributes
        if field.kind == "attribute" and field.datatype
    )
    rest = next((field.name for field in shape.attributes if field.kind == "any-attributes"), "")
    parts = tuple((field.name, field.default, _part(shape, field)) for field in shape.children)
    content = shape.content
    if content is not None:
        parts = ((content.name, None, _content_writer(content)),)

    def write_element(element: Any, tag: str, declared: str, out: list[str]) -> None:
        out.append(f"<{tag}{declared}")
        for name, opening, write_value, default in attributes:
            value = getattr(element, name)
            if value is not None and value != default:
                out.append(f'{opening}{_in_attribute(write_value(value))}"')
        if rest:
            _write_attributes(getattr(element, rest), out)
        out.append(">")
        inside = len(out)
        for name, default, write_part in parts:
            value = getattr(element, name)
            if value is not None and value is not default:
                write_part(value, out)
        if len(out) == inside:
            out[-1] = "/>"
        else:
            out.append(f"</{tag}>")

    return write_element


def _part(shape: Shape, field: Field) -> Write:
    """Return the function that writes one field of an element, if its value is given."""
    tag = _tag(field.xml, shape.namespace)[0]
    if field.kind == "flag":
        return _constant_writer(f"<{tag}/>")
    if field.kind == "one-empty":
        return _one_empty_writer(tag, shape)
    if field.kind == "slot":
        return _write_other
    if field.kind == "other":
        return _repeated(_write_other, many=field.many)
    if field.kind == "verbatim":
        return _repeated(_write_verbatim, many=field.many)
    if field.kind == "wrapped":
        return _wrapped_writer(tag)
    if field.kind == "choice":
        names = {cls: _tag(element_name(cls), shape.namespace)[0] for cls in field.classes}
        return _repeated(_choice_writer(names), many=field.many)
    if field.classes:
        return _repeated(_element_writer(field.classes[0], tag), many=field.many)
    return _repeated(_leaf_writer(tag, field), many=field.many)


def _repeated(write_one: Write, *, many: bool) -> Write:
    def write_all(values: Any, out: list[str]) -> None:
        for value in values:
            write_one(value, out)

    return write_all if many else write_one


def _constant_writer(text: str) -> Write:
    def write_constant(_value: Any, out: list[str]) -> None:
        out.append(text)

    return write_constant


def _one_empty_writer(tag: str, shape: Shape) -> Write:
    def write_one(value: Any, out: list[str]) -> None:
        out.append(f"<{tag}><{_tag(value, shape.namespace)[0]}/></{tag}>")

    return write_one


def _write_other(value: Any, out: list[str]) -> None:
    """Write an element of another namespace."""
    cls: type[Element] = type(value)
    if cls is Foreign:
        out.append(value.content or _empty(value))
        return
    _write_alone(value, element_name(cls), shape_of(cls).namespace, out)


def _empty(element: Foreign) -> str:
    declared = f"xmlns:{element.prefix}" if element.prefix else "xmlns"
    return f'<{element.tag} {declared}="{_in_attribute(element.uri)}"/>'


def _write_verbatim(value: Any, out: list[str]) -> None:
    out.append(value)


def _wrapped_writer(tag: str) -> Write:
    def write_wrapped(values: Any, out: list[str]) -> None:
        out.append(f"<{tag}>")
        for value in values:
            _write_other(value, out)
        out.append(f"</{tag}>")

    return write_wrapped


def _choice_writer(names: dict[type[Element], str]) -> Write:
    def write_choice(value: Any, out: list[str]) -> None:
        cls: type[Element] = type(value)
        writer_of(cls)(value, names[cls], "", out)

    return write_choice


def _element_writer(cls: type[Element], tag: str) -> Write:
    write_named = writer_of(cls)

    def write_one(value: Any, out: list[str]) -> None:
        write_named(value, tag, "", out)

    return write_one


def _leaf_writer(tag: str, field: Field) -> Write:
    assert field.datatype is not None  # noqa: S101 - an internal error, not invalid input
    opening, closing, write_value = f"<{tag}>", f"</{tag}>", field.datatype.write

    def write_leaf(value: Any, out: list[str]) -> None:
        out.append(f"{opening}{escape(write_value(value))}{closing}")

    return write_leaf


def _content_writer(field: Field) -> Write:
    if field.datatype is None or field.kind == "mixed":
        return lambda value, out: out.append(value)
    write_value = field.datatype.write

    def write_content(value: Any, out: list[str]) -> None:
        if text := write_value(value):
            out.append(escape(text))

    return write_content


def _write_attributes(attributes: tuple[tuple[str, str], ...], out: list[str]) -> None:
    """Write attributes of any namespace, with generated prefixes."""
    for number, (name, value) in enumerate(attributes):
        uri, _, local = name[1:].partition("}") if name.startswith("{") else ("", "", name)
        if uri == "http://www.w3.org/XML/1998/namespace":
            out.append(f' xml:{local}="{_in_attribute(value)}"')
        elif uri:
            out.append(f' xmlns:a{number}="{_in_attribute(uri)}" a{number}:{local}="{_in_attribute(value)}"')
        else:
            out.append(f' {local}="{_in_attribute(value)}"')
