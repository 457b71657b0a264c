"""The session of SMTP: its parts, how lines are taken apart and refused, how it ends, and the commands of no part."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from homeport.protocol.command_session import CommandSession, Ending
from homeport.protocol.commands import (
    Command,
    CommandRefused,
    CommandTable,
    Spoken,
    UnknownCommand,
    WrongState,
    command,
)
from homeport.protocol.dialogue import SHOWN
from homeport.protocol.effects import Conceal
from homeport.protocol.events import Tls
from homeport.protocol.session import Context
from homeport.services.smtp.dialogue import SmtpDialogue
from homeport.services.smtp.enquiries import Enquiries
from homeport.services.smtp.envelope import Envelope
from homeport.services.smtp.identity import Identity
from homeport.services.smtp.lines import (
    AUTH,
    AUTH_LINE_LIMIT,
    BASE64,
    CONTROL,
    LAST_OF_GROUP,
    LINE_LIMIT,
    LONGER,
    TOO_LONG,
    split_command,
    without_secret,
)
from homeport.services.smtp.receiving import CHUNK, Receiving
from homeport.services.smtp.replies import OK, Refused, Reply
from homeport.services.smtp.rules import BY_ID

LAST_WORDS = {
    "silence": ("4.4.2", "timed out waiting for a command (RFC 5321 4.5.3.2.7)"),
    "limit": ("4.4.2", "the limit of this connection is reached ({})"),
    "stopping": ("4.3.2", "service shutting down, closing transmission channel"),
    "tls": ("5.7.0", "this is TLS where a command belongs: connect to smtp.tls, or send STARTTLS first (RFC 3207)"),
    "crowded": ("4.7.0", "too much at once: wait for the replies (RFC 2920 3.1)"),
}
"""Enhanced status and text of 421 (554 for TLS) by what ends the connection."""
STOOD_STILL = "the message stood still: it ends with CR LF, dot, CR LF (RFC 5321 4.1.1.4, 4.5.3.2)"


class Smtp(CommandSession):
    """One connection to a receiver-SMTP, from the greeting to QUIT."""

    __slots__ = ("enquiries", "envelope", "identity", "options", "receiving")

    dialogue: SmtpDialogue
    line_limit = AUTH_LINE_LIMIT

    def __init__(self, context: Context) -> None:
        dialogue = SmtpDialogue(context)
        super().__init__(context, dialogue)
        self.options = dialogue.options
        self.identity = Identity(dialogue)
        self.envelope = Envelope(dialogue, self.identity)
        self.receiving = Receiving(dialogue, self.identity, self.envelope)
        self.enquiries = Enquiries(dialogue, self.identity)

    def details(self) -> str:
        transaction = self.dialogue.transaction
        count = 0 if transaction is None else len(transaction.recipients)
        return f"{count} recipient{'s' * (count != 1)}" if count else ""

    # Beginning and end.

    def greet(self) -> None:
        """220, unless a fault has it otherwise."""
        dialogue = self.dialogue
        planned = dialogue.plan("CONNECT", "") if self.context.world.faults.planned else None
        if planned is not None and planned.code >= 500:
            dialogue.state = "refused"  # RFC 5321 3.1: what follows gets 503, until QUIT
        dialogue.greet(planned or greeting(self.options.host_name, self.options.protocol))

    def secured(self, tls: Tls) -> None:
        self.identity.tls_started(tls)

    def timeout(self) -> float:
        return self.options.data_timeout if self._reads_message() else self.options.timeout

    def last_word(self, ending: Ending, limit: str) -> Reply:
        """421, whatever the client is doing (RFC 5321 3.8)."""
        status, text = LAST_WORDS[ending]
        if ending == "silence" and self._reads_message():
            text = STOOD_STILL
        if ending == "tls":
            return Reply(554, status, text, closes=True)
        return Reply(421, status, f"{self.options.host_name} {text.format(limit)}", closes=True)

    def unfinished(self, *, ended: bool) -> str:
        """Return the finding; a client that only looks whether somebody is there has begun nothing."""
        state = self.dialogue.state
        if ended and state in ("start", "tls"):
            return ""
        if self._reads_message() or state == "chunks":
            return "message-cut-off"
        return "no-quit" if ended else ""

    def _reads_message(self) -> bool:
        """Whether the next octets are of a message, or of a chunk."""
        return self.mode == "input" and self.dialogue.state != "auth"

    def leave(self) -> None:
        self.receiving.leave()
        self.identity.log_out()

    # Lines.

    def parse(self, line: bytes, *, bare: bool) -> Spoken | None:
        if self.dialogue.refused == "AUTH" and is_response(line):
            self._refuse_response(line, bare=bare)
            return None
        secret = line[:1] in b"Aa \t\n\r\v\f" and (line[:4].upper() == b"AUTH" or line[:1].isspace())
        if secret and (match := AUTH.match(line)):  # whatever becomes of the command
            self.dialogue.effect(Conceal(len(match[1]), after=self.rest + (1 if bare else 2)))
        if bare:
            self._check_bare_lf(line)
        spoken = None if secret else split_command(line)
        if spoken is None:
            spoken = self._split_odd_command(line)
        if self.rest:
            self._check_group(spoken.name, line)
        return spoken

    def _split_odd_command(self, line: bytes) -> Spoken:
        """Take a command apart that is long, secret, or not quite well."""
        verb, _, argument = line.partition(b" ")
        verb = verb.upper()
        if len(line) > LONGER.get(verb, LINE_LIMIT) - 2:
            raise Refused(500, "5.5.6", TOO_LONG, "command-too-long")
        if line.endswith((b" ", b"\t")):
            self.dialogue.find("trailing-space", line)
            argument = argument.rstrip(b" \t")
        text = shown = decode(argument)
        if verb == b"AUTH":
            shown = without_secret(b"AUTH " + argument).decode().removeprefix("AUTH ")
        return Spoken(verb, argument, verb.decode("ascii", "backslashreplace"), text, shown)

    def _refuse_response(self, line: bytes, *, bare: bool) -> None:
        """The client goes on with an AUTH that was refused: what it says is a secret all the same."""
        self.dialogue.effect(Conceal(len(line), after=self.rest + (1 if bare else 2)))
        text = "AUTH was refused, so its responses are no commands (RFC 4954 4)"
        self.dialogue.refuse(b"AUTH", Refused(500, "5.5.1", text, "unknown-command"))

    def _check_bare_lf(self, line: bytes) -> None:
        if self.options.bare_lf == "refuse" or self.options.strict:
            text = "the line ended in LF alone: end commands with CR LF (RFC 5321 2.3.8)"
            raise Refused(500, "5.5.2", text, "bare-lf")
        self.dialogue.find("bare-lf", line)

    def _check_group(self, verb: str, line: bytes) -> None:
        """Commands came in a group: whether they may (RFC 2920 3.1)."""
        if verb in LAST_OF_GROUP:
            finding = LAST_OF_GROUP[verb]
        elif self.identity.may_group() or verb == "BDAT":
            return
        else:
            finding = "pipelining-not-offered"
        if not finding:
            return
        if self.options.strict:
            rule = BY_ID[finding]
            raise Refused(503, "5.5.1", f"improper command pipelining: {rule.text} ({rule.reference})", finding)
        self.dialogue.find(finding, line)

    def overlong(self, begun: bytes) -> None:
        if begun[:5].upper() == b"AUTH ":
            self.dialogue.effect(Conceal(len(begun) - 5))
        self.dialogue.refuse(begun[:SHOWN], Refused(500, "5.5.6", TOO_LONG, "command-too-long"))

    def instead(self, spoken: Spoken, planned: Reply) -> Any:
        """Return the reply that takes the place of a command: for BDAT it comes behind its chunk."""
        if spoken.verb == b"BDAT" and not planned.closes and (match := CHUNK.fullmatch(spoken.text)):
            self.dialogue.reset()  # what lacks a chunk is no message
            return self.receiving.read_chunk(match, Refused(planned.code, planned.enhanced, planned.text))
        return planned

    def refusal(self, trouble: CommandRefused) -> Refused:
        """Return what is said to a command that the table does not let through."""
        verb, row = trouble.verb[:20], trouble.command
        if isinstance(trouble, UnknownCommand) or row is None:
            return Refused(500, "5.5.1", f"there is no command {verb!r} (RFC 5321 4.2.4)", "unknown-command")
        if isinstance(trouble, WrongState):
            return self.identity.out_of_sequence(verb)
        return Refused(501, "5.5.4", f"write {verb} {row.syntax}".rstrip() + f" ({row.reference})", "syntax")

    # Commands of no part.

    @command("HELP", "Show what there is.", syntax="[command]", reference="RFC 5321 4.1.1.8")
    def help(self, argument: str) -> Reply:
        other = {"LHLO"} if self.options.protocol == "smtp" else {"EHLO", "HELO"}
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


def is_response(line: bytes) -> bool:
    """Return whether a line is a response of SASL rather than a command."""
    return BASE64.fullmatch(line) is not None and line.upper().decode() not in VERBS


def decode(argument: bytes) -> str:
    """Return the text of an argument. Raises: Refused."""
    try:
        text = argument.decode()
    except UnicodeDecodeError:
        raise Refused(501, "5.5.2", "the command is no UTF-8 (RFC 6531 3.3)", "not-utf8") from None
    if not text.isprintable() and CONTROL.search(text):
        raise Refused(501, "5.5.2", "the command has control characters (RFC 5321 4.1.2)", "control-characters")
    return text


@lru_cache(64)
def greeting(host: str, protocol: str) -> Reply:
    """The first word (RFC 5321 4.2, RFC 2033 4.1)."""
    return Reply(220, "", f"{host} {'LMTP' if protocol == 'lmtp' else 'ESMTP'} Homeport")


@lru_cache(64)
def farewell(host: str) -> Reply:
    """The last word (RFC 5321 4.1.1.10)."""
    return Reply(221, "2.0.0", f"{host} closing connection", closes=True)


def help_text(table: Sequence[Command], argument: str) -> Reply:
    """The answer to HELP: every command, or one with what it takes."""
    wanted = argument.strip().upper()
    rows = [row for row in table if row.verb == wanted]
    if wanted and not rows:
        return Reply(504, "5.5.4", f"there is no command {wanted[:20]!r} to help with")
    if rows:
        row = rows[0]
        return Reply(214, "2.0.0", f"{row.verb} {row.syntax}".rstrip() + f"\n{row.help} ({row.reference})")
    names = " ".join(row.verb for row in table)
    return Reply(214, "2.0.0", f"commands: {names}\nHELP command says more")
