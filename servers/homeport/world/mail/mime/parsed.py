"""A message that is taken apart only as far as it is asked for."""

from collections.abc import Callable
from functools import cached_property

from homeport.world.mail.mime.body_structure import Body, make_body
from homeport.world.mail.mime.content import parse_message
from homeport.world.mail.mime.envelope import Envelope, make_envelope
from homeport.world.mail.mime.sections import (
    Partial,
    Section,
    cut,
    decoded_size,
    read_decoded,
    read_header,
    read_section,
    slice_of,
)
from homeport.world.mail.mime.structure import Entity, Header, parse_header, parse_structure

PREVIEW_CHARACTERS = 200
"""RFC 8970 3.2: 200 at most, unless the server knows that its clients take 256."""


class ParsedMessage:
    """A message.

    raw: its bytes, or its beginning if `is_enough` says so.
    """

    def __init__(self, raw: bytes) -> None:
        self.raw = raw

    @cached_property
    def header(self) -> Header:
        """Its header; the body is not looked at."""
        return self.root.header if "root" in self.__dict__ else parse_header(self.raw)

    @cached_property
    def root(self) -> Entity:
        """Its parts."""
        return parse_structure(self.raw).root

    @cached_property
    def envelope(self) -> Envelope:
        """Its envelope."""
        return make_envelope(self.raw, self.header)

    @cached_property
    def body(self) -> Body:
        """The structure of its body."""
        return make_body(self.root)

    def section(self, section: Section, partial: Partial | None = None) -> bytes | None:
        """Return a section; None if there is no such part."""
        if section.is_whole:
            return slice_of(self.raw, 0, len(self.raw), partial)
        if section.is_header:
            return cut(read_header(self.raw, 0, len(self.raw), self.header, section), partial)
        if not section.part:
            return slice_of(self.raw, self.header.body, len(self.raw), partial)
        return read_section(self.root, section, partial)

    def decoded(self, part: tuple[int, ...], partial: Partial | None = None) -> bytes | None:
        """Return a decoded part; None if there is no such part. Raises: UnknownEncoding."""
        return read_decoded(self.root, part, partial)

    def decoded_size(self, part: tuple[int, ...]) -> int | None:
        """Return the number of bytes of a decoded part; None if there is no such part. Raises: UnknownEncoding."""
        return decoded_size(self.root, part)

    def preview(self) -> str:
        """Return the beginning of its text for a list of messages (RFC 8970); empty if it has no text."""
        from homeport.world.mail.extracts import readable

        content = parse_message(self.raw)
        for part in content.parts:
            if part.content_type in ("text/plain", "text/html") and part.disposition != "attachment":
                words = " ".join(readable(part.content_type, part.text()).split())
                if words:
                    return words[:PREVIEW_CHARACTERS].rstrip()
        return ""


class UnreadMessage(ParsedMessage):
    """A message that is read when its bytes are asked for."""

    def __init__(self, read: Callable[[], bytes]) -> None:
        self._read = read

    @cached_property
    def raw(self) -> bytes:  # type: ignore[override]
        """Its bytes."""
        return self._read()


def is_enough(head: bytes, size: int) -> bool:
    """Return True if the beginning of a message has its whole header. size: bytes of the message."""
    if len(head) >= size:
        return True
    header = parse_header(head)
    return header.whole and header.body < len(head) - 2


HEAD_BYTES = 16 << 10
"""Bytes of a message that are read first if its header is wanted: that is enough for nearly all."""
