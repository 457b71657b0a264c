"""The dialogue that a session and its parts share: state, replies in order, findings, planned faults, closing.

A session is composed of parts (login, envelope, content, data connection, ...). They share a `Dialogue` and never refer
to the session: without reference cycles a closed connection is freed at once, and not by the garbage collector.
"""

from functools import lru_cache
from typing import Any, ClassVar

import msgspec

from homeport.protocol.effects import Close, Effect, Log, LogFault, ReportFinding, Send, under_faults
from homeport.protocol.faults import Direction, Do
from homeport.protocol.faults import Reply as PlannedReply
from homeport.protocol.place import Place
from homeport.protocol.plaintext import safe
from homeport.protocol.secrets import mask_secrets
from homeport.protocol.session import Context
from homeport.world.faults import Fault
from homeport.world.journal import printable

SHOWN = 64
"""Limit of the input that a finding shows, in bytes."""
NOTHING: frozenset[str] = frozenset()


class Reply(msgspec.Struct, frozen=True, gc=False):
    """The simplest reply. A protocol may use a class of its own, if its dialogue overrides `reply`."""

    code: str
    """For the journal: `OK`, `+OK`, `250`."""
    wire: bytes
    """All of its lines, with their line ends."""
    closes: bool = False
    """True if the server closes after it."""


class Refused(Exception):
    """Raised to refuse a command at any point of its processing.

    reply: of the protocol's own class. finding: identifier of the rule that the client broke; empty for none.
    """

    def __init__(self, reply: Any, finding: str = "") -> None:
        super().__init__(reply)
        self.reply = reply
        self.finding = finding


class Dialogue:
    """The server's side of one connection: state, and the effects of the current turn."""

    __slots__ = (
        "_closed",
        "_said",
        "context",
        "effects",
        "faults",
        "has",
        "line_end",
        "line_size",
        "login_open",
        "over",
        "received",
        "state",
        "wary",
    )

    counted_later: ClassVar[frozenset[str]] = NOTHING
    """Kinds of faults whose matches the protocol counts by itself, once an answer can have the defect."""

    def __init__(self, context: Context, state: str = "start") -> None:
        self.context = context
        self.state = state
        """State of the protocol's state machine.

        Rows of the command table name it; the service's docstring draws it.
        """
        self.has = NOTHING
        """Requirements of commands that the client fulfils, such as `login` or `tls`."""
        self.over = False
        """True once the closing reply was sent."""
        self.faults: tuple[Fault, ...] = ()
        """Faults that act on the next reply."""
        self.effects: list[Effect] = []
        """Effects of this turn, in order. Replies are buffered in `_said` and joined into one `Send` by `flush`."""
        self._said: list[bytes] = []
        self._closed = False
        self.wary = False
        """True if the next line may be a secret although it does not begin like one: after a login that failed."""
        self.login_open = False
        """True from the beginning of a login until one succeeds: input after the closing reply may be its secret."""
        self.received = 0
        """Bytes received on the connection."""
        self.line_end = 0
        """Value of `received` at the end of the current line."""
        self.line_size = 0
        """Bytes of the current line, with its end; 0 if no line is current."""

    # Hooks that a protocol may override.

    def mask(self, line: bytes) -> bytes:
        """Return a line, or several, with their secrets masked."""
        return mask_secrets(line)

    def planned(self, made: PlannedReply) -> Any:
        """Convert a planned reply into one of the protocol's own class."""
        return Reply(made.shown, f"{made.shown} {made.text or 'as planned by a fault'}\r\n".encode())

    def reply(self, verb: str, argument: str, reply: Any) -> None:
        """Send the reply to a command and journal both; do neither after the closing reply.

        argument: as the journal may show it, without secrets.
        """
        if self.over:
            return
        self.effects.append(Log("command", command_fields(verb, argument, reply.code), self.place(len(reply.wire))))
        self.say(reply.wire, closes=reply.closes)

    # Effects.

    def place(self, answer: int = -1) -> Place | None:
        """Return the place of the current line; None for none. answer: bytes of the answer to it."""
        end, size = self.line_end, self.line_size
        return Place(end - size, end, answer) if size else None

    def effect(self, effect: Effect) -> None:
        """Append an effect after the replies sent so far."""
        self.flush()
        self.effects.append(effect)

    def report(self, finding: str, shown: bytes = b"") -> None:
        """Report a finding. shown: input that shows it."""
        self.effects.append(ReportFinding(finding, self.mask(shown)[:SHOWN], "", self.place()))

    def say(self, data: bytes, *, closes: bool = False) -> None:
        """Send bytes, under the faults of the current command. Consecutive replies leave in one `Send`."""
        if self.over:
            return
        if not self.faults:
            self._said.append(data)
        else:
            self.flush()
            self.effects.extend(under_faults(self.take_faults(), (Send(data),)))
        if closes:
            self.over = True

    def refuse(self, line: bytes, refused: Refused) -> None:
        """Refuse a line: report the finding and send the reply."""
        if self.over:
            return
        if refused.finding:
            self.report(refused.finding, line)
        verb, _, argument = self.mask(line)[:1000].partition(b" ")
        self.reply(printable(verb.upper())[:SHOWN], safe(printable(argument)), refused.reply)

    # Planned faults.

    def plan(self, verb: str, argument: str) -> Any:
        """Collect the faults that act on a command; call it once per command.

        Return the reply that replaces it, or None.
        """
        faults = self.context.world.faults
        self.faults = faults.at_command(self.context, verb, argument, later=self.counted_later)
        return self._take_reply(verb)

    def ask_for_fault(self, do: Do, direction: Direction = "out") -> Any:
        """Collect a fault that the client itself asks for, if `[faults] by_client` is set. Return as `plan`."""
        self.faults += self.context.world.faults.asked_for(self.context, do, direction)
        return self._take_reply("the command")

    def take_faults(self) -> tuple[Fault, ...]:
        """Return the faults of the current command and remove them from its reply."""
        faults, self.faults = self.faults, ()
        return faults

    def _take_reply(self, verb: str) -> Any:
        if not self.faults:
            return None
        acting = next((fault for fault in self.faults if fault.plan.do.reply is not msgspec.UNSET), None)
        self.faults = tuple(fault for fault in self.faults if fault.plan.do.kind != "reply")
        if acting is None:
            return None
        made: Any = acting.plan.do.reply
        instead = "the greeting" if verb.upper() in ("CONNECT", "GREETING") else f"executing {verb or 'the frame'}"
        self.effects.append(LogFault(acting, f"replied {made.shown} instead of {instead}", instead))
        return self.planned(made.with_lines())

    # Turns.

    def flush(self) -> None:
        """Append buffered replies to the effects as one `Send`."""
        said = self._said
        if said:
            self.effects.append(Send(said[0] if len(said) == 1 else b"".join(said)))
            said.clear()

    def take(self) -> list[Effect]:
        """Return the effects of this turn, with a `Close` after the closing reply."""
        effects, self.effects = self.effects, []
        if said := self._said:  # `flush`, inlined
            effects.append(Send(said[0] if len(said) == 1 else b"".join(said)))
            said.clear()
        if self.over and not self._closed:
            self._closed = True
            effects.append(Close())
        return effects

    def end(self) -> None:
        """Discard output from now on: the connection is closed."""
        self.over = self._closed = True
        self._said.clear()
        self.faults = ()


@lru_cache(1024)
def command_fields(verb: str, argument: str, code: str) -> dict[str, Any]:
    """Return the fields of the journal's record of a command and its reply.

    Cached: the journal keeps tens of thousands of records, and one object for equal commands fits the processor's
    cache.
    """
    return {"verb": verb, "argument": argument, "code": code}
