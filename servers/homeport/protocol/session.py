"""What a protocol is to the driver: a session for each connection, a function for each datagram.

    driver ── event ──► Session.handle ── effects ──► driver

A session imports no Twisted, no socket and no clock. It knows its context, and through it the world.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from homeport.protocol.addresses import Address, address_text
from homeport.protocol.effects import CLOSE, Close, Effect, Find, Send
from homeport.protocol.events import Closed, Data, Eof, Event, LimitReached, Opened, Stopping

if TYPE_CHECKING:
    from homeport.world.world import World


class Context(msgspec.Struct, frozen=True):
    """What a session or a datagram function is given at birth; nothing else is reachable."""

    world: "World"
    options: Any
    """The service's options (the struct that its declaration names)."""
    listener: str
    """The listener's name within the service: `tcp`, `tls`, ..."""
    peer: Address
    local: Address
    conn: str = ""
    """How the journal names the connection: `c1`, `c2`, ...; empty for datagrams."""
    service: str = ""
    """The service's name."""


class Session(ABC):
    """The sans-IO state of one connection."""

    __slots__ = ("context",)

    def __init__(self, context: Context) -> None:
        self.context = context

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {address_text(self.context.peer)}>"

    @abstractmethod
    def handle(self, event: Event) -> Sequence[Effect]:
        """Take one event and answer with effects, in order. Never raises, whatever the peer sends."""


class AnswerAndClose(Session):
    """A session that answers as soon as it is opened, then closes: Daytime, Time, QOTD, Active Users.

    What the client sends is never an error, but a finding (`input`), raised once; so is a client that breaks the
    connection before it can have the whole answer (`early-close`). `ignored_input.stream_rules` declares both.
    """

    __slots__ = ("answered", "told")

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.answered = False
        self.told = False

    @abstractmethod
    def answer(self) -> bytes:
        """The whole answer; empty for none."""

    def handle(self, event: Event) -> Sequence[Effect]:
        kind = type(event)
        if kind is Opened:
            answer = self.answer()
            self.answered = bool(answer)
            return (Send(answer), Close()) if answer else CLOSE
        if kind is Data and not self.told:
            self.told = True
            return (Find("input", event.data),)  # type: ignore[attr-defined]  # narrowed by kind: isinstance costs
        if self.answered and is_broken(event):
            return (Find("early-close"),)
        return ENDING.get(kind, ())


def is_broken(event: Event) -> bool:
    """Whether the peer broke the connection instead of closing it in its turn."""
    return type(event) is Closed and event.reason.startswith(BROKEN)


BROKEN = ("broken", "closed by peer")
"""How the reasons of `Closed` begin that say so."""
ENDING: dict[type[Event], Sequence[Effect]] = {Eof: CLOSE, LimitReached: CLOSE, Stopping: CLOSE}
"""How a session without a farewell of its own answers the events that end it."""

Datagram = Callable[[Context, bytes], Sequence[Effect]]
"""A datagram service: what it answers one datagram with (`Send` for each, records besides)."""
