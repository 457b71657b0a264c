"""The life of a domain over the API: what happened, what will happen by itself, and what the registry can do now."""

from http import HTTPStatus
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from homeport.config.quantities import travel
from homeport.control.farm import Farm
from homeport.control.operation import WORLD, Operation, Request, world_of
from homeport.control.problems import ProblemError
from homeport.control.registry import DOMAINS
from homeport.control.registry_possible import PossibleAct, possible_acts
from homeport.control.times import shown_time
from homeport.world.registry import Domain, Periods
from homeport.world.registry.graces import add_years
from homeport.world.registry.moments import Moment, Phase, Span, life_of, phase_of
from homeport.world.registry.projection import MAX_YEARS, Outcome, project


class TimelineQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The query of a timeline."""

    advance: (
        Annotated[
            str,
            Meta(description=f"also return the domain after this time, such as P1Y; at most {MAX_YEARS} years"),
        ]
        | None
    ) = None


class TimelineMoment(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "A moment of a domain's life."

    at: Annotated[str, Meta(description="the world's time, RFC 3339")]
    what: Annotated[str, Meta(description="what happens, in few words; `now` for the present")]
    text: Annotated[str, Meta(description="the same as a sentence")]
    by: Annotated[str, Meta(description="a registrar, or `registry`; empty if the registry does not keep it")]
    phase: Annotated[Phase, Meta(description="the domain's phase from then on")]
    time: Annotated[Literal["past", "now", "projected"], Meta(description="where it is from the world's now")]
    certain: Annotated[
        bool, Meta(description="false if an action of a registrar can still prevent it, such as a renewal")
    ]


class TimelineSpan(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "A phase, or a grace period, of a domain's life."

    kind: str
    begin: Annotated[str, Meta(description="RFC 3339")]
    end: Annotated[str | None, Meta(description="not included; null if it does not end by itself")]


class TimelineOutcome(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "A domain as it will be if no registrar acts until then."

    at: Annotated[str, Meta(description="RFC 3339")]
    text: Annotated[str, Meta(description="what is left, in words")]
    phase: Phase
    registrar: Annotated[str | None, Meta(description="null if there is no such domain")]
    expires: Annotated[str | None, Meta(description="RFC 3339; null if there is no such domain")]
    statuses: tuple[str, ...]
    rgp_statuses: tuple[str, ...]


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "The life of a domain: its past as far as the registry keeps it, and its future if no registrar acts."

    name: str
    zone: Annotated[str | None, Meta(description="the zone it lies in; null if there is none: then nothing is due")]
    periods: Annotated[Periods, Meta(description="the zone's effective periods, in seconds")]
    moments: list[TimelineMoment]
    phases: list[TimelineSpan]
    graces: list[TimelineSpan]
    after: Annotated[TimelineOutcome | None, Meta(description="the domain after `advance`; null without it")]
    acts: Annotated[list[PossibleAct], Meta(description="the registry's actions, and which are possible now")]


def domain_timeline(farm: Farm, request: Request) -> Timeline:
    registry = world_of(farm, request).world.registry
    domain: Domain = DOMAINS.find(registry, request.parameters["name"])
    now = registry.clock.now()
    until = _until(now, request.query.advance)
    projection = project(registry, domain, until)
    life = life_of(domain, projection, now, registry.pendings.get(f"domain {domain.name}"))
    zone = registry.zone_of(domain.name)
    return Timeline(
        name=domain.name,
        zone=None if zone is None else zone.name,
        periods=registry.policy_of(domain).periods,
        moments=[_moment(one) for one in life.moments],
        phases=_spans(life.phases),
        graces=_spans(life.graces),
        after=None if projection.outcome is None else _after(domain, projection.outcome),
        acts=possible_acts(registry, domain),
    )


def _until(now: float, advance: str | None) -> float | None:
    """Return the time that a projection is asked for. Raise ProblemError, 400, for an invalid one."""
    if advance is None:
        return None
    try:
        until = travel(now, advance)
    except ValueError as error:
        raise ProblemError(HTTPStatus.BAD_REQUEST, f"advance: {error}") from None
    if not now <= until <= add_years(now, MAX_YEARS):
        text = f"advance: {advance!r} is not between now and {MAX_YEARS} years from now; give a duration such as P1Y"
        raise ProblemError(HTTPStatus.BAD_REQUEST, text)
    return until


def _moment(one: Moment) -> TimelineMoment:
    time: Literal["past", "now", "projected"] = "past"
    if one.projected or one.what == "now":
        time = "projected" if one.projected else "now"
    return TimelineMoment(
        at=shown_time(one.at),
        what=one.what,
        text=one.text,
        by=one.by,
        phase=one.phase,
        time=time,
        certain=one.certain,
    )


def _spans(spans: list[Span]) -> list[TimelineSpan]:
    return [
        TimelineSpan(kind=one.kind, begin=shown_time(one.begin), end=None if one.end is None else shown_time(one.end))
        for one in spans
    ]


def _after(before: Domain, outcome: Outcome) -> TimelineOutcome:
    left = outcome.domain
    return TimelineOutcome(
        at=shown_time(outcome.at),
        text=_words(before, left),
        phase=phase_of(left),
        registrar=None if left is None else left.registrar,
        expires=None if left is None else shown_time(left.expires),
        statuses=outcome.statuses,
        rgp_statuses=outcome.rgp_statuses,
    )


def _words(before: Domain, left: Domain | None) -> str:
    """Return what is left of a domain in words."""
    if left is None:
        return "no such domain"
    words = {
        "pendingCreate": "still waits for review",
        "redemption": "in redemption",
        "pendingRestore": "waits for the restore report",
        "pendingDelete": "waits to be purged",
        "free": "",
        "registered": "",
    }[phase_of(left)]
    if words:
        return words
    done = "renewed" if left.expires > before.expires else "registered"
    if left.registrar != before.registrar:
        done = f"transferred to {left.registrar}"
    return f"{done}, expires {shown_time(left.expires)[:10]}"


OPERATIONS = (
    Operation(
        method="GET",
        path=f"{WORLD}/registry/domains/{{name}}/timeline",
        summary="The life of a domain",
        description="Return the moments of a domain's life, past and projected, its phases and grace periods, and the "
        "actions of the registry that are possible now. The clock does not move.",
        handler=domain_timeline,
        cli="homeport registry timeline {name}",
        query=TimelineQuery,
        answer=Timeline,
    ),
)
