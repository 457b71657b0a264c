"""Recognition of a protocol that does not belong on a listener: plain text or HTTP where TLS begins, TLS in plain text.

Every function here judges the beginning of a stream, or of a line or frame, by as many octets as settle it. The verdict
therefore does not depend on how the network cut the octets.

TLS inside plain text is looked for where a session expects a command. Services to which any octets are legal (Echo,
Discard, those that ignore their input) do not look for it.
"""

import re
from typing import Literal

Opening = Literal["tls", "http", "proxy", "text", "binary"]
"""What a client speaks that was expected to begin with a ClientHello: TLS, a request of HTTP, one for an HTTP proxy,
other text, or neither."""

HELLO_SIZE = 3
"""Octets that tell a TLS record with a handshake message: its type and version (RFC 8446 5.1)."""
HELLO = re.compile(rb"\x16\x03[\x00-\x04]")
HELLO_ON_LINE = re.compile(rb"(?:\A|(?<=\n))\x16\x03[\x00-\x04]")
RECORD_TYPES = range(0x14, 0x19)
FIRST_NOT_ASCII = 0x80
"""A hello of SSL 2.0 begins with an octet from here on; OpenSSL has words for it."""
TEXT = frozenset(b"\t\r\n") | frozenset(range(0x20, 0x7F))
LONGEST_LINE = 1024
"""Octets of a first line that are looked at."""
REQUEST_LINE = re.compile(rb"([A-Z]{3,16}) \S+ HTTP/\d(?:\.\d)?\Z")


def is_hello(octets: bytes) -> bool:
    """Return whether octets begin with a TLS record that holds a handshake message."""
    return HELLO.match(octets) is not None


def find_hello(held: bytes, data: bytes) -> int:
    """Return where in `data` a TLS record begins that stands at the beginning of a line; -1 if none does.

    held: the octets of the line that has begun and is not whole. If the record begins in them, the result is 0.
    """
    if held[:1] == b"\x16" and len(held) < HELLO_SIZE and is_hello(held + data[:HELLO_SIZE]):
        return 0
    if 0x16 not in data:
        return -1
    # Behind held octets the first one goes on with their line. `\A` matches at the beginning of the data alone.
    found = HELLO_ON_LINE.search(data, 1 if held else 0)
    return found.start() if found else -1


def opening_of(octets: bytes, *, ended: bool = False) -> Opening | None:
    """Return what a client speaks by its first octets; None until more of them decide.

    ended: no more will come, so what is there decides.
    """
    first = octets[0]
    if first in RECORD_TYPES or first >= FIRST_NOT_ASCII:
        return "tls"
    if first not in TEXT:
        return "binary"
    line, end, _rest = octets[:LONGEST_LINE].partition(b"\n")
    if not end and len(octets) < LONGEST_LINE and not ended:
        return None
    request = REQUEST_LINE.match(line.rstrip(b"\r"))
    if request is None:
        return "text"
    return "proxy" if request[1] == b"CONNECT" else "http"


def first_line(octets: bytes) -> bytes:
    """Return the line that `opening_of` judged, without its end."""
    return octets[:LONGEST_LINE].partition(b"\n")[0].rstrip(b"\r")


def http_refusal(reason: str) -> bytes:
    """Return the answer of HTTP to a request that came to something else (RFC 9110 15.5.1)."""
    body = f"{reason}\n".encode()
    head = f"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode() + body
