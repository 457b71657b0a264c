"""Launches over the API (RFC 8334): phases of a zone, marks and their signed form, claims notices, applications.

POST W/registry/marks                   {"name": "Example One", "labels": ["example-one"]}
POST W/registry/marks                   {"name": "Example Two", "labels": ["example-two"], "fault": "revoked"}
GET  W/registry/claims?key=...          the notice behind the key of a claims check
POST W/registry/applications/A-1001/acts  {"status": "allocated"}
"""

from http import HTTPStatus
from math import floor
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from homeport.control.durable import NOT_DURABLE, when_durable
from homeport.control.farm import Farm
from homeport.control.operation import WORLD, Operation, Request, world_of
from homeport.control.problems import ProblemError
from homeport.control.registry import DOMAINS, listed
from homeport.control.slices import Body
from homeport.control.state import log_change, not_found
from homeport.control.times import Time, shown_time, unix_time
from homeport.world.names import canonical_name
from homeport.world.registry.applications import FINAL, Application, Status
from homeport.world.registry.launch import move, phase_at, windows
from homeport.world.registry.marks.claims import claims_key, notice_for
from homeport.world.registry.marks.issuing import YEAR, encoded, issue, smd_file
from homeport.world.registry.marks.records import Fault, Label, Mark
from homeport.world.registry.record_indexes import marks_for
from homeport.world.registry.registry import Registry

MAX_MARKS = 10_000
MAX_LABELS = 50
TEXT = r"^[^\x00-\x1f\x7f\ufffe\uffff]+$"
"""Text of one line that may stand in XML (XML 1.0 2.2) and in the file of a mark."""


class NewMark(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "A mark that the trademark authority signs."

    name: Annotated[str, Meta(min_length=1, max_length=255, pattern=TEXT)]
    labels: Annotated[tuple[Label, ...], Meta(min_length=1, max_length=MAX_LABELS)]
    holder: Annotated[str, Meta(min_length=1, max_length=255, pattern=TEXT)] = "Example Holdings"
    country: Annotated[str, Meta(pattern=r"^[A-Z]{2}$")] = "US"
    goods: Annotated[str, Meta(min_length=1, max_length=1024, pattern=TEXT)] = "Harbours and lighthouses"
    fault: Fault = ""
    not_before: Annotated[Time | None, Meta(description="none: now")] = None
    not_after: Annotated[Time | None, Meta(description="none: four years from now")] = None


class MarkState(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "A mark, its signed form in every notation, and the claims keys of its labels."

    id: str
    name: str
    labels: tuple[str, ...]
    holder: str
    country: str
    code: Annotated[str, Meta(description="for codeMark, in place of the signed mark")]
    not_before: Annotated[str, Meta(description="RFC 3339")]
    not_after: Annotated[str, Meta(description="RFC 3339")]
    revoked: bool
    fault: Fault
    xml: Annotated[str, Meta(description="signedMark")]
    encoded: Annotated[str, Meta(description="for encodedSignedMark")]
    file: Annotated[str, Meta(description="as the file of a clearinghouse (RFC 7848 4)")]
    claims_keys: dict[str, str]


class MarkStates(msgspec.Struct, frozen=True):
    meaning = "The marks of a world."

    items: list[MarkState]
    total: int
    next: int | None = None


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "A mark as a claims notice shows it."

    name: str
    holder: str
    country: str
    goods: str


class ClaimsNotice(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "A claims notice, with the values for launch:notice."

    id: Annotated[str, Meta(description="for noticeID")]
    label: str
    not_before: Annotated[str, Meta(description="RFC 3339")]
    not_after: Annotated[str, Meta(description="RFC 3339; for notAfter")]
    claims: list[Claim]


class ClaimsQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    meaning = "The notice that is wanted."

    key: Annotated[str, Meta(description="claimKey of a claims check")]


class ApplicationShown(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "An application for a name."

    id: str
    name: str
    registrar: str
    phase: str
    phase_name: str
    status: Status
    created: Annotated[str, Meta(description="RFC 3339")]
    ends: Annotated[str | None, Meta(description="end of its phase, RFC 3339")]
    years: int
    marks: Annotated[tuple[str, ...], Meta(description="identifiers of its signed marks")]
    notice: str
    domain: DOMAINS.shape  # type: ignore[name-defined]  # made in `registry`


class Applications(msgspec.Struct, frozen=True):
    meaning = "The applications of a registry."

    items: list[ApplicationShown]
    total: int
    next: int | None = None


class ApplicationAct(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "A move of an application by the registry."

    status: Status


class PhaseState(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "A phase of a launch with its times."

    phase: str
    name: str
    begins: Annotated[str, Meta(description="RFC 3339")]
    ends: Annotated[str | None, Meta(description="RFC 3339; null: it has no end")]
    runs: bool
    applications: bool
    marks: str
    claims: bool


class LaunchState(msgspec.Struct, frozen=True):
    meaning = "The phases of a zone."

    items: list[PhaseState]
    total: int
    next: int | None = None


def marks(farm: Farm, request: Request) -> Body:
    return Body(farm, listed(list(_registry(farm, request).marks.values()), _shown_mark))


def mark(farm: Farm, request: Request) -> MarkState:
    return _shown_mark(_mark(farm, request))


def post_mark(farm: Farm, request: Request) -> Any:
    world, body = world_of(farm, request).world, request.body
    if len(world.registry.marks) >= MAX_MARKS:
        raise ProblemError(HTTPStatus.CONFLICT, f"there are {MAX_MARKS} marks already: delete some first")
    changes, now = world.registry.begin(), world.clock.now()
    begins = changes.now if body.not_before is None else float(floor(unix_time(body.not_before, now)))
    ends = changes.now + 4 * YEAR if body.not_after is None else float(floor(unix_time(body.not_after, now)))
    if ends <= begins:
        raise ProblemError(HTTPStatus.BAD_REQUEST, "not_after is not later than not_before: give a later one")
    fields = {name: getattr(body, name) for name in ("name", "labels", "holder", "country", "goods", "fault")}
    made = issue(changes, Mark(id="", not_before=begins, not_after=ends, **fields))
    ticket = world.registry.commit(changes)
    log_change(world, "mark", made.id, "put")
    return when_durable(farm, world, ticket, _shown_mark(made))


def revoke_mark(farm: Farm, request: Request) -> Any:
    world, found = world_of(farm, request).world, _mark(farm, request)
    changes = world.registry.begin()
    revoked = msgspec.structs.replace(found, revoked=True)
    changes.put(revoked)
    ticket = world.registry.commit(changes)
    log_change(world, "mark", found.id, "revoked")
    return when_durable(farm, world, ticket, _shown_mark(revoked))


def delete_mark(farm: Farm, request: Request) -> Any:
    world, found = world_of(farm, request).world, _mark(farm, request)
    changes = world.registry.begin()
    changes.remove(found)
    ticket = world.registry.commit(changes)
    log_change(world, "mark", found.id, "deleted")
    return when_durable(farm, world, ticket, None)


def claims(farm: Farm, request: Request) -> ClaimsNotice:
    registry, key = _registry(farm, request), request.query.key
    label = next(iter(registry.records.labels_of_key.of(key)), None)
    found = [] if label is None else marks_for(registry, label)
    if label is None or not found:
        raise ProblemError(HTTPStatus.NOT_FOUND, "no name that matches a mark has this key: use one of a claims check")
    notice = notice_for(label, found, registry.clock.now())
    return ClaimsNotice(
        id=notice.id,
        label=label,
        not_before=shown_time(notice.not_before),
        not_after=shown_time(notice.not_after),
        claims=[Claim(name=one.name, holder=one.holder, country=one.country, goods=one.goods) for one in notice.claims],
    )


def applications(farm: Farm, request: Request) -> Body:
    return Body(farm, listed(list(_registry(farm, request).applications.values()), _shown))


def application(farm: Farm, request: Request) -> ApplicationShown:
    return _shown(_application(farm, request))


def act_on_application(farm: Farm, request: Request) -> Any:
    world, found = world_of(farm, request).world, _application(farm, request)
    if found.status in FINAL:
        raise ProblemError(HTTPStatus.CONFLICT, f"the application is {found.status}, which is final")
    changes = world.registry.begin()
    moved = move(changes, found, request.body.status)
    ticket = world.registry.commit(changes)
    log_change(world, "application", found.id, moved.status)
    return when_durable(farm, world, ticket, _shown(moved))


def launch(farm: Farm, request: Request) -> LaunchState:
    registry, name = _registry(farm, request), request.parameters["name"]
    zone = registry.zones.get(canonical_name(name) or "")
    if zone is None:
        raise not_found("zone", name, registry.zones)
    runs = phase_at(registry, zone, registry.clock.now())
    items = [
        PhaseState(
            phase=one.phase.phase,
            name=one.phase.name,
            begins=shown_time(one.begins),
            ends=None if one.ends is None else shown_time(one.ends),
            runs=one == runs,
            applications=one.phase.takes_applications,
            marks=one.phase.mark_needed,
            claims=one.phase.has_claims,
        )
        for one in windows(registry, zone)
    ]
    return LaunchState(items, len(items))


def _registry(farm: Farm, request: Request) -> Registry:
    registry = world_of(farm, request).world.registry
    registry.catch_up()
    return registry


def _mark(farm: Farm, request: Request) -> Mark:
    known, name = _registry(farm, request).marks, request.parameters["id"]
    found = known.get(name)
    if found is None:
        raise not_found("mark", name, known)
    return found


def _application(farm: Farm, request: Request) -> Application:
    known, name = _registry(farm, request).applications, request.parameters["id"]
    found = known.get(name)
    if found is None:
        raise not_found("application", name, known)
    return found


def _shown_mark(one: Mark) -> MarkState:
    return MarkState(
        id=one.id,
        name=one.name,
        labels=one.labels,
        holder=one.holder,
        country=one.country,
        code=one.code,
        not_before=shown_time(one.not_before),
        not_after=shown_time(one.not_after),
        revoked=one.revoked,
        fault=one.fault,
        xml=one.signed,
        encoded=encoded(one),
        file=smd_file(one),
        claims_keys={label: claims_key(label) for label in one.labels},
    )


def _shown(one: Application) -> ApplicationShown:
    return ApplicationShown(
        id=one.id,
        name=one.domain.name,
        registrar=one.domain.registrar,
        phase=one.phase,
        phase_name=one.phase_name,
        status=one.status,
        created=shown_time(one.domain.created),
        ends=None if one.ends is None else shown_time(one.ends),
        years=one.years,
        marks=one.mark_ids,
        notice=one.notice,
        domain=DOMAINS.show(one.domain),
    )


REGISTRY = f"{WORLD}/registry"
MARKS, APPLICATIONS = f"{REGISTRY}/marks", f"{REGISTRY}/applications"
ONE_MARK, ONE_APPLICATION = f"{MARKS}/{{id}}", f"{APPLICATIONS}/{{id}}"
OPERATIONS = (
    Operation(
        method="GET",
        path=f"{REGISTRY}/zones/{{name}}/launch",
        summary="The launch phases of a zone",
        description="Return the phases of a zone's launch (RFC 8334) with their times, and which one runs.",
        handler=launch,
        answer=LaunchState,
    ),
    Operation(
        method="GET",
        path=MARKS,
        summary="The marks of the trademark authority",
        handler=marks,
        answer=MarkStates,
    ),
    Operation(
        method="POST",
        path=MARKS,
        summary="Make a mark and its signed form",
        description="Have the world's trademark authority sign a mark (SMD, RFC 7848) for tests of sunrise, or one "
        "with a fault. Names that it matches need a claims notice in claims phases.",
        handler=post_mark,
        problems=(NOT_DURABLE, HTTPStatus.CONFLICT),
        body=NewMark,
        answer=MarkState,
        status=HTTPStatus.CREATED,
    ),
    Operation(
        method="GET",
        path=ONE_MARK,
        summary="A mark and its signed form",
        handler=mark,
        answer=MarkState,
    ),
    Operation(
        method="DELETE",
        path=ONE_MARK,
        summary="Delete a mark",
        description="Remove a mark. Its signed form is not accepted any more.",
        handler=delete_mark,
        problems=(NOT_DURABLE,),
        answer=None,
        status=HTTPStatus.NO_CONTENT,
    ),
    Operation(
        method="POST",
        path=f"{ONE_MARK}/revoke",
        summary="Revoke a signed mark",
        description="Put a signed mark into the authority's revocation list: creates that show it are refused, and "
        "applications that wait for their validation become invalid.",
        handler=revoke_mark,
        problems=(NOT_DURABLE,),
        answer=MarkState,
    ),
    Operation(
        method="GET",
        path=f"{REGISTRY}/claims",
        summary="A claims notice",
        description="Return the notice behind the key of a claims check, as the claims notice service of a trademark "
        "clearinghouse does. It is valid for 48 hours.",
        handler=claims,
        query=ClaimsQuery,
        answer=ClaimsNotice,
    ),
    Operation(
        method="GET",
        path=APPLICATIONS,
        summary="The applications for names",
        handler=applications,
        answer=Applications,
    ),
    Operation(
        method="GET",
        path=ONE_APPLICATION,
        summary="An application for a name",
        handler=application,
        answer=ApplicationShown,
    ),
    Operation(
        method="POST",
        path=f"{ONE_APPLICATION}/acts",
        summary="Move an application to another status",
        description="Move an application, as the clock would. Its registrar gets a poll message; `allocated` registers "
        "the domain.",
        handler=act_on_application,
        problems=(NOT_DURABLE, HTTPStatus.CONFLICT),
        body=ApplicationAct,
        answer=ApplicationShown,
    ),
)
