"""Due events: the time of each object's next event, and a timer on the world's clock for the earliest.

The heap keeps outdated entries, because removing one from its middle would cost a search; they are dropped
when they reach its top, or when they outnumber the valid ones.
"""

import heapq
import math
from collections.abc import Callable, Iterator

from homeport.world.clock import Clock, Timer
from homeport.world.registry.changes import Key

MAX_OUTDATED_ENTRIES = 1000
"""Number of outdated entries always allowed in the heap, besides as many as there are valid ones."""


class Schedule:
    """The schedule of one registry. action: called by the timer."""

    def __init__(self, clock: Clock, action: Callable[[], None]) -> None:
        self.dues: dict[Key, float] = {}
        """Time of each object's next event."""
        self.next = math.inf
        """Time of the earliest event; may be too early after cancellations, until `set_timer`."""
        self._clock = clock
        self._action = action
        self._heap: list[tuple[float, Key]] = []
        self._limit = MAX_OUTDATED_ENTRIES  # length of the heap at which outdated entries are counted
        self._timer: Timer | None = None

    def __len__(self) -> int:
        """Return the number of heap entries, outdated ones included."""
        return len(self._heap)

    def set_due(self, key: Key, due: float | None) -> None:
        """Set the time of an object's next event; None: it has none."""
        if due is None:
            self.dues.pop(key, None)
        elif self.dues.get(key) != due:
            self.dues[key] = due
            heapq.heappush(self._heap, (due, key))
            if len(self._heap) > self._limit:
                self._drop_outdated()

    def set_all(self, dues: dict[Key, float]) -> None:
        """Replace all events."""
        self.dues = dues
        self._build()

    def _build(self) -> None:
        self._heap = [(when, one) for one, when in self.dues.items()]
        heapq.heapify(self._heap)

    def _drop_outdated(self) -> None:
        """Build the heap again if its outdated entries are too many."""
        self._limit = 2 * len(self.dues) + MAX_OUTDATED_ENTRIES
        if len(self._heap) > self._limit:
            self._build()

    def pop_due(self, now: float) -> tuple[float, Key] | None:
        """Remove and return the earliest event due by `now`; None if no event is due."""
        heap = self._heap
        while heap and heap[0][0] <= now:
            due, key = heapq.heappop(heap)
            if self.dues.get(key) == due:
                del self.dues[key]
                return due, key
        return None

    @property
    def earliest(self) -> float:
        """The time of the earliest event, exactly; infinite if there is none."""
        heap = self._heap
        while heap and self.dues.get(heap[0][1]) != heap[0][0]:
            heapq.heappop(heap)
        return heap[0][0] if heap else math.inf

    def upcoming(self) -> Iterator[tuple[float, Key] | None]:
        """Yield the events in the order of their times, and None for each outdated entry.

        A copy of the heap is walked from its top, so that the first events cost little more in a large registry, and
        the schedule may change meanwhile.
        """
        heap = list(self._heap)
        ahead = [(heap[0], 0)] if heap else []
        seen: set[Key] = set()
        while ahead:
            (due, key), at = heapq.heappop(ahead)
            for child in (2 * at + 1, 2 * at + 2):
                if child < len(heap):
                    heapq.heappush(ahead, (heap[child], child))
            valid = self.dues.get(key) == due and key not in seen
            if valid:
                seen.add(key)
            yield (due, key) if valid else None

    def set_timer(self) -> None:
        """Start the clock's timer for the earliest event."""
        self.next = self.earliest
        timer = self._timer
        if timer is not None and timer.action is not None:
            if timer.due <= self.next < math.inf:
                return
            timer.cancel()
        self._timer = self._clock.call_at(self.next, self._action) if self.next < math.inf else None

    def close(self) -> None:
        """Cancel the timer and all events."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
