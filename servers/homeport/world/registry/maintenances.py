"""Maintenances of the registry's systems (RFC 9167): announced, changed and withdrawn over the API, ended by the clock.

    announced ──reminder, `remind` seconds before the start──► ──the start── ──the end──► ended

Every registrar gets a poll message for each of these steps except the start. One that has ended stays until it is
deleted; the list that registrars ask for leaves it out.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta

from homeport.world.registry.objects import Time

if TYPE_CHECKING:
    from homeport.world.registry.changes import Changes
    from homeport.world.registry.registry import Registry

PollType = Literal["create", "update", "delete", "courtesy", "end"]
Language = Annotated[str, Meta(pattern=r"^[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*$", description="language tag (RFC 5646)")]
TIMES = ("start", "end", "created", "updated")
"""Names of the fields that are times."""


class System(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "A system, and how much of it does not work during a maintenance."

    name: Annotated[str, Meta(min_length=1)]
    host: Annotated[str, Meta(max_length=255)] = ""
    impact: Literal["none", "partial", "full"] = "full"


class Description(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "A description of a maintenance in one language."

    text: str
    lang: Language = "en"
    type: Literal["plain", "html"] = "plain"


class Maintenance(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "A maintenance of the registry's systems (RFC 9167)."

    id: Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^\S+$")]
    name: Annotated[str, Meta(description="for people")] = ""
    types: Annotated[tuple[str, ...], Meta(description="its kinds in words, such as Routine Maintenance")] = ()
    systems: Annotated[tuple[System, ...], Meta(min_length=1)] = (System(name="EPP"),)
    environment: Literal["production", "ote", "staging", "dev", "custom"] = "ote"
    environment_name: Annotated[str, Meta(description="of a custom environment")] = ""
    start: Time
    end: Time
    reason: Literal["planned", "emergency"] = "planned"
    detail: Annotated[str, Meta(pattern=r"^[!-~]*$", description="URI of a page about it; empty: none")] = ""
    descriptions: tuple[Description, ...] = ()
    zones: Annotated[tuple[str, ...], Meta(description="the zones concerned; empty: all")] = ()
    connection: Annotated[bool, Meta(description="clients have to connect again afterwards")] = False
    implementation: Annotated[bool, Meta(description="clients have to change their software")] = False
    created: Time
    updated: Time | None = None
    remind: Annotated[float, Meta(ge=0, description="seconds before its start of a reminder; 0: none")] = 0.0
    reminded: Annotated[bool, Meta(description="the reminder was sent")] = False
    ended: Annotated[bool, Meta(description="the message about its end was sent")] = False


class MaintenanceState(msgspec.Struct, frozen=True, kw_only=True, tag="maintenance"):
    """A maintenance at the time of an event."""

    maintenance: Maintenance
    poll_type: PollType


def maintenance_problems(one: Maintenance) -> Iterator[str]:
    """Yield the problems of a maintenance in words."""
    if one.end <= one.start:
        yield "end: it is not after start"
    if one.environment == "custom" and not one.environment_name:
        yield "environment_name: a custom environment has a name (RFC 9167 3.3)"


def shifted_maintenance(one: Maintenance, by: float) -> Maintenance:
    """Return a maintenance with its times shifted by a number of seconds."""
    times = {name: value + by for name in TIMES if (value := getattr(one, name)) is not None}
    return msgspec.structs.replace(one, **times)


def listed(registry: "Registry") -> list[Maintenance]:
    """Return the maintenances that have not ended, the earliest first."""
    now = registry.clock.now()
    found = [one for one in registry.maintenances.values() if one.end > now]
    return sorted(found, key=lambda one: (one.start, one.id))


def announce(changes: "Changes", one: Maintenance) -> Maintenance:
    """Add a maintenance, or change the one of its identifier; all registrars get a message."""
    before = changes.registry.maintenances.get(one.id.lower())
    one = msgspec.structs.replace(
        one,
        updated=changes.now if before is not None else one.updated,
        reminded=one.start - one.remind <= changes.now,
        ended=one.end <= changes.now,
    )
    changes.put(one)
    _tell(changes, one, "create" if before is None else "update")
    return one


def withdraw(changes: "Changes", one: Maintenance) -> None:
    """Remove a maintenance; all registrars get a message unless it has ended."""
    changes.remove(one)
    if not one.ended:
        _tell(changes, one, "delete")


def _tell(changes: "Changes", one: Maintenance, poll_type: PollType) -> None:
    about = MaintenanceState(maintenance=one, poll_type=poll_type)
    for registrar in changes.registry.registrars.values():
        changes.message(registrar.id, f"maintenance.{poll_type}", about, name=one.name or one.id)


def next_event_time(_registry: "Registry", one: Maintenance) -> float | None:
    """Return the time of its next event; None: it has none."""
    if one.remind and not one.reminded:
        return one.start - one.remind
    return None if one.ended else one.end


def next_act(_registry: "Registry", one: Maintenance, _now: float) -> Literal["remind", "end"]:
    """Return what `act` does at the time of its next event."""
    return "remind" if one.remind and not one.reminded else "end"


def act(changes: "Changes", one: Maintenance) -> Literal["remind", "end"]:
    """Carry out the event that is due, and return which it was."""
    what = next_act(changes.registry, one, changes.now)
    if what == "remind":
        left = msgspec.structs.replace(one, reminded=True)
        _tell(changes, left, "courtesy")
    else:
        left = msgspec.structs.replace(one, ended=True)
        _tell(changes, left, "end")
    changes.put(left)
    return what
