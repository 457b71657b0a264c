"""What the driver does for each effect but `Send` (`io/net/stream.py`): ACTIONS has a function for each."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from homeport.protocol.effects import (
    AskHost,
    Call,
    CallTogether,
    CancelTimer,
    Close,
    CloseData,
    Conceal,
    Effect,
    Find,
    ListenData,
    Log,
    Pull,
    ReceiveFile,
    SendFile,
    SetTimer,
    StartTls,
    StopTls,
)
from homeport.world.journal import Connection

if TYPE_CHECKING:
    from homeport.io.net.listener import StreamListener
    from homeport.io.net.requests import Requests
    from homeport.world.faults import Fault


COUNTED = ("command", "epp")
"""Types of events that are commands with their answers."""
RECORDS = (Log, Find, Conceal)
"""Effects that only write something down: all that counts of a session whose connection is gone."""
ANSWERED = (Call, CallTogether, AskHost, ListenData, SendFile, ReceiveFile, StartTls, Pull)
"""Effects whose event the session waits for: where one fails, the session cannot go on."""


class Actor(Protocol):
    """The connection that effects act on."""

    @property
    def fd(self) -> int: ...
    @property
    def listener(self) -> "StreamListener": ...
    @property
    def connection(self) -> Connection: ...
    @property
    def requests(self) -> "Requests | None": ...
    def request(self) -> "Requests": ...
    def close(self) -> None: ...
    def pull(self) -> None: ...
    def start_tls(self) -> None: ...
    def leave_tls(self) -> None: ...


def set_timer(stream: Actor, effect: SetTimer) -> None:
    """Start a timer of real time."""
    if stream.fd >= 0:
        stream.request().set_timer(effect.name, effect.seconds)


def cancel_timer(stream: Actor, effect: CancelTimer) -> None:
    """Stop a timer, if it runs."""
    if stream.requests is not None:
        stream.requests.cancel_timer(effect.name)


def call(stream: Actor, effect: Call) -> None:
    """Run work off the reactor; nothing is read until it is over."""
    stream.request().call(effect)


def ask_host(stream: Actor, effect: AskHost) -> None:
    """Ask another host on the session's behalf."""
    if stream.fd >= 0:
        stream.request().ask_host(effect)


def listen_data(stream: Actor, effect: ListenData) -> None:
    """Wait for a data connection."""
    if stream.fd >= 0:
        stream.request().data_driver().listen(effect)


def transfer(stream: Actor, effect: SendFile | ReceiveFile, faults: Sequence["Fault"] = ()) -> None:
    """Move a file over a data connection. faults: that act on it."""
    if stream.fd >= 0:
        stream.request().data_driver().begin(effect, faults)


def close_data(stream: Actor, _effect: CloseData) -> None:
    """Close the data connection."""
    if stream.requests is not None and stream.requests.data is not None:
        stream.requests.data.close()


def log(stream: Actor, effect: Log) -> None:
    """Write the session's event into the journal."""
    listener = stream.listener
    if effect.type not in listener.event_types:
        listener.undeclared("type of events", effect.type)
    if effect.type in COUNTED:
        listener.counters.command(effect.fields)
    listener.journal.log(stream.connection, effect.type, effect.fields)


def conceal(stream: Actor, effect: Conceal) -> None:
    """Have the journal forget a secret."""
    stream.listener.journal.conceal(stream.connection, effect.size, effect.after)


def find(stream: Actor, effect: Find) -> None:
    """Raise the session's finding."""
    stream.listener.find(effect.id, stream.connection, effect.data)


ACTIONS: dict[type[Effect], Callable[[Any, Any], None]] = {  # Any: each takes the effect that it stands under
    Close: lambda stream, _effect: stream.close(),
    Pull: lambda stream, _effect: stream.pull(),
    SetTimer: set_timer,
    CancelTimer: cancel_timer,
    AskHost: ask_host,
    ListenData: listen_data,
    SendFile: transfer,
    ReceiveFile: transfer,
    CloseData: close_data,
    Call: call,
    CallTogether: call,
    StartTls: lambda stream, _effect: stream.start_tls(),
    StopTls: lambda stream, _effect: stream.leave_tls(),
    Log: log,
    Conceal: conceal,
    Find: find,
}
"""By effect. `Send` is looked at first, because it is nearly all of them."""
