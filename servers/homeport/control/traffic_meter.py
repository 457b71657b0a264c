"""The traffic of each second, for readers of event streams that ask for it.

A world has one meter, which counts once for all its readers, in slices, and only while one of them reads: it reads the
events that the journal got since its last count, so that nothing is added to the recording of events.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from weakref import WeakKeyDictionary

import msgspec

from homeport.control.event_rate import Timer
from homeport.control.farm import Clock
from homeport.control.slices import slices_of
from homeport.control.stats import ServiceStats, Stats, add_event
from homeport.world.journal import timestamp
from homeport.world.world import World

STEP_SECONDS = 1.0


class TrafficReader(ABC):
    """A recipient of the traffic of each second."""

    @property
    @abstractmethod
    def reads(self) -> bool:
        """True if it takes figures at present; False under back-pressure."""

    @abstractmethod
    def take_traffic(self, traffic: bytes) -> None:
        """Take the figures of a second: `Stats` in JSON."""


class TrafficMeter:
    """The meter of one world. It runs while it has a reader that reads."""

    def __init__(self, world: World, reactor: Clock) -> None:
        self._journal = world.journal
        self._slices = slices_of(reactor)
        self._second = Timer(reactor, self._end_second)
        self._readers: dict[TrafficReader, None] = {}
        self._begin = 0.0
        self._seen = 0
        """`seq` of the newest event that is counted."""
        self._epoch = ""
        self._count: Iterator[None] | None = None

    def add(self, reader: TrafficReader) -> None:
        """Send it the figures of each second from now on; no effect on a reader that receives them."""
        if not self._readers:
            self._begin, self._seen = self._journal.real(), self._journal.seq
            self._epoch = self._journal.epoch
            self._second.start(STEP_SECONDS)
        self._readers[reader] = None

    def remove(self, reader: TrafficReader) -> None:
        """Send it no more figures; no effect on an unknown reader."""
        self._readers.pop(reader, None)
        if not self._readers:
            self._stop()

    def _stop(self) -> None:
        self._readers.clear()
        self._second.cancel()
        self._slices.remove(self._step)
        self._count = None

    def _end_second(self) -> None:
        if not any(reader.reads for reader in self._readers):
            self._stop()
            return
        self._second.start(STEP_SECONDS)
        if self._count is None:
            self._count = self._count_second()
            self._slices.add(self._step)

    def _step(self) -> bool:
        """Count one batch of events. Return True if there are more."""
        if self._count is not None:
            try:
                next(self._count)
            except StopIteration:
                self._count = None
        return self._count is not None

    def _count_second(self) -> Iterator[None]:
        """Count the events since the last count, in steps, and send the figures to the readers."""
        journal = self._journal
        begin, now, until = self._begin, journal.real(), journal.seq
        if self._epoch != journal.epoch:
            self._epoch, self._seen = journal.epoch, journal.begin
        services: dict[str, ServiceStats] = {}
        complete = True
        for batch in journal.batches(self._seen, until):
            complete = complete and batch[0][0] == self._seen + 1
            self._seen = batch[-1][0]
            for _seq, entry in batch:
                if entry.source is not None:
                    one = services.setdefault(entry.source.service, ServiceStats([0], [0], [0], [0]))
                    add_event(one, 0, entry)
            yield
        complete = complete and self._seen == until
        self._begin, self._seen = now, until
        # A second is longer if the reactor was late. Real time can be set back, or stand still.
        step = max(round(now - begin, 1), STEP_SECONDS)
        traffic = Stats(begin=timestamp(begin), step=step, complete=complete, services=dict(sorted(services.items())))
        data = msgspec.json.encode(traffic)
        for reader in [one for one in self._readers if one.reads]:
            reader.take_traffic(data)


_METERS: WeakKeyDictionary[World, TrafficMeter] = WeakKeyDictionary()


def meter_of(world: World, reactor: Clock) -> TrafficMeter:
    """Return the meter of a world, created on first use."""
    meter = _METERS.get(world)
    if meter is None:
        meter = _METERS[world] = TrafficMeter(world, reactor)
    return meter
