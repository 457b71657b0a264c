"""Sessions of one query: a line comes in, an answer goes out, the server closes first (Finger, Whois).

What the two share is how a client can get that line wrong: LF alone, no line end at all, a line without bounds,
octets that have no business in it, more after it, or going away before it is answered. Each is a finding; each is
refused in the protocol's own form where the options say so, and a refusal says what to do. A client that begins TLS is
refused always, by services that declare `service.UNEXPECTED_TLS` among their rules.

To faults a query is a command: its verb is `query`, its argument the whole text. Where clients may ask for faults, a
word of the query does so that is a name in the domain fault.test.
"""

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from msgspec import Meta

from homeport.protocol.commands import ArgumentRule
from homeport.protocol.effects import CLOSE, AskHost, Close, Effect, Find, Log, Send, under_faults
from homeport.protocol.events import Closed, Data, Eof, Event, HostAnswered, LimitReached, Stopping
from homeport.protocol.faults import OF_COMMANDS, explain_fault_name, find_fault_name
from homeport.protocol.foreign import find_hello
from homeport.protocol.lines import Line, LineBuffer
from homeport.protocol.plaintext import safe
from homeport.protocol.rules import UNEXPECTED_TLS, Rule
from homeport.protocol.service import Options
from homeport.protocol.session import Context, Session, is_broken
from homeport.world.journal import printable

if TYPE_CHECKING:
    from homeport.world.faults import Fault

SHOWN = 64
"""Octets of an offence that its finding is given."""

VERBS: dict[str, ArgumentRule] = {"query": "optional"}
"""What faults match of such a service."""
WORDS = {
    "bare-lf": "a query ends with CR LF, not with LF alone",
    "no-crlf": "a query ends with CR LF",
    "line-too-long": "a query has at most {limit} octets",
    "control-characters": "a query has no control characters",
    "not-ascii": "a query is in ASCII",
}
"""What a refusal tells the client to do, by finding; the rule's reference follows."""


class QueryOptions(Options, frozen=True, kw_only=True):
    """The options of a service of one query."""

    bare_lf: Annotated[
        Literal["refuse", "accept"],
        Meta(
            description="what becomes of a query that ends with LF alone or without a line end; a finding in any case"
        ),
    ] = "refuse"


class QuerySession(Session):
    """Takes one line, answers it and closes; a subclass says how.

    limit: octets of a query, without its end. rules: the service's rules by identifier.
    """

    __slots__ = ("_faults", "_lines", "_mute", "state")

    limit: ClassVar[int]
    rules: ClassVar[dict[str, Rule]]

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.state: Literal["query", "waiting", "answered"] = "query"
        self._lines = LineBuffer(self.limit)
        self._faults: Sequence[Fault] = ()  # those of the query that is being answered
        self._mute = False  # nothing more is said of what comes after the query

    @abstractmethod
    def answer(self, query: bytes) -> list[Effect]:
        """What a query is answered with. A `Close` at the end makes it the last one."""

    def pass_on(self, event: HostAnswered) -> Sequence[Effect]:  # noqa: ARG002 - for those that ask hosts
        """What another host answered to `AskHost`, as an answer to the query."""
        return CLOSE

    @abstractmethod
    def refusal(self, finding: str, reason: str) -> bytes:
        """A refusal in the protocol's form. finding: why, or empty; reason: one line for people."""

    def inspect(self, query: bytes) -> Iterable[str]:
        """The findings that the octets of a query give cause for."""
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
        if kind is HostAnswered:
            return under_faults(self._faults, self.pass_on(event))  # type: ignore[arg-type]  # narrowed by kind
        if kind is Closed:
            return (Find("early-close"),) if is_broken(event) and self.state != "answered" else ()
        if kind is LimitReached and self.state != "answered":
            reason = f"the limit of this connection is reached ({event.limit})"  # type: ignore[attr-defined]
            return (Send(self.refusal("", reason)), Close())
        return CLOSE if kind in (LimitReached, Stopping) else ()

    def _received(self, data: bytes) -> Sequence[Effect]:
        if self.state != "query":
            return self._after(data)
        lines = self._lines
        hello = find_hello(lines.begun, data) if UNEXPECTED_TLS.id in self.rules else -1
        lines.feed(data[:hello] if hello > 0 else data)
        effects: list[Effect] = []
        while self.state == "query" and hello and (line := lines.take()) is not None:
            effects += self._take(line)
        if self.state == "query":
            if hello >= 0:
                effects += self._refuse_tls()
            elif lines.overlong:
                effects += self._refuse("line-too-long", lines.rest())
        elif len(lines):
            effects += self._after(lines.rest())
        return effects

    def _input_ended(self) -> Sequence[Effect]:
        if self.state == "waiting":
            return ()  # a half-close: the answer is still on its way
        query = self._lines.rest().removesuffix(b"\r")
        if self.state == "answered" or not query:
            return CLOSE
        self._find_faults(query)
        return under_faults(self._faults, self._take_unended(query))

    def _take_unended(self, query: bytes) -> Sequence[Effect]:
        if self.context.options.bare_lf == "refuse" or self._forbids("no-crlf"):
            return self._refuse("no-crlf", query)
        effects = [Find("no-crlf", query[-SHOWN:]), *self._answer(query)]
        if type(effects[-1]) is AskHost:
            return effects
        return [*effects, Close()]

    def _take(self, line: Line) -> Sequence[Effect]:
        self._find_faults(line.content)
        return under_faults(self._faults, self._take_ended(line))

    def _find_faults(self, query: bytes) -> None:
        """The faults that act on the answer to a query."""
        faults = self.context.world.faults
        if len(faults) or faults.by_client:
            text = safe(query.decode("utf-8", "replace").strip())
            self._faults = faults.at_command(self.context, "query", text)
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
        if self.context.options.bare_lf == "refuse" or self._forbids("bare-lf"):
            return self._refuse("bare-lf", query)
        return [Find("bare-lf", query[-SHOWN:] + b"\n"), *self._answer(query)]

    def _no_fault(self, query: bytes) -> str:
        """Return what is wrong with a fault that the query asks for by name; empty for nothing."""
        if not self.context.world.faults.by_client:
            return ""
        words = query.decode("utf-8", "replace").split()
        if (do := find_fault_name(words)) and do.kind in OF_COMMANDS:
            return f"{self.context.service} cannot suffer {do.kind}"
        return explain_fault_name(words)

    def _answer(self, query: bytes) -> list[Effect]:
        if problem := self._no_fault(query):
            self.state = "answered"
            fields = {"verb": "query", "argument": printable(query), "code": "refused"}
            return [Log("command", fields), Send(self.refusal("", problem)), Close()]
        found = [] if query.isascii() and query.decode().isprintable() else list(self.inspect(query))
        for finding in found:
            if self._forbids(finding):
                return self._refuse(finding, query)
        effects: list[Effect] = [Find(finding, query[:SHOWN]) for finding in found]
        effects += self.answer(query)
        if type(effects[-1]) is Close:
            self.state = "answered"
        return effects

    def _refuse(self, finding: str, query: bytes) -> list[Effect]:
        self.state = "answered"
        # What follows belongs to the line that was refused, as far as anybody can tell.
        self._mute = self._mute or finding == "line-too-long"
        reason = f"{WORDS[finding].format(limit=self.limit)} ({self.rules[finding].reference})"
        fields = {"verb": "query", "argument": printable(query), "code": "refused"}
        shown = query[-SHOWN:] if finding == "no-crlf" else query[:SHOWN]
        return [Find(finding, shown), Log("command", fields), Send(self.refusal(finding, reason)), Close()]

    def _refuse_tls(self) -> list[Effect]:
        """Refuse a client that begins TLS, in the protocol's words: it expects others, and shows its user an error."""
        self.state = "answered"
        self._mute = True
        reason = "this is a TLS ClientHello, and TLS is not spoken here: switch it off in the client"
        fields = {"verb": "query", "argument": "", "code": "refused"}
        refusal = self.refusal(UNEXPECTED_TLS.id, reason)
        return [Find(UNEXPECTED_TLS.id), Log("command", fields), Send(refusal), Close()]

    def _forbids(self, finding: str) -> bool:
        return self.context.options.strict and self.rules[finding].level == "must"

    def _after(self, data: bytes) -> Sequence[Effect]:
        if self._mute:
            return ()
        self._mute = True
        return (Find("data-after-query", data[:SHOWN]),)


def has_control_characters(query: bytes) -> bool:
    """Whether octets of C0 or DEL are in it; a TAB is a blank."""
    return any((octet < 32 and octet != 9) or octet == 127 for octet in query)
