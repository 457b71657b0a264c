"""What happened: the events that the driver tells a session of.

Names are in the past tense. Order is meaning: `Opened` comes first, `Closed` last, and nothing follows it.
Structs of msgspec because one is made for every read of every connection (27 ns here, a dataclass 400).
"""

from typing import Any

import msgspec


class Tls(msgspec.Struct, frozen=True, kw_only=True):
    """What was agreed in a TLS handshake."""

    version: str
    """`TLSv1.3`, `TLSv1.2`, ..."""
    cipher: str
    server_name: str = ""
    """The name that the client asked for (SNI, RFC 6066 3); empty for none."""
    certificate: bytes = b""
    """The client's certificate in DER; empty for none."""
    verified: bool = False
    """Whether the client's certificate chains to an authority that we trust."""
    bindings: dict[str, bytes] = {}
    """Channel bindings by name: `tls-server-end-point`, `tls-unique` (RFC 5929), `tls-exporter` (RFC 9266)."""
    resumed: bool = False
    """Whether the session continues an earlier one."""


class Event(msgspec.Struct, frozen=True, gc=False):
    """Anything that a session can be told."""


class Opened(Event, frozen=True):
    """The connection stands; who is at the other end is in the session's context."""

    tls: Tls | None = None
    """What was agreed, on a listener that begins with TLS."""


class TlsStarted(Event, frozen=True):
    """The handshake that `StartTls` asked for is done: what follows is under TLS."""

    tls: Tls


class Data(Event, frozen=True):
    """Octets arrived. How they are cut says nothing (RFC 1123 4.1.2.10); never empty."""

    data: bytes


class Eof(Event, frozen=True):
    """The peer has shut its sending side and still reads (a half-close): it gets its whole answer."""

    truncated: bool = False
    """Under TLS: the stream ended without a close_notify (RFC 8446 6.1), so what came may not be all that was sent."""


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


class Called(Event, frozen=True):
    """The work of a `Call` is over."""

    result: Any
    """What it gave; None if it raised."""
    error: Exception | None
    """What it, or what was done after it, has raised; None if all went well."""


class DataListening(Event, frozen=True):
    """A data connection is waited for, as `ListenData` asked."""

    port: int
    """0 if there is no free port."""
    to_gateway: bool = False
    """Whether the client has the address of this machine's router, as one of a published port has in a container."""


class DataOpened(Event, frozen=True):
    """The data connection of a transfer stands."""

    peer: tuple[str, int]
    tls: Tls | None = None


class DataSafe(Event, frozen=True):
    """What has come so far of a file that is received is as safe as the tree keeps it, and more will come."""


class DataDone(Event, frozen=True):
    """A transfer has ended; its data connection is closed."""

    octets: int
    """Those that the data connection has carried."""
    seconds: float
    """Real time from the opening of the data connection."""
    problem: str = ""
    """`no connection`, `foreign peer`, `handshake`, `not resumed`, `broken`, `timeout`, `aborted`, `file`, `content`,
    `no space`, `fault` (a planned one has cut it); empty if all went well."""
    detail: str = ""
    """The same in words for people."""
    truncated: bool = False
    """Whether the peer ended TLS without close_notify (RFC 4217 7)."""


class LimitReached(Event, frozen=True):
    """The connection passed a limit (`idle`, `time`, `bytes`); what the session answers is sent, then it is closed."""

    limit: str


class Stopping(Event, frozen=True):
    """The farm or the world is closing; what the session answers is sent, then the connection is closed."""


class Closed(Event, frozen=True):
    """The connection is gone, for the reason given; effects of the answer that would send are dropped."""

    reason: str
