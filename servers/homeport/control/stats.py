"""Figures of a world: its traffic over the last minutes, and what it holds."""

from collections.abc import Generator
from http import HTTPStatus
from typing import Annotated

import msgspec
from msgspec import Meta

from homeport.config.quantities import Duration
from homeport.control.farm import Farm, WorldHost
from homeport.control.held_files import FileFacts, WithFiles
from homeport.control.operation import WORLD, Operation, Request, world_of
from homeport.control.problems import ProblemError
from homeport.control.slices import Steps
from homeport.control.times import shown_time
from homeport.world.journal import Entry, timestamp

MAX_STEPS = 600
"""Maximum number of values of each figure."""
MAX_WINDOW_S = 24 * 60 * 60.0


class StatsQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The query of the figures of traffic."""

    window: Annotated[
        Duration,
        Meta(
            description="how far to look back, in real time, at most 24h",
            extra_json_schema={"type": "string", "default": "5m"},
        ),
    ] = msgspec.field(default_factory=lambda: Duration(300))
    step: Annotated[
        Duration,
        Meta(
            description=f"time of each value, such as 5s; the window has at most {MAX_STEPS}",
            extra_json_schema={"type": "string", "default": "5s"},
        ),
    ] = msgspec.field(default_factory=lambda: Duration(5))


class ServiceStats(msgspec.Struct, frozen=True):
    meaning = "The traffic of a service: a value for each step, the oldest first."

    events: list[int]
    connections: Annotated[list[int], Meta(description="connections opened")]
    bytes: Annotated[list[int], Meta(description="bytes received and sent")]
    findings: list[int]


class Stats(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "The traffic of a world, out of its journal."

    begin: Annotated[str, Meta(description="begin of the first step, RFC 3339")]
    step: Annotated[float, Meta(description="seconds of a step")]
    complete: Annotated[bool, Meta(description="false if the journal has dropped events of this time")]
    services: Annotated[dict[str, ServiceStats], Meta(description="by service, those with events only")]


class JournalFacts(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "The journal of a world."

    epoch: str
    oldest: Annotated[int, Meta(description="`seq` of the oldest event kept")]
    seq: Annotated[int, Meta(description="`seq` of the newest event")]
    dropped: Annotated[int, Meta(description="number of events that were dropped")]
    used: Annotated[int, Meta(description="bytes that it holds")]
    size: Annotated[int, Meta(description="bytes that it may hold")]


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "What a world is and holds."

    world: str
    now: Annotated[str, Meta(description="the world's time")]
    made: Annotated[str, Meta(description="real time at which it was made")]
    seed: Annotated[int, Meta(description="seed of its random choices")]
    kept: Annotated[bool, Meta(description="true if mail and registry are kept on disk")]
    journal: JournalFacts
    holds: Annotated[
        dict[str, int], Meta(description="number of people, quotes, messages, unread ones, files, domains, ...")
    ]
    files: Annotated[FileFacts | None, Meta(description="its files; null if they cannot be read")]
    findings: Annotated[dict[str, int], Meta(description="number of findings by level")]


def stats(farm: Farm, request: Request) -> Steps:
    host, query = world_of(farm, request), request.query
    window, step = float(query.window), float(query.step)
    if not 0 < step <= window <= MAX_WINDOW_S or window / step > MAX_STEPS:
        raise ProblemError(
            HTTPStatus.BAD_REQUEST,
            f"step: a window of at most 24h has 1 to {MAX_STEPS} steps: choose a shorter window or a longer step",
        )
    return Steps(farm, count_traffic(host, window, step))


def count_traffic(host: WorldHost, window: float, step: float) -> Generator[None, None, Stats]:
    """Count the journal's events of the window, in steps."""
    journal = host.world.journal
    now, number = journal.real(), round(window / step)
    begin = now - number * step
    found: dict[str, ServiceStats] = {}
    complete = not journal.dropped
    for batch in journal.batches_back(journal.seq + 1):
        for _seq, entry in batch:
            at = int((entry.time - begin) // step)
            if at < 0:
                complete = True
            elif entry.source is not None:
                service = entry.source.service
                if service not in found:
                    found[service] = ServiceStats(*([0] * number for _ in range(4)))
                add_event(found[service], min(at, number - 1), entry)
        if batch[-1][1].time < begin:
            break
        yield
    return Stats(begin=timestamp(begin), step=step, complete=complete, services=dict(sorted(found.items())))


def add_event(one: ServiceStats, at: int, entry: Entry) -> None:
    """Count an event in a step."""
    one.events[at] += 1
    match entry.type:
        case "in" | "out":
            one.bytes[at] += entry.data[1]
        case "datagram" if entry.direction:
            one.bytes[at] += entry.data[1]
        case "datagram":
            _peer, _data, size, _answers, _dropped, answer_bytes = entry.content
            one.bytes[at] += size + answer_bytes
        case "opened":
            one.connections[at] += 1
        case "finding":
            one.findings[at] += 1


def facts(farm: Farm, request: Request) -> WithFiles:
    host = world_of(farm, request)
    return WithFiles(farm, host.world, lambda files: facts_of(host, files))


def facts_of(host: WorldHost, files: FileFacts | None) -> Facts:
    """Return the facts of a world."""
    world = host.world
    journal, registry = world.journal, world.registry
    return Facts(
        world=world.name,
        now=shown_time(world.clock.now()),
        made=timestamp(world.made),
        seed=world.contents.seed,
        kept=world.registry_store is not None,
        journal=JournalFacts(
            epoch=journal.epoch,
            oldest=journal.oldest,
            seq=journal.seq,
            dropped=journal.dropped,
            used=journal.size_bytes,
            size=int(journal.options.size),
        ),
        holds={
            "people": len(world.people),
            "presence": len(world.presence),
            "quotes": len(world.quotes.all),
            "messages": len(world.mail),
            "unread": world.mail.unread,
            **({} if files is None else {"files": files.number}),
            **{name: len(getattr(registry, name)) for name in ("domains", "hosts", "contacts", "registrars")},
            "faults": len(world.faults),
            "connections": journal.connections,
            "open": host.connections,
        },
        files=files,
        findings=world.findings.levels,
    )


OPERATIONS = (
    Operation(
        method="GET",
        path=f"{WORLD}/stats",
        summary="Get the traffic of the last minutes",
        description="Return events, connections, bytes and findings of each service, for each step of a window.",
        handler=stats,
        query=StatsQuery,
        answer=Stats,
    ),
    Operation(
        method="GET",
        path=f"{WORLD}/facts",
        summary="Get the facts of a world",
        description="Return what a world is and holds: time, seed, journal, and the number of objects of each kind.",
        handler=facts,
        cli="homeport world facts",
        answer=Facts,
    ),
)
