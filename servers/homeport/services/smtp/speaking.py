"""How a receiver-SMTP speaks: replies in their order, under faults, journalled; effects beside them; the last word."""

import re
from functools import lru_cache
from typing import Literal

import msgspec

from homeport.effects import Close, Effect, Find, Log, Send, under_faults
from homeport.plaintext import safe
from homeport.services.smtp.options import SmtpOptions
from homeport.services.smtp.replies import Refused, Reply
from homeport.session import Context, Session
from homeport.world.faults import Fault
from homeport.world.journal import printable

Mode = Literal["command", "auth", "data", "chunk", "skip", "saving", "tls", "over"]
"""What the next octets are: a command; a response of SASL; a message; a chunk of one; the rest of a
line that is too long; nothing to be looked at before a message is stored; nothing that counts; too late."""
SHOWN = 64
MASKED = "***"
AUTH = re.compile(rb"[ \t]*AUTH[ \t]+[^ \t]+[ \t]+([^ \t].*)", re.IGNORECASE | re.DOTALL)
"""AUTH with an initial response, which is a secret; also where blanks stand wrongly."""
IN_TRANSACTION = ("mail", "rcpt", "chunks")
"""States in which a message is on its way."""


@lru_cache(1024)
def command_log(verb: str, argument: str, code: str) -> Log:
    """The journal's record of a command and its reply.

    The journal keeps tens of thousands of them: as those of equal commands are one, they stay in the processor's cache.
    """
    return Log("command", {"verb": verb, "argument": argument, "code": code})


class Speaker(Session):
    """A session that answers commands with replies."""

    __slots__ = (
        "_closed",
        "_effects",
        "_enhanced",
        "_errors",
        "_faults",
        "_refused",
        "_said",
        "mode",
        "options",
        "state",
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.options: SmtpOptions = context.options
        self._enhanced = "ENHANCEDSTATUSCODES" not in self.options.without
        self.mode: Mode = "command"
        self.state = "start"
        """Where the dialogue stands: `start`, `ready` (after EHLO), `mail`, `rcpt`, `chunks` (BDAT), `refused`."""
        self._effects: list[Effect] = []
        self._said: list[bytes] = []
        self._faults: tuple[Fault, ...] = ()  # those that act on the command in hand
        self._errors = 0
        self._refused = ""  # the verb of the last command, if it was refused
        self._closed = False

    def effect(self, effect: Effect) -> None:
        """Ask for an effect, behind the replies given so far."""
        self._flush()
        self._effects.append(effect)

    def find(self, finding: str, shown: bytes = b"") -> None:
        """Raise a finding."""
        self._effects.append(Find(finding, without_secret(shown)[:SHOWN]))

    def reply(self, verb: str, argument: str, reply: Reply, times: int = 1) -> None:
        """Say the reply to a command (LMTP says it several times to the end of a message), and journal it."""
        self._refused = verb if reply.code >= 400 else ""
        if reply.code >= 500:
            self._errors += 1
            if self._errors >= self.options.max_errors:
                text = f"too many errors: {self._errors} commands were refused; connect again (RFC 5321 3.8)"
                reply, times = Reply(421, "4.7.0", text, closes=True), 1
        self._effects.append(command_log(verb, argument, reply.digits))
        self.say(reply, times)

    def say(self, reply: Reply, times: int = 1) -> None:
        """Say a reply, under the faults of the command in hand."""
        spoken = reply.wire(enhanced=self._enhanced) * times
        if not self._faults:
            self._said.append(spoken)
        else:
            self._flush()
            self._effects.extend(under_faults(self._faults, (Send(spoken),)))
            self._faults = ()
        if reply.closes:
            self.mode = "over"

    def say_no(self, line: bytes, refused: Refused) -> None:
        """Refuse a command."""
        if refused.finding:
            self.find(refused.finding, line)
        verb, _, argument = without_secret(line)[:1000].partition(b" ")
        self.reply(printable(verb.upper())[:SHOWN], safe(printable(argument)), refused.reply)

    def plan_faults(self, verb: str, text: str) -> Reply | None:
        """Note the faults that act on this command; a reply that takes its place, or None."""
        self._faults = self.context.world.faults.at_command(self.context, verb, text)
        return self.planned_reply()

    def planned_reply(self) -> Reply | None:
        planned = None
        for fault in self._faults:
            made = fault.plan.do.reply
            if planned is None and made is not msgspec.UNSET:
                planned = Reply(made.code, made.enhanced, made.text or "as planned by a fault", closes=made.code == 421)
        if planned is not None or self._faults:
            self._faults = tuple(fault for fault in self._faults if fault.plan.do.kind != "reply")
        return planned

    def hang_up(self, enhanced: str, text: str) -> None:
        """Say 421 and close, whatever the client is doing (RFC 5321 3.8)."""
        if self.mode != "over":
            self._faults = ()
            self._effects.append(command_log("", "", "421"))
            self.say(Reply(421, enhanced, f"{self.options.host_name} {text}", closes=True))

    def take_effects(self) -> list[Effect]:
        if self._said:
            self._flush()
        effects, self._effects = self._effects, []
        if self.mode == "over" and not self._closed:
            self._closed = True
            effects.append(Close())
        return effects

    def _flush(self) -> None:
        said = self._said
        if said:
            self._effects.append(Send(said[0] if len(said) == 1 else b"".join(said)))
            said.clear()


def without_secret(line: bytes) -> bytes:
    """A command as everybody may see it."""
    match = AUTH.match(line)
    return line[: match.start(1)] + MASKED.encode() if match else line
