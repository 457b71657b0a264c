"""The session of FTP: its parts, lines and Telnet among them, what is obeyed beside a transfer, the end."""

from collections.abc import Sequence
from typing import Any

import msgspec

from homeport.protocol.command_session import CommandSession, Ending
from homeport.protocol.commands import CommandRefused, CommandTable, LackingNeed, Spoken, UnknownCommand, command
from homeport.protocol.effects import CloseData, Conceal, Effect, Send
from homeport.protocol.events import Data, DataSafe, Event, Tls
from homeport.protocol.foreign import find_hello
from homeport.protocol.plaintext import safe
from homeport.protocol.session import Context
from homeport.services.ftp.access import Access
from homeport.services.ftp.attributes import Attributes
from homeport.services.ftp.channel import Channels
from homeport.services.ftp.client_faults import NO_WISH, wish_of
from homeport.services.ftp.dialogue import TLS, FtpDialogue
from homeport.services.ftp.digests import Digests
from homeport.services.ftp.directories import Directories
from homeport.services.ftp.information import Information
from homeport.services.ftp.lines import REMEMBERED_SIZE, SECRET, Line, remembered, take_apart
from homeport.services.ftp.listing import Listing
from homeport.services.ftp.parameters import Representation
from homeport.services.ftp.pathnames import show
from homeport.services.ftp.replies import Refused, Reply, problem_refused
from homeport.services.ftp.security import Securing
from homeport.services.ftp.telnet import TelnetFilter
from homeport.services.ftp.transfer import Transferring
from homeport.world.files import FileProblem

HISTORIC = {b"XCWD", b"XCUP", b"XPWD", b"XMKD", b"XRMD"}
AFTER_REST = set(b"RETR STOR APPE STOU REST PASV EPSV PORT EPRT TYPE ABOR STAT QUIT".split())
"""What may come behind REST: transfers, and what clients prepare them by."""
GOES_ON = {"renaming": ("rnfr-abandoned", {b"RNTO"}), "restarting": ("rest-abandoned", AFTER_REST)}
"""States that are left by commands that belong to them; others leave them with a finding."""
MAIL = {"MLFL", "MAIL", "MSND", "MSOM", "MSAM", "MRSQ", "MRCP"}
"""Commands of RFC 765 that RFC 959 has no more (RFC 944)."""
SYNCH = {"IP", "DM", "IAC"}
"""What RFC 1123 4.1.2.12 lets clients send: Interrupt Process and the Synch, whose DM may have been lost as urgent."""
LAST_WORDS = {
    "silence": "silent for {timeout:.0f} seconds; connect again (RFC 1123 4.1.3.2)",
    "limit": "the limit of this connection is reached ({limit})",
    "stopping": "service shutting down, closing control connection",
    "tls": "this is TLS where a command belongs: connect to ftp.tls, or send AUTH TLS first (RFC 4217)",
    "crowded": "too many commands at once: wait for the replies (RFC 959 5.4)",
}
"""What 421 says by what ends the connection."""
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
"""The classes of a session's parts, by its attributes."""


class Ftp(CommandSession):
    """One control connection, from the greeting to QUIT."""

    __slots__ = ("_overlong", "_skipped", "_synch", "_telnet", "line_limit", *PARTS)

    dialogue: FtpDialogue
    reads_beside = True
    injection = "tls-injection"
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
        self._skipped = 0  # octets of this read that were Telnet's
        self._synch = False  # Telnet's IP or Synch came since the command before
        self._overlong = b""  # the beginning of a line that is too long, and whose end has not come

    def details(self) -> str:
        memory = self.dialogue.memory
        account = memory.login.account
        return f"{account.login} {show(memory.directory)}" if account is not None else ""

    # Beginning and end.

    def greet(self) -> None:
        """220, unless a fault has it otherwise."""
        dialogue = self.dialogue
        planned = dialogue.plan("CONNECT", "") if self.context.world.faults.planned else None
        dialogue.tell(planned or Reply(220, f"{dialogue.options.host_name} FTP Homeport"))

    def secured(self, tls: Tls) -> None:
        dialogue = self.dialogue
        dialogue.tls = tls
        dialogue.has |= TLS
        self._telnet = TelnetFilter()
        if dialogue.state == "start":  # with implicit TLS nobody need ask ([MS-FTPS])
            dialogue.memory.security.sized = dialogue.memory.security.protected = True

    def timeout(self) -> float:
        return self.dialogue.options.timeout

    def last_word(self, ending: Ending, limit: str) -> Reply:
        """421, whatever is under way (RFC 959 5.4)."""
        options = self.dialogue.options
        text = LAST_WORDS[ending].format(timeout=options.timeout, limit=limit)
        return Reply(421, f"{options.host_name} {text}", closes=True)

    def hang_up(self, ending: Ending, limit: str = "") -> None:
        if not self.dialogue.over:
            self.drop_task()
            self.dialogue.effect(CloseData())
        super().hang_up(ending, limit)

    def end_input(self) -> None:
        over = self.dialogue.over
        super().end_input()
        if self.dialogue.over and not over:
            self.dialogue.effect(CloseData())

    def unfinished(self, *, ended: bool) -> str:
        """Return the finding; a client that has only looked whether somebody is there breaks no rule."""
        return "no-quit" if ended and self.dialogue.memory.login.account is not None else ""

    def leave(self) -> None:
        self.dialogue.effect(CloseData())
        self.access.log_out()

    @command("QUIT", "End the connection, when what is under way is done.", reference="RFC 959 4.1.1")
    def quit(self, _argument: str) -> Reply:
        self.late = "data-after-quit"
        self.dialogue.effect(CloseData())
        return Reply(221, "goodbye", closes=True)

    # Work.

    def blocks(self) -> bool:
        try:
            return self.context.world.files.blocks
        except FileProblem:
            return False  # the work itself tells of it

    def failed(self, error: Exception) -> Exception:
        return error if isinstance(error, FileProblem) else FileProblem("failed", str(error))

    def discard(self, made: Any) -> None:
        for one in made if isinstance(made, tuple) else (made,):
            for name in ("close", "drop"):
                if callable(method := getattr(one, name, None)):
                    method()

    def other_event(self, event: Event) -> None:
        if isinstance(event, DataSafe) and (transfer := self.transferring.transfer) is not None:
            self.transferring.answer_markers(transfer)

    # Lines.

    def handle(self, event: Event) -> Sequence[Effect]:
        if type(event) is not Data:
            return self._other(event)
        self._quiet = self._skipped = 0
        if not self._telnet.passes(event.data) and not self.dialogue.over and self.mode != "tls":
            event = Data(self._hear_telnet(event.data))
        return super().handle(event)

    def _hear_telnet(self, data: bytes) -> bytes:
        """Take Telnet's commands out, and refuse its options (RFC 1123 4.1.2.12)."""
        hello = find_hello(b"-" if self.mode == "skip" else self._held, data)
        foreign = data[hello:] if hello >= 0 else b""  # a ClientHello has octets of 0xFF
        heard = self._telnet.feed(data[:hello] if hello >= 0 else data)
        self._skipped = len(data) - len(foreign) - len(heard.data)
        if heard.answers:
            self.dialogue.effect(Send(heard.answers))
        for told in heard.commands:
            if told.name in SYNCH:
                self._synch = True
            else:
                finding = "telnet-negotiation" if told.negotiates else "telnet-command"
                self.dialogue.find(finding, told.name.encode())
        return heard.data + foreign

    def overlong(self, begun: bytes) -> None:
        """Keep the beginning: the line is answered when its end has come."""
        self._overlong = begun[: self.line_limit + 1]

    def overlong_ended(self, *, bare: bool) -> None:
        if self._task is None:
            self.take_line(self._overlong, bare=bare)
        else:
            self.take_beside(self._overlong, bare=bare)

    def beside(self, line: bytes, *, bare: bool) -> bool:
        """Obey ABOR and STAT while data move (RFC 1123 4.1.3.3); the others wait, as clients should (RFC 959 5.4)."""
        synch, self._synch = self._synch, False
        if line[:4].upper() in SECRET:
            self._conceal(line, bare=bare)
        if self.dialogue.state != "transfer":
            return False
        if line.rstrip(b" ").upper() == b"ABOR":
            if not synch:
                self.dialogue.find("abort-without-synch", line)
            # `DataDone` follows, and with it the transfer's 426; then ABOR gets its own reply (RFC 959 4.1.3).
            self.wait(line, bare=bare, first=True)
            self.dialogue.effect(CloseData())
            return True
        if line.upper() == b"STAT":
            self.carry_out_beside(line, bare=bare)
            return True
        self.dialogue.find("command-during-transfer", line)
        return False

    def _conceal(self, line: bytes, *, bare: bool) -> None:
        """Conceal the argument of a line that has just come: it is a secret, whatever becomes of the command."""
        if len(line) > 5 and line[4:5] == b" ":
            self.dialogue.effect(Conceal(len(line) - 5 + self._skipped, after=self.rest + (1 if bare else 2)))

    def parse(self, line: bytes, *, bare: bool) -> Spoken:
        secret = line[:4].upper() in SECRET
        if self.rest >= 0:
            self._synch = False
            if secret:
                self._conceal(line, bare=bare)
        spoken = take_apart(line) if secret or len(line) > REMEMBERED_SIZE else remembered(line)
        if bare or spoken.controls or len(line) > self.line_limit:
            self._check_line(line, spoken, bare=bare)
        dialogue = self.dialogue
        if presence := dialogue.memory.login.presence:  # whoever is logged in is idle no more
            self.context.world.presence.touch(presence, self.context.world.clock.now())
        if dialogue.state in GOES_ON:
            finding, verbs = GOES_ON[dialogue.state]
            if spoken.verb not in verbs:
                dialogue.state = "ready"
                dialogue.memory.parameters.restart = 0
                dialogue.find(finding, line)
        if spoken.verb in HISTORIC:
            dialogue.find_once("historic-verb", line)
        return spoken

    def _check_line(self, line: bytes, spoken: Line, *, bare: bool) -> None:
        options = self.dialogue.options
        if len(line) > options.max_line:
            raise Refused(500, f"the command is too long: at most {options.max_line} octets", "command-too-long")
        if bare:
            if options.bare_lf == "refuse" or options.strict:
                text = "the line ended in LF alone: end commands with CR LF (RFC 959 5.3, RFC 854)"
                raise Refused(500, text, "bare-lf")
            self.dialogue.find("bare-lf", line)
        if spoken.controls:
            raise Refused(501, "NUL and CR cannot stand in a line (RFC 959 5.3.2, RFC 2640 3.1)", "control-characters")

    # Commands.

    def plan(self, spoken: Spoken) -> tuple[Reply | None, Spoken]:
        dialogue = self.dialogue
        planned = dialogue.plan(spoken.name, spoken.text)
        dialogue.wish = NO_WISH
        if self.context.world.faults.by_client:
            dialogue.wish, text = wish_of(spoken.name, spoken.text, dialogue.next_wish)
            if spoken.verb != b"SITE":
                dialogue.next_wish = ""
            if dialogue.wish.do is not None:
                asked = dialogue.ask_for_fault(dialogue.wish.do)
                planned = planned or asked
            spoken = msgspec.structs.replace(spoken, text=text)
        return planned, spoken

    @command(
        "SITE",
        "Carry out what is peculiar to this server; SITE HELP shows what there is.",
        syntax="command",
        reference="RFC 959 4.1.3",
    )
    def site(self, argument: str) -> Any:
        """Find the command in the table: it has a row for each, such as `SITE CHMOD`."""
        name, _, rest = argument.partition(" ")
        if not name:
            raise Refused(501, "write SITE and a command; SITE HELP shows all", "syntax")
        verb, given = (text.encode("utf-8", "surrogateescape") for text in (name, rest))
        row = self.table.find(b"SITE " + verb.upper(), given, "", self.dialogue.has)
        return row.function(getattr(self, row.part), rest)

    def refusal(self, trouble: CommandRefused | FileProblem) -> Refused:
        if isinstance(trouble, FileProblem):
            return problem_refused(trouble)
        verb, row = trouble.verb[:20], trouble.command
        if isinstance(trouble, UnknownCommand) or row is None:
            if verb.upper() in MAIL:
                text = f"{verb} is no command of FTP any more: mail goes by SMTP (RFC 959)"
                return Refused(502, text, "mail-command")
            if verb.startswith("SITE "):
                return Refused(504, f"there is no {safe(verb)!r} here; SITE HELP shows all", "unknown-command")
            text = f"there is no command {safe(verb)!r} here; HELP shows all (RFC 959 5.3)"
            return Refused(500, text, "unknown-command")
        if isinstance(trouble, LackingNeed) and trouble.need == "login":
            return Refused(530, f"log in first, by USER and PASS; then {verb} (RFC 959 5.4)", "not-logged-in")
        if isinstance(trouble, LackingNeed):
            text = f"{verb} is for connections under TLS: AUTH TLS comes first (RFC 4217 4)"
            return Refused(503, text, "bad-sequence")
        return Refused(501, f"write {verb} {row.syntax}".rstrip() + f" ({row.reference})", "syntax")


Ftp.table = CommandTable(Ftp, **PARTS)
