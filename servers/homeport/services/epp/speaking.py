"""How a server of EPP speaks: what one read brings is answered by one write, and nothing before it is kept for good.

Answers are in the order of the commands (RFC 5734 3). With a registry on disk, those that follow from a change wait
until it is on stable storage; if the disk refuses it, the registry takes it back and the answer is 2400.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

from homeport.protocol.effects import CallTogether, Close, Effect, Find, Log, Send
from homeport.protocol.session import Context, Session
from homeport.services.epp.faulting import NOTHING_PLANNED, Planned, spoken
from homeport.services.epp.flow import EppError
from homeport.services.epp.framing import frame
from homeport.services.epp.naming import Called
from homeport.services.epp.options import EppOptions
from homeport.services.epp.responses import NOTHING, Ids, refusal
from homeport.services.epp.results import LANGUAGES, Code

SHOWN = 64


def not_kept(error: Exception) -> EppError:
    """What a change is answered with that the disk refuses."""
    return EppError(
        Code.COMMAND_FAILED, f"the registry could not be written to the disk, and nothing is changed: {error}"
    )


class Exchange(NamedTuple):
    """A command on its way to its answer."""

    called: Called
    ids: Ids
    planned: Planned


class Speaker(Session):
    """A session that answers frames with frames."""

    __slots__ = (
        "_closed",
        "_exchanges",
        "_logs",
        "_mark",
        "_records",
        "_run",
        "_said",
        "_ticket",
        "_waiting",
        "language",
        "options",
        "over",
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.options: EppOptions = context.options
        self.language: str = LANGUAGES[0]
        self.over = False
        """Whether the server has said its last word."""
        self._closed = False
        self._waiting = False  # for the disk
        self._begin()

    def _begin(self) -> None:
        self._records: list[Effect] = []  # findings and secrets: told at once
        self._logs: list[Effect] = []
        self._said: list[Effect] = []
        self._run: list[bytes] = []  # frames behind what has been said
        self._ticket: Any = None  # of the newest change that is not on stable storage
        self._exchanges: list[Exchange] = []  # those whose answers wait for it

    # What the classes above say.

    def record(self, effect: Effect) -> None:
        """Ask for an effect that says nothing."""
        self._records.append(effect)

    def find(self, finding: str, shown: str | bytes = b"") -> None:
        """Raise a finding. shown: never a secret."""
        data = shown if isinstance(shown, bytes) else shown.encode()
        self._records.append(Find(finding, data[:SHOWN]))

    def say(self, xml: bytes) -> None:
        """Say a frame."""
        self._run.append(frame(xml))

    def say_under(self, planned: Planned, effects: Sequence[Effect]) -> None:
        """Say what is spoilt or goes wrong on its way."""
        self._settle()
        self._said += effects
        if planned.frame == "half":
            self.over = True

    def answer(self, exchange: Exchange, xml: bytes, code: Code, reason: str = "") -> None:
        """Answer a command, and write it into the journal."""
        planned = exchange.planned
        self.log(exchange, str(code), reason)
        if planned is NOTHING_PLANNED:
            self._run.append(frame(xml))
        else:
            self.say_under(planned, spoken(planned, xml))
        if self._ticket is not None:
            self._exchanges.append(exchange)

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

    def write_down(self, event: Log) -> None:
        """Write something into the journal when it is known to be done, in its order."""
        self._logs.append(event)

    def lose(self, exchange: Exchange) -> None:
        """Leave a command undone and unanswered, as a fault wants it."""
        self.log(exchange, "", "lost, as planned by a fault")
        self.say_under(exchange.planned, spoken(exchange.planned, b""))
        self.over = any(fault.plan.do.kind != "hang" for fault in exchange.planned.faults)

    def wait_for(self, ticket: Any) -> None:
        """Let the answers from here on wait until that change is on stable storage. ticket: None: it need not."""
        if ticket is None:
            return
        if self._ticket is None:
            self._settle()
            self._exchanges = []
            self._mark = (len(self._logs), len(self._said))
        self._ticket = ticket

    def wait_for_all(self) -> None:
        """Let the answers from here on wait until all that has changed by now is on stable storage."""
        if (store := self.context.world.registry.store) is not None:
            self.wait_for(store.unsettled)

    # Turns.

    def turn(self) -> Sequence[Effect]:
        """The effects of this turn."""
        if self._ticket is not None:
            records, self._records = self._records, []
            if self._waiting:
                return records
            self._waiting = True
            if (store := self.context.world.registry.store) is not None:
                records.append(CallTogether(partial(store.flush, self._ticket)))
            return records
        if self._run and not (self._records or self._said or self.over):
            # The commonest turn: nothing but answers.
            effects, self._logs = self._logs, []
            effects.append(Send(self._run[0] if len(self._run) == 1 else b"".join(self._run)))
            self._run = []
            return effects
        self._settle()
        effects = [*self._records, *self._logs, *self._said]
        if self.over and not self._closed:
            self._closed = True
            effects.append(Close())
        self._begin()
        return effects

    def kept(self, error: Exception | None) -> Sequence[Exchange]:
        """The changes are on stable storage, or the disk has refused them: what has failed thereby."""
        self._ticket = None
        self._waiting = False
        if error is None:
            return ()
        self.context.world.registry.take_back_lost()
        logs, said = self._mark
        exchanges, self._exchanges = self._exchanges, []
        del self._logs[logs:], self._said[said:]
        self._run.clear()
        for exchange in exchanges:
            refused = not_kept(error)
            self.answer(
                exchange, refusal(refused, exchange.ids, None, NOTHING, ""), Code.COMMAND_FAILED, refused.reason
            )
        return exchanges

    def _settle(self) -> None:
        if self._run:
            self._said.append(Send(b"".join(self._run)))
            self._run = []
