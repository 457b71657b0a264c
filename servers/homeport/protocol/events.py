"""Events: everything that the driver delivers to a session.

Names are in the past tense. `Opened` comes first, `Closed` last, and nothing follows it. They are structs of msgspec
because one is created for every read of every connection: 27 ns each, where a dataclass takes 400 ns.
"""

from collections.abc import Callable
from typing import Any

import msgspec

Exporter = Callable[[bytes, int, bytes], bytes]
"""Derives a key from a TLS connection (RFC 8446 7.5), of a label, the key's length in bytes, and a context."""


class Tls(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters negotiated in a TLS handshake."""

    version: str
    """`TLSv1.3`, `TLSv1.2`, ..."""
    cipher: str
    server_name: str = ""
    """The name that the client asked for (SNI, RFC 6066 3); empty for none."""
    certificate: bytes = b""
    """The client's certificate in DER; empty for none."""
    verified: bool = False
    """True if the client's certificate chains to an authority that the farm trusts."""
    bindings: dict[str, bytes] = {}
    """Channel bindings by name: `tls-server-end-point`, `tls-unique` (RFC 5929), `tls-exporter` (RFC 9266)."""
    resumed: bool = False
    """True if the session was resumed."""
    protocol: str = ""
    """The protocol that was agreed on by ALPN (RFC 7301); empty if the client offered none."""
    export: Exporter | None = None
    """Derives keys that the client derives, too; to be called while the connection is open. None: not available."""


class Event(msgspec.Struct, frozen=True, gc=False):
    """Base of all events."""


class Opened(Event, frozen=True):
    """The connection is established; the peer's address is in the session's context."""

    tls: Tls | None = None
    """Negotiated parameters, on a listener with implicit TLS."""


class TlsStarted(Event, frozen=True):
    """The handshake that `StartTls` asked for is done: input and output are under TLS from here on."""

    tls: Tls


class InflateFailed(Event, frozen=True):
    """Input after `StartCompression` was not valid DEFLATE. The session's reply is sent before the close."""

    reason: str
    """The error, for people."""


class Data(Event, frozen=True):
    """Bytes were received, at least one. Segment boundaries carry no meaning (RFC 1123 4.1.2.10).

    To an exchange: a datagram, which may be empty.
    """

    data: bytes


class Requested(Event, frozen=True):
    """A datagram of an exchange's peer came to the port of the service: the one that began it, or a later one.

    Datagrams that come to the exchange's own port are `Data`, one each.
    """

    data: bytes


class Strayed(Event, frozen=True):
    """A datagram of another than the exchange's peer came to its port."""

    data: bytes
    peer: tuple[str, int]


class UrgentPending(Event, frozen=True):
    """The peer has sent urgent data that was not read yet; the next `Data` ends before its last byte, the mark.

    Only sessions that set `heeds_urgent` get it, before each read, and never under TLS.
    """

    at_mark: bool
    """True if the next `Data` begins with the mark instead."""


class TalkedEarly(Event, frozen=True):
    """The client sent input before it could have the greeting; the `Data` that it begins with follows.

    Only sessions that set `early` get it.
    """

    data: bytes


class Eof(Event, frozen=True):
    """The peer has half-closed: it sends no more and still reads, so it gets its whole answer."""

    truncated: bool = False
    """True if the stream ended without a close_notify under TLS (RFC 8446 6.1), so that input may be missing."""


class Writable(Event, frozen=True):
    """The send buffer is empty; delivered to sessions that asked by `Pull`."""


class TimerFired(Event, frozen=True):
    """A timer set by `SetTimer` has expired."""

    name: str


class Noticed(Event, frozen=True):
    """Topics of `Watch` were published since the last one: each once, however often.

    Delivered in the turn after the first of them, never inside another event; held back while a `Call` runs, and while
    the client does not read.
    """

    topics: frozenset[str]


class Flushed(Event, frozen=True):
    """Everything that was sent before `AwaitFlush` has left the send buffer."""


class HostAnswered(Event, frozen=True):
    """The answer of a host queried by `AskHost`, up to its close or the limit."""

    data: bytes
    error: str
    """Error message for people, if the answer is missing or incomplete; empty on success."""


class Called(Event, frozen=True):
    """The work of a `Call` is done."""

    result: Any
    """Its return value; None if it raised."""
    error: Exception | None
    """The exception of `work` or `then`; None on success."""


class DataListening(Event, frozen=True):
    """The data port that `ListenData` asked for is open."""

    port: int
    """0 if no port was free."""
    to_gateway: bool = False
    """True if the client has the address of the default gateway, as clients of a container's published port have."""


class DataOpened(Event, frozen=True):
    """The data connection of a transfer is established."""

    peer: tuple[str, int]
    tls: Tls | None = None


class DataSafe(Event, frozen=True):
    """The received part of a file is on stable storage, as far as the tree has any; more will come."""


class DataDone(Event, frozen=True):
    """A transfer has ended; its data connection is closed."""

    octets: int
    """Bytes that the data connection has carried."""
    seconds: float
    """Real time since the data connection was opened."""
    problem: str = ""
    """`no connection`, `foreign peer` (none of the client, but one of another host), `handshake`, `not resumed`, `tls`
    (the client has begun TLS on a connection in the clear), `broken`, `timeout`, `aborted`, `file`, `content`,
    `no space`, `too large`, `fault` (a planned fault has cut it); empty on success."""
    detail: str = ""
    """The same as a message for people."""
    truncated: bool = False
    """True if the peer ended TLS without close_notify (RFC 4217 7)."""
    orphaned: bool = False
    """True if a received file ended by the close of its connection when the control connection was closed too."""


class LimitReached(Event, frozen=True):
    """The connection exceeded a limit (`idle`, `time`, `received`). The session's reply is sent, then it is closed."""

    limit: str


class Stopping(Event, frozen=True):
    """The farm or the world is stopping. The session's reply is sent, then the connection is closed."""


class Closed(Event, frozen=True):
    """The connection is closed. Of the returned effects only records are executed."""

    reason: str
