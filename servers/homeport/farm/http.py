"""The API over HTTP/1.1, by `twisted.web.http` on the farm's own reactor; nothing here touches the global one.

What Twisted does not do of itself: every error is a problem document, a request as a whole has a time limit, a client
that shuts its side gets its answer, and targets in absolute form are understood (RFC 9112 3.2.2).
"""

import re
from http import HTTPStatus
from io import BytesIO
from ipaddress import IPv6Address
from typing import TYPE_CHECKING, Any

import msgspec
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import connectionDone
from twisted.web.http import HTTPChannel, HTTPFactory, Request
from zope.interface import implementer

from homeport.control.api import Answer, Api, Incoming
from homeport.control.operation import Stream
from homeport.control.problems import MEDIA_TYPE, ProblemError
from homeport.control.routing import BODY_CAP
from homeport.version import __version__

if TYPE_CHECKING:
    from homeport.farm.supervisor import Farm

SERVER = f"homeport/{__version__}"
MOST_CONNECTIONS = 4096
"""At a time; each client that waits for an event holds one."""
REQUEST_SECONDS = 60
"""How long a connection may be without a request, and how long a request may take to come; an answer may take as long
as it likes."""
MOST_FORGOTTEN = 10 * BODY_CAP
"""Octets of a body that are read for the sake of telling the client that it is too long."""
TLS_HANDSHAKE = b"\x16"
"""The first octet of a ClientHello (RFC 8446 5.1); no method of HTTP begins with it."""
HOST = re.compile(
    r"(?:\[(?P<ipv6>[0-9A-Fa-f:.]+(?:%25[\w.~-]+)?)\]|(?:[\w.~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+)(?::(?P<port>[0-9]{0,5}))?",
    re.ASCII,
)
MAX_PORT = 65535
HEAD_CAP = 16 << 10
"""Octets of a request line with its headers."""


class ControlServer(HTTPFactory):
    """The HTTP server of a farm."""

    noisy = False

    def __init__(self, farm: "Farm") -> None:
        # The default would be the global reactor.
        super().__init__(timeout=REQUEST_SECONDS, reactor=farm.reactor)  # type: ignore[arg-type]  # it has IReactorTime
        self.api = Api(farm)
        self.protocol = ControlChannel  # type: ignore[assignment]  # the stock one would speak HTTP/2 too
        self.connections = 0


@implementer(IHalfCloseableProtocol)
class ControlChannel(HTTPChannel):
    """One connection."""

    MAX_LENGTH = HEAD_CAP
    totalHeadersSize = HEAD_CAP  # noqa: N815 - Twisted's
    begun = False
    refused = False

    def connectionMade(self) -> None:  # noqa: N802 - Twisted calls these
        """A client is there."""
        stock: Any = super()  # it has no annotations, here as below
        stock.connectionMade()
        self.factory.connections += 1
        if self.factory.connections > MOST_CONNECTIONS:
            self.refuse(ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, "too many connections: close some, or wait"))

    def connectionLost(self, reason: Any = connectionDone) -> None:  # noqa: N802
        """It is gone."""
        self.factory.connections -= 1
        stock: Any = super()
        stock.connectionLost(reason)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        """Octets came. Those of TLS have no line end that Twisted could wait for."""
        if not self.begun and data[:1] == TLS_HANDSHAKE:
            self.begun = self.refused = True
            self.refuse(ProblemError(HTTPStatus.BAD_REQUEST, "TLS is not spoken here: write http:// in the URL"))
        elif not self.refused:
            stock: Any = super()
            stock.dataReceived(data)

    def readConnectionLost(self) -> None:  # noqa: N802
        """The client has shut its side: it gets what has been answered, and a wait is over, for it may be gone."""
        channel: Any = self
        channel.loseConnection()

    def writeConnectionLost(self) -> None:  # noqa: N802
        """We never shut ours alone."""

    def resetTimeout(self) -> None:  # noqa: N802
        """Octets came. The time runs from the first of a request: with each a slow client would get more."""
        if not self.begun:
            self.begun = True
            stock: Any = super()
            stock.resetTimeout()

    def allContentReceived(self) -> None:  # noqa: N802
        """A request is complete."""
        self.begun = False
        stock: Any = super()
        stock.allContentReceived()

    def lineLengthExceeded(self, line: bytes) -> None:  # noqa: ARG002, N802
        """A line has no end."""
        self.refuse(self.too_long())

    def _respondToBadRequestAndDisconnect(self) -> None:  # noqa: N802 - guarded by a test
        """What came is no request. Where Twisted has no such method its own bare answer goes out."""
        if self._receivedHeaderSize > HEAD_CAP or self._receivedHeaderCount > self.maxHeaders:
            self.refuse(self.too_long())
        else:
            self.refuse(ProblemError(HTTPStatus.BAD_REQUEST, "this is no request of HTTP/1.1 (RFC 9112)"))

    def too_long(self) -> ProblemError:
        """The request line or the headers are."""
        if self.requests:
            status, what = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"headers have at most {self.maxHeaders} lines"
        else:
            status, what = HTTPStatus.REQUEST_URI_TOO_LONG, "this request line is longer"
        return ProblemError(status, f"a request may have {HEAD_CAP} octets before its body; {what}")

    def refuse(self, error: ProblemError) -> None:
        """Answer with a problem and close."""
        channel: Any = self
        channel.transport.write(refusal(error))
        channel.loseConnection()


class ControlRequest(Request):
    """One request and its answer."""

    _body_size = 0
    _drop: Any = None
    authority: str | None = None
    """Of a target in absolute form."""
    content: Any
    channel: Any

    def gotLength(self, _length: int | None) -> None:  # noqa: N802
        """The body begins. Kept in memory: the stock one goes to a file when it is long."""
        self.content = BytesIO()

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        """A piece of the body; over the cap it is read and forgotten, so that the client gets to hear why."""
        self._body_size += len(data)
        if self._body_size <= BODY_CAP:
            self.content.write(data)
        elif self._body_size > MOST_FORGOTTEN:
            self.channel.transport.abortConnection()

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:  # noqa: N802
        """All is here. The stock method would parse forms out of the body too."""
        self.method, self.uri, self.clientproto = command, path, version
        host, path = self._target(path)
        where, _mark, query = path.partition(b"?")
        link = self.getHeader("sec-fetch-mode") == "navigate" and command == b"GET"
        incoming = Incoming(
            method=command.decode("ascii", "replace"),
            path=where.decode("ascii", "replace"),
            query=query.decode("ascii", "replace"),
            body=self.content.getvalue(),
            host=host,
            origin=self.getHeader("origin"),
            authorization=self.getHeader("authorization"),
            content_type=self.getHeader("content-type"),
            fetch_site="" if link else self.getHeader("sec-fetch-site"),
            last_event_id=self.getHeader("last-event-id"),
            malformed=self._malformed(version),
            problem=self._problem(),
        )
        self._drop = self.channel.factory.api.answer(incoming, self._send)

    def _target(self, path: bytes) -> tuple[str | None, bytes]:
        """The host that is asked, and the target in origin form."""
        scheme, slashes, rest = path.partition(b"://")
        if slashes and scheme.lower() == b"http":
            # RFC 9112 3.2.2: a target in absolute form goes over Host.
            authority, slash, rest = rest.partition(b"/")
            self.authority = authority.decode("ascii", "replace")
            return self.authority, slash + rest or b"/"
        host: str | None = self.getHeader("host")
        if host is None and self.clientproto == b"HTTP/1.0":
            # RFC 1945 knows no Host; browsers, which could be led here by a foreign name, always send one.
            host = "localhost"
        return host, path

    def _malformed(self, version: bytes) -> ProblemError | None:
        """Return what is wrong with Host (RFC 9112 3.2): none, several, or no host with an optional port."""
        hosts = self.requestHeaders.getRawHeaders("host", ())
        if len(hosts) > 1 or (not hosts and version == b"HTTP/1.1"):
            return ProblemError(HTTPStatus.BAD_REQUEST, "a request has one Host header (RFC 9112 3.2)")
        named = [*hosts, *((self.authority,) if self.authority is not None else ())]
        if wrong := [one for one in named if not is_host(one)]:
            return ProblemError(HTTPStatus.BAD_REQUEST, f"{wrong[0][:80]!r} is no host (RFC 9112 3.2): write HOST:PORT")
        return None

    def _problem(self) -> ProblemError | None:
        """What is wrong with a request before anybody looks at what it asks for."""
        if self._body_size > BODY_CAP:
            return ProblemError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body may have {BODY_CAP} octets")
        return None

    def connectionLost(self, reason: Any) -> None:  # noqa: N802
        """The client went away before its answer."""
        if self._drop is not None:
            self._drop()
        stock: Any = super()  # it has no annotations
        stock.connectionLost(reason)

    def _send(self, answer: Answer) -> None:
        request: Any = self  # what it inherits has no annotations
        request.setResponseCode(answer.status, HTTPStatus(answer.status).phrase.encode())
        for name, value in headers_of(answer).items():
            request.setHeader(name, value)
        if self.method != b"HEAD":
            request.write(answer.body)
            if answer.stream is not None:
                ResponseSink(self, answer.stream)
                return
        elif answer.stream is not None:
            answer.stream.drop()
        request.finish()


def is_host(text: str) -> bool:
    """Return whether a text is a host with an optional port (RFC 3986 3.2.2), which a URL of http must have."""
    match = HOST.fullmatch(text)
    if match is None or int(match["port"] or 0) > MAX_PORT:
        return False
    try:
        return not match["ipv6"] or bool(IPv6Address(match["ipv6"].partition("%25")[0]))
    except ValueError:
        return False


ControlChannel.requestFactory = ControlRequest


def headers_of(answer: Answer) -> dict[str, str]:
    """The headers of an answer."""
    body = {} if answer.status == HTTPStatus.NO_CONTENT else {"Content-Type": answer.media_type}
    if body and answer.stream is None:
        body["Content-Length"] = str(len(answer.body))
    return {
        "Server": SERVER,
        **body,
        "Cache-Control": "no-store",
        # No page may read it as a script or show it in a frame.
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        **answer.headers,
    }


def refusal(error: ProblemError) -> bytes:
    """A whole answer, after which the connection is closed."""
    answer = Answer(int(error.status), MEDIA_TYPE, msgspec.json.encode(error.problem), {"Connection": "close"})
    lines = [f"HTTP/1.1 {answer.status} {error.status.phrase}"]
    lines += [f"{name}: {value}" for name, value in headers_of(answer).items()]
    return "\r\n".join([*lines, "", ""]).encode() + answer.body


class ResponseSink:
    """The body of a response that a stream writes; for Twisted its producer, which is paused when 64 KiB are unsent."""

    def __init__(self, request: Any, stream: Stream) -> None:
        self._request = request
        self._stream = stream
        request.registerProducer(self, True)
        stream.start(self)

    def write(self, data: bytes) -> None:
        """Send this."""
        self._request.write(data)

    def end(self) -> None:
        """The body is complete."""
        self._request.unregisterProducer()
        self._request.finish()

    def abort(self) -> None:
        """Cut the connection, whatever is still unsent."""
        self._request.channel.transport.abortConnection()

    # What Twisted calls.

    def pauseProducing(self) -> None:  # noqa: N802
        """Too much is unsent."""
        self._stream.pause()

    def resumeProducing(self) -> None:  # noqa: N802
        """It has been sent."""
        self._stream.resume()

    def stopProducing(self) -> None:  # noqa: N802
        """The connection is gone."""
        self._stream.drop()
