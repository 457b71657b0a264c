"""Trees of XML to structs: a reader is compiled from each class's declaration when it is first needed.

A reader goes on after a bad value, so that several are told at once, and leaves an element at the first child that does
not belong there. What it returns counts only if nobody complained.
"""

import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

from lxml import etree

from homeport.services.epp.grammar import epp
from homeport.services.epp.grammar.complaints import Complaints, Enough
from homeport.services.epp.grammar.datatypes import BadValue
from homeport.services.epp.grammar.declare import Element, Field, Malformed, Shape, shape_of
from homeport.services.epp.grammar.namespaces import BY_URI, by_tag, element_name
from homeport.services.epp.grammar.parsing import MAX_OCTETS, TRID, Node, parse

Reader = Callable[[Node, Complaints], Any]

_BLANK = " \t\r\n"
MOST_ATTRIBUTES = 64
"""Of an element that may have any."""
_SCHEMA_INSTANCE = "{http://www.w3.org/2001/XMLSchema-instance}"
_IGNORED = frozenset((f"{_SCHEMA_INSTANCE}schemaLocation", f"{_SCHEMA_INSTANCE}noNamespaceSchemaLocation"))
"""Attributes that may stand everywhere: hints for schema processors, which are not followed."""
_ROOT = f"{{{epp.NAMESPACE}}}epp"
_COMMAND = f"{{{epp.NAMESPACE}}}command"
_CL_TRID = f"{{{epp.NAMESPACE}}}clTRID"


def read(octets: bytes, most: int = MAX_OCTETS) -> epp.Frame:
    """One frame, without its length header, of at most `most` octets; raises Malformed, and nothing else."""
    root = parse(octets, most)
    complaints = Complaints()
    if root.tag != _ROOT:
        complaints.root(root, epp.NAMESPACE)
        raise Malformed(complaints.problems)
    envelope: Any = None
    with suppress(Enough):
        envelope = reader_of(epp.Epp)(root, complaints)
    if complaints.problems:
        raise Malformed(complaints.problems, _cl_trid(root), _command(root))
    frame: epp.Frame = envelope.message
    return frame


@cache
def reader_of(cls: type[Element]) -> Reader:
    """The reader of a class."""
    shape = shape_of(cls)
    read_attributes = _attributes_reader(shape)
    if shape.content is None and shape.attributes and not shape.children:
        read_content = _nothing_reader(shape)
    elif shape.content is None:
        read_content = _children_reader(shape)
    elif shape.content.kind == "mixed":
        read_content = _mixed_reader(shape, shape.content)
    else:
        read_content = _text_reader(shape, shape.content)
    has_rule = shape.has_rule

    def read_element(node: Node, complaints: Complaints) -> Element | None:
        values: dict[str, Any] = {}
        before = len(complaints.problems)
        read_attributes(node, values, complaints)
        read_content(node, values, complaints)
        if len(complaints.problems) > before:
            return None
        element = cls(**values)
        if has_rule and (breach := element.rule()) is not None:
            complaints.breach(node, shape, breach)
        return element

    return read_element


Part = Callable[[Node, dict[str, Any], Complaints], None]


def _attributes_reader(shape: Shape) -> Part:
    known = {field.xml: field for field in shape.attributes if field.kind == "attribute"}
    readers = {name: (field.name, field.datatype.read) for name, field in known.items() if field.datatype}
    required = tuple(field for field in known.values() if field.required)
    rest = next((field for field in shape.attributes if field.kind == "any-attributes"), None)

    def read_any(node: Node, values: dict[str, Any], complaints: Complaints) -> None:
        assert rest is not None  # noqa: S101 - it is compiled only then
        names = attribute_names(node)
        for name in names:
            if len(names) > MOST_ATTRIBUTES or (name.startswith(_SCHEMA_INSTANCE) and name not in _IGNORED):
                complaints.attribute(node, shape, name, ())
        values[rest.name] = tuple((name, node.get(name, "")) for name in names)

    def read_attributes(node: Node, values: dict[str, Any], complaints: Complaints) -> None:
        for name in attribute_names(node):
            if name in readers:
                field, read_text = readers[name]
                try:
                    values[field] = read_text(node.get(name, ""))
                except BadValue as bad:
                    values[field] = None
                    complaints.value(node, shape, known[name], bad, name)
            elif name not in _IGNORED:
                complaints.attribute(node, shape, name, known)
        for one in required:
            if one.name not in values:
                complaints.missing(node, shape, one.xml, attribute=True)

    return read_attributes if rest is None else read_any


def _nothing_reader(shape: Shape) -> Part:
    """Of an element with attributes alone: in its place not even white space is valid (XML Schema part 1, 3.4.4)."""

    def read_nothing(node: Node, _values: dict[str, Any], complaints: Complaints) -> None:
        if len(node) or node.text:
            complaints.not_empty(node, shape)

    return read_nothing


def _text_reader(shape: Shape, field: Field) -> Part:
    assert field.datatype is not None  # noqa: S101 - a mistake of ours, not of input
    name, read_text = field.name, field.datatype.read

    def read_content(node: Node, values: dict[str, Any], complaints: Complaints) -> None:
        if len(node):
            complaints.unknown(node, shape, node[0], [])
            return
        try:
            values[name] = read_text(node.text or "")
        except BadValue as bad:
            complaints.value(node, shape, field, bad)

    return read_content


def _mixed_reader(shape: Shape, field: Field) -> Part:
    def read_content(node: Node, values: dict[str, Any], complaints: Complaints) -> None:
        if field.mixed.one and len(node) != 1:
            complaints.one_element(node, shape)
        if field.mixed.known:
            for inner in node.iterdescendants():
                if inner.tag in by_tag():
                    reader_of(by_tag()[inner.tag])(inner, complaints)
        values[field.name] = markup_in(node)

    return read_content


def attribute_names(node: Node) -> list[str]:
    """In Clark's notation. Values are asked for one by one: `items` takes time by the square of their number."""
    return node.keys()  # type: ignore[return-value] # the stubs allow octets, which lxml gave in Python 2


def _has_attributes(node: Node) -> bool:
    return any(name not in _IGNORED for name in attribute_names(node))


def markup_in(node: Node) -> str:
    """What is in a node, as XML that stands by itself."""
    text = etree.Element("text")
    text.text = node.text
    pieces = [etree.tostring(text, encoding="unicode")[6:-7] if node.text else ""]
    for child in node:
        tail, child.tail = child.tail, None
        pieces.append(etree.tostring(child, method="c14n", exclusive=True).decode())
        text.text = child.tail = tail
        pieces.append(etree.tostring(text, encoding="unicode")[6:-7] if tail else "")
    return "".join(pieces)


Entry = tuple[int, str, bool, Reader]
"""What a child is to its parent: its place in the order, its field, whether it repeats, and how it is read."""


def _children_reader(shape: Shape) -> Part:
    entries, slot = _entries(shape)
    expected = [tag.partition("}")[2] for tag in entries]
    read_end = _end_reader(shape)

    def read_children(node: Node, values: dict[str, Any], complaints: Complaints) -> None:
        text = node.text
        if text is not None and text.strip(_BLANK):
            complaints.stray_text(node, shape)
        reached = -1
        for child in node:
            entry = entries.get(child.tag, slot)
            if entry is None:
                complaints.unknown(node, shape, child, expected)
                return
            position, name, many, read_child = entry
            if position < reached or (position == reached and not many):
                complaints.misplaced(node, shape, child, expected)
                return
            text = child.tail
            if text is not None and text.strip(_BLANK):
                complaints.stray_text(node, shape)
            value = read_child(child, complaints)
            if not many:
                values[name] = value
            elif position == reached:
                values[name].append(value)
            else:
                values[name] = [value]
            reached = position
        read_end(node, values, complaints)

    return read_children


def _entries(shape: Shape) -> tuple[dict[str, Entry], Entry | None]:
    """The children by tag, and what any other element is: one in a slot, or nothing."""
    entries: dict[str, Entry] = {}
    slot: Entry | None = None
    for position, field in enumerate(shape.children):
        if field.kind == "slot":
            slot = (position, field.name, field.many, _slot_reader(shape, field.slot))
        for tag, reader in _readers(shape, field):
            entries[tag] = (position, field.name, field.many, reader)
    return entries, slot


def _end_reader(shape: Shape) -> Part:
    """What is to be said and done when all children have been read: cardinalities, and lists made tuples."""
    required = tuple(field for field in shape.children if field.required)
    many = tuple((field.name, field.most or sys.maxsize, field) for field in shape.children if field.many)
    names = {field.name: field.xml for field in shape.children}

    def read_end(node: Node, values: dict[str, Any], complaints: Complaints) -> None:
        for field in required:
            if field.name not in values:
                complaints.missing(node, shape, field.xml)
        for group in shape.one_of:
            given = sum(name in values for name in group)
            if given != 1:
                complain = complaints.several_of if given else complaints.none_of
                complain(node, shape, [names[name] for name in group])
        for name, most, field in many:
            if name in values:
                if len(values[name]) > most:
                    complaints.too_many(node, shape, field)
                values[name] = tuple(values[name])

    return read_end


def _readers(shape: Shape, field: Field) -> list[tuple[str, Reader]]:
    """The tags by which a field is known, each with its reader."""
    tag = f"{{{shape.namespace}}}{field.xml}"
    if field.kind == "choice":
        return [(f"{{{shape.namespace}}}{element_name(cls)}", _later(cls)) for cls in field.classes]
    if field.kind == "flag":
        return [(tag, _flag_reader(shape))]
    if field.kind == "one-empty":
        return [(tag, _one_empty_reader(shape, field))]
    if field.kind == "wrapped":
        return [(tag, _wrapped_reader(shape, field))]
    if field.kind == "slot":
        return []
    return [(tag, reader_of(field.classes[0]) if field.classes else _leaf_reader(shape, field))]


def _later(cls: type[Element]) -> Reader:
    """A reader of a choice, compiled only if it is chosen."""

    def read_element(node: Node, complaints: Complaints) -> Any:
        return reader_of(cls)(node, complaints)

    return read_element


def _leaf_reader(shape: Shape, field: Field) -> Reader:
    assert field.datatype is not None, f"{shape.cls}.{field.name}"  # noqa: S101 - a mistake of ours, not of input
    read_text = field.datatype.read

    def read_leaf(node: Node, complaints: Complaints) -> Any:
        if len(node):
            complaints.unknown(node, shape, node[0], [])
            return None
        for name in attribute_names(node):
            if name not in _IGNORED:
                complaints.attribute(node, shape, name, ())
        try:
            return read_text(node.text or "")
        except BadValue as bad:
            complaints.value(node, shape, field, bad)
            return None

    return read_leaf


def _flag_reader(shape: Shape) -> Reader:
    def read_flag(node: Node, complaints: Complaints) -> bool:
        if len(node) or (node.text or "").strip(_BLANK) or _has_attributes(node):
            complaints.not_empty(node, shape)
        return True

    return read_flag


def _one_empty_reader(shape: Shape, field: Field) -> Reader:
    names = {f"{{{shape.namespace}}}{name}": name for name in field.names}
    read_flag = _flag_reader(shape)

    def read_one(node: Node, complaints: Complaints) -> str | None:
        texts = [node.text, *(child.tail for child in node)]
        if any(text and text.strip(_BLANK) for text in texts) or len(node) > 1 or _has_attributes(node):
            complaints.several_of(node, shape, field.names)
        elif not len(node):
            complaints.none_of(node, shape, field.names)
        elif node[0].tag not in names:
            complaints.unknown(node, shape, node[0], list(field.names))
        else:
            read_flag(node[0], complaints)
            return names[node[0].tag]
        return None

    return read_one


def _wrapped_reader(shape: Shape, field: Field) -> Reader:
    read_one = _slot_reader(shape, field.slot)

    def read_wrapped(node: Node, complaints: Complaints) -> tuple[Any, ...]:
        if not len(node):
            complaints.none_of(node, shape, ["an element of another namespace"])
        if (node.text or "").strip(_BLANK) or any((child.tail or "").strip(_BLANK) for child in node):
            complaints.stray_text(node, shape)
        for name in attribute_names(node):
            if name not in _IGNORED:
                complaints.attribute(node, shape, name, ())
        return tuple(read_one(child, complaints) for child in node)

    return read_wrapped


def _slot_reader(shape: Shape, slot: str) -> Reader:
    verb = element_name(shape.cls)

    def read_slot(node: Node, complaints: Complaints) -> Any:
        cls = by_tag().get(node.tag)
        if cls is None or not _fits(node.tag, slot, verb):
            complaints.foreign(node, shape, slot)
            return None
        return reader_of(cls)(node, complaints)

    return read_slot


@cache
def _fits(tag: str, slot: str, verb: str) -> bool:
    """Whether a known element may stand in a slot."""
    uri, _, local = tag[1:].partition("}")
    kind = BY_URI[uri].kind
    if slot == "object":
        return kind == "object" and local == verb
    if slot == "data":
        return kind == "object" and local.endswith("Data")
    return kind == "extension" or (slot == "any" and kind == "object")


def _cl_trid(root: Node) -> str | None:
    """Of a frame that was parsed but not understood: the command's own, if it is one that may be echoed."""
    for command in root.iterchildren(_COMMAND):
        for found in command.iterchildren(_CL_TRID):
            try:
                return TRID.read(found.text or "")
            except BadValue:
                continue
    return None


def _command(root: Node) -> str:
    for command in root.iterchildren(_COMMAND):
        for child in command:
            return etree.QName(child).localname
    return ""
