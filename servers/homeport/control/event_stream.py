"""The journal as server-sent events (WHATWG HTML 9.2): every event as it comes, for browsers and for `curl -N`.

A reader that takes up where it was says so by `Last-Event-ID`: `seq` and epoch. It goes on with what the ring still
has, and is told how many events it missed (`lost`), or that the journal began anew (`reset`). Nothing is buffered for a
slow reader beyond what the network holds: the stream stops where it is and goes on from the journal. One that the ring
overtakes meanwhile, or that takes nothing for half a minute, is cut off; it may come again.
"""

import logging
import re
from http import HTTPStatus
from typing import Any

import msgspec

from homeport.config.quantities import encode
from homeport.control.farm import DelayedCall, Farm
from homeport.control.filters import check_filter
from homeport.control.operation import WORLD, Operation, Request, Sink, Stream, world_of
from homeport.control.problems import ProblemError
from homeport.world.followers import EventFilter, Follower
from homeport.world.journal import Entry
from homeport.world.world import World

log = logging.getLogger("homeport")

MEDIA_TYPE = "text/event-stream"
EVENT_ID = re.compile(r"(?P<seq>[0-9]{1,18})(?:-(?P<epoch>[0-9a-z]{1,32}))?", re.ASCII)
"""What `id` is, and what a reader gives back in Last-Event-ID; the epoch may be left out."""
RETRY_MS = 1000
"""What a reader is told to wait before it comes again."""
HEARTBEAT_SECONDS = 15.0
PATIENCE_SECONDS = 30.0
"""Real time that a reader may take nothing in."""


def stream_events(farm: Farm, request: Request) -> "EventStream":
    host, query = world_of(farm, request), request.query
    check_filter(host, query)
    if request.last_event_id:
        match = EVENT_ID.fullmatch(request.last_event_id)
        if match is None:
            words = (
                "Last-Event-ID is the `id` of an event of the stream: a number, or number and epoch, as in 12-5f0c1a2b"
            )
            raise ProblemError(HTTPStatus.BAD_REQUEST, words)
        query = msgspec.structs.replace(query, since=int(match["seq"]), epoch=match["epoch"])
    return EventStream(farm, host.world, query)


def frame(name: str, data: Any, identifier: str | None = None) -> bytes:
    """One event of the stream. identifier: what the reader shall say when it comes again."""
    number = b"" if identifier is None else b"id: %s\n" % identifier.encode()
    # JSON has no line ends, so the data is one line.
    return b"%sevent: %s\ndata: %s\n\n" % (number, name.encode(), msgspec.json.encode(data, enc_hook=encode))


class EventStream(Stream, Follower):
    """A reader of the journal."""

    def __init__(self, farm: Farm, world: World, query: EventFilter) -> None:
        self.filter = query
        position = world.journal.position(query.since, query.epoch)
        self.seen = position.since
        self._epoch = "" if position.reset else world.journal.epoch
        """The epoch that the reader knows of; empty for another one."""
        self._reactor = farm.reactor
        self._world = world
        self._sink: Sink | None = None
        self._paused = False
        self._behind = True
        """Whether it must go on from the journal before it takes what is handed to it."""
        self._beat: DelayedCall | None = None
        self._patience: DelayedCall | None = None

    def start(self, sink: Sink) -> None:
        self._sink = sink
        self._world.followers.add(self, self._reactor)
        self._world.on_close.append(self._closed)
        sink.write(b"retry: %d\n\n" % RETRY_MS)
        self._heartbeat(silent=True)
        self._catch_up()

    def pause(self) -> None:
        self._paused = True
        if self._sink is not None and self._patience is None:
            self._patience = self._reactor.callLater(PATIENCE_SECONDS, self._cut)

    def resume(self) -> None:
        self._paused = False
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
        if self._behind and self._epoch == self._world.journal.epoch and self._lost():
            self._cut()
        elif self._behind:
            self._catch_up()

    def drop(self) -> None:
        if self._sink is None:
            return
        self._sink = None
        self._world.followers.remove(self)
        self._world.on_close.remove(self._closed)
        for call in (self._beat, self._patience):
            if call is not None and call.active():
                call.cancel()

    def follow(self, seq: int, entry: Entry) -> None:
        if self._epoch != self._world.journal.epoch:
            self._behind = True
            if not self._paused:
                self._catch_up()
        elif self._paused and not self._behind:
            self._behind = True
            self.seen = seq - 1
        elif not self._behind:
            self.seen = seq
            self._write_event(seq, entry)

    def overtaken(self, since: int) -> None:
        if not self._behind:
            self._behind = True
            self.seen = max(self.seen, since)
            if not self._paused:
                self._catch_up()

    def failed(self, error: Exception) -> None:
        log.error("a stream of events failed; please report this", exc_info=error)
        self._cut()

    def _catch_up(self) -> None:
        """Write what has come, as far as the network takes it."""
        journal = self._world.journal
        if self._epoch != journal.epoch:
            self._epoch, self.seen = journal.epoch, journal.begin
            self._write(frame("reset", {"epoch": journal.epoch, "next": self.seen}, self._id(self.seen)))
        if lost := self._lost():
            self.seen += lost
            told = {"lost": lost, "next": self.seen, "epoch": journal.epoch}
            self._write(frame("lost", told, self._id(self.seen)))
        for seq, entry in list(journal.entries(self.seen)):
            if self._paused or self._sink is None:
                return
            self.seen = seq
            if self.filter.lets(entry):
                self._write_event(seq, entry)
        self._behind = False

    def _lost(self) -> int:
        """Events that the ring has lost before they could be written."""
        return max(self._world.journal.oldest - 1 - self.seen, 0)

    def _write_event(self, seq: int, entry: Entry) -> None:
        self._write(frame(entry.type, self._world.journal.render(seq, entry), self._id(seq)))

    def _id(self, seq: int) -> str:
        return f"{seq}-{self._epoch}"

    def _write(self, data: bytes) -> None:
        if self._sink is not None:
            self._sink.write(data)

    def _heartbeat(self, *, silent: bool = False) -> None:
        """Say that the connection lives, to all that are between us and the reader."""
        if not silent and not self._paused:
            self._write(b": heartbeat\n\n")
        self._beat = self._reactor.callLater(HEARTBEAT_SECONDS, self._heartbeat)

    def _closed(self) -> None:
        """The world was closed."""
        self._world.followers.look()
        if (sink := self._sink) is not None:
            self._write(frame("closed", {"world": self._world.name}))
            self.drop()
            sink.end()

    def _cut(self) -> None:
        """The reader is too slow."""
        if (sink := self._sink) is not None:
            self.drop()
            sink.abort()


OPERATIONS = (
    Operation(
        method="GET",
        path=f"{WORLD}/events/stream",
        summary="The journal as server-sent events, as they come",
        description="Events as they come, without end.",
        handler=stream_events,
        query=EventFilter,
        answer=str,
        media_type=MEDIA_TYPE,
    ),
)
