"""Events that reach a session between its inputs: notices of topics that it watches, and that its output was flushed.

They are delivered in a later turn of the reactor, never inside another event, and a bounded number per turn. They are
held back while a `Call`, a handshake, unsent output or a fault suspends the session. Notices of a topic are one
however many were published meanwhile, so a client that does not read costs a set of topics and no more.
"""

from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Protocol

from homeport.io.net.turns import ALLOWANCE, turns_of
from homeport.protocol.events import Event, Flushed, Noticed
from homeport.world.notices import MAX_TOPICS

if TYPE_CHECKING:
    from homeport.io.net.faults import FaultLine
    from homeport.io.net.listener import StreamListener

NOTICE_COST = 4 << 10
"""Part of a turn's allowance that a notice takes: about a system call and the code around it."""
NO_TOPICS: frozenset[str] = frozenset()
PIECE_COST = ALLOWANCE
"""Part of a turn's allowance that the next piece of a long answer takes: all of it."""


class Awakened(Protocol):
    """The connection, as seen from here."""

    @property
    def fd(self) -> int: ...
    @property
    def listener(self) -> "StreamListener": ...
    @property
    def unsent(self) -> list[memoryview]: ...
    @property
    def calling(self) -> list[str] | None: ...
    @property
    def shaking(self) -> bool: ...
    @property
    def closing(self) -> bool: ...
    @property
    def faults(self) -> "FaultLine | None": ...
    def deliver(self, event: Event) -> None: ...
    def read_on(self) -> None: ...
    def stop_reading(self) -> None: ...


class Wakeups:
    """The notices and flushes that one session waits for."""

    __slots__ = ("_flush", "_host", "_noticed", "_queued", "_topics", "_turns")

    def __init__(self, host: Awakened) -> None:
        self._host = host
        self._turns = turns_of(host.listener.reactor)
        self._topics: set[str] = set()
        self._noticed: AbstractSet[str] = NO_TOPICS
        self._flush = False
        self._queued = False

    def watch(self, topic: str) -> None:
        """Watch a topic. Raises: ValueError if these are too many."""
        if topic in self._topics:
            return
        if len(self._topics) >= MAX_TOPICS:
            raise ValueError(f"a connection cannot watch more than {MAX_TOPICS} topics")
        self._topics.add(topic)
        self._host.listener.world.notices.watch(topic, self._notice)

    def unwatch(self, topic: str) -> None:
        """Watch a topic no more; a notice of it that was not delivered is dropped."""
        if topic in self._topics:
            self._topics.remove(topic)
            self._noticed -= {topic}
            self._host.listener.world.notices.unwatch(topic, self._notice)

    def await_flush(self) -> None:
        """Deliver `Flushed` once the output is flushed; until then no input is read."""
        self._flush = True
        self._host.stop_reading()
        self.wake()

    def cancel(self) -> None:
        """Watch nothing more, and deliver nothing."""
        for topic in self._topics:
            self._host.listener.world.notices.unwatch(topic, self._notice)
        self._topics.clear()
        self._noticed = NO_TOPICS
        self._flush = False

    def wake(self) -> None:
        """Deliver in a later turn what is due; called when something ends that held it back."""
        if (self._noticed or self._flush) and not self._queued and not self._held:
            self._queued = True
            self._turns.wait(self._deliver)

    @property
    def flushing(self) -> bool:
        """True if `Flushed` is due."""
        return self._flush

    def _notice(self, topic: str) -> None:
        if isinstance(self._noticed, set):
            self._noticed.add(topic)
        else:
            self._noticed = {topic}  # made for the first one: most sessions never have any
        if not self._queued:
            self.wake()

    @property
    def _held(self) -> bool:
        host = self._host
        if host.fd < 0 or host.closing or host.unsent or host.calling is not None or host.shaking:
            return True
        return host.faults is not None and host.faults.wants_no_more

    def _deliver(self) -> None:
        self._queued = False
        if self._held:
            return  # `wake` is called again
        if self._flush:
            self._flush = False
            self._turns.spend(PIECE_COST)
            self._host.deliver(Flushed())
            self._host.read_on()
        elif self._noticed:
            topics, self._noticed = frozenset(self._noticed), NO_TOPICS
            self._turns.spend(NOTICE_COST)
            self._host.deliver(Noticed(topics))
        self.wake()
