"""The session of EPP (RFC 5730 2, RFC 5734): frames to commands, commands to flows, outcomes to frames."""

import logging
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from homeport.protocol.command_session import CommandSession, Ending
from homeport.protocol.commands import Spoken
from homeport.protocol.effects import CallTogether, Conceal, Effect
from homeport.protocol.events import Data, Event, Tls
from homeport.protocol.session import Context
from homeport.protocol.waiting import Steps
from homeport.services.epp import flows
from homeport.services.epp.dialogue import EppDialogue, Exchange, not_kept
from homeport.services.epp.extensions import carried_out
from homeport.services.epp.faulting import NOTHING_PLANNED, spoil_ids
from homeport.services.epp.flow import FLOWS, EppError, Outcome, Request
from homeport.services.epp.framing import Framer, Misframed, lacks_its_end
from homeport.services.epp.grammar import Command, Hello, Malformed, epp, read
from homeport.services.epp.login import Login
from homeport.services.epp.naming import Called, called, namespace_about, namespace_of
from homeport.services.epp.responses import NOTHING, Ids, answer, blamed_of, greeting, objection, queue_of, refusal
from homeport.services.epp.results import CLOSING, Code
from homeport.services.epp.rules import finding_of, marks_of
from homeport.services.epp.secrets import Scanner
from homeport.world.registry.store import StoreError

if TYPE_CHECKING:
    from homeport.world.registry import Registrar

log = logging.getLogger("homeport")
GREETING = Called("greeting", (), "")
HELLO = Called("hello", (), "")
NO_COMMAND = Called("", (), "")
NOTHING_SPOKEN = Spoken(b"", b"", "", "", "")
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class Epp(CommandSession):
    """One connection, from the greeting to the logout."""

    __slots__ = ("_framer", "_in_hand", "_scanner", "_serial", "_trid", "login")
    dialogue: EppDialogue

    def __init__(self, context: Context) -> None:
        dialogue = EppDialogue(context)
        super().__init__(context, dialogue)
        flows.load()
        self.login = Login(dialogue)
        self._framer = Framer(dialogue.options.max_frame)
        self._scanner = Scanner()
        self._serial = 0
        self._trid = ""
        self._in_hand = NO_COMMAND

    def details(self) -> str:
        return self.login.registrar

    # Beginning and end.

    def secured(self, tls: Tls) -> None:
        self.login.tls = tls

    def greet(self) -> None:
        self._trid = f"hp-{in_base_36(int(self.context.world.journal.real() * 1e6))}-{self.context.conn or 'c0'}"
        self._greet(GREETING)
        self.dialogue.state = "greeted"

    def _greet(self, named: Called) -> None:
        planned = self.dialogue.plan_exchange(named, None)
        xml = b"" if planned.lost else greeting(self.dialogue.options, self.context.world.clock.now())
        self.dialogue.speak(xml, planned)

    def last_word(self, ending: Ending, limit: str) -> None:
        """Say nothing: EPP has no words that answer no command (RFC 5734 2)."""

    def find_unfinished(self) -> None:
        if len(self._framer):
            self.dialogue.find("truncated-frame")
        if self.login.registrar:
            self.dialogue.find("no-logout", self.login.registrar)

    def too_late(self, data: bytes, at: int) -> None:  # noqa: ARG002 - what comes is not shown
        if self.login.registrar:
            self.dialogue.find_once("data-after-logout", self.login.registrar)

    def leave(self) -> None:
        self.login.leave()

    # Events.

    def handle(self, event: Event) -> Sequence[Effect]:
        if type(event) is Data:
            for size, behind in self._scanner.feed(event.data):
                self.dialogue.effects.append(Conceal(size, behind))
            self.login.touch()
        effects = super().handle(event)
        if self.dialogue.ticket is None or self.mode == "busy" or self.dialogue.over:
            return effects
        self.begin(self._keep(), NOTHING_SPOKEN)
        return [*effects, *self.dialogue.take()]

    def _keep(self) -> Steps:
        """Wait until the changes of this turn are on stable storage; their answers wait, too."""
        dialogue, world = self.dialogue, self.context.world
        state, dialogue.state = dialogue.state, "saving"
        store: Any = world.registry.store  # which gave the ticket
        try:
            yield CallTogether(partial(store.flush, dialogue.ticket))
        except Exception as error:
            world.registry.take_back_lost()
            if any(exchange.called.verb == "login" for exchange in dialogue.take_back(error)):
                self.login.leave()  # its new password is not kept, so it is told that nothing was done
                state = "greeted"
        dialogue.ticket = None
        dialogue.state = state

    # Frames.

    def read_command(self, data: bytes, at: int) -> int:
        """Take all the frames that come to their ends here; the framer holds what is left."""
        dialogue = self.dialogue
        try:
            for xml, _behind in self._framer.feed(data[at:] if at else data):
                if dialogue.closing:
                    self.too_late(data, at)
                    break
                self._frame(xml)
        except Misframed as broken:
            if not dialogue.closing:
                self._misframed(broken)
        return len(data)

    def _frame(self, xml: bytes) -> None:
        dialogue = self.dialogue
        try:
            message = read(xml)
        except Malformed as broken:
            self._malformed(xml, broken)
            return
        if xml[:5] != b"<?xml":
            for mark in marks_of(xml):
                dialogue.find_once(mark)
        kind = type(message)
        if kind is Command:
            self._command(message)  # type: ignore[arg-type]  # narrowed by kind
        elif kind is Hello:
            self.login.checks.hello()
            dialogue.log(Exchange(HELLO, Ids(None, "", dialogue.language), NOTHING_PLANNED), "")
            self._greet(HELLO)
        else:
            dialogue.find("frame-of-a-server", kind.__name__.lower())
            reason = f"RFC 5730 2: only servers send <{kind.__name__.lower()}>"
            self._refuse(self._exchange(NO_COMMAND, None), EppError(Code.SYNTAX_ERROR, reason))

    def _misframed(self, broken: Misframed) -> None:
        """Answer octets that are no frame by the one result that answers and closes."""
        self.dialogue.find(broken.finding, broken.data)
        self._refuse(self._exchange(NO_COMMAND, None), EppError(Code.COMMAND_FAILED_CLOSING, broken.reason))

    def _malformed(self, xml: bytes, broken: Malformed) -> None:
        exchange = self._exchange(Called(broken.command, (), ""), broken.cl_trid)
        if lacks_its_end(xml):
            self.dialogue.find("length-without-header")
            reason = (
                "this XML ends four octets early: your length seems to leave out its own four octets, which count too "
                "(RFC 5734 4)"
            )
            self._refuse(exchange, EppError(Code.COMMAND_FAILED_CLOSING, reason))
            return
        first = broken.problems[0]
        self.dialogue.find(finding_of(xml, first, broken.command), first.path)
        self.dialogue.answer(exchange, objection(broken.problems, exchange.ids), first.code, first.reason)

    # Commands.

    def _exchange(self, named: Called, cl_trid: str | None) -> Exchange:
        """Begin to answer a command: what goes wrong with it, and its identifiers."""
        self._serial += 1
        self._in_hand = named
        planned = self.dialogue.plan_exchange(named, cl_trid)
        ids = Ids(spoil_ids(planned, cl_trid), f"{self._trid}-{self._serial}", self.dialogue.language)
        return Exchange(named, ids, planned)

    def _command(self, command: Command) -> None:
        operation = command.operation
        exchange = self._exchange(called(operation), command.cl_trid)
        if exchange.planned.lost:
            self.dialogue.lose(exchange)
            return
        try:
            outcome = self._carry_out(command, exchange)
        except Exception as trouble:
            self._refuse(exchange, self.refusal(trouble), operation)
        else:
            self._done(exchange, outcome, operation)

    def refusal(self, trouble: Exception) -> EppError:
        if isinstance(trouble, EppError):
            return trouble
        if isinstance(trouble, StoreError):
            return not_kept(trouble)
        # RFC 5730 3: a server that fails says 2400, and goes on.
        log.error("EPP %s failed", self._in_hand.verb, exc_info=trouble)
        self.context.world.counters_of(self.context.service, self.context.listener).errors += 1
        return EppError(Code.COMMAND_FAILED, f"a fault of the server: {type(trouble).__name__}")

    def _done(self, exchange: Exchange, outcome: Outcome, operation: Any) -> None:
        dialogue, ids = self.dialogue, exchange.ids
        if ids.language != dialogue.language:
            ids = ids._replace(language=dialogue.language)
        queue: Any = self._queue() if outcome.queue is None else outcome.queue
        extensions = outcome.extensions
        if extensions:
            extensions = tuple(one for one in extensions if namespace_of(one) in self.login.services)
        response = answer(outcome, ids, queue, extensions, namespace_about(operation))
        dialogue.answer(exchange, response, outcome.code)
        if outcome.code in CLOSING:
            dialogue.closing = True

    def _refuse(self, exchange: Exchange, error: EppError, operation: Any = None) -> None:
        dialogue = self.dialogue
        for one in (error, *error.also):
            if one.finding:
                dialogue.find(one.finding, exchange.called.shown)
        blamed = NOTHING if operation is None else blamed_of(operation, exchange.called)
        response = refusal(error, exchange.ids, self._queue(), blamed, namespace_about(operation))
        dialogue.answer(exchange, response, error.code, error.reason)
        if error.code in CLOSING:
            dialogue.closing = True

    def _queue(self) -> Any:
        """Return what every answer tells of the messages that wait; None if nobody is logged in, or none does."""
        who = self.login.registrar
        return queue_of(self.context.world.registry.messages, who) if who else None

    def _carry_out(self, command: Command, exchange: Exchange) -> Outcome:
        """Do what a command asks for. Raises: EppError, StoreError."""
        login = self.login
        login.checks.transaction(command.cl_trid)
        if exchange.planned.refused is not None:
            raise exchange.planned.refused
        operation: Any = command.operation
        kind = type(operation)
        if kind is epp.Login:
            return login.log_in(operation)
        if not login.registrar:
            raise EppError(
                Code.USE_ERROR,
                "RFC 5730 2: nobody is logged in; send login before anything else",
                finding="command-before-login",
            )
        if kind is epp.Logout:
            return Outcome(code=Code.ENDING_SESSION)
        registry = self.context.world.registry
        registry.catch_up()  # so that what is due now is in the poll queue, too
        registrar: Registrar | None = registry.registrars.get(login.registrar.lower())
        if registrar is None:
            raise EppError(Code.COMMAND_FAILED_CLOSING, "the registrar of this session is no longer in the registry")
        about = operation if kind is epp.Poll else operation.object
        login.check_services(command, about)
        login.checks.command(exchange.called, operation, login.registrar)
        flow = FLOWS.get(type(about))
        if flow is None:
            raise EppError(Code.UNIMPLEMENTED_COMMAND, "there is no such command for objects of this kind")
        dialogue = self.dialogue
        request: Request[Any] = Request(
            registry=registry,
            registrar=registrar,
            command=about,
            now=registry.now(),
            options=dialogue.options,
            op=exchange.called.op,
            extensions=command.extension,
            services=login.services,
            language=dialogue.language,
            cl_trid=command.cl_trid,
            sv_trid=exchange.ids.server,
        )
        outcome = carried_out(request, flow)
        if request.begun is not None:
            dialogue.wait_for(registry.commit(request.begun))
        for finding, shown in request.findings:
            dialogue.find(finding, shown)
        if kind is epp.Poll:
            login.checks.poll(operation, outcome)
            dialogue.wait_for_all()  # a message is shown when it will last, so that no other ever has its identifier
        return outcome


def in_base_36(number: int) -> str:
    """A number in few characters."""
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = DIGITS[digit] + digits
    return digits or "0"
