"""Messages as POP3 sends them (RFC 1939 3): dot-stuffed, and ended by a line with a dot alone.

A dot after LF alone is stuffed too: many clients take LF for the end of a line, and would end the message there.
"""

import re
from collections.abc import Iterator

PIECE_BYTES = 1 << 17
"""Bytes of a message that are sent in one turn."""
HEADER_END = re.compile(rb"\r?\n\r?\n")
MAX_HEADER_BYTES = 1 << 20
COUNTED_BYTES = 1 << 12
"""Bytes in which the end of a line is looked for one by one."""
END = b".\r\n"


def serialize(raw: bytes) -> bytes:
    """Return a message as RETR sends it after its first line."""
    return b"%s%s" % (stuff(raw), ending(raw))


def pieces(raw: bytes) -> Iterator[bytes]:
    """Yield the same in pieces, each made when it is asked for."""
    begin = 0
    while begin < len(raw):
        end = begin + PIECE_BYTES
        if end < len(raw):
            # Cut after a line: each piece begins with one, so that its dot is stuffed, and no other.
            end = raw.rfind(b"\n", begin, end) + 1 or raw.find(b"\n", end) + 1 or len(raw)
        yield stuff(raw[begin:end])
        begin = end
    yield ending(raw)


def wire_size(raw: bytes) -> int:
    """Return the bytes of a message as it is sent."""
    return len(raw) + raw.count(b"\n.") + raw.startswith(b".") + len(ending(raw))


def stuff(lines: bytes) -> bytes:
    """Return lines with a dot before each that begins with one."""
    stuffed = lines.replace(b"\n.", b"\n..")
    return b"." + stuffed if stuffed.startswith(b".") else stuffed


def ending(raw: bytes) -> bytes:
    """Return what is sent after a message."""
    return END if raw.endswith(b"\n") or not raw else b"\r\n" + END


def top(raw: bytes, lines: int) -> bytes:
    """Return the part of a message that TOP sends: the header, the empty line, and lines of the body."""
    begin = header_end(raw)
    if lines > raw.count(b"\n", begin):
        return raw
    end = len(raw)
    while end - begin > COUNTED_BYTES:  # halve the part in which the last line ends
        middle = (begin + end) // 2
        found = raw.count(b"\n", begin, middle)
        if found < lines:
            begin, lines = middle, lines - found
        else:
            end = middle
    for _ in range(lines):
        begin = raw.find(b"\n", begin) + 1
    return raw[:begin]


def header_end(raw: bytes) -> int:
    """Return the offset of the body of a message."""
    if raw.startswith((b"\r\n", b"\n")):  # no header at all
        return raw.find(b"\n") + 1
    found = HEADER_END.search(raw)
    return len(raw) if found is None else found.end()


def is_utf8(raw: bytes) -> bool:
    """Return True if the header of a message has bytes beyond ASCII that are UTF-8 (RFC 6532)."""
    found = HEADER_END.search(raw, 0, MAX_HEADER_BYTES)
    header = bytes(raw[: MAX_HEADER_BYTES if found is None else found.start()])
    if header.isascii():
        return False
    try:
        header.decode()
    except UnicodeDecodeError:
        return False
    return True
