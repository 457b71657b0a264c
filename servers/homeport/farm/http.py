"""The API over HTTP/1.1, by `twisted.web.http` on the farm's own reactor; the global one is never used.

This module adds what Twisted lacks: every error is a problem document, a request as a whole has a timeout, a client
that half-closes gets its answer, and targets in absolute form work (RFC 9112 3.2.2). It also bounds what one client can
cost. A request is refused at its head, before its body is read. Pipelined requests are parsed one at a time, each in a
turn of its own and after the answer to the one before has left; so neither their number nor answers that are never
read add up. A client that does not read its answer is disconnected, but not while it makes progress.
"""

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import connectionDone
from twisted.web.http import HTTPChannel, HTTPFactory
from zope.interface import implementer

from homeport.control.api import Api
from homeport.control.problems import ProblemError
from homeport.control.routing import MAX_BODY_BYTES
from homeport.farm.http_request import ControlRequest, serialize_refusal
from homeport.farm.unsent import unsent_bytes

if TYPE_CHECKING:
    from homeport.farm.supervisor import Farm

MAX_CONNECTIONS = 4096
"""Simultaneous connections; each client that waits for an event holds one."""
REQUEST_TIMEOUT_S = 60
"""Timeout of a connection without a request, and of a request until it is complete. Answers have none."""
STALL_TIMEOUT_S = 30
"""Timeout of an answer of which the client reads nothing."""
LINGER_TIMEOUT_S = 10
"""Time for which what a refused client still sends is read, so that it can read the refusal."""
MAX_DISCARDED_BYTES = 10 * MAX_BODY_BYTES
"""Bytes of a refused request that are read and discarded, for the same reason."""
MAX_EARLY_BYTES = 16 << 10
"""Bytes of further requests that are read while one is answered."""
MAX_CHUNKED_BYTES = 2 << 10
"""Bytes of a chunked body that are decoded in one turn of the reactor."""
TLS_HANDSHAKE = b"\x16"
"""First byte of a ClientHello (RFC 8446 5.1); no HTTP method starts with it."""
MAX_HEAD_BYTES = 16 << 10
"""Bytes of a request line and its headers together."""


class ControlServer(HTTPFactory):
    """The HTTP server of a farm."""

    noisy = False

    def __init__(self, farm: "Farm") -> None:
        # Without `reactor` the factory would use the global one.
        super().__init__(timeout=REQUEST_TIMEOUT_S, reactor=farm.reactor)  # type: ignore[arg-type]  # it has IReactorTime
        self.api = Api(farm)
        self.protocol = ControlChannel  # type: ignore[assignment]  # Twisted's default also speaks HTTP/2
        self.connections = 0
        self.clock = farm.reactor
        self.budget = farm.budget
        """Limits the bodies that are being received."""


@implementer(IHalfCloseableProtocol)
class ControlChannel(HTTPChannel):
    """One connection."""

    MAX_LENGTH = MAX_HEAD_BYTES
    totalHeadersSize = MAX_HEAD_BYTES  # noqa: N815 - Twisted's
    begun = False
    refused = False
    maxHeaders = 128  # noqa: N815
    _in_head = False
    _input_ended = False
    _answered: Any = None
    """The request whose answer is complete, until the next one is parsed."""
    _stall: Any = None
    """The call that checks whether the client reads its answer."""
    _linger: Any = None
    _chunked: bytearray | None = None
    """What was received of a chunked body and is not decoded yet."""
    _unsent = 0
    _moved = False
    """True if everything was sent since the last check, whatever has been written since."""
    _discarded = 0
    transport: Any

    def connectionMade(self) -> None:  # noqa: N802 - Twisted calls these
        """Accept a connection, or refuse it at the limit."""
        stock: Any = super()  # Twisted's methods are not annotated, here and below
        stock.connectionMade()
        self.factory.connections += 1
        if self.factory.connections > MAX_CONNECTIONS:
            self._input_ended = True  # nothing was read, so nothing need be read before the end
            self.refuse(ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, "too many connections: close some, or wait"))

    def connectionLost(self, reason: Any = connectionDone) -> None:  # noqa: N802
        """Count the connection out."""
        self.factory.connections -= 1
        self._answered = None
        for call in (self._stall, self._linger):
            if call is not None and call.active():
                call.cancel()
        stock: Any = super()
        stock.connectionLost(reason)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        """Parse received bytes. TLS is recognized here: a ClientHello has no line end that would trigger an answer."""
        if self.refused:
            self._discard(data)
        elif not self.begun and data[:1] == TLS_HANDSHAKE:
            detail = "the control API does not use TLS: write http:// in the URL"
            self.refuse(ProblemError(HTTPStatus.BAD_REQUEST, detail))
        else:
            stock: Any = super()
            stock.dataReceived(data)

    def lineReceived(self, line: bytes) -> None:  # noqa: N802
        """Parse a line of a head. Refuse continuation lines, which readers interpret differently (RFC 9112 5.2)."""
        if self.refused:
            return
        if self._in_head and line[:1] in (b" ", b"\t"):
            self.refuse(ProblemError(HTTPStatus.BAD_REQUEST, "a header must be one line (RFC 9112 5.2)"))
            return
        self._in_head = self._in_head or bool(line)
        stock: Any = super()
        stock.lineReceived(line)

    def headerReceived(self, line: bytes) -> bool:  # noqa: N802
        """Parse a header. Refuse one that is not UTF-8, which Twisted would store and fail to decode later."""
        if self.refused:
            return False
        try:
            line.decode()
        except UnicodeDecodeError:
            self.refuse(ProblemError(HTTPStatus.BAD_REQUEST, "a header is not UTF-8: encode it, or leave it out"))
            return False
        stock: Any = super()
        return bool(stock.headerReceived(line))

    def allHeadersReceived(self) -> None:  # noqa: N802
        """Judge a request by its head. One with a body is refused here, before the body is read or asked for."""
        self._in_head = False
        if self.refused:
            return
        request = self.requests[-1]
        problem = request.read_head(self._command, self._path, self._version, self.length)
        if problem is not None and (self.length != 0 or request.malformed):
            self.refuse(problem)
            return
        stock: Any = super()
        stock.allHeadersReceived()

    def rawDataReceived(self, data: bytes) -> None:  # noqa: N802
        """Take a part of a body, or bytes of further requests, which wait until this one is answered."""
        if self.refused:
            self._discard(data)
        elif self._chunked is not None or (self.length is None and not self._handlingRequest):
            if self._chunked is None:
                self._chunked = bytearray()
                self.factory.clock.callLater(0, self._decode_chunks)
                producer: Any = self._networkProducer
                producer.pauseProducing()
            self._chunked += data
        else:
            self._take_raw(data)

    def _decode_chunks(self) -> None:
        """Decode some of a chunked body. Chunks can be so small that a whole read of them would take long."""
        held = self._chunked
        if held is None or self.refused or not self.transport.connected:
            self._chunked = None
            return
        piece = bytes(held[:MAX_CHUNKED_BYTES])
        del held[:MAX_CHUNKED_BYTES]
        self._take_raw(piece)
        if held and not self._handlingRequest and not self.refused:
            self.factory.clock.callLater(0, self._decode_chunks)
            return
        self._chunked = None
        if held:
            self.rawDataReceived(bytes(held))
        if self._input_ended and not self._handlingRequest:
            self.loseConnection()
        elif not self._waitingForTransport:
            producer: Any = self._networkProducer
            producer.resumeProducing()

    def _take_raw(self, data: bytes) -> None:
        stock: Any = super()
        stock.rawDataReceived(data)
        # Twisted would read on without a limit while an answer is unsent.
        if self._handlingRequest and sum(map(len, self._dataBuffer)) > MAX_EARLY_BYTES:
            producer: Any = self._networkProducer
            producer.pauseProducing()

    def allContentReceived(self) -> None:  # noqa: N802
        """Dispatch a complete request."""
        if self.refused:
            return
        if not all(map(is_header, getattr(self._transferDecoder, "_trailerHeaders", ()))):
            self.refuse(ProblemError(HTTPStatus.BAD_REQUEST, "a trailer is not a header (RFC 9112 7.1.2)"))
            return
        self.begun = False
        stock: Any = super()
        stock.allContentReceived()

    def requestDone(self, request: Any) -> None:  # noqa: N802
        """Go on with the next request in a later turn, when this answer has left."""
        if not self.persistent:
            stock: Any = super()
            stock.requestDone(request)
            return
        self._answered = request
        self._go_on()

    def _go_on(self) -> None:
        if self._answered is not None and not self._waitingForTransport:
            self.factory.clock.callLater(0, self._parse_next)

    def _parse_next(self) -> None:
        request, self._answered = self._answered, None
        if request is None or request not in self.requests:
            return  # the connection is lost, or another call was first
        stock: Any = super()
        stock.requestDone(request)
        if self._input_ended and not self.refused and not self._is_answering():
            self.loseConnection()

    def _is_answering(self) -> bool:
        """Return True if a request is being answered or received, other than a wait that may never end."""
        waits = bool(self.requests) and self.requests[0].endless
        return not waits and bool(self._handlingRequest or self._chunked)

    def readConnectionLost(self) -> None:  # noqa: N802
        """Close when the requests so far are answered. A wait for events ends now: the client may have gone."""
        self._input_ended = True
        if self.refused or not self._is_answering():
            self.loseConnection()

    def writeConnectionLost(self) -> None:  # noqa: N802
        """Do nothing: the refusal has been sent, and the rest is discarded."""

    def pauseProducing(self) -> None:  # noqa: N802
        """Stop parsing requests and producing answers: too much is unsent."""
        stock: Any = super()
        stock.pauseProducing()
        self._watch()

    def resumeProducing(self) -> None:  # noqa: N802
        """Go on: everything has been sent."""
        self._moved = True
        stock: Any = super()
        stock.resumeProducing()
        self._go_on()

    def loseConnection(self) -> None:  # noqa: N802
        """Close when everything is sent."""
        stock: Any = super()
        stock.loseConnection()
        self._watch()

    def _watch(self) -> None:
        """Watch that the client reads what is unsent."""
        if self._stall is None and self.transport.connected:
            self._moved = False
            self._unsent = unsent_bytes(self.transport)
            if self._unsent:
                self._stall = self.factory.clock.callLater(STALL_TIMEOUT_S, self._check_progress)

    def _check_progress(self) -> None:
        self._stall = None
        before, self._unsent = self._unsent, unsent_bytes(self.transport)
        if self._unsent and self._unsent == before and not self._moved:
            channel: Any = self
            channel.transport.abortConnection()
        else:
            self._watch()

    def resetTimeout(self) -> None:  # noqa: N802
        """Start the timeout at the first byte of a request only, so that slow requests end, too."""
        if not self.begun:
            self.begun = True
            stock: Any = super()
            stock.resetTimeout()

    def timeoutConnection(self) -> None:  # noqa: N802
        """Close an idle connection, or one whose request takes too long; not one whose answer is still being read."""
        before, self._unsent = self._unsent, unsent_bytes(self.transport)
        if not self.begun and self._unsent and self._unsent != before:
            channel: Any = self
            channel.setTimeout(STALL_TIMEOUT_S)
            return
        stock: Any = super()
        stock.timeoutConnection()

    def lineLengthExceeded(self, line: bytes) -> None:  # noqa: ARG002, N802
        """Refuse a line that is too long."""
        self.refuse(self.too_long())

    def _respondToBadRequestAndDisconnect(self) -> None:  # noqa: N802 - guarded by a test
        """Refuse bytes that are not a request. Twisted versions without this method send their own bare answer."""
        if self._receivedHeaderSize > MAX_HEAD_BYTES or self._receivedHeaderCount > self.maxHeaders:
            self.refuse(self.too_long())
        else:
            self.refuse(ProblemError(HTTPStatus.BAD_REQUEST, "this is not an HTTP/1.1 request (RFC 9112)"))

    def too_long(self) -> ProblemError:
        """Return the error for a request line or headers that are too long."""
        if self.requests:
            status, what = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"there may be {self.maxHeaders} header lines"
        else:
            status, what = HTTPStatus.REQUEST_URI_TOO_LONG, "the request line is longer"
        return ProblemError(status, f"request line and headers may have {MAX_HEAD_BYTES} bytes; {what}")

    def refuse(self, error: ProblemError) -> None:
        """Answer with a problem, discard what the client still sends, and close."""
        if self.refused:
            return
        self.refused = True
        self.begun = True
        for request in self.requests:
            request.drop_body()
        channel: Any = self
        channel.setTimeout(None)
        channel.transport.write(serialize_refusal(error))
        if self._input_ended:
            channel.loseConnection()
            return
        # Closed at once, with input unread, the connection would be reset and the answer lost.
        self._networkProducer.unregisterProducer()
        channel.transport.resumeProducing()
        channel.transport.loseWriteConnection()
        self._linger = self.factory.clock.callLater(LINGER_TIMEOUT_S, channel.transport.abortConnection)

    def _discard(self, data: bytes) -> None:
        self._discarded += len(data)
        if self._discarded > MAX_DISCARDED_BYTES:
            channel: Any = self
            channel.transport.abortConnection()


ControlChannel.requestFactory = ControlRequest  # type: ignore[assignment]  # it takes what Twisted's takes


def is_header(line: bytes) -> bool:
    """Return True if a line of a trailer has the form of a header."""
    name, colon, value = bytes(line).partition(b":")
    try:
        return bool(colon) and name.isascii() and name.strip() == name != b"" and value.decode().isprintable()
    except UnicodeDecodeError:
        return False
