"""Turns: how much work faults do before everybody else on the reactor is served.

What a fault does to many octets (cut them one by one, change them by chance) takes long, and the reactor is one for
all worlds. So each piece is paid for out of an allowance that all faults of a farm share in one turn of the reactor.
Work that finds it spent waits in a queue, and goes on in a later turn.
"""

from collections import deque
from collections.abc import Callable
from weakref import WeakKeyDictionary, ref

from homeport.io.net.reactor import DelayedCall, Reactor

ALLOWANCE = 64 << 10
"""The cost of all pieces in one turn: octets, and PIECE for each. A millisecond or two of work."""
PIECE = 4 << 10
"""The cost of a piece besides its octets: about what a system call and its way there cost."""
FARM_HELD_MAX = 256 << 20
"""Octets that the faults of a farm hold back before each connection is left only its least share."""


class Turns:
    """The turns of one reactor, and the octets that faults hold back on it.

    spent: cost of the current turn. held: octets, with the room that their bookkeeping takes.
    """

    def __init__(self, reactor: Reactor) -> None:
        self.spent = 0
        self.held = 0
        self._reactor = ref(reactor)  # which is the key that this object is found by
        self._waiting: deque[Callable[[], None]] = deque()
        self._call: DelayedCall | None = None

    def pay(self, octets: int) -> bool:
        """Return whether a piece may move in this turn, and count its cost if it may.

        The first piece of a turn always may, so a large one is only made to wait for its turn.
        """
        cost = PIECE + octets
        if self.spent and self.spent + cost > ALLOWANCE:
            return False
        self.spent += cost
        self._arm()
        return True

    def spend(self, octets: int) -> None:
        """Count the cost of a piece that could not wait."""
        self.spent += PIECE + octets
        self._arm()

    def hold(self, octets: int) -> None:
        """Count octets that are held back from now on; negative: that are no more."""
        self.held += octets

    def wait(self, function: Callable[[], None]) -> None:
        """Call a function in a later turn, behind those that wait already."""
        self._waiting.append(function)
        self._arm()

    def _arm(self) -> None:
        reactor = self._reactor()
        if self._call is None and reactor is not None:
            self._call = reactor.callLater(0, self._begin)

    def _begin(self) -> None:
        """Begin a turn: those that wait go on, until the allowance is spent."""
        self._call = None
        self.spent = 0
        try:
            for _ in range(len(self._waiting)):
                if self.spent >= ALLOWANCE - PIECE:
                    break
                self._waiting.popleft()()
        finally:  # the reactor logs an error of one; the others have their turn
            if self._waiting:
                self._arm()


_TURNS: WeakKeyDictionary[Reactor, Turns] = WeakKeyDictionary()


def turns_of(reactor: Reactor) -> Turns:
    """Return the turns of a reactor, made when first asked for."""
    turns = _TURNS.get(reactor)
    if turns is None:
        turns = _TURNS[reactor] = Turns(reactor)
    return turns
