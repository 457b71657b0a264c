"""Convert XML trees to structs: a reader is compiled from each class's declaration on first use.

A reader continues after a bad value, so that several are reported at once, and leaves an element at the first child
that does not belong there. Its result is only valid if no problem was added.
"""

import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from itertools import islice
from typing import Any

from lxml import etree

from homeport.services.epp.grammar import epp
from homeport.services.epp.grammar.datatypes import BadValue
from homeport.services.epp.grammar.declare import Element, Field, Malformed, Shape, shape_of
from homeport.services.epp.grammar.foreign import MAX_NAME, MAX_NAMES, Foreign
from homeport.services.epp.grammar.namespaces import BY_URI, DEFAULT_OFFER, Offer, element_name, element_of
from homeport.services.epp.grammar.parsing import MAX_FRAME_BYTES, TRID, Node, parse
from homeport.services.epp.grammar.problems import ProblemList, TooManyProblemsError

Reader = Callable[[Node, ProblemList], Any]

_BLANK = " \t\r\n"
MAX_ATTRIBUTES = 64
"""Maximum number of attributes of an element that allows any."""
_SCHEMA_INSTANCE = "{http://www.w3.org/2001/XMLSchema-instance}"
_IGNORED = frozenset((f"{_SCHEMA_INSTANCE}schemaLocation", f"{_SCHEMA_INSTANCE}noNamespaceSchemaLocation"))
"""Attributes allowed everywhere: hints for schema processors, which are ignored."""
_ROOT = f"{{{epp.NAMESPACE}}}epp"
_COMMAND = f"{{{epp.NAMESPACE}}}command"
_CL_TRID = f"{{{epp.NAMESPACE}}}clTRID"


def read(data: bytes, max_bytes: int = MAX_FRAME_BYTES, offer: Offer = DEFAULT_OFFER) -> epp.Frame:
    """Parse one frame of at most `max_bytes`, without its length header. Raises: Malformed, and no other exception.

    offer: the namespaces that reasons name as those there are; elements of its foreign ones are `Foreign`.
    """
    root = parse(data, max_bytes)
    problems = ProblemList(offer)
    if root.tag != _ROOT:
        problems.root(root, epp.NAMESPACE)
        raise Malformed(problems.found)
    envelope: Any = None
    with suppress(TooManyProblemsError):
        envelope = reader_of(epp.Epp)(root, problems)
    if problems.found:
        raise Malformed(problems.found, _cl_trid(root), _command(root))
    frame: epp.Frame = envelope.message
    return frame


@cache
def reader_of(cls: type[Element]) -> Reader:
    """Return the compiled reader of a class."""
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

    def read_element(node: Node, problems: ProblemList) -> Element | None:
        values: dict[str, Any] = {}
        before = len(problems.found)
        read_attributes(node, values, problems)
        read_content(node, values, problems)
        if len(problems.found) > before:
            return None
        element = cls(**values)
        if has_rule and (breach := element.rule()) is not None:
            problems.breach(node, shape, breach)
        return element

    return read_element


Part = Callable[[Node, dict[str, Any], ProblemList], None]


def _attributes_reader(shape: Shape) -> Part:
    known = {field.xml: field for field in shape.attributes if field.kind == "attribute"}
    readers = {name: (field.name, field.datatype.read) for name, field in known.items() if field.datatype}
    required = tuple(field for field in known.values() if field.required)
    rest = next((field for field in shape.attributes if field.kind == "any-attributes"), None)

    def read_any(node: Node, values: dict[str, Any], problems: ProblemList) -> None:
        assert rest is not None  # noqa: S101 - it is compiled only then
        names = attribute_names(node)
        for name in names:
            if len(names) > MAX_ATTRIBUTES or (name.startswith(_SCHEMA_INSTANCE) and name not in _IGNORED):
                problems.attribute(node, shape, name, ())
        values[rest.name] = tuple((name, node.get(name, "")) for name in names)

    def read_attributes(node: Node, values: dict[str, Any], problems: ProblemList) -> None:
        for name in attribute_names(node):
            if name in readers:
                field, read_text = readers[name]
                try:
                    values[field] = read_text(node.get(name, ""))
                except BadValue as bad:
                    values[field] = None
                    problems.value(node, shape, known[name], bad, name)
            elif name not in _IGNORED:
                problems.attribute(node, shape, name, known)
        for one in required:
            if one.name not in values:
                problems.missing(node, shape, one.xml, attribute=True)

    return read_attributes if rest is None else read_any


def _nothing_reader(shape: Shape) -> Part:
    """Return the reader of an element with attributes only, even without white space (XML Schema part 1, 3.4.4)."""

    def read_nothing(node: Node, _values: dict[str, Any], problems: ProblemList) -> None:
        if len(node) or node.text:
            problems.not_empty(node, shape)

    return read_nothing


def _text_reader(shape: Shape, field: Field) -> Part:
    assert field.datatype is not None  # noqa: S101 - an internal error, not invalid input
    name, read_text = field.name, field.datatype.read

    def read_content(node: Node, values: dict[str, Any], problems: ProblemList) -> None:
        if len(node):
            problems.unknown(node, shape, node[0], [])
            return
        try:
            values[name] = read_text(node.text or "")
        except BadValue as bad:
            problems.value(node, shape, field, bad)

    return read_content


def _mixed_reader(shape: Shape, field: Field) -> Part:
    def read_content(node: Node, values: dict[str, Any], problems: ProblemList) -> None:
        if field.mixed.one and len(node) != 1:
            problems.one_element(node, shape)
        if field.mixed.known:
            for inner in node.iterdescendants():
                if (cls := element_of(inner.tag)) is not None:
                    reader_of(cls)(inner, problems)
        values[field.name] = markup_in(node)

    return read_content


def attribute_names(node: Node) -> list[str]:
    """Return names in Clark's notation, without values: lxml's `items` takes time quadratic in their number."""
    return node.keys()  # type: ignore[return-value] # the stubs allow octets, which lxml gave in Python 2


def _has_attributes(node: Node) -> bool:
    return any(name not in _IGNORED for name in attribute_names(node))


def markup_in(node: Node) -> str:
    """Return a node's content as standalone XML."""
    text = etree.Element("text")
    text.text = node.text
    pieces = [etree.tostring(text, encoding="unicode")[6:-7] if node.text else ""]
    for child in node:
        pieces.append(standalone(child))
        text.text = child.tail
        pieces.append(etree.tostring(text, encoding="unicode")[6:-7] if child.tail else "")
    return "".join(pieces)


def standalone(node: Node) -> str:
    """Return an element as standalone XML, in its exclusive canonical form."""
    tail, node.tail = node.tail, None
    text: str = etree.tostring(node, method="c14n", exclusive=True).decode()
    node.tail = tail
    return text


Entry = tuple[int, str, bool, Reader]
"""A child as its parent's reader sees it: position in the order, field, True if repeated, reader."""


def _children_reader(shape: Shape) -> Part:
    entries, slot = _entries(shape)
    expected = [tag.partition("}")[2] for tag in entries]
    read_end = _end_reader(shape)

    def read_children(node: Node, values: dict[str, Any], problems: ProblemList) -> None:
        text = node.text
        if text is not None and text.strip(_BLANK):
            problems.stray_text(node, shape)
        reached = -1
        for child in node:
            entry = entries.get(child.tag, slot)
            if entry is None:
                problems.unknown(node, shape, child, expected)
                return
            position, name, many, read_child = entry
            if position < reached or (position == reached and not many):
                problems.misplaced(node, shape, child, expected)
                return
            text = child.tail
            if text is not None and text.strip(_BLANK):
                problems.stray_text(node, shape)
            value = read_child(child, problems)
            if not many:
                values[name] = value
            elif position == reached:
                values[name].append(value)
            else:
                values[name] = [value]
            reached = position
        read_end(node, values, problems)

    return read_children


def _entries(shape: Shape) -> tuple[dict[str, Entry], Entry | None]:
    """Return the children by tag, and the entry for elements of a slot, if there is one."""
    entries: dict[str, Entry] = {}
    slot: Entry | None = None
    for position, field in enumerate(shape.children):
        if field.kind == "slot":
            slot = (position, field.name, field.many, _slot_reader(shape, field.slot))
        for tag, reader in _readers(shape, field):
            entries[tag] = (position, field.name, field.many, reader)
    return entries, slot


def _end_reader(shape: Shape) -> Part:
    """Return the last part of a reader: it checks cardinalities and makes lists tuples."""
    required = tuple(field for field in shape.children if field.required)
    many = tuple((field.name, field.max_count or sys.maxsize, field) for field in shape.children if field.many)
    names = {field.name: field.xml for field in shape.children}

    def read_end(node: Node, values: dict[str, Any], problems: ProblemList) -> None:
        for field in required:
            if field.name not in values:
                problems.missing(node, shape, field.xml)
        for group in shape.one_of:
            given = sum(name in values for name in group)
            if given != 1:
                add = problems.several_of if given else problems.none_of
                add(node, shape, [names[name] for name in group])
        for name, max_count, field in many:
            if name in values:
                if len(values[name]) > max_count:
                    problems.too_many(node, shape, field)
                values[name] = tuple(values[name])

    return read_end


def _readers(shape: Shape, field: Field) -> list[tuple[str, Reader]]:
    """Return the tags of a field, each with its reader."""
    tag = f"{{{shape.namespace}}}{field.xml}"
    if field.kind == "choice":
        return [(f"{{{shape.namespace}}}{element_name(cls)}", _later(cls)) for cls in field.classes]
    if field.kind in ("other", "verbatim"):
        return [_other_reader(field)]
    if field.kind == "flag":
        return [(tag, _flag_reader(shape))]
    if field.kind == "one-empty":
        return [(tag, _one_empty_reader(shape, field))]
    if field.kind == "wrapped":
        return [(tag, _wrapped_reader(shape, field))]
    if field.kind == "slot":
        return []
    return [(tag, reader_of(field.classes[0]) if field.classes else _leaf_reader(shape, field))]


def _other_reader(field: Field) -> tuple[str, Reader]:
    """Return the tag of an element of another namespace, and its reader; a verbatim one is validated and kept."""
    cls = field.classes[0]
    read_valid = _later(cls)

    def read_verbatim(node: Node, problems: ProblemList) -> Any:
        read_valid(node, problems)
        return standalone(node)

    tag = f"{{{shape_of(cls).namespace}}}{field.tag or element_name(cls)}"
    return tag, read_verbatim if field.kind == "verbatim" else read_valid


def _later(cls: type[Element]) -> Reader:
    """Return a reader of a choice that is compiled only if it is chosen."""

    def read_element(node: Node, problems: ProblemList) -> Any:
        return reader_of(cls)(node, problems)

    return read_element


def _leaf_reader(shape: Shape, field: Field) -> Reader:
    assert field.datatype is not None, f"{shape.cls}.{field.name}"  # noqa: S101 - an internal error, not invalid input
    read_text = field.datatype.read

    def read_leaf(node: Node, problems: ProblemList) -> Any:
        if len(node):
            problems.unknown(node, shape, node[0], [])
            return None
        for name in attribute_names(node):
            if name not in _IGNORED:
                problems.attribute(node, shape, name, ())
        try:
            return read_text(node.text or "")
        except BadValue as bad:
            problems.value(node, shape, field, bad)
            return None

    return read_leaf


def _flag_reader(shape: Shape) -> Reader:
    def read_flag(node: Node, problems: ProblemList) -> bool:
        if len(node) or (node.text or "").strip(_BLANK) or _has_attributes(node):
            problems.not_empty(node, shape)
        return True

    return read_flag


def _one_empty_reader(shape: Shape, field: Field) -> Reader:
    names = {f"{{{shape.namespace}}}{name}": name for name in field.names}
    read_flag = _flag_reader(shape)

    def read_one(node: Node, problems: ProblemList) -> str | None:
        texts = [node.text, *(child.tail for child in node)]
        if any(text and text.strip(_BLANK) for text in texts) or len(node) > 1 or _has_attributes(node):
            problems.several_of(node, shape, field.names)
        elif not len(node):
            problems.none_of(node, shape, field.names)
        elif node[0].tag not in names:
            problems.unknown(node, shape, node[0], list(field.names))
        else:
            read_flag(node[0], problems)
            return names[node[0].tag]
        return None

    return read_one


def _wrapped_reader(shape: Shape, field: Field) -> Reader:
    read_one = _slot_reader(shape, field.slot)

    def read_wrapped(node: Node, problems: ProblemList) -> tuple[Any, ...]:
        if not len(node):
            problems.none_of(node, shape, ["an element of another namespace"])
        if (node.text or "").strip(_BLANK) or any((child.tail or "").strip(_BLANK) for child in node):
            problems.stray_text(node, shape)
        for name in attribute_names(node):
            if name not in _IGNORED:
                problems.attribute(node, shape, name, ())
        return tuple(read_one(child, problems) for child in node)

    return read_wrapped


def _slot_reader(shape: Shape, slot: str) -> Reader:
    verb = element_name(shape.cls)

    def read_slot(node: Node, problems: ProblemList) -> Any:
        if problems.offer.reads_foreign and problems.offer.is_foreign(node.tag[1:].rpartition("}")[0]):
            return foreign_element(node)
        cls = element_of(node.tag)
        if cls is None or not _fits(node.tag, slot, verb):
            problems.foreign(node, shape, slot)
            return None
        return reader_of(cls)(node, problems)

    return read_slot


def foreign_element(node: Node) -> Foreign:
    """Return an element of a namespace that is taken as it is."""
    tag = etree.QName(node)
    named = (child for child in node if etree.QName(child).localname in ("name", "id"))
    texts = [(child.text or "").strip()[:MAX_NAME] for child in islice(named, MAX_NAMES)]
    return Foreign(
        uri=tag.namespace or "", prefix=node.prefix or "", local=tag.localname, names=tuple(filter(None, texts))
    )


@cache
def _fits(tag: str, slot: str, verb: str) -> bool:
    """True if a known element may stand in a slot."""
    uri, _, local = tag[1:].partition("}")
    kind = BY_URI[uri].kind
    if slot == "object":
        return kind == "object" and local == verb
    if slot == "data":
        return kind == "object" and local.endswith("Data")
    return kind == "extension" or (slot == "any" and kind == "object")


def _cl_trid(root: Node) -> str | None:
    """Return the command's clTRID of a frame that is well-formed but invalid, if it may be echoed."""
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
