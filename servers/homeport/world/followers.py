"""Followers of the journal: each receives the new events that match its filter, in the reactor turn after them.

Thousands of clients can wait while tens of thousands of events a second are logged. So new events are dispatched once
per turn, and a table by service, type and connection finds the followers of each event without asking all of them.
Neither many events nor many followers may make a turn long, so each turn dispatches a bounded number.
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from itertools import product
from typing import Any, Protocol

from homeport.world.event_filter import EventFilter, Key, key_of
from homeport.world.journal import Entry, Journal

MAX_EVENTS = 1000
"""Events that are looked at in one turn."""
MAX_DELIVERIES = 32
"""Deliveries of events to followers in one turn. One can be an answer, which takes a tenth of a millisecond."""
DELIVERY_BYTES = 4096
"""Bytes of an event that cost as much as a delivery, because a filter may search them."""
NO_KEY: Key = (None, None, None)
ANY_KEY = {NO_KEY}
"""The keys of followers that all want every event: the usual case of one page that shows the journal."""


class Reactor(Protocol):
    """A scheduler of calls, in seconds of real time: Twisted's IReactorTime."""

    def callLater(self, delay: float, callable: Callable[..., Any], *args: Any) -> Any: ...  # noqa: N802, A002 - Twisted's


class Follower(ABC):
    """A recipient of new events."""

    filter: EventFilter
    seen: int
    """`seq` of the newest event that it has received or does not need."""

    @abstractmethod
    def follow(self, seq: int, entry: Entry) -> None:
        """Take a new event that matches the filter."""

    @abstractmethod
    def overtaken(self, since: int) -> None:
        """Handle that the ring overwrote events after `since` before they were dispatched."""

    @abstractmethod
    def failed(self, error: Exception) -> None:
        """Handle an exception of `follow`; the follower receives no more events."""


class Followers:
    """The followers of one journal.

    What a turn costs is bounded: it looks at a number of events and delivers some of them; the rest follows in the next
    turns. An event that the ring is about to drop is delivered first, so nothing is lost by that.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._by_key: dict[Key, dict[Follower, None]] = {}
        self._types: set[str | None] = set()
        """The types that followers ask for; None if one takes any."""
        self._reactor: Reactor | None = None
        self.dispatched = 0
        """`seq` of the newest event that all followers have received, if they wanted it."""
        self._left: deque[Follower] = deque()
        """Followers that still get the event after `dispatched`, if its delivery has begun."""
        self._scheduled = False  # for the next turn
        self._dispatching = False

    def add(self, follower: Follower, reactor: Reactor) -> None:
        """Send it the events after `follower.seen`."""
        if not self._by_key:
            self.dispatched = self._journal.seq
            self._left.clear()
            self._reactor = reactor
            self._journal.watchers.append(self._schedule)
            self._journal.before_loss = self._dispatch_before_loss
        self._by_key.setdefault(follower.filter.key, {})[follower] = None
        self._types.add(follower.filter.type)

    def remove(self, follower: Follower) -> None:
        """Send it no more events; no effect on an unknown follower."""
        key = follower.filter.key
        if key in self._by_key:
            self._by_key[key].pop(follower, None)
            if not self._by_key[key]:
                del self._by_key[key]
                self._types = {kind for _service, kind, _conn in self._by_key}
            if not self._by_key:
                self._journal.watchers.remove(self._schedule)
                self._journal.before_loss = None

    def dispatch(self) -> bool:
        """Dispatch a bounded number of new events. Return True if there are more."""
        if self._dispatching:  # a follower's answer can lead back to here
            return True
        self._dispatching = True
        try:
            return self._dispatch()
        finally:
            self._dispatching = False

    def _dispatch(self) -> bool:
        journal = self._journal
        if journal.oldest - 1 > self.dispatched:
            since, self.dispatched = self.dispatched, journal.oldest - 1
            self._left.clear()
            for follower in [one for followers in self._by_key.values() for one in followers]:
                follower.overtaken(since)
        room = MAX_DELIVERIES
        until = min(journal.seq, self.dispatched + MAX_EVENTS)
        for batch in journal.batches(self.dispatched, until):
            for seq, entry in batch:
                if entry.type in self._types or None in self._types or self._left:
                    room = self._deliver(seq, entry, room)
                    if self._left:
                        return True
                self.dispatched = seq
        return self.dispatched < journal.seq

    def _schedule(self) -> None:
        """Schedule a dispatch in the next turn, for all events of this one."""
        if not self._scheduled and self._reactor is not None:
            self._scheduled = True
            self._reactor.callLater(0, self._turn)

    def _turn(self) -> None:
        self._scheduled = False
        if self._by_key and self.dispatch():
            self._schedule()

    def _dispatch_before_loss(self, seq: int, entry: Entry) -> None:
        """Deliver an event that the ring is about to drop."""
        if seq == self.dispatched + 1:
            self._deliver(seq, entry, len(self._left) + sum(map(len, self._by_key.values())))
            self.dispatched = seq

    def _deliver(self, seq: int, entry: Entry, room: int) -> int:
        """Deliver an event to at most `room` followers, and return the room that is left. The rest is in `_left`."""
        if not self._left:
            if self._by_key.keys() == ANY_KEY:
                self._left.extend(self._by_key[NO_KEY])
            else:
                service, kind, conn = key_of(entry)
                for key in product({service, None}, (kind, None), {conn, None}):
                    self._left.extend(self._by_key.get(key, ()))
        cost = 1 + entry.cost // DELIVERY_BYTES
        by_key = self._by_key
        while self._left and room > 0:
            follower = self._left.popleft()
            wanted = follower.filter
            if seq > follower.seen and follower in by_key.get(wanted.key, ()):
                room -= cost * wanted.weight
                try:
                    if wanted.matches_others(entry):
                        follower.follow(seq, entry)
                except Exception as error:
                    self.remove(follower)
                    follower.failed(error)
        return room
