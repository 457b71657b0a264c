"""The POP3 session: its parts, how command lines are parsed and refused, and how it ends."""

from collections.abc import Sequence
from typing import Any

from homeport.protocol.command_session import CommandSession, Ending
from homeport.protocol.commands import (
    CommandRefused,
    CommandTable,
    LackingNeed,
    ParsedCommand,
    UnknownCommand,
    WrongState,
    command,
)
from homeport.protocol.dialogue import SHOWN, Reply
from homeport.protocol.effects import Effect, Log
from homeport.protocol.events import Event, Tls
from homeport.protocol.plaintext import safe
from homeport.protocol.secrets import LOGIN_WORD, MASKED, secret_start
from homeport.protocol.session import Context
from homeport.protocol.waiting import Steps
from homeport.services.pop3.dialogue import Pop3Dialogue
from homeport.services.pop3.lines import is_command
from homeport.services.pop3.login import Login
from homeport.services.pop3.maildrop import Maildrop
from homeport.services.pop3.replies import REFUSED, Refused, error, ok
from homeport.services.pop3.spoiling import FRAMES
from homeport.world.journal import printable

LINE_LIMIT = 255 - 2
"""RFC 2449 4: bytes of a command without its end."""
LOGINS = ("USER", "PASS", "APOP", "AUTH")
CLOSING_TEXTS: dict[Ending, str] = {
    "line": "timed out waiting for the end of a line ([limits] line)",
    "limit": "this connection has reached its limit ({})",
    "stopping": "the server is shutting down",
    "crowded": "too many commands at once: read the replies",
    "tls": "received TLS where a command was expected: connect to pop3.tls, or send STLS first (RFC 2595)",
    "http": "received an HTTP request where a command was expected",
}
"""Text of the reply that closes a connection, by its cause; the autologout timer closes without one."""


class Pop3(CommandSession):
    """One connection to a POP3 server, from the greeting to QUIT."""

    __slots__ = ("_quit", "login", "maildrop", "options")

    dialogue: Pop3Dialogue
    line_limit = LINE_LIMIT
    early = "early-talker"
    injection = "stls-injection"

    def __init__(self, context: Context) -> None:
        dialogue = Pop3Dialogue(context)
        super().__init__(context, dialogue)
        self.options = dialogue.options
        self.maildrop = Maildrop(dialogue)
        self.login = Login(dialogue, self.maildrop)
        self._quit = False

    def handle(self, event: Event) -> Sequence[Effect]:
        mailboxes = self.context.world.mailboxes
        mailboxes.log_acts(self._log_act)
        try:
            return super().handle(event)
        finally:
            mailboxes.log_acts(None)

    def _log_act(self, fields: dict[str, Any]) -> None:
        self.dialogue.effects.append(Log("mailbox", fields))

    def greet(self) -> None:
        """Send the greeting, or the reply that a fault plans instead."""
        dialogue = self.dialogue
        planned = dialogue.plan("CONNECT", "") if self.context.world.faults.planned else None
        stamp = f" {self.login.stamp}" if self.login.stamp else ""
        greeting = planned or ok(f"{self.options.host_name} POP3 server ready{stamp}")
        dialogue.say(greeting.wire, closes=greeting.code == REFUSED)

    def secured(self, tls: Tls) -> None:
        self.login.tls_started(tls)

    def timeout(self) -> float:
        return self.options.timeout

    def closing_reply(self, ending: Ending, limit: str) -> Reply | None:
        if ending == "silence":
            return None  # RFC 1939 3: the timer closes the connection without a response
        return error(CLOSING_TEXTS[ending].format(limit), closes=True)

    def unfinished(self, *, ended: bool) -> str:
        return "no-quit" if self.dialogue.state == "transaction" and not self._quit and ended else ""

    def log_out(self) -> None:
        self.login.log_out()

    def blocks(self) -> bool:
        return self.context.world.mailboxes.blocks

    def parse(self, line: bytes, *, bare: bool) -> ParsedCommand | None:
        dialogue = self.dialogue
        if bare:
            if not self.options.accepts_bare_lf:
                raise Refused("the line ended in LF alone: end commands with CR LF (RFC 1939 3)", "bare-lf")
            dialogue.report("bare-lf", line)
        if len(line) > self.line_limit:
            self.overlong(line)
            return None
        if dialogue.wary and not LOGIN_WORD.match(line) and not is_command(line):
            raise Refused("unknown command; after USER send PASS and the password (RFC 1939 7)", "unknown-command")
        command_line = self._tidy(line)
        verb, _, argument = command_line.partition(b" ")
        masked, _, shown = dialogue.mask(command_line).partition(b" ")
        name = printable(masked.upper())[:SHOWN]
        if name in LOGINS:
            dialogue.wary = dialogue.login_open = dialogue.state == "authorization"
        if name not in ("USER", "PASS"):
            self.login.forget_name()
        if self.rest:
            self._check_pipelining(name, line)
        text = argument.decode("utf-8", "surrogateescape")
        return ParsedCommand(verb.upper(), argument, name, text, safe(printable(shown)))

    def secret_start(self, line: bytes) -> int:
        start = secret_start(line)
        return 0 if start < 0 and self.dialogue.wary and not is_command(line, unfinished=True) else start

    def _tidy(self, line: bytes) -> bytes:
        """Report characters and blanks that no command has; return the line without them. Raises: Refused."""
        if not (line.isascii() and line.decode().isprintable()):
            if not self._may_be_utf8(line):
                raise Refused("commands are printable ASCII (RFC 1939 3)", "not-printable")
            if not self.dialogue.offers("UTF8"):
                raise Refused("UTF-8 in a login is not offered here (RFC 6856 2.2)", "not-announced")
        if line[:5].upper() == b"PASS ":
            return line  # RFC 1939 7: blanks belong to the password
        tidy = b" ".join(line.split())
        if tidy != line and line:
            self.dialogue.report("command-space", line)
        return tidy

    def _may_be_utf8(self, line: bytes) -> bool:
        """Return True if a line is a login in UTF-8 (RFC 6856 2.2)."""
        if line[:5].upper() not in (b"USER ", b"PASS ", b"APOP "):
            return False
        try:
            return line.decode().isprintable()
        except UnicodeDecodeError:
            return False

    def _check_pipelining(self, verb: str, line: bytes) -> None:
        if verb == "AUTH":
            self.dialogue.report("pipelining-sync", line)
        elif verb != "STLS" and not self.dialogue.offers("PIPELINING"):
            self.dialogue.report("pipelining-not-offered", line)

    def plan(self, command: ParsedCommand) -> tuple[Any, ParsedCommand]:
        planned, command = super().plan(command)
        asked = self.dialogue.asked
        if planned is None and asked is not None and command.name in FRAMES[str(asked.frame)]:
            planned = self.dialogue.ask_for_fault(asked)
        return planned, command

    def instead(self, parsed: ParsedCommand, planned: Reply) -> Reply:
        """Return the planned reply to a command; the client is not blamed for what follows from it."""
        self._quit = self._quit or parsed.name == "QUIT"
        return Reply(planned.code, planned.wire, closes=True) if parsed.name == "QUIT" else planned

    def refusal(self, problem: CommandRefused) -> Refused:
        """Return the reply to a command that the command table refuses."""
        row = problem.command
        verb = safe(printable(self.dialogue.mask(problem.verb.encode())))[:20]
        if isinstance(problem, UnknownCommand) or row is None:
            return Refused(f"unknown command {verb!r} (RFC 1939 3)", "unknown-command")
        if isinstance(problem, WrongState):
            if self.dialogue.state == "transaction":
                finding = "auth-twice" if row.verb in LOGINS else "bad-sequence"
                return Refused(f"{row.verb} comes before login (RFC 1939 4)", finding)
            return Refused(f"log in before {row.verb} (RFC 1939 5)", "bad-sequence")
        if isinstance(problem, LackingNeed):
            return Refused(f"{row.verb} is not offered here: look at CAPA (RFC 2449 5)", "not-announced")
        return Refused(f"write {row.verb} {row.syntax}".rstrip() + f" ({row.reference})", "syntax")

    def overlong(self, begun: bytes) -> None:
        text = f"the command has more than {LINE_LIMIT + 2} bytes (RFC 2449 4)"
        shown = MASKED if self.secret_start(begun) >= 0 else begun[:SHOWN]
        self.dialogue.refuse(shown, Refused(text, "command-too-long"))

    @command("QUIT", "Delete the marked messages, and end the connection.", reference="RFC 1939 4, 6")
    def quit(self, _argument: str) -> Reply | Steps:
        self.late = "data-after-quit"
        self._quit = True
        if self.dialogue.state != "transaction":
            return ok("closing the connection", closes=True)
        return self.maildrop.update()


Pop3.table = CommandTable(Pop3, login=Login, maildrop=Maildrop)
