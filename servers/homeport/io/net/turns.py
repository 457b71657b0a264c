"""Turns: a budget for the work of faults per turn of the reactor, so that other connections are served in between.

Some faults do much work per byte (one piece per byte, random changes), and one reactor serves all worlds. So each piece
is charged to an allowance that all faults of a farm share in one turn of the reactor. Once it is used up, work is
queued for later turns.
"""

from collections import deque
from collections.abc import Callable
from weakref import WeakKeyDictionary, ref

from homeport.io.net.reactor import DelayedCall, Reactor

ALLOWANCE = 64 << 10
"""Budget of one turn: bytes, plus PIECE for each piece. One or two milliseconds of work."""
PIECE = 4 << 10
"""Fixed cost of a piece: about that of a system call and the code around it."""
MAX_FARM_HELD_BYTES = 256 << 20
"""Bytes that all faults of a farm hold back before each connection is limited to the smallest share."""


class Turns:
    """The turns of one reactor, and the bytes that faults hold back on it.

    spent: cost of the current turn. held: bytes, including the overhead of their bookkeeping.
    """

    def __init__(self, reactor: Reactor) -> None:
        self.spent = 0
        self.held = 0
        self._reactor = ref(reactor)  # weak: the reactor is the key of this object in `_TURNS`
        self._waiting: deque[Callable[[], None]] = deque()
        self._call: DelayedCall | None = None

    def pay(self, size: int) -> bool:
        """Return True, and charge the cost, if a piece may move in this turn.

        The first piece of a turn always may, so that one larger than the allowance is not stuck.
        """
        cost = PIECE + size
        if self.spent and self.spent + cost > ALLOWANCE:
            return False
        self.spent += cost
        self._arm()
        return True

    def spend(self, size: int) -> None:
        """Charge the cost of a piece that could not wait."""
        self.spent += PIECE + size
        self._arm()

    def hold(self, size: int) -> None:
        """Add to the number of bytes held back; negative: subtract."""
        self.held += size

    def wait(self, function: Callable[[], None]) -> None:
        """Queue a function for a later turn."""
        self._waiting.append(function)
        self._arm()

    def _arm(self) -> None:
        reactor = self._reactor()
        if self._call is None and reactor is not None:
            self._call = reactor.callLater(0, self._begin)

    def _begin(self) -> None:
        """Begin a turn: call queued functions until the allowance is used up."""
        self._call = None
        self.spent = 0
        try:
            for _ in range(len(self._waiting)):
                if self.spent >= ALLOWANCE - PIECE:
                    break
                self._waiting.popleft()()
        finally:  # the reactor logs an exception of one; the others are still called
            if self._waiting:
                self._arm()


_TURNS: WeakKeyDictionary[Reactor, Turns] = WeakKeyDictionary()


def turns_of(reactor: Reactor) -> Turns:
    """Return the turns of a reactor, made when first asked for."""
    turns = _TURNS.get(reactor)
    if turns is None:
        turns = _TURNS[reactor] = Turns(reactor)
    return turns
