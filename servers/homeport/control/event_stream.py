"""The journal as server-sent events (WHATWG HTML 9.2), for browsers and for `curl -N`.

A reader resumes by `Last-Event-ID`, which holds `seq` and epoch. The stream continues with the events that the ring
still has, and reports the number of events that the reader missed (`lost`), or that the journal was reset (`reset`).

The stream buffers nothing for a slow reader: under back-pressure it stops, and later continues from the journal. A
reader is disconnected if the ring overwrites events that it has not received, and by the HTTP server if it reads
nothing for some time; it can connect again.

A reader of thousands of events a second can ask for less: without bytes, at a limited rate (`sampled` reports what was
left out), and several events in one message. A reader that is behind costs nothing until it reads again. A reader can
also ask for the traffic of each second (`stats`).
"""

import logging
import re
from http import HTTPStatus
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from homeport.config.quantities import encode
from homeport.control.event_query import EventQuery
from homeport.control.event_rate import Sampling, Timer
from homeport.control.farm import Farm
from homeport.control.filters import validate_filter
from homeport.control.json_pieces import serialize
from homeport.control.operation import WORLD, Operation, Request, Sink, Stream, world_of
from homeport.control.problems import ProblemError
from homeport.control.rendering import render_event
from homeport.control.slices import slices_of
from homeport.control.traffic_meter import TrafficReader, meter_of
from homeport.world.followers import Follower
from homeport.world.journal import Entry, timestamp
from homeport.world.world import World

log = logging.getLogger("homeport")

MEDIA_TYPE = "text/event-stream"
EVENT_ID = re.compile(r"(?P<seq>[0-9]{1,18})(?:-(?P<epoch>[0-9a-z]{1,32}))?", re.ASCII)
"""Syntax of `id`, which a reader returns in Last-Event-ID; the epoch is optional there."""
RETRY_MS = 1000
"""Delay before a reader reconnects, sent to it as `retry`."""
HEARTBEAT_SECONDS = 15.0
REPORT_SECONDS = 1.0
"""Interval of the reports of events that were left out."""
MAX_WRITTEN = 8
"""Events that are written in one step."""
MAX_BATCH_BYTES = 64 << 10
"""Size from which the array of a batch is sent without waiting for its time."""


class StreamQuery(EventQuery, frozen=True, kw_only=True):
    """The query of a stream of events."""

    bytes: (
        Annotated[
            int,
            Meta(
                ge=0,
                le=1 << 16,
                description="leave out the base64 `bytes` of events; `text` has at most this number of bytes; 0: none",
            ),
        ]
        | None
    ) = None
    rate: (
        Annotated[
            int,
            Meta(
                ge=1,
                le=100_000,
                description="maximum number of events per second; events `sampled` report how many were left out. "
                "Findings, faults, logins, messages and changes of clock and world are never left out",
            ),
        ]
        | None
    ) = None
    batch: Annotated[
        int,
        Meta(
            ge=0,
            le=5000,
            description="collect events for these milliseconds and send them as one `events`, an array; 0: singly",
        ),
    ] = 0
    journal: Annotated[
        bool, Meta(description="begin with an event `journal`: its epoch, first and newest `seq`, and the present time")
    ] = False
    stats: Annotated[
        bool,
        Meta(
            description="send an event `stats` each second: the traffic of each service in that second, as "
            "`GET .../stats` with one value in each list; the filter does not apply to it"
        ),
    ] = False


def stream_events(farm: Farm, request: Request) -> "EventStream":
    host, query = world_of(farm, request), request.query
    validate_filter(host, query)
    if request.last_event_id:
        match = EVENT_ID.fullmatch(request.last_event_id)
        if match is None:
            detail = (
                "Last-Event-ID must be the `id` of an event of the stream: NUMBER or NUMBER-EPOCH, such as 12-5f0c1a2b"
            )
            raise ProblemError(HTTPStatus.BAD_REQUEST, detail)
        query = msgspec.structs.replace(query, since=int(match["seq"]), epoch=match["epoch"])
    return EventStream(farm, host.world, query)


def serialize_event(name: str, data: Any, identifier: str | None = None) -> bytes:
    """Serialize one event of the stream. identifier: its `id`, which the reader returns when it reconnects."""
    return frame(name, msgspec.json.encode(data, enc_hook=encode), identifier)


def frame(name: str, data: bytes, identifier: str | None = None) -> bytes:
    """Return one event of the stream. data: JSON of msgspec, which has no line ends."""
    number = b"" if identifier is None else b"id: %s\n" % identifier.encode()
    return b"%sevent: %s\ndata: %s\n\n" % (number, name.encode(), data)


class EventStream(Stream, Follower, TrafficReader):
    """One reader's stream of the journal."""

    endless = True

    def __init__(self, farm: Farm, world: World, query: StreamQuery) -> None:
        self.filter = query
        self._query = query
        position = world.journal.position(query.since, query.epoch)
        self.seen = position.since
        self._epoch = "" if position.reset else world.journal.epoch
        """The epoch that the reader knows; empty if it is not the current one."""
        self._reactor = farm.reactor
        self._world = world
        self._sink: Sink | None = None
        self._paused = False
        self._behind = True
        """True if it must read on from the journal before it follows it."""
        self._sampling = Sampling(query.rate) if query.rate else None
        self._batch: list[bytes] = []
        """Serialized events that are not written yet."""
        self._batch_bytes = 0
        self._beat = Timer(farm.reactor, self._heartbeat)
        self._batch_end = Timer(farm.reactor, self._flush)
        self._sample_end = Timer(farm.reactor, self._report_left_out)
        self._slices = slices_of(farm.reactor)

    def start(self, sink: Sink) -> None:
        self._sink = sink
        self._world.on_close.append(self._closed)
        sink.write(b"retry: %d\n\n" % RETRY_MS)
        if self._query.journal:
            self._write(serialize_event("journal", self._describe_journal()))
        self._beat.start(HEARTBEAT_SECONDS)
        self._measure()
        if not self._paused:
            self._slices.add(self._step)

    def pause(self) -> None:
        self._paused = True
        self._slices.remove(self._step)

    def resume(self) -> None:
        self._paused = False
        self._flush()
        self._time_report()
        self._measure()
        if self._behind and self._epoch == self._world.journal.epoch and self._lost():
            self._cut()
        elif self._behind and self._sink is not None:
            self._slices.add(self._step)

    def drop(self) -> None:
        if self._sink is None:
            return
        self._sink = None
        self._world.followers.remove(self)
        self._world.on_close.remove(self._closed)
        self._slices.remove(self._step)
        if self._query.stats:
            meter_of(self._world, self._reactor).remove(self)
        for timer in (self._beat, self._batch_end, self._sample_end):
            timer.cancel()

    def follow(self, seq: int, entry: Entry) -> None:
        if self._epoch != self._world.journal.epoch:
            self._fall_behind()
        elif self._paused and not self._behind:
            self.seen = seq - 1
            self._fall_behind()
        elif not self._behind:
            self.seen = seq
            self._write_event(seq, entry)

    def overtaken(self, since: int) -> None:
        if not self._behind:
            self.seen = max(self.seen, since)
            self._fall_behind()

    def failed(self, error: Exception) -> None:
        log.error("internal error: a stream of events failed; please report this", exc_info=error)
        self._cut()

    @property
    def reads(self) -> bool:
        return self._sink is not None and not self._paused

    def take_traffic(self, traffic: bytes) -> None:
        self._write(frame("stats", traffic))

    def _measure(self) -> None:
        """Have the traffic of each second sent, if the reader asked for it."""
        if self._query.stats and self.reads:
            meter_of(self._world, self._reactor).add(self)

    def _fall_behind(self) -> None:
        """Follow the journal no more, and read on from it as soon as the reader does."""
        self._behind = True
        self._world.followers.remove(self)
        if not self._paused:
            self._slices.add(self._step)

    def _step(self) -> bool:
        """Write some of the journal's events. Return True if there is more to write, and room for it."""
        try:
            self._behind = self._catch_up()
        except Exception as error:
            self.failed(error)
        if self._sink is not None and not self._behind:
            self._world.followers.add(self, self._reactor)
        return self._behind and not self._paused and self._sink is not None

    def _catch_up(self) -> bool:
        """Write some events after `seen`. Return True if there may be more of them."""
        journal = self._world.journal
        if self._epoch != journal.epoch:
            self._epoch, self.seen = journal.epoch, journal.begin
            fields = {"epoch": journal.epoch, "next": self.seen}
            self._write_frame("reset", fields, self._id(self.seen))
        if lost := self._lost():
            self.seen += lost
            fields = {"lost": lost, "next": self.seen, "epoch": journal.epoch}
            self._write_frame("lost", fields, self._id(self.seen))
        written = 0
        for seq, entry in next(journal.batches(self.seen, weight=self.filter.weight), ()):
            if self._paused or self._sink is None or written == MAX_WRITTEN:
                return True
            self.seen = seq
            if self.filter.matches(entry):
                written += self._write_event(seq, entry)
        return self.seen < journal.seq

    def _lost(self) -> int:
        """Return the number of events that the ring lost before they were written."""
        return max(self._world.journal.oldest - 1 - self.seen, 0)

    def _write_event(self, seq: int, entry: Entry) -> bool:
        """Write an event, or add it to the batch. Return False if it is left out."""
        if self._sampling is not None and not self._sampling.take(seq, entry):
            self._time_report()
            return False
        data = serialize(render_event(self._world.journal, seq, entry, self._query.bytes))
        if not self._query.batch:
            self._write(frame(entry.type, data, self._id(seq)))
            return True
        self._batch.append(data)
        self._batch_bytes += len(data)
        if self._batch_bytes > MAX_BATCH_BYTES:
            self._flush()
        else:
            self._batch_end.start(self._query.batch / 1000)
        return True

    def _write_frame(self, name: str, fields: dict[str, Any], identifier: str | None = None) -> None:
        """Write an event that is not the journal's, after the events before it."""
        self._flush()
        self._write(serialize_event(name, fields, identifier))

    def _flush(self) -> None:
        """Write the batch, except under back-pressure."""
        if self._batch and not self._paused:
            batch, self._batch, self._batch_bytes = self._batch, [], 0
            self._batch_end.cancel()
            self._write(frame("events", b"[%s]" % b",".join(batch), self._id(self.seen)))

    def _time_report(self) -> None:
        if self._sampling is not None and self._sampling.left_out:
            self._sample_end.start(REPORT_SECONDS)

    def _report_left_out(self) -> None:
        """Report the events that were left out since the last report."""
        if self._sampling is not None and self._sampling.left_out and not self._paused:
            fields = self._sampling.report()
            self._write_frame("sampled", fields, self._id(self.seen))

    def _describe_journal(self) -> dict[str, Any]:
        journal = self._world.journal
        return {
            "world": self._world.name,
            "epoch": journal.epoch,
            "oldest": journal.oldest,
            "seq": journal.seq,
            "time": timestamp(journal.real()),
        }

    def _id(self, seq: int) -> str:
        return f"{seq}-{self._epoch}"

    def _write(self, data: bytes) -> None:
        if self._sink is not None:
            self._sink.write(data)

    def _heartbeat(self) -> None:
        """Send a comment, so that proxies between farm and reader keep the connection open."""
        if not self._paused:
            self._write(b": heartbeat\n\n")
        self._beat.start(HEARTBEAT_SECONDS)

    def _closed(self) -> None:
        """Send `closed` and end the stream: the world was closed. The last events, if few, are sent before."""
        self._behind = True
        if not self._paused:
            self._step()
        if (sink := self._sink) is not None:
            self._write_frame("closed", {"world": self._world.name})
            self.drop()
            sink.end()

    def _cut(self) -> None:
        """Disconnect the reader, which is too slow."""
        if (sink := self._sink) is not None:
            self.drop()
            sink.abort()


OPERATIONS = (
    Operation(
        method="GET",
        path=f"{WORLD}/events/stream",
        summary="Stream the journal as server-sent events",
        description="Send each event as it happens, until the client disconnects. `Last-Event-ID` resumes the stream.\n"
        "\n"
        "Besides the journal's events there are `lost` (events that the journal no longer has), `reset` (a new\n"
        "epoch), `closed` (the world was closed) and, if the query asks for them, `journal`, `events`, `sampled` and\n"
        "`stats`, which is the traffic of a second.",
        handler=stream_events,
        cli="homeport journal --follow",
        query=StreamQuery,
        answer=str,
        media_type=MEDIA_TYPE,
    ),
)
