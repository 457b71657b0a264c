"""Registrars that nobody sits at: they answer transfers, take theirs back, or ask for domains of others.

A registrar is played by a robot if it has one (`Registrar.robot`); a name can ask for it as well (`magic.py`). What a
robot does, and when, follows from what the registry holds, as everything that time does: it is exact through jumps of
the clock, and survives a restart.
"""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal, NamedTuple

from homeport.world.registry import transfers
from homeport.world.registry import trigger_names as magic
from homeport.world.registry.changes import Changes
from homeport.world.registry.graces import add_years
from homeport.world.registry.objects import Domain, Registrar, Robot, Sponsored, Transfer, Transferable

if TYPE_CHECKING:
    from homeport.world.registry.registry import Registry

NO_ROBOT = Robot()


class Deed(NamedTuple):
    """What a robot does next with an object."""

    due: float
    what: Literal["approve", "reject", "cancel", "request"]
    registrar: str = ""
    """Who requests it."""


def next_deed(registry: "Registry", one: Sponsored) -> Deed | None:
    """What robots do next with an object, and when; None: nothing."""
    if isinstance(one, Domain) and one.transfer is None:
        return _request(registry, one)
    if isinstance(one, Transferable) and one.transfer is not None and one.transfer_pending:
        return min(_answers(registry, one, one.transfer), default=None)
    return None


def perform(changes: Changes, one: Transferable, deed: Deed) -> None:
    """Do it."""
    if deed.what == "request":
        transfers.request(changes, one, deed.registrar, _years(changes, one))
    else:
        {"approve": transfers.approve, "reject": transfers.reject, "cancel": transfers.cancel}[deed.what](changes, one)


def _answers(registry: "Registry", one: Transferable, transfer: Transfer) -> Iterator[Deed]:
    """Of the losing side, then of the gaining one."""
    wish = magic.robot_of(one)
    loser = _robot(registry, transfer.losing)
    gainer = _robot(registry, transfer.gaining)
    if wish is not None and wish.word in ("approve", "reject"):
        yield Deed(transfer.requested + wish.after, wish.word)  # type: ignore[arg-type]  # one of these two
    elif wish is None and loser.answers != "ignore":
        yield Deed(transfer.requested + loser.after, loser.answers)
    if gainer is not NO_ROBOT and wish is not None and wish.word == "cancel":
        yield Deed(transfer.requested + wish.after, "cancel")
    elif wish is None and gainer.cancels:
        yield Deed(transfer.requested + gainer.after, "cancel")


def _request(registry: "Registry", domain: Domain) -> Deed | None:
    robots = registry.robots
    if not robots or domain.pending or domain.deleted is not None:
        return None
    wish = magic.robot_of(domain)
    asked = wish is not None and wish.word in ("request", "cancel")
    if not asked and not registry.robots_want:
        return None
    if {"clientTransferProhibited", "serverTransferProhibited"}.intersection(domain.statuses):
        return None  # as soon as it is allowed
    for one in robots.values():
        robot = one.robot or NO_ROBOT
        if one.id == domain.registrar or not (asked or _wants(robot, domain.name)):
            continue
        lock = registry.policy_of(domain).transfer_lock
        after = wish.after if asked and wish else robot.after
        return Deed(domain.created + max(after, lock), "request", one.id)
    return None


def _wants(robot: Robot, name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in robot.wants)


def _years(changes: Changes, one: Transferable) -> int:
    """A year, unless that is more than the zone can be paid for ahead."""
    if not isinstance(one, Domain):
        return 0
    latest = add_years(changes.now, changes.registry.policy_of(one).years_max)
    return 1 if add_years(one.expires, 1) <= latest else 0


def _robot(registry: "Registry", registrar: str) -> Robot:
    one: Registrar | None = registry.robots.get(registrar.lower())
    return NO_ROBOT if one is None or one.robot is None else one.robot
