"""The dialogue of a DICT session: replies, planned ones too, and the count of errors."""

from typing import Any

from homeport.protocol.dialogue import Dialogue, Reply, command_fields
from homeport.protocol.effects import Log, LogFault
from homeport.protocol.faults import WORDS
from homeport.protocol.faults import Reply as PlannedReply
from homeport.protocol.session import Context
from homeport.services.dict.lines import mask
from homeport.services.dict.options import Capability, DictOptions
from homeport.services.dict.replies import made_reply, reply
from homeport.services.dict.spoiling import spoil

ERRORS = ("500", "501")


class DictDialogue(Dialogue):
    """State `start` throughout; `login` says whether the client has logged in."""

    __slots__ = ("errors", "login", "mime", "options")

    counted_later = frozenset({"frame"})

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.options: DictOptions = context.options
        self.login = ""
        """The login of the person, once authenticated."""
        self.mime = False
        """True after OPTION MIME: texts have a header."""
        self.errors = 0
        """Commands in a row that had a syntax error."""

    def mask(self, line: bytes) -> bytes:
        return mask(line)

    def offers(self, capability: Capability) -> bool:
        """Return True if a capability is offered by this server."""
        return capability not in self.options.without

    def planned(self, made: PlannedReply) -> Reply:
        return made_reply(made)

    def reply(self, verb: str, argument: str, reply: Any) -> None:
        """Send the reply to a command; the connection ends after too many errors in a row."""
        self.errors = self.errors + 1 if reply.code in ERRORS else 0
        if self.errors >= self.options.max_errors:
            reply = too_many(self.errors)
        super().reply(verb, argument, self.spoilt(verb, reply) if self.faults else reply)

    def spoilt(self, verb: str, reply: Reply) -> Reply:
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

    def begin_reply(self, verb: str, argument: str, code: str, wire: bytes) -> None:
        """Send the beginning of a long reply."""
        if not self.over:
            self.errors = 0
            self.effects.append(Log("command", command_fields(verb, argument, code), self.place()))
            self.say(wire)


def too_many(errors: int) -> Reply:
    """Return the reply that closes a connection after too many errors."""
    return reply(421, f"too many errors: {errors} commands had a syntax error; connect again", closes=True)
