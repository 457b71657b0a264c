"""The session of Gopher: a request, and the steps of its answer."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from homeport.protocol.effects import (
    CLOSE,
    AwaitFlush,
    Call,
    Close,
    Effect,
    Log,
    LogFault,
    ReportFinding,
    Send,
    under_faults,
)
from homeport.protocol.events import Called, Closed, Event, Flushed, LimitReached, Stopping
from homeport.protocol.faults import WORDS as DEFECTS
from homeport.protocol.faults import FrameFault
from homeport.protocol.plaintext import safe
from homeport.protocol.query import SHOWN, QuerySession, has_control_characters
from homeport.protocol.query import WORDS as QUERY_WORDS
from homeport.protocol.rules import Rule
from homeport.protocol.session import Context
from homeport.services.gopher.answers import Answers
from homeport.services.gopher.client_faults import explain, find_fault, split_fault
from homeport.services.gopher.form import DOT, FRAMES, Form, Kind, error
from homeport.services.gopher.options import MAX_REQUEST_BYTES, MAX_SELECTOR_BYTES, RULES
from homeport.services.gopher.request import Request, parse
from homeport.services.gopher.steps import Begin, ClientLeft, Steps, Work
from homeport.world.faults import Fault

PIECE = 64 << 10
"""Bytes that are sent before the client is waited for."""


class Gopher(QuerySession):
    """One request and its answer."""

    __slots__ = ("_defects", "_request", "_steps", "_work")

    limit = MAX_REQUEST_BYTES
    rules: ClassVar[dict[str, Rule]] = {rule.id: rule for rule in RULES}
    words: ClassVar[dict[str, str]] = QUERY_WORDS | {
        "http-method": "a request begins with a selector, not with a method",
        "plus-malformed": "a request of Gopher+ ends with a mark, and a flag of 0 or 1",
    }
    counted_later = frozenset({"frame"})

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._request = Request("")
        self._steps: Steps | None = None
        self._defects: tuple[Fault, ...] = ()  # planned for the answer, if it can have them
        self._work: Work | None = None  # to be done once the client has taken what was sent

    def handle(self, event: Event) -> Sequence[Effect]:
        if self._steps is not None:
            match event:
                case Called(result, problem):
                    return self._go_on(result, problem)
                case Flushed():
                    work, self._work = self._work, None
                    return self._go_on() if work is None else (Call(work),)
                case Closed():
                    return [*self._abandon(), *super().handle(event)]
                case LimitReached() | Stopping():
                    return [*self._abandon(), *CLOSE]  # an error within a file would be content
        return super().handle(event)

    def refusal(self, finding: str, reason: str) -> bytes:  # noqa: ARG002 - it is in the reason
        return error(reason, self.context.options.encoding) + DOT

    def inspect(self, query: bytes) -> Iterable[str]:
        if has_control_characters(query):
            yield "control-characters"
        try:
            query.decode("utf-8")
        except UnicodeDecodeError:
            yield "not-utf-8"

    def answer(self, query: bytes) -> list[Effect]:
        if self.context.world.faults.by_client:
            _name, query = split_fault(query)
        options = self.context.options
        request = self._request = parse(query, plus=options.gopher_plus)
        findings = list(request.findings)
        if len(query.partition(b"\t")[0]) > MAX_SELECTOR_BYTES:
            findings.append("selector-too-long")
        for finding in findings:
            if self._forbids(finding):
                return self._refuse(finding, query)
        self._steps = Answers(self.context.world, options, self._host).respond(request)
        self.state = "waiting"
        return [*(ReportFinding(finding, query[:SHOWN]) for finding in findings), *self._go_on()]

    @property
    def _host(self) -> str:
        """The name or address of this server that its menus have."""
        name: str = self.context.options.host_name
        return name or self.context.local[0].partition("%")[0]

    def _find_faults(self, query: bytes) -> None:
        super()._find_faults(query)
        faults = self.context.world.faults
        if faults.by_client and (do := find_fault(split_fault(query)[0])):
            self._faults = (*self._faults, *faults.asked_for(self.context, do))
        self._defects = tuple(one for one in self._faults if one.plan.do.kind == "frame")
        if self._defects:
            self._faults = tuple(one for one in self._faults if one.plan.do.kind != "frame")

    def _fault_error(self, query: bytes) -> str:
        if self.context.world.faults.by_client:
            name, _request = split_fault(query)
            if name:
                return explain(name) if find_fault(name) is None else ""
        return super()._fault_error(query)

    def _faulted(self, effects: Sequence[Effect]) -> Sequence[Effect]:
        return under_faults(self._faults, effects, last=self.state == "waiting")

    # The steps of the answer.

    def _go_on(self, result: Any = None, problem: Exception | None = None) -> list[Effect]:  # Any: of the work
        """Run steps until one has to be waited for; return the effects up to then."""
        steps = self._steps
        assert steps is not None  # noqa: S101 - the callers have looked
        effects: list[Effect] = []
        pieces: list[bytes] = []
        size = 0
        try:
            while size < PIECE:
                step = steps.send(result) if problem is None else steps.throw(problem)
                result = problem = None
                if isinstance(step, bytes):
                    size += len(step)
                    if step:
                        pieces.append(step)
                elif isinstance(step, Begin):
                    result, records = self._begin(step)
                    effects += records
                elif isinstance(step, Effect):
                    effects.append(step)
                elif not pieces:
                    return [*effects, Call(step)]
                else:
                    self._work = step  # nothing more is read before the client has taken the last
                    break
        except StopIteration:
            self._steps = None
            self.state = "answered"
            return [*effects, *sent(pieces), Close()]
        return [*effects, *sent(pieces), AwaitFlush()]

    def _begin(self, begin: Begin) -> tuple[Form, list[Effect]]:
        """Return the form of an answer that begins, with its defects, and its records."""
        request = self._request
        argument = request.selector if request.terms is None else f"{request.selector}\t{request.terms}"
        fields = {"verb": begin.verb, "argument": safe(argument), "code": begin.code}
        if request.mark:
            fields["plus"] = request.mark + request.wanted
        options = self.context.options
        faults = [fault for fault in self._defects if self._can_have(begin.kind, fault) and fault.take()]
        words: list[FrameFault] = [one.plan.do.frame for one in faults]  # type: ignore[misc]  # of that kind
        form = Form(options, self._host, options.public_port or self.context.local[1], request, words)
        told = [LogFault(fault, f"sent {DEFECTS[word]}") for fault, word in zip(faults, words, strict=True)]
        return form, [Log("command", fields), *told]

    def _can_have(self, kind: Kind, fault: Fault) -> bool:
        """Return True if an answer of that kind can have the defect of a fault."""
        word: Any = fault.plan.do.frame  # one of FRAMES, by the declaration
        return kind in FRAMES[word] and (word != "wrong-size" or bool(self._request.mark))

    def _abandon(self) -> Iterable[Effect]:
        """End the steps; return their last records."""
        steps, self._steps = self._steps, None
        assert steps is not None  # noqa: S101 - the callers have looked
        try:
            step = steps.throw(ClientLeft())
        except (ClientLeft, StopIteration):
            return []
        steps.close()
        return [step] if isinstance(step, Log) else []


def sent(pieces: Sequence[bytes]) -> Iterable[Effect]:
    """Return the effect that sends some bytes; none for none."""
    data = b"".join(pieces)
    return [Send(data)] if data else []
