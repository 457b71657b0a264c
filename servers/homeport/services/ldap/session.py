"""The LDAP session (RFC 4511): messages in, operations side by side, responses out.

Operations run to their end when they arrive, or up to a step that waits. Those that pause, long searches, go on in
turns, so that an Abandon is read between two pieces. While one waits for the disk (`Call`), no input is read.
"""

from collections.abc import Callable, Sequence
from typing import Any

from homeport.protocol import ber
from homeport.protocol.effects import AwaitFlush, CancelTimer, Conceal, Effect, SetTimer, Unwatch, Watch
from homeport.protocol.events import (
    Called,
    Closed,
    Data,
    Eof,
    Event,
    Flushed,
    LimitReached,
    Noticed,
    Opened,
    Stopping,
    TimerFired,
    TlsStarted,
)
from homeport.protocol.foreign import HELLO_SIZE, find_http, is_hello
from homeport.protocol.rules import ENGINE_RULES, HTTP_REQUEST, UNEXPECTED_TLS
from homeport.protocol.session import Context, Session
from homeport.services.ldap.bind import bind
from homeport.services.ldap.controls.proxying import act_as
from homeport.services.ldap.controls.requests import parse_controls
from homeport.services.ldap.dialogue import LdapDialogue
from homeport.services.ldap.dispatch import HANDLERS
from homeport.services.ldap.extended import START_TLS
from homeport.services.ldap.faulting import collect_faults
from homeport.services.ldap.limits import TOO_MANY, has_too_many, head_of
from homeport.services.ldap.messages import (
    AbandonRequest,
    BindRequest,
    ExtendedRequest,
    MalformedMessage,
    Message,
    Result,
    UnbindRequest,
    read_message,
    verb_of,
)
from homeport.services.ldap.operation import Answer, Await, Cancel, Operation, Pause, Wait, refused
from homeport.services.ldap.password_policy import refusal_controls, restrict
from homeport.services.ldap.personas.handling import handler_of
from homeport.services.ldap.planned import name_of
from homeport.services.ldap.responses import RESPONSE_TAGS, RESPONSES, notice, write_message, write_result
from homeport.services.ldap.secrets import secrets_in
from homeport.services.ldap.texts import argument_of
from homeport.world.directory.results import Code, DirectoryError

TURN_BYTES = 1024
"""Input of one turn of the reactor: some twenty requests; a longer one comes as a whole."""
MAX_OPERATIONS = 64
"""Operations of a connection that are under way at once."""
TURN = "turn"
QUIET = "quiet"
REST = "rest"
WAIT = "wait-"
"""Names of timers; the last one ends with a message identifier."""
WAITS = frozenset(("",))
"""Topics of an operation that waits for its timer: none that is published."""
TLS_RECORD = 0x16
HEADERS = 7
"""Bytes of a message that a finding shows: the headers of message and operation, before any secret."""
LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""First bytes of a request of HTTP."""
LONGEST_LINE = 1024
"""Bytes of a first line of HTTP that are waited for."""
TLS_TEXT = "received TLS where a request was expected: connect to ldap.tls, or send StartTLS first"


class Ldap(Session):
    """One connection."""

    __slots__ = (
        "_buffer",
        "_calling",
        "_ended",
        "_flushing",
        "_missing",
        "_paused",
        "_timed",
        "_unbound",
        "_watched",
        "dialogue",
    )

    engine_rules = ENGINE_RULES

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.dialogue = LdapDialogue(context)
        self._buffer = b""
        self._missing = 0
        """Bytes of the current message that have not come."""
        self._calling: Operation | None = None
        """The operation that waits for an effect, for which everything else waits."""
        self._paused: dict[int, Operation] = {}
        """Operations that go on in later turns, or at a notice, by message identifier."""
        self._flushing = False
        """True while what was sent leaves, or a turn of the paused operations is due."""
        self._watched: set[str] = set()
        self._ended = False
        self._unbound = False
        self._timed = False  # a message has begun, and its timer runs

    @property
    def turn_bytes(self) -> int:
        return max(TURN_BYTES, self._missing)

    @property
    def awaits_rest(self) -> bool:
        return bool(self._buffer)

    def handle(self, event: Event) -> Sequence[Effect]:
        kind = type(event)
        if kind is Data:
            self._received(event.data)  # type: ignore[attr-defined]  # narrowed by kind: isinstance costs
        elif kind is Called:
            self._called(event.result, event.error)  # type: ignore[attr-defined]
        elif kind is Flushed:
            self.dialogue.effects.append(SetTimer(TURN, 0))
        elif kind is TimerFired:
            self._timer_fired(event.name)  # type: ignore[attr-defined]
        else:
            OTHERS.get(kind, ignore)(self, event)
        return self.dialogue.take()

    # Input.

    def _received(self, data: bytes) -> None:
        dialogue = self.dialogue
        dialogue.received += len(data)
        if dialogue.over:
            if self._unbound:
                dialogue.report_once("data-after-unbind")
            dialogue.effect(Conceal(len(data), 0))  # the rest of a message that was too long, or of noise
            return
        self._buffer = self._buffer + data if self._buffer else data
        self._read()
        if dialogue.options.timeout:
            dialogue.effects.append(SetTimer(QUIET, float(dialogue.options.timeout)))

    def _read(self) -> None:
        """Carry out the complete messages of the buffer, up to one for which the others must wait."""
        data, at = self._buffer, 0
        dialogue, limit = self.dialogue, int(self.dialogue.options.max_message)
        while self._calling is None and not dialogue.over:
            try:
                size = ber.message_size(data, at, ber.SEQUENCE)
            except ber.BerError as error:
                self._no_message(data[at:], str(error))
                break
            if size > limit:
                text = f"a message of {size} bytes; at most {limit} are accepted"
                self._break_off("message-too-long", text, data[at:])
                break
            if not size or size > len(data) - at:
                self._missing = max(size - (len(data) - at), 0)
                break
            self._timed = False  # the next message has a timer of its own
            at += size
            self._mark(len(data) - at, size)
            self._message(data, at - size, at)
        if at:
            self._buffer = data[at:]
        if dialogue.over:
            self._conceal_rest()
        self._time_rest()

    def _time_rest(self) -> None:
        """Start the timer of a message that has begun and not ended; cancel that of one that has ended."""
        waits = bool(self._buffer) and self._calling is None
        if waits and not self._timed and self.context.line_timeout_s:
            self.dialogue.effect(SetTimer(REST, self.context.line_timeout_s))
        elif self._timed and not waits:
            self.dialogue.effect(CancelTimer(REST))
        self._timed = waits

    def _mark(self, after: int, size: int) -> None:
        """Make a message the current one. after: bytes received behind it."""
        self.dialogue.line_end = self.dialogue.received - after
        self.dialogue.line_size = size

    def _message(self, data: bytes, at: int, end: int) -> None:
        self._missing = 0
        if has_too_many(data, at, end):
            self._refuse(data, at, end)
            return
        try:
            message = read_message(data, at, end)
        except MalformedMessage as error:
            self.dialogue.effect(Conceal(end - at, len(data) - end))  # a password may be anywhere in it
            self._malformed(error, data[at:end])
            return
        for begin, stop in secrets_in(data, at, end):
            self.dialogue.effect(Conceal(stop - begin, len(data) - stop))
        self._dispatch(message, rest=len(data) - end)

    def _malformed(self, error: MalformedMessage, data: bytes) -> None:
        """Answer a request with a value that it cannot have; end the session at any other malformed message."""
        if not error.is_answered:
            self._break_off("malformed-message", str(error), data)
            return
        self.dialogue.report("malformed-message", data[:HEADERS])
        result = Result(Code.PROTOCOL_ERROR, "", f"{error} (RFC 4511 4.1.1)")
        self.dialogue.say(write_message(error.id, write_result(RESPONSE_TAGS[error.operation], result)))

    def _refuse(self, data: bytes, at: int, end: int) -> None:
        """Answer a message that has too many values; nothing else of it is read."""
        self.dialogue.effect(Conceal(end - at, len(data) - end))  # it may hold a password
        try:
            message_id, tag = head_of(data, at, end)
        except ber.BerError as error:
            self._break_off("malformed-message", str(error), data[at:end])
            return
        self.dialogue.say(write_message(message_id, write_result(tag, Result(Code.ADMIN_LIMIT_EXCEEDED, "", TOO_MANY))))

    def _no_message(self, data: bytes, text: str) -> None:
        """End the session at bytes that begin no message; TLS and HTTP are told apart from the rest."""
        if data[0] == TLS_RECORD:
            if len(data) < HELLO_SIZE:
                return
            if is_hello(data):
                self.dialogue.report(UNEXPECTED_TLS.id)
                self._say_goodbye(Result(Code.PROTOCOL_ERROR, "", TLS_TEXT))
                return
        elif data[0] in LETTERS:
            line, end, _rest = data.partition(b"\n")
            if not end and len(line) <= LONGEST_LINE:
                return
            if http := find_http(line.rstrip(b"\r"), LONGEST_LINE):
                self.dialogue.report(HTTP_REQUEST.id, http)
                self._say_goodbye(Result(Code.PROTOCOL_ERROR, "", "received HTTP where a request of LDAP was expected"))
                return
        self._break_off("malformed-message", text, data)

    def _break_off(self, finding: str, text: str, data: bytes) -> None:
        self.dialogue.report(finding, data[:HEADERS])
        self._say_goodbye(Result(Code.PROTOCOL_ERROR, "", f"{text} (RFC 4511 4.1.1)"))

    def _say_goodbye(self, result: Result) -> None:
        """Send the notice of disconnection, and close (RFC 4511 4.4.1)."""
        self._drop_operations()
        self.dialogue.leave()
        self.dialogue.say(notice(result), closes=True)

    def _conceal_rest(self) -> None:
        """Have the journal mask what is left in the buffer: it may hold a password."""
        if self._buffer:
            self.dialogue.effects.append(Conceal(len(self._buffer), 0))
            self._buffer = b""

    # Operations.

    def _dispatch(self, message: Message, rest: int) -> None:
        request, dialogue = message.request, self.dialogue
        verb = verb_of(request)
        if type(request) is UnbindRequest:
            dialogue.log(verb, "", "", 0)
            self._unbound = True
            self._report_pages()
            self._drop_operations()
            dialogue.leave()
            dialogue.over = True
            return
        operation = Operation(message, dialogue, verb)
        planned: Result | None = None
        if self.context.world.faults.possible:
            planned = collect_faults(operation)
        if type(request) is AbandonRequest:
            self._abandon(request.id)
            dialogue.log(verb, argument_of(request), "", 0)
            return
        if not message.id:
            dialogue.report("id-zero")
            self._say_goodbye(Result(Code.PROTOCOL_ERROR, "", "the message identifier is 0 (RFC 4511 4.1.1.1)"))
            return
        if message.id in self._paused:
            dialogue.report("id-reused")
            text = "the message identifier is that of an operation that is not over (RFC 4511 4.1.1.1)"
            planned = Result(Code.PROTOCOL_ERROR, "", text)
        if planned is not None:
            self._finish(operation, Answer(planned))
            return
        try:
            self._check(operation, rest)
            handler = bind if type(request) is BindRequest else handler_of(dialogue, HANDLERS[type(request)])
            answer = operation.begin(handler)
        except DirectoryError as error:
            answer = self._refused(operation, error)
        if answer is not None:
            self._finish(operation, answer)
        else:
            self._advance(operation)

    def _check(self, operation: Operation, rest: int) -> None:
        """Check what every operation must fulfil. Raises: DirectoryError."""
        dialogue, request = self.dialogue, operation.request
        if type(request) is BindRequest:
            if self._paused:
                dialogue.report("operations-at-bind")
                self._drop_operations()  # RFC 4511 4.2.1
        elif dialogue.bound_in_clear and dialogue.tls is not None:
            dialogue.report_once("rebind-missing-after-starttls")
        if type(request) is not BindRequest and dialogue.sasl is not None:
            dialogue.report("request-in-sasl")
            dialogue.sasl = None
            raise DirectoryError(Code.OPERATIONS_ERROR, "a SASL bind is under way (RFC 4513 5.2.1.5)")
        if len(self._paused) >= MAX_OPERATIONS:
            raise DirectoryError(Code.BUSY, f"{MAX_OPERATIONS} operations are under way: wait for one, or abandon it")
        operation.parsed = parse_controls(request, operation.controls, dialogue.behaviour)
        act_as(operation)
        restrict(operation)
        if type(request) is ExtendedRequest and request.oid == START_TLS:
            self._check_start_tls(rest)

    def _check_start_tls(self, rest: int) -> None:
        """Check that nothing else is under way. Raises: DirectoryError."""
        if self._paused:
            text = "other operations are under way (RFC 4511 4.14.1)"
            raise DirectoryError(Code.OPERATIONS_ERROR, text, finding="starttls-outstanding")
        if rest and self.dialogue.tls is None:
            self.dialogue.report("starttls-injection")

    def _refused(self, operation: Operation, error: DirectoryError) -> Answer:
        if error.finding:
            self.dialogue.report(error.finding)
        controls = (*operation.told, *refusal_controls(operation, error))
        return refused(self.dialogue.behaviour.worded(operation, error), controls)

    def _advance(self, operation: Operation, value: Any = None, error: Exception | None = None) -> None:
        """Run an operation up to the step that waits."""
        operation.resume()
        try:
            asked = operation.advance(value, error)
        except DirectoryError as raised:
            self._paused.pop(operation.id, None)
            self._finish(operation, self._refused(operation, raised))
            return
        if type(asked) is Answer:
            self._paused.pop(operation.id, None)
            self._finish(operation, asked)
        elif type(asked) is Pause:
            operation.awaits = frozenset()
            self._paused[operation.id] = operation
            self._take_turns()
        elif type(asked) is Await:
            operation.awaits = asked.topics
            self._paused[operation.id] = operation
            for topic in asked.topics - self._watched:
                self._watched.add(topic)
                self.dialogue.effect(Watch(topic))
        elif type(asked) is Wait:
            operation.awaits = WAITS
            self._paused[operation.id] = operation
            self.dialogue.effect(SetTimer(f"{WAIT}{operation.id}", asked.seconds))
        elif type(asked) is Cancel:
            self._advance(operation, self._cancel(asked.id))
        else:
            assert isinstance(asked, Effect)  # noqa: S101 - the last kind of step
            self._calling = operation
            self.dialogue.effect(asked)

    def _finish(self, operation: Operation, answer: Answer) -> None:
        """Send the response that ends an operation, and journal it."""
        operation.resume()
        if not answer.is_sent:
            response = answer.response or write_result(RESPONSES[type(operation.request)], answer.result)
            operation.send(response, answer.controls, ends=True)
        argument = argument_of(operation.request)
        self.dialogue.log(operation.verb, argument, name_of(answer.result.code), operation.sent)

    def _called(self, result: Any, error: Exception | None) -> None:
        operation, self._calling = self._calling, None
        if operation is not None:
            self._advance(operation, result, error)
        self._read()
        if self._ended:
            self._close_when_done()

    def _take_turns(self) -> None:
        """Have paused operations go on once what was sent has left."""
        if not self._flushing:
            self._flushing = True
            self.dialogue.effect(AwaitFlush())

    def _timer_fired(self, name: str) -> None:
        if name == TURN:
            self._flushing = False
            for operation in [one for one in self._paused.values() if not one.awaits]:
                if self._calling is None:
                    self._advance(operation)
            if any(not one.awaits for one in self._paused.values()):
                self._take_turns()
            if self._ended:
                self._close_when_done()
        elif name.startswith(WAIT):
            waiting = self._paused.get(int(name.removeprefix(WAIT)))
            if waiting is not None and waiting.awaits is WAITS:
                waiting.awaits = frozenset()
                self._take_turns()
        elif name == REST and self._timed:
            self.dialogue.report("truncated-message")
            self._say_goodbye(Result(Code.PROTOCOL_ERROR, "", "timed out within a message ([limits] line)"))
        elif name == QUIET and not self._paused and self._calling is None:
            self._say_goodbye(Result(Code.UNAVAILABLE, "", "no request within the timeout ([ldap] timeout)"))

    def _abandon(self, message_id: int) -> None:
        operation = self._paused.pop(message_id, None)
        if operation is not None:
            operation.drop()

    def _cancel(self, message_id: int) -> bool:
        """End an operation that goes on, with the result canceled (RFC 3909 2.2); return False if there is none."""
        operation = self._paused.pop(message_id, None)
        if operation is None:
            return False
        operation.drop()
        self._finish(operation, Answer(Result(Code.CANCELED, "", "canceled by the client")))
        return True

    def _report_pages(self) -> None:
        """Report searches whose last page the client has not asked for."""
        if self.dialogue.pages:
            self.dialogue.report_once("paging-abandoned")

    def _drop_operations(self) -> None:
        for operation in self._paused.values():
            operation.drop()
        self._paused.clear()

    # Other events.

    def _opened(self, event: Opened) -> None:
        self.dialogue.tls = event.tls

    def _tls_started(self, event: TlsStarted) -> None:
        self._buffer = b""  # RFC 4511 4.14.2: what came in the clear is discarded
        self.dialogue.tls = event.tls
        self._called(None, None)

    def _noticed(self, event: Noticed) -> None:
        for operation in [one for one in self._paused.values() if one.awaits & event.topics]:
            if self._calling is None:
                self._advance(operation, operation.awaits & event.topics)
        wanted = frozenset[str]().union(*(one.awaits for one in self._paused.values()))
        for topic in self._watched - wanted:
            self.dialogue.effect(Unwatch(topic))
        self._watched &= wanted

    def _eof(self, _event: Eof) -> None:
        self._ended = True
        if self._buffer:
            self.dialogue.report("truncated-message")
            self._conceal_rest()
        self._report_pages()
        self._close_when_done()

    def _close_when_done(self) -> None:
        """Close after the client's half-close, once every operation that can end has ended."""
        if self._calling is None and not any(not one.awaits or one.awaits is WAITS for one in self._paused.values()):
            if not self._unbound and not self.dialogue.over:
                self.dialogue.report_once("no-unbind")
            self._drop_operations()
            self.dialogue.over = True

    def _limit_reached(self, event: LimitReached) -> None:
        self._say_goodbye(Result(Code.UNAVAILABLE, "", f"this connection has reached its limit ({event.limit})"))

    def _stopping(self, _event: Stopping) -> None:
        self._say_goodbye(Result(Code.UNAVAILABLE, "", "the server is shutting down"))

    def _closed(self, _event: Closed) -> None:
        self._drop_operations()
        if self._calling is not None:
            self._calling.drop()
            self._calling = None
        self._conceal_rest()
        if not self._unbound and not self._ended and not self.dialogue.over:
            self.dialogue.report_once("no-unbind")
        self.dialogue.end()
        self.dialogue.leave()


def ignore(_session: Ldap, _event: Event) -> None:
    """Ignore an event."""


OTHERS: dict[type[Event], Callable[[Ldap, Any], None]] = {
    Opened: Ldap._opened,  # noqa: SLF001 - its own table
    TlsStarted: Ldap._tls_started,  # noqa: SLF001
    Noticed: Ldap._noticed,  # noqa: SLF001
    Eof: Ldap._eof,  # noqa: SLF001
    LimitReached: Ldap._limit_reached,  # noqa: SLF001
    Stopping: Ldap._stopping,  # noqa: SLF001
    Closed: Ldap._closed,  # noqa: SLF001
}
"""Functions for the events that are not frequent."""
