"""What the API says of a world's journal and findings, and the wait for events, which never misses one."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Annotated, Any, TypedDict

import msgspec
from msgspec import Meta

from homeport.config.quantities import Duration
from homeport.control.farm import DelayedCall, Farm
from homeport.control.filters import check_filter, check_service
from homeport.control.operation import WORLD, Later, Operation, Request, world_of
from homeport.control.problems import ProblemError
from homeport.protocol.rules import Level
from homeport.services import find_service
from homeport.world.findings import Finding
from homeport.world.followers import EventFilter, Follower
from homeport.world.journal import Entry, Journal
from homeport.world.world import World

NEAR_SHOWN = 10
"""Events shown, the latest, that came near to what was waited for."""
LEVELS: tuple[Level, ...] = ("advice", "should", "must")
"""Of findings, the gravest last."""
NEAR_LOOKED = 2000
"""Events that are looked at for it."""


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

    level: Annotated[
        Level | None, Meta(description="only findings of this level or a graver one: advice, should, must")
    ] = None
    service: Annotated[str, Meta(description="only findings about clients of this service")] | None = None


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
    meaning = "Events, oldest first. `next` is the `since` that continues the list; null at its end."

    items: list[Event]
    total: int
    next: int | None = None
    seq: int = 0
    """The number of the newest event of all: the `since` of everything that is yet to come."""
    epoch: str = ""
    """Which run of numbers these are of: another one after the world's reset and the farm's restart."""
    lost: int = 0
    """Events after `since` that are no longer kept."""
    reset: bool = False
    """Whether `since` is of another epoch, so that the list begins with this one's first event."""


class Waited(msgspec.Struct, frozen=True):
    meaning = "What came. On time-out, `near` has the latest events that matched all conditions but one."

    events: list[Event]
    timed_out: bool
    next: int
    """The `since` that goes on after these."""
    near: list[Event] = []
    epoch: str = ""
    """As in a list of events; so are the next two."""
    lost: int = 0
    reset: bool = False


class Findings(msgspec.Struct, frozen=True):
    meaning = "The latest findings, oldest first, and how often each was raised."

    items: list[Finding]
    total: int
    counts: dict[str, int]
    next: int | None = None


def events(farm: Farm, request: Request) -> Events:
    host, query = world_of(farm, request), request.query
    check_filter(host, query)
    journal = host.world.journal
    position = journal.position(query.since, query.epoch)
    found = list(matching(journal, query, position.since))
    shown = found[: query.limit]
    more = shown[-1][0] if len(shown) < len(found) else None
    items = [journal.render(seq, entry) for seq, entry in shown]
    return Events(
        items,  # type: ignore[arg-type]  # dicts of that shape
        len(found),
        more,
        journal.seq,
        journal.epoch,
        position.lost,
        position.reset,
    )


def wait_for_events(farm: Farm, request: Request) -> "EventWait":
    host = world_of(farm, request)
    check_filter(host, request.query)
    return EventWait(farm, host.world, request.query)


def findings(farm: Farm, request: Request) -> Findings:
    host, query = world_of(farm, request), request.query
    check_service(host, query.service)
    kept = host.world.findings
    levels = LEVELS if query.level is None else LEVELS[LEVELS.index(query.level) :]

    def wanted(service: str, rule: str) -> bool:
        return query.service in (None, service) and (query.level is None or level_of(service, rule) in levels)

    items = [one for one in kept if query.service in (None, one.service) and one.level in levels]
    counts = {name: number for name, number in kept.counts.items() if wanted(*name.split(".", 1))}
    return Findings(items, sum(counts.values()), counts)


def level_of(service: str, rule: str) -> str:
    """Return the level of a rule of a service; empty for one that it does not declare."""
    try:
        return find_service(service).find_rule(rule).level
    except KeyError:
        return ""


def matching(journal: Journal, query: EventFilter, since: int | None = None) -> Iterator[tuple[int, Entry]]:
    """The kept events that a filter lets through, oldest first. since: instead of the filter's own."""
    for seq, entry in journal.entries(query.since if since is None else since):
        if query.lets(entry):
            yield seq, entry


def near_misses(journal: Journal, query: EventFilter) -> list[dict[str, Any]]:
    """The latest events that met all conditions but one, as the API shows them."""
    since = max(journal.position(query.since, query.epoch).since, journal.seq - NEAR_LOOKED)
    near = [(seq, entry) for seq, entry in journal.entries(since) if query.missed(entry) == 1]
    return [journal.render(seq, entry) for seq, entry in near[-NEAR_SHOWN:]]


class EventWait(Later, Follower):
    """Waits for events: takes those that are there, and then each that comes."""

    def __init__(self, farm: Farm, world: World, query: WaitQuery) -> None:
        super().__init__()
        self._position = world.journal.position(query.since, query.epoch)
        self._epoch = world.journal.epoch
        self.filter = query
        self.seen = world.journal.seq
        self._world = world
        self._count = query.count
        self._found: list[Any] = []
        self._timeout: DelayedCall | None = None
        for seq, entry in matching(world.journal, query, self._position.since):
            self.follow(seq, entry)
        if not self.done:
            world.followers.add(self, farm.reactor)
            world.on_close.append(self._closed)
            self._timeout = farm.reactor.callLater(float(query.timeout), self.attempt, self._timed_out)

    def follow(self, seq: int, entry: Entry) -> None:
        if not self.done:
            # Rendered at once, because the ring may lose it before all have come.
            self._found.append(self._world.journal.render(seq, entry))
            if len(self._found) == self._count:
                self.answer(self._waited(timed_out=False, following=seq))

    def overtaken(self, since: int) -> None:
        """What nobody has seen cannot be waited for."""

    def failed(self, error: Exception) -> None:
        self.answer(error)

    def release(self) -> None:
        if self._timeout is not None:
            self._world.followers.remove(self)
            self._world.on_close.remove(self._closed)
            if self._timeout.active():
                self._timeout.cancel()

    def _timed_out(self) -> None:
        self._world.followers.look()
        if not self.done:
            journal = self._world.journal
            near: Any = near_misses(journal, self.filter)
            self.answer(self._waited(timed_out=True, following=journal.seq, near=near))

    def _waited(self, *, timed_out: bool, following: int, near: Any = ()) -> Waited:
        epoch = self._world.journal.epoch
        reset = self._position.reset or epoch != self._epoch
        return Waited(self._found, timed_out, following, list(near), epoch, self._position.lost, reset)

    def _closed(self) -> None:
        self.answer(ProblemError(HTTPStatus.GONE, f"the world {self._world.name!r} was closed"))


OPERATIONS = (
    Operation(
        method="GET",
        path=f"{WORLD}/events",
        summary="The journal",
        description="The journal's events.",
        handler=events,
        query=EventsQuery,
        answer=Events,
    ),
    Operation(
        method="GET",
        path=f"{WORLD}/events/wait",
        summary="Wait until events are there, which may have come before",
        description="Events when they are there, which may have come before.",
        handler=wait_for_events,
        problems=(HTTPStatus.GONE,),
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
