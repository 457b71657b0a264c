"""Faults on datagrams: what is done to one before the service sees it, and to the answers that it gets.

A listener with faults moves its datagrams one by one; one without never comes here. The datagram that arrives is the
occasion, whether its faults act on it (`in`), on its answers (`out`) or on both. Datagrams that are late may be
overtaken by others, as in any network. The journal shows what came and what is sent back.
"""

from collections.abc import Callable, Sequence
from heapq import heapify, heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

from homeport.io.net.corrupter import Corrupter
from homeport.io.net.fault_stages import HELD_MAX
from homeport.io.net.guard import BREADTH, HOPS, hops_left
from homeport.io.net.reactor import DelayedCall, Reactor
from homeport.io.net.stream_socket import Control, SocketAddress
from homeport.io.net.turns import FARM_HELD_MAX, turns_of
from homeport.world.faults import Fault
from homeport.world.journal import DATAGRAM_KEPT, DatagramRow

if TYPE_CHECKING:
    from homeport.io.net.datagrams import DatagramListener, Port, Sender

REORDER_SECONDS = 1.0
"""Seconds that a datagram waits for the one that shall overtake it."""
LATE_MAX = 64 << 20
"""Octets that are late on one listener; a network that holds so many loses the rest."""
LATE_ENTRY = 1 << 10
"""Octets of memory that each of them takes besides its own."""
DELIVERY = 2 << 10
"""The cost of a datagram in a turn (`io/net/turns.py`): to serve or send one is some times the work of a piece."""


class Arrival(NamedTuple):
    """A datagram that has come, and how an answer goes back."""

    port: "Port"
    sender: "Sender"
    address: SocketAddress
    data: bytes
    hops: int
    control: list[Control]


class Piece(NamedTuple):
    """What becomes of a datagram: its octets now, and what keeps it back."""

    data: bytes
    delay: float = 0.0
    late: Fault | None = None
    """The fault that delays it."""
    held: Fault | None = None
    """The fault that has it wait for the next one."""


class Delivery:
    """A datagram that is kept back."""

    __slots__ = ("call", "deliver", "fault", "size")

    def __init__(self, fault: Fault, size: int, deliver: Callable[[], None]) -> None:
        self.fault = fault
        self.size = size
        self.deliver = deliver
        self.call: DelayedCall | None = None


class Late:
    """Datagrams that are late, delivered when they are due, in turns.

    lose: is called for a datagram that there is no room for.
    """

    def __init__(self, reactor: Reactor, lose: Callable[[], None]) -> None:
        self.octets = 0
        self._reactor = reactor
        self._turns = turns_of(reactor)
        self._lose = lose
        self._numbers = count()
        self._heap: list[tuple[float, int, Delivery]] = []  # when due, then as they came
        self._clock: DelayedCall | None = None
        self._waiting = False  # for a turn

    def put(self, one: Delivery, seconds: float) -> None:
        """Deliver a datagram after that time."""
        size = one.size + LATE_ENTRY
        if self.octets + size > (LATE_MAX if self._turns.held < FARM_HELD_MAX else HELD_MAX):
            self._lose()
            return
        self._hold(size)
        heappush(self._heap, (self._reactor.seconds() + seconds, next(self._numbers), one))
        self._watch()

    def refresh(self) -> None:
        """Deliver at once, as they came, what removed faults delay."""
        self._heap = [(0.0 if one.fault.removed else due, number, one) for due, number, one in self._heap]
        heapify(self._heap)
        self._watch()

    def drop(self) -> None:
        """Forget all."""
        self._heap.clear()
        self._hold(-self.octets)
        self._watch()

    def _watch(self) -> None:
        """Have the clock ring for the first that is due, and not without one."""
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
            self._hold(-one.size - LATE_ENTRY)
            one.deliver()
        self._watch()

    def _hold(self, octets: int) -> None:
        self.octets += octets
        self._turns.hold(octets)


class DatagramFaults:
    """The faults of one UDP listener, as they act."""

    def __init__(self, listener: "DatagramListener") -> None:
        self._listener = listener
        self._late = Late(listener.reactor, lambda: listener.counters.drop("network"))
        self._turns = turns_of(listener.reactor)
        self._held: list[Delivery] = []

    def take(self, *come: Any) -> None:  # Any: the fields of Arrival
        """A datagram has come, as `Arrival` has it: serve it under the faults that act on it."""
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
            self._pass_on(piece, lambda data: self._serve(arrival, data, outward))
        for one in overtaken:
            self._release(one)

    def refresh(self) -> None:
        """Faults have been removed: what they keep back comes now."""
        for one in tuple(self._held):
            if one.fault.removed:
                self._release(one)
        self._late.refresh()

    def drop(self) -> None:
        """The listener closes: forget what is kept back."""
        for one in tuple(self._held):
            self._forget(one)
        self._late.drop()

    def _serve(self, arrival: Arrival, data: bytes, outward: Sequence[Fault]) -> None:
        """Have the service answer, and send its answers under these faults."""
        listener, sender = self._listener, arrival.sender
        row = listener.answer(sender, data, arrival.hops, int(listener.reactor.seconds()))
        pieces = [Piece(bytes(answer)) for answer in row[3]]
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
            self._pass_on(piece, lambda answer: self._send(arrival, answer))

    def _send(self, arrival: Arrival, answer: bytes) -> None:
        port = arrival.port
        if port.fileno() >= 0:
            self._listener.counters.sent += len(answer)
            left = hops_left(arrival.hops) if self._listener.guard.enabled else HOPS
            port.send_one(answer, arrival.address, left, arrival.control)

    def _storms(self, arrival: Arrival, number: int) -> bool:
        """Return whether the guard forbids the datagrams that a fault has made of one, which is journaled then."""
        listener, sender = self._listener, arrival.sender
        if number < 2 or listener.guard.allows_several(sender.address, number, int(listener.reactor.seconds())):
            return False
        listener.count_row(sender, listener.drop(sender, arrival.data, "storm"))
        return True

    def _lost(self, arrival: Arrival, faults: Sequence[Fault]) -> DatagramRow:
        """How the journal has a datagram that faults have lost."""
        self._listener.counters.drop("fault")
        kept = arrival.data[:DATAGRAM_KEPT]
        ids = ", ".join(fault.id for fault in faults)
        return arrival.sender.address, kept, len(arrival.data), (), f"fault {ids}", 0

    # What is done.

    def _change(self, arrival: Arrival, fault: Fault, given: list[Piece], way: str = "") -> list[Piece]:
        """What one fault makes of datagrams that go the same way."""
        pieces, words = CHANGES[fault.plan.do.kind](self, fault, given)
        if words:
            self._listener.fault_acted_on(arrival.sender, fault, words + way)
        return pieces

    def lose(self, _fault: Fault, given: list[Piece]) -> tuple[list[Piece], str]:
        return [], f"dropped {size(given)} octets"

    def double(self, _fault: Fault, given: list[Piece]) -> tuple[list[Piece], str]:
        if 2 * len(given) > BREADTH:
            return given, ""
        return [twin for piece in given for twin in (piece, piece)], f"doubled {size(given)} octets"

    def truncate(self, fault: Fault, given: list[Piece]) -> tuple[list[Piece], str]:
        limit: int = fault.plan.do.truncate.size  # type: ignore[union-attr]  # it is of that kind
        return [piece._replace(data=piece.data[:limit]) for piece in given], f"cut {size(given)} octets to {limit}"

    def garble(self, fault: Fault, given: list[Piece]) -> tuple[list[Piece], str]:
        number: int = fault.plan.do.garbage.bytes  # type: ignore[union-attr]  # it is of that kind
        chance = fault.generator()
        words = f"put {number} octets of garbage in the place of {size(given)}"
        return [piece._replace(data=chance.randbytes(number)) for piece in given], words

    def corrupt(self, fault: Fault, given: list[Piece]) -> tuple[list[Piece], str]:
        corrupter, made, changed = Corrupter(fault), [], 0
        for piece in given:
            data, number = corrupter.corrupt(piece.data)
            made.append(piece._replace(data=data))
            changed += number
        return made, f"changed {changed} of {size(given)} octets" if changed else ""

    def answer_with(self, fault: Fault, given: list[Piece]) -> tuple[list[Piece], str]:
        text: bytes = fault.plan.do.answer.text.encode()  # type: ignore[union-attr]  # it is of that kind
        words = f"answered with a text of {len(text)} octets in the place of {size(given)}"
        return [given[0]._replace(data=text)], words

    def delay(self, fault: Fault, given: list[Piece]) -> tuple[list[Piece], str]:
        latency: Any = fault.plan.do.latency  # set: it is of that kind
        seconds = (latency.ms + fault.generator().random() * latency.jitter_ms) / 1000
        words = f"delayed {size(given)} octets by {seconds * 1000:.0f} ms"
        return [piece._replace(delay=piece.delay + seconds, late=fault) for piece in given], words

    def reorder(self, fault: Fault, given: list[Piece]) -> tuple[list[Piece], str]:
        if self._held:
            return given, ""  # this one overtakes another
        return [piece._replace(held=fault) for piece in given], f"held {size(given)} octets for the next to overtake"

    # What is kept back.

    def _pass_on(self, piece: Piece, deliver: Callable[[bytes], None]) -> None:
        """Deliver a datagram when it is due."""
        delayed_by = piece.held or piece.late
        if delayed_by is None:
            deliver(piece.data)
            return
        one = Delivery(delayed_by, len(piece.data), lambda: deliver(piece.data))
        if piece.held is None:
            self._late.put(one, piece.delay)
        else:
            self._held.append(one)
            one.call = self._listener.reactor.callLater(REORDER_SECONDS, self._release, one)

    def _release(self, one: Delivery) -> None:
        if self._forget(one):
            one.deliver()

    def _forget(self, one: Delivery) -> bool:
        """Whether it was still kept back."""
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
}
"""What is done for each kind: what becomes of the datagrams, and the words for it, empty if nothing was done."""


def size(pieces: Sequence[Piece]) -> int:
    """Octets of all."""
    return sum(len(piece.data) for piece in pieces)
