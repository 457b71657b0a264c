"""Faults on datagrams: applied to a datagram before the service sees it, and to its answers.

A listener with faults processes its datagrams one by one; one without faults never comes here. The received datagram is
the match, whether a fault acts on it (`in`), on its answers (`out`) or on both. Delayed datagrams may be reordered, as
in any network. The journal shows the datagram as received, and the answers as sent.
"""

from collections.abc import Callable, Sequence
from heapq import heapify, heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

from homeport.io.net.corrupter import Corrupter
from homeport.io.net.fault_stages import MAX_HELD_BYTES
from homeport.io.net.guard import BREADTH, HOPS, hops_left
from homeport.io.net.reactor import DelayedCall, Reactor
from homeport.io.net.stream_socket import Control, SocketAddress
from homeport.io.net.turns import MAX_FARM_HELD_BYTES, turns_of
from homeport.world.faults import Fault
from homeport.world.journal import DATAGRAM_KEPT, DatagramRow

if TYPE_CHECKING:
    from homeport.io.net.datagrams import DatagramListener, Port, Sender

REORDER_TIMEOUT_S = 1.0
"""Seconds that a datagram waits for the next one, which is to overtake it."""
MAX_LATE_BYTES = 64 << 20
"""Limit of the delayed datagrams of one listener in bytes; more are dropped, as a network with full queues does."""
LATE_ENTRY_BYTES = 1 << 10
"""Memory overhead of each in bytes."""
DELIVERY = 2 << 10
"""Cost of a datagram in a turn (`io/net/turns.py`): serving or sending one is several times the work of a piece."""


class Arrival(NamedTuple):
    """A received datagram, and the way back for answers."""

    port: "Port"
    sender: "Sender"
    address: SocketAddress
    data: bytes
    hops: int
    control: list[Control]


class Piece(NamedTuple):
    """A datagram after some faults: its bytes, and the faults that hold it back."""

    data: bytes
    delay: float = 0.0
    late: Fault | None = None
    """Fault that delays it."""
    held: Fault | None = None
    """Fault that holds it until the next one."""
    astray: bool = False
    """True if it is sent from another port."""


class Delivery:
    """A datagram that is held back."""

    __slots__ = ("call", "deliver", "fault", "size")

    def __init__(self, fault: Fault, size: int, deliver: Callable[[], None]) -> None:
        self.fault = fault
        self.size = size
        self.deliver = deliver
        self.call: DelayedCall | None = None


class Late:
    """A queue of delayed datagrams, delivered when they are due, within the turn's allowance.

    lose: called for a datagram that exceeds the limit.
    """

    def __init__(self, reactor: Reactor, lose: Callable[[], None]) -> None:
        self.octets = 0
        self._reactor = reactor
        self._turns = turns_of(reactor)
        self._lose = lose
        self._numbers = count()
        self._heap: list[tuple[float, int, Delivery]] = []  # by due time, then by arrival
        self._clock: DelayedCall | None = None
        self._waiting = False  # for a turn

    def put(self, one: Delivery, seconds: float) -> None:
        """Deliver a datagram after `seconds`."""
        size = one.size + LATE_ENTRY_BYTES
        if self.octets + size > (MAX_LATE_BYTES if self._turns.held < MAX_FARM_HELD_BYTES else MAX_HELD_BYTES):
            self._lose()
            return
        self._hold(size)
        heappush(self._heap, (self._reactor.seconds() + seconds, next(self._numbers), one))
        self._watch()

    def refresh(self) -> None:
        """Deliver at once, in order of arrival, the datagrams whose fault was removed."""
        self._heap = [(0.0 if one.fault.removed else due, number, one) for due, number, one in self._heap]
        heapify(self._heap)
        self._watch()

    def drop(self) -> None:
        """Discard all."""
        self._heap.clear()
        self._hold(-self.octets)
        self._watch()

    def _watch(self) -> None:
        """Set the timer for the first that is due; cancel it if there is none."""
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None
        if self._heap and not self._waiting:
            self._clock = self._reactor.callLater(max(self._heap[0][0] - self._reactor.seconds(), 0.0), self._ring)

    def _ring(self) -> None:
        self._clock = None
        self._deliver()

    def _resume(self) -> None:
        self._waiting = False
        self._deliver()

    def _deliver(self) -> None:
        now = self._reactor.seconds()
        while self._heap and self._heap[0][0] <= now:
            if not self._turns.pay(DELIVERY):
                self._waiting = True
                self._turns.wait(self._resume)
                break
            one = heappop(self._heap)[2]
            self._hold(-one.size - LATE_ENTRY_BYTES)
            one.deliver()
        self._watch()

    def _hold(self, octets: int) -> None:
        self.octets += octets
        self._turns.hold(octets)


class DatagramFaults:
    """Applies the faults of one UDP listener."""

    def __init__(self, listener: "DatagramListener") -> None:
        self._listener = listener
        self._late = Late(listener.reactor, lambda: listener.counters.drop("network"))
        self._turns = turns_of(listener.reactor)
        self._held: list[Delivery] = []

    def take(self, *come: Any) -> None:  # Any: the fields of Arrival
        """Serve a datagram under the faults that act on it. come: the fields of `Arrival`."""
        arrival = Arrival(*come)
        second = int(self._listener.reactor.seconds())
        if arrival.sender.second != second:
            self._listener.renew_share(arrival.sender, second)
        host = arrival.sender.address[0]
        acting = [fault for fault in self._listener.faults if fault.matches(host, "") and fault.take()]
        inward = [fault for fault in acting if fault.plan.direction != "out"]
        outward = [fault for fault in acting if fault.plan.direction != "in"]
        overtaken, pieces = tuple(self._held), [Piece(arrival.data)]
        for fault in inward:
            pieces = self._change(arrival, fault, pieces, " on the way in")
        self._turns.spend(DELIVERY + len(arrival.data) * len(acting))
        if not pieces:
            self._listener.count_row(arrival.sender, self._lost(arrival, inward))
        elif self._storms(arrival, len(pieces)):
            return
        for piece in pieces:
            self._pass_on(piece, lambda data, _astray: self._serve(arrival, data, outward))
        for one in overtaken:
            self._release(one)

    def refresh(self) -> None:
        """Deliver the datagrams that removed faults held back."""
        for one in tuple(self._held):
            if one.fault.removed:
                self._release(one)
        self._late.refresh()

    def drop(self) -> None:
        """Discard the datagrams that are held back: the listener closes."""
        for one in tuple(self._held):
            self._forget(one)
        self._late.drop()

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
            self._pass_on(piece, lambda answer, astray: self._send(arrival, answer, astray=astray))

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

    # The kinds.

    def _change(self, arrival: Arrival, fault: Fault, given: list[Piece], way: str = "") -> list[Piece]:
        """Apply one fault to datagrams of the same direction."""
        pieces, words = CHANGES[fault.plan.do.kind](self, fault, given)
        if words:
            self._listener.fault_acted_on(arrival.sender, fault, words + way)
        return pieces

    def lose(self, _fault: Fault, given: list[Piece]) -> tuple[list[Piece], str]:
        return [], f"dropped {size(given)} bytes"

    def double(self, _fault: Fault, given: list[Piece]) -> tuple[list[Piece], str]:
        if 2 * len(given) > BREADTH:
            return given, ""
        return [twin for piece in given for twin in (piece, piece)], f"doubled {size(given)} bytes"

    def truncate(self, fault: Fault, given: list[Piece]) -> tuple[list[Piece], str]:
        limit: int = fault.plan.do.truncate.size  # type: ignore[union-attr]  # it is of that kind
        return [piece._replace(data=piece.data[:limit]) for piece in given], f"cut {size(given)} bytes to {limit}"

    def garble(self, fault: Fault, given: list[Piece]) -> tuple[list[Piece], str]:
        number: int = fault.plan.do.garbage.bytes  # type: ignore[union-attr]  # it is of that kind
        chance = fault.generator()
        words = f"replaced {size(given)} bytes by {number} random ones"
        return [piece._replace(data=chance.randbytes(number)) for piece in given], words

    def corrupt(self, fault: Fault, given: list[Piece]) -> tuple[list[Piece], str]:
        corrupter, made, changed = Corrupter(fault), [], 0
        for piece in given:
            data, number = corrupter.corrupt(piece.data)
            made.append(piece._replace(data=data))
            changed += number
        return made, f"changed {changed} of {size(given)} bytes" if changed else ""

    def answer_with(self, fault: Fault, given: list[Piece]) -> tuple[list[Piece], str]:
        text: bytes = fault.plan.do.answer.text.encode()  # type: ignore[union-attr]  # it is of that kind
        words = f"replaced {size(given)} bytes of the answer by a text of {len(text)}"
        return [given[0]._replace(data=text)], words

    def delay(self, fault: Fault, given: list[Piece]) -> tuple[list[Piece], str]:
        latency: Any = fault.plan.do.latency  # set: it is of that kind
        seconds = (latency.ms + fault.generator().random() * latency.jitter_ms) / 1000
        words = f"delayed {size(given)} bytes by {seconds * 1000:.0f} ms"
        return [piece._replace(delay=piece.delay + seconds, late=fault) for piece in given], words

    def reorder(self, fault: Fault, given: list[Piece]) -> tuple[list[Piece], str]:
        if self._held:
            return given, ""  # this one overtakes another
        return [piece._replace(held=fault) for piece in given], f"held {size(given)} bytes until the next datagram"

    def lead_astray(self, _fault: Fault, given: list[Piece]) -> tuple[list[Piece], str]:
        return [piece._replace(astray=True) for piece in given], f"sent {size(given)} bytes from another port"

    # Held datagrams.

    def _pass_on(self, piece: Piece, deliver: Callable[[bytes, bool], None]) -> None:
        """Deliver a datagram, now or when its faults let it go. deliver: gets it, and True if it goes astray."""
        delayed_by = piece.held or piece.late
        if delayed_by is None:
            deliver(piece.data, piece.astray)
            return
        one = Delivery(delayed_by, len(piece.data), lambda: deliver(piece.data, piece.astray))
        if piece.held is None:
            self._late.put(one, piece.delay)
        else:
            self._held.append(one)
            one.call = self._listener.reactor.callLater(REORDER_TIMEOUT_S, self._release, one)

    def _release(self, one: Delivery) -> None:
        if self._forget(one):
            one.deliver()

    def _forget(self, one: Delivery) -> bool:
        """Remove a held datagram; return False if it was delivered already."""
        if one.call is not None and one.call.active():
            one.call.cancel()
        if one not in self._held:
            return False
        self._held.remove(one)
        return True


CHANGES: dict[str, Callable[[DatagramFaults, Fault, list[Piece]], tuple[list[Piece], str]]] = {
    "drop": DatagramFaults.lose,
    "hang": DatagramFaults.lose,
    "duplicate": DatagramFaults.double,
    "truncate": DatagramFaults.truncate,
    "garbage": DatagramFaults.garble,
    "corrupt": DatagramFaults.corrupt,
    "answer": DatagramFaults.answer_with,
    "latency": DatagramFaults.delay,
    "reorder": DatagramFaults.reorder,
    "frame": DatagramFaults.lead_astray,
}
"""Functions by kind. Each returns the resulting datagrams and a description for the journal, empty if unchanged.

Of the defects of answers only `wrong-source` comes here, from a service: it applies the others itself.
"""


def size(pieces: Sequence[Piece]) -> int:
    """Return the total size in bytes."""
    return sum(len(piece.data) for piece in pieces)
