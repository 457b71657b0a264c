"""The EPP session (RFC 5730 2, RFC 5734): parse frames, dispatch commands to flows, serialize outcomes."""

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from homeport.protocol.command_session import CommandSession, Ending
from homeport.protocol.commands import ParsedCommand
from homeport.protocol.dialogue import SHOWN
from homeport.protocol.effects import Call, CancelTimer, Conceal, Effect, GroupCommit, SetTimer, Unwatch, Watch
from homeport.protocol.events import Closed, Data, Eof, Event, TimerFired, Tls
from homeport.protocol.session import Context
from homeport.protocol.waiting import Steps
from homeport.services.epp import flows
from homeport.services.epp.canned import with_canned
from homeport.services.epp.dialogue import EppDialogue, Exchange, not_saved
from homeport.services.epp.extensions import run_flow
from homeport.services.epp.faulting import NOTHING_PLANNED, spoil_ids
from homeport.services.epp.flow import FLOWS, EppError, Outcome, Request
from homeport.services.epp.framing import HEADER, Framer, Misframed
from homeport.services.epp.grammar import Command, Element, Hello, Malformed, epp, read
from homeport.services.epp.grammar.foreign import Foreign
from homeport.services.epp.login import Login, Unverified
from homeport.services.epp.miscounting import FrameEnd, end_of, miscount
from homeport.services.epp.naming import Called, called, foreign_in, namespace_about
from homeport.services.epp.ote.noting import note
from homeport.services.epp.responses import NOTHING, Ids, answer, blamed_of, greeting, objection, queue_of, refusal
from homeport.services.epp.results import CLOSING, Code
from homeport.services.epp.rules import finding_of, marks_of
from homeport.services.epp.secrets import Scanner
from homeport.services.epp.unhandled import handled
from homeport.world.registry.renaming import Later
from homeport.world.row_store import StoreError
from homeport.world.world import CAUGHT_UP

if TYPE_CHECKING:
    from homeport.world.registry import Registrar

log = logging.getLogger("homeport")
GREETING = Called("greeting", (), "")
HELLO = Called("hello", (), "")
NO_COMMAND = Called("", (), "")
NO_PARSED_COMMAND = ParsedCommand(b"", b"", "", "", "")
HELLO_FRAME = re.compile(rb"<(?:[A-Za-z]+:)?hello[\s/>]")
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class Epp(CommandSession):
    """One connection, from the greeting to the logout."""

    __slots__ = (
        "_begun_at",
        "_broken",
        "_current",
        "_end",
        "_frame_ended",
        "_frame_open",
        "_framer",
        "_frames",
        "_read",
        "_received",
        "_scanner",
        "_secrets",
        "_serial",
        "_trid",
        "_unverified",
        "login",
    )
    dialogue: EppDialogue
    early = "early-talker"
    command_turn_bytes = 1024  # a frame or two: each is the work of fifty short lines

    def __init__(self, context: Context) -> None:
        dialogue = EppDialogue(context)
        super().__init__(context, dialogue)
        flows.load()
        self.login = Login(dialogue)
        self._framer = Framer(dialogue.options.max_frame)
        self._scanner = Scanner()
        self._broken = False  # the last frame was no valid XML
        self._end: FrameEnd | None = None  # the last frame's, if what follows may be its rest
        self._frame_open = False  # a frame has begun, and its timer runs
        self._frame_ended = False  # a frame has ended since then
        self._received = 0
        self._secrets: list[tuple[int, int]] = []  # places of secrets, counted in all bytes received
        self._serial = 0
        self._trid = ""
        self._current = NO_COMMAND
        self._frames: Iterator[tuple[bytes, int]] = iter(())  # of the latest read, which is next
        self._read = b"", 0, 0
        self._unverified: tuple[Unverified, Command, Exchange] | None = None  # a login that must wait
        self._begun_at = 0  # of a command's effects among the turn's

    def details(self) -> str:
        return self.login.registrar

    @property
    def awaits_rest(self) -> bool:
        return len(self._framer) > 0

    # Beginning and end.

    def secured(self, tls: Tls) -> None:
        self.login.tls = tls

    def greet(self) -> None:
        self._trid = f"hp-{base_36(int(self.context.world.journal.real() * 1e6))}-{self.context.conn or 'c0'}"
        self._greet(GREETING)
        self.dialogue.state = "greeted"

    def _greet(self, named: Called) -> None:
        planned = self.dialogue.plan_exchange(named, None)
        if planned.refused is not None:
            self._refuse(
                Exchange(named, Ids(None, f"{self._trid}-0", self.dialogue.language), planned), planned.refused
            )
            return
        xml = b"" if planned.lost else greeting(self.dialogue.options, self.context.world.clock.now())
        self.dialogue.send_frame(xml, planned)

    def closing_reply(self, ending: Ending, limit: str) -> None:
        """Send nothing: EPP has no message outside of answers to commands (RFC 5734 2)."""

    def report_early(self, data: bytes) -> None:
        if not HELLO_FRAME.search(data):  # it asks for a greeting, as health checks do, and gets one
            self.dialogue.report(self.early)  # without the frame, which may hold a password

    def report_unfinished(self) -> None:
        if len(self._framer):
            self.dialogue.report("truncated-frame")
        if self.login.registrar and not self.login.left:
            self.dialogue.report("no-logout", self.login.registrar)

    def input_after_close(self, data: bytes, at: int) -> None:  # noqa: ARG002 - what comes is not shown
        if self.login.registrar and self.login.left:
            self.dialogue.report_once("data-after-logout", self.login.registrar)

    def log_out(self) -> None:
        self.login.leave_presence()

    def leave(self) -> None:
        self.login.leave()

    # Events.

    def handle(self, event: Event) -> Sequence[Effect]:
        if type(event) is Data:
            self._received += len(event.data)
            self._conceal(self._scanner.feed(event.data))
            self.login.touch()
        elif type(event) is TimerFired and event.name == "frame":
            return self._frame_timed_out()
        elif type(event) in (Eof, Closed):
            self._conceal(self._scanner.finish())
        effects = super().handle(event)
        if self._secrets and not len(self._framer):
            self._secrets.clear()
        if self._frame_open or len(self._framer):
            effects = [*effects, *self._time_frame()]
        if self.dialogue.ticket is None or self.mode == "busy" or self.dialogue.over:
            return effects
        self.begin(self._keep(), NO_PARSED_COMMAND)
        return [*effects, *self.dialogue.take()]

    def _conceal(self, found: Iterator[tuple[int, int]]) -> None:
        for size, after in found:
            self.dialogue.effects.append(Conceal(size, after))
            self._secrets.append((self._received - after - size, self._received - after))

    def _keep(self) -> Steps:
        """Wait until this turn's changes, and with them their answers, are on stable storage."""
        dialogue, world = self.dialogue, self.context.world
        state, dialogue.state = dialogue.state, "saving"
        store: Any = world.registry.store  # the registry that issued the ticket
        ticket = stored = dialogue.ticket
        try:
            if isinstance(ticket, Later):
                yield from self._until_done(ticket)
                stored = ticket.stored
            if stored is not None:
                yield GroupCommit(partial(store.flush, stored))
        except Exception as error:
            world.registry.rollback_failed()
            if any(exchange.called.verb == "login" for exchange in dialogue.rollback(error)):
                self.login.leave()  # its new password was not saved, so the login is undone and refused
                state = "greeted"
        dialogue.ticket = None
        dialogue.state = state
        if isinstance(ticket, Later):
            self._read_frames()  # those that came with it
            yield from self._verify()

    def _until_done(self, ticket: Later) -> Steps:
        """Wait for work on the registry that goes on in steps. Raises: StoreError if it has failed."""
        while not ticket.done:
            yield Watch(CAUGHT_UP)
        self.dialogue.effects.append(Unwatch(CAUGHT_UP))
        if ticket.error is not None:
            raise ticket.error

    # Frames.

    def read_command(self, data: bytes, at: int) -> int:
        """Parse all complete frames; the framer buffers the rest. Returns: the number of bytes consumed."""
        self._frames = iter(self._framer.feed(data[at:] if at else data))
        self._read = data, at, self.dialogue.received
        self._read_frames()
        if self._unverified is not None:
            self.begin(self._verify(), NO_PARSED_COMMAND)
        return len(data)

    def _read_frames(self) -> None:
        """Carry out the frames of the latest read, up to a command that must wait."""
        dialogue = self.dialogue
        data, at, received = self._read
        try:
            for xml, after in self._frames:
                self._frame_ended = True
                dialogue.line_end = received - after
                dialogue.line_size = len(xml) + HEADER
                if dialogue.closing:
                    self.input_after_close(data, at)
                    break
                self._frame(xml, data[len(data) - after :])
                if self._unverified is not None or isinstance(dialogue.ticket, Later):
                    return
        except Misframed as broken:
            if not dialogue.closing:
                self._misframed(broken)

    def _verify(self) -> Steps:
        """Compare passwords with their hashes off the reactor; go on with the frames that came after each login."""
        while (waiting := self._unverified) is not None:
            self._unverified = None
            later, command, exchange = waiting
            right = yield Call(later.work)
            self._begun_at = len(self.dialogue.effects)
            self._carry_out(command, exchange, partial(later.then, right))
            self._read_frames()

    def _time_frame(self) -> list[Effect]:
        """Start the timer of a frame that has begun; cancel that of one that has ended.

        A client that sends a byte now and then is never idle, so idle timeouts do not end it.
        """
        seconds, begun = self.dialogue.options.frame_timeout, len(self._framer) > 0 and not self.dialogue.over
        effects: list[Effect] = []
        if begun and seconds and (self._frame_ended or not self._frame_open):
            effects.append(SetTimer("frame", float(seconds)))
        elif self._frame_open and not begun:
            effects.append(CancelTimer("frame"))
        self._frame_open, self._frame_ended = begun, False
        return effects

    def _frame_timed_out(self) -> Sequence[Effect]:
        dialogue = self.dialogue
        if self._frame_open and not dialogue.over:
            dialogue.report("truncated-frame")
            reason = f"a frame did not end within {dialogue.options.frame_timeout:g} s ([epp] frame_timeout)"
            dialogue.log(Exchange(NO_COMMAND, Ids(None, "", dialogue.language), NOTHING_PLANNED), "", reason)
            dialogue.closing = True
        return self._end_turn()

    def _frame(self, xml: bytes, rest: bytes) -> None:
        """Carry out a frame. rest: the octets after it, as far as they have come."""
        dialogue = self.dialogue
        try:
            message = read(xml, offer=dialogue.offer)
        except Malformed as broken:
            self._malformed(xml, broken, rest)
            return
        self._broken = False
        self._end = None if xml.isascii() else end_of(xml)
        if xml[:5] != b"<?xml":
            for mark in marks_of(xml):
                dialogue.report_once(mark)
        kind = type(message)
        if kind is Command:
            self._command(message)  # type: ignore[arg-type]  # narrowed by kind
        elif kind is Hello:
            self.login.checks.hello()
            hello = Exchange(HELLO, Ids(None, "", dialogue.language), NOTHING_PLANNED, dialogue.place())
            dialogue.log(hello, "")
            self._greet(HELLO)
            self._begun_at = len(dialogue.effects)
            self._note(hello, message, (Code.OK, "", None), ())
        else:
            dialogue.report("frame-of-a-server", kind.__name__.lower())
            reason = f"RFC 5730 2: only servers send <{kind.__name__.lower()}>"
            self._refuse(self._exchange(NO_COMMAND, None), EppError(Code.SYNTAX_ERROR, reason))

    def _misframed(self, broken: Misframed) -> None:
        """Answer bytes that are no frame with the one result that closes the connection."""
        broken = miscount(self._end, self._framer.held) or broken
        self.dialogue.line_end = self.dialogue.received
        self.dialogue.line_size = len(self._framer)
        self.dialogue.report(broken.finding, self._masked(broken.data[:SHOWN]))
        self._refuse(self._exchange(NO_COMMAND, None), EppError(Code.COMMAND_FAILED_CLOSING, broken.reason))

    def _masked(self, data: bytes) -> bytes:
        """Return the bytes that begin no frame, with stars for secrets; what follows a broken frame may be its rest."""
        if self._broken:
            return b"*" * len(data)
        begin, shown = self._received - len(self._framer), bytearray(data)
        undecided = [(self._received - size, self._received) for size in (self._scanner.undecided,) if size]
        for start, end in (*self._secrets, *undecided):
            at, stop = max(start - begin, 0), max(end - begin, 0)
            shown[at:stop] = b"*" * len(shown[at:stop])
        return bytes(shown)

    def _malformed(self, xml: bytes, broken: Malformed, rest: bytes) -> None:
        self._broken = True
        self._end = end_of(xml)
        exchange = self._exchange(Called(broken.command, (), ""), broken.cl_trid)
        if (miscounted := miscount(self._end, rest)) is not None:
            self.dialogue.report(miscounted.finding)
            self._refuse(exchange, EppError(Code.COMMAND_FAILED_CLOSING, miscounted.reason))
            return
        first = broken.problems[0]
        self.dialogue.report(finding_of(xml, first, broken.command), first.path)
        if exchange.planned.refused is not None:
            self._refuse(exchange, exchange.planned.refused)
            return
        self.dialogue.answer(exchange, objection(broken.problems, exchange.ids), first.code, first.reason)

    # Commands.

    def _exchange(self, named: Called, cl_trid: str | None) -> Exchange:
        """Begin an exchange: its planned faults and identifiers."""
        self._serial += 1
        self._current = named
        self._begun_at = len(self.dialogue.effects)
        planned = self.dialogue.plan_exchange(named, cl_trid)
        if planned != NOTHING_PLANNED:
            self.login.disturbed = True
        ids = Ids(spoil_ids(planned, cl_trid), f"{self._trid}-{self._serial}", self.dialogue.language)
        return Exchange(named, ids, planned, self.dialogue.place())

    def _command(self, command: Command) -> None:
        operation = command.operation
        named = called(operation)
        if self.dialogue.offer.reads_foreign:
            named = named._replace(foreign=foreign_in(command))
        exchange = self._exchange(named, command.cl_trid)
        if exchange.planned.lost:
            self.dialogue.drop(exchange)
            return
        self._carry_out(command, exchange, partial(self._dispatch, command, exchange))

    def _carry_out(self, command: Command, exchange: Exchange, work: Callable[[], Outcome]) -> None:
        """Carry out a command, and answer it unless it waits for its password to be verified."""
        operation = command.operation
        try:
            outcome = work()
        except Unverified as later:
            self._unverified = later, command, exchange
        except Exception as error:
            refused = self.refusal(error)
            self._refuse(exchange, refused, operation)
            self._note(exchange, operation, (refused.code, refused.reason, None), command.extension)
        else:
            self._done(exchange, outcome, operation)
            self._note(exchange, operation, (outcome.code, "", outcome), command.extension)

    def _note(self, exchange: Exchange, operation: Any, answered: Any, extensions: tuple[Element, ...]) -> None:
        """Have the registrar's checklist judge an answer that no fault disturbed."""
        if exchange.planned == NOTHING_PLANNED:
            world, effects = self.context.world, self.dialogue.effects
            note(world, self.login.registrar, exchange, operation, answered, extensions, effects, self._begun_at)

    def refusal(self, error: Exception) -> EppError:
        if isinstance(error, EppError):
            return error
        if isinstance(error, StoreError):
            return not_saved(error)
        # RFC 5730 3: after an internal error the server answers 2400 and goes on.
        log.error("EPP %s failed", self._current.verb, exc_info=error)
        self.context.world.counters_of(self.context.service, self.context.listener).errors += 1
        return EppError(Code.COMMAND_FAILED, "internal error; see the farm's log")

    def _done(self, exchange: Exchange, outcome: Outcome, operation: Any) -> None:
        dialogue, ids = self.dialogue, exchange.ids
        if ids.language != dialogue.language:
            ids = ids._replace(language=dialogue.language)
        outcome = with_canned(
            outcome, exchange.called, self.context.world, dialogue.options.answers, self.login.services
        )
        queue: Any = self._queue() if outcome.queue is None else outcome.queue
        if outcome.extensions or type(operation) is epp.Poll:
            outcome = handled(outcome, self.login.services)
        dialogue.conceal_shown(outcome.data)
        response = answer(outcome, ids, queue, outcome.extensions, namespace_about(operation))
        dialogue.answer(exchange, response, outcome.code)
        if outcome.code in CLOSING:
            dialogue.closing = True

    def _refuse(self, exchange: Exchange, error: EppError, operation: Any = None) -> None:
        dialogue = self.dialogue
        for one in (error, *error.also):
            if one.finding:
                dialogue.report(one.finding, exchange.called.shown)
        blamed = NOTHING if operation is None else blamed_of(operation, exchange.called)
        response = refusal(error, exchange.ids, self._queue(), blamed, namespace_about(operation))
        dialogue.answer(exchange, response, error.code, error.reason)
        if error.code in CLOSING:
            dialogue.closing = True

    def _queue(self) -> Any:
        """Return `<msgQ>` for an answer; None before login, and for an empty queue."""
        who = self.login.registrar
        return queue_of(self.context.world.registry.messages, who) if who else None

    def _dispatch(self, command: Command, exchange: Exchange) -> Outcome:
        """Carry out a command. Raises: EppError, StoreError."""
        login, dialogue = self.login, self.dialogue
        login.checks.transaction(command.cl_trid)
        operation: Any = command.operation
        kind = type(operation)
        login.left = kind is epp.Logout
        if exchange.planned.refused is not None:
            raise login.refused_by_plan(operation, exchange.planned.refused)
        if kind is epp.Login:
            return login.log_in(operation, command.extension)
        if not login.registrar:
            raise EppError(
                Code.USE_ERROR,
                "RFC 5730 2: not logged in: send login before any other command",
                finding="" if login.spared else "command-before-login",
            )
        if kind is epp.Logout:
            return Outcome(code=Code.ENDING_SESSION)
        registry = self.context.world.registry
        registry.catch_up()  # so that messages of events due now are queued first
        registrar: Registrar | None = registry.registrars.get(login.registrar.lower())
        if registrar is None:
            raise EppError(Code.COMMAND_FAILED_CLOSING, "the registrar of this session is no longer in the registry")
        if kind is epp.Check and len(exchange.called.names) > dialogue.options.max_checks:
            raise EppError(
                Code.PARAMETER_POLICY,
                f"RFC 5730 3: one check has at most {dialogue.options.max_checks} objects here ([epp] max_checks)",
            )
        about = operation if kind is epp.Poll else operation.object
        login.check_services(command, about)
        login.checks.command(exchange.called, operation, login.registrar)
        flow = FLOWS.get(type(about))
        if flow is None:
            raise EppError(Code.UNIMPLEMENTED_COMMAND, "objects of this kind have no such command")
        extensions: Any = command.extension
        if exchange.called.foreign:
            extensions = tuple(one for one in extensions if type(one) is not Foreign)
        request: Request[Any] = Request(
            registry=registry,
            registrar=registrar,
            command=about,
            now=registry.now(),
            options=dialogue.options,
            op=exchange.called.op,
            extensions=extensions,
            ignored=len(command.extension) - len(extensions),
            services=login.services,
            language=dialogue.language,
            cl_trid=command.cl_trid,
            sv_trid=exchange.ids.server,
        )
        outcome = run_flow(request, flow)
        if request.begun is not None:
            dialogue.wait_for(registry.commit(request.begun))
        for finding, shown in request.findings:
            dialogue.report(finding, shown)
        if kind is epp.Poll:
            login.checks.poll(operation, outcome)
            dialogue.wait_for_all()  # shown only once it is on disk, so that its identifier is never reused
        return outcome


def base_36(number: int) -> str:
    """Return a number in base 36, to keep identifiers short."""
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = DIGITS[digit] + digits
    return digits or "0"
