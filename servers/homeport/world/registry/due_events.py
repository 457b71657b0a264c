"""What is due when: for each object the next thing that happens to it, and a timer on the world's clock for the first.

The heap keeps entries that no longer count, because taking them out where they stand would cost a search; they are
dropped when they come to its top, or when they are more than those that count.
"""

import heapq
import math
from collections.abc import Callable

from homeport.world.clock import Clock, Timer
from homeport.world.registry.changes import Key

SPARE = 1000
"""Entries of the heap that may be out of date, besides as many as are not."""


class Agenda:
    """One registry's. action: what the timer does."""

    def __init__(self, clock: Clock, action: Callable[[], None]) -> None:
        self.dues: dict[Key, float] = {}
        """When something happens to each object next."""
        self.next = math.inf
        """When something happens first; or earlier, for what has been called off since `set_timer`."""
        self._clock = clock
        self._action = action
        self._heap: list[tuple[float, Key]] = []
        self._timer: Timer | None = None

    def __len__(self) -> int:
        """Entries, with those that no longer count."""
        return len(self._heap)

    def note(self, key: Key, due: float | None) -> None:
        """Something happens to that object then and not before; None: nothing does any more."""
        if due is None:
            self.dues.pop(key, None)
        elif self.dues.get(key) != due:
            self.dues[key] = due
            heapq.heappush(self._heap, (due, key))
            if len(self._heap) > 2 * len(self.dues) + SPARE:
                self._heap = [(when, one) for one, when in self.dues.items()]
                heapq.heapify(self._heap)

    def take(self, now: float) -> tuple[float, Key] | None:
        """What is due first by that time, and forget it; None if nothing is."""
        heap = self._heap
        while heap and heap[0][0] <= now:
            due, key = heapq.heappop(heap)
            if self.dues.get(key) == due:
                del self.dues[key]
                return due, key
        return None

    def set_timer(self) -> None:
        """Have the clock call no later than something happens."""
        heap = self._heap
        while heap and self.dues.get(heap[0][1]) != heap[0][0]:
            heapq.heappop(heap)
        self.next = heap[0][0] if heap else math.inf
        timer = self._timer
        if timer is not None and timer.action is not None:
            if timer.due <= self.next < math.inf:
                return
            timer.cancel()
        self._timer = self._clock.call_at(self.next, self._action) if heap else None

    def close(self) -> None:
        """Nothing happens by itself any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
