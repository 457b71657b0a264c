"""A connection of DNS over HTTPS: the version of HTTP is that of its first bytes, each request has one DNS message."""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING

from homeport.protocol.effects import CLOSE, Close, Effect, ReportFinding, Send, under_faults
from homeport.protocol.events import Data, Eof, Event, LimitReached, Stopping
from homeport.protocol.http.http1 import Http1
from homeport.protocol.http.http2 import PREFACE, Http2
from homeport.protocol.http.messages import HttpAnswer, HttpConnection, HttpError, HttpRequest
from homeport.protocol.session import Context, Session
from homeport.services.dns.doh.query import Unanswerable, answer_of, message_of

if TYPE_CHECKING:
    from homeport.world.faults import Fault

DECIDES = 3
"""First bytes that tell HTTP/2 from the methods of HTTP/1.1."""
TURN_BYTES = 2048
"""Input of one turn: some 200 of the smallest frames of HTTP/2, or 30 requests."""


Answer = Callable[[Context, bytes, list[Effect]], tuple[bytes, int, "Sequence[Fault]"]]
"""Returns the answer to a DNS message, empty for none, the smallest TTL in it, and the faults of the network that act
on it. What is to be recorded is appended to the effects."""


class HttpSession(Session):
    """A connection on which each request is answered in the turn in which it is complete."""

    __slots__ = ("_answer", "_first", "_http")

    def __init__(self, context: Context, answer: Answer) -> None:
        super().__init__(context)
        self._answer = answer
        self._first = b""
        self._http: HttpConnection | None = None

    @property
    def turn_bytes(self) -> int:
        return TURN_BYTES

    def handle(self, event: Event) -> Sequence[Effect]:
        if isinstance(event, Data):
            return self._receive(event.data)
        if isinstance(event, Eof):
            return CLOSE
        if isinstance(event, LimitReached | Stopping):
            return self._end()
        return ()

    def _receive(self, data: bytes) -> Sequence[Effect]:
        if self._http is None:
            self._first += data
            data = self._first
            if len(data) < DECIDES and PREFACE.startswith(data):
                return ()
            self._http = Http2() if data[:DECIDES] == PREFACE[:DECIDES] else Http1()
            self._first = b""
        effects: list[Effect] = []
        broken = self._converse(self._http, data, effects)
        if out := self._http.wire():
            effects.append(Send(out))
        if broken or self._http.over:
            effects.append(Close())
        return effects

    def _converse(self, http: HttpConnection, data: bytes, effects: list[Effect]) -> bool:
        """Answer the requests that are complete; return True if the input is no HTTP."""
        if http.over:
            return False
        try:
            http.receive(data)
            while (request := http.next_request()) is not None:
                self._respond(http, request, effects)
        except HttpError as error:
            effects.append(ReportFinding("doh-http", str(error).encode()))
            return True
        return False

    def _respond(self, http: HttpConnection, request: HttpRequest, effects: list[Effect]) -> None:
        shown = request.method + b" " + request.target
        faults: Sequence[Fault] = ()
        try:
            answer, broken, faults = self._answer_message(request, effects)
        except Unanswerable as error:
            answer, broken = error.answer, [error.finding]
        effects += [ReportFinding(rule, shown) for rule in broken]
        if not faults:
            http.respond(request, answer)
            return
        if before := http.wire():
            effects.append(Send(before))
        http.respond(request, answer)
        effects += under_faults(faults, (Send(http.wire()),))

    def _answer_message(
        self, request: HttpRequest, effects: list[Effect]
    ) -> "tuple[HttpAnswer, list[str], Sequence[Fault]]":
        """Return the answer to a request, the rules that it breaks, and the faults that act on the answer.

        Raises: Unanswerable.
        """
        message, broken = message_of(request)
        wire, fresh_s, faults = self._answer(self.context, message, effects)
        if not wire:
            words = "this is no DNS query: nothing answers it (RFC 1035 4.1)"
            raise Unanswerable(HTTPStatus.BAD_REQUEST, words, "doh-no-message")
        return answer_of(wire, fresh_s), broken, faults

    def _end(self) -> Sequence[Effect]:
        if self._http is None:
            return CLOSE
        self._http.end()
        out = self._http.wire()
        return (Send(out), Close()) if out else CLOSE
