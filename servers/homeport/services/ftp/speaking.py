"""How a server-FTP speaks: replies under faults, journalled; effects beside them; the last word."""

from collections.abc import Callable, Generator
from functools import partial
from typing import Any, Literal

import msgspec

from homeport.protocol.effects import Effect, Find, Log, Send, under_faults
from homeport.protocol.events import Tls
from homeport.protocol.session import Context, Session
from homeport.services.ftp.client_faults import NO_WISH, Wish, wish_of
from homeport.services.ftp.options import FtpOptions
from homeport.services.ftp.permissions import Permissions
from homeport.services.ftp.replies import Refused, Reply, wire
from homeport.services.ftp.state import Security, State, Transfer
from homeport.world.faults import Fault

Steps = Generator[Callable[[], Any] | Effect, Any, Reply | None]
"""A command that waits for something: see carrying.py."""
Mode = Literal["open", "tls", "over"]
SHOWN = 64
SECRET = (b"PASS", b"ACCT")
LOGIN = ("login",)


class Running(msgspec.Struct):
    """The command under way."""

    verb: str
    shown: str
    """Its argument as the journal shows it."""
    steps: Steps | None = None
    awaits: type | None = None
    """The event that it waits for."""


class Speaker(Session):
    """A session that answers commands with replies."""

    __slots__ = (
        "_closed",
        "_effects",
        "_faults",
        "_mode",
        "_running",
        "next_wish",
        "options",
        "rights",
        "security",
        "state",
        "tls",
        "told",
        "transfer",
        "wish",
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.options: FtpOptions = context.options
        self.tls: Tls | None = None
        self.state = State()
        self.security = Security()
        self.rights: Permissions | None = None
        """Those of who is logged in."""
        self.transfer: Transfer | None = None
        """The one under way."""
        self.told: frozenset[str] = frozenset()
        """Findings that are told once, and have been."""
        self.wish: Wish = NO_WISH
        """What the client wants to go wrong with the command under way, where clients may."""
        self.next_wish = ""
        """The same for the next one, by SITE FAULT."""
        self._mode: Mode = "open"
        self._running: Running | None = None
        self._effects: list[Effect] = []
        self._faults: tuple[Fault, ...] = ()  # those that act on the command under way
        self._closed = False

    def effect(self, effect: Effect) -> None:
        """Ask for an effect."""
        self._effects.append(effect)

    def find(self, finding: str, shown: bytes = b"") -> None:
        """Raise a finding."""
        self._effects.append(Find(finding, shown[:SHOWN]))

    def find_once(self, finding: str, shown: bytes = b"") -> None:
        """Raise a finding that is told once for a connection."""
        if finding not in self.told:
            self.told |= {finding}
            self.find(finding, shown)

    def say(self, reply: Reply) -> None:
        """Say a reply, under the faults of the command under way."""
        spoken = Send(wire(reply))
        if self._faults:
            self._effects.extend(under_faults(self.take_faults(), (spoken,)))
        else:
            self._effects.append(spoken)
        if reply.closes:
            self._mode = "over"

    def answer_now(self, reply: Reply) -> None:
        """Answer the command under way, whose method goes on and gives None."""
        self.log_command(str(reply.code))
        self.say(reply)

    def log_command(self, code: str) -> None:
        """Write the command under way into the journal. code: of its reply; empty if it gets none."""
        if (running := self._running) is not None:
            self._effects.append(Log("command", {"verb": running.verb, "argument": running.shown, "code": code}))

    def finish(self, reply: Reply | None) -> None:
        """The command under way is over. reply: None if it has been answered, or is not to be."""
        if reply is not None:
            self.answer_now(reply)
        self._running = None
        self._faults = ()

    def refuse(self, refused: Refused, shown: bytes) -> None:
        """The command under way is refused. shown: its line."""
        if refused.finding:
            self.find(refused.finding, b"" if shown[:4].upper() in SECRET else shown)
        self.finish(refused.reply)

    def plan_faults(self, verb: str, text: str) -> tuple[Reply | None, str]:
        """Note the faults that act on this command: a reply that takes its place, or None, and the argument.

        Raises: Refused.
        """
        faults = self.context.world.faults
        self.wish = NO_WISH
        self._faults = ()
        if not len(faults) and not faults.by_client:
            return None, text
        self._faults = faults.at_command(self.context, verb, text)
        if faults.by_client:
            self.wish, text = wish_of(verb, text, self.next_wish)
            if verb != "SITE":
                self.next_wish = ""
            if self.wish.do is not None:
                self._faults += faults.asked_for(self.context, self.wish.do)
        planned = None
        for fault in self._faults:
            made = fault.plan.do.reply
            if planned is None and made is not msgspec.UNSET:
                planned = Reply(made.code, made.text or "as planned by a fault", closes=made.code == 421)
        self._faults = tuple(fault for fault in self._faults if fault.plan.do.kind != "reply")
        return planned, text

    def take_faults(self) -> tuple[Fault, ...]:
        """The faults of the command under way, for its data connection instead of its reply."""
        faults, self._faults = self._faults, ()
        return faults


def call(function: Callable[..., Any], *arguments: Any, **named: Any) -> Callable[[], Any]:
    """Work on the file tree, to be yielded by a command."""
    return partial(function, *arguments, **named)
