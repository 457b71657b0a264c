"""The IMAP session: its parts, how commands are parsed, dispatched and completed, and how it ends."""

from collections.abc import Sequence
from typing import Any

from homeport.protocol.command_session import CommandSession, Ending
from homeport.protocol.commands import (
    CommandRefused,
    CommandTable,
    LackingNeed,
    MissingArgument,
    ParsedCommand,
    UnknownCommand,
    UnwantedArgument,
    WrongState,
    command,
)
from homeport.protocol.dialogue import SHOWN
from homeport.protocol.effects import Effect, Log
from homeport.protocol.events import Called, Event, Flushed, InflateFailed, Noticed, Tls
from homeport.protocol.plaintext import safe
from homeport.protocol.secrets import MASKED
from homeport.protocol.session import Context
from homeport.protocol.waiting import Steps
from homeport.sasl import MECHANISMS
from homeport.services.imap.access import Access
from homeport.services.imap.annotating import Annotating
from homeport.services.imap.appending import Appending
from homeport.services.imap.contexts import Contexts
from homeport.services.imap.copying import Copying
from homeport.services.imap.dialogue import TAGGED_LOGIN, ImapDialogue, find_secret
from homeport.services.imap.fetching import Fetching
from homeport.services.imap.grammar.gmail_query import UnknownQuery
from homeport.services.imap.grammar.tokens import Cursor, SyntaxProblem
from homeport.services.imap.identity import Identity
from homeport.services.imap.idling import Idling
from homeport.services.imap.listing import Listing
from homeport.services.imap.login import Login
from homeport.services.imap.managing import Managing
from homeport.services.imap.notifying import Notifying
from homeport.services.imap.ordering import Ordering
from homeport.services.imap.pushing import Pushing, Watched
from homeport.services.imap.reading import LITERAL, SECRETS, Head, Reader, Received, parse_head, skip_literals
from homeport.services.imap.replies import Refused, Reply, bad, no
from homeport.services.imap.searching import Searching
from homeport.services.imap.selected import Selected
from homeport.services.imap.selecting import Selecting
from homeport.services.imap.selection import Selection
from homeport.services.imap.storing import Storing
from homeport.world.journal import printable
from homeport.world.mail.annotations import MAX_VALUE_BYTES
from homeport.world.mail.mailbox_problem import MailboxProblem
from homeport.world.mail.store import MessageGone
from homeport.world.row_store import StoreError

CLOSING = {
    "silence": "no command for {timeout} seconds (RFC 9051 5.4)",
    "limit": "this connection has reached its limit ({limit})",
    "stopping": "the server is shutting down",
    "tls": "received TLS where a command was expected: connect to imap.tls, or send STARTTLS first",
    "line": "timed out waiting for the end of a line ([limits] line)",
    "http": "received an HTTP request where a command was expected",
    "crowded": "too many commands at once: read the replies",
}
"""Text of the BYE that closes a connection, by its cause."""
CODES = {
    "exists": "ALREADYEXISTS",
    "missing": "NONEXISTENT",
    "cannot": "CANNOT",
    "limit": "LIMIT",
    "over-quota": "OVERQUOTA",
    "has-children": "HASCHILDREN",
    "no-room": "UNAVAILABLE",
    "locked": "INUSE",
    "annotation-size": f"METADATA MAXSIZE {MAX_VALUE_BYTES}",
    "annotations": "METADATA TOOMANY",
}
"""Response codes by the kind of problem with a mailbox (RFC 5530)."""
UNCHECKED = ParsedCommand(b"", b"", "", "", "")


class Imap(CommandSession):
    """One connection to an IMAP server, from the greeting to LOGOUT."""

    __slots__ = (
        *("_cursor", "_literals", "_reader", "_told", "_validity", "access", "annotating", "appending", "compressed"),
        *("contexts", "copying", "fetching", "identity", "idling", "line_limit", "listing", "login", "managing"),
        *("notifying", "ordering", "pushing", "searching", "selected", "selecting", "storing"),
    )

    dialogue: ImapDialogue
    early = "early-talker"
    injection = "starttls-injection"
    login_word = TAGGED_LOGIN
    find_secret = staticmethod(find_secret)
    expected = (Refused, CommandRefused, SyntaxProblem, MailboxProblem, MessageGone, OSError, StoreError)

    def __init__(self, context: Context) -> None:
        dialogue = ImapDialogue(context)
        super().__init__(context, dialogue)
        self.line_limit = int(dialogue.options.max_line)
        self.compressed = False
        """True once COMPRESS was accepted."""
        self.identity = Identity(dialogue)
        self.login = Login(dialogue, self.identity)
        self.selected = Selected(dialogue)
        self.listing = Listing(self.selected)
        self.managing = Managing(self.selected)
        self.pushing = Pushing(dialogue, self.blocks)
        watched = Watched(dialogue)
        self.idling = Idling(dialogue, self.selected, self.pushing, watched)
        self.selecting = Selecting(self.selected)
        self.fetching = Fetching(self.selected)
        self.notifying = Notifying(self.selected, self.fetching, watched)
        self.storing = Storing(self.selected)
        self.copying = Copying(self.selected)
        self.appending = Appending(self.selected)
        self.annotating = Annotating(self.selected)
        self.access = Access(self.selected)
        self.contexts = Contexts(self.selected, self.fetching)
        self.searching = Searching(self.selected, self.contexts)
        self.ordering = Ordering(self.selected, self.contexts)
        self._reader = Reader(dialogue, self._check, self.conceal)
        self._cursor = Cursor(b"")
        self._literals: Sequence[Any] = ()
        self._told: Selection | None = None  # the selected mailbox that the client was told of
        self._validity = 0  # its UIDVALIDITY then

    def details(self) -> str:
        return self.dialogue.login

    def handle(self, event: Event) -> Sequence[Effect]:
        mailboxes = self.context.world.mailboxes
        mailboxes.log_acts(self._log_act)
        try:
            return super().handle(event)
        finally:
            mailboxes.log_acts(None)

    def _log_act(self, fields: dict[str, Any]) -> None:
        self.dialogue.effects.append(Log("mailbox", fields))

    # Start and end.

    def greet(self) -> None:
        dialogue = self.dialogue
        planned = dialogue.plan("CONNECT", "") if self.context.world.faults.planned else None
        if planned is not None:
            closes = planned.closes or planned.status != "OK"
            dialogue.say(b"* " + planned.line(), closes=closes)
            return
        self.identity.greet()
        if dialogue.spoiling is not None:
            dialogue.spoiling.intrude(dialogue, None)

    def secured(self, tls: Tls) -> None:
        self.identity.tls_started(tls)

    def timeout(self) -> float:
        options = self.dialogue.options
        return options.timeout if self.dialogue.login else options.login_timeout

    def closing_reply(self, ending: Ending, limit: str) -> Reply:
        """Return the BYE that closes the connection (RFC 9051 7.1.5)."""
        self.dialogue.tag = b"*"
        text = CLOSING[ending].format(limit=limit, timeout=int(self.timeout()))
        return Reply("BYE", text, "UNAVAILABLE" if ending == "stopping" else "", closes=True)

    def unfinished(self, *, ended: bool) -> str:
        if self.mode == "input" and self.idling.idle and not ended:
            return "idle-too-long"
        return "no-logout" if ended and self.dialogue.login else ""

    def log_out(self) -> None:
        self.login.log_out()

    def blocks(self) -> bool:
        return self.context.world.mailboxes.blocks

    # Reading.

    def secret_start(self, line: bytes) -> int:
        start = find_secret(line)
        return 0 if start < 0 and self.dialogue.wary and not self._is_command(line) else start

    def _is_command(self, line: bytes) -> bool:
        """Return True if a line, or what has arrived of it, begins with a tag and the name of a command."""
        _tag, space, rest = line.partition(b" ")
        word, more, _ = rest[:20].partition(b" ")
        verb = word.strip(b"\r").upper().decode("ascii", "replace")
        known = (row.verb.partition(" ")[0] for row in self.table)
        return bool(space) and any(one == verb or (not more and one.startswith(verb)) for one in known)

    def dispatch_line(self, line: bytes, *, bare: bool) -> None:
        """Read the rest of a command that has literals; dispatch it."""
        dialogue = self.dialogue
        dialogue.flush()
        dialogue.faults, dialogue.spoiling = (), None
        dialogue.tag, dialogue.verb, dialogue.shown = b"*", "", ""
        if len(line) > self.line_limit:
            self.overlong(line)
            self._skip_literals(line)
        elif LITERAL.search(line) is None:
            super().dispatch_line(line, bare=bare)
        else:
            self.begin(self._assemble(line, bare=bare), UNCHECKED, line)

    def _assemble(self, line: bytes, *, bare: bool) -> Steps:
        """Read a command with literals, and execute it."""
        try:
            head = self._begin_command(line, bare=bare)
        except Refused as error:
            refused = error
            yield from skip_literals(self.dialogue, line)
            raise refused from None
        received = Received(self.dialogue)
        try:
            whole = yield from self._reader.read(line, head, received)
            command = self._parsed(whole, head, received.literals)
            answer = self.dispatch_command(command)
            if hasattr(answer, "send"):
                answer = yield from answer
            if answer is not None:
                self.dialogue.reply(command.name, command.shown, answer)
        finally:
            received.drop()

    def parse(self, line: bytes, *, bare: bool) -> ParsedCommand | None:
        return self._parsed(line, self._begin_command(line, bare=bare), ())

    def _begin_command(self, line: bytes, *, bare: bool) -> Head:
        """Parse tag and name, which replies need from here on. Raises: Refused."""
        dialogue = self.dialogue
        if dialogue.wary:
            if not self._is_command(line):
                raise bad("the login was refused: send a command, not a response to it (RFC 9051 6.2.2)")
            dialogue.wary = False
        head = parse_head(line)
        dialogue.tag, dialogue.verb = head.tag, head.verb.decode("ascii")
        dialogue.shown = MASKED.decode() if head.secret else safe(printable(line[head.end :][:SHOWN]))
        if not head.verb:
            dialogue.tag = b"*" if head.secret else head.tag  # what looks like a tag may end in the password
            raise bad("a tag is followed by a space and the name of a command (RFC 9051 2.2.1)")
        if head.verb in SECRETS:
            dialogue.login_open = True
        if bare:
            if not dialogue.options.accepts_bare_lf:
                raise bad("the line ended in LF alone: end lines with CR LF (RFC 9051 2.2)", finding="bare-lf")
            dialogue.report_once("bare-lf", line)
        if b"\0" in line or b"\r" in line:
            what = "NUL" if b"\0" in line else "CR without LF"
            raise bad(f"a command has no {what} (RFC 9051 9)", finding="control-characters")
        return head

    def _parsed(self, line: bytes, head: Head, literals: Any) -> ParsedCommand:
        """Return the command, and set the cursor to its arguments."""
        dialogue = self.dialogue
        argument = line[head.end :]
        self._cursor = Cursor(argument, literals, utf8=dialogue.utf8, secret=head.verb in SECRETS)
        self._literals = literals
        faults = self.context.world.faults
        text = safe(printable(argument)) if faults.planned or faults.by_client else ""
        if head.verb in SECRETS:
            name = argument.split(b" ", 1)[0].decode("ascii", "replace").upper()
            known = head.verb == b"AUTHENTICATE" and name in MECHANISMS
            dialogue.shown = f"{name} {MASKED.decode()}" if known else MASKED.decode()
            text = dialogue.shown
        elif head.secret:  # no command here, but perhaps one of another protocol
            text = dialogue.shown = MASKED.decode()
        elif len(argument) > SHOWN:
            dialogue.shown = safe(printable(argument[:1000]))
        return ParsedCommand(head.verb, argument, dialogue.verb, text, dialogue.shown)

    def _check(self, head: Head) -> None:
        """Refuse a command by its name, before its literals are read. Raises: CommandRefused."""
        self.table.find(head.verb, b"{", self.dialogue.state, self.dialogue.has)

    def overlong(self, begun: bytes) -> None:
        dialogue = self.dialogue
        dialogue.tag, dialogue.verb, dialogue.shown = b"*", "", ""
        match = parse_head_or_none(begun)
        if match is not None:
            dialogue.tag, dialogue.verb = match.tag, match.verb.decode("ascii")
        if find_secret(begun) >= 0:
            dialogue.login_open = True
        text = f"a command line has at most {self.line_limit} bytes here ([imap] max_line)"
        dialogue.refuse(begun[:SHOWN], bad(text, finding="command-too-long"))

    def overlong_ended(self, *, bare: bool) -> None:  # noqa: ARG002 - either end may come before a literal
        self._skip_literals(self.skipped.removesuffix(b"\r"))

    def _skip_literals(self, line: bytes) -> None:
        """Discard the literals after an overlong line: no command is read from them. line: at least its end."""
        if not self.dialogue.over and self._task is None and LITERAL.search(line) is not None:
            self.begin(skip_literals(self.dialogue, line), UNCHECKED)

    @command("LOGOUT", "End the connection.", reference="RFC 9051 6.1.3")
    def logout(self, _cursor: Cursor) -> Reply:
        """End the connection."""
        self.late = "data-after-logout"
        self.dialogue.untagged(b"BYE logging out")
        return Reply("OK", "LOGOUT completed", closes=True)

    @command(
        "COMPRESS",
        "Compress both directions.",
        syntax="DEFLATE",
        states={"authenticated", "selected"},
        needs={"COMPRESS=DEFLATE"},
        reference="RFC 4978 3",
    )
    def compress(self, cursor: Cursor) -> Reply:
        """Compress both directions after the reply."""
        mechanism = cursor.atom().upper()
        cursor.end()
        if mechanism != "DEFLATE":
            raise self.dialogue.not_announced(f"COMPRESS={mechanism}", f"COMPRESS {mechanism}")
        if self.compressed:
            raise no("COMPRESS has turned DEFLATE on already (RFC 4978 3)", "COMPRESSIONACTIVE")
        if self.rest:
            text = "data follow COMPRESS: send nothing before its reply (RFC 4978 3)"
            raise bad(text, finding="compress-injection")
        self.compressed = True
        return Reply("OK", "DEFLATE active", compresses=True)

    def _inflate_failed(self, reason: str) -> None:
        """End the connection: nothing can be read any more."""
        self.drop_task()
        dialogue = self.dialogue
        dialogue.report("bad-compression")
        dialogue.tag = b"*"
        dialogue.reply("", "", Reply("BYE", reason, closes=True))

    # Execution.

    def dispatch_command(self, command: ParsedCommand) -> Any:
        faults = self.context.world.faults
        if faults.planned or faults.by_client:
            planned, command = self.plan(command)
            if planned is not None:
                return self.instead(command, planned)
        dialogue = self.dialogue
        if dialogue.spoiling is not None and command.name != "IDLE":  # that one answers with pushes
            dialogue.spoiling.intrude(dialogue, self.selected.selection)
        if dialogue.commands_left == 0:
            dialogue.untagged(b"BYE as asked by the name of the user")
            return Reply("OK", f"{command.name} is not executed", closes=True)
        dialogue.commands_left -= 1
        if command.verb.startswith(b"UID ") and self._told is not None:
            self._check_validity(self._told)
        cursor = self._cursor
        row = self.table.find(command.verb, command.argument, dialogue.state, dialogue.has)
        self.identity.observe(command.name)
        self.selected.begin()
        own = self.notifying.active and row.part in ("managing", "annotating")
        if own:
            self.notifying.tell_names()  # those that others have changed
        answer = row.function(getattr(self, row.part) if row.part else self, cursor)
        if own:
            self.notifying.skip_names()
        if hasattr(answer, "send"):
            return self._through(answer, own=own)
        settled = self.context.world.mailboxes.unsettled is None
        if self.selected.selection is None and settled and not self.notifying.active:
            return answer
        return self._complete(answer)

    def _check_validity(self, selection: Selection) -> None:
        """Report UIDs that a client uses although UIDVALIDITY has changed since it was told."""
        if selection.mailbox.uid_validity != self._validity:
            self.dialogue.report_once("uidvalidity-ignored", self.dialogue.verb.encode())

    def plan(self, command: ParsedCommand) -> tuple[Any, ParsedCommand]:
        planned, command = super().plan(command)
        if planned is None and self.context.world.faults.by_client:
            from homeport.services.imap.client_faults import ask_again, asked_by_mailbox

            planned = asked_by_mailbox(self.dialogue, command.argument, self._literals)
            ask_again(self.dialogue, self.selected.selection)
        return planned, command

    def instead(self, command: ParsedCommand, planned: Reply) -> Any:
        if planned.status == "BYE":
            self.dialogue.untagged(planned.line().rstrip(b"\r\n"))
            return Reply("OK", f"{command.name} completed", closes=True)
        return planned

    def _through(self, steps: Steps, *, own: bool) -> Steps:
        """Run the steps of a command, and complete it. own: True if it changes names, which NOTIFY does not tell."""
        try:
            answer = yield from steps
        except self.expected:
            yield from self.notifying.tell()
            raise
        if own:
            self.notifying.skip_names()
        return (yield from self._complete(answer))

    def _complete(self, answer: Any) -> Steps:
        """Wait until changes are durable, and announce those of the selected mailbox, before the tagged reply."""
        yield from self.selected.settle()
        yield from self.selected.conclude(self.dialogue.verb)
        yield from self.notifying.tell()
        selection = self.selected.selection
        if selection is not self._told:
            self._told = selection
            self._validity = 0 if selection is None else selection.mailbox.uid_validity
        return answer

    def handle_other_event(self, event: Event) -> None:
        """Push what has changed while the client idles, or as it asked by NOTIFY; end at input that cannot be read."""
        if isinstance(event, InflateFailed):
            self._inflate_failed(event.reason)
        elif isinstance(event, Called | Flushed):
            self.pushing.resume(event)
        elif isinstance(event, Noticed) and (self.idling.idle or (self.notifying.active and self.mode != "busy")):
            self.pushing.begin(self._push)

    def _push(self) -> Steps:
        """Send what has changed. Before the end of a command, `_complete` does it."""
        self.selected.begin()
        if self.idling.idle:
            if self.idling.muted:
                return
            yield from self.selected.conclude("IDLE")
        yield from self.notifying.tell()

    def refusal(self, error: Any) -> Refused:
        """Convert an exception into the reply that refuses the command."""
        match error:
            case UnknownQuery():
                return no(f"{error.text} ({error.reference})", "CANNOT")
            case SyntaxProblem():
                return bad(f"{error.text} ({error.reference})", finding=error.finding or "syntax")
            case MailboxProblem():
                return no(error.text, CODES.get(error.code, "CANNOT"))
            case MessageGone():
                return no("a message was expunged meanwhile (RFC 5530 3)", "EXPUNGEISSUED")
            case StoreError():
                return no("the changes could not be stored, and were undone", "UNAVAILABLE")
            case OSError():
                return no(f"the content of a message cannot be read or stored: {error.strerror}", "UNAVAILABLE")
        return self._refusal_of_table(error)

    def _refusal_of_table(self, error: CommandRefused) -> Refused:
        verb, row = error.verb[:40], error.command
        if isinstance(error, UnknownCommand) or row is None:
            return bad(f"unknown command {verb!r} (RFC 9051 6)", finding="unknown-command")
        if isinstance(error, LackingNeed):
            return self.dialogue.not_announced(error.need, verb)
        if isinstance(error, WrongState):
            return self.login.out_of_sequence(verb)
        if isinstance(error, MissingArgument | UnwantedArgument):
            return bad(f"write {verb} {row.syntax}".rstrip() + f" ({row.reference})")
        raise error


def parse_head_or_none(line: bytes) -> Head | None:
    """Return tag and name of a command; None if it has no tag."""
    try:
        return parse_head(line)
    except Refused:
        return None


Imap.table = CommandTable(
    Imap,
    identity=Identity,
    login=Login,
    listing=Listing,
    managing=Managing,
    idling=Idling,
    selecting=Selecting,
    fetching=Fetching,
    storing=Storing,
    copying=Copying,
    appending=Appending,
    annotating=Annotating,
    access=Access,
    notifying=Notifying,
    contexts=Contexts,
    searching=Searching,
    ordering=Ordering,
)
