"""The DNS message in a request over HTTP (RFC 8484 4.1), and its answer over HTTP (4.2, 5.1)."""

import re
from base64 import urlsafe_b64decode
from http import HTTPStatus
from urllib.parse import parse_qs

from homeport.protocol.http.messages import MAX_BODY_BYTES, HttpAnswer, HttpRequest

PATH = b"/dns-query"
MEDIA_TYPE = b"application/dns-message"
ALPHABET = re.compile(r"[A-Za-z0-9_-]*", re.ASCII)
MAX_VARIABLES = 16
PLAIN = b"text/plain; charset=utf-8"
ALLOWED = (b"GET", b"HEAD", b"POST")


class Unanswerable(Exception):
    """Raised for a request without a DNS message. answer: the error. finding: the broken rule; empty for none."""

    def __init__(
        self, status: HTTPStatus, words: str, finding: str = "", headers: tuple[tuple[bytes, bytes], ...] = ()
    ) -> None:
        super().__init__(words)
        self.answer = HttpAnswer(status, f"{words}\n".encode(), PLAIN, headers)
        self.finding = finding


def message_of(request: HttpRequest) -> tuple[bytes, list[str]]:
    """Return the DNS message of a request, and the rules that the request breaks although it can be answered.

    Raises: Unanswerable.
    """
    path, _, query = request.target.partition(b"?")
    if path != PATH:
        raise Unanswerable(HTTPStatus.NOT_FOUND, "DNS over HTTPS is at /dns-query here (RFC 8484 4.1)", "doh-path")
    if request.method not in ALLOWED:
        words = f"use GET or POST (RFC 8484 4.1), not {request.method.decode('ascii', 'backslashreplace')[:20]}"
        raise Unanswerable(HTTPStatus.METHOD_NOT_ALLOWED, words, "doh-method", ((b"allow", b", ".join(ALLOWED)),))
    broken = [] if _accepts(request.headers.get(b"accept")) else ["doh-accept"]
    if request.method == b"POST":
        data = _posted(request)
    else:
        data, padded = _parameter(query)
        broken += ["doh-base64-padding"] if padded else []
    if data[:2] != b"\0\0":
        broken.append("doh-id")
    return data, broken


def _posted(request: HttpRequest) -> bytes:
    """Return the body of a POST. Raises: Unanswerable."""
    kind = request.headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if kind != MEDIA_TYPE:
        words = "the content type of a POST is application/dns-message (RFC 8484 4.1)"
        raise Unanswerable(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, words, "doh-media-type")
    if request.too_large:
        words = f"a DNS message has at most {MAX_BODY_BYTES} octets (RFC 8484 6)"
        raise Unanswerable(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, words, "doh-no-message")
    if not request.body:
        raise Unanswerable(HTTPStatus.BAD_REQUEST, "the body is empty: send a DNS message in it", "doh-no-message")
    return request.body


def _parameter(query: bytes) -> tuple[bytes, bool]:
    """Return the message in the variable `dns` of a GET, and True if its base64 was padded. Raises: Unanswerable."""
    try:
        values = parse_qs(query.decode("ascii", "replace"), max_num_fields=MAX_VARIABLES).get("dns", [])
    except ValueError:  # more of them
        values = []
    if len(values) != 1:
        words = "a GET has one variable dns with the DNS message in base64url: ?dns=... (RFC 8484 4.1)"
        raise Unanswerable(HTTPStatus.BAD_REQUEST, words, "doh-no-message")
    text = values[0].rstrip("=")
    if not ALPHABET.fullmatch(text) or len(text) % 4 == 1:
        words = "the variable dns is not base64url (RFC 4648 5): use - and _ in place of + and /, and no padding"
        raise Unanswerable(HTTPStatus.BAD_REQUEST, words, "doh-no-message")
    return urlsafe_b64decode(text + "=" * (-len(text) % 4)), text != values[0]


def _accepts(accept: bytes | None) -> bool:
    """Return True if a client says that it understands answers in DNS wire format."""
    if accept is None:
        return False
    ranges = {part.partition(b";")[0].strip().lower() for part in accept.split(b",")}
    return bool(ranges & {MEDIA_TYPE, b"application/*", b"*/*"})


def answer_of(message: bytes, fresh_s: int) -> HttpAnswer:
    """Return the answer with a DNS message. fresh_s: the smallest TTL in it, for HTTP caches (RFC 8484 5.1)."""
    return HttpAnswer(HTTPStatus.OK, message, MEDIA_TYPE, ((b"cache-control", b"max-age=%d" % fresh_s),))
