"""Content-Transfer-Encodings (RFC 2045 6), decoded piece by piece; malformed bytes are ignored or kept.

A piece is small, because one call of the library holds the interpreter's lock, and with it the reactor.
"""

import binascii
from collections.abc import Iterator

MAX_EQUALS_SIGNS = 1000
"""Equals signs in a window of base64; if there are more, all are stray."""
WINDOW = 1 << 20
"""Bytes that one call of the library processes."""
MAX_PADDING = 1000
"""Spaces and tabs that are kept until it is known whether a line ends after them; more than any valid line has."""
NOT_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="))


def decode_pieces(body: memoryview, encoding: str) -> Iterator[bytes]:
    """Decode a body. encoding: its Content-Transfer-Encoding in lower case."""
    windows = (bytes(body[at : at + WINDOW]) for at in range(0, len(body), WINDOW))
    if encoding == "base64":
        yield from decode_base64(windows)
    elif encoding == "quoted-printable":
        yield from decode_quoted_printable(windows)
    else:
        yield from windows


def decode_base64(windows: Iterator[bytes]) -> Iterator[bytes]:
    """Decode base64 up to its padding; an incomplete group at the end is dropped, and so are stray equals signs."""
    left = b""
    for window in windows:
        data = left + window.translate(None, NOT_BASE64)
        if data.count(b"=") > MAX_EQUALS_SIGNS:
            data = data.translate(None, b"=")
        whole = len(data)
        while (pad := data.find(b"=")) >= 0:
            if pad % 4 == 3 or (pad % 4 == 2 and data[pad + 1 : pad + 2] == b"="):
                yield binascii.a2b_base64(data[:pad] + b"=" * (-pad % 4))
                return
            if pad % 4 == 2 and pad + 1 == len(data):  # the second one may follow
                whole = pad
                break
            data = data[:pad] + data[pad + 1 :]
            whole = len(data)
        whole &= ~3
        yield binascii.a2b_base64(data[:whole])
        left = data[whole:]


def decode_quoted_printable(windows: Iterator[bytes]) -> Iterator[bytes]:
    """Decode quoted-printable; windows are cut at line ends, or between escapes."""
    left = b""
    for window in windows:
        data = left + window
        cut = data.rfind(b"\n") + 1
        if not cut:
            cut = _end_of_text(data)
        yield _decode_lines(data[:cut])
        left = data[cut:]
    yield _decode_lines(left.rstrip(b" \t"))


def _end_of_text(data: bytes) -> int:
    """Return where an unfinished line has its last character before white space, or an incomplete escape."""
    cut = len(data.rstrip(b" \t\r"))
    if len(data) - cut > MAX_PADDING:
        return len(data)
    escape = data.rfind(b"=", max(0, cut - 2), cut)
    return cut if escape < 0 else escape


def _decode_lines(data: bytes) -> bytes:
    """Decode lines without the white space at their ends, which was added in transport (RFC 2045 6.7, rule 3)."""
    if any(end in data for end in (b" \r", b" \n", b"\t\r", b"\t\n")):
        *lines, last = data.split(b"\n")  # a regular expression would hold the interpreter's lock
        data = b"\n".join([*map(_strip_line, lines), last])
    return binascii.a2b_qp(data)


def _strip_line(line: bytes) -> bytes:
    return line[:-1].rstrip(b" \t") + b"\r" if line.endswith(b"\r") else line.rstrip(b" \t")
