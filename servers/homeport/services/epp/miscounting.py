"""Lengths that count too little: what follows a frame shows them (RFC 5734 4).

A frame whose XML breaks off may be framed rightly, and just hold bad XML. Its length was wrong only if the octets that
follow are the rest of that XML; how many they are says what the client did.
"""

import re
from typing import NamedTuple

from homeport.services.epp.framing import BLANK, HEADER, Misframed

ROOT = re.compile(rb"\s*(?:<\?xml[^>]*\?>\s*)?<((?:[\w.-]{1,32}:)?epp)[\s>]")
CONTINUATION = bytes(range(0x80, 0xC0))
"""Octets that are not the first of their character, in UTF-8."""
MAX_TAIL = 64
"""Bytes at the end of a frame that may hold a part of its last tag."""


class FrameEnd(NamedTuple):
    """The end of a frame."""

    tail: bytes
    last_tag: re.Pattern[bytes]
    """The end tag of its root."""
    complete: bool
    """True if the frame has that tag."""
    extra: int
    """Number of octets beyond the number of its characters."""


def end_of(xml: bytes) -> FrameEnd | None:
    """Return the end of a frame; None if no EPP in UTF-8 begins it."""
    root = ROOT.match(xml)
    if root is None:
        return None
    last_tag = re.compile(b"</" + re.escape(root[1]) + rb"\s*>")
    tail = xml[-MAX_TAIL:]
    return FrameEnd(tail, last_tag, last_tag.search(tail) is not None, _extra(xml))


def _extra(data: bytes) -> int:
    return len(data) - len(data.translate(None, CONTINUATION))


def miscount(end: FrameEnd | None, rest: bytes) -> Misframed | None:
    """Return what a client did whose frame ended before its XML; None if the octets that follow are not its rest.

    rest: the octets that follow, as far as they have come.
    """
    if end is None or not rest or rest[0] == 0:  # the first octet of every length that is allowed
        return None
    if end.complete:  # only blanks can be missing
        missing, blanks, extra = 0, len(rest) - len(rest.lstrip(BLANK)), end.extra
        return _diagnosis(rest, range(blanks, blanks + 1), extra) if blanks and blanks == extra else None
    found = end.last_tag.search(end.tail + rest)
    if found is None:
        return _too_short(rest, "")
    missing = found.end() - len(end.tail)
    behind = rest[missing:]
    blanks = len(behind) - len(behind.lstrip(BLANK))
    return _diagnosis(rest, range(missing, missing + blanks + 1), end.extra + _extra(rest[:missing]))


def _diagnosis(rest: bytes, missing: range, extra: int) -> Misframed:
    """Return the diagnosis. missing: numbers of octets that the length may have left out. extra: as in `FrameEnd`."""
    left_out, in_characters = HEADER in missing, extra > 0 and extra in missing
    if left_out and in_characters:
        return _too_short(rest, f"{HEADER} ", "leaves out its own four octets, or counts characters instead of octets")
    if left_out:
        return Misframed(
            "length-without-header",
            "this XML ends four octets early: your length leaves out its own four octets, which count too (RFC 5734 4)",
            rest,
        )
    if in_characters or (extra > 0 and extra + HEADER in missing):
        and_header = "" if in_characters else ", and leaves out its own four octets, which count too"
        return Misframed(
            "length-in-characters",
            f"this XML has {extra} octets more than characters, and ends "
            f"{extra if in_characters else extra + HEADER} octets early: "
            f"your length counts characters instead of octets{and_header}; encode the XML first (RFC 5734 4)",
            rest,
        )
    return _too_short(rest, f"{missing.start} ")


def _too_short(rest: bytes, number: str, cause: str = "is too small") -> Misframed:
    more = f"for {number}octets " if number else ""
    return Misframed(
        "length-too-short",
        f"this XML goes on {more}after the end of its frame: your length {cause}; it is the number of octets of the "
        "XML and four (RFC 5734 4)",
        rest,
    )
