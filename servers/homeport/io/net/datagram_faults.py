"""Faults on datagrams: applied to a datagram before the service sees it, and to its answers.

A listener with faults processes its datagrams one by one; one without faults never comes here. The received datagram is
the match, whether a fault acts on it (`in`), on its answers (`out`) or on both. Delayed datagrams may be reordered, as
in any network. The journal shows the datagram as received, and the answers as sent.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from homeport.io.net.datagram_changes import DELIVERY, DatagramChanges, Piece
from homeport.io.net.guard import HOPS, hops_left
from homeport.io.net.stream_socket import Control, SocketAddress
from homeport.io.net.turns import turns_of
from homeport.world.faults import Fault
from homeport.world.journal import DATAGRAM_KEPT, DatagramRow

if TYPE_CHECKING:
    from homeport.io.net.datagrams import DatagramListener, Port, Sender


class Arrival(NamedTuple):
    """A received datagram, and the way back for answers."""

    port: "Port"
    sender: "Sender"
    address: SocketAddress
    data: bytes
    hops: int
    control: list[Control]


class DatagramFaults:
    """Applies the faults of one UDP listener."""

    def __init__(self, listener: "DatagramListener") -> None:
        self._listener = listener
        self._changes = DatagramChanges(listener.reactor, lambda: listener.counters.drop("network"))
        self._turns = turns_of(listener.reactor)

    def take(self, *come: Any) -> None:  # Any: the fields of Arrival
        """Serve a datagram under the faults that act on it. come: the fields of `Arrival`."""
        arrival = Arrival(*come)
        second = int(self._listener.reactor.seconds())
        if arrival.sender.second != second:
            self._listener.renew_share(arrival.sender, second)
        host = arrival.sender.address[0]
        faults = self._listener.faults
        if self._listener.service.exchanges:  # each datagram that an exchange sends is a match of its own
            faults = tuple(fault for fault in faults if fault.plan.direction != "out")
        acting = [fault for fault in faults if fault.matches(host, "") and fault.take()]
        inward = [fault for fault in acting if fault.plan.direction != "out"]
        outward = [fault for fault in acting if fault.plan.direction != "in"]
        overtaken, pieces = self._changes.held, [Piece(arrival.data)]
        for fault in inward:
            pieces = self._change(arrival, fault, pieces, " on the way in")
        self._turns.spend(DELIVERY + len(arrival.data) * len(acting))
        if not pieces:
            self._listener.count_row(arrival.sender, self._lost(arrival, inward))
        elif self._storms(arrival, len(pieces)):
            return
        for piece in pieces:
            self._changes.pass_on(piece, lambda data, _astray: self._serve(arrival, data, outward))
        for one in overtaken:
            self._changes.release(one)

    def refresh(self) -> None:
        """Deliver the datagrams that removed faults held back."""
        self._changes.refresh()

    def drop(self) -> None:
        """Discard the datagrams that are held back: the listener closes."""
        self._changes.drop()

    def _serve(self, arrival: Arrival, data: bytes, outward: Sequence[Fault]) -> None:
        """Call the service, and send its answers under these faults."""
        listener, sender = self._listener, arrival.sender
        row = listener.answer(sender, data, arrival.hops, int(listener.reactor.seconds()))
        pieces = [Piece(bytes(answer)) for answer in row[3]]
        outward = [*outward, *listener.take_asked()]
        for fault in outward:
            if pieces:
                pieces = self._change(arrival, fault, pieces)
        if row[3] and not pieces:
            row = self._lost(arrival, outward)
        elif len(pieces) > len(row[3]) and self._storms(arrival, len(pieces)):
            return
        answers = tuple(piece.data for piece in pieces)
        kept = arrival.data[:DATAGRAM_KEPT]
        octets = sum(map(len, answers))
        listener.count_row(sender, (row[0], kept, len(arrival.data), answers, row[4], octets))
        for piece in pieces:
            self._changes.pass_on(piece, lambda answer, astray: self._send(arrival, answer, astray=astray))

    def _send(self, arrival: Arrival, answer: bytes, *, astray: bool) -> None:
        port = arrival.port
        if port.fileno() >= 0:
            self._listener.counters.sent += len(answer)
            if astray:
                port.send_from_elsewhere(answer, arrival.address, arrival.sender.context.local[0])
                return
            left = hops_left(arrival.hops) if self._listener.guard.enabled else HOPS
            port.send_one(answer, arrival.address, left, arrival.control)

    def _storms(self, arrival: Arrival, number: int) -> bool:
        """Return True, and journal the drop, if the guard forbids the additional datagrams that a fault made of one."""
        listener, sender = self._listener, arrival.sender
        if number < 2 or listener.guard.allows_several(sender.address, number, int(listener.reactor.seconds())):
            return False
        listener.count_row(sender, listener.drop(sender, arrival.data, "storm"))
        return True

    def _lost(self, arrival: Arrival, faults: Sequence[Fault]) -> DatagramRow:
        """Return the journal's row for a datagram that faults dropped."""
        self._listener.counters.drop("fault")
        kept = arrival.data[:DATAGRAM_KEPT]
        ids = ", ".join(fault.id for fault in faults)
        return arrival.sender.address, kept, len(arrival.data), (), f"fault {ids}", 0

    def _change(self, arrival: Arrival, fault: Fault, given: list[Piece], way: str = "") -> list[Piece]:
        """Apply one fault to datagrams of the same direction."""
        pieces, words = self._changes.change(fault, given)
        if words:
            self._listener.fault_acted_on(arrival.sender, fault, words + way)
        return pieces
