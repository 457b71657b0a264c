"""How a server-FTP listens and speaks: lines, one command after the other, faults, time-outs, the end.

A command is a method that gives its reply, or a generator that yields what it must wait for: a function (work on the
file tree, done off the reactor where that may stall), or an effect that an event answers. Meanwhile commands wait in
their order (RFC 959 5.4 has clients wait for replies); only ABOR and STAT are obeyed while data moves (RFC 1123
4.1.3.3). What the commands mean is in the classes that build on this one:

    Dialogue < Access, Directories, Transferring < Listing, Information < Ftp
"""

from collections import deque
from collections.abc import Callable, Generator, Sequence
from functools import partial
from typing import Any, ClassVar, Literal

import msgspec

from homeport.commands import (
    CommandRefused,
    CommandTable,
    LackingNeed,
    UnknownCommand,
    WrongState,
)
from homeport.effects import (
    Call,
    Close,
    CloseData,
    Conceal,
    Effect,
    Find,
    ListenData,
    Log,
    Misbehave,
    ReceiveFile,
    Send,
    SendFile,
    SetTimer,
    under_faults,
)
from homeport.events import (
    Called,
    Closed,
    Data,
    DataDone,
    DataListening,
    DataOpened,
    Eof,
    Event,
    LimitReached,
    Opened,
    Stopping,
    TimerFired,
    Tls,
    TlsStarted,
)
from homeport.lines import Line, LineBuffer
from homeport.plaintext import safe
from homeport.services.ftp.options import FtpOptions
from homeport.services.ftp.replies import Refused, Reply, problem_reply, wire
from homeport.services.ftp.telnet import Filtered, TelnetFilter
from homeport.services.ftp.wishes import NO_WISH, Wish, wish_of
from homeport.session import Context, Session, is_broken
from homeport.world.faults import Fault
from homeport.world.files import FileProblem
from homeport.world.journal import printable

Steps = Generator[Callable[[], Any] | Effect, Any, Reply | None]
Mode = Literal["open", "tls", "over"]
SHOWN = 64
MASKED = "***"
SECRET = (b"PASS", b"ACCT")
AT_ONCE = (b"ABOR", b"STAT")
"""Commands that do not wait for the end of a transfer."""
MOST_WAITING = 256
"""Commands that may wait for the one under way."""
TICKS = 4
"""The time-out is counted in quarters, so that no timer is touched for each command; it is late by one at most."""
ANSWERS: dict[type[Effect], type[Event]] = {
    Call: Called,
    ListenData: DataListening,
    SendFile: DataDone,
    ReceiveFile: DataDone,
    SetTimer: TimerFired,
}
"""The events that tell a command what came of the effect it waits for."""
LOGIN = ("login",)
SYNCH = {"IP", "DM", "IAC"}
"""What RFC 1123 4.1.2.12 lets clients send: Interrupt Process and the Synch, whose DM may have been lost as urgent."""


class Running(msgspec.Struct):
    """The command under way."""

    verb: str
    shown: str
    """Its argument as the journal shows it."""
    steps: Steps | None = None
    awaits: type[Event] | None = None


class Dialogue(Session):
    """One control connection."""

    __slots__ = (
        "_closed",
        "_effects",
        "_ended",
        "_faults",
        "_lines",
        "_mode",
        "_quiet",
        "_quitting",
        "_running",
        "_synch",
        "_telnet",
        "_waiting",
        "account",
        "data",
        "next_wish",
        "options",
        "sequence",
        "tls",
        "transfer",
        "wish",
    )

    table: ClassVar[CommandTable]

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.options: FtpOptions = context.options
        self.tls: Tls | None = None
        self.wish: Wish = NO_WISH
        """What the client wants to go wrong with the command under way, where clients may."""
        self.next_wish = ""
        """The same for the next one, by SITE FAULT."""
        self._mode: Mode = "open"
        self._telnet = TelnetFilter()
        self._lines = LineBuffer(self.options.max_line)
        self._waiting: deque[Line] | None = None
        self._running: Running | None = None
        self._effects: list[Effect] = []
        self._faults: tuple[Fault, ...] = ()  # those that act on the command under way
        self._quiet = 0  # quarters of the time-out in which nothing came
        self._synch = False  # Telnet's IP or Synch came since the command before
        self._ended = False  # the client has shut its side
        self._quitting = False  # it has said QUIT
        self._closed = False

    # What the protocol says.

    def greet(self) -> None:
        """Say the first word."""
        raise NotImplementedError

    def has(self) -> frozenset[str]:
        """What the session has of what commands need: `login`, `tls`."""
        raise NotImplementedError

    def before_command(self, verb: str, line: bytes) -> None:
        """A known command is about to be carried out."""
        raise NotImplementedError

    def abort_transfer(self) -> None:
        """Have the transfer under way end at once."""
        raise NotImplementedError

    def leave(self) -> None:
        """The connection is gone: give everything back."""
        raise NotImplementedError

    # Events.

    def handle(self, event: Event) -> Sequence[Effect]:
        self._effects = []
        kind = type(event)
        if kind is Data:
            self._received(event.data)  # type: ignore[attr-defined]  # narrowed by kind: isinstance costs
        elif self._running is not None and kind is self._running.awaits:
            self._answered(event)
        else:
            self._other(event)
        return self._take_effects()

    def _other(self, event: Event) -> None:
        match event:
            case Opened(tls):
                self.tls = tls
                self._wind_timer()
                self.greet()
            case TlsStarted(tls):
                self.tls = tls
                self._mode = "open"
                self._telnet = TelnetFilter()
                self._lines = LineBuffer(self.options.max_line)
            case DataOpened():
                self._quiet = 0
            case TimerFired("quiet"):
                self._tick()
            case Eof():
                self._input_ended()
            case Closed():
                self._gone(event)
            case LimitReached(limit):
                self._hang_up(f"the limit of this connection is reached ({limit})")
            case Stopping():
                self._hang_up("service shutting down, closing control connection")

    # Lines.

    def _received(self, data: bytes) -> None:
        self._quiet = 0
        if self._mode != "open":
            if self._quitting and self._mode == "over":
                self._quitting = False  # said once
                self.find("data-after-quit", data)
            return
        heard = self._telnet.feed(data)
        if heard.commands:
            self._heard_telnet(heard)
        text = heard.data
        self._lines.feed(text)
        skipped = len(data) - len(text)
        while self._mode == "open" and (line := self._lines.take()) is not None:
            self._conceal(line, skipped)
            self._arrived(line)

    def _heard_telnet(self, heard: Filtered) -> None:
        """Telnet's commands are taken out, its options refused (RFC 1123 4.1.2.12)."""
        if heard.answers:
            self._effects.append(Send(heard.answers))
        for command in heard.commands:
            if command.name in SYNCH:
                self._synch = True
            else:
                finding = "telnet-negotiation" if command.negotiates else "telnet-command"
                self.find(finding, command.name.encode())

    def _conceal(self, line: Line, skipped: int) -> None:
        """A password is a secret, whatever becomes of the command. skipped: octets that were Telnet's."""
        if line.content[:5].upper() in (b"PASS ", b"ACCT "):
            end = 1 if line.bare_lf else 2
            self._effects.append(Conceal(len(line.content) - 5 + skipped, after=len(self._lines) + end))

    def _arrived(self, line: Line) -> None:
        if self._running is None:
            self._command(line)
            return
        if self.transfer is not None:
            verb = line.content[:5].rstrip(b" ").upper()
            if verb == b"ABOR":
                self.find_abort()
                self.abort_transfer()
                self._wait(line, first=True)  # its own reply follows that of the transfer (RFC 959 4.1.3)
                return
            if line.content.upper() == b"STAT":
                self._status_during_transfer(line)
                return
            if verb != b"QUIT":
                self.find("command-during-transfer", line.content)
        self._wait(line)

    def find_abort(self) -> None:
        """An ABOR came while data moves."""
        if not self._synch:
            self.find("abort-without-synch", b"ABOR")

    def _wait(self, line: Line, *, first: bool = False) -> None:
        if self._waiting is None:
            self._waiting = deque()
        if len(self._waiting) >= MOST_WAITING:
            self._hang_up("too many commands at once: wait for the replies (RFC 959 5.4)")
        elif first:
            self._waiting.appendleft(line)
        else:
            self._waiting.append(line)

    def _status_during_transfer(self, line: Line) -> None:
        """Carry STAT out beside the transfer."""
        running, faults = self._running, self._faults
        self._running = None
        self._command(line)
        self._running, self._faults = running, faults

    def _go_on(self) -> None:
        """Carry out what waited, up to a command that must wait itself."""
        while self._running is None and self._mode == "open" and self._waiting:
            self._command(self._waiting.popleft())
        if self._running is None and self._mode == "open" and self._ended:
            self._end_input()

    # A command.

    def _command(self, line: Line) -> None:
        content = line.content
        verb, _, argument = content.partition(b" ")
        upper = verb.upper()
        name = printable(upper)[:SHOWN]
        running = Running(name, MASKED if upper in SECRET and argument else safe(printable(argument)))
        self._running = running
        self._faults = ()
        self._synch = False
        try:
            self._check_line(line)
            text = argument.decode("utf-8", "surrogateescape")
            self.before_command(name, content)
            planned, text = self._plan_faults(name, text)
            if planned is not None:
                self._finish(planned)
                return
            row = self._find(upper, argument)
            answer = getattr(self, row)(text)
        except CommandRefused as refused:
            self._refuse(self._refusal(refused), content)
        except Refused as refused:
            self._refuse(refused, content)
        except FileProblem as problem:
            self._finish(problem_reply(problem))
        else:
            if isinstance(answer, Generator):
                running.steps = answer
                self._advance(None)
            else:
                self._finish(answer)

    def _find(self, verb: bytes, argument: bytes) -> str:
        """The method of a command. SITE's commands are rows of the table, too: `SITE CHMOD`."""
        if verb == b"SITE":
            sub, _, rest = argument.partition(b" ")
            if sub:
                return self.table.find(b"SITE " + sub.upper(), rest, "", self.has()).method
        return self.table.find(verb, argument, "", self.has()).method

    def _check_line(self, line: Line) -> None:
        if line.overlong:
            text = f"the command is too long: at most {self.options.max_line} octets"
            raise Refused(500, text, "command-too-long")
        if line.bare_lf:
            if self.options.bare_lf == "refuse" or self.options.strict:
                text = "the line ended in LF alone: end commands with CR LF (RFC 959 5.3.1, RFC 854)"
                raise Refused(500, text, "bare-lf")
            self.find("bare-lf", line.content)
        rest = line.content.replace(b"\r\0", b"")  # a CR in a pathname (RFC 2640 3.1)
        if b"\0" in rest or b"\r" in rest:
            raise Refused(501, "NUL and CR cannot stand in a command (RFC 959 5.3.2)", "control-characters")

    def _refusal(self, refused: CommandRefused) -> Refused:
        """What is said to a command that the table does not let through."""
        verb, row = refused.verb[:20], refused.command
        if isinstance(refused, LackingNeed) and refused.need == "login":
            return Refused(530, f"log in first, by USER and PASS; then {verb} (RFC 959 5.4)", "not-logged-in")
        if isinstance(refused, LackingNeed):
            return Refused(503, f"{verb} is for connections under TLS: AUTH TLS comes first (RFC 4217 4)", "bad-sequence")
        if isinstance(refused, UnknownCommand) or row is None:
            return Refused(500, f"there is no command {safe(verb)!r} here; HELP shows all (RFC 959 5.3)", "unknown-command")
        if isinstance(refused, WrongState):
            return Refused(503, f"{verb} is out of sequence ({row.reference})", "bad-sequence")
        return Refused(501, f"write {verb} {row.syntax}".rstrip() + f" ({row.reference})", "syntax")

    def _refuse(self, refused: Refused, shown: bytes) -> None:
        if refused.finding:
            self.find(refused.finding, b"" if shown[:4].upper() in SECRET else shown)
        self._finish(refused.reply)

    def _plan_faults(self, verb: str, text: str) -> tuple[Reply | None, str]:
        """Note the faults that act on this command: a reply that takes its place, or None, and the argument."""
        faults = self.context.world.faults
        self.wish = NO_WISH
        if not len(faults) and not faults.by_client:
            return None, text
        self._faults = faults.at_command(self.context, verb, text)
        if faults.by_client:
            self.wish, text = wish_of(verb, text, self.next_wish)
            self.next_wish = "" if verb != "SITE" else self.next_wish
            if self.wish.do is not None:
                self._faults += faults.asked_for(self.context, self.wish.do)
        planned = None
        for fault in self._faults:
            made = fault.plan.do.reply
            if planned is None and made is not msgspec.UNSET:
                planned = Reply(made.code, made.text or "as planned by a fault", closes=made.code == 421)
        self._faults = tuple(fault for fault in self._faults if fault.plan.do.kind != "reply")
        return planned, text

    def take_faults(self) -> tuple[Fault, ...]:
        """The faults of the command under way, for its data connection instead of its reply."""
        faults, self._faults = self._faults, ()
        return faults

    # Its steps.

    def _advance(self, value: Any, error: Exception | None = None) -> None:
        """Go on with the command under way, which is told what came of what it waited for."""
        running = self._running
        if running is None or running.steps is None:
            return
        steps = running.steps
        running.awaits = None
        while True:
            try:
                asked = steps.throw(error) if error is not None else steps.send(value)
            except StopIteration as end:
                self._finish(end.value)
                return
            except Refused as refused:
                self._refuse(refused, running.shown.encode("utf-8", "replace"))
                return
            except FileProblem as problem:
                self._finish(problem_reply(problem))
                return
            if isinstance(asked, Effect):
                self._ask(running, asked)
                return
            if self.context.world.files.blocks:
                self._call(running, asked)
                return
            value, error = None, None
            try:
                value = asked()
            except FileProblem as problem:
                error = problem

    def _ask(self, running: Running, effect: Effect) -> None:
        self._effects.append(effect)
        while isinstance(effect, Misbehave):
            effect = effect.effects[0]
        running.awaits = ANSWERS[type(effect)]

    def _call(self, running: Running, work: Callable[[], Any]) -> None:
        made: list[Any] = []

        def then() -> None:
            if self._mode == "over":
                dispose(made[0])

        self._ask(running, Call(lambda: made.append(work()) or made[0], then))

    def _answered(self, event: Event) -> None:
        match event:
            case Called(result, None):
                self._advance(result)
            case Called(_, FileProblem() as problem):
                self._advance(None, problem)
            case Called(_, error):
                self._advance(None, FileProblem("failed", str(error)))
            case TimerFired("quiet"):
                self._tick()
                return
            case TimerFired(name) if name != "login":
                return
            case _:
                self._advance(event)
        self._go_on()

    # Replies.

    def effect(self, effect: Effect) -> None:
        """Ask for an effect."""
        self._effects.append(effect)

    def find(self, finding: str, shown: bytes = b"") -> None:
        """Raise a finding."""
        self._effects.append(Find(finding, shown[:SHOWN]))

    def say(self, reply: Reply) -> None:
        """Say a reply, under the faults of the command under way."""
        spoken: tuple[Effect, ...] = (Send(wire(reply)),)
        if self._faults:
            self._effects.extend(under_faults(self.take_faults(), spoken))
        else:
            self._effects += spoken
        if reply.closes:
            self._mode = "over"

    def _finish(self, reply: Reply | None) -> None:
        """The command under way is over. reply: None if it has been answered, or is not to be."""
        running, self._running = self._running, None
        code = ""
        if reply is not None:
            code = str(reply.code)
            self._effects.append(Log("command", {"verb": running.verb, "argument": running.shown, "code": code}))  # type: ignore[union-attr]  # it is asked once
            self.say(reply)
        self._faults = ()

    def answer_now(self, reply: Reply) -> None:
        """Answer the command under way, whose method goes on and gives None."""
        if self._running is not None:
            self._effects.append(
                Log("command", {"verb": self._running.verb, "argument": self._running.shown, "code": str(reply.code)})
            )
        self.say(reply)

    def begin_tls(self) -> None:
        """Begin TLS: what the client has sent before is forgotten (RFC 4217 4.2)."""
        self._mode = "tls"
        if len(self._lines) or self._waiting:
            self.find("tls-injection", b"AUTH")
        self._waiting = None

    def _hang_up(self, text: str) -> None:
        """Say 421 and close, whatever is under way (RFC 959 5.4)."""
        if self._mode == "over":
            return
        self._drop_command()
        self._effects.append(Log("command", {"verb": "", "argument": "", "code": "421"}))
        self.say(Reply(421, f"{self.options.host_name} {text}", closes=True))

    def _drop_command(self) -> None:
        """Leave the command under way where it is."""
        self._faults = ()
        running, self._running = self._running, None
        if running is not None and running.steps is not None:
            running.steps.close()
        self._effects.append(CloseData())

    # Time and ends.

    def _wind_timer(self) -> None:
        if self.options.timeout:
            self._effects.append(SetTimer("quiet", self.options.timeout / TICKS))

    def _tick(self) -> None:
        if self._mode == "over":
            return
        self._quiet = self._quiet + 1 if self.transfer is None else 0  # RFC 1123 4.1.3.2
        if self._quiet < TICKS:
            self._wind_timer()
        else:
            self._hang_up(f"silent for {self.options.timeout:.0f} seconds; connect again (RFC 1123 4.1.3.2)")

    def quit_now(self) -> None:
        """The client has said QUIT."""
        self._quitting = True

    def _input_ended(self) -> None:
        self._ended = True
        if self._running is None and self._mode != "over":
            self._end_input()

    def _end_input(self) -> None:
        self.find("no-quit")
        self._effects.append(CloseData())
        self._mode = "over"

    def _gone(self, event: Event) -> None:
        if is_broken(event) and self._mode != "over" and not self._quitting:
            self.find("no-quit")
        self._mode = "over"
        self._closed = True
        self._waiting = None
        self._drop_command()
        self.leave()

    def _take_effects(self) -> list[Effect]:
        effects, self._effects = self._effects, []
        if self._mode == "over" and not self._closed:
            self._closed = True
            effects.append(Close())
        return effects


def dispose(made: Any) -> None:
    """Give back a file that was opened for a connection that is gone."""
    for name in ("close", "drop"):
        if (method := getattr(made, name, None)) is not None:
            method()


def call(function: Callable[..., Any], *arguments: Any, **named: Any) -> Callable[[], Any]:
    """Work on the file tree, to be yielded by a command."""
    return partial(function, *arguments, **named)
