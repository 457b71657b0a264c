"""How a server-FTP carries commands out: one after the other, each in as many steps as it takes.

A command is a method that gives its reply, or a generator that yields what it must wait for: a function (work on the
file tree, done off the reactor where that may stall), or an effect that an event answers.
"""

from abc import abstractmethod
from collections.abc import Callable
from functools import lru_cache
from types import GeneratorType
from typing import Any, ClassVar

import msgspec

from homeport.protocol.commands import CommandRefused, CommandTable, LackingNeed, UnknownCommand
from homeport.protocol.effects import Call, CloseData, Effect, ListenData, Misbehave, ReceiveFile, SendFile, SetTimer
from homeport.protocol.events import Called, DataDone, DataListening, Event, TimerFired
from homeport.protocol.lines import Line
from homeport.protocol.plaintext import safe
from homeport.services.ftp.replies import Refused, problem_reply
from homeport.services.ftp.speaking import SECRET, SHOWN, Running, Speaker
from homeport.world.files import FileProblem
from homeport.world.journal import printable

MASKED = "***"
MAIL = {"MLFL", "MAIL", "MSND", "MSOM", "MSAM", "MRSQ", "MRCP"}
"""Commands of RFC 765 that RFC 959 has no more (RFC 944)."""
REMEMBERED = 512
"""Lines that are remembered, taken apart, but for those with secrets."""
REMEMBERED_SIZE = 100
"""Octets of a line that is, at most."""
ANSWERS: dict[type[Effect], type[Event]] = {
    Call: Called,
    ListenData: DataListening,
    SendFile: DataDone,
    ReceiveFile: DataDone,
    SetTimer: TimerFired,
}
"""The events that tell a command what came of the effect it waits for."""


class Carrier(Speaker):
    """A session that carries commands out."""

    __slots__ = ()

    table: ClassVar[CommandTable]

    @abstractmethod
    def has(self) -> frozenset[str]:
        """What the session has of what commands need: `login`, `tls`."""

    @abstractmethod
    def before_command(self, verb: str, line: bytes) -> None:
        """A command is about to be carried out."""

    def carry_out(self, line: Line) -> None:
        """Begin a command; it may be over at once."""
        content = line.content
        remembers = len(content) <= REMEMBERED_SIZE and content[:4].upper() not in SECRET
        spoken = remembered(content) if remembers else take_apart(content)
        running = self._running = Running(spoken.name, spoken.shown)
        try:
            if line.overlong or line.bare_lf or spoken.controls:
                self._check_line(line, spoken)
            self.before_command(spoken.name, content)
            planned, text = self.plan_faults(spoken.name, spoken.text)
            if planned is not None:
                self.finish(planned)
                return
            row, text = self._find(spoken, text)
            answer = getattr(self, row)(text)
        except CommandRefused as refused:
            self.refuse(refusal(refused), content)
        except Refused as refused:
            self.refuse(refused, content)
        except FileProblem as problem:
            self.finish(problem_reply(problem, running.shown))
        else:
            if type(answer) is GeneratorType:  # isinstance of the abstract class costs
                running.steps = answer
                self.advance(None)
            else:
                self.finish(answer)

    def _check_line(self, line: Line, spoken: "Spoken") -> None:
        if line.overlong:
            text = f"the command is too long: at most {self.options.max_line} octets"
            raise Refused(500, text, "command-too-long")
        if line.bare_lf:
            if self.options.bare_lf == "refuse" or self.options.strict:
                text = "the line ended in LF alone: end commands with CR LF (RFC 959 5.3, RFC 854)"
                raise Refused(500, text, "bare-lf")
            self.find("bare-lf", line.content)
        if spoken.controls:
            raise Refused(501, "NUL and CR cannot stand in a line (RFC 959 5.3.2, RFC 2640 3.1)", "control-characters")

    def _find(self, spoken: "Spoken", text: str) -> tuple[str, str]:
        """The method of a command, and its argument. SITE's commands are rows of the table, too: `SITE CHMOD`."""
        if spoken.verb == b"SITE" and spoken.argument:
            sub, _, rest = spoken.argument.partition(b" ")
            if sub:
                return self.table.find(b"SITE " + sub.upper(), rest, "", self.has()).method, text.partition(" ")[2]
        return self.table.find(spoken.verb, spoken.argument, "", self.has()).method, text

    def advance(self, value: Any, error: Exception | None = None) -> None:
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
                self.finish(end.value)
                return
            except Refused as refused:
                self.refuse(refused, f"{running.verb} {running.shown}".encode("utf-8", "replace"))
                return
            except FileProblem as problem:
                self.finish(problem_reply(problem, running.shown))
                return
            finally:
                value = error = None  # an error knows this frame: a circle, which only the collector would find
            if isinstance(asked, Call):
                self._call(running, asked.work)
                return
            if isinstance(asked, Effect):
                self._ask(running, asked)
                return
            if self.context.world.files.blocks:
                self._call(running, asked)
                return
            try:
                value = asked()
            except FileProblem as problem:
                error = problem

    def _ask(self, running: Running, effect: Effect) -> None:
        self._effects.append(effect)
        while type(effect) is Misbehave:
            effect = effect.effects[0]
        running.awaits = ANSWERS[type(effect)]

    def _call(self, running: Running, work: Callable[[], Any]) -> None:
        """Have work done off the reactor; a file that it opens for a connection that is gone is given back."""
        made: list[Any] = []

        def keep() -> Any:
            made.append(work())
            return made[0]

        def then() -> None:
            if self._mode == "over":
                dispose(made[0])

        self._ask(running, Call(keep, then))

    def answered(self, event: Event) -> None:
        """What the command under way waits for has come."""
        if not isinstance(event, Called):
            self.advance(event)
        elif event.error is None:
            self.advance(event.result)
        elif isinstance(event.error, FileProblem):
            self.advance(None, event.error)
        else:
            self.advance(None, FileProblem("failed", str(event.error)))

    def drop_command(self) -> None:
        """Leave the command under way where it is."""
        running, self._running = self._running, None
        if running is not None and running.steps is not None:
            running.steps.close()
        self._faults = ()
        self._effects.append(CloseData())


class Spoken(msgspec.Struct, frozen=True, gc=False):
    """A line, taken apart."""

    verb: bytes
    """In capitals."""
    name: str
    """The verb as the journal shows it, and `shown` the argument."""
    shown: str
    argument: bytes
    text: str
    """The argument as it is meant."""
    controls: bool
    """Whether there is an octet in it that cannot be."""


def take_apart(content: bytes) -> Spoken:
    """What a line is made of."""
    verb, _, argument = content.partition(b" ")
    upper = verb.upper()
    shown = MASKED if upper in SECRET and argument else safe(printable(argument))
    plain = content.replace(b"\r\0", b"")  # a CR in a pathname (RFC 2640 3.1)
    controls = b"\0" in plain or b"\r" in plain
    text = argument.decode("utf-8", "surrogateescape")
    return Spoken(upper, printable(upper)[:SHOWN], shown, argument, text, controls)


remembered = lru_cache(REMEMBERED)(take_apart)
"""The same: clients say the same again and again."""


def refusal(refused: CommandRefused) -> Refused:
    """What is said to a command that the table does not let through."""
    verb, row = refused.verb[:20], refused.command
    if isinstance(refused, UnknownCommand) or row is None:
        if verb.upper() in MAIL:
            return Refused(502, f"{verb} is no command of FTP any more: mail goes by SMTP (RFC 959)", "mail-command")
        if verb.startswith("SITE "):
            return Refused(504, f"there is no {safe(verb)!r} here; SITE HELP shows all", "unknown-command")
        return Refused(500, f"there is no command {safe(verb)!r} here; HELP shows all (RFC 959 5.3)", "unknown-command")
    if isinstance(refused, LackingNeed) and refused.need == "login":
        return Refused(530, f"log in first, by USER and PASS; then {verb} (RFC 959 5.4)", "not-logged-in")
    if isinstance(refused, LackingNeed):
        return Refused(503, f"{verb} is for connections under TLS: AUTH TLS comes first (RFC 4217 4)", "bad-sequence")
    return Refused(501, f"write {verb} {row.syntax}".rstrip() + f" ({row.reference})", "syntax")


def dispose(made: Any) -> None:
    """Give back the files among what work has made."""
    for one in made if isinstance(made, tuple) else (made,):
        for name in ("close", "drop"):
            if callable(method := getattr(one, name, None)):
                method()
