"""Detection of foreign protocols: plain text or HTTP on a TLS port, TLS or HTTP on a port of commands.

Every function here judges the beginning of a stream, a line or a frame, by as many bytes as decide it. The result
therefore does not depend on segment boundaries.

TLS on a plaintext port is looked for where a session expects a command. Services to which any input is legal (Echo,
Discard, those that ignore their input) do not look for it.

HTTP is looked for on every line where a session expects one, because a web page can make its browser send a request
to any port (cross-protocol scripting): the server would refuse the header lines one by one, and then obey the body.
The body of a form may hold any lines, but a browser always sends a request line and `Host` before it. So the session
ends at the first line that is one of these, as with Redis and Postfix.
"""

import re
from typing import Literal

Opening = Literal["tls", "http", "proxy", "text", "binary"]
"""Protocol of a client on a TLS port: TLS, an HTTP request, a request to an HTTP proxy (CONNECT), other text, or none
of these."""

HELLO_SIZE = 3
"""Bytes that identify a TLS record with a handshake message: its type and version (RFC 8446 5.1)."""
CLIENT_HELLO_SIZE = 11
"""Bytes that identify a ClientHello: headers of its record and message, and its version (RFC 8446 4.1.2)."""
CLIENT_HELLO = re.compile(rb"\x16\x03[\x00-\x04](..)\x01(...)\x03[\x00-\x04]", re.DOTALL)
HELLO = re.compile(rb"\x16\x03[\x00-\x04]")
HELLO_ON_LINE = re.compile(rb"(?:\A|(?<=\n))\x16\x03[\x00-\x04]")
RECORD_TYPES = range(0x14, 0x19)
FIRST_NOT_ASCII = 0x80
"""A hello of SSL 2.0 begins with a byte from here on; OpenSSL reports it."""
TEXT = frozenset(b"\t\r\n") | frozenset(range(0x20, 0x7F))
MAX_LINE = 1024
"""Bytes of a first line that are examined."""
REQUEST_LINE = re.compile(rb"([A-Z]{3,16}) \S+ HTTP/\d(?:\.\d)?\Z")

HTTP_METHODS = frozenset(
    b"GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH PRI PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK REPORT"
    b" SEARCH QUERY M-SEARCH".split()
)
HTTP_FIELDS = frozenset(
    b"accept authorization cache-control connection cookie cookie2 dnt expect forwarded host http2-settings keep-alive"
    b" last-event-id origin pragma priority purpose referer save-data service-worker transfer-encoding upgrade"
    b" upgrade-insecure-requests user-agent via".split()
)
"""Header fields that clients send first, in lower case."""
HTTP_FIELD_PREFIXES = (b"accept-", b"access-control-", b"content-", b"if-", b"proxy-", b"sec-", b"x-")
HTTP_VERSION = re.compile(rb"HTTP/\d(?:\.\d)?", re.IGNORECASE)
HTTP_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
HIDING = bytes((*range(0x21), *range(0x7F, 0x100)))
"""Bytes before a line of HTTP that do not hide it: blanks, control characters, and bytes over 127."""
MAX_FIELD_NAME = 64
HTTP_WORDS = frozenset(
    word[:4].upper()
    for word in (
        *(
            b"GET ",
            b"HEAD",
            b"POST",
            b"PUT ",
            b"DELETE",
            b"CONNECT",
            b"OPTIONS",
            b"TRACE",
            b"PATCH",
            b"PRI ",
            b"PROPFIND",
        ),
        *(b"MKCOL", b"COPY", b"MOVE", b"LOCK", b"SEARCH"),
        *(b"Accept", b"Cache-Control", b"Connection", b"Content-Length", b"Cookie", b"Host", b"Origin", b"Referer"),
        *(b"Sec-Fetch-Mode", b"Upgrade", b"User-Agent"),
    )
)
"""The first four bytes of lines of HTTP, in upper case, for protocols whose frames begin with a length."""


FILLING = b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03\x03"


def is_hello(data: bytes) -> bool:
    """Return True if the input begins with a TLS record that holds a handshake message."""
    return HELLO.match(data) is not None


def is_client_hello(data: bytes) -> bool | None:
    """Return True if data begin with a ClientHello, by more than `is_hello` needs; None if more bytes are needed."""
    if data[:1] != b"\x16":
        return False if data else None
    if len(data) < CLIENT_HELLO_SIZE:
        return None if CLIENT_HELLO.match(data + FILLING[len(data) :]) else False
    found = CLIENT_HELLO.match(data)
    if found is None:
        return False
    record, message = (int.from_bytes(size, "big") for size in found.groups())
    return 4 < record <= message + 4  # a long message goes on in the next record


def find_hello(held: bytes, data: bytes) -> int:
    """Return the offset in `data` of a TLS record at the beginning of a line; -1 if there is none.

    held: the incomplete line before `data`. If the record begins in it, the result is 0.
    """
    if held[:1] == b"\x16" and len(held) < HELLO_SIZE and is_hello(held + data[:HELLO_SIZE]):
        return 0
    if 0x16 not in data:
        return -1
    # After an incomplete line the first byte continues it: search from 1, where `\A` does not match.
    found = HELLO_ON_LINE.search(data, 1 if held else 0)
    return found.start() if found else -1


def opening_of(data: bytes, *, ended: bool = False) -> Opening | None:
    """Detect a client's protocol by its first bytes; return None if more are needed.

    ended: True if no more will come, so that the available bytes decide.
    """
    first = data[0]
    if first in RECORD_TYPES or first >= FIRST_NOT_ASCII:
        return "tls"
    if first not in TEXT:
        return "binary"
    line, end, _rest = data[:MAX_LINE].partition(b"\n")
    if not end and len(data) < MAX_LINE and not ended:
        return None
    request = REQUEST_LINE.match(line.rstrip(b"\r"))
    if request is None:
        return "text"
    return "proxy" if request[1] == b"CONNECT" else "http"


def find_http(line: bytes, limit: int) -> bytes:
    """Return the telling part of a line of HTTP, without values that may be secret; empty for any other line.

    line: without its end, or the beginning of one that is longer than `limit`. Of such a line only `limit` bytes count,
    so that the result does not depend on how much of it has arrived.
    """
    whole = len(line) <= limit
    # Each command passes here: nearly all are told apart by two searches.
    if b":" in line and (field := _field_of(line)):
        return field
    if whole and b"TP/" not in line[-32:].upper():
        return b""
    words = line[:limit].lstrip(HIDING).split()
    if len(words) < 1 + whole or (whole and HTTP_VERSION.fullmatch(words[-1]) is None):
        return b""
    method, target = words[0], (words[1] if len(words) > 1 else b"")
    if method.upper() not in HTTP_METHODS and not (whole and len(words) == 3 and _is_request(method, target)):
        return b""
    return method + b" " + target.partition(b"?")[0] if target else b""


def _field_of(line: bytes) -> bytes:
    """Return the name of the header field that a line begins with, and a colon; empty if it is none that counts."""
    name = line[: line.find(b":")].lstrip(HIDING)  # RFC 9112 5.1: no blank before the colon
    if len(name) > MAX_FIELD_NAME:
        return b""
    lower = name.lower()
    known = lower in HTTP_FIELDS or (lower.startswith(HTTP_FIELD_PREFIXES) and HTTP_TOKEN.fullmatch(name))
    return name + b":" if known else b""


def _is_request(method: bytes, target: bytes) -> bool:
    """Return True if a method that is not known has a target that no argument of another protocol looks like."""
    return (target[:1] == b"/" or target == b"*" or b"://" in target) and HTTP_TOKEN.fullmatch(method) is not None


def first_line(data: bytes) -> bytes:
    """Return the line that `opening_of` examined, without its end."""
    return data[:MAX_LINE].partition(b"\n")[0].rstrip(b"\r")


def http_refusal(reason: str) -> bytes:
    """Serialize an HTTP 400 response for a request on a port of another protocol (RFC 9110 15.5.1)."""
    body = f"{reason}\n".encode()
    head = f"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode() + body
