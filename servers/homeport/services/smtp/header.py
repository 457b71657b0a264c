"""Checks of a message's content by the reader of `world/mail/mime`: its header, and what is in its body.

The header is checked as soon as it is complete. A body is read again only if there is something to check in it: parts,
or a Content-Transfer-Encoding. Of a large message the beginning is checked, and not on the reactor: `receiving.py`.
"""

import re
from collections.abc import Iterable

import msgspec

from homeport.world.mail.mime.charsets import find_codec
from homeport.world.mail.mime.checks import check_header, check_parts
from homeport.world.mail.mime.encoded_words import unfold
from homeport.world.mail.mime.parameters import Parameter
from homeport.world.mail.mime.structure import Entity, parse_header, parse_structure
from homeport.world.mail.mime.violations import Violation

MAX_RECEIVED = 100
"""Received fields of a message in a mail loop (RFC 5321 6.3)."""
MAX_CHECKED_AT_ONCE = 64 << 10
"""Bytes of a message whose body is checked on the reactor; that of a longer one is checked in the thread pool."""
MAX_CHECKED = 4 << 20
"""Bytes of a message that are checked; what follows is not."""
MIME = {"mime-version", "content-type", "content-transfer-encoding"}
"""Fields of a MIME message; without them a body has no encoding that it could break."""
SHOWN = 64
LAST_LINE_END = re.compile(rb"\r?\n(?![ \t])")
"""The end of a line that is not folded: a finding shows one field, or one line."""
US_ASCII = Parameter(((b"us-ascii", ""),))
"""The default charset (RFC 2045 5.2)."""


class Header(msgspec.Struct, frozen=True):
    """The result of checking a header."""

    subject: str = ""
    received: int = 0
    """Number of Received fields."""
    raw_8bit: bool = False
    """True if it has bytes over 127."""
    seven_bit: bool = True
    """True if the body of a MIME message must be 7-bit: its encoding is `7bit`, or missing (RFC 2045 6.1)."""
    has_structure: bool = False
    """True if `inspect_body` has something to check: parts, an encoding, a charset."""
    findings: dict[str, bytes] = {}


def inspect_header(head: bytes, *, whole: bool = True) -> Header:
    """Check a header: the bytes up to the empty line. whole: False if it is cut off at its limit."""
    header = parse_header(head, limit=len(head))
    if not whole:
        header = msgspec.structs.replace(header, whole=False)
    root = Entity(head, 0, header.body, len(head), header, "text/plain", 0)
    fields = [field.name for field in header.fields]
    subject = root.value(root.find("subject"))
    parameters = root.content_type.parameters if root.content_type is not None else {}
    charset = parameters.get(b"charset", US_ASCII).text
    return Header(
        subject=unfold(subject).decode("utf-8", "backslashreplace"),
        received=fields.count("received"),
        raw_8bit=not head.isascii(),
        seven_bit=root.is_seven_bit and not MIME.isdisjoint(fields),
        has_structure=root.encoding != "7bit"
        or root.media_type.startswith(("multipart/", "message/"))
        or find_codec(charset) not in ("ascii", "utf_8"),
        findings=show(head, check_header(root)),
    )


def inspect_body(raw: bytes, *, whole: bool, utf8: bool) -> dict[str, bytes]:
    """Check the body of a message, and return the findings, with the bytes that show each.

    whole: False if `raw` is only its beginning. utf8: True if headers may have UTF-8 (RFC 6531).
    """
    return show(raw, check_parts(parse_structure(raw).root, whole=whole, utf8=utf8))


def show(raw: bytes, violations: Iterable[Violation]) -> dict[str, bytes]:
    """Return the findings, each once, with the bytes that show it."""
    findings: dict[str, bytes] = {}
    for finding, at in violations:
        if finding not in findings:
            findings[finding] = LAST_LINE_END.split(raw[at : at + SHOWN], 1)[0] if at >= 0 else b""
    return findings
