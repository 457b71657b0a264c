"""What a session and its parts share: the state, replies in their order, findings, planned faults, the last word.

A session is made of parts (login, envelope, content, data connection, ...), each an object with an owner's name. They
know each other through their `Dialogue`, and never the session, so that an ended connection is no circle of references.
"""

from functools import lru_cache
from typing import Any

import msgspec

from homeport.protocol.effects import Close, Effect, Find, Log, Send, under_faults
from homeport.protocol.faults import Direction, Do
from homeport.protocol.faults import Reply as PlannedReply
from homeport.protocol.plaintext import safe
from homeport.protocol.session import Context
from homeport.world.faults import Fault
from homeport.world.journal import printable

SHOWN = 64
"""Octets of the input that a finding shows, at most."""
NOTHING: frozenset[str] = frozenset()


class Reply(msgspec.Struct, frozen=True, gc=False):
    """The plainest reply. A protocol may have its own class, if its dialogue overrides `reply`."""

    code: str
    """As the journal shows it: `OK`, `+OK`, `250`."""
    spoken: bytes
    """All of its lines, with their ends."""
    closes: bool = False
    """Whether the server closes behind it."""


class Refused(Exception):
    """A command is refused, however much of it was already looked at.

    reply: of the protocol's own class. finding: what the client did wrong by it; empty if it did nothing wrong.
    """

    def __init__(self, reply: Any, finding: str = "") -> None:
        super().__init__(reply)
        self.reply = reply
        self.finding = finding


class Dialogue:
    """One client's dialogue with the server."""

    __slots__ = ("_closed", "_said", "context", "effects", "faults", "has", "over", "state")

    def __init__(self, context: Context, state: str = "start") -> None:
        self.context = context
        self.state = state
        """Where the dialogue stands. The package's docstring draws the states; rows of the command table name them."""
        self.has = NOTHING
        """What the client has of what commands need, such as `login` or `tls`."""
        self.over = False
        """Whether the last word is said."""
        self.faults: tuple[Fault, ...] = ()
        """Those that act on the next reply."""
        self.effects: list[Effect] = []
        """Those of this turn, in order; what is said joins them behind the others, unless an effect comes between."""
        self._said: list[bytes] = []
        self._closed = False

    # What a protocol may override.

    def mask(self, line: bytes) -> bytes:
        """Return a line as anybody may see it."""
        return line

    def planned(self, made: PlannedReply) -> Any:
        """Return the reply that a fault has planned."""
        return Reply(str(made.code), f"{made.code} {made.text or 'as planned by a fault'}\r\n".encode())

    def reply(self, verb: str, argument: str, reply: Any) -> None:
        """Say the reply to a command, and journal both; behind the last word, neither.

        argument: as the journal may show it.
        """
        if self.over:
            return
        self.effects.append(command_log(verb, argument, reply.code))
        self.say(reply.spoken, closes=reply.closes)

    # Effects.

    def effect(self, effect: Effect) -> None:
        """Ask for an effect, behind the replies said so far."""
        self.flush()
        self.effects.append(effect)

    def find(self, finding: str, shown: bytes = b"") -> None:
        """Raise a finding."""
        self.effects.append(Find(finding, self.mask(shown)[:SHOWN]))

    def say(self, spoken: bytes, *, closes: bool = False) -> None:
        """Say octets, under the faults of the command in hand. Replies without effects between them leave together."""
        if self.over:
            return
        if not self.faults:
            self._said.append(spoken)
        else:
            self.flush()
            self.effects.extend(under_faults(self.take_faults(), (Send(spoken),)))
        if closes:
            self.over = True

    def refuse(self, line: bytes, refused: Refused) -> None:
        """Refuse a line: its finding, and its reply."""
        if self.over:
            return
        if refused.finding:
            self.find(refused.finding, line)
        verb, _, argument = self.mask(line)[:1000].partition(b" ")
        self.reply(printable(verb.upper())[:SHOWN], safe(printable(argument)), refused.reply)

    # Planned faults.

    def plan(self, verb: str, argument: str) -> Any:
        """Note the faults that act on a command, once for each. Returns the reply that takes its place, or None."""
        self.faults = self.context.world.faults.at_command(self.context, verb, argument)
        return self._take_reply()

    def ask_for_fault(self, do: Do, direction: Direction = "out") -> Any:
        """Note a fault that the client itself asks for, if clients may. Returns as `plan`."""
        self.faults += self.context.world.faults.asked_for(self.context, do, direction)
        return self._take_reply()

    def take_faults(self) -> tuple[Fault, ...]:
        """Return the faults of the command in hand, which then no longer act on its reply."""
        faults, self.faults = self.faults, ()
        return faults

    def _take_reply(self) -> Any:
        if not self.faults:
            return None
        made = next((fault.plan.do.reply for fault in self.faults if fault.plan.do.reply is not msgspec.UNSET), None)
        self.faults = tuple(fault for fault in self.faults if fault.plan.do.kind != "reply")
        return None if made is None else self.planned(made)

    # Turns.

    def flush(self) -> None:
        """Let what is said next come behind the effects so far."""
        said = self._said
        if said:
            self.effects.append(Send(said[0] if len(said) == 1 else b"".join(said)))
            said.clear()

    def take(self) -> list[Effect]:
        """Return the effects of this turn; the first ones behind the last word end in `Close`."""
        effects, self.effects = self.effects, []
        if said := self._said:  # `flush`, without a call
            effects.append(Send(said[0] if len(said) == 1 else b"".join(said)))
            said.clear()
        if self.over and not self._closed:
            self._closed = True
            effects.append(Close())
        return effects

    def end(self) -> None:
        """The connection is gone: nothing is said any more."""
        self.over = self._closed = True
        self._said.clear()
        self.faults = ()


@lru_cache(1024)
def command_log(verb: str, argument: str, code: str) -> Log:
    """Return the journal's record of a command and its reply.

    The journal keeps tens of thousands of them: as those of equal commands are one, they stay in the processor's cache.
    """
    return Log("command", {"verb": verb, "argument": argument, "code": code})
