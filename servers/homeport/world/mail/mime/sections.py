"""Sections of a message (RFC 9051 6.4.5.1), and decoded parts (RFC 3516).

Sections are slices of the message as it is stored: a bare LF stays one, and `HEADER` and `TEXT` together are the whole.
"""

import msgspec

from homeport.world.mail.mime.structure import IDENTITY, MESSAGE_TYPES, Entity, Header
from homeport.world.mail.mime.transfer import decode_pieces

ENCODINGS = (*IDENTITY, "base64", "quoted-printable")
Partial = tuple[int, int]
"""Offset of the first byte, and the maximum number of bytes."""


class UnknownEncoding(Exception):
    """A part has a Content-Transfer-Encoding that is not known: [UNKNOWN-CTE] (RFC 3516 4.3)."""


class Section(msgspec.Struct, frozen=True):
    """A section: `1.2.HEADER.FIELDS (FROM)`."""

    part: tuple[int, ...]
    """Numbers of the part and of those around it, from 1; empty for the message."""
    text: str
    """`HEADER`, `HEADER.FIELDS`, `HEADER.FIELDS.NOT`, `TEXT` or `MIME`; empty for the whole."""
    fields: tuple[bytes, ...]
    """Names of fields as the client wrote them."""

    @property
    def is_whole(self) -> bool:
        """True for the message as it is."""
        return not self.part and not self.text

    @property
    def is_header(self) -> bool:
        """True if the header of the message is enough for it."""
        return not self.part and self.text.startswith("HEADER")


def cut(data: bytes, partial: Partial | None) -> bytes:
    """Return a partial range; empty if it begins after the end (RFC 9051 6.4.5)."""
    return data if partial is None else data[partial[0] : partial[0] + partial[1]]


def read_section(root: Entity, section: Section, partial: Partial | None = None) -> bytes | None:
    """Return a section of a message; None if there is no such part.

    Header and text of a part that is no message are empty.
    """
    entity: Entity | None = root
    if section.part:
        entity = find_part(root, section.part)
        if entity is None:
            return None
        if section.text == "MIME":
            return slice_of(entity.raw, entity.begin, entity.body, partial) if entity.begin >= 0 else b""
        if not section.text:
            return slice_of(entity.raw, entity.body, entity.end, partial)
        entity = entity.children[0] if entity.media_type in MESSAGE_TYPES and entity.children else None
        if entity is None:
            return b""
    assert entity is not None  # noqa: S101 - the message itself, or an enclosed one
    if section.text == "TEXT":
        return slice_of(entity.raw, entity.body, entity.end, partial)
    if section.text:
        return cut(read_header(entity.raw, entity.begin, entity.end, entity.header, section), partial)
    return slice_of(entity.raw, entity.begin, entity.end, partial)


def read_header(raw: bytes, begin: int, end: int, header: Header, section: Section) -> bytes:
    """Return a header, or some of its fields with an empty line after them (RFC 9051 6.4.5.1)."""
    if section.text == "HEADER":
        return bytes(raw[begin : header.body])
    wanted = {name.decode("ascii", "replace").lower() for name in section.fields}
    has = section.text == "HEADER.FIELDS"
    lines = [raw[field.begin : field.end] for field in header.fields if (field.name in wanted) is has]
    if lines and not lines[-1].endswith(b"\n"):
        lines.append(b"\r\n")
    if header.body < end or header.bad >= 0 or _has_blank(raw, header.body):
        lines.append(b"\r\n")
    return b"".join(lines)


def _has_blank(raw: bytes, body: int) -> bool:
    """Return True if a header that ends at `body` ends with an empty line."""
    return raw[max(body - 2, 0) : body] == b"\n\n" or raw[max(body - 3, 0) : body] == b"\n\r\n" or 0 < body <= 2


def slice_of(raw: bytes, begin: int, end: int, partial: Partial | None) -> bytes:
    """Return a partial range of `raw[begin:end]`, without copying all of it."""
    if partial is None:
        return bytes(raw[begin:end])
    at = begin + partial[0]
    return bytes(raw[min(at, end) : min(at + partial[1], end)])


def find_part(root: Entity, part: tuple[int, ...]) -> Entity | None:
    """Return the part with those numbers; None if there is none.

    Part 1 of a message without parts is its body; so is part 1 of a multipart that could not be taken apart.
    """
    entity, in_message = root, True
    for number in part:
        if not in_message and entity.media_type in MESSAGE_TYPES and entity.children:
            entity, in_message = entity.children[0], True
        if entity.media_type.startswith("multipart/"):
            if entity.children:
                if number > len(entity.children):
                    return None
                entity = entity.children[number - 1]
            elif number == 1:
                entity = unsplit_part(entity)
            else:
                return None
        elif number != 1 or not in_message:
            return None
        in_message = False
    return entity


def unsplit_part(entity: Entity) -> Entity:
    """Return the text that stands for the body of a multipart without parts; it has no header."""
    nothing = Header((), entity.body, -1, whole=True)
    return Entity(entity.raw, entity.body, entity.body, entity.end, nothing, "text/plain", entity.depth + 1)


def read_decoded(root: Entity, part: tuple[int, ...], partial: Partial | None = None) -> bytes | None:
    """Return a part without its Content-Transfer-Encoding; None if there is no such part.

    A multipart and an enclosed message have none (RFC 2045 6.4), so they are returned as they are.
    Raises: UnknownEncoding.
    """
    if not part:
        return slice_of(root.raw, root.begin, root.end, partial)
    entity = find_part(root, part)
    if entity is None:
        return None
    if entity.media_type.startswith("multipart/") or entity.encoding in IDENTITY:
        return slice_of(entity.raw, entity.body, entity.end, partial)
    return cut(b"".join(_decode(entity)), partial)


def decoded_size(root: Entity, part: tuple[int, ...]) -> int | None:
    """Return the number of bytes of a decoded part; None if there is no such part. Raises: UnknownEncoding."""
    entity = find_part(root, part) if part else root
    if entity is None:
        return None
    if not part:
        return root.end - root.begin
    if entity.media_type.startswith("multipart/") or entity.encoding in IDENTITY:
        return entity.end - entity.body
    return sum(map(len, _decode(entity)))


def _decode(entity: Entity) -> list[bytes]:
    if entity.encoding not in ENCODINGS:
        raise UnknownEncoding(entity.encoding)
    return list(decode_pieces(memoryview(entity.raw)[entity.body : entity.end], entity.encoding))
