"""State shared by the parts of an EPP session: ordered answers, journal records, and changes that are not durable yet.

The frames of one read are answered by one write (RFC 5734 3). With a registry on disk, answers to a change, and all
later ones, wait until it is on stable storage; if the disk refuses it, it is rolled back and the answer is 2400.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from homeport.protocol.dialogue import SHOWN, Dialogue
from homeport.protocol.effects import Close, ConcealSent, Effect, Log, LogFault, ReportFinding, Send
from homeport.protocol.faults import WORDS
from homeport.protocol.faults import Reply as PlannedReply
from homeport.protocol.place import Place
from homeport.protocol.session import Context
from homeport.services.epp.faulting import (
    NOTHING_PLANNED,
    WITHOUT_RESULT,
    Planned,
    altered_frame,
    asked_for,
    result_of,
    shown_result,
    unknown_fault_name,
)
from homeport.services.epp.flow import EppError
from homeport.services.epp.framing import HEADER
from homeport.services.epp.framing import frame as framed
from homeport.services.epp.grammar import markup_of
from homeport.services.epp.naming import Called
from homeport.services.epp.offers import offer_of
from homeport.services.epp.options import EppOptions
from homeport.services.epp.responses import NOTHING, Ids, refusal
from homeport.services.epp.results import LANGUAGES, Code


def not_saved(error: Exception) -> EppError:
    """Return the refusal (2400) of a change that could not be written to the disk."""
    return EppError(
        Code.COMMAND_FAILED, f"the registry could not be written to the disk; the change was rolled back: {error}"
    )


class Exchange(NamedTuple):
    """A command that has not been answered yet."""

    called: Called
    ids: Ids
    planned: Planned
    place: Place | None = None


class EppDialogue(Dialogue):
    """The dialogue with one client; the package's docstring draws its state machine.

    Each turn's effects come in this order: findings and secrets (`effects`), the journal's records, then answers.
    """

    __slots__ = (
        "_answers",
        "_exchanges",
        "_logs",
        "_mark",
        "_told",
        "closing",
        "language",
        "offer",
        "options",
        "ticket",
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.options: EppOptions = context.options
        self.offer = offer_of(self.options.services, self.options.extensions, self.options.unknown_uri)
        self.language: str = LANGUAGES[0]
        self.closing = False
        """True once the final answer is queued; `over` follows when it has been sent."""
        self.ticket: Any = None
        """Ticket of the newest change that is not on stable storage yet; answers from it on are held back."""
        self._logs: list[Effect] = []
        self._answers: list[Effect] = []  # sent before the frames in `_said`
        self._exchanges: list[Exchange] = []  # commands whose answers wait for the ticket
        self._mark = (0, 0)  # records and answers that come before theirs
        self._told: frozenset[str] = frozenset()

    # Findings and records.

    def report(self, finding: str, shown: str | bytes = b"") -> None:
        """Report a finding. shown: the text that proves it; never a secret."""
        data = shown if isinstance(shown, bytes) else shown.encode()
        self.effects.append(ReportFinding(finding, data[:SHOWN], "", self.place()))

    def report_once(self, finding: str, shown: str | bytes = b"") -> None:
        """Report a finding at most once per connection."""
        if finding not in self._told:
            self._told |= {finding}
            self.report(finding, shown)

    def record(self, event: Log) -> None:
        """Queue a record for the journal; it is written in order, once what it says is certain."""
        self._logs.append(event)

    def log(self, exchange: Exchange, code: str, reason: str = "", answer_bytes: int = -1) -> None:
        """Log a command. code: its result code; empty if it gets no answer. answer_bytes: -1 if unknown."""
        called, ids, _planned, place = exchange
        if place is not None:
            place = Place(place.begin, place.end, answer_bytes)
        fields = {
            "command": called.verb,
            "object": called.shown,
            "op": called.op,
            "code": code,
            "reason": reason,
            "cl_trid": ids.client or "",
            "sv_trid": ids.server,
        }
        if called.foreign:
            fields["foreign"] = called.foreign
        self.record(Log("epp", fields, place))

    # Answers.

    def send_frame(self, xml: bytes, planned: Planned) -> None:
        """Send a frame, altered as planned by faults."""
        if planned is NOTHING_PLANNED:
            self._said.append(framed(xml))
            return
        self.flush()
        if planned.spoiling is not None:
            frame: Any = planned.frame
            self._answers.append(LogFault(planned.spoiling, f"answered with {WORDS[frame]}", shown_result(xml)))
        self._answers += altered_frame(planned, xml)
        if planned.frame == "half":
            self.closing = True

    def answer(self, exchange: Exchange, xml: bytes, code: Code, reason: str = "") -> None:
        """Answer a command and log it."""
        self.log(exchange, str(code), reason, len(xml) + HEADER)
        self.send_frame(xml, exchange.planned)
        if self.ticket is not None:
            self._exchanges.append(exchange)

    def conceal_shown(self, data: Any) -> None:
        """Have the journal mask the authInfo of an object that an answer shows. data: the answer's object."""
        auth_info = getattr(data, "auth_info", None)
        if auth_info is not None and auth_info.pw is not None and auth_info.pw.value:
            self.effects.append(ConcealSent(markup_of(auth_info.pw.value).encode(), b":pw>"))

    def drop(self, exchange: Exchange) -> None:
        """Drop a command: it is neither carried out nor answered, as a planned fault asks."""
        self.log(exchange, "", "dropped, as planned by a fault")
        self.send_frame(b"", exchange.planned)
        self.closing = any(fault.plan.do.kind != "hang" for fault in exchange.planned.faults)

    def reply(self, _verb: str, _argument: str, _reply: Any) -> None:
        """Close without an answer: EPP has no message outside of answers to commands (RFC 5734 2)."""
        self.closing = True

    # Planned faults.

    def planned(self, made: PlannedReply) -> EppError:
        return EppError(*result_of(made.number, made.text))

    def plan_exchange(self, called: Called, cl_trid: str | None) -> Planned:
        """Return the faults planned for a command; each fault that matches it counts one match."""
        faults = self.context.world.faults
        if not faults.planned and not faults.by_client:
            return NOTHING_PLANNED
        answered = called.verb not in WITHOUT_RESULT
        self.faults = faults.at_command(self.context, called.verb, called.argument, replies=answered)
        refused: EppError | None = self._take_reply(called.verb)
        if faults.by_client:
            words = [*called.names, cl_trid or ""]
            do, direction = asked_for(words)
            if do is not None:
                asked = self.ask_for_fault(do, direction)
                refused = refused or asked
            elif problem := unknown_fault_name(words):
                self.faults = ()
                return Planned(EppError(Code.PARAMETER_POLICY, problem))
        acting = self.take_faults()
        spoiling = next((fault for fault in acting if fault.plan.do.kind == "frame"), None)
        frame: Any = None if spoiling is None else spoiling.plan.do.frame
        others = tuple(fault for fault in acting if fault.plan.do.kind != "frame")
        return Planned(refused, frame, spoiling, any(fault.plan.direction == "in" for fault in others), others)

    # Changes that are not on stable storage yet.

    def wait_for(self, ticket: Any) -> None:
        """Hold back all later answers until that change is on stable storage. ticket: None: do not wait."""
        if ticket is None:
            return
        if self.ticket is None:
            self.flush()
            self._exchanges = []
            self._mark = (len(self._logs), len(self._answers))
        self.ticket = ticket

    def wait_for_all(self) -> None:
        """Hold back all later answers until every change made so far is on stable storage."""
        if (store := self.context.world.registry.store) is not None:
            self.wait_for(store.unsettled)

    def rollback(self, error: Exception) -> Sequence[Exchange]:
        """Answer 2400 to the commands whose changes the disk refused; return those commands."""
        self.ticket = None
        logs, said = self._mark
        del self._logs[logs:], self._answers[said:]
        self._said.clear()
        refused = not_saved(error)
        for exchange in self._exchanges:
            self.answer(exchange, refusal(refused, exchange.ids, None, NOTHING, ""), refused.code, refused.reason)
        return self._exchanges

    # Turns.

    def flush(self) -> None:
        if self._said:
            self._answers.append(Send(b"".join(self._said)))
            self._said.clear()

    def take(self) -> list[Effect]:
        effects, self.effects = self.effects, []
        if self.ticket is not None:
            return effects
        logs, said = self._logs, self._said
        self._logs = []
        if said and not (effects or self._answers or self.closing or self.over):
            # Fast path: most turns have answers only.
            logs.append(Send(said[0] if len(said) == 1 else b"".join(said)))
            said.clear()
            return logs
        self.flush()
        effects += logs
        effects += self._answers
        self._answers = []
        self.over = self.over or self.closing
        if self.over and not self._closed:
            self._closed = True
            effects.append(Close())
        return effects
