"""Faults on the datagrams of one exchange: each datagram that it sends or receives is a match of its own.

Those of the listener act on any datagram; a session has others act on a single one (`Misbehave`). The journal shows a
datagram as it is received and sent.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from homeport.io.net.datagram_changes import DELIVERY, DatagramChanges, Piece
from homeport.io.net.guard import BREADTH
from homeport.io.net.stream_socket import SocketAddress
from homeport.io.net.turns import turns_of
from homeport.world.faults import Fault

if TYPE_CHECKING:
    from homeport.io.net.exchange import Exchange


class ExchangeFaults:
    """Applies faults to one exchange."""

    def __init__(self, exchange: "Exchange") -> None:
        self._exchange = exchange
        self._listener = exchange.owner.listener
        self._turns = turns_of(self._listener.reactor)
        self._in = DatagramChanges(self._listener.reactor, lambda: self._listener.counters.drop("network"))
        self._out = DatagramChanges(self._listener.reactor, lambda: self._listener.counters.drop("network"))

    def receive(self, data: bytes, address: SocketAddress) -> None:
        """Deliver a datagram under the faults that act on it."""
        overtaken = self._in.held
        for piece in self._change(self._in, data, self._acting("in"), " on the way in"):
            self._in.pass_on(piece, lambda changed, _astray: self._exchange.receive(changed, address))
        for one in overtaken:
            self._in.release(one)

    def send(self, datagrams: Iterable[bytes], faults: tuple[Fault, ...]) -> None:
        """Send datagrams under the faults that act on each. faults: the session's."""
        for data in datagrams:
            overtaken = self._out.held
            for piece in self._change(self._out, data, [*faults, *self._acting("out")]):
                self._out.pass_on(piece, self._send)
            for one in overtaken:
                self._out.release(one)

    def refresh(self) -> None:
        """Deliver the datagrams that removed faults held back."""
        self._in.refresh()
        self._out.refresh()

    def drop(self) -> None:
        """Discard the datagrams that are held back."""
        self._in.drop()
        self._out.drop()

    def _acting(self, direction: str) -> list[Fault]:
        """Count a match of each fault of the listener, and return those that act on this datagram."""
        peer, conn = self._exchange.connection.peer[0], self._exchange.connection.id
        return [
            one
            for one in self._listener.faults
            if one.plan.direction in (direction, "both") and one.matches(peer, conn) and one.take()
        ]

    def _change(self, changes: DatagramChanges, data: bytes, faults: list[Fault], way: str = "") -> list[Piece]:
        pieces = [Piece(data)]
        for fault in faults:
            if not pieces:
                break
            pieces, words = changes.change(fault, pieces)
            if words:
                self._listener.fault_acted(self._exchange.connection, fault, words + way)
        self._turns.spend(DELIVERY + len(data) * len(faults))
        if not pieces:
            self._listener.counters.drop("fault")
        return pieces[:BREADTH]

    def _send(self, data: bytes, astray: bool) -> None:  # noqa: FBT001 - as `DatagramChanges.pass_on` calls it
        if astray:
            self._exchange.owner.send_from_elsewhere(data, self._exchange)
        else:
            self._exchange.send_now([data])
