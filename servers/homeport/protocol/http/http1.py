"""The server's side of HTTP/1.1 (RFC 9112), by h11."""

from http import HTTPStatus

import h11

from homeport.protocol.http.messages import MAX_BODY_BYTES, MAX_HEAD_BYTES, HttpAnswer, HttpError, HttpRequest

ONE_ANSWER = {h11.DONE, h11.SEND_BODY, h11.SEND_RESPONSE}


class Http1:
    """One connection. Requests are answered in order; a pipelined one waits for the answer before it."""

    def __init__(self) -> None:
        self._h11 = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD_BYTES)
        self._head: h11.Request | None = None
        self._body = bytearray()
        self._too_large = False
        self._out = bytearray()

    @property
    def over(self) -> bool:
        """True if the client or an answer has said `Connection: close`, the input was no HTTP, or a body too large."""
        ours, theirs = self._h11.our_state, self._h11.their_state
        return ours in (h11.MUST_CLOSE, h11.CLOSED, h11.ERROR) or (ours is h11.DONE and theirs is h11.SEND_BODY)

    def receive(self, data: bytes) -> None:
        """Take input; `next_request` parses it."""
        self._h11.receive_data(data)

    def next_request(self) -> HttpRequest | None:
        """Return the next complete request, or None. Raises: HttpError; `wire` then has the answer 400."""
        try:
            return self._next()
        except h11.RemoteProtocolError as error:
            self._refuse(error)
            raise HttpError(str(error).partition(":")[0]) from error

    def _next(self) -> HttpRequest | None:
        while True:
            event = self._h11.next_event()
            if isinstance(event, h11.Request):
                self._head = event
                self._body.clear()
                self._too_large = False
                if self._h11.they_are_waiting_for_100_continue:
                    self._send(h11.InformationalResponse(status_code=HTTPStatus.CONTINUE, headers=[]))
            elif isinstance(event, h11.Data):
                self._too_large = self._too_large or len(self._body) + len(event.data) > MAX_BODY_BYTES
                if not self._too_large:
                    self._body += event.data
                elif self._head is not None:
                    return self._complete()  # without its end: `over` closes after the answer
            elif isinstance(event, h11.EndOfMessage):
                if self._head is not None:
                    return self._complete()
                self._h11.start_next_cycle()  # it was answered before its end
            else:  # more is needed, the answer before it is due, or the client has closed
                return None

    def _complete(self) -> HttpRequest:
        head, self._head = self._head, None
        assert head is not None  # noqa: S101 - its callers have tested it
        body = b"" if self._too_large else bytes(self._body)
        return HttpRequest(0, head.method, head.target, dict(head.headers), body, self._too_large)

    def respond(self, request: HttpRequest, answer: HttpAnswer) -> None:
        """Answer the request; the next one is parsed afterwards."""
        self._send(h11.Response(status_code=answer.status, headers=answer.fields))
        if request.method != b"HEAD":
            self._send(h11.Data(data=answer.body))
        self._send(h11.EndOfMessage())
        if self._h11.our_state is h11.DONE and self._h11.their_state is h11.DONE:
            self._h11.start_next_cycle()

    def end(self) -> None:
        """Do nothing: HTTP/1.1 has no word for it."""

    def wire(self) -> bytes:
        """Return what is to be sent now."""
        out = bytes(self._out)
        self._out.clear()
        return out

    def _refuse(self, error: h11.RemoteProtocolError) -> None:
        if self._h11.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return
        body = f"{error}".partition(":")[0].encode() + b"\n"  # without the input, of which more may come
        status = HTTPStatus(error.error_status_hint or 400)
        fields = [*HttpAnswer(status, body, b"text/plain; charset=utf-8").fields, (b"connection", b"close")]
        self._send(h11.Response(status_code=status, headers=fields))
        self._send(h11.Data(data=body))
        self._send(h11.EndOfMessage())

    def _send(self, event: h11.Event) -> None:
        self._out += self._h11.send(event) or b""
