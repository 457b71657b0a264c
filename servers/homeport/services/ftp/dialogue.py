"""What the parts of a session of FTP share: its memory, TLS, what a client has asked to go wrong, and replies."""

from functools import partial

from homeport.protocol.commands import command
from homeport.protocol.dialogue import Dialogue, command_log
from homeport.protocol.effects import Effect, Send, StopTls, under_faults
from homeport.protocol.events import Tls
from homeport.protocol.faults import Reply as PlannedReply
from homeport.protocol.session import Context
from homeport.services.ftp.client_faults import NO_WISH, Wish
from homeport.services.ftp.lines import MASKED, REMEMBERED_SIZE, SECRET, remembered, take_apart
from homeport.services.ftp.options import FtpOptions
from homeport.services.ftp.replies import Refused, Reply, wire
from homeport.services.ftp.state import Memory

LOGIN = frozenset(("login",))
TLS = frozenset(("tls",))
inside = partial(command, needs=LOGIN)
"""Declares the method to be a command of whoever is logged in."""


class FtpDialogue(Dialogue):
    """One client's dialogue with a server-FTP; the package's docstring draws its states."""

    __slots__ = ("_told", "memory", "next_wish", "options", "tls", "wish")

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.options: FtpOptions = context.options
        self.memory = Memory()
        self.tls: Tls | None = None
        self.wish: Wish = NO_WISH
        """What the client wants to go wrong with the command under way, where clients may."""
        self.next_wish = ""
        """The same for the next one, by SITE FAULT."""
        self._told: frozenset[str] = frozenset()

    def mask(self, line: bytes) -> bytes:
        return line[:5] + MASKED.encode() if line[4:5] == b" " and line[:4].upper() in SECRET else line

    def planned(self, made: PlannedReply) -> Reply:
        return Reply(made.code, made.text or "as planned by a fault", closes=made.code == 421)

    def effect(self, effect: Effect) -> None:
        self.effects.append(effect)  # what has been said stands there already

    def find_once(self, finding: str, shown: bytes = b"") -> None:
        """Raise a finding that is told once for a connection."""
        if finding not in self._told:
            self._told |= {finding}
            self.find(finding, shown)

    def reply(self, verb: str, argument: str, reply: Reply) -> None:
        if self.over:
            return
        self.effects.append(command_log(verb, argument, str(reply.code) if reply.code else ""))
        if reply.code:
            self.say(wire(reply), closes=reply.closes)

    def tell(self, reply: Reply) -> None:
        """Say a reply; the journal has its command already, or will have it with the last reply."""
        self.say(wire(reply), closes=reply.closes)

    def say(self, spoken: bytes, *, closes: bool = False) -> None:
        """Say octets, under the faults of the command in hand; each reply leaves by itself."""
        send = Send(spoken)
        if self.faults:
            self.effects.extend(under_faults(self.take_faults(), (send,)))
        else:
            self.effects.append(send)
        if closes:
            self.over = True

    def refuse(self, line: bytes, refused: Refused) -> None:  # type: ignore[override]  # FTP raises its own
        if self.over:
            return
        secret = line[:4].upper() in SECRET
        if refused.finding:
            self.find(refused.finding, b"" if secret else line)
        apart = secret or len(line) > REMEMBERED_SIZE
        spoken = take_apart(line[: self.options.max_line]) if apart else remembered(line)
        reply = refused.reply
        if refused.of_argument and spoken.shown:
            reply = Reply(reply.code, f"{spoken.shown}: {reply.text}")
        self.reply(spoken.name, spoken.shown, reply)

    def end_tls(self) -> None:
        """End TLS, and go on in the clear."""
        self.effect(StopTls())
        self.tls = None
        self.has -= TLS
