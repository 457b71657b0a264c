"""A world's findings over the API: the latest ones, and the rules with what is known of each."""

from collections import Counter
from collections.abc import Generator, Iterable
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from homeport.config.peers import peer_matcher
from homeport.control.event_query import EventQuery
from homeport.control.farm import Farm, WorldHost
from homeport.control.filters import validate_filter, validate_service
from homeport.control.json_pieces import MAX_RENDERED, batched, list_pieces, serialize, whole_list
from homeport.control.operation import WORLD, Operation, Request, world_of
from homeport.control.slices import STEP_ITEMS, Body, Steps
from homeport.protocol.rules import Level, Rule
from homeport.world.event_filter import LEVELS
from homeport.world.findings import MAX_KEPT, Finding, Reported
from homeport.world.journal import Entry, timestamp
from homeport.world.places import At, place_of_finding


class FindingsQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The query of a list of findings."""

    level: Annotated[
        Level | None, Meta(description="only findings of this level or a more severe one: advice, should, must")
    ] = None
    service: (
        Annotated[str, Meta(description="only findings about clients of this service; several: smtp,ftp")] | None
    ) = None
    id: Annotated[str, Meta(description="only findings of this rule: smtp.bare-lf, bare-lf; or of several")] | None = (
        None
    )
    conn: Annotated[str, Meta(description="only findings on this connection, such as c3; or on several")] | None = None
    peer: (
        Annotated[str, Meta(description="only findings about this client: an address (and port), or a network")] | None
    ) = None
    q: Annotated[str, Meta(description="filter language, with the keys of events")] | None = None
    since: Annotated[int, Meta(ge=0, description="only findings after the event of this `seq`")] = 0
    before: Annotated[int, Meta(ge=1, description="only findings before the event of this `seq`")] | None = None
    order: Annotated[
        Literal["asc", "desc"], Meta(description="asc: oldest first; desc: newest first, with `next` for `before`")
    ] = "asc"
    limit: Annotated[int, Meta(ge=1, le=MAX_KEPT, description="maximum number of items")] = MAX_KEPT

    def __post_init__(self) -> None:
        if self.peer is not None:
            peer_matcher(self.peer)

    @property
    def filter(self) -> EventQuery:
        """The conditions on a finding's event. Raises: ProblemError."""
        return EventQuery(level=self.level, service=self.service, id=self.id, conn=self.conn, peer=self.peer, q=self.q)


class FindingItem(Finding, frozen=True, kw_only=True):
    meaning = "A finding, and where it is."

    at: Annotated[At | None, Meta(description="the bytes that broke the rule; null if the journal does not have them")]
    command_seq: Annotated[
        int | None, Meta(description="`seq` of the event `command` or `epp` of the command that it is about")
    ]


class Findings(msgspec.Struct, frozen=True):
    meaning = (
        "The latest findings, and the number of times each was reported. Pass `next` as `since` to continue the list,\n"
        "as `before` with `order=desc`."
    )

    items: list[FindingItem]
    total: Annotated[
        int, Meta(description="number of findings, also of those not kept; of those kept if the query selects clients")
    ]
    counts: Annotated[dict[str, int], Meta(description="the same by `id`")]
    next: int | None = None


class RulesQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The query of a list of rules."""

    service: Annotated[str, Meta(description="only rules of this service")] | None = None
    level: Annotated[Level, Meta(description="only rules of this level or a more severe one")] | None = None
    broken: Annotated[bool, Meta(description="only rules that were broken, or only those that were not")] | None = None


class Client(msgspec.Struct, frozen=True):
    meaning = "A client that broke a rule."

    host: Annotated[str, Meta(description="its address; `others` for further clients")]
    count: int


class RuleState(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "A rule of a service of this world, and what is known of the clients that broke it."

    id: str
    service: str
    level: str
    reference: str
    text: str
    count: int
    first: Annotated[str | None, Meta(description="time of the first finding, RFC 3339; null for none")]
    last: Annotated[str | None, Meta(description="time of the newest finding")]
    newest: Annotated[FindingItem | None, Meta(description="the newest finding")]
    clients: Annotated[list[Client], Meta(description="the clients, those with most findings first")]


class Rules(msgspec.Struct, frozen=True):
    meaning = "The rules that this world's services check, broken ones first, the most severe before the others."

    items: list[RuleState]
    total: int
    next: int | None = None


def findings(farm: Farm, request: Request) -> Steps:
    host, query = world_of(farm, request), request.query
    validate_filter(host, query.filter)
    return Steps(farm, list_findings(farm, host, query))


def list_findings(farm: Farm, host: WorldHost, query: FindingsQuery) -> Generator[None, None, Body]:
    """Find the findings in steps, and return the body of their list (`Findings`)."""
    wanted, kept = query.filter, host.world.findings
    found: list[Reported] = []
    for some in batched(kept.latest, max(STEP_ITEMS // wanted.weight, 1)):
        found += [one for one in some if in_range(one, query) and wanted.matches(as_entry(one))]
        yield
    if query.order == "desc":
        found.reverse()
    end = min(query.limit, len(found))
    while 0 < end < len(found) and found[end].seq == found[end - 1].seq:
        end += 1  # findings of peers that are not recorded have no number
    if query.conn or query.peer or query.q or query.since or query.before:
        counts = dict(Counter(one.offence.name for one in found))
    else:
        newest = {name: record.newest for name, record in kept.by_rule.items()}
        counts = {name: kept.counts[name] for name, one in newest.items() if wanted.matches(as_entry(one))}
    batches = ([serialize(finding_item(host, one)) for one in some] for some in batched(found[:end], MAX_RENDERED))
    rest = {
        "total": sum(counts.values()),
        "counts": counts,
        "next": found[end - 1].seq if end < len(found) else None,
    }
    return Body(farm, list_pieces("items", batches, lambda: rest))


def in_range(one: Reported, query: FindingsQuery) -> bool:
    """Return True if a finding is in the part of the journal that the query asks for."""
    return (not query.since or one.seq > query.since) and (query.before is None or one.seq < query.before)


def finding_item(host: WorldHost, one: Reported) -> FindingItem:
    """Return a finding as the API shows it."""
    at, command = place_of_finding(host.world.journal, one.seq, one.source, one.offence)
    return FindingItem(**msgspec.structs.asdict(one.render()), at=at, command_seq=command)


def as_entry(one: Reported) -> Entry:
    """Return a finding as the journal has it, for filters of events."""
    return Entry(one.time, one.source, "finding", one.offence, 0)


def rules(farm: Farm, request: Request) -> Body:
    host, query = world_of(farm, request), request.query
    if query.service is not None:
        validate_service(host, query.service)
    levels = LEVELS if query.level is None else LEVELS[LEVELS.index(query.level) :]
    by_rule = host.world.findings.by_rule
    known = [
        (service, rule)
        for service, rule in rules_of(host)
        if query.service in (None, service)
        and rule.level in levels
        and query.broken in (None, f"{service}.{rule.id}" in by_rule)
    ]
    known.sort(key=lambda one: (f"{one[0]}.{one[1].id}" not in by_rule, -LEVELS.index(one[1].level)))
    return whole_list(farm, known, lambda one: rule_state(host, *one), MAX_RENDERED)


def rules_of(host: WorldHost) -> Iterable[tuple[str, Rule]]:
    """Return the rules that a world's services check, and any other that was broken, with their services."""
    found = {
        f"{service}.{rule.id}": (service, rule)
        for service, declared in {one.service.name: one.service for one in host.listeners}.items()
        for rule in declared.rules
    }
    for name, record in host.world.findings.by_rule.items():
        found.setdefault(name, (record.newest.source.service, record.newest.offence.rule))
    return found.values()


def rule_state(host: WorldHost, service: str, rule: Rule) -> RuleState:
    """Return a rule as the API shows it."""
    name = f"{service}.{rule.id}"
    kept = host.world.findings
    record = kept.by_rule.get(name)
    clients = sorted(record.clients.items(), key=lambda one: -one[1]) if record is not None else []
    return RuleState(
        id=name,
        service=service,
        level=rule.level,
        reference=rule.reference,
        text=rule.text,
        count=kept.counts.get(name, 0),
        first=None if record is None else timestamp(record.first),
        last=None if record is None else timestamp(record.newest.time),
        newest=None if record is None else finding_item(host, record.newest),
        clients=[Client(client, count) for client, count in clients],
    )


OPERATIONS = (
    Operation(
        method="GET",
        path=f"{WORLD}/findings",
        summary="List the findings",
        description="Return the protocol violations of clients: the latest findings, and how often each was reported.",
        handler=findings,
        cli="homeport findings",
        python="homeport.findings()",
        query=FindingsQuery,
        answer=Findings,
    ),
    Operation(
        method="GET",
        path=f"{WORLD}/findings/rules",
        summary="List the rules",
        description="Return the rules that the world's services check, broken or not, with the number of findings,\n"
        "the newest one, and the clients.",
        handler=rules,
        query=RulesQuery,
        answer=Rules,
    ),
)
