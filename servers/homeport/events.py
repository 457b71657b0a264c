"""What happened: the events that the driver tells a session of.

Names are in the past tense. Order is meaning: `Opened` comes first, `Closed` last, and nothing follows it.
Structs of msgspec because one is made for every read of every connection (27 ns here, a dataclass 400).
"""

import msgspec


class Event(msgspec.Struct, frozen=True, gc=False):
    """Anything that a session can be told."""


class Opened(Event, frozen=True):
    """The connection stands; who is at the other end is in the session's context."""


class Data(Event, frozen=True):
    """Octets arrived. How they are cut says nothing (RFC 1123 4.1.2.10); never empty."""

    data: bytes


class Eof(Event, frozen=True):
    """The peer has shut its sending side and still reads (a half-close): it gets its whole answer."""


class Writable(Event, frozen=True):
    """All that was sent has been taken by the network; comes to sessions that asked by `Pull`."""


class TimerFired(Event, frozen=True):
    """A timer set by `SetTimer` has run out."""

    name: str


class HostAnswered(Event, frozen=True):
    """What a host said that was asked by `AskHost`, up to its close or the limit."""

    data: bytes
    error: str
    """Why there is no answer, or no more of it, in words for people; empty if all went well."""


class LimitReached(Event, frozen=True):
    """The connection passed a limit (`idle`, `time`, `bytes`); what the session answers is sent, then it is closed."""

    limit: str


class Stopping(Event, frozen=True):
    """The farm or the world is closing; what the session answers is sent, then the connection is closed."""


class Closed(Event, frozen=True):
    """The connection is gone, for the reason given; effects of the answer that would send are dropped."""

    reason: str
