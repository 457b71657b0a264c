"""A message for people: decoded headers, text, HTML and attachments.

`Content.parts` is the list that a mail program shows: an enclosed message (message/rfc822) is one part of it.
`Content.root` is the whole tree, with what is in enclosed messages. A multipart that could not be taken apart is text,
so that nothing is hidden.
"""

import re
from collections.abc import Iterator

import msgspec

from homeport.world.mail.mime.charsets import decode_text
from homeport.world.mail.mime.encoded_words import decode_value, decode_words
from homeport.world.mail.mime.fields import parse_addresses
from homeport.world.mail.mime.structure import Entity, Header, parse_header, parse_structure
from homeport.world.mail.mime.transfer import decode_pieces

TEXT_LIMIT = 1 << 20
"""Bytes of a text that are decoded for reading; the part itself is complete."""
TEXT_TYPES = ("text/", "message/delivery-status", "message/disposition-notification", "application/xhtml+xml")
"""Beginnings of the types whose content is text."""
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*+)"')
PAIR = re.compile(r"\\(.)")


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A part that contains no other part."""

    index: int
    """From 1, in order; 0 for a part of an enclosed message."""
    content_type: str
    charset: str
    """The label as sent; empty if there is none."""
    filename: str
    disposition: str
    content_id: str
    encoding: str
    """Its Content-Transfer-Encoding, in lower case; empty if there is none."""
    begin: int
    """Offset of its body in the message."""
    body: memoryview
    """As in the message, not decoded."""

    @property
    def attachment(self) -> bool:
        """True if it should be saved as a file rather than shown."""
        return self.disposition == "attachment" or bool(self.filename) or not self.content_type.startswith("text/")

    @property
    def is_text(self) -> bool:
        """True if its content is text for people."""
        return self.content_type.startswith(TEXT_TYPES)

    def content(self) -> bytes:
        """Return the decoded bytes, as far as they can be decoded."""
        return b"".join(decode_pieces(self.body, self.encoding))

    def size(self) -> int:
        """Return the number of decoded bytes."""
        return sum(map(len, decode_pieces(self.body, self.encoding)))

    def text(self) -> str:
        """Return the text, truncated if it is long; invalid bytes are replaced."""
        decoded = b"".join(decode_pieces(self.body[: 2 * TEXT_LIMIT], self.encoding))
        return decode_text(decoded[:TEXT_LIMIT], self.charset)


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """A message, a multipart, or a part, in the tree of a message."""

    entity: Entity
    section: str
    """Its number as in IMAP (RFC 3501 6.4.5): `2.1`; empty for the message, and for a multipart that is the whole body
    of a message."""
    is_message: bool
    """True for the message itself, and for the content of a message/rfc822."""
    part: Part | None
    """Its content; None for a multipart that was taken apart."""
    children: list["Node"]

    @property
    def depth(self) -> int:
        """Number of nodes around it."""
        return self.entity.depth

    @property
    def identifier(self) -> str:
        """The part's name in the API: its index or, within an enclosed message, its section; empty if it has none."""
        if self.part is None:
            return ""
        return str(self.part.index) if self.part.index else self.section

    @property
    def subject(self) -> str:
        """The subject of a message."""
        return decode_value(self.entity.value(self.entity.find("subject")))

    def walk(self) -> Iterator["Node"]:
        """Yield it, then what is in it, in order."""
        yield self
        for child in self.children:
            yield from child.walk()


class Content(msgspec.Struct, frozen=True):
    """A parsed message."""

    headers: list[tuple[str, str]]
    parts: list[Part]
    root: Node

    @property
    def attachments(self) -> list[Part]:
        """The parts that a reader sees as attached: not the pictures that are in the HTML."""
        embedded = {
            child.part.index
            for node in self.root.walk()
            if node.entity.media_type == "multipart/related"
            for child in node.children[1:]
            if child.part is not None and child.part.content_id and child.part.disposition != "attachment"
        }
        return [part for part in self.parts if part.attachment and part.index not in embedded]

    def header(self, name: str) -> str:
        """Return the first field of that name; empty if missing."""
        return first_header(self.headers, name)

    def readable(self, content_type: str) -> str:
        """Return the text of the first part of that type that is not an attachment; empty if missing."""
        for part in self.parts:
            if part.content_type == content_type and not part.attachment:
                return part.text()
        return ""


def parse_headers(raw: bytes) -> list[tuple[str, str]]:
    """Parse a message's header into names and decoded values. raw: the message, or its beginning."""
    return decode_headers(raw, parse_header(raw))


def decode_headers(raw: bytes, header: Header) -> list[tuple[str, str]]:
    """Return names as written and decoded values."""
    return [
        (raw[field.begin : field.value - 1].decode("ascii").rstrip(), decode_value(raw[field.value : field.end]))
        for field in header.fields
    ]


def parse_message(raw: bytes) -> Content:
    """Parse a whole message."""
    root = parse_structure(raw).root
    parts: list[Part] = []
    node = _Nodes(parts).make_message(root, "")
    return Content(decode_headers(raw, root.header), parts, node)


def first_header(headers: list[tuple[str, str]], name: str) -> str:
    """Return the first field of that name; empty if missing."""
    return next((value for each, value in headers if each.lower() == name.lower()), "")


def parse_senders(raw: bytes) -> list[str]:
    """Return the addresses of From. raw: the message, or its beginning."""
    return [address for _name, address in parse_mailboxes(raw, parse_header(raw), "from") if address]


def parse_mailboxes(raw: bytes, header: Header, *names: str) -> list[tuple[str, str]]:
    """Return the display names and the addresses in fields of these names, which are parsed before anything is decoded.

    raw: the message, or its beginning.
    """
    return [
        (_decode_phrase(box.name), box.address.decode("utf-8", "replace"))
        for field in header.fields
        if field.name in names
        for box in parse_addresses(raw[field.value : field.end]).mailboxes
    ]


def _decode_phrase(phrase: bytes) -> str:
    """Decode a display name; encoded words in quotes are decoded, as many senders write them."""
    return QUOTED.sub(lambda quoted: PAIR.sub(r"\1", quoted[1]), decode_value(phrase))


class _Nodes:
    """Makes the nodes of one message, and collects the parts that are in no enclosed message."""

    def __init__(self, parts: list[Part]) -> None:
        self._parts = parts

    def make_message(self, entity: Entity, section: str) -> Node:
        """Make the node of a message. section: of the part that it is enclosed in; empty for the whole message."""
        if entity.boundary and entity.children:
            return self._make_multipart(entity, section, "", nested=bool(section), is_message=True)
        return self._make_leaf(entity, _join(section, 1), nested=bool(section), is_message=True)

    def _make(self, entity: Entity, section: str, *, nested: bool) -> Node:
        if entity.boundary and entity.children:
            return self._make_multipart(entity, section, section, nested=nested, is_message=False)
        return self._make_leaf(entity, section, nested=nested, is_message=False)

    def _make_multipart(self, entity: Entity, section: str, own: str, *, nested: bool, is_message: bool) -> Node:
        children = [
            self._make(child, _join(section, number), nested=nested) for number, child in enumerate(entity.children, 1)
        ]
        return Node(entity=entity, section=own, is_message=is_message, part=None, children=children)

    def _make_leaf(self, entity: Entity, section: str, *, nested: bool, is_message: bool) -> Node:
        part = _make_part(entity, 0 if nested else len(self._parts) + 1)
        if not nested:
            self._parts.append(part)
        children = [self.make_message(child, section) for child in entity.children]
        return Node(entity=entity, section=section, is_message=is_message, part=part, children=children)


def _join(section: str, number: int) -> str:
    return f"{section}.{number}" if section else str(number)


def _make_part(entity: Entity, index: int) -> Part:
    about = entity.content_type.parameters if entity.content_type is not None else {}
    disposition = entity.disposition
    named = disposition.parameters.get(b"filename") if disposition is not None else None
    named = named or about.get(b"name")
    charset = about.get(b"charset")
    unsplit = entity.media_type.startswith("multipart/")
    content_id = decode_value(entity.value(entity.find("content-id"))).strip(" <>")
    has_encoding = entity.find("content-transfer-encoding") is not None
    return Part(
        index=index,
        content_type="text/plain" if unsplit else entity.media_type,
        charset=charset.text if charset is not None else "",
        filename=_decode_name(named.runs) if named is not None else "",
        disposition=disposition.value.decode("utf-8", "replace") if disposition is not None else "",
        content_id=content_id,
        encoding=entity.encoding if has_encoding and not unsplit else "",
        begin=entity.body,
        body=memoryview(entity.raw)[entity.body : entity.end],
    )


def _decode_name(runs: tuple[tuple[bytes, str], ...]) -> str:
    """Decode a file name; RFC 2047 5 forbids encoded words there, but many senders use them."""
    return "".join(decode_text(run, charset) if charset else decode_words(run) for run, charset in runs)
