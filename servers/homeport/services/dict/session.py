"""The DICT session: its parts, how command lines are parsed and refused, and how it ends."""

from typing import Any

from homeport.protocol.command_session import CommandSession, Ending
from homeport.protocol.commands import (
    CommandRefused,
    CommandTable,
    ParsedCommand,
    UnknownCommand,
    command,
)
from homeport.protocol.dialogue import SHOWN, Reply
from homeport.protocol.fault_names import explain_fault_name, find_fault_name
from homeport.protocol.faults import FaultError
from homeport.protocol.plaintext import safe
from homeport.protocol.secrets import MASKED
from homeport.protocol.session import Context
from homeport.protocol.waiting import Steps
from homeport.services.dict.databases import Database
from homeport.services.dict.dialogue import DictDialogue
from homeport.services.dict.lines import LINE_LIMIT, MAX_CHARACTERS, SECRET_LINE, find_secret, quote
from homeport.services.dict.login import Login
from homeport.services.dict.lookup import Lookup, split_argument, words_of
from homeport.services.dict.replies import Refused, listing, reply, status, text_lines, validate_reply
from homeport.services.dict.spoiling import FRAMES
from homeport.services.dict.strategies import DESCRIPTIONS
from homeport.version import __version__
from homeport.world.clock import to_moment
from homeport.world.journal import printable

CLOSING_TEXTS: dict[Ending, str] = {
    "silence": "timed out waiting for a command",
    "line": "timed out waiting for the end of a line ([limits] line)",
    "limit": "this connection has reached its limit ({})",
    "stopping": "the server is shutting down",
    "crowded": "too many commands at once: read the replies",
    "tls": "received TLS where a command was expected: DICT has none",
    "http": "received an HTTP request where a command was expected",
}
"""Text of the reply that closes a connection, by its cause."""
SHOWS = "SHOW DB, SHOW STRAT, SHOW INFO database or SHOW SERVER"


class Dict(CommandSession):
    """One connection to a DICT server, from the banner to QUIT."""

    __slots__ = ("_begun", "_quit", "login", "lookup", "options")

    dialogue: DictDialogue
    line_limit = LINE_LIMIT
    login_word = SECRET_LINE

    def __init__(self, context: Context) -> None:
        dialogue = DictDialogue(context)
        super().__init__(context, dialogue)
        self.options = dialogue.options
        self.login = Login(dialogue)
        self.lookup = Lookup(dialogue)
        self._begun = False
        self._quit = False

    @staticmethod
    def find_secret(line: bytes) -> int:
        return find_secret(line)

    def greet(self) -> None:
        """Send the banner, with capabilities and msg-id, or the reply that a fault plans instead (RFC 2229 3.1)."""
        dialogue = self.dialogue
        planned = dialogue.plan("CONNECT", "") if self.context.world.faults.planned else None
        names = ".".join(self.login.capabilities())
        text = f"{self.options.host_name} Homeport {__version__} <{names}> {self.login.stamp}"
        banner = planned or Reply("220", f"220 {text}\r\n".encode())
        if dialogue.faults:
            banner = dialogue.spoilt("CONNECT", banner)
        dialogue.say(banner.wire, closes=banner.code != "220")

    def timeout(self) -> float:
        return self.options.timeout

    def closing_reply(self, ending: Ending, limit: str) -> Reply:
        code = 500 if ending in ("tls", "http") else 421 if ending == "stopping" else 420
        return reply(code, CLOSING_TEXTS[ending].format(limit), closes=True)

    def unfinished(self, *, ended: bool) -> str:
        return "no-quit" if ended and self._begun and not self._quit else ""

    def log_out(self) -> None:
        self.login.log_out()

    def parse(self, line: bytes, *, bare: bool) -> ParsedCommand | None:
        dialogue = self.dialogue
        if bare:
            if not self.options.accepts_bare_lf:
                raise Refused(500, "the line ended in LF alone: end commands with CR LF (RFC 2229 2.3)", "bare-lf")
            dialogue.report("bare-lf", line)
        if len(line) > self.line_limit:
            self.overlong(line)
            return None
        text = self._decoded(line)
        self._begun = True
        verb, _, argument = text.strip(" \t").replace("\t", " ").partition(" ")
        name = printable(verb.encode())[:SHOWN].upper()
        if name != "SASLRESP":
            self.login.cancel()
        argument = argument.strip(" ")
        shown = dialogue.mask(f"{verb} {argument}".encode()).decode("utf-8", "replace").partition(" ")[2]
        return ParsedCommand(verb.upper().encode(), argument.encode(), name, argument, safe(shown))

    def _decoded(self, line: bytes) -> str:
        """Return a line as text. Raises: Refused if it has what no command line has."""
        try:
            text = line.decode()
        except UnicodeDecodeError as error:
            raise Refused(501, f"the line is not UTF-8 at byte {error.start} (RFC 2229 2.1)", "not-utf8") from None
        if not text.isprintable() and any((one < " " and one != "\t") or one == "\x7f" for one in text):
            raise Refused(501, "the line has control characters (RFC 2229 2.2)", "control-characters")
        if len(text) > MAX_CHARACTERS:
            long = f"the line has more than {MAX_CHARACTERS + 2} characters (RFC 2229 2.3)"
            if self.options.is_strict:
                raise Refused(501, long, "line-too-long")
            self.dialogue.report("line-too-long", line[:SHOWN])
        return text

    def overlong(self, begun: bytes) -> None:
        shown = MASKED if self.secret_start(begun) >= 0 else begun[:SHOWN]
        text = f"the command has more than {MAX_CHARACTERS + 2} characters (RFC 2229 2.3)"
        self.dialogue.refuse(shown, Refused(501, text, "line-too-long"))

    def plan(self, parsed: ParsedCommand) -> tuple[Any, ParsedCommand]:
        planned, parsed = super().plan(parsed)
        if planned is None and self.context.world.faults.by_client and parsed.name in ("DEFINE", "MATCH"):
            planned = self._asked(parsed)
        return planned, parsed

    def _asked(self, parsed: ParsedCommand) -> Any:
        """Collect the fault that a word asks for, `reply-420.fault.test`; return the reply that it plans, or None."""
        words = split_argument(parsed.text)[-1:]
        if problem := explain_fault_name(words):
            raise Refused(552, f"no match: {problem}")
        do = find_fault_name(words)
        if do is None:
            return None
        try:
            if do.kind == "reply":
                validate_reply(do.reply)  # type: ignore[arg-type]  # of that kind
        except FaultError as problem:
            raise Refused(552, f"no match: {problem}") from None
        if do.kind == "frame" and parsed.name not in FRAMES.get(str(do.frame), ()):
            raise Refused(552, f"no match: answers to {parsed.name} cannot have it; there are {', '.join(FRAMES)}")
        return self.dialogue.ask_for_fault(do)

    def instead(self, parsed: ParsedCommand, planned: Reply) -> Reply:
        """Return the planned reply to a command; the client is not blamed for what follows from it."""
        self._quit = self._quit or parsed.name == "QUIT"
        return Reply(planned.code, planned.wire, closes=planned.closes or parsed.name == "QUIT")

    def refusal(self, problem: CommandRefused) -> Refused:
        """Return the reply to a command that the command table refuses."""
        row = problem.command
        if isinstance(problem, UnknownCommand) or row is None:
            verb = safe(printable(self.dialogue.mask(problem.verb.encode())))[:20]
            return Refused(500, f"unknown command {verb!r}: look at HELP (RFC 2229 2.3)", "unknown-command")
        return Refused(501, f"write {row.verb} {row.syntax}".rstrip() + f" ({row.reference})", "syntax")

    # Commands that look nothing up.

    @command("CLIENT", "Say who the client is.", syntax="[text]", reference="RFC 2229 3.6")
    def client(self, _argument: str) -> Reply:
        self.lookup.introduced = True
        return reply(250, "ok")

    @command("HELP", "List the commands.", reference="RFC 2229 3.8")
    def help(self, _argument: str) -> Reply:
        rows = [f"{f'{row.verb} {row.syntax}'.strip():<32} {row.help} {row.reference}" for row in self.table]
        return listing(113, "help text follows", rows, mime=self.dialogue.mime)

    @command("STATUS", "Say how the server is.", reference="RFC 2229 3.7")
    def status(self, _argument: str) -> Reply:
        login = self.dialogue.login or "-"
        return reply(210, f"status [login = {login}; received = {self.dialogue.line_end}; conn = {self.context.conn}]")

    @command("OPTION", "Have texts with a header.", syntax="MIME", reference="RFC 2229 3.10")
    def option(self, argument: str) -> Reply:
        (name,) = words_of(argument, 1, "OPTION MIME")
        if name.upper() != "MIME":
            raise Refused(503, "the only option is MIME (RFC 2229 3.10)", "syntax")
        if not self.dialogue.offers("MIME"):
            raise Refused(502, "OPTION MIME is not offered here: look at the banner (RFC 2229 3.1)", "not-announced")
        self.dialogue.mime = True
        return reply(250, "ok - texts have a header from now on")

    @command("SHOW", "Show databases, strategies, or information.", syntax="what", reference="RFC 2229 3.5")
    def show(self, argument: str) -> Reply | Steps:
        words = split_argument(argument)
        what, names = words[0].upper(), words[1:]
        mime = self.dialogue.mime
        if what == "INFO" and len(names) == 1:
            return self._info(names[0])
        if names or what == "INFO":
            raise Refused(501, f"write {SHOWS} (RFC 2229 3.5)", "syntax")
        if what in ("DB", "DATABASES"):
            return self._databases()
        if what in ("STRAT", "STRATEGIES"):
            if not self.options.strategies:
                raise Refused(555)
            lines = [f"{name} {quote(DESCRIPTIONS[name])}" for name in self.options.strategies]
            return listing(111, f"{len(lines)} strategies present", lines, mime=mime)
        if what == "SERVER":
            return listing(114, "server information follows", self._server(), mime=mime)
        raise Refused(501, f"write {SHOWS} (RFC 2229 3.5)", "syntax")

    def _databases(self) -> Steps:
        found: list[Database] = yield from self.lookup.databases()
        if not found:
            raise Refused(554)
        lines = [f"{one.name} {quote(one.title)}" for one in found]
        return listing(110, f"{len(lines)} databases present", lines, mime=self.dialogue.mime)

    def _info(self, name: str) -> Steps:
        if name in ("*", "!"):
            raise Refused(550, finding="unknown-database")
        (database,) = yield from self.lookup.chosen(name)
        text = f"{database.title}\n{len(database)} entries\n\n{database.info}"
        mime = self.dialogue.mime
        return listing(112, f"information about {name} follows", text_lines(text), mime=mime)

    def _server(self) -> list[str]:
        now = to_moment(self.context.world.clock.now())
        return [
            f"{self.options.host_name}: Homeport {__version__}, a server to test clients against",
            f"It is {now:%Y-%m-%d %H:%M:%S} (UTC) in the world {self.context.world.name!r}.",
            "Words of networks are defined in the database homeport.",
        ]

    @command("QUIT", "End the connection.", reference="RFC 2229 3.9")
    def quit(self, _argument: str) -> Reply:
        self.late = "data-after-quit"
        self._quit = True
        return Reply("221", status(221, "bye"), closes=True)


Dict.table = CommandTable(Dict, login=Login, lookup=Lookup)
