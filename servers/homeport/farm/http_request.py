"""One request to the API over HTTP and its answer.

The head is read first, as bytes that any client can choose: every header that the API looks at is decoded here, and an
error is an answer. Then pieces of the body arrive and are counted against the operation's limit and the farm's budget.
"""

import re
from http import HTTPStatus
from ipaddress import IPv6Address
from typing import Any

import msgspec
from twisted.web.http import Request

from homeport.control.api import Admitted, Answer, Head, Pending, body_too_large, failure
from homeport.control.operation import Preferences, Stream
from homeport.control.problems import MEDIA_TYPE, ProblemError
from homeport.control.slices import MAX_WHOLE_BYTES, BodyStream, cut, slices_of
from homeport.version import __version__
from homeport.world.budget import Reservation

SERVER = f"homeport/{__version__}"
HOST = re.compile(
    r"(?:\[(?P<ipv6>[0-9A-Fa-f:.]+(?:%25[\w.~-]+)?)\]|(?:[\w.~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+)(?::(?P<port>[0-9]{0,5}))?",
    re.ASCII,
)
MAX_PORT = 65535
RETRY_AFTER_S = 1


class ControlRequest(Request):
    """One request and its answer."""

    content: Any
    channel: Any
    _head: Head | None = None
    _admitted: Admitted | None = None
    _problem: ProblemError | None = None
    _pending = Pending()

    def __init__(self, channel: Any, *more: Any) -> None:
        stock: Any = super()  # Twisted's methods are not annotated
        stock.__init__(channel, *more)
        self._body: list[bytes] = []
        self._reservation = Reservation(channel.factory.budget)

    @property
    def endless(self) -> bool:
        """True if the answer waits for events that may never happen."""
        return self._pending.endless

    @property
    def malformed(self) -> bool:
        """True if it is not a valid HTTP request, so that it is not known what follows it."""
        return self._head is not None and self._head.malformed is not None

    def read_head(self, method: bytes, target: bytes, version: bytes, length: int | None) -> ProblemError | None:
        """Judge the request by its head, and return the error if it is refused."""
        self.method, self.uri, self.clientproto = method, target, version
        try:
            self._head = self._parse_head(length)
            self._admitted = self.channel.factory.api.admit(self._head)
            if (length or 0) > self.channel.factory.budget.available:
                raise no_room()
        except ProblemError as error:
            self._problem = error
        return self._problem

    def gotLength(self, _length: int | None) -> None:  # noqa: N802 - Twisted calls these
        """Do nothing. Twisted would prepare a file for a long body; bodies stay in memory here."""

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        """Store a piece of the body, if operation and farm have room for it."""
        if self._admitted is None:
            return
        if self._reservation.size + len(data) > self._admitted.max_body_bytes:
            self.channel.refuse(body_too_large(self._admitted))
        elif not self._reservation.grow(len(data)):
            self.channel.refuse(no_room())
        else:
            self._body.append(data)

    def drop_body(self) -> None:
        """Free the body: the request is refused or lost."""
        self._admitted = None
        self._body = []
        self._reservation.release()

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:  # noqa: ARG002, N802
        """Pass a complete request to the API. Twisted's own method would also parse forms in the body."""
        admitted, body = self._admitted, b"".join(self._body)
        self._body = []
        if admitted is None:
            self._send(failure(self._head, self._problem or ProblemError(HTTPStatus.BAD_REQUEST, "refused")))
        else:
            self._pending = self.channel.factory.api.perform(admitted, body, self._send)

    def connectionLost(self, reason: Any) -> None:  # noqa: N802
        """Cancel the answer: the client disconnected before it."""
        self.drop_body()
        self._pending.drop()
        stock: Any = super()
        stock.connectionLost(reason)

    def _parse_head(self, length: int | None) -> Head:
        host, target = self._target()
        path, _mark, query = target.partition("?")
        # A link that is followed, but not a frame, an object or a form.
        followed = self._header("sec-fetch-mode") == "navigate" and self.method == b"GET"
        link = followed and self._header("sec-fetch-dest") in (None, "document")
        return Head(
            method=self.method.decode("ascii", "replace"),
            path=path,
            query=query,
            host=host,
            origin=self._header("origin"),
            authorization=self._header("authorization"),
            content_type=self._header("content-type"),
            fetch_site="" if link else self._header("sec-fetch-site"),
            last_event_id=self._header("last-event-id"),
            length=length,
            preferences=Preferences(
                accept=self._joined("accept"),
                accept_encoding=self._joined("accept-encoding"),
                if_none_match=self._joined("if-none-match"),
            ),
            malformed=self._malformed(),
        )

    def _header(self, name: str) -> str | None:
        """Return the last header of this name. The channel has checked that it is UTF-8."""
        values = self.requestHeaders.getRawHeaders(name.encode(), ())
        return values[-1].decode("utf-8", "replace") if values else None

    def _joined(self, name: str) -> str | None:
        """Return a header that is a list, of which each line has a part (RFC 9110 5.3)."""
        values = self.requestHeaders.getRawHeaders(name.encode(), ())
        return b", ".join(values).decode("utf-8", "replace") if values else None

    def _authority(self) -> tuple[str | None, str]:
        """Return the authority of a target in absolute form (RFC 9112 3.2.2), else None, and the rest of the target."""
        target = self.uri.decode("ascii", "backslashreplace")
        scheme, slashes, rest = target.partition("://")
        if not slashes or scheme.lower() != "http":
            return None, target
        authority, slash, rest = rest.partition("/")
        return authority, slash + rest or "/"

    def _target(self) -> tuple[str | None, str]:
        """Return the requested host, and the target in origin form."""
        authority, target = self._authority()
        host = authority if authority is not None else self._header("host")
        if host is None and self.clientproto == b"HTTP/1.0":
            # RFC 1945 has no Host. Browsers, the targets of DNS rebinding, always send one.
            host = "localhost"
        return host, target

    def _malformed(self) -> ProblemError | None:
        """Return the error for a target that is not ASCII, and a missing, repeated or invalid Host, else None."""
        if not self.uri.isascii():
            return ProblemError(HTTPStatus.BAD_REQUEST, "the request target is not ASCII: percent-encode it")
        hosts = [one.decode("utf-8", "replace") for one in self.requestHeaders.getRawHeaders(b"host", ())]
        if len(hosts) > 1 or (not hosts and self.clientproto == b"HTTP/1.1"):
            return ProblemError(HTTPStatus.BAD_REQUEST, "a request must have exactly one Host header (RFC 9112 3.2)")
        authority, _target = self._authority()
        named = [*hosts, *((authority,) if authority is not None else ())]
        if wrong := [one for one in named if not is_host(one)]:
            detail = f"{wrong[0][:80]!r} is not a host (RFC 9112 3.2): write HOST:PORT"
            return ProblemError(HTTPStatus.BAD_REQUEST, detail)
        return None

    def _send(self, answer: Answer) -> None:
        self._reservation.release()
        request: Any = self  # Twisted's methods are not annotated
        request.setResponseCode(answer.status, HTTPStatus(answer.status).phrase.encode())
        for name, value in headers_of(answer).items():
            request.setHeader(name, value)
        stream = answer.stream
        if self.method == b"HEAD":
            if stream is not None:
                stream.drop()
            request.finish()
            return
        if stream is None and len(answer.body) > 2 * MAX_WHOLE_BYTES:
            stream = BodyStream(slices_of(self.channel.factory.clock), [], cut(answer.body), "")
        if stream is not None:
            self._pending = Pending(stream.drop, stream.endless)
            ResponseSink(self, stream)
            return
        request.write(answer.body)
        request.finish()


def no_room() -> ProblemError:
    """Return the error for a body that the farm has no memory for."""
    return ProblemError(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "the farm is receiving too much at once: try again, or raise [limits] incoming",
        {"Retry-After": str(RETRY_AFTER_S)},
    )


def is_host(text: str) -> bool:
    """Return True if a text is a host with an optional port (RFC 3986 3.2.2), and the host is not empty."""
    match = HOST.fullmatch(text)
    if match is None or int(match["port"] or 0) > MAX_PORT:
        return False
    try:
        return not match["ipv6"] or bool(IPv6Address(match["ipv6"].partition("%25")[0]))
    except ValueError:
        return False


def headers_of(answer: Answer) -> dict[str, str]:
    """Return the headers of an answer. One that the answer sets to an empty value is left out."""
    # The length in a 304 would be that of the whole file (RFC 9110 8.6).
    bodiless = answer.status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
    body = {} if bodiless else {"Content-Type": answer.media_type}
    if body and answer.stream is None:
        body["Content-Length"] = str(len(answer.body))
    headers = {
        "Server": SERVER,
        **body,
        "Cache-Control": "no-store",
        # No web page may load it as a script or show it in a frame.
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Resource-Policy": "same-origin",
        **answer.headers,
    }
    return {name: value for name, value in headers.items() if value}


def serialize_refusal(error: ProblemError) -> bytes:
    """Serialize a complete answer, after which the connection is closed."""
    body = msgspec.json.encode(error.problem)
    answer = Answer(int(error.status), MEDIA_TYPE, body, {**error.headers, "Connection": "close"})
    lines = [f"HTTP/1.1 {answer.status} {error.status.phrase}"]
    lines += [f"{name}: {value}" for name, value in headers_of(answer).items()]
    return "\r\n".join([*lines, "", ""]).encode() + answer.body


class ResponseSink:
    """Connects a stream to a response: Twisted's push producer, which the transport pauses when 64 KiB are unsent."""

    def __init__(self, request: Any, stream: Stream) -> None:
        self._request = request
        self._stream = stream
        request.registerProducer(self, True)
        stream.start(self)

    def write(self, data: bytes) -> None:
        """Write a piece of the body."""
        self._request.write(data)

    def end(self) -> None:
        """Complete the body."""
        self._request.unregisterProducer()
        self._request.finish()

    def abort(self) -> None:
        """Close the connection at once; unsent bytes are discarded."""
        self._request.channel.transport.abortConnection()

    # Called by Twisted:

    def pauseProducing(self) -> None:  # noqa: N802
        """Pause the stream: too much is unsent."""
        self._stream.pause()

    def resumeProducing(self) -> None:  # noqa: N802
        """Resume the stream: the transport has sent what was written."""
        self._stream.resume()

    def stopProducing(self) -> None:  # noqa: N802
        """Drop the stream: the connection is closed."""
        self._stream.drop()
