"""The session of EPP (RFC 5730 2, RFC 5734): frames to commands, commands to flows, outcomes to frames.

    framing.py   octets to frames     grammar/      frames to structs and back   flows/    what commands do
    membership.py login, habits       speaking.py   batches, durability          offer.py  the greeting
    faulting.py  planned faults       responses.py  outcomes as XML              habits.py rules over many commands

A session is logged in or it is not; hello is answered in both (RFC 5730 2.3). Over a limit of time nothing is said, for
EPP has no words that answer no command (RFC 5734 2).
"""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from homeport.protocol.effects import Conceal, Effect
from homeport.protocol.events import Called as CallReturned
from homeport.protocol.events import Closed, Data, Eof, Event, LimitReached, Opened, Stopping
from homeport.protocol.session import Context, is_broken
from homeport.services.epp import flows
from homeport.services.epp.extensions import carried_out
from homeport.services.epp.faulting import NOTHING_PLANNED, plan, spoil_ids, spoken
from homeport.services.epp.flow import FLOWS, EppError, Outcome, Request
from homeport.services.epp.framing import Framer, Misframed, lacks_its_end
from homeport.services.epp.grammar import Command, Hello, Malformed, epp, read
from homeport.services.epp.greeting import greeting
from homeport.services.epp.membership import Member
from homeport.services.epp.naming import Called, called, namespace_of
from homeport.services.epp.problems import finding_of, marks_of
from homeport.services.epp.responses import (
    NOTHING,
    Ids,
    answer,
    blamed_of,
    objection,
    queue_of,
    refusal,
)
from homeport.services.epp.results import CLOSING, Code
from homeport.services.epp.secrets import Scanner
from homeport.services.epp.speaking import Exchange, not_kept
from homeport.world.registry.store import StoreError

if TYPE_CHECKING:
    from homeport.world.registry import Registrar

log = logging.getLogger("homeport")
GREETING = Called("greeting", (), "")
HELLO = Called("hello", (), "")
NO_COMMAND = Called("", (), "")
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class Epp(Member):
    """One connection, from the greeting to the logout."""

    __slots__ = ("_framer", "_scanner", "_serial", "_trid")

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        flows.load()
        self._framer = Framer(self.options.max_frame)
        self._scanner = Scanner()
        self._serial = 0
        self._trid = ""

    # Events.

    def handle(self, event: Event) -> Sequence[Effect]:
        if type(event) is Data:
            self._received(event.data)
        else:
            self._other(event)
        return self.turn()

    def _other(self, event: Event) -> None:
        match event:
            case Opened(tls):
                self.tls = tls
                self._trid = (
                    f"hp-{in_base_36(int(self.context.world.journal.real() * 1e6))}-{self.context.conn or 'c0'}"
                )
                self._greet(GREETING)
            case CallReturned(_result, error):
                if any(exchange.called.verb == "login" for exchange in self.kept(error)):
                    self.leave()  # its new password is not kept, so it is told that nothing was done
            case Eof():
                self._ended()
            case LimitReached() | Stopping():
                self.over = True
            case Closed():
                if is_broken(event):
                    self._ended()
                self.over = True
                self.leave()

    def _received(self, data: bytes) -> None:
        for size, behind in self._scanner.feed(data):
            self.record(Conceal(size, behind))
        self.touch()
        if self.over:
            self._find_late()
            return
        try:
            for xml, _behind in self._framer.feed(data):
                if self.over:
                    self._find_late()
                    return
                self._frame(xml)
        except Misframed as broken:
            if not self.over:
                self._misframed(broken)

    # Frames.

    def _frame(self, xml: bytes) -> None:
        try:
            message = read(xml)
        except Malformed as broken:
            self._malformed(xml, broken)
            return
        if xml[:5] != b"<?xml":
            for mark in marks_of(xml):
                self.find_once(mark)
        kind = type(message)
        if kind is Command:
            self._command(message)  # type: ignore[arg-type]  # narrowed by kind
        elif kind is Hello:
            if finding := self.habits.hello():
                self.find_once(finding)
            self.log(Exchange(HELLO, Ids(None, "", self.language), NOTHING_PLANNED), "")
            self._greet(HELLO)
        else:
            self.find("frame-of-a-server", kind.__name__.lower())
            reason = f"RFC 5730 2: only servers send <{kind.__name__.lower()}>"
            self._refuse(self._exchange(NO_COMMAND, None), EppError(Code.SYNTAX_ERROR, reason))

    def _misframed(self, broken: Misframed) -> None:
        """Octets that are no frame: say so by the one result that answers and closes."""
        self.find(broken.finding, broken.data)
        self._refuse(self._exchange(NO_COMMAND, None), EppError(Code.COMMAND_FAILED_CLOSING, broken.reason))

    def _malformed(self, xml: bytes, broken: Malformed) -> None:
        exchange = self._exchange(Called(broken.command, (), ""), broken.cl_trid)
        if lacks_its_end(xml):
            self.find("length-without-header")
            reason = (
                "this XML ends four octets early: your length seems to leave out its own four octets, which count too "
                "(RFC 5734 4)"
            )
            self._refuse(exchange, EppError(Code.COMMAND_FAILED_CLOSING, reason))
            return
        first = broken.problems[0]
        self.find(finding_of(xml, first, broken.command), first.path)
        response = objection(broken.problems, exchange.ids)
        self.answer(exchange, response, first.code, first.reason)

    # Commands.

    def _exchange(self, named: Called, cl_trid: str | None) -> Exchange:
        """A command is there: what goes wrong with it, and its identifiers."""
        self._serial += 1
        planned = plan(self.context, named, cl_trid)
        ids = Ids(spoil_ids(planned, cl_trid), f"{self._trid}-{self._serial}", self.language)
        return Exchange(named, ids, planned)

    def _command(self, command: Command) -> None:
        operation = command.operation
        exchange = self._exchange(called(operation), command.cl_trid)
        planned = exchange.planned
        if planned.lost:
            self.lose(exchange)
            return
        try:
            outcome = self._carry_out(command, exchange)
        except EppError as error:
            self._refuse(exchange, error, operation)
        except StoreError as error:
            self._refuse(exchange, not_kept(error), operation)
        except Exception as error:
            # RFC 5730 3: a server that fails says 2400, and goes on.
            log.exception("EPP %s failed", exchange.called.verb)
            self.context.world.counters_of(self.context.service, self.context.listener).errors += 1
            self._refuse(
                exchange, EppError(Code.COMMAND_FAILED, f"a fault of the server: {type(error).__name__}"), operation
            )
        else:
            self._done(exchange, outcome, operation)

    def _done(self, exchange: Exchange, outcome: Outcome, operation: Any) -> None:
        ids = exchange.ids
        if ids.language != self.language:
            ids = ids._replace(language=self.language)
        queue: Any = outcome.queue
        if queue is None and self.registrar:
            queue = queue_of(self.context.world.registry.messages, self.registrar)
        extensions = outcome.extensions
        if extensions:
            extensions = tuple(one for one in extensions if namespace_of(one) in self.services)
        about = getattr(operation, "object", None)
        namespace = "" if about is None else namespace_of(about)
        self.answer(exchange, answer(outcome, ids, queue, extensions, namespace), outcome.code)
        if outcome.code in CLOSING:
            self.over = True

    def _refuse(self, exchange: Exchange, error: EppError, operation: Any = None) -> None:
        for one in (error, *error.also):
            if one.finding:
                self.find(one.finding, exchange.called.shown)
        blamed, namespace = NOTHING, ""
        if operation is not None:
            blamed = blamed_of(operation, exchange.called)
            about = getattr(operation, "object", None)
            namespace = "" if about is None else namespace_of(about)
        queue = queue_of(self.context.world.registry.messages, self.registrar) if self.registrar else None
        response = refusal(error, exchange.ids, queue, blamed, namespace)
        self.answer(exchange, response, error.code, error.reason)
        if error.code in CLOSING:
            self.over = True

    def _carry_out(self, command: Command, exchange: Exchange) -> Outcome:
        """Do what a command asks for. Raises: EppError."""
        self.note_transaction(command.cl_trid)
        if exchange.planned.code:
            raise EppError(exchange.planned.code, exchange.planned.text)
        operation: Any = command.operation
        kind = type(operation)
        if kind is epp.Login:
            return self.log_in(operation)
        if not self.registrar:
            raise EppError(
                Code.USE_ERROR,
                "RFC 5730 2: nobody is logged in; send login before anything else",
                finding="command-before-login",
            )
        if kind is epp.Logout:
            return Outcome(code=Code.ENDING_SESSION)
        registry = self.context.world.registry
        registry.catch_up()  # so that what is due now is in the poll queue, too
        registrar: Registrar | None = registry.registrars.get(self.registrar.lower())
        if registrar is None:
            raise EppError(Code.COMMAND_FAILED_CLOSING, "the registrar of this session is no longer in the registry")
        about = operation if kind is epp.Poll else operation.object
        self.check_services(command, about)
        self.note_command(exchange.called, operation)
        flow = FLOWS.get(type(about))
        if flow is None:
            raise EppError(Code.UNIMPLEMENTED_COMMAND, "there is no such command for objects of this kind")
        request: Request[Any] = Request(
            registry=registry,
            registrar=registrar,
            command=about,
            now=registry.now(),
            options=self.options,
            op=exchange.called.op,
            extensions=command.extension,
            services=self.services,
            language=self.language,
            cl_trid=command.cl_trid,
            sv_trid=exchange.ids.server,
        )
        outcome = carried_out(request, flow)
        if request.begun is not None:
            self.wait_for(registry.commit(request.begun))
        for finding, shown in request.findings:
            self.find(finding, shown)
        if kind is epp.Poll:
            self.note_poll(operation, outcome)
            self.wait_for_all()  # a message is shown when it will last, so that no other ever has its identifier
        return outcome

    # Beginning and end.

    def _greet(self, named: Called) -> None:
        planned = plan(self.context, named, None)
        if planned.lost:
            self.say_under(planned, spoken(planned, b""))
            return
        xml = greeting(self.options, self.context.world.clock.now())
        if planned is NOTHING_PLANNED:
            self.say(xml)
        else:
            self.say_under(planned, spoken(planned, xml))

    def _ended(self) -> None:
        """The client has shut its side or is gone."""
        if self.over:
            return
        self.over = True
        if len(self._framer):
            self.find("truncated-frame", b"")
        if self.registrar:
            self.find("no-logout", self.registrar)

    def _find_late(self) -> None:
        """More comes although the server has said its last word."""
        if self.registrar:
            self.find_once("data-after-logout", self.registrar)


def in_base_36(number: int) -> str:
    """A number in few characters."""
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = DIGITS[digit] + digits
    return digits or "0"
