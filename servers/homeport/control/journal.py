"""What the API says of a world's journal and findings, and the wait for events, which never misses one."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Annotated, Any, TypedDict

import msgspec
from msgspec import Meta

from homeport.control.farm import DelayedCall, Farm
from homeport.control.operation import WORLD, Later, Operation, Request, world_of
from homeport.control.problems import ProblemError
from homeport.quantities import Duration
from homeport.world.findings import Finding
from homeport.world.journal import Connection, Journal, Source
from homeport.world.world import World

NEAR_SHOWN = 10
"""Events shown, the latest, that came near to what was waited for."""

ServiceName = Annotated[str, Meta(description="only events of this service")]


class EventFilter(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which events are meant."""

    since: Annotated[int, Meta(ge=0, description="only events after the one of this `seq`")] = 0
    service: ServiceName | None = None
    type: (
        Annotated[str, Meta(description="only events of this type: opened, closed, in, out, datagram, finding, ...")]
        | None
    ) = None
    conn: Annotated[str, Meta(description="only events of this connection, such as c3")] | None = None


class EventsQuery(EventFilter, frozen=True, kw_only=True):
    """Which events to list."""

    limit: Annotated[int, Meta(ge=1, le=10_000, description="at most so many, the oldest first")] = 1000


class WaitQuery(EventFilter, frozen=True, kw_only=True):
    """Which events to wait for."""

    count: Annotated[int, Meta(ge=1, le=10_000, description="how many of them")] = 1
    timeout: Annotated[
        Duration,
        Meta(
            description="how long to wait, in real time, such as 500ms or 5s",
            extra_json_schema={"type": "string", "default": "5s"},
        ),
    ] = msgspec.field(default_factory=lambda: Duration(5))


class FindingsQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which findings."""

    service: ServiceName | None = None


class Event(TypedDict):
    """An event of the journal; each type has further fields."""

    seq: int
    time: str
    world: str
    service: str | None
    listener: str | None
    conn: str | None
    peer: str | None
    type: str


class Events(msgspec.Struct, frozen=True):
    """Events, oldest first. `next` is the `since` that continues the list; null at its end."""

    items: list[Event]
    total: int
    next: int | None = None


class Waited(msgspec.Struct, frozen=True):
    """What came. On time-out, `near` has the latest events that matched all conditions but one."""

    events: list[Event]
    timed_out: bool
    near: list[Event] = []


class Findings(msgspec.Struct, frozen=True):
    """The latest findings, oldest first, and how often each was raised."""

    items: list[Finding]
    total: int
    counts: dict[str, int]
    next: int | None = None


def events(farm: Farm, request: Request) -> Events:
    """The journal's events."""
    journal = world_of(farm, request).world.journal
    query = request.query
    found = list(matching(journal, query))
    shown = found[: query.limit]
    more = shown[-1] if len(shown) < len(found) else None
    return Events([journal.event(seq) for seq in shown], len(found), more)  # type: ignore[misc]  # dicts of that shape


def wait_for_events(farm: Farm, request: Request) -> "EventWait":
    """Events when they are there, which may have come before."""
    return EventWait(farm, world_of(farm, request).world, request.query)


def findings(farm: Farm, request: Request) -> Findings:
    """What clients did wrong."""
    kept = world_of(farm, request).world.findings
    service = request.query.service
    items = [finding for finding in kept if service in (None, finding.service)]
    counts = {name: number for name, number in kept.counts.items() if service in (None, name.partition(".")[0])}
    return Findings(items, sum(counts.values()), counts)


def matching(journal: Journal, query: EventFilter, since: int | None = None, misses: int = 0) -> Iterator[int]:
    """Numbers of the kept events that miss so many of the query's conditions, oldest first."""
    for seq, source, kind in journal.index(query.since if since is None else since):
        if missed(query, source, kind) == misses:
            yield seq


def missed(query: EventFilter, source: Source | None, kind: str) -> int:
    """How many conditions an event does not meet."""
    number = 0
    if query.type is not None:
        number += kind != query.type
    if query.service is not None:
        number += source is None or source.service != query.service
    if query.conn is not None:
        number += not isinstance(source, Connection) or source.id != query.conn
    return number


class EventWait(Later):
    """Waits for events: looks at what is there, and again in the turn after each that comes.

    However fast events come, there is one look in a turn of the reactor.
    """

    def __init__(self, farm: Farm, world: World, query: WaitQuery) -> None:
        super().__init__()
        self._reactor = farm.reactor
        self._world = world
        self._query = query
        self._seen = query.since
        self._found: list[Any] = []
        self._call: DelayedCall | None = None
        self._timeout: DelayedCall | None = None
        self._look()
        if not self.done:
            world.journal.watchers.append(self._note)
            world.on_close.append(self._closed)
            self._timeout = self._reactor.callLater(float(query.timeout), self._timed_out)

    def release(self) -> None:
        if self._note in self._world.journal.watchers:
            self._world.journal.watchers.remove(self._note)
            self._world.on_close.remove(self._closed)
        for call in (self._call, self._timeout):
            if call is not None and call.active():
                call.cancel()

    def _note(self) -> None:
        """An event has come; others may come in this turn."""
        if self._call is None:
            self._call = self._reactor.callLater(0, self._look)

    def _look(self) -> None:
        self._call = None
        journal = self._world.journal
        # Rendered at once, because the ring may lose them before all have come.
        for seq in matching(journal, self._query, self._seen):
            self._found.append(journal.event(seq))
            if len(self._found) == self._query.count:
                self.answer(Waited(self._found, timed_out=False))
                return
        self._seen = max(self._seen, journal.seq)

    def _timed_out(self) -> None:
        self._look()
        if not self.done:
            journal = self._world.journal
            near = list(matching(journal, self._query, misses=1))[-NEAR_SHOWN:]
            self.answer(Waited(self._found, timed_out=True, near=[journal.event(seq) for seq in near]))  # type: ignore[misc]

    def _closed(self) -> None:
        self.answer(ProblemError(HTTPStatus.GONE, f"the world {self._world.name!r} was closed"))


OPERATIONS = (
    Operation(
        method="GET",
        path=f"{WORLD}/events",
        summary="The journal",
        handler=events,
        query=EventsQuery,
        answer=Events,
    ),
    Operation(
        method="GET",
        path=f"{WORLD}/events/wait",
        summary="Wait until events are there, which may have come before",
        handler=wait_for_events,
        query=WaitQuery,
        answer=Waited,
    ),
    Operation(
        method="GET",
        path=f"{WORLD}/findings",
        summary="What clients did wrong",
        handler=findings,
        query=FindingsQuery,
        answer=Findings,
    ),
)
