"""The FTP session: wires the parts together, filters Telnet, dispatches commands during transfers, ends connections.

ABOR and STAT must act while a transfer runs (RFC 1123 4.1.3.3), so lines are read during a transfer too; all other
commands are queued in order. Secrets (PASS, ACCT) are concealed when their line arrives and not when it is executed,
because a queued or malformed line must not reach the journal either.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from homeport.protocol.command_session import CommandSession, Ending
from homeport.protocol.commands import CommandRefused, CommandTable, LackingNeed, ParsedCommand, UnknownCommand, command
from homeport.protocol.effects import CloseData, Effect, Send
from homeport.protocol.events import Data, DataDone, DataOpened, DataSafe, Event, Tls
from homeport.protocol.foreign import find_hello
from homeport.protocol.plaintext import safe
from homeport.protocol.secrets import LOGIN_WORD, MASKED, secret_start
from homeport.protocol.session import Context
from homeport.services.ftp.access import Access
from homeport.services.ftp.attributes import Attributes
from homeport.services.ftp.channel import Channels
from homeport.services.ftp.client_faults import NO_CLIENT_FAULT, take_client_fault
from homeport.services.ftp.dialogue import TLS, FtpDialogue
from homeport.services.ftp.digests import Digests
from homeport.services.ftp.directories import Directories
from homeport.services.ftp.information import Information
from homeport.services.ftp.lines import MAX_CACHED_LINE_BYTES, Line, parse_line, parse_line_cached
from homeport.services.ftp.listing import Listing
from homeport.services.ftp.parameters import Representation
from homeport.services.ftp.pathnames import show
from homeport.services.ftp.planned import PlannedReplies
from homeport.services.ftp.replies import Refused, Reply, refuse_file_problem
from homeport.services.ftp.security import Securing
from homeport.services.ftp.telnet import TelnetFilter
from homeport.services.ftp.transfer import Transferring
from homeport.world.files import FileProblem

HISTORIC = {b"XCWD", b"XCUP", b"XPWD", b"XMKD", b"XRMD"}
AFTER_REST = set(b"RETR STOR APPE STOU REST PASV EPSV PORT EPRT TYPE ABOR STAT QUIT".split())
"""Commands allowed after REST: transfers, and commands that prepare a transfer."""
CONTINUATIONS = {"renaming": ("rnfr-abandoned", {b"RNTO"}), "restarting": ("rest-abandoned", AFTER_REST)}
"""Commands that continue a state without a finding: state -> (finding for any other command, verbs)."""
MAIL = {"MLFL", "MAIL", "MSND", "MSOM", "MSAM", "MRSQ", "MRCP"}
"""Mail commands of RFC 765 that RFC 959 removed (RFC 944)."""
PERMITTED_TELNET = {"IP", "DM", "IAC"}
"""Telnet commands that RFC 1123 4.1.2.12 permits: IP and the Synch, whose DM may be lost with the urgent data."""
ENDS_OF_SESSIONS = {b"QUIT", b"USER", b"REIN"}
"""Commands that take effect after a transfer in progress, as RFC 959 4.1.1 provides."""
STORES = {"store", "append"}
ORPHANED = "the control connection was closed without QUIT, which is ABOR (RFC 959 4.1.1)"
CLOSING_TEXTS = {
    "silence": "idle timeout: no command for {timeout:.0f} seconds; connect again (RFC 1123 4.1.3.2)",
    "limit": "connection limit reached ({limit})",
    "stopping": "service shutting down, closing control connection",
    "tls": "received TLS where a command was expected: connect to ftp.tls, or send AUTH TLS first (RFC 4217)",
    "line": "the line did not end in time ([limits] line)",
    "http": "HTTP request received where a command is expected",
    "crowded": "too many commands at once: wait for the replies (RFC 959 5.4)",
}
"""Text of the 421 reply, by the reason for closing the connection."""
NO_COMMAND = "unknown command; after USER send PASS and the password, HELP lists all (RFC 959 5.3)"
PARTS = {
    "access": Access,
    "securing": Securing,
    "directories": Directories,
    "attributes": Attributes,
    "digests": Digests,
    "channels": Channels,
    "representation": Representation,
    "transferring": Transferring,
    "listing": Listing,
    "information": Information,
}
"""Classes of the session's parts, by attribute name."""


class Ftp(CommandSession):
    """One control connection, from the greeting to QUIT."""

    __slots__ = ("_overlong", "_skipped", "_synch", "_telnet", "line_limit", *PARTS)

    dialogue: FtpDialogue
    command_turn_bytes = 64  # FEAT, STAT and HELP have long replies, MKD and EPSV ask the system
    reads_while_waiting = True
    injection = "tls-injection"
    early = "early-talker"
    expected = (Refused, CommandRefused, FileProblem)

    def __init__(self, context: Context) -> None:
        dialogue = FtpDialogue(context)
        super().__init__(context, dialogue)
        self.line_limit = dialogue.options.max_line
        self.access = Access(dialogue)
        self.securing = Securing(dialogue, self.access)
        self.directories = Directories(dialogue)
        self.attributes = Attributes(dialogue, self.directories)
        self.digests = Digests(dialogue, self.directories)
        self.channels = Channels(dialogue)
        self.representation = Representation(dialogue)
        self.transferring = Transferring(dialogue, self.directories, self.channels)
        self.listing = Listing(dialogue, self.directories, self.channels, self.transferring)
        self.information = Information(dialogue, self.table, self.listing, self.transferring)
        self._telnet = TelnetFilter()
        self._skipped = 0  # bytes of this read that the Telnet filter removed
        self._synch = False  # Telnet IP or Synch received since the previous command
        self._overlong = b""  # beginning of an overlong line whose end has not arrived

    def details(self) -> str:
        memory = self.dialogue.memory
        account = memory.login.account
        return f"{account.login} {show(memory.directory)}" if account is not None else ""

    # Beginning and end.

    def greet(self) -> None:
        """Send 220, or the reply that a planned fault puts in its place."""
        dialogue = self.dialogue
        planned = dialogue.plan("CONNECT", "") if self.context.world.faults.planned else None
        dialogue.send_reply(planned or Reply(220, f"{dialogue.options.host_name} FTP Homeport"))

    def secured(self, tls: Tls) -> None:
        dialogue = self.dialogue
        dialogue.tls = tls
        dialogue.has |= TLS
        self._telnet = TelnetFilter()
        if dialogue.state == "start":  # implicit TLS implies PBSZ and PROT P ([MS-FTPS])
            dialogue.memory.security.sized = dialogue.memory.security.protected = True

    def timeout(self) -> float:
        return self.dialogue.options.timeout

    def closing_reply(self, ending: Ending, limit: str) -> Reply:
        """Return the 421 reply, which may be sent at any time (RFC 959 5.4)."""
        options = self.dialogue.options
        text = CLOSING_TEXTS[ending].format(timeout=options.timeout, limit=limit)
        return Reply(421, f"{options.host_name} {text}", closes=True)

    def hang_up(self, ending: Ending, limit: str = "") -> None:
        if not self.dialogue.over:
            self.drop_task()
            self.dialogue.effect(CloseData())
        super().hang_up(ending, limit)

    def end_input(self) -> None:
        transfer = self.transferring.transfer
        if transfer is not None and not self.waiting and (transfer.what in STORES or not transfer.opened):
            # RFC 959 4.1.1: an unexpected close is ABOR and logout. A client that only reads may have half-closed.
            self.dialogue.effect(CloseData())
            return
        over = self.dialogue.over
        super().end_input()
        if self.dialogue.over and not over:
            self.dialogue.effect(CloseData())

    def unfinished(self, *, ended: bool) -> str:
        """Return the finding; a client that probes the port without logging in breaks no rule."""
        return "no-quit" if ended and self.dialogue.memory.login.account is not None else ""

    def log_out(self) -> None:
        self.access.log_out()

    def leave(self) -> None:
        self.dialogue.effect(CloseData())

    @command("QUIT", "End the connection after the transfer in progress.", reference="RFC 959 4.1.1")
    def quit(self, _argument: str) -> Reply:
        self.late = "data-after-quit"
        self.dialogue.effect(CloseData())
        return Reply(221, "goodbye", closes=True)

    # Work.

    def blocks(self) -> bool:
        try:
            return self.context.world.files.blocks
        except FileProblem:
            return False  # the work itself raises it

    def failed(self, error: Exception) -> Exception:
        return error if isinstance(error, FileProblem) else FileProblem("failed", str(error))

    def discard(self, made: Any) -> None:
        for one in made if isinstance(made, tuple) else (made,):
            for name in ("close", "drop"):
                if callable(method := getattr(one, name, None)):
                    method()

    def handle_other_event(self, event: Event) -> None:
        transfer = self.transferring.transfer
        if transfer is None:
            return
        if isinstance(event, DataSafe):
            self.transferring.answer_markers(transfer)
        elif isinstance(event, DataOpened):
            transfer.opened = True

    # Lines.

    def handle(self, event: Event) -> Sequence[Effect]:
        if type(event) is DataDone and event.orphaned and not self.waiting:
            event = msgspec.structs.replace(event, problem="aborted", detail=ORPHANED)
        if type(event) is not Data:
            return self._other(event)
        self._quiet = self._skipped = 0
        if not self._telnet.passes(event.data) and not self.dialogue.over and self.mode != "tls":
            event = Data(self._filter_telnet(event.data))
            self.dialogue.received += self._skipped
        return super().handle(event)

    def _filter_telnet(self, data: bytes) -> bytes:
        """Remove Telnet commands from the input, and refuse options (RFC 1123 4.1.2.12)."""
        self.dialogue.line_end = self.dialogue.received + len(data)
        self.dialogue.line_size = len(data)
        hello = find_hello(b"-" if self.mode == "skip" else self._held, data)
        foreign = data[hello:] if hello >= 0 else b""  # a ClientHello may contain bytes of 0xFF
        heard = self._telnet.feed(data[:hello] if hello >= 0 else data)
        self._skipped = len(data) - len(foreign) - len(heard.data)
        if heard.answers:
            self.dialogue.effect(Send(heard.answers))
        for told in heard.commands:
            if told.name in PERMITTED_TELNET:
                self._synch = True
            else:
                finding = "telnet-negotiation" if told.negotiates else "telnet-command"
                self.dialogue.report(finding, told.name.encode())
        return heard.data + foreign

    def overlong(self, begun: bytes) -> None:
        """Keep the beginning: the line is answered once its end has arrived."""
        self._overlong = begun[: self.line_limit + 1]

    def overlong_ended(self, *, bare: bool) -> None:
        if self._task is None:
            self.dispatch_line(self._overlong, bare=bare)
        else:
            self.dispatch_while_waiting(self._overlong, bare=bare)

    def handle_while_waiting(self, line: bytes, *, bare: bool) -> bool:
        """Execute ABOR and STAT during a transfer (RFC 1123 4.1.3.3); return False for others, which are queued."""
        synch, self._synch = self._synch, False
        if line[:5].upper() == b"USER ":
            self._expect_password()
        if self.dialogue.state != "transfer":
            return False
        if line.rstrip(b" ").upper() == b"ABOR":
            if not synch:
                self.dialogue.report("abort-without-synch", line)
            # `DataDone` follows with the transfer's 426; then ABOR gets its own reply (RFC 959 4.1.3).
            self.wait(line, bare=bare, first=True)
            self.dialogue.effect(CloseData())
            return True
        if line.upper() == b"STAT":
            self.dispatch_concurrently(line, bare=bare)
            return True
        if line.partition(b" ")[0].upper() not in ENDS_OF_SESSIONS:
            self.dialogue.report("command-during-transfer", line)
        return False

    def conceal(self, size: int, after: int) -> None:
        super().conceal(size + self._skipped, after)  # Telnet's bytes may stand before it, in it, or after it

    def secret_start(self, line: bytes) -> int:
        start = secret_start(line)
        return 0 if start < 0 and self.dialogue.wary and not is_command(line, unfinished=True) else start

    def parse(self, line: bytes, *, bare: bool) -> ParsedCommand | None:
        if self.dialogue.wary and not LOGIN_WORD.match(line) and not is_command(line):
            self.dialogue.refuse(MASKED, Refused(500, NO_COMMAND, "unknown-command"))
            return None
        secret = LOGIN_WORD.match(line) is not None
        if self.rest >= 0:
            self._synch = False
        parsed = parse_line(line) if secret or len(line) > MAX_CACHED_LINE_BYTES else parse_line_cached(line)
        if parsed.verb == b"USER":
            self._expect_password()
        if bare or parsed.controls or len(line) > self.line_limit:
            self._check_line(line, parsed, bare=bare)
        dialogue = self.dialogue
        if dialogue.excused or dialogue.pardons:
            dialogue.recall_excuses(parsed.name)
        if presence := dialogue.memory.login.presence:  # resets the idle time that Finger shows
            self.context.world.presence.touch(presence, self.context.world.clock.now())
        if dialogue.state in CONTINUATIONS:
            finding, verbs = CONTINUATIONS[dialogue.state]
            if parsed.verb not in verbs:
                dialogue.state = "ready"
                dialogue.memory.parameters.restart = 0
                dialogue.report(finding, line)
        if parsed.verb in HISTORIC:
            dialogue.report_once("historic-verb", line)
        return parsed

    def _expect_password(self) -> None:
        """Take any line that is no command for a password, until a login succeeds; also if USER was refused."""
        self.dialogue.wary = self.dialogue.login_open = True

    def _check_line(self, line: bytes, parsed: Line, *, bare: bool) -> None:
        options = self.dialogue.options
        if len(line) > options.max_line:
            raise Refused(500, f"command line too long: at most {options.max_line} bytes", "command-too-long")
        if bare:
            if not options.accepts_bare_lf:
                text = "the line ends with a bare LF: end commands with CR LF (RFC 959 5.3, RFC 854)"
                raise Refused(500, text, "bare-lf")
            self.dialogue.report("bare-lf", line)
        if parsed.controls:
            raise Refused(
                501, "NUL and CR are not allowed within a line (RFC 959 5.3.2, RFC 2640 3.1)", "control-characters"
            )

    # Commands.

    def plan(self, parsed: ParsedCommand) -> tuple[Reply | None, ParsedCommand]:
        dialogue = self.dialogue
        planned = dialogue.plan(parsed.name, parsed.text)
        dialogue.client_fault = NO_CLIENT_FAULT
        if self.context.world.faults.by_client:
            dialogue.client_fault, text = take_client_fault(parsed.name, parsed.text, dialogue.next_client_fault)
            if parsed.verb != b"SITE":
                dialogue.next_client_fault = ""
            if dialogue.client_fault.do is not None:
                asked = dialogue.ask_for_fault(dialogue.client_fault.do)
                planned = planned or asked
            parsed = msgspec.structs.replace(parsed, text=text)
        return planned, parsed

    def instead(self, parsed: ParsedCommand, planned: Reply) -> Any:
        return PlannedReplies(self.dialogue, self.access, self.directories).answer(parsed, planned)

    @command(
        "SITE",
        "Run a command specific to this server; SITE HELP lists them.",
        syntax="command",
        reference="RFC 959 4.1.3",
    )
    def site(self, argument: str) -> Any:
        """Dispatch to the row of the command table, such as `SITE CHMOD`."""
        name, _, rest = argument.partition(" ")
        if not name:
            raise Refused(501, "write SITE and a command; SITE HELP lists them", "syntax")
        verb, given = (text.encode("utf-8", "surrogateescape") for text in (name, rest))
        row = self.table.find(b"SITE " + verb.upper(), given, "", self.dialogue.has)
        return row.function(getattr(self, row.part), rest)

    def refusal(self, error: CommandRefused | FileProblem) -> Refused:
        if isinstance(error, FileProblem):
            return refuse_file_problem(error)
        verb, row = error.verb[:20], error.command
        if isinstance(error, UnknownCommand) or row is None:
            if verb.upper() in MAIL:
                text = f"{verb} was removed from FTP: send mail by SMTP (RFC 959)"
                return Refused(502, text, "mail-command")
            if verb.startswith("SITE "):
                return Refused(504, f"unknown command {safe(verb)!r}; SITE HELP lists all", "unknown-command")
            text = f"unknown command {safe(verb)!r}; HELP lists all (RFC 959 5.3)"
            return Refused(500, text, "unknown-command")
        if isinstance(error, LackingNeed) and error.need == "login":
            return Refused(530, f"log in with USER and PASS before {verb} (RFC 959 5.4)", "not-logged-in")
        if isinstance(error, LackingNeed):
            text = f"{verb} needs TLS: send AUTH TLS first (RFC 4217 4)"
            return Refused(503, text, "bad-sequence")
        return Refused(501, f"write {verb} {row.syntax}".rstrip() + f" ({row.reference})", "syntax")


Ftp.table = CommandTable(Ftp, **PARTS)
VERBS = frozenset(row.verb.encode() for row in Ftp.table if " " not in row.verb) | {verb.encode() for verb in MAIL}


def is_command(line: bytes, *, unfinished: bool = False) -> bool:
    """Return True if a line begins with the verb of a command, or with a part of one if it may be unfinished."""
    word = line[:10].partition(b" ")[0].upper()
    return word in VERBS or (unfinished and len(word) == len(line) and any(verb.startswith(word) for verb in VERBS))
