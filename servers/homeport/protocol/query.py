"""Sessions of one query: the client sends a line, the server answers and closes first (Finger, Whois).

The two share the errors that a client can make in that line: a bare LF, no line end, an overlong line, control
characters, input after it, or closing before the answer. Each is a finding; each is refused in the protocol's own form
where the options say so, and a refusal says what to do. A ClientHello and a line of HTTP are always refused.

Faults treat a query as a command: its verb is `query`, its argument the whole text. If clients may ask for faults, a
word of the query that is a name in the domain fault.test does so.
"""

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from homeport.protocol.commands import ArgumentRule
from homeport.protocol.effects import (
    CLOSE,
    CancelTimer,
    Close,
    Effect,
    Log,
    ReportFinding,
    Send,
    SetTimer,
    under_faults,
)
from homeport.protocol.events import Closed, Data, Eof, Event, HostAnswered, LimitReached, Stopping, TimerFired
from homeport.protocol.fault_names import explain_fault_name, find_fault_name
from homeport.protocol.faults import OF_COMMANDS
from homeport.protocol.foreign import find_hello, find_http
from homeport.protocol.lines import Line, LineBuffer
from homeport.protocol.plaintext import safe
from homeport.protocol.rules import ENGINE_RULES, HTTP_REQUEST, UNEXPECTED_TLS, Rule
from homeport.protocol.service import BareLf, SyntaxOptions
from homeport.protocol.session import Context, Session, is_broken
from homeport.world.journal import printable

if TYPE_CHECKING:
    from homeport.world.faults import Fault

TURN_BYTES = 256
"""Input per turn: a query may search the whole world, and a client may send several at once."""
SHOWN = 64
"""Limit of the input that a finding shows, in bytes."""

VERBS: dict[str, ArgumentRule] = {"query": "optional"}
"""Verbs that faults can match."""
WORDS = {
    "bare-lf": "a query ends with CR LF, not with LF alone",
    "no-crlf": "a query ends with CR LF",
    "line-too-long": "a query has at most {limit} bytes",
    "control-characters": "a query has no control characters",
    "not-ascii": "a query is in ASCII",
}
"""Texts of refusals by finding; the rule's reference follows."""


class QueryOptions(SyntaxOptions, frozen=True, kw_only=True):
    """The options of a service of one query.

    Lenient: a query may end with LF alone, or without a line end.
    """

    bare_lf: BareLf = "refuse"


class QuerySession(Session):
    """Reads one line, answers it and closes; a subclass implements `answer` and `refusal`.

    limit: bytes of a query, without its line end. rules: the service's rules by identifier. The state of an answer that
    takes several turns is `waiting` until the effects of its last one, which end in `Close`.
    """

    __slots__ = ("_faults", "_lines", "_mute", "_timed", "state")

    engine_rules = ENGINE_RULES
    limit: ClassVar[int]
    rules: ClassVar[dict[str, Rule]]
    words: ClassVar[dict[str, str]] = WORDS
    counted_later: ClassVar[frozenset[str]] = frozenset()
    """Kinds of faults of which the session counts a match once it knows that the answer can have the defect."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.state: Literal["query", "waiting", "answered"] = "query"
        self._lines = LineBuffer(self.limit)
        self._faults: Sequence[Fault] = ()  # faults of the current query
        self._mute = False  # later input is not reported
        self._timed = False  # a line has begun, and its timer runs

    @property
    def turn_bytes(self) -> int:
        return TURN_BYTES

    @abstractmethod
    def answer(self, query: bytes) -> list[Effect]:
        """Return the effects that answer a query. A final `Close` ends the connection."""

    def pass_on(self, event: HostAnswered) -> Sequence[Effect]:  # noqa: ARG002 - for overrides
        """Return the answer to the query, made of another host's answer to `AskHost`."""
        return CLOSE

    @abstractmethod
    def refusal(self, finding: str, reason: str) -> bytes:
        """Serialize a refusal. finding: the rule that was broken, or empty. reason: one line for people."""

    def inspect(self, query: bytes) -> Iterable[str]:
        """Return the identifiers of the findings for the content of a query."""
        if not query.isascii():
            yield "not-ascii"
        if has_control_characters(query):
            yield "control-characters"

    def handle(self, event: Event) -> Sequence[Effect]:
        kind = type(event)
        if kind is Data:
            return self._received(event.data)  # type: ignore[attr-defined]  # narrowed by kind: isinstance costs
        if kind is Eof:
            return self._input_ended()
        if kind is TimerFired:
            return self._line_timed_out()
        if kind is HostAnswered:
            return under_faults(self._faults, self.pass_on(event))  # type: ignore[arg-type]  # narrowed by kind
        if kind is Closed:
            return (ReportFinding("early-close"),) if is_broken(event) and self.state != "answered" else ()
        if kind is LimitReached and self.state != "answered":
            reason = f"the limit of this connection is reached ({event.limit})"  # type: ignore[attr-defined]
            return (Send(self.refusal("", reason)), Close())
        return CLOSE if kind in (LimitReached, Stopping) else ()

    def _received(self, data: bytes) -> Sequence[Effect]:
        if self.state != "query":
            return self._after(data)
        lines = self._lines
        hello = find_hello(lines.begun, data)
        lines.feed(data[:hello] if hello > 0 else data)
        effects: list[Effect] = []
        while self.state == "query" and hello and (line := lines.take()) is not None:
            effects += self._take(line)
        if self.state == "query":
            if hello >= 0:
                effects += self._refuse_tls()
            elif lines.overlong:
                begun = lines.rest()
                effects += self._refuse_http(begun + b".") or self._refuse("line-too-long", begun)
        elif len(lines):
            effects += self._after(lines.rest())
        return [*self._time_line(), *effects]

    def _time_line(self) -> Sequence[Effect]:
        """Start the timer of a line that has begun; cancel that of one that has ended."""
        begun = self.state == "query" and len(self._lines) > 0
        if begun == self._timed or not self.context.line_timeout_s:
            return ()
        self._timed = begun
        return (SetTimer("line", self.context.line_timeout_s) if begun else CancelTimer("line"),)

    def _line_timed_out(self) -> Sequence[Effect]:
        if self.state != "query" or not self._timed:
            return ()
        self.state = "answered"
        self._mute = True
        reason = f"the query did not end within {self.context.line_timeout_s:g} s ([limits] line)"
        return (Send(self.refusal("", reason)), Close())

    def _input_ended(self) -> Sequence[Effect]:
        if self.state == "waiting":
            return ()  # a half-close: the answer is pending
        query = self._lines.rest().removesuffix(b"\r")
        if self.state == "answered" or not query:
            return CLOSE
        if refused := self._refuse_http(query):
            return refused
        self._find_faults(query)
        return self._faulted(self._take_unended(query))

    def _take_unended(self, query: bytes) -> Sequence[Effect]:
        if not self.context.options.accepts_bare_lf:
            return self._refuse("no-crlf", query)
        effects = [ReportFinding("no-crlf", query[-SHOWN:]), *self._answer(query)]
        return effects if self.state == "waiting" else [*effects, Close()]

    def _take(self, line: Line) -> Sequence[Effect]:
        if refused := self._refuse_http(line.content + b"." if line.overlong else line.content):
            return refused
        self._find_faults(line.content)
        return self._faulted(self._take_ended(line))

    def _faulted(self, effects: Sequence[Effect]) -> Sequence[Effect]:
        """Put the first effects of an answer under the faults of its query."""
        return under_faults(self._faults, effects)

    def _find_faults(self, query: bytes) -> None:
        """Look up the faults that act on the answer to a query."""
        faults = self.context.world.faults
        if len(faults) or faults.by_client:
            text = safe(query.decode("utf-8", "replace").strip())
            self._faults = faults.at_command(self.context, "query", text, later=self.counted_later)
            if faults.by_client and (do := find_fault_name(text.split())) and do.kind not in OF_COMMANDS:
                self._faults += faults.asked_for(self.context, do)
        else:
            self._faults = ()

    def _take_ended(self, line: Line) -> Sequence[Effect]:
        query = line.content
        if line.overlong:
            return self._refuse("line-too-long", query)
        if not line.bare_lf:
            return self._answer(query)
        if not self.context.options.accepts_bare_lf:
            return self._refuse("bare-lf", query)
        return [ReportFinding("bare-lf", query[-SHOWN:] + b"\n"), *self._answer(query)]

    def _fault_error(self, query: bytes) -> str:
        """Return an error message for the fault that the query asks for by name; empty for none."""
        if not self.context.world.faults.by_client:
            return ""
        words = query.decode("utf-8", "replace").split()
        if (do := find_fault_name(words)) and do.kind in OF_COMMANDS:
            return f"{self.context.service} does not support {do.kind}"
        return explain_fault_name(words)

    def _answer(self, query: bytes) -> list[Effect]:
        if problem := self._fault_error(query):
            self.state = "answered"
            fields = {"verb": "query", "argument": printable(query), "code": "refused"}
            return [Log("command", fields), Send(self.refusal("", problem)), Close()]
        found = [] if query.isascii() and query.decode().isprintable() else list(self.inspect(query))
        for finding in found:
            if self._forbids(finding):
                return self._refuse(finding, query)
        effects: list[Effect] = [ReportFinding(finding, query[:SHOWN]) for finding in found]
        effects += self.answer(query)
        if type(effects[-1]) is Close:
            self.state = "answered"
        return effects

    def _refuse(self, finding: str, query: bytes) -> list[Effect]:
        self.state = "answered"
        # Later input belongs to the refused line, so it is no finding of its own.
        self._mute = self._mute or finding == "line-too-long"
        reason = f"{self.words[finding].format(limit=self.limit)} ({self.rules[finding].reference})"
        fields = {"verb": "query", "argument": printable(query), "code": "refused"}
        shown = query[-SHOWN:] if finding == "no-crlf" else query[:SHOWN]
        return [ReportFinding(finding, shown), Log("command", fields), Send(self.refusal(finding, reason)), Close()]

    def _refuse_tls(self) -> list[Effect]:
        """Refuse a ClientHello with a plaintext refusal: the client's TLS library shows its user an error."""
        reason = "this is a TLS ClientHello, and this port has no TLS: disable TLS in the client"
        return self._refuse_foreign(UNEXPECTED_TLS, b"", reason)

    def _refuse_http(self, query: bytes) -> list[Effect]:
        """Refuse a line of HTTP, without looking it up; return nothing for any other line.

        query: without its end; more than `limit` bytes of an overlong one.
        """
        shown = find_http(query, self.limit)
        return (
            self._refuse_foreign(HTTP_REQUEST, shown, "this is an HTTP request, and not an HTTP port") if shown else []
        )

    def _refuse_foreign(self, rule: Rule, shown: bytes, reason: str) -> list[Effect]:
        self.state = "answered"
        self._mute = True
        fields = {"verb": "query", "argument": "", "code": "refused"}
        return [ReportFinding(rule.id, shown), Log("command", fields), Send(self.refusal(rule.id, reason)), Close()]

    def _forbids(self, finding: str) -> bool:
        return self.context.options.is_strict and self.rules[finding].level == "must"

    def _after(self, data: bytes) -> Sequence[Effect]:
        if self._mute:
            return ()
        self._mute = True
        return (ReportFinding("data-after-query", data[:SHOWN]),)


def has_control_characters(query: bytes) -> bool:
    """Return True if it contains C0 characters but TAB, or DEL."""
    return any((byte < 32 and byte != 9) or byte == 127 for byte in query)
