"""The interface between driver and protocol: a session per connection, a function per datagram.

    driver ── event ──► Session.handle ── effects ──► driver

A session is sans-IO: it imports no Twisted, no socket and no clock. It refers only to its context, and through it to
the world.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from homeport.protocol.addresses import Address, address_text
from homeport.protocol.effects import CLOSE, Close, Effect, ReportFinding, Send
from homeport.protocol.events import Closed, Data, Eof, Event, LimitReached, Opened, Stopping
from homeport.protocol.rules import Rule

if TYPE_CHECKING:
    from homeport.world.world import World


class Context(msgspec.Struct, frozen=True):
    """Everything that a session or a datagram function can refer to."""

    world: "World"
    options: Any
    """The service's options: the struct class of its declaration."""
    listener: str
    """Name of the listener within the service: `tcp`, `tls`, ..."""
    peer: Address
    local: Address
    conn: str = ""
    """Identifier of the connection in the journal: `c1`, `c2`, ...; empty for datagrams."""
    service: str = ""
    """Name of the service."""
    line_timeout_s: float = 30.0
    """Timeout of a line from its first byte to its end, in seconds of real time (`[limits] line`); 0: none."""


class Session(ABC):
    """The sans-IO state of one connection."""

    __slots__ = ("context",)

    engine_rules: ClassVar[tuple[Rule, ...]] = ()
    """Rules that the session class checks by itself, and that its service need not declare."""
    early: ClassVar[str] = ""
    """Finding for input before the greeting, in protocols whose clients wait for it; empty for none."""

    heeds_urgent: ClassVar[bool] = False
    """True if it gets `UrgentPending`; urgent data is delivered in line in any case."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {address_text(self.context.peer)}>"

    @property
    def turn_bytes(self) -> int:
        """Limit of the input that the driver delivers in one turn of the reactor, in the current state; 0: none.

        Sessions that may do much work per byte set it, because all connections share one reactor.
        """
        return 0

    @property
    def awaits_rest(self) -> bool:
        """True if a part of a message has arrived. The driver acknowledges it at once.

        A client with Nagle's algorithm sends the end of what it has written in two parts when the first is
        acknowledged, which takes 40 ms by default.
        """
        return False

    def content_size(self, data: bytes) -> int:
        """Return the number of bytes, of input where `turn_bytes` is 0, that belong to the content being received.

        Commands may follow the content in the same input: the driver delivers them as `turn_bytes` allows then.
        """
        return len(data)

    @abstractmethod
    def handle(self, event: Event) -> Sequence[Effect]:
        """Handle one event and return effects, in order. Must not raise for any input."""


class AnswerAndClose(Session):
    """A session that answers when it is opened, then closes: Daytime, Time, QOTD, Active Users.

    Input is never an error, but a finding (`input`), reported once; so is a client that resets the connection before it
    can have the whole answer (`early-close`). `ignored_input.stream_rules` declares both.
    """

    __slots__ = ("answered", "reported")

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.answered = False
        self.reported = False

    @abstractmethod
    def answer(self) -> bytes:
        """Return the whole answer; empty for none."""

    def handle(self, event: Event) -> Sequence[Effect]:
        kind = type(event)
        if kind is Opened:
            answer = self.answer()
            self.answered = bool(answer)
            return (Send(answer), Close()) if answer else CLOSE
        if kind is Data and not self.reported:
            self.reported = True
            return (ReportFinding("input", event.data),)  # type: ignore[attr-defined]  # narrowed by kind: isinstance costs
        if self.answered and is_broken(event):
            return (ReportFinding("early-close"),)
        return ENDING.get(kind, ())


def is_broken(event: Event) -> bool:
    """Return True if the event is a `Closed` for a reset or an error, not for an orderly close."""
    return type(event) is Closed and event.reason.startswith(BROKEN)


BROKEN = ("broken", "closed by peer")
"""Prefixes of such reasons of `Closed`."""
ENDING: dict[type[Event], Sequence[Effect]] = {Eof: CLOSE, LimitReached: CLOSE, Stopping: CLOSE}
"""Responses of a session without a closing reply to the events that end it."""

Datagram = Callable[[Context, bytes], Sequence[Effect]]
"""A datagram service: returns a `Send` for each datagram of its answer, and records."""
