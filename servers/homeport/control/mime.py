"""A message's octets as people read them: decoded headers, text, HTML, parts (RFC 5322, RFC 2045 to 2047, RFC 2231).

Every sequence of octets is a message here, and none takes long: how deep parts lie in each other, how many they are,
and how much of their headers is read is bounded. The library's parser has no such bounds, so it reads headers only, and
the parts are cut here. What is over a bound is left as it is: text of the part that it is in. A message within a
message (message/rfc822) is one part.
"""

import binascii
import re
from collections.abc import Callable, Iterator
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message as Header
from email.parser import BytesHeaderParser
from email.policy import compat32
from itertools import count
from typing import Any, TypeVar

import msgspec

DEEPEST = 20
"""Multiparts within each other."""
MOST_PARTS = 500
MOST_DELIMITERS = 5000
"""Lines of a whole message that begin as a delimiter does."""
HEADER_LIMIT = 64 << 10
"""Octets of a header that are read."""
HEADERS_LIMIT = 256 << 10
"""Octets of all headers that are read."""
TEXT_LIMIT = 1 << 20
"""Octets of a text that are decoded for reading; the part itself has all."""
PARAMETERS_LIMIT = 8 << 10
"""Characters of a header with parameters."""
READ = {"content-type", "content-disposition", "content-id", "content-transfer-encoding"}
"""Headers that say what a part is; of several of a name the first counts."""
END_OF_HEADER = re.compile(rb"\r?\n\r?\n")
FOLD = re.compile(r"\r?\n(?=[ \t])|[\r\n]+")
DELIMITER_END = re.compile(rb"(--)?[ \t]*(?:\r?\n|\Z)")
# Not texts in the sense that a message has them, or slow: they take quadratic time.
NO_CHARSETS = {"punycode", "idna", "unicode_escape", "raw_unicode_escape"}

Found = TypeVar("Found")


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A part that has no parts."""

    index: int
    """From 1, in the order of the message."""
    content_type: str
    charset: str
    filename: str
    disposition: str
    content_id: str
    encoding: str
    """Its Content-Transfer-Encoding, in lower case."""
    body: bytes
    """As it is in the message."""

    @property
    def attachment(self) -> bool:
        """Whether it is meant to be kept as a file, rather than to be read."""
        return self.disposition == "attachment" or bool(self.filename) or not self.content_type.startswith("text/")

    def content(self) -> bytes:
        """Its octets, decoded as far as they can be."""
        return decode_body(self.body, self.encoding)

    def text(self) -> str:
        """Its text, its beginning if it is long; octets of no character of its charset are replaced."""
        return decode_text(decode_body(self.body[: 2 * TEXT_LIMIT], self.encoding)[:TEXT_LIMIT], self.charset)


class Content(msgspec.Struct, frozen=True):
    """A message, read."""

    headers: list[tuple[str, str]]
    parts: list[Part]

    def header(self, name: str) -> str:
        """The first header of that name; empty if there is none."""
        return first(self.headers, name)

    def readable(self, content_type: str) -> str:
        """The text to read of that type; empty if there is none."""
        for part in self.parts:
            if part.content_type == content_type and not part.attachment:
                return part.text()
        return ""


def read_headers(raw: bytes) -> list[tuple[str, str]]:
    """Names and decoded values of a message's header. raw: the message, or its beginning."""
    header, _body = split(raw)
    return decoded(parse_header(header))


def read_message(raw: bytes) -> Content:
    """A whole message."""
    return _Reader().read(raw)


def first(headers: list[tuple[str, str]], name: str) -> str:
    """The first header of that name; empty if there is none."""
    return next((value for each, value in headers if each.lower() == name.lower()), "")


def split(raw: bytes) -> tuple[bytes, bytes]:
    """Header, with the end of its last line, and body, which the header is not longer than its limit of."""
    if raw[:1] == b"\n" or raw[:2] == b"\r\n":
        return b"", raw[raw.index(b"\n") + 1 :]
    end = END_OF_HEADER.search(raw)
    if end is None:
        return raw[:HEADER_LIMIT], b""
    return raw[: min(raw.index(b"\n", end.start()) + 1, HEADER_LIMIT)], raw[end.end() :]


def parse_header(header: bytes) -> Header:
    """A header by the library."""
    return BytesHeaderParser(policy=compat32).parsebytes(header)


def decoded(header: Header) -> list[tuple[str, str]]:
    """Names and values for people."""
    return [(_text(name), decode_value(value)) for name, value in header.raw_items()]


def decode_value(value: Any) -> str:
    """A header's value on one line, its encoded words decoded (RFC 2047), its octets beyond ASCII as UTF-8."""
    text = FOLD.sub("", _text(str(value)))
    if "=?" not in text:
        return text
    try:
        words = decode_header(text)
    except (HeaderParseError, ValueError):
        return text
    return "".join(word if isinstance(word, str) else decode_text(word, charset or "ascii") for word, charset in words)


def decode_body(body: bytes, encoding: str) -> bytes:
    """Octets out of their Content-Transfer-Encoding (RFC 2045 6); as they are if they are not of it."""
    if encoding == "base64":
        try:
            return binascii.a2b_base64(body)
        except binascii.Error:
            # Cut off in the middle: what is whole of it.
            kept = re.sub(rb"[^A-Za-z0-9+/]", b"", body)
            return binascii.a2b_base64(kept[: len(kept) & ~3])
    if encoding == "quoted-printable":
        return binascii.a2b_qp(body)
    return body


def decode_text(octets: bytes, charset: str) -> str:
    """Octets as text; UTF-8 if nobody knows the charset."""
    name = charset.lower().replace("-", "_")
    try:
        text = octets.decode("utf_8" if name in NO_CHARSETS or name in ("", "us_ascii", "ascii") else name, "replace")
    except (LookupError, ValueError):
        text = octets.decode("utf-8", "replace")
    # UTF-7 and the like can make halves of characters, which JSON cannot carry.
    return text.encode("utf-8", "replace").decode()


def _text(value: str) -> str:
    """What the library has made of octets, as UTF-8."""
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _quietly(ask: Callable[[], Found], otherwise: Found) -> Found:
    """What the library says of a header; it raises many things at those that are wrong."""
    try:
        return ask()
    except Exception:
        return otherwise


class _Reader:
    """Reads one message."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._parts: list[Part] = []
        self._headers_left = HEADERS_LIMIT
        self._delimiters_left = MOST_DELIMITERS

    def read(self, raw: bytes) -> Content:
        octets, body = split(raw)
        header = parse_header(octets)
        self._take(header, body, "text/plain", DEEPEST)
        return Content(decoded(header), self._parts)

    def _take(self, header: Header, body: bytes, default: str, depth: int) -> None:
        """A part or a multipart. default: its type if its header names none. depth: how many may lie in it."""
        plain = {name.lower(): value for name, value in reversed(list(header.raw_items())) if name.lower() in READ}
        about = Header()
        about.set_default_type(default)
        for name, value in plain.items():
            about[name] = decode_value(value)[:PARAMETERS_LIMIT]
        content_type = _quietly(about.get_content_type, default)
        boundary = str(_quietly(about.get_boundary, None) or "")
        if content_type.startswith("multipart/") and boundary and depth:
            inner = "message/rfc822" if content_type == "multipart/digest" else "text/plain"  # RFC 2046 5.1.5
            cut = list(self._cut(body, boundary.encode("utf-8", "replace")))
            if cut:
                for part in cut:
                    self._take_inner(part, inner, depth - 1)
                return
        self._parts.append(
            Part(
                index=next(self._numbers),
                content_type=_text(content_type),
                charset=_text(str(_quietly(about.get_content_charset, None) or "")),
                filename=_text(decode_value(_quietly(about.get_filename, None) or "")),
                disposition=_text(_quietly(about.get_content_disposition, None) or ""),
                content_id=about.get("Content-ID", "").strip(" <>"),
                encoding=about.get("Content-Transfer-Encoding", "").strip().lower(),
                body=body,
            )
        )

    def _take_inner(self, raw: bytes, default: str, depth: int) -> None:
        if len(self._parts) >= MOST_PARTS:
            return
        header, body = split(raw)
        header = header[: self._headers_left]
        self._headers_left -= len(header)
        self._take(parse_header(header), body, default, depth)

    def _cut(self, body: bytes, boundary: bytes) -> Iterator[bytes]:
        """The parts of a multipart's body (RFC 2046 5.1.1); the line end before a delimiter belongs to it."""
        mark = b"\n--" + boundary
        begun = -1
        at = -1 if body.startswith(mark[1:]) else body.find(mark)
        while (at >= 0 or begun < 0) and self._delimiters_left:
            self._delimiters_left -= 1
            end = DELIMITER_END.match(body, at + len(mark))
            if end:
                if begun >= 0:
                    yield body[begun : at - 1 if body[at - 1 : at] == b"\r" else at]
                if end[1]:
                    return
                begun = end.end()
            # The end of one delimiter can be the line end before the next.
            following = body.find(mark, max(end.end() - 1, 0) if end else at + len(mark))
            if following < 0:
                break
            at = following
        if begun >= 0:
            yield body[begun:]
