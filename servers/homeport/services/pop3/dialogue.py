"""The dialogue of a POP3 session: replies, planned ones too, and the count of errors."""

from typing import Any

from homeport.protocol.dialogue import Dialogue, Reply, command_fields
from homeport.protocol.effects import Log, LogFault
from homeport.protocol.events import Tls
from homeport.protocol.faults import WORDS, Do
from homeport.protocol.faults import Reply as PlannedReply
from homeport.protocol.secrets import LOGIN_WORD, MASKED, mask_secrets
from homeport.protocol.session import Context
from homeport.services.pop3.lines import is_command
from homeport.services.pop3.options import Capability, Pop3Options
from homeport.services.pop3.replies import DONE, REFUSED, error, made_reply
from homeport.services.pop3.spoiling import spoil


class Pop3Dialogue(Dialogue):
    """State `authorization`, `transaction` or `tls`; the end of a session is `over`."""

    __slots__ = ("asked", "errors", "login", "options", "tls", "utf8")

    counted_later = frozenset({"frame"})

    def __init__(self, context: Context) -> None:
        super().__init__(context, "authorization")
        self.options: Pop3Options = context.options
        self.tls: Tls | None = None
        self.login = ""
        """The login of the person, once authenticated."""
        self.utf8 = False
        """True after the command UTF8 (RFC 6856)."""
        self.errors = 0
        """Commands in a row that were refused."""
        self.asked: Do | None = None
        """Defect that the client asked for by its user name; None for none."""

    def mask(self, line: bytes) -> bytes:
        if self.wary and not LOGIN_WORD.match(line) and not is_command(line, unfinished=True):
            return MASKED
        return mask_secrets(line)

    def offers(self, capability: Capability) -> bool:
        """Return True if a capability is offered by this server."""
        return capability not in self.options.without and (capability != "APOP" or self.options.apop)

    def code(self, code: str) -> str:
        """Return a response code, or nothing if the server does not offer those."""
        return code if self.offers("RESP-CODES") else ""

    def planned(self, made: PlannedReply) -> Reply:
        return made_reply(made)

    def reply(self, verb: str, argument: str, reply: Any) -> None:
        """Send the reply to a command; None ends the session without one (RFC 1939 3: the autologout timer)."""
        if reply is None:
            self.over = True
            return
        if reply.code == REFUSED:
            self.errors += 1
        elif reply.code == DONE:
            self.errors = 0
        if self.errors >= self.options.max_errors:
            reply = error(f"too many errors: {self.errors} commands were refused; connect again", closes=True)
        super().reply(verb, argument, self._spoilt(verb, reply) if self.faults else reply)

    def _spoilt(self, verb: str, reply: Reply) -> Reply:
        """Return a reply with the defects that faults plan for it."""
        for fault in [one for one in self.faults if one.plan.do.kind == "frame"]:
            word: Any = fault.plan.do.frame
            wire = spoil(word, verb, reply.wire)
            if wire != reply.wire and fault.take():
                first = reply.wire.partition(b"\r\n")[0].decode(errors="replace")
                self.effects.append(LogFault(fault, f"answered with {WORDS[word]}", first))
                reply = Reply(reply.code, wire, reply.closes or word == "drop-in-message")
        self.faults = tuple(one for one in self.faults if one.plan.do.kind != "frame")
        return reply

    def begin_reply(self, verb: str, argument: str, head: Reply, size: int) -> None:
        """Send the first line of a reply. size: bytes that follow it; -1 if unknown."""
        if not self.over:
            self.errors = 0
            place = self.place(len(head.wire) + size if size >= 0 else -1)
            self.effects.append(Log("command", command_fields(verb, argument, head.code), place))
            self.say(head.wire)
