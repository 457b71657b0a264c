"""Checks of bodies: Content-Transfer-Encodings (RFC 2045 6), charsets (RFC 2046 4.1) and multiparts (RFC 2046 5.1).

One search of the library passes over a body for each rule. Nothing in an enclosed message is checked but its bytes: it
may be another sender's.
"""

import re
from collections.abc import Iterator

from homeport.world.mail.mime.charsets import find_codec
from homeport.world.mail.mime.structure import IDENTITY, Entity
from homeport.world.mail.mime.transfer import decode_pieces
from homeport.world.mail.mime.violations import Violation

EIGHT_BIT = re.compile(rb"[\x80-\xff]")
MAX_LINE = 76
"""Characters of an encoded line (RFC 2045 6.7 (5) and 6.8)."""
BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=\s]")
BAD_ESCAPE = re.compile(rb"=(?![0-9A-F]{2}|[ \t]*+(?:\r?\n|\Z))")
"""An equals sign that begins no escape and no soft line break."""
PRINTABLE = bytes((9, 10, 13, *range(32, 127)))
NOT_PRINTABLE = re.compile(rb"[^\t\r\n -~]")
SPACES = (b" \r\n", b"\t\r\n", b" \n", b"\t\n")
LAST_SPACE = re.compile(rb"(?:[^=\s]|\n|\A)[ \t]++\r?\n")
"""White space at the end of a line."""
BOUNDARY = re.compile(rb"[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]")
ENCODINGS = {"7bit", "8bit", "binary", "quoted-printable", "base64"}
COMPOSITE = {"message/rfc822", "message/partial"}
REQUIRED = {
    "multipart/signed": (b"protocol", b"micalg"),
    "multipart/encrypted": (b"protocol",),
    "multipart/report": (b"report-type",),
    "multipart/related": (b"type",),
    "message/partial": (b"id", b"number"),
    "message/external-body": (b"access-type",),
}
"""Required parameters: RFC 1847 2.1 and 2.2, RFC 6522 3, RFC 2387 3.1, RFC 2046 5.2.2 and 5.2.3."""
LINES_AT_ONCE = 1 << 16
"""Bytes that are cut into lines in one go."""
MAX_TEXT = 1 << 20
"""Bytes of a text whose charset is checked."""


def check_bodies(root: Entity, *, whole: bool = True) -> Iterator[Violation]:
    """Check the bodies of a message. whole: False if `root.raw` is only the beginning of the message."""
    for entity, ancestors in _walk(root, ()):
        ends = whole or entity.end < len(entity.raw)
        if entity.media_type.startswith("multipart/"):
            yield from _check_multipart(entity, ancestors, ends=ends)
        if entity.media_type.startswith("multipart/") or entity.media_type in COMPOSITE:
            if entity.encoding in ENCODINGS - {*IDENTITY}:
                yield Violation("encoded-composite", _field_at(entity, "content-transfer-encoding"))
            if entity.is_seven_bit:
                yield from _find_8bit(entity)
        else:
            yield from _check_leaf(entity, ends=ends)
        parameters = entity.content_type.parameters if entity.content_type is not None else {}
        if any(name not in parameters for name in REQUIRED.get(entity.media_type, ())):
            yield Violation("missing-parameter", _field_at(entity, "content-type"))


def _walk(entity: Entity, ancestors: tuple[bytes, ...]) -> Iterator[tuple[Entity, tuple[bytes, ...]]]:
    """Yield the entities outside enclosed messages, each with the boundaries around it."""
    yield entity, ancestors
    if entity.boundary:
        for child in entity.children:
            yield from _walk(child, (*ancestors, entity.boundary))


def _field_at(entity: Entity, name: str) -> int:
    field = entity.find(name)
    return field.begin if field is not None else entity.begin


def _find_8bit(entity: Entity) -> Iterator[Violation]:
    raw, begin, end = entity.raw, entity.body, entity.end
    if not raw[begin:end].isascii() and (match := EIGHT_BIT.search(raw, begin, end)):
        yield Violation("8bit-in-7bit", match.start())


def _check_multipart(entity: Entity, ancestors: tuple[bytes, ...], *, ends: bool) -> Iterator[Violation]:
    at = _field_at(entity, "content-type")
    if not BOUNDARY.fullmatch(entity.boundary):
        yield Violation("bad-boundary", at)
    elif entity.boundary in ancestors:
        yield Violation("boundary-reused", at)
    elif entity.whole and ends:
        if not entity.children:
            yield Violation("multipart-without-parts" if entity.closed else "boundary-unused", at)
        elif not entity.closed:
            yield Violation("no-closing-boundary", at)


def _check_leaf(entity: Entity, *, ends: bool) -> Iterator[Violation]:
    encoding, sound = entity.encoding, True
    if encoding == "7bit":
        yield from _find_8bit(entity)
    elif encoding in ("base64", "quoted-printable"):
        bad = _find_bad_base64(entity, ends=ends) if encoding == "base64" else _find_bad_quoted_printable(entity)
        if bad >= 0:
            sound = False
            yield Violation(f"bad-{encoding}", bad)
        if (overlong := _find_overlong(entity)) >= 0:
            yield Violation(f"{encoding}-line-too-long", overlong)
    if sound and entity.media_type.startswith("text/"):
        yield from _check_text(entity, ends=ends)


def _find_overlong(entity: Entity) -> int:
    """Return the offset of an overlong line; -1 if there is none."""
    raw, at, end = entity.raw, entity.body, entity.end
    while at < end:
        stop = end if end - at <= LINES_AT_ONCE else raw.rfind(b"\n", at, at + LINES_AT_ONCE) + 1
        if not stop:
            return at
        lines = raw[at:stop].splitlines()
        longest = max(lines, key=len)
        if len(longest) > MAX_LINE:
            return raw.index(longest, at)
        at = stop
    return -1


def _find_bad_base64(entity: Entity, *, ends: bool) -> int:
    """Return the offset of an error in base64; -1 if there is none."""
    raw, begin, end = entity.raw, entity.body, entity.end
    letters = raw[begin:end].translate(None, b" \t\r\n")
    if letters.translate(None, BASE64) and (match := NOT_BASE64.search(raw, begin, end)):
        return match.start()
    data = letters.rstrip(b"=")
    if b"=" in data:
        return raw.index(b"=", begin, end)
    if len(letters) - len(data) > 2 or (ends and len(letters) % 4):
        return max(begin, len(raw[begin:end].rstrip()) + begin - 1)
    return -1


def _find_bad_quoted_printable(entity: Entity) -> int:
    """Return the offset of an error in quoted-printable; -1 if there is none."""
    raw, begin, end = entity.raw, entity.body, entity.end
    patterns = [BAD_ESCAPE]
    body = raw[begin:end]
    if body.translate(None, PRINTABLE):
        patterns.append(NOT_PRINTABLE)
    if any(space in body for space in SPACES):
        patterns.append(LAST_SPACE)
    return min((match.start() for one in patterns if (match := one.search(raw, begin, end))), default=-1)


def _check_text(entity: Entity, *, ends: bool) -> Iterator[Violation]:
    """Check that a text is in its charset (RFC 2046 4.1.2)."""
    parameter = entity.content_type.parameters.get(b"charset") if entity.content_type is not None else None
    if parameter is None and entity.media_type != "text/plain":
        return  # other types may name the charset inside, or have another default (RFC 6657)
    label = parameter.text if parameter is not None else "us-ascii"
    codec = find_codec(label)
    at = _field_at(entity, "content-type")
    if not codec:
        yield Violation("unknown-charset", at)
    elif codec in ("ascii", "utf_8") or entity.encoding == "base64":
        stop = min(entity.end, entity.body + 2 * MAX_TEXT)
        text = b"".join(decode_pieces(memoryview(entity.raw)[entity.body : stop], entity.encoding))
        if codec == "ascii" and entity.encoding != "7bit" and not text.isascii():
            yield Violation("8bit-in-us-ascii", at)
        if codec == "utf_8" and not _is_utf8(text, ends=ends and stop == entity.end):
            yield Violation("text-not-in-charset", at)
        if entity.encoding == "base64" and not codec.startswith("utf_16") and has_bare_lf(text):
            yield Violation("text-line-ends", entity.body)


def has_bare_lf(text: bytes) -> bool:
    """Return True if a line of a text ends with LF alone."""
    return text.count(b"\n") != text.count(b"\r\n")


def _is_utf8(text: bytes, *, ends: bool) -> bool:
    """Return True if bytes are UTF-8. ends: False if the last character may be cut off."""
    try:
        text.decode()
    except UnicodeDecodeError as error:
        return not ends and error.start >= len(text) - 3
    return True
