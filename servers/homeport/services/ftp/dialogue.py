"""State and operations shared by the parts of an FTP session: memory, TLS, client faults, replies."""

from functools import partial

from homeport.protocol.commands import command
from homeport.protocol.dialogue import Dialogue, command_fields
from homeport.protocol.effects import Effect, Log, Send, StopTls, under_faults
from homeport.protocol.events import Tls
from homeport.protocol.faults import Reply as PlannedReply
from homeport.protocol.secrets import LOGIN_WORD
from homeport.protocol.session import Context
from homeport.services.ftp.client_faults import NO_CLIENT_FAULT, ClientFault
from homeport.services.ftp.lines import MAX_CACHED_LINE_BYTES, parse_line, parse_line_cached
from homeport.services.ftp.options import FtpOptions
from homeport.services.ftp.replies import Refused, Reply, serialize_reply
from homeport.services.ftp.state import Memory

LOGIN = frozenset(("login",))
TLS = frozenset(("tls",))
CLOSING = (221, 421)
"""Codes of replies after which the server closes."""
Excuses = dict[str, frozenset[str]]
"""Findings by the command that would raise them; "": any."""
RETRIED = {"PASS": (), "USER": ("USER", "PASS", "REIN"), "AUTH": ("AUTH", "PBSZ", "PROT", "CCC")}
"""Commands whose excuses end with a command, if not only its own."""
after_login = partial(command, needs=LOGIN)
"""Declare a method as a command that requires a login."""


class FtpDialogue(Dialogue):
    """One client's dialogue with the server; the package docstring draws its states."""

    __slots__ = (
        "_held",
        "_told",
        "client_fault",
        "excused",
        "memory",
        "next_client_fault",
        "options",
        "pardons",
        "tls",
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.options: FtpOptions = context.options
        self.memory = Memory()
        self.tls: Tls | None = None
        self.client_fault: ClientFault = NO_CLIENT_FAULT
        """Fault that the client requested for the current command (`[faults] by_client`)."""
        self.next_client_fault = ""
        """Name of the fault requested for the next command by SITE FAULT."""
        self.excused: dict[str, Excuses] = {}
        """Findings that follow from planned replies, by the command that was answered so."""
        self.pardons: frozenset[str] = frozenset()
        """Findings that are not reported for the current command."""
        self._held = b""
        self._told: frozenset[str] = frozenset()

    def planned(self, made: PlannedReply) -> Reply:
        return Reply(made.number, made.text or "as planned by a fault", closes=made.number in CLOSING)

    def excuse(self, verb: str, excuses: Excuses) -> None:
        """Report none of these findings from now on: a planned reply to a command leads to them."""
        if excuses:
            self.excused[verb] = excuses
            self.pardons |= excuses.get("", frozenset())

    def recall_excuses(self, verb: str) -> None:
        """Set the findings that are not reported for a command; a new try of the excused command ends its excuse."""
        for ended in RETRIED.get(verb, (verb,)):
            self.excused.pop(ended, None)
        self.pardons = frozenset().union(*(one.get("", ()) for one in self.excused.values()))
        self.pardons = self.pardons.union(*(one.get(verb, ()) for one in self.excused.values()))
        self.excused.pop("RNFR", None)  # only the next command can be its RNTO

    def report(self, finding: str, shown: bytes = b"") -> None:
        if finding not in self.pardons:
            super().report(finding, shown)

    def effect(self, effect: Effect) -> None:
        self.effects.append(effect)  # earlier replies are in the list already

    def report_once(self, finding: str, shown: bytes = b"") -> None:
        """Report a finding at most once for a connection."""
        if finding not in self._told:
            self._told |= {finding}
            self.report(finding, shown)

    def reply(self, verb: str, argument: str, reply: Reply) -> None:
        if self.over:
            return
        fields = command_fields(verb, argument, str(reply.code) if reply.code else "")
        if not reply.code:
            self.effects.append(Log("command", fields, self.place()))
            return
        wire = serialize_reply(reply)
        self.effects.append(Log("command", fields, self.place(len(wire))))
        self.say(wire, closes=reply.closes)

    def send_reply(self, reply: Reply) -> None:
        """Send a reply without a journal entry: the command is logged with its final reply."""
        self.say(serialize_reply(reply), closes=reply.closes)

    def hold_reply(self, reply: Reply) -> None:
        """Hold a reply back, to be sent in one piece with the next one (the fault `coalesce`)."""
        self._held = serialize_reply(reply)

    def say(self, data: bytes, *, closes: bool = False) -> None:
        """Send bytes under the planned faults of the current command; each reply is an effect of its own."""
        send = Send(self._held + data)
        self._held = b""
        if self.faults:
            self.effects.extend(under_faults(self.take_faults(), (send,)))
        else:
            self.effects.append(send)
        if closes:
            self.over = True

    def refuse(self, line: bytes, refused: Refused) -> None:  # type: ignore[override]  # FTP has its own class
        if self.over:
            return
        secret = LOGIN_WORD.match(line) is not None
        if refused.finding:
            self.report(refused.finding, line)
        apart = secret or len(line) > MAX_CACHED_LINE_BYTES
        parsed = parse_line(line[: self.options.max_line]) if apart else parse_line_cached(line)
        reply = refused.reply
        if refused.of_argument and parsed.shown:
            reply = Reply(reply.code, f"{parsed.shown}: {reply.text}")
        self.reply(parsed.name, parsed.shown, reply)

    def end_tls(self) -> None:
        """End TLS, and continue in the clear."""
        self.effect(StopTls())
        self.tls = None
        self.has -= TLS
