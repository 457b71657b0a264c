"""The launch of a TLD (RFC 8334): its phases, and the applications for names, which the clock moves on.

    pendingValidation ──`validation`──► validated ──end of phase──► pendingAllocation ──`allocation`──► allocated
             └──its mark is revoked──► invalid                              └──another one has the name──► rejected

The first of several valid applications for a name gets it. An application is a domain that waits for its create: it
has a draft of it, which `launch:update` changes.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

from msgspec.structs import replace

from homeport.config.quantities import parse_moment
from homeport.world.registry import fees, lifecycle
from homeport.world.registry.applications import Application, ApplicationState, LaunchFacts, Status
from homeport.world.registry.launch_policy import Phase
from homeport.world.registry.objects import Domain, with_extras
from homeport.world.registry.record_indexes import applications_for

if TYPE_CHECKING:
    from homeport.world.registry.changes import Changes
    from homeport.world.registry.registry import Registry
    from homeport.world.registry.zones import Zone


class Window(NamedTuple):
    """A phase, from `begins` up to, not including, `ends`."""

    phase: Phase
    begins: float
    ends: float | None
    """None: it does not end by itself."""


def windows(registry: "Registry", zone: "Zone") -> Iterator[Window]:
    """Yield the phases of a zone with their times."""
    launch = zone.launch
    begins = parse_moment(launch.begins, registry.start) if launch.begins else registry.start
    for phase in launch.phases:
        ends = None if phase.lasts is None else begins + phase.lasts
        yield Window(phase, begins, ends)
        if ends is None:
            return
        begins = ends


def phase_at(registry: "Registry", zone: "Zone", now: float) -> Window | None:
    """Return the phase of a zone at a time; None: general availability, or before its launch."""
    for one in windows(registry, zone):
        if one.begins <= now and (one.ends is None or now < one.ends):
            return one
    return None


def not_begun(registry: "Registry", zone: "Zone", now: float) -> bool:
    """True if the launch of a zone lies ahead: nothing can be registered in it yet."""
    first = next(windows(registry, zone), None)
    return first is not None and now < first.begins


# What the clock does to an application


def next_event_time(registry: "Registry", one: Application) -> float | None:
    """Return the time of its next event; None: it has none."""
    zone = registry.policy_of(one.domain)
    if one.status == "pendingValidation":
        return one.domain.created + zone.launch.validation
    if one.status == "validated":
        return one.ends
    if one.status == "pendingAllocation":
        return (one.ends or one.domain.created) + zone.launch.allocation
    return None


def next_act(registry: "Registry", one: Application, _now: float) -> Literal["validate", "close", "allocate", "reject"]:
    """Return what `act` does at the time of its next event."""
    if one.status == "pendingValidation":
        return "validate"
    if one.status == "validated":
        return "close"
    return "allocate" if _wins(registry, one) else "reject"


def act(changes: "Changes", one: Application) -> Literal["validate", "close", "allocate", "reject"]:
    """Carry out the event that is due, and return which it was."""
    what = next_act(changes.registry, one, changes.now)
    if what == "validate":
        marks = changes.registry.marks
        valid = all(id_ in marks and not marks[id_].revoked for id_ in one.mark_ids)
        move(changes, one, "validated" if valid else "invalid")
    elif what == "close":
        move(changes, one, "pendingAllocation")
    else:
        move(changes, one, "allocated" if what == "allocate" else "rejected")
    return what


def _wins(registry: "Registry", one: Application) -> bool:
    """True if an application gets its name: the name is free, and of those that wait it is the first."""
    if one.domain.name in registry.domains:
        return False
    waiting = ("validated", "pendingAllocation")
    first = next((each for each in applications_for(registry, one.domain.name) if each.status in waiting), None)
    return first is None or first.id == one.id


def move(changes: "Changes", one: Application, status: Status) -> Application:
    """Move an application to a status and send its registrar a message; `allocated` registers the domain.

    It is rejected instead if the name is taken, or its registrar cannot pay.
    """
    domain = _with_what_exists(changes, one.domain)
    if status == "allocated":
        zone = changes.registry.policy_of(domain)
        price = fees.price(zone, domain.name, "create", one.years)
        if changes.domain(domain.name) is not None or not changes.affords(domain.registrar, price):
            status = "rejected"
        else:
            facts = LaunchFacts(
                phase=one.phase, name=one.phase_name, application=one.id, marks=one.marks, notice=one.notice
            )
            lifecycle.create(changes, with_extras(domain, launch=facts), one.years)
    moved = replace(one, status=status)
    changes.put(moved)
    tell(changes, moved)
    return moved


def _with_what_exists(changes: "Changes", draft: Domain) -> Domain:
    """Return the domain of a draft, without hosts and contacts that were deleted meanwhile: a draft is no link."""
    return replace(
        draft,
        pending="",
        nameservers=tuple(one for one in draft.nameservers if changes.host(one) is not None),
        contacts=tuple(one for one in draft.contacts if changes.contact(one.id) is not None),
        registrant=draft.registrant if changes.contact(draft.registrant) is not None else "",
    )


def tell(changes: "Changes", one: Application) -> None:
    """Send the registrar of an application a message with its state (RFC 8334 2.5)."""
    about = ApplicationState(application=one, date=changes.now)
    changes.message(one.domain.registrar, f"application.{one.status}", about, name=one.domain.name, id=one.id)
