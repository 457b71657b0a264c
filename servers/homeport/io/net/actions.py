"""What the driver does for each effect but `Send` (`io/net/stream.py`): ACTIONS has a function for each."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from homeport.io.net.outgoing import Outgoing
from homeport.io.net.worker_calls import Together, call_off_reactor
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
from homeport.protocol.events import Called, HostAnswered, TimerFired, TlsStarted

if TYPE_CHECKING:
    from homeport.io.data.data_connection import DataDriver
    from homeport.io.net.stream import Stream
    from homeport.world.faults import Fault


COUNTED = ("command", "epp")
"""Types of events that are commands with their answers."""


def close(stream: "Stream", _effect: Effect) -> None:
    """Close when all is sent."""
    stream.close()


def pull(stream: "Stream", _effect: Effect) -> None:
    """Tell the session whenever all is taken."""
    stream.pulling = True
    stream.start_writing()


def start_tls(stream: "Stream", _effect: Effect) -> None:
    """Begin TLS when all is sent. What comes from now on stays in the network's hands until then."""
    if not stream.closing and stream.fd >= 0:
        stream.stop_reading()
        stream.handshake = stream.listener.handshake(stream, lambda tls: stream.tell(TlsStarted(tls)))
        if not stream.unsent:
            stream.shake_hands()


def stop_tls(stream: "Stream", _effect: Effect) -> None:
    """End TLS, and go on in the clear."""
    stream.leave_tls()


def set_timer(stream: "Stream", effect: Any) -> None:
    """Start a timer of real time."""
    if stream.fd < 0:
        return
    cancel_timer(stream, effect)
    if stream.timers is None:
        stream.timers = {}
    stream.timers[effect.name] = stream.listener.reactor.callLater(effect.seconds, timer_fired, stream, effect.name)


def cancel_timer(stream: "Stream", effect: Any) -> None:
    """Stop a timer, if it runs."""
    if stream.timers and (call := stream.timers.pop(effect.name, None)):
        call.cancel()


def timer_fired(stream: "Stream", name: str) -> None:
    """A timer has run out."""
    if stream.timers is not None and stream.fd >= 0:
        stream.timers.pop(name, None)
        if stream.calling is not None:
            stream.calling.append(name)
        else:
            stream.tell(TimerFired(name))


def call(stream: "Stream", effect: Any) -> None:
    """Run work off the reactor; nothing is read until it is over."""
    stream.calling = []
    stream.stop_reading()
    call_off_reactor(stream.listener.reactor, effect.work, partial(called, stream), effect.then)


def call_together(stream: "Stream", effect: Any) -> None:
    """Run work off the reactor with that of others; nothing is read until it is over."""
    listener = stream.listener
    if listener.together is None:
        listener.together = Together(listener.reactor)
    stream.calling = []
    stream.stop_reading()
    listener.together.add(effect.work, partial(called, stream), effect.then)


def called(stream: "Stream", result: Any, error: Exception | None) -> None:
    """The work is over."""
    missed, stream.calling = stream.calling, None
    if stream.fd < 0:
        return
    stream.tell(Called(result, error))
    for name in missed or ():
        timer_fired(stream, name)
    if stream.faults is not None:
        stream.faults.wake()
    stream.read_on()


def ask_host(stream: "Stream", effect: Any) -> None:
    """Ask another host on the session's behalf."""
    if stream.fd >= 0:
        stream.asking = Outgoing(stream.listener.reactor, effect, partial(host_answered, stream))
        stream.asking.start()


def host_answered(stream: "Stream", data: bytes, error: str) -> None:
    """The other host has answered, or will not."""
    stream.asking = None
    stream.tell(HostAnswered(data, error))


def listen_data(stream: "Stream", effect: Any) -> None:
    """Wait for a data connection."""
    if stream.fd >= 0:
        data_driver(stream).listen(effect)


def transfer(stream: "Stream", effect: Any, faults: Sequence["Fault"] = ()) -> None:
    """Move a file over a data connection. faults: that act on it."""
    if stream.fd >= 0:
        data_driver(stream).begin(effect, faults)


def close_data(stream: "Stream", _effect: Effect) -> None:
    """Close the data connection."""
    if stream.data is not None:
        stream.data.close()


def data_driver(stream: "Stream") -> "DataDriver":
    """What moves files beside this connection, made for the first."""
    if stream.data is None:
        from homeport.io.data.data_connection import DataDriver

        stream.data = DataDriver(stream)
    return stream.data


def log(stream: "Stream", effect: Any) -> None:
    """Write the session's event into the journal."""
    if effect.type in COUNTED:
        stream.listener.counters.command(effect.fields)
    stream.listener.journal.log(stream.connection, effect.type, effect.fields)


def conceal(stream: "Stream", effect: Any) -> None:
    """Have the journal forget a secret."""
    stream.listener.journal.conceal(stream.connection, effect.size, effect.after)


def find(stream: "Stream", effect: Any) -> None:
    """Raise the session's finding."""
    stream.listener.find(effect.id, stream.connection, effect.data)


ACTIONS: dict[type[Effect], Any] = {
    Close: close,
    Pull: pull,
    SetTimer: set_timer,
    CancelTimer: cancel_timer,
    AskHost: ask_host,
    ListenData: listen_data,
    SendFile: transfer,
    ReceiveFile: transfer,
    CloseData: close_data,
    Call: call,
    CallTogether: call_together,
    StartTls: start_tls,
    StopTls: stop_tls,
    Log: log,
    Conceal: conceal,
    Find: find,
}
"""By effect. `Send` is looked at first, because it is nearly all of them."""
