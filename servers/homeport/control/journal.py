"""A world's journal over the API, and waiting for events.

A wait takes events that happened before the request as well as those that follow, so a test that first acts and then
waits cannot miss one.
"""

from collections.abc import Generator, Iterator
from http import HTTPStatus
from typing import Annotated, Any, Literal, TypedDict

import msgspec
from msgspec import Meta

from homeport.config.quantities import Duration
from homeport.control.event_query import EventQuery
from homeport.control.farm import Farm
from homeport.control.filters import validate_filter
from homeport.control.json_pieces import (
    MAX_RENDERED,
    Continued,
    event_batches,
    event_pieces,
    list_pieces,
)
from homeport.control.operation import WORLD, Operation, PendingAnswer, Request, world_of
from homeport.control.problems import ProblemError
from homeport.control.rendering import render_event
from homeport.control.slices import STEP_COST, Body, slices_of
from homeport.control.times import validate_timeout
from homeport.world.event_filter import EventFilter
from homeport.world.followers import Follower
from homeport.world.journal import Entry, Journal
from homeport.world.world import World

MAX_NEAR = 10
"""Maximum number of events in `near`: the latest that match all conditions but one."""
NEAR_SEARCHED = 2000
"""Number of the newest events that are searched for `near`."""


class EventsQuery(EventQuery, frozen=True, kw_only=True):
    """The query of a list of events."""

    limit: Annotated[int, Meta(ge=1, le=10_000, description="maximum number of items")] = 1000
    order: Annotated[
        Literal["asc", "desc"], Meta(description="asc: oldest first; desc: newest first, with `next` for `before`")
    ] = "asc"
    before: Annotated[int, Meta(ge=1, description="only events before the one of this `seq`")] | None = None
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


class WaitQuery(EventQuery, frozen=True, kw_only=True):
    """The query of a wait for events."""

    count: Annotated[int, Meta(ge=1, le=10_000, description="number of events to wait for")] = 1
    timeout: Annotated[
        Duration,
        Meta(
            description="how long to wait, in real time, such as 500ms or 5s, at most 24h; then `timed_out` is true",
            extra_json_schema={"type": "string", "default": "5s"},
        ),
    ] = msgspec.field(default_factory=lambda: Duration(5))

    def __post_init__(self) -> None:
        super().__post_init__()
        validate_timeout(self.timeout)


class Event(TypedDict):
    """An event of the journal; each type adds fields of its own."""

    seq: int
    time: str
    world: str
    service: str | None
    listener: str | None
    conn: str | None
    peer: str | None
    type: str


class Events(msgspec.Struct, frozen=True):
    meaning = (
        "Events. Pass `next` as `since` to continue the list, as `before` with `order=desc`; it is null at the end."
    )

    items: list[Event]
    total: int
    next: int | None = None
    seq: Annotated[int, Meta(description="`seq` of the newest event; pass it as `since` to get only later events")] = 0
    epoch: Annotated[
        str, Meta(description="identifies this run of `seq` numbers; changes at a reset and a restart")
    ] = ""
    lost: Annotated[int, Meta(description="number of events after `since` that the journal no longer has")] = 0
    reset: Annotated[
        bool, Meta(description="true if `since` belongs to another epoch; the list then starts at the first event")
    ] = False


class Waited(msgspec.Struct, frozen=True):
    meaning = (
        "The events waited for. After a timeout, `near` has the latest events that matched all conditions but one."
    )

    events: list[Event]
    timed_out: bool
    next: Annotated[int, Meta(description="pass it as `since` to continue after these events")]
    near: list[Event] = []
    epoch: Annotated[str, Meta(description="as in a list of events")] = ""
    lost: Annotated[int, Meta(description="as in a list of events")] = 0
    reset: Annotated[bool, Meta(description="as in a list of events")] = False


def events(farm: Farm, request: Request) -> Body:
    host, query = world_of(farm, request), request.query
    validate_filter(host, query)
    return Body(farm, event_list(host.world.journal, query))


def event_list(journal: Journal, query: EventsQuery) -> Iterator[bytes]:
    """Yield the body of a list of events (`Events`), as the journal has them while it is walked.

    Events that the ring drops before they are reached end the list, with the `next` that continues it.
    """
    position, epoch = journal.position(query.since, query.epoch), journal.epoch
    walk = EventWalk(journal, query, position.since + position.lost)
    yield from list_pieces(
        "items",
        walk.batches(),
        lambda: {
            "total": walk.total,
            "next": walk.next,
            "seq": journal.seq,
            "epoch": epoch,
            "lost": position.lost,
            "reset": position.reset,
        },
    )


class EventWalk:
    """A walk through the journal's events after `since` that match a query. `total` and `next` are known after it."""

    def __init__(self, journal: Journal, query: EventsQuery, since: int) -> None:
        self._journal = journal
        self._query = query
        self._epoch = journal.epoch
        self._since = since
        self._before = journal.seq + 1 if query.before is None else min(query.before, journal.seq + 1)
        self.total = 0
        self.next: int | None = None
        self._shown = 0
        self._newest = 0

    def batches(self) -> Iterator[list[bytes] | Continued]:
        """Yield the events up to the limit."""
        journal, query = self._journal, self._query
        back = query.order == "desc"
        last = self._before if back else self._since
        walk = (
            journal.batches_back(last, self._since, query.weight)
            if back
            else journal.batches(last, self._before - 1, query.weight)
        )
        for batch in walk:
            if journal.epoch != self._epoch or (batch[0][0] > last + 1 and not back):
                self.next = self.next or last
                return
            yield from event_batches(journal, self._chosen(batch), query.bytes)
            last = batch[-1][0]
            if self.next is not None and query.empty:
                # Every further event matches: there is no need to look at them.
                self.total = max(self._before - 1 - self._since, 0)
                return

    def _chosen(self, batch: list[tuple[int, Entry]]) -> Iterator[tuple[int, Entry]]:
        for seq, entry in batch:
            if self._query.matches(entry):
                self.total += 1
                if self._shown < self._query.limit:
                    self._newest, self._shown = seq, self._shown + 1
                    yield seq, entry
                else:
                    self.next = self.next or self._newest


def wait_for_events(farm: Farm, request: Request) -> "EventWait":
    host = world_of(farm, request)
    validate_filter(host, request.query)
    return EventWait(farm, host.world, request.query)


def matching(journal: Journal, query: EventFilter, since: int | None = None) -> Iterator[tuple[int, Entry]]:
    """Yield the journal's events that match a filter, oldest first. since: replaces the filter's own."""
    for seq, entry in journal.entries(query.since if since is None else since):
        if query.matches(entry):
            yield seq, entry


class EventWait(PendingAnswer, Follower):
    """A wait for events: takes the matching events of the journal, then each new one until there are enough."""

    endless = True

    def __init__(self, farm: Farm, world: World, query: WaitQuery) -> None:
        super().__init__()
        self._position = world.journal.position(query.since, query.epoch)
        self._epoch = world.journal.epoch
        self.filter = query
        self.seen = self._position.since
        self._farm = farm
        self._world = world
        self._count = query.count
        self._found: list[tuple[int, Entry]] = []
        self._slices = slices_of(farm.reactor)
        self._steps: Generator[None, None, None] = self._catch_up()
        self._body: Body | None = None
        world.on_close.append(self._closed)
        self._timeout = farm.reactor.callLater(float(query.timeout), self.attempt, self._time_out)
        self._slices.add(self._step)

    def follow(self, seq: int, entry: Entry) -> None:
        # The entry itself is kept, because the ring may drop it before the last one arrives.
        self.seen = seq
        if len(self._found) < self._count:
            self._found.append((seq, entry))
            if len(self._found) == self._count:
                self._world.followers.remove(self)
                self._begin(self._finish(seq))

    def overtaken(self, since: int) -> None:
        """Ignore the loss: the wait goes on with later events."""

    def failed(self, error: Exception) -> None:
        self.answer(error)

    def hurry(self) -> None:
        while self._step():
            pass
        if self._body is not None:
            self._body.hurry()

    def release(self) -> None:
        self._slices.remove(self._step)
        self._world.followers.remove(self)
        self._world.on_close.remove(self._closed)
        if self._timeout.active():
            self._timeout.cancel()
        if self._body is not None:
            self._body.drop()

    def _begin(self, steps: Generator[None, None, None]) -> None:
        self._steps = steps
        self._slices.add(self._step)

    def _step(self) -> bool:
        if self.done:
            return False
        steps = self._steps
        try:
            next(steps)
        except StopIteration:
            return steps is not self._steps
        except Exception as error:
            self.answer(error)
        return not self.done

    def _catch_up(self) -> Generator[None, None, None]:
        """Take the events that the journal has, then follow it."""
        for batch in self._world.journal.batches(self.seen, weight=self.filter.weight):
            for seq, entry in batch:
                self.seen = seq
                if self.filter.matches(entry):
                    self._found.append((seq, entry))
                    if len(self._found) == self._count:
                        self._begin(self._finish(seq))
                        return
            yield
        self._world.followers.add(self, self._farm.reactor)

    def _time_out(self) -> None:
        """Answer with what was found, after the events that happened before now."""
        self._begin(self._last_look(self._world.journal.seq, self._steps))

    def _last_look(self, until: int, steps: Generator[None, None, None]) -> Generator[None, None, None]:
        yield from steps
        journal, followers = self._world.journal, self._world.followers
        while len(self._found) < self._count and followers.dispatched < until and journal.epoch == self._epoch:
            followers.dispatch()
            yield
        if len(self._found) < self._count:
            followers.remove(self)
            yield from self._finish(max(journal.seq, until))

    def _finish(self, following: int) -> Generator[None, None, None]:
        """Answer: at once if there is little to render, else with a body that is rendered in slices."""
        journal = self._world.journal
        timed_out = len(self._found) < self._count
        near: list[tuple[int, Entry]] = []
        if timed_out:
            since = max(journal.position(self.filter.since, self.filter.epoch).since, journal.seq - NEAR_SEARCHED)
            for batch in journal.batches(since, weight=self.filter.weight):
                near += [(seq, entry) for seq, entry in batch if self.filter.count_mismatches(entry) == 1]
                near = near[-MAX_NEAR:]
                yield
        reset = self._position.reset or journal.epoch != self._epoch
        found = self._found
        if len(found) <= MAX_RENDERED and sum(entry.cost for _seq, entry in (*found, *near)) <= STEP_COST:
            shown: Any = [render_event(journal, seq, entry) for seq, entry in found]
            shown_near: Any = [render_event(journal, seq, entry) for seq, entry in near]
            lost = self._position.lost
            self.answer(Waited(shown, timed_out, following, shown_near, journal.epoch, lost, reset))
            return
        rest = {
            "timed_out": timed_out,
            "next": following,
            "near": [msgspec.Raw(b"".join(event_pieces(journal, seq, entry))) for seq, entry in near],
            "epoch": journal.epoch,
            "lost": self._position.lost,
            "reset": reset,
        }
        self._body = Body(self._farm, list_pieces("events", event_batches(journal, found), lambda: rest))
        self._body.then(self.answer)

    def _closed(self) -> None:
        self.answer(ProblemError(HTTPStatus.GONE, f"the world {self._world.name!r} was closed"))


OPERATIONS = (
    Operation(
        method="GET",
        path=f"{WORLD}/events",
        summary="List the events of the journal",
        description="Return the events that match the query: oldest first, starting at the oldest event kept, or\n"
        "newest first with `order=desc`.\n"
        "\n"
        "Conditions take several values, separated by commas (`type=finding,fault`), and can be negated\n"
        "(`-type=in,out`). `q` takes the same conditions in one text.",
        handler=events,
        cli="homeport journal",
        python="homeport.events()",
        query=EventsQuery,
        answer=Events,
    ),
    Operation(
        method="GET",
        path=f"{WORLD}/events/wait",
        summary="Wait for events",
        description="Wait until `count` events match the query, earlier ones included, or until `timeout`.",
        handler=wait_for_events,
        cli="homeport wait {service} --type {type}",
        python="homeport.wait_for_event({type}, service={service})",
        problems=(HTTPStatus.GONE,),
        query=WaitQuery,
        answer=Waited,
    ),
)
