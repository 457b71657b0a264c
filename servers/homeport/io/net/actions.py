"""Execution of effects: ACTIONS has a function for each but `Send`, which `io/net/stream.py` inlines."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from homeport.protocol.effects import (
    AskHost,
    AwaitFlush,
    BeginFault,
    Call,
    CancelTimer,
    Close,
    CloseData,
    Compute,
    Conceal,
    ConcealSent,
    Effect,
    GroupCommit,
    ListenData,
    Log,
    LogFault,
    Pull,
    ReceiveFile,
    ReportFinding,
    SendFile,
    SendUrgent,
    SetTimer,
    StartCompression,
    StartTls,
    StopPull,
    StopTls,
    Unwatch,
    Watch,
)
from homeport.world.journal import Connection
from homeport.world.sent_secrets import SentSecrets

if TYPE_CHECKING:
    from homeport.io.net.listener import StreamListener
    from homeport.io.net.requests import Requests
    from homeport.world.faults import Fault


COUNTED = ("command", "epp")
"""Types of journal events that are counted as commands."""
RECORDS = (Log, ReportFinding, Conceal, ConcealSent)
"""Effects that only write records: the only ones executed after the connection has closed."""
ANSWERED = (Call, Compute, GroupCommit, AskHost, AwaitFlush, ListenData, SendFile, ReceiveFile, StartTls, Pull)
"""Effects whose event the session waits for: if one fails, the connection must be closed."""


class Actor(Protocol):
    """The connection that effects act on, as seen by the functions here."""

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
    def send_urgent(self, data: bytes) -> None: ...
    def pull(self) -> None: ...
    def stop_pull(self) -> None: ...
    def start_compression(self) -> None: ...
    def start_tls(self) -> None: ...
    def leave_tls(self) -> None: ...
    def add_faults(self, faults: "Iterable[Fault]") -> None: ...
    def begin_faults(self) -> None: ...


def set_timer(stream: Actor, effect: SetTimer) -> None:
    """Start a timer (real time)."""
    if stream.fd >= 0:
        stream.request().set_timer(effect.name, effect.seconds)


def cancel_timer(stream: Actor, effect: CancelTimer) -> None:
    """Cancel a timer, if it is set."""
    if stream.requests is not None:
        stream.requests.cancel_timer(effect.name)


def call(stream: Actor, effect: Call) -> None:
    """Run work in the thread pool; reading is suspended until it is done."""
    stream.request().call(effect)


def watch(stream: Actor, effect: Watch) -> None:
    """Watch a topic of the world."""
    if stream.fd >= 0:
        stream.request().wakeups.watch(effect.topic)


def unwatch(stream: Actor, effect: Unwatch) -> None:
    """Watch a topic no more."""
    if stream.requests is not None:
        stream.requests.wakeups.unwatch(effect.topic)


def await_flush(stream: Actor, _effect: AwaitFlush) -> None:
    """Deliver `Flushed` once the output is flushed."""
    if stream.fd >= 0:
        stream.request().wakeups.await_flush()


def ask_host(stream: Actor, effect: AskHost) -> None:
    """Query another host on behalf of the session."""
    if stream.fd >= 0:
        stream.request().ask_host(effect)


def listen_data(stream: Actor, effect: ListenData) -> None:
    """Listen for a data connection."""
    if stream.fd >= 0:
        stream.request().data_driver().listen(effect)


def transfer(stream: Actor, effect: SendFile | ReceiveFile, faults: Sequence["Fault"] = ()) -> None:
    """Start a transfer over a data connection. faults: those that act on it."""
    if stream.fd >= 0:
        stream.request().data_driver().begin(effect, faults)


def close_data(stream: Actor, _effect: CloseData) -> None:
    """Close the data connection."""
    if stream.requests is not None and stream.requests.data is not None:
        stream.requests.data.close()


def log(stream: Actor, effect: Log) -> None:
    """Write the session's event to the journal, and count commands."""
    listener = stream.listener
    if effect.type not in listener.event_types:
        listener.undeclared("type of events", effect.type)
    if effect.type in COUNTED:
        listener.counters.command(effect.fields)
    listener.journal.log(stream.connection, effect.type, effect.fields, effect.place)


def conceal(stream: Actor, effect: Conceal) -> None:
    """Mask a secret in the journal."""
    stream.listener.journal.conceal(stream.connection, effect.size, effect.after)


def conceal_sent(stream: Actor, effect: ConcealSent) -> None:
    """Have the journal mask a secret in what is sent."""
    if not stream.listener.journal.options.secrets:
        secrets = stream.connection.sent_secrets
        if secrets is None:
            secrets = stream.connection.sent_secrets = SentSecrets()
        secrets.add(effect.secret, effect.before)


def report_finding(stream: Actor, effect: ReportFinding) -> None:
    """Report the session's finding."""
    stream.listener.report(
        effect.id, stream.connection, effect.data, transaction=effect.transaction, place=effect.place
    )


def begin_fault(stream: Actor, effect: BeginFault) -> None:
    """Have a fault act on the connection from here on."""
    if stream.fd >= 0:
        stream.add_faults((effect.fault,))
        stream.begin_faults()


ACTIONS: dict[type[Effect], Callable[[Any, Any], None]] = {  # Any: each takes the effect of its key
    Close: lambda stream, _effect: stream.close(),
    SendUrgent: lambda stream, effect: stream.send_urgent(effect.data),
    Pull: lambda stream, _effect: stream.pull(),
    StopPull: lambda stream, _effect: stream.stop_pull(),
    SetTimer: set_timer,
    CancelTimer: cancel_timer,
    AskHost: ask_host,
    AwaitFlush: await_flush,
    Unwatch: unwatch,
    Watch: watch,
    ListenData: listen_data,
    SendFile: transfer,
    ReceiveFile: transfer,
    CloseData: close_data,
    Call: call,
    Compute: call,
    GroupCommit: call,
    StartCompression: lambda stream, _effect: stream.start_compression(),
    StartTls: lambda stream, _effect: stream.start_tls(),
    StopTls: lambda stream, _effect: stream.leave_tls(),
    BeginFault: begin_fault,
    Log: log,
    LogFault: lambda stream, effect: stream.listener.fault_acted(
        stream.connection, effect.fault, effect.did, effect.instead_of
    ),
    Conceal: conceal,
    ConcealSent: conceal_sent,
    ReportFinding: report_finding,
}
"""Functions by effect. `Send` is not here: nearly all effects are, so the driver tests for it first."""
