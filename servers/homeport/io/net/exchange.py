"""The driver of one exchange: a session over UDP with one peer, on a socket of its own.

    open ── Dally ──► dallying ── its time is over ──► gone
      └── Close, limit, the world stops ────────────────┘

Datagrams of others than the peer are `Strayed`, and cannot disturb it. Until a datagram of the peer has come to the
exchange's own port, the request may have had a forged source: then few datagrams leave, and short ones.

Exceptions here are internal errors: logged and counted, never a finding about the peer. They end the exchange.
"""

import socket
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from homeport.io.net.idle import IdleClock
from homeport.io.net.reactor import DelayedCall, forget, is_internal
from homeport.io.net.segments import SegmentedSender
from homeport.io.net.stream_socket import SocketAddress
from homeport.io.net.worker_calls import call_off_reactor
from homeport.protocol.addresses import Address, address_text
from homeport.protocol.effects import (
    Call,
    CancelTimer,
    Close,
    Dally,
    Effect,
    Log,
    LogFault,
    Misbehave,
    ReportFinding,
    Send,
    SendTo,
    SetTimer,
)
from homeport.protocol.events import (
    Called,
    Closed,
    Data,
    Event,
    LimitReached,
    Opened,
    Requested,
    Stopping,
    Strayed,
    TimerFired,
)
from homeport.protocol.session import Session
from homeport.world.faults import Fault
from homeport.world.journal import Connection

if TYPE_CHECKING:
    from homeport.io.net.exchange_faults import ExchangeFaults
    from homeport.io.net.exchanges import Exchanges

LARGEST = 65_535
READS_PER_TURN = 8
SENT_PER_TURN = 256 << 10
"""Bytes after which an exchange leaves the turn to others."""
UNPROVED_BYTES = 576
"""Size of a datagram up to which it is sent to a peer that has not proved its address: what every host must be able to
receive (RFC 1122 3.3.2)."""
UNPROVED_DATAGRAMS = 4
"""Datagrams that such a peer gets."""
DALLY = "dally"
"""The driver's own timer; a session's has another name."""
RECORDS = (Log, ReportFinding)
"""Effects that only write records: the only ones executed after the end."""

Key = tuple[Address, str]
"""A peer, and the address that it asked."""

_room = memoryview(bytearray(LARGEST))
"""Buffer in which a datagram is received: used within one call, so that all exchanges share it."""


class Exchange:
    """One exchange; a descriptor of the reactor. key: identifies the peer among the exchanges of its listener."""

    __slots__ = (
        "_calling",
        "_fd",
        "_reading",
        "_sender",
        "_sent_in_turn",
        "_timers",
        "address",
        "connection",
        "dallying",
        "ending",
        "faults",
        "idle",
        "key",
        "owner",
        "proved",
        "session",
        "socket",
        "unproved_sent",
    )

    def __init__(
        self, owner: "Exchanges", key: Key, bound: socket.socket, address: SocketAddress, connection: Connection
    ) -> None:
        self.owner = owner
        self.key = key
        self.socket = bound
        self.address = address
        self.connection = connection
        self.session: Session | None = None
        self.faults: ExchangeFaults | None = None
        self.dallying = False
        self.ending = ""
        """The reason of its end, once one is known that the session's own close is only a result of."""
        self.proved = False
        """True if the peer has sent to this port, so that its address is no forgery."""
        self.unproved_sent = 0
        self.idle = IdleClock()
        self._fd = bound.fileno()
        self._reading = False
        self._sent_in_turn = 0
        self._timers: dict[str, DelayedCall] = {}
        self._calling: list[str] | None = None  # timers that expired during a call; None while no call runs
        self._sender = SegmentedSender(bound)

    def __repr__(self) -> str:
        return f"<Exchange {self.logPrefix()} {self.connection.id} {address_text(self.connection.peer)}>"

    def open(self, session: Session, data: bytes) -> None:
        """Start the session with the datagram that asked for it."""
        self.session = session
        self._read_on()
        self.deliver(Opened())
        self.request(data)

    def request(self, data: bytes) -> None:
        """Deliver a datagram that the peer sent to the port of the service; it is lost while a call runs."""
        if self._fd >= 0 and self._calling is None:
            self.count_received(data)
            self.deliver(Requested(data))

    # Called by the reactor.

    def fileno(self) -> int:
        """Return the descriptor, or -1 if it is closed."""
        return self._fd

    def logPrefix(self) -> str:  # noqa: N802
        """Return the name for Twisted's log."""
        return f"exchange {self.connection.service}"

    def connectionLost(self, reason: object) -> None:  # noqa: N802
        """Handle an exception of `doRead`."""
        if error := is_internal(reason):
            self.fail(error)
        else:
            self.gone("broken")

    def doWrite(self) -> None:  # noqa: N802
        """Do nothing: a datagram is sent at once, or lost."""

    def doRead(self) -> None:  # noqa: N802
        """Deliver what has come; the reactor calls again if there is more."""
        self._sent_in_turn = 0
        for _ in range(READS_PER_TURN):
            try:
                size, address = self.socket.recvfrom_into(_room)
            except OSError:  # nothing waits any more, or the error of an earlier datagram
                return
            self.owner.counters.datagrams_in += 1
            data = bytes(_room[:size])
            if self.faults is None:
                self.receive(data, address)
            else:
                self.faults.receive(data, address)
            if self._fd < 0 or not self._reading or self._sent_in_turn > SENT_PER_TURN:
                return

    # Input.

    def receive(self, data: bytes, address: SocketAddress) -> None:
        """Deliver a datagram to the session. It is lost if the session cannot have it now."""
        if self._fd < 0 or self._calling is not None:
            return
        if address != self.address:
            self.owner.counters.received += len(data)
            self.deliver(Strayed(data, address[:2]))
            return
        if not self.proved:
            self.proved = True
            self.owner.proves(self)
        limit = self.owner.listener.limits.received
        if limit and self.connection.received + len(data) > limit:
            self.limit("received")
            return
        self.count_received(data)
        self.deliver(Data(data))

    def count_received(self, data: bytes) -> None:
        """Count and journal a datagram of the peer."""
        self.connection.received += len(data)
        if self.connection.room:
            self.owner.journal.record_datagram(self.connection, "in", data)

    def deliver(self, event: Event) -> None:
        """Deliver an event to the session, and execute its effects."""
        if self.session is None:
            return
        try:
            effects = self.session.handle(event)
        except Exception as error:
            self.fail(error)
            return
        if effects:
            self.perform(effects)

    # Effects.

    def perform(self, effects: Sequence[Effect], faults: tuple[Fault, ...] = ()) -> None:
        """Execute effects in order. faults: those that act on what they send."""
        run: list[bytes] = []
        for effect in effects:
            if type(effect) is Send:
                run.append(bytes(effect.data))
                continue
            if run:
                self.send(run, faults)
                run = []
            try:
                if isinstance(effect, Misbehave):
                    self.perform(effect.effects, (effect.fault, *faults))
                else:
                    self._act(effect)
            except Exception as error:
                self.owner.listener.internal_error(f"{effect!r:.200} of {self.session}", error)
                if isinstance(effect, Call):
                    self.owner.reactor.callLater(0, self.gone, "internal error")
        if run:
            self.send(run, faults)

    def send(self, datagrams: list[bytes], faults: tuple[Fault, ...] = ()) -> None:
        """Send datagrams to the peer, under faults if there are any."""
        if self._fd < 0:
            return
        if self.faults is None and not faults:
            self.send_now(datagrams)
        else:
            self.misbehave().send(datagrams, faults)

    def send_now(self, datagrams: list[bytes]) -> None:
        """Send datagrams to the peer, as far as one that has not proved its address may have them."""
        if self._fd < 0:
            return
        if not self.proved and not (datagrams := self._unproved(datagrams)):
            return
        connection, counters = self.connection, self.owner.counters
        for data in datagrams:
            connection.sent += len(data)
            self._sent_in_turn += len(data)
            if connection.room:
                self.owner.journal.record_datagram(connection, "out", data)
        lost = self._sender.send(datagrams, self.address)
        counters.datagrams_out += len(datagrams) - lost
        for _ in range(lost):
            counters.drop("network")

    def _unproved(self, datagrams: list[bytes]) -> list[bytes]:
        """Return those datagrams that may be sent to a source that could be forged."""
        if not self.owner.guard.enabled:
            return datagrams
        allowed = []
        for data in datagrams:
            if len(data) > UNPROVED_BYTES:
                self.owner.counters.drop("amplification")
            elif self.unproved_sent >= UNPROVED_DATAGRAMS or not self.owner.may_answer(self.address[0]):
                self.owner.counters.drop("rate")
            else:
                self.unproved_sent += 1
                allowed.append(data)
        return allowed

    def _act(self, effect: Effect) -> None:
        """Execute one effect. Raises: TypeError for one that exchanges do not have."""
        action = ACTIONS.get(type(effect))
        if action is None:
            raise TypeError(f"exchanges do not support the effect {type(effect).__name__}")
        if self._fd >= 0 or type(effect) in RECORDS:
            action(self, effect)

    def dally(self, seconds: float) -> None:
        """Close after this time; the exchange is done."""
        self.dallying = True
        self.owner.dallies(self)
        self.set_timer(DALLY, seconds)

    def send_to(self, data: bytes, address: Address) -> None:
        """Answer another host, whose address may be forged: within its rate limit."""
        if not self.owner.may_answer(address[0]) or self.owner.guard.refuses(address[1], LARGEST):
            self.owner.counters.drop("rate")
            return
        self.owner.counters.datagrams_out += 1 - self._sender.send([data], (*address, *self.address[2:]))
        self.owner.counters.sent += len(data)

    def misbehave(self) -> "ExchangeFaults":
        """Return what applies faults to this exchange, made on first use."""
        if self.faults is None:
            from homeport.io.net.exchange_faults import ExchangeFaults  # most farms never need it

            self.faults = ExchangeFaults(self)
        return self.faults

    # Timers of real time, and calls.

    def set_timer(self, name: str, seconds: float) -> None:
        """Start a timer; replaces one of the same name."""
        timer = self._timers.get(name)
        if timer is not None:
            timer.reset(seconds)  # cheaper than another one: a transfer does so for each block
        else:
            self._timers[name] = self.owner.reactor.callLater(seconds, self._timer_fired, name)

    def cancel_timer(self, name: str) -> None:
        """Cancel a timer, if it is set."""
        if call := self._timers.pop(name, None):
            call.cancel()

    def _timer_fired(self, name: str) -> None:
        self._timers.pop(name, None)
        if self._fd < 0:
            return
        if name == DALLY:
            self.gone("closed")
        elif self._calling is not None:
            self._calling.append(name)
        else:
            self.deliver(TimerFired(name))

    def call(self, effect: Call) -> None:
        """Run work in the thread pool; reading is suspended until it is done, and what comes waits in the socket."""
        self._calling = []
        self._stop_reading()
        call_off_reactor(self.owner.reactor, effect.work, self._called, partial(self._follow, effect.then))

    def _follow(self, then: Callable[[], object]) -> None:
        try:
            then()
        except Exception as error:
            self.owner.listener.internal_error(f"the `then` of a call of {self!r}", error)
            raise

    def _called(self, result: Any, error: Exception | None) -> None:  # Any: the result of the session's own work
        missed, self._calling = self._calling, None
        if self._fd < 0:
            return
        self._read_on()  # before the event: its effects may begin another call
        self.deliver(Called(result, error))
        for name in missed or ():
            self._timer_fired(name)

    def _read_on(self) -> None:
        if not self._reading and self._fd >= 0:
            self._reading = True
            self.owner.reactor.addReader(self)

    def _stop_reading(self) -> None:
        if self._reading:
            self._reading = False
            self.owner.reactor.removeReader(self)

    # Ends.

    def sweep(self, interval: float, idle: float, longest: float) -> None:
        """Enforce the timeouts. interval: seconds since the last sweep. idle, longest: limits in seconds; 0: none."""
        clock = self.idle
        clock.sweep(self.connection.received)  # what is sent again to a silent peer is no sign of life
        if idle and clock.quiet * interval > idle:
            self.limit("idle")
        elif longest and clock.age * interval > longest:
            self.limit("time")

    def limit(self, name: str) -> None:
        """End the exchange because of a limit."""
        self.owner.counters.limit(name)
        self.ending = f"limit: {name}"
        self.deliver(LimitReached(name))
        self.gone(self.ending)

    def stop(self, reason: str) -> None:
        """End the exchange because the service or the world ends."""
        self.ending = reason
        self.deliver(Stopping())
        self.gone(reason)

    def fail(self, error: Exception) -> None:
        """End the exchange after an internal error."""
        self.owner.listener.internal_error(str(self.session), error)
        self.gone("internal error")

    def gone(self, reason: str) -> None:
        """Close the socket, deliver `Closed`, and release everything. Nothing happens after this."""
        if self._fd < 0:
            return
        reason = self.ending or reason
        forget(self.owner.reactor, self, self._fd)
        self._fd = -1
        self._reading = False
        self.socket.close()
        for call in self._timers.values():
            call.cancel()
        self._timers.clear()
        if self.faults is not None:
            self.faults.drop()
            self.faults = None
        if self.session is not None:
            try:
                self.perform([one for one in self.session.handle(Closed(reason)) if type(one) in RECORDS])
            except Exception as error:
                self.owner.listener.internal_error(str(self.session), error)
            self.session = None
        self.owner.forget(self, reason)


ACTIONS: dict[type[Effect], Callable[[Any, Any], None]] = {  # Any: each takes the effect of its key
    SetTimer: lambda exchange, effect: exchange.set_timer(effect.name, effect.seconds),
    CancelTimer: lambda exchange, effect: exchange.cancel_timer(effect.name),
    Close: lambda exchange, _effect: exchange.gone("closed"),
    Dally: lambda exchange, effect: exchange.dally(effect.seconds),
    Call: lambda exchange, effect: exchange.call(effect),
    SendTo: lambda exchange, effect: exchange.send_to(effect.data, effect.address),
    LogFault: lambda exchange, effect: exchange.owner.listener.fault_acted(
        exchange.connection, effect.fault, effect.did, effect.instead_of
    ),
    Log: lambda exchange, effect: exchange.owner.log(effect, exchange.connection),
    ReportFinding: lambda exchange, effect: exchange.owner.report(effect, exchange.connection),
}
"""Functions by effect. `Send` and `Misbehave` are not here: runs of them are sent together."""
