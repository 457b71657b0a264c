"""The SMTP session: its parts, how command lines are parsed and refused, how it ends, and the simple commands."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from homeport.protocol.command_session import CommandSession, Ending
from homeport.protocol.commands import (
    Command,
    CommandRefused,
    CommandTable,
    ParsedCommand,
    UnknownCommand,
    WrongState,
    command,
)
from homeport.protocol.dialogue import SHOWN
from homeport.protocol.effects import Effect, SetTimer
from homeport.protocol.events import Data, Event, TimerFired, Tls
from homeport.protocol.secrets import LOGIN_WORD, mask_secrets, secret_start
from homeport.protocol.session import Context
from homeport.protocol.waiting import Task
from homeport.services.smtp.dialogue import SmtpDialogue
from homeport.services.smtp.enquiries import Enquiries
from homeport.services.smtp.envelope import Envelope
from homeport.services.smtp.identity import WITHOUT_STARTTLS, Identity
from homeport.services.smtp.lines import (
    AUTH_LINE_LIMIT,
    CONTROL,
    LAST_OF_GROUP,
    LINE_LIMIT,
    LONG_LINE_LIMIT,
    LONGER,
    TOO_LONG,
    is_tidy,
    parse_command,
    tidy,
)
from homeport.services.smtp.receiving import BEGINS_CHUNK, CHUNK, Receiving
from homeport.services.smtp.replies import OK, Refused, Reply
from homeport.services.smtp.rules import BY_ID

CLOSING_REPLIES = {
    "silence": ("4.4.2", "timed out waiting for a command (RFC 5321 4.5.3.2.7)"),
    "limit": ("4.4.2", "this connection has reached its limit ({})"),
    "stopping": ("4.3.2", "service shutting down, closing transmission channel"),
    "tls": (
        "5.7.0",
        "received TLS where a command was expected: connect to smtp.tls, or send STARTTLS first (RFC 3207)",
    ),
    "line": ("4.4.2", "timed out waiting for the end of a line ([limits] line)"),
    "http": ("5.7.0", "received an HTTP request where a command was expected"),
    "crowded": ("4.7.0", "too many commands at once: read the replies (RFC 2920 3.1)"),
}
"""Enhanced status and text of the reply that closes a connection, by its cause: 421, or 554 for TLS and HTTP."""
TOO_SLOW = "message data came too slowly: less than {} bytes per second over 5 minutes ([smtp] min_data_rate)"
RATE_WINDOW_S = 300
"""Real time over which the rate of message data is averaged: RFC 5321 4.5.3.2 lets a client pause for that long."""
DATA_TIMEOUT = "timed out waiting for message data, which ends with CR LF, dot, CR LF (RFC 5321 4.1.1.4, 4.5.3.2)"


class Smtp(CommandSession):
    """One connection to a receiver-SMTP, from the greeting to QUIT."""

    __slots__ = (
        "_content_task",
        "_lenient",
        "_measured",
        "_quit",
        "_received",
        "_too_slow",
        "enquiries",
        "envelope",
        "identity",
        "options",
        "receiving",
    )

    dialogue: SmtpDialogue
    line_limit = AUTH_LINE_LIMIT
    early = "early-talker"

    def __init__(self, context: Context) -> None:
        dialogue = SmtpDialogue(context)
        super().__init__(context, dialogue)
        self.options = dialogue.options
        self._lenient = dialogue.syntax == "lenient"
        self.identity = Identity(dialogue)
        self.envelope = Envelope(dialogue, self.identity)
        self.receiving = Receiving(dialogue, self.identity, self.envelope)
        self.enquiries = Enquiries(dialogue, self.identity)
        self._received = 0  # bytes, in all
        self._content_task: Task | None = None  # the command that reads content; a second read of it starts the timer
        self._measured: tuple[Task, int] | None = None  # its task, and `_received` at the start
        self._too_slow = False
        self._quit = False  # the client has sent QUIT, which a fault refused

    def details(self) -> str:
        transaction = self.dialogue.transaction
        count = 0 if transaction is None else len(transaction.recipients)
        return f"{count} recipient{'s' * (count != 1)}" if count else ""

    # Start and end.

    def greet(self) -> None:
        """Send 220, or the reply that a fault plans instead."""
        dialogue = self.dialogue
        planned = dialogue.plan("CONNECT", "") if self.context.world.faults.planned else None
        if planned is not None and planned.code >= 500:
            dialogue.state = "refused"  # RFC 5321 3.1: every command gets 503, until QUIT
        dialogue.greet(planned or greeting(self.options.host_name, self.options.protocol))

    def secured(self, tls: Tls) -> None:
        self.identity.tls_started(tls)

    def timeout(self) -> float:
        return self.options.data_timeout if self._reads_message() else self.options.timeout

    def closing_reply(self, ending: Ending, limit: str) -> Reply:
        """Return the reply that closes the connection; it may be sent in any state (RFC 5321 3.8)."""
        status, text = CLOSING_REPLIES[ending]
        if self._too_slow:
            text = TOO_SLOW.format(int(self.options.min_data_rate))
        elif ending == "silence" and self._reads_message():
            text = DATA_TIMEOUT
        if ending in ("tls", "http"):
            return Reply(554, status, text, closes=True)
        return Reply(421, status, f"{self.options.host_name} {text.format(limit)}", closes=True)

    def unfinished(self, *, ended: bool) -> str:
        """Return the finding about a connection that ends early; empty if nothing was begun, as in a port probe."""
        state = self.dialogue.state
        if ended and state in ("start", "tls"):
            return ""
        if self._reads_message() or state == "chunks":
            return "message-cut-off"
        return "no-quit" if ended and not self._quit else ""

    def _reads_message(self) -> bool:
        """Return True if the next bytes belong to a message or a chunk."""
        return self.mode == "input" and self.dialogue.state != "auth"

    def handle(self, event: Event) -> Sequence[Effect]:
        effects = super().handle(event)
        if type(event) is Data:
            self._received += len(event.data)
            if self.mode == "input" and self._measured is None and self.options.min_data_rate and self._reads_message():
                if self._content_task is self._task is not None:
                    return [*effects, self._measure(self._task)]
                self._content_task = self._task
        return effects

    # The rate of message data. Most messages come in one read, so a timer is set only from the second one on, and none
    # is cancelled: a timer that fires during another message starts to measure that one.

    def _measure(self, task: Task) -> SetTimer:
        self._measured = task, self._received
        return SetTimer("rate", RATE_WINDOW_S)

    def handle_other_event(self, event: Event) -> None:
        if not isinstance(event, TimerFired):
            return
        measured, self._measured = self._measured, None
        if measured is None or self._task is None or not self._reads_message():
            return
        task, before = measured
        rate = int(self.options.min_data_rate)
        if task is self._task and self._received - before < rate * RATE_WINDOW_S:
            self._too_slow = True
            self.hang_up("silence")
        elif rate:
            self.dialogue.effect(self._measure(self._task))

    def log_out(self) -> None:
        self.identity.log_out()

    def leave(self) -> None:
        self._content_task = self._measured = None
        self.receiving.leave()

    # Lines.

    def parse(self, line: bytes, *, bare: bool) -> ParsedCommand | None:
        dialogue = self.dialogue
        if dialogue.wary:
            if not is_command(line):
                text = "AUTH was refused: send a command, not a SASL response (RFC 4954 4)"
                dialogue.refuse(b"AUTH", Refused(500, "5.5.1", text, "unknown-command"))
                return None
            dialogue.wary = False
        if dialogue.state == "ready" and line[:4].upper() == b"MAIL":
            dialogue.begin_transaction()
        if bare:
            self._check_bare_lf(line)
        parsed = None if self._lenient or LOGIN_WORD.match(line) else parse_command(line)
        if parsed is None:
            parsed = self._parse_leniently(line) if self._lenient else self._parse_unusual_command(line)
        if self.rest:
            self._check_pipelining(parsed.name, line)
        return parsed

    def _parse_leniently(self, line: bytes) -> ParsedCommand:
        """Parse a command in the forms that deployed servers accept. Raises: Refused."""
        dialogue = self.dialogue
        ended = line.rstrip(b" \t")
        begun, line = line, line if is_tidy(ended) else tidy(ended) + line[len(ended) :]
        verb = line[:5].upper().rstrip()
        if verb == b"MAIL":
            if dialogue.state == "start":
                self.identity.begin_without_hello()
            if dialogue.state == "ready" and not dialogue.transaction_id:
                dialogue.begin_transaction()
        if line != begun:
            dialogue.report("command-space", begun)
        if verb == b"QUIT" and ended[5:].strip():
            dialogue.report("syntax", begun)
            line = b"QUIT"
        parsed = None if LOGIN_WORD.match(line) else parse_command(line)
        return self._parse_unusual_command(line) if parsed is None else parsed

    def _parse_unusual_command(self, line: bytes) -> ParsedCommand:
        """Parse a command that is long, has a secret, or needs repair. Raises: Refused."""
        if LOGIN_WORD.match(line):
            self.dialogue.login_open = True
        ended = line.rstrip(b" \t")
        _verb, _, argument = ended.partition(b" ")
        shown_verb, _, shown_argument = mask_secrets(ended).partition(b" ")
        verb = shown_verb.upper()
        self._check_length(line, verb)
        if len(line) > len(ended):
            self.dialogue.report("trailing-space", line)
        text, shown = decode(argument), decode(shown_argument)
        return ParsedCommand(verb, argument, verb.decode("ascii", "backslashreplace"), text, shown)

    def _check_length(self, line: bytes, verb: bytes) -> None:
        """Report a line that is longer than every server must accept. Raises: Refused if it is too long here."""
        limit = LONGER.get(verb, LINE_LIMIT) - 2
        if len(line) <= limit:
            return
        if self.dialogue.syntax == "strict" or len(line) > max(limit, LONG_LINE_LIMIT - 2):
            raise too_long(verb, limit if self.dialogue.syntax == "strict" else max(limit, LONG_LINE_LIMIT - 2))
        self.dialogue.report("command-too-long", line)

    def secret_start(self, line: bytes) -> int:
        start = secret_start(line)
        return 0 if start < 0 and self.dialogue.wary and not is_command(line, unfinished=True) else start

    def _check_bare_lf(self, line: bytes) -> None:
        if not self.options.accepts_bare_lf:
            text = "the line ended in LF alone: end commands with CR LF (RFC 5321 2.3.8)"
            raise Refused(500, "5.5.2", text, "bare-lf")
        self.dialogue.report("bare-lf", line)

    def _check_pipelining(self, verb: str, line: bytes) -> None:
        """Report commands that arrive together although RFC 2920 3.1 forbids it. Raises: Refused if strict."""
        if verb in LAST_OF_GROUP:
            finding = LAST_OF_GROUP[verb]
        elif self.identity.may_pipeline() or (verb == "BDAT" and line.split()[1:2] != [b"0"]):
            return  # what comes with a chunk is its octets; `Receiving` sees what comes after them
        else:
            finding = "pipelining-not-offered"
        if not finding:
            return
        if self.dialogue.syntax == "strict":
            rule = BY_ID[finding]
            raise Refused(503, "5.5.1", f"improper command pipelining: {rule.text} ({rule.reference})", finding)
        self.dialogue.report(finding, line)

    def refuse(self, line: bytes, refused: Refused) -> None:  # type: ignore[override]  # all of ours are of this class
        if BEGINS_CHUNK.match(line):
            self.begin(self.receiving.refuse_chunk(line, refused), CHUNK_COMMAND, line)
        else:
            self.dialogue.refuse(line, refused)

    def overlong(self, begun: bytes) -> None:
        chunk = BEGINS_CHUNK.match(begun)  # the rest of its line is skipped, so its octets are not: close
        verb = begun[:5].upper().rstrip()
        refused = too_long(verb, LONGER.get(verb, LONG_LINE_LIMIT) - 2)
        self.refuse(b"BDAT" if chunk else begun[:SHOWN], refused)

    def instead(self, parsed: ParsedCommand, planned: Reply) -> Any:
        """Return the planned reply to a command; for BDAT it follows the chunk, which must be read first.

        A planned refusal leaves the session where a real one leaves it, so that a client is not blamed for the fault.
        """
        if planned.code >= 400:
            match parsed.name:
                case "RCPT" if self.dialogue.transaction is not None:
                    self.dialogue.transaction.tried += 1
                case "EHLO":
                    self.identity.ehlo_refused = True
                case "QUIT":
                    self._quit = True
        if parsed.verb == b"BDAT" and not planned.closes:
            refused = Refused(planned.code, planned.enhanced, planned.text)
            if match := CHUNK.fullmatch(parsed.text):
                return self.receiving.read_chunk(match, refused)
            return self.receiving.refuse_chunk(b"BDAT " + parsed.text.encode(), refused)
        return planned

    def refusal(self, problem: CommandRefused) -> Refused:
        """Return the reply to a command that the command table refuses."""
        verb, row = problem.verb[:20], problem.command
        if isinstance(problem, UnknownCommand) or row is None:
            return Refused(500, "5.5.1", f"unknown command {verb!r} (RFC 5321 4.2.4)", "unknown-command")
        if isinstance(problem, WrongState):
            return self.identity.out_of_sequence(verb)
        return Refused(501, "5.5.4", f"write {verb} {row.syntax}".rstrip() + f" ({row.reference})", "syntax")

    # Commands that belong to no part.

    @command("HELP", "List the commands.", syntax="[command]", reference="RFC 5321 4.1.1.8")
    def help(self, argument: str) -> Reply:
        other = {"LHLO"} if self.options.protocol == "smtp" else {"EHLO", "HELO"}
        other |= {verb for verb, extension in OPTIONAL.items() if extension in self.options.without}
        if self.context.listener in WITHOUT_STARTTLS:
            other.add("STARTTLS")
        return help_text([row for row in self.table if row.verb not in other], argument)

    @command("NOOP", "Do nothing.", syntax="[anything]", reference="RFC 5321 4.1.1.9")
    def noop(self, _argument: str) -> Reply:
        return OK

    @command("QUIT", "End the connection.", reference="RFC 5321 4.1.1.10")
    def quit(self, _argument: str) -> Reply:
        self.late = "data-after-quit"
        return farewell(self.options.host_name)

    @command("SEND", "Obsolete, and not implemented.", argument="optional", reference="RFC 5321 F.6")
    @command("SOML", "Obsolete, and not implemented.", argument="optional", reference="RFC 5321 F.6")
    @command("SAML", "Obsolete, and not implemented.", argument="optional", reference="RFC 5321 F.6")
    @command("TURN", "Obsolete, and not implemented.", argument="optional", reference="RFC 5321 F.1")
    def obsolete(self, _argument: str) -> Reply:
        raise Refused(502, "5.5.1", "this command is obsolete and not implemented (RFC 5321 F)", "obsolete-command")


Smtp.table = CommandTable(Smtp, identity=Identity, envelope=Envelope, receiving=Receiving, enquiries=Enquiries)
VERBS = frozenset(row.verb for row in Smtp.table)
CHUNK_COMMAND = ParsedCommand(b"BDAT", b"", "BDAT", "", "")


OPTIONAL = {"AUTH": "AUTH", "BDAT": "CHUNKING", "EXPN": "EXPN", "HELP": "HELP", "STARTTLS": "STARTTLS", "VRFY": "VRFY"}
"""The extension without which a command is not offered."""


def too_long(verb: bytes, limit: int) -> Refused:
    """Return the refusal of a line that is too long; RFC 5248 keeps 5.5.6 for AUTH. limit: without the line's end."""
    text = TOO_LONG.format(limit + 2)
    return Refused(500, "5.5.6" if verb == b"AUTH" else "5.5.2", text, "command-too-long")


def is_command(line: bytes, *, unfinished: bool = False) -> bool:
    """Return True if a line begins with the verb of a command, or with a part of one if it may be unfinished."""
    word = line[:10].partition(b" ")[0].upper().decode("ascii", "replace")
    return word in VERBS or (unfinished and len(word) == len(line) and any(verb.startswith(word) for verb in VERBS))


def decode(argument: bytes) -> str:
    """Return an argument as text. Raises: Refused if it is not UTF-8 or has control characters."""
    try:
        text = argument.decode()
    except UnicodeDecodeError:
        raise Refused(501, "5.5.2", "the command is not UTF-8 (RFC 6531 3.3)", "not-utf8") from None
    if not text.isprintable() and CONTROL.search(text):
        raise Refused(501, "5.5.2", "the command has control characters (RFC 5321 4.1.2)", "control-characters")
    return text


@lru_cache(64)
def greeting(host: str, protocol: str) -> Reply:
    """Return the greeting (RFC 5321 4.2, RFC 2033 4.1)."""
    return Reply(220, "", f"{host} {'LMTP' if protocol == 'lmtp' else 'ESMTP'} Homeport")


@lru_cache(64)
def farewell(host: str) -> Reply:
    """Return the reply to QUIT (RFC 5321 4.1.1.10)."""
    return Reply(221, "2.0.0", f"{host} closing connection", closes=True)


def help_text(table: Sequence[Command], argument: str) -> Reply:
    """Return the reply to HELP: all commands, or the syntax of one."""
    wanted = argument.strip().upper()
    rows = [row for row in table if row.verb == wanted]
    if wanted and not rows:
        return Reply(504, "5.5.4", f"unknown command {wanted[:20]!r}")
    if rows:
        row = rows[0]
        return Reply(214, "2.0.0", f"{row.verb} {row.syntax}".rstrip() + f"\n{row.help} ({row.reference})")
    names = " ".join(row.verb for row in table)
    return Reply(214, "2.0.0", f"commands: {names}\nHELP <command> shows its syntax")
