"""What shall be done: the effects that a session answers an event with.

Names are imperatives. The driver carries them out in the order given, and faults act on them on the way: a session
never knows. Records (`Log`, `Find`) are effects too, so that a test sees them as consequences of an event.

What takes time or moves much (`Call`, transfers) is an effect whose end comes back as an event.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

if TYPE_CHECKING:
    from homeport.protocol.addresses import Address
    from homeport.world.faults import Fault
    from homeport.world.files import FileSink, FileSource


class Effect(msgspec.Struct, frozen=True, gc=False):
    """Anything that a session can ask for."""


class Send(Effect, frozen=True):
    """Send octets; from a datagram service: one datagram, which may be empty."""

    data: bytes | memoryview


class Close(Effect, frozen=True):
    """Send what is waiting, then close; what the peer still sends is read and told, but no longer answered."""


class Pull(Effect, frozen=True):
    """Tell `Writable` whenever the network has taken all: for sources without end.

    Their input is read however much waits to be sent, so they must answer none of it.
    """


class SetTimer(Effect, frozen=True):
    """Tell `TimerFired(name)` after so many seconds of real time; replaces a timer of the same name."""

    name: str
    seconds: float


class CancelTimer(Effect, frozen=True):
    """Forget the timer of that name; one that is not set is no error."""

    name: str


class AskHost(Effect, frozen=True):
    """Send a query to another host over TCP and tell all that it answers by `HostAnswered`; one at a time."""

    host: str
    port: int
    query: bytes
    limit: int
    """Octets of the answer that are wanted; what is longer is cut there."""


class StartTls(Effect, frozen=True):
    """Begin TLS as the server when all that was sent before has been taken; `TlsStarted` or `Closed` follows.

    The session forgets what it holds of the input (RFC 3207 4.2): the driver drops what came in the clear.
    """


class StopTls(Effect, frozen=True):
    """End TLS when all that was sent before is under it, by close_notify, and go on in the clear (RFC 4217 5).

    What the client still says under TLS, and what it says in the clear, is told alike. No event follows.
    """


def nothing() -> None:
    """What is done after a call for which nothing is to be done."""


class Call(Effect, frozen=True):
    """Run work that takes its time (a disk's, say) off the reactor; `Called` follows.

    Meanwhile no input is read, and no event told but `Closed`, `LimitReached` and `Stopping`; it is the last effect of
    its answer. `then` runs on the reactor once the work has returned without raising, even if the connection is gone:
    what the work has done is not lost with it.
    """

    work: Callable[[], Any]
    then: Callable[[], Any] = nothing


class CallTogether(Call, frozen=True):
    """The same for work that does what was asked for earlier, too, such as writing a file to the disk.

    Of the calls of a listener that wait, the newest one's work is run off the reactor; when it is over, the others'
    must take no time: they are run on the reactor, for what each of them returns or raises.
    """


class ListenData(Effect, frozen=True):
    """Wait for one data connection on the control connection's own address; `DataListening` follows.

    A data connection or listener of before is closed.
    """

    first_port: int = 0
    """The range that the port is taken from, both ends included; 0: any free port."""
    last_port: int = 0
    anybody: bool = False
    """Whether it may come from another host than the control connection (RFC 2577 4)."""


class Convert(Protocol):
    """Changes the octets of a transfer on their way."""

    def feed(self, data: bytes) -> bytes:
        """What becomes of the next octets; some may be held back."""

    def finish(self) -> bytes:
        """What is left at the end. Raises: ValueError in words if what was fed is broken."""


class ConvertIncoming(Convert, Protocol):
    """Changes the octets of a transfer that comes in, in which the end of the file may be marked."""

    @property
    def ended(self) -> bool:
        """Whether that mark has come, so that the transfer is over though the peer may not close."""

    @property
    def marked(self) -> bool:
        """Whether something has come of which the session wants to know when all before it is safe: `DataSafe`."""


class DataConnection(msgspec.Struct, frozen=True, kw_only=True):
    """How the data connection of a transfer comes to be."""

    connect_to: "Address | None" = None
    """Where to connect to; None: wait for whoever comes to the port of `ListenData`, or may have come already."""
    from_port: int = 0
    """Our port when we connect: the default data port (RFC 959 3.2); 0: any."""
    tls: bool = False
    """Whether it begins with a TLS handshake, as the server (RFC 4217 7)."""
    resume: bool = False
    """Whether that handshake must continue the control connection's TLS session."""
    seconds: float = 60.0
    """Real time within which it must stand, and within which octets must move."""
    bandwidth: int = 0
    """Octets a second that it carries at most; 0: as many as it can."""


class SendFile(Effect, frozen=True):
    """Send a file over a data connection, then close that; `DataOpened`, then `DataDone` follow, or `DataDone` alone.

    The file is closed by the driver.
    """

    source: "FileSource"
    over: DataConnection
    convert: Convert | None = None
    progress: "Progress | None" = None


class ReceiveFile(Effect, frozen=True):
    """Receive a file over a data connection until the peer closes it or `convert` has ended; events as of `SendFile`.

    Between them `DataSafe` may come, where `convert` is `marked`.
    The driver writes to the sink; the session keeps or drops it when `DataDone` says how it went.
    """

    sink: "FileSink"
    over: DataConnection
    convert: ConvertIncoming | None = None
    progress: "Progress | None" = None


class CloseData(Effect, frozen=True):
    """Close the data connection and its listener at once; a transfer under way ends with `DataDone("aborted")`."""


class Progress:
    """How far a transfer is; the driver counts, the session may look at any time."""

    __slots__ = ("octets",)

    def __init__(self) -> None:
        self.octets = 0
        """Octets that the data connection has carried."""


class Conceal(Effect, frozen=True):
    """Octets of the input are a secret: the journal shows `*` in their place unless `[journal] secrets` is set.

    Comes with the effects of the `Data` that brought the last of them.
    """

    size: int
    after: int = 0
    """Octets that have been received since the last of them."""


class Misbehave(Effect, frozen=True):
    """Carry out effects under a fault that `world.faults.at_command` gave for the command that they answer."""

    fault: "Fault"
    effects: Sequence[Effect]


class Log(Effect, frozen=True):
    """Write an event of a type of the journal (`command`, `login`, `message`, ...) with its fields."""

    type: str
    fields: dict[str, Any]


class Find(Effect, frozen=True):
    """Raise the finding of that identifier (without the service's name), with the octets whose first ones show it.

    These are shown to everybody who reads findings: where they are, or may hold, a secret, leave them out.
    """

    id: str
    data: bytes = b""


CLOSE: tuple[Effect, ...] = (Close(),)
"""The commonest answer to `Eof`, `LimitReached` and `Stopping`."""


def under_faults(faults: Sequence["Fault"], effects: Sequence[Effect]) -> Sequence[Effect]:
    """Effects under all of these faults; the effects themselves if there are none."""
    for fault in faults:
        effects = (Misbehave(fault, effects),)
    return effects
