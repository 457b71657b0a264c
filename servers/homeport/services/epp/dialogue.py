"""What the parts of a session of EPP share: answers in their order, the journal, and what is not kept yet.

What one read brings is answered by one write (RFC 5734 3). With a registry on disk, answers that follow from a change
wait until it is on stable storage; if the disk refuses it, the registry takes it back and the answer is 2400.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from homeport.protocol.dialogue import SHOWN, Dialogue
from homeport.protocol.effects import Close, Effect, Find, Log, Send
from homeport.protocol.faults import Reply as PlannedReply
from homeport.protocol.session import Context
from homeport.services.epp.faulting import NOTHING_PLANNED, Planned, asked_for, misnamed, result_of, spoken
from homeport.services.epp.flow import EppError
from homeport.services.epp.framing import frame as framed
from homeport.services.epp.naming import Called
from homeport.services.epp.options import EppOptions
from homeport.services.epp.responses import NOTHING, Ids, refusal
from homeport.services.epp.results import LANGUAGES, Code


def not_kept(error: Exception) -> EppError:
    """Return the refusal of a change that the disk does not take."""
    return EppError(
        Code.COMMAND_FAILED, f"the registry could not be written to the disk, and nothing is changed: {error}"
    )


class Exchange(NamedTuple):
    """A command on its way to its answer."""

    called: Called
    ids: Ids
    planned: Planned


class EppDialogue(Dialogue):
    """One client's dialogue with the server; the package's docstring draws its states.

    A turn's effects are findings and secrets (`effects`), then the journal's records, then what is said.
    """

    __slots__ = ("_exchanges", "_logs", "_mark", "_spoken", "_told", "closing", "language", "options", "ticket")

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.options: EppOptions = context.options
        self.language: str = LANGUAGES[0]
        self.closing = False
        """True once the last answer is said; `over` follows when that is sent."""
        self.ticket: Any = None
        """Of the newest change that is not on stable storage; the answers from it on wait."""
        self._logs: list[Effect] = []
        self._spoken: list[Effect] = []  # before the frames in `_said`
        self._exchanges: list[Exchange] = []  # those whose answers wait for the ticket
        self._mark = (0, 0)  # what was logged and spoken before them
        self._told: frozenset[str] = frozenset()

    # Findings and records.

    def find(self, finding: str, shown: str | bytes = b"") -> None:
        """Raise a finding. shown: never a secret."""
        data = shown if isinstance(shown, bytes) else shown.encode()
        self.effects.append(Find(finding, data[:SHOWN]))

    def find_once(self, finding: str, shown: str | bytes = b"") -> None:
        """Raise a finding that is told once for a connection."""
        if finding not in self._told:
            self._told |= {finding}
            self.find(finding, shown)

    def write_down(self, event: Log) -> None:
        """Write something into the journal when it is known to be done, in its order."""
        self._logs.append(event)

    def log(self, exchange: Exchange, code: str, reason: str = "") -> None:
        """Write a command into the journal. code: of its result; empty if it gets none."""
        called, ids, _planned = exchange
        fields = {
            "command": called.verb,
            "object": called.shown,
            "op": called.op,
            "code": code,
            "reason": reason,
            "cl_trid": ids.client or "",
            "sv_trid": ids.server,
        }
        self.write_down(Log("epp", fields))

    # Answers.

    def speak(self, xml: bytes, planned: Planned) -> None:
        """Say a frame, or spoil it as planned."""
        if planned is NOTHING_PLANNED:
            self._said.append(framed(xml))
            return
        self.flush()
        self._spoken += spoken(planned, xml)
        if planned.frame == "half":
            self.closing = True

    def answer(self, exchange: Exchange, xml: bytes, code: Code, reason: str = "") -> None:
        """Answer a command, and write it into the journal."""
        self.log(exchange, str(code), reason)
        self.speak(xml, exchange.planned)
        if self.ticket is not None:
            self._exchanges.append(exchange)

    def lose(self, exchange: Exchange) -> None:
        """Leave a command undone and unanswered, as a fault wants it."""
        self.log(exchange, "", "lost, as planned by a fault")
        self.speak(b"", exchange.planned)
        self.closing = any(fault.plan.do.kind != "hang" for fault in exchange.planned.faults)

    def reply(self, _verb: str, _argument: str, _reply: Any) -> None:
        """Close without a word: EPP has none that answers no command (RFC 5734 2)."""
        self.closing = True

    # Planned faults.

    def planned(self, made: PlannedReply) -> EppError:
        return EppError(*result_of(made.code, made.text))

    def plan_exchange(self, called: Called, cl_trid: str | None) -> Planned:
        """Return what goes wrong with a command; an occasion of each fault that matches it."""
        faults = self.context.world.faults
        if not faults.planned and not faults.by_client:
            return NOTHING_PLANNED
        refused: EppError | None = self.plan(called.verb, called.argument)
        if faults.by_client:
            words = [*called.names, cl_trid or ""]
            do, direction = asked_for(words)
            if do is not None:
                asked = self.ask_for_fault(do, direction)
                refused = refused or asked
            elif problem := misnamed(words):
                self.faults = ()
                return Planned(EppError(Code.PARAMETER_POLICY, problem))
        acting = self.take_faults()
        frame: Any = next((fault.plan.do.frame for fault in acting if fault.plan.do.kind == "frame"), None)
        others = tuple(fault for fault in acting if fault.plan.do.kind != "frame")
        return Planned(refused, frame, any(fault.plan.direction == "in" for fault in others), others)

    # Changes that are not kept yet.

    def wait_for(self, ticket: Any) -> None:
        """Let the answers from here on wait until that change is on stable storage. ticket: None: it need not."""
        if ticket is None:
            return
        if self.ticket is None:
            self.flush()
            self._exchanges = []
            self._mark = (len(self._logs), len(self._spoken))
        self.ticket = ticket

    def wait_for_all(self) -> None:
        """Let the answers from here on wait until all that has changed by now is on stable storage."""
        if (store := self.context.world.registry.store) is not None:
            self.wait_for(store.unsettled)

    def take_back(self, error: Exception) -> Sequence[Exchange]:
        """Answer 2400 where answers have waited for what the disk refuses. Returns those commands."""
        self.ticket = None
        logs, said = self._mark
        del self._logs[logs:], self._spoken[said:]
        self._said.clear()
        refused = not_kept(error)
        for exchange in self._exchanges:
            self.answer(exchange, refusal(refused, exchange.ids, None, NOTHING, ""), refused.code, refused.reason)
        return self._exchanges

    # Turns.

    def flush(self) -> None:
        if self._said:
            self._spoken.append(Send(b"".join(self._said)))
            self._said.clear()

    def take(self) -> list[Effect]:
        effects, self.effects = self.effects, []
        if self.ticket is not None:
            return effects
        logs, said = self._logs, self._said
        self._logs = []
        if said and not (effects or self._spoken or self.closing or self.over):
            # The commonest turn: nothing but answers.
            logs.append(Send(said[0] if len(said) == 1 else b"".join(said)))
            said.clear()
            return logs
        self.flush()
        effects += logs
        effects += self._spoken
        self._spoken = []
        self.over = self.over or self.closing
        if self.over and not self._closed:
            self._closed = True
            effects.append(Close())
        return effects
