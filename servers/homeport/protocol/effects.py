"""Effects: the actions that a session returns for an event.

Names are imperatives. The driver executes effects in order; planned faults may alter them on the way, which a session
never notices. Records (`Log`, `ReportFinding`) are effects too, so that a test sees them as results of an event.

A long action (`Call`, a transfer) is an effect whose completion comes back as an event.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from homeport.protocol.place import Place

if TYPE_CHECKING:
    from homeport.protocol.addresses import Address
    from homeport.protocol.session import Context, Session
    from homeport.world.faults import Fault
    from homeport.world.files import FileSink, FileSource


class Effect(msgspec.Struct, frozen=True, gc=False):
    """Base of all effects."""


class Send(Effect, frozen=True):
    """Send bytes; from a datagram service or an exchange: one datagram, which may be empty."""

    data: bytes | memoryview


class SendUrgent(Effect, frozen=True):
    """Send bytes, the last of them as urgent data (RFC 9293 3.8.5): a Synch of Telnet is IAC and an urgent DM.

    Under TLS, and under faults on output, they are sent as ordinary data.
    """

    data: bytes


class Close(Effect, frozen=True):
    """Flush, then close. Later input is still read and delivered to the session, but no reply is sent."""


class Pull(Effect, frozen=True):
    """Deliver `Writable` whenever the send buffer is empty: for endless sources.

    Back-pressure is off: input is read however much is unsent, so the session must not answer input.
    """


class StopPull(Effect, frozen=True):
    """Deliver `Writable` no more until the next `Pull`: for endless sources with a rate of their own."""


class SetTimer(Effect, frozen=True):
    """Deliver `TimerFired(name)` after `seconds` of real time; replaces a timer of the same name."""

    name: str
    seconds: float


class CancelTimer(Effect, frozen=True):
    """Cancel the timer of that name, if it is set."""

    name: str


class Watch(Effect, frozen=True):
    """Deliver `Noticed` whenever this topic is published in the world (`world.notices`), until `Unwatch` or the end.

    At most `MAX_TOPICS` of a connection; one that is watched already is watched once.
    """

    topic: str


class Unwatch(Effect, frozen=True):
    """Watch this topic no more; a notice of it that was not delivered yet is dropped."""

    topic: str


class AwaitFlush(Effect, frozen=True):
    """Deliver `Flushed` in a later turn of the reactor, once nothing sent before is left in the send buffer.

    For long answers in pieces: the next is made when the client has taken the last, and other connections are served in
    between. Between two of them a session may work for a millisecond or two. No input is read until then.
    """


class AskHost(Effect, frozen=True):
    """Send a query to another host over TCP and deliver its answer as `HostAnswered`; one at a time."""

    host: str
    port: int
    query: bytes
    limit: int
    """Limit of the answer in bytes; the rest is cut off."""


class StartTls(Effect, frozen=True):
    """Start TLS as the server once everything sent before was flushed; `TlsStarted` or `Closed` follows.

    The session discards buffered input (RFC 3207 4.2); the driver discards input received in the clear.
    """


class StopTls(Effect, frozen=True):
    """End TLS by close_notify after everything sent before, and continue in the clear (RFC 4217 5).

    Input under TLS that still arrives and input in the clear are both delivered as `Data`. No event follows.
    """


class StartCompression(Effect, frozen=True):
    """Compress output by DEFLATE after everything sent before, and inflate input from here on (RFC 4978).

    The client must wait for the reply that announces it: input that was received in the clear after the command is
    taken for compressed, and mostly ends in `InflateFailed`. Events have plaintext; a small input may bring many of
    them, one in each turn.
    """


def nothing() -> None:
    """Do nothing: the default of `Call.then`."""


class Call(Effect, frozen=True):
    """Run blocking work (disk access, for example) in the thread pool; `Called` follows.

    Until then no input is read, and no event is delivered but `Closed`, `LimitReached` and `Stopping`. It must be the
    last effect of its turn. `then` runs on the reactor once the work has returned without raising, even if the
    connection has
    closed: the result of the work is not lost with it.
    """

    work: Callable[[], Any]
    then: Callable[[], Any] = nothing


class GroupCommit(Call, frozen=True):
    """A `Call` whose work also completes that of earlier ones, such as an fsync of a file that many write to.

    Of a listener's pending group commits only the newest runs in the thread pool. Afterwards the work of each runs on
    the reactor, for its own result or exception; it must find nothing left to do there, and not block.
    """


class Compute(Call, frozen=True):
    """A `Call` whose work takes a processor, such as the hash of a password.

    Few of a listener's run at once; the others wait without a thread, of which work with the disk needs some.
    """


class SendAfter(Effect, frozen=True):
    """From a datagram service: run blocking work in the thread pool, then send a datagram that depends on its end.

    No fault acts on that datagram, and the journal does not have it.
    """

    work: Callable[[], Any]
    answer: Callable[[Exception | None], bytes | None]
    """Returns the datagram, by the exception of the work; None for none."""


class AnswerLater(Effect, frozen=True):
    """From a datagram service: deliver this datagram again once the registry has caught up with the clock.

    No fault acts on its answer then, and the journal does not have it.
    """

    data: bytes


class OpenExchange(Effect, frozen=True):
    """From a datagram service: begin an exchange with the sender of this datagram.

    An exchange is a session over UDP with one peer: it has a socket of its own, on the address that was asked, which
    the peer's later datagrams are to be sent to (RFC 1350 4). `Opened` comes first, then `Requested` with this
    datagram. There is one exchange of each peer at a time: if it has one, that one gets `Requested`, and a new one
    begins only if it closes in answer.
    """

    session: "Callable[[Context], Session]"
    data: bytes
    first_port: int = 0
    """First port of the range for its socket, inclusive; 0: any free port."""
    last_port: int = 0
    """Last port of the range, inclusive."""


class SendTo(Effect, frozen=True):
    """From an exchange: send a datagram to another than its peer, in answer to `Strayed`. The guard may drop it."""

    data: bytes
    address: "Address"


class Dally(Effect, frozen=True):
    """From an exchange whose work is done: keep it for `seconds`, for a peer that repeats itself, then close it.

    It no longer counts for the limits: a new exchange may take its place.
    """

    seconds: float


class ListenData(Effect, frozen=True):
    """Listen for one data connection on the control connection's local address; `DataListening` follows.

    An earlier data connection or listener is closed.
    """

    first_port: int = 0
    """First port of the range, inclusive; 0: any free port."""
    last_port: int = 0
    """Last port of the range, inclusive."""
    anybody: bool = False
    """True to accept it from a host other than the control connection's (RFC 2577 4)."""


class Convert(Protocol):
    """A conversion of the bytes of a transfer."""

    def feed(self, data: bytes) -> bytes:
        """Convert the next bytes. Some of them may be held back."""

    def finish(self) -> bytes:
        """Return the bytes held back. Raises: ValueError, with a message for people, if the input is malformed."""


class ConvertIncoming(Convert, Protocol):
    """A conversion of an incoming transfer, in which the end of the file may be marked."""

    @property
    def ended(self) -> bool:
        """True if that mark has come, so that the transfer ends though the peer may not close."""

    @property
    def marked(self) -> bool:
        """True if a restart marker has come: `DataSafe` is delivered when all before it is on stable storage."""


class DataConnection(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters of a transfer's data connection."""

    connect_to: "Address | None" = None
    """Address to connect to; None: use the connection accepted on the port of `ListenData`, or wait for it."""
    from_port: int = 0
    """Local port when connecting: the default data port (RFC 959 3.2); 0: any."""
    tls: bool = False
    """True if it begins with a TLS handshake, as the server (RFC 4217 7)."""
    resume: bool = False
    """True if that handshake must resume the control connection's TLS session."""
    seconds: float = 60.0
    """Timeout in seconds of real time: for the connection to be established, and between bytes."""
    bandwidth: int = 0
    """Rate limit in bytes per second; 0: none."""


class SendFile(Effect, frozen=True):
    """Send a file over a data connection and close it. `DataOpened` and `DataDone` follow, or `DataDone` alone.

    The driver closes the file.
    """

    source: "FileSource"
    over: DataConnection
    convert: Convert | None = None
    progress: "Progress | None" = None


class ReceiveFile(Effect, frozen=True):
    """Receive a file over a data connection until the peer closes it or `convert` has ended; events as for `SendFile`.

    `DataSafe` may come between them, if `convert` is `marked`. The driver writes to the sink; the session commits or
    discards it after `DataDone`.
    """

    sink: "FileSink"
    over: DataConnection
    convert: ConvertIncoming | None = None
    progress: "Progress | None" = None


class CloseData(Effect, frozen=True):
    """Close the data connection and its listener at once; a transfer in progress ends with `DataDone("aborted")`."""


class Progress:
    """Progress of a transfer: counted by the driver, readable by the session at any time."""

    __slots__ = ("octets",)

    def __init__(self) -> None:
        self.octets = 0
        """Bytes that the data connection has carried."""


class Conceal(Effect, frozen=True):
    """Mask a secret in the received bytes: the journal shows `*` unless `[journal] secrets` is set.

    Must be among the effects of the `Data` that brought the last byte of it.
    """

    size: int
    """Length of the secret in bytes."""
    after: int = 0
    """Bytes received after its last one."""


class ConcealSent(Effect, frozen=True):
    """Mask a secret in the bytes that will be sent, where it comes next: as `Conceal` does in those received."""

    secret: bytes
    before: bytes = b""
    """Text that it follows, which is shown."""


class Misbehave(Effect, frozen=True):
    """Execute effects under a planned fault, which `world.faults.at_command` returned for the command."""

    fault: "Fault"
    effects: Sequence[Effect]
    lasts: bool = False
    """True if all later output is under the fault too: the answer, made in several turns, ends the connection."""


class BeginFault(Effect, frozen=True):
    """Have a fault act on the connection from here on, as one does that was planned for it."""

    fault: "Fault"


class LogFault(Effect, frozen=True):
    """Write a journal event `fault`, for a fault that the session itself applies. did: what it did, for people."""

    fault: "Fault"
    did: str
    instead_of: str = ""
    """What the server would have done or said without the fault."""


class Log(Effect, frozen=True):
    """Write a journal event of that type (`command`, `login`, `message`, ...) with these fields."""

    type: str
    fields: dict[str, Any]
    place: Place | None = None
    """Place of the command that the event is about."""


class ReportFinding(Effect, frozen=True):
    """Report a finding. id: without the service's name. data: the input that shows it, cut to its first bytes.

    Findings are public: leave `data` out if it is, or may contain, a secret.
    """

    id: str
    data: bytes = b""
    transaction: str = ""
    """Identifier of the transaction that it belongs to, such as a message; empty for the session as a whole."""
    place: Place | None = None
    """Place of the line that it is about; None: it is looked for by `data`."""


CLOSE: tuple[Effect, ...] = (Close(),)
"""The usual response to `Eof`, `LimitReached` and `Stopping`."""


def under_faults(faults: Sequence["Fault"], effects: Sequence[Effect], *, last: bool = False) -> Sequence[Effect]:
    """Return effects wrapped in all of these faults, the first innermost; unchanged if there are no faults.

    last: as `Misbehave.lasts`.
    """
    for fault in faults:
        effects = (Misbehave(fault, effects, last),)
    return effects
