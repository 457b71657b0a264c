"""The structure of a message's body as IMAP has it (RFC 9051 7.5.2): `BODYSTRUCTURE`.

A multipart that has no parts, or whose parts are over a limit, gets one text part with its whole body: the grammar
wants at least one, and so nothing is hidden. Sizes are those of the message as it is stored and sent.
"""

import re

import msgspec

from homeport.world.mail.mime.encoded_words import unfold
from homeport.world.mail.mime.envelope import Envelope, make_envelope
from homeport.world.mail.mime.parameters import Parsed, parse_parameters
from homeport.world.mail.mime.structure import MESSAGE_TYPES, Entity

Parameters = tuple[tuple[bytes, bytes], ...]
US_ASCII: Parameters = ((b"charset", b"us-ascii"),)
LANGUAGE = re.compile(rb"[A-Za-z0-9-]{1,40}")
MAX_LANGUAGES = 20
WINDOW = 1 << 20
"""Bytes whose lines are counted at once."""
NO_ENVELOPE = Envelope(None, None, (), (), (), (), (), (), None, None)


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """A part, with what is in it."""

    type: bytes
    subtype: bytes
    parameters: Parameters = ()
    content_id: bytes | None = None
    description: bytes | None = None
    encoding: bytes = b"7bit"
    size: int = 0
    lines: int | None = None
    """Number of line ends of a text or an enclosed message; None for other types."""
    envelope: Envelope | None = None
    """Of an enclosed message."""
    children: tuple["Body", ...] = ()
    """The parts of a multipart; the body of an enclosed message."""
    md5: bytes | None = None
    disposition: tuple[bytes, Parameters] | None = None
    languages: tuple[bytes, ...] = ()
    location: bytes | None = None

    @property
    def is_multipart(self) -> bool:
        """True for a multipart."""
        return self.type == b"multipart"


EMPTY_TEXT = Body(type=b"text", subtype=b"plain", parameters=US_ASCII, lines=0)


def make_body(entity: Entity) -> Body:
    """Return the structure of a message or part."""
    major, _, minor = entity.media_type.encode().partition(b"/")
    about = entity.content_type
    parameters = about.written if about is not None else ()
    if major == b"multipart":
        children = tuple(map(make_body, entity.children)) or (_unsplit(entity),)
        return Body(
            type=major,
            subtype=minor,
            parameters=parameters,
            children=children,
            disposition=_disposition(entity.disposition),
            languages=_languages(entity),
            location=_text(entity, "content-location"),
        )
    envelope: Envelope | None = None
    enclosed: tuple[Body, ...] = ()
    if entity.media_type in MESSAGE_TYPES:
        if entity.children:
            inner = entity.children[0]
            envelope, enclosed = make_envelope(inner.raw, inner.header), (make_body(inner),)
        else:
            envelope, enclosed = NO_ENVELOPE, (EMPTY_TEXT,)
    if major == b"text" and not any(name.partition(b"*")[0] == b"charset" for name, _value in parameters):
        parameters += US_ASCII
    return Body(
        type=major,
        subtype=minor,
        parameters=parameters,
        content_id=_text(entity, "content-id"),
        description=_text(entity, "content-description"),
        encoding=entity.encoding.encode() or b"7bit",
        size=entity.end - entity.body,
        lines=count_lines(entity) if major == b"text" or enclosed else None,
        envelope=envelope,
        children=enclosed,
        md5=_text(entity, "content-md5"),
        disposition=_disposition(entity.disposition),
        languages=_languages(entity),
        location=_text(entity, "content-location"),
    )


def _unsplit(entity: Entity) -> Body:
    """Return the part that stands for the body of a multipart without parts."""
    return Body(
        type=b"text",
        subtype=b"plain",
        parameters=US_ASCII,
        size=entity.end - entity.body,
        lines=count_lines(entity),
    )


def count_lines(entity: Entity) -> int:
    """Return the number of line ends of a body; a last line without one does not count."""
    raw, total = entity.raw, 0
    for at in range(entity.body, entity.end, WINDOW):
        total += raw.count(b"\n", at, min(at + WINDOW, entity.end))
    return total


def _text(entity: Entity, name: str) -> bytes | None:
    """Return the value of a field on one line; None if it is missing."""
    field = entity.find(name)
    return None if field is None else unfold(bytes(entity.value(field)))


def _disposition(parsed: Parsed | None) -> tuple[bytes, Parameters] | None:
    return (parsed.value, parsed.written) if parsed is not None and parsed.value else None


def _languages(entity: Entity) -> tuple[bytes, ...]:
    """Return the tags of Content-Language (RFC 3282)."""
    field = entity.find("content-language")
    if field is None:
        return ()
    value = parse_parameters(entity.value(field)).value
    return tuple(LANGUAGE.findall(value)[:MAX_LANGUAGES])
