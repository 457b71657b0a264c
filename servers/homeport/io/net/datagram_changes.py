"""Changes of datagrams by faults of the network: those of a listener, or of one exchange.

Delayed datagrams may be reordered, as in any network.
"""

from collections.abc import Callable, Sequence
from heapq import heapify, heappop, heappush
from itertools import count
from typing import Any, NamedTuple

from homeport.io.net.corrupter import Corrupter
from homeport.io.net.fault_stages import MAX_HELD_BYTES
from homeport.io.net.guard import BREADTH
from homeport.io.net.reactor import DelayedCall, Reactor
from homeport.io.net.turns import MAX_FARM_HELD_BYTES, turns_of
from homeport.world.faults import Fault

REORDER_TIMEOUT_S = 1.0
"""Seconds that a datagram waits for the next one, which is to overtake it."""
MAX_LATE_BYTES = 64 << 20
"""Limit of the delayed datagrams of one listener in bytes; more are dropped, as a network with full queues does."""
LATE_ENTRY_BYTES = 1 << 10
"""Memory overhead of each in bytes."""
DELIVERY = 2 << 10
"""Cost of a datagram in a turn (`io/net/turns.py`): serving or sending one is several times the work of a piece."""


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


class DatagramChanges:
    """Changes datagrams as faults want it, and holds back those that are late.

    lose: called for a datagram that exceeds the limit of delayed ones.
    """

    def __init__(self, reactor: Reactor, lose: Callable[[], None]) -> None:
        self._reactor = reactor
        self._late = Late(reactor, lose)
        self._held: list[Delivery] = []

    @property
    def held(self) -> tuple[Delivery, ...]:
        """The datagrams that wait for the next one, which is to overtake them."""
        return tuple(self._held)

    def change(self, fault: Fault, given: list[Piece]) -> tuple[list[Piece], str]:
        """Apply one fault to datagrams. Return them, and what was done, for people; empty if nothing was."""
        return CHANGES[fault.plan.do.kind](self, fault, given)

    def pass_on(self, piece: Piece, deliver: Callable[[bytes, bool], None]) -> None:
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
            one.call = self._reactor.callLater(REORDER_TIMEOUT_S, self.release, one)

    def release(self, one: Delivery) -> None:
        """Deliver a datagram that waited for the next one."""
        if self._forget(one):
            one.deliver()

    def refresh(self) -> None:
        """Deliver the datagrams that removed faults held back."""
        for one in self.held:
            if one.fault.removed:
                self.release(one)
        self._late.refresh()

    def drop(self) -> None:
        """Discard the datagrams that are held back."""
        for one in self.held:
            self._forget(one)
        self._late.drop()

    def _forget(self, one: Delivery) -> bool:
        """Remove a held datagram; return False if it was delivered already."""
        if one.call is not None and one.call.active():
            one.call.cancel()
        if one not in self._held:
            return False
        self._held.remove(one)
        return True

    # The kinds.

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


CHANGES: dict[str, Callable[[DatagramChanges, Fault, list[Piece]], tuple[list[Piece], str]]] = {
    "drop": DatagramChanges.lose,
    "hang": DatagramChanges.lose,
    "duplicate": DatagramChanges.double,
    "truncate": DatagramChanges.truncate,
    "garbage": DatagramChanges.garble,
    "corrupt": DatagramChanges.corrupt,
    "answer": DatagramChanges.answer_with,
    "latency": DatagramChanges.delay,
    "reorder": DatagramChanges.reorder,
    "frame": DatagramChanges.lead_astray,
}
"""Functions by kind. Each returns the resulting datagrams and a description for the journal, empty if unchanged.

Of the defects of answers only `wrong-source` comes here, from a service: it applies the others itself.
"""


def size(pieces: Sequence[Piece]) -> int:
    """Return the total size in bytes."""
    return sum(len(piece.data) for piece in pieces)
