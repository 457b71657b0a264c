"""Simulated registrars: they answer transfers, cancel their own, or request other registrars' domains.

A registrar is played by a robot if it has one (`Registrar.robot`); a name can ask for it as well (`trigger_names.py`).
What a robot does, and when, is derived from what the registry holds, as all due events are: it is exact through jumps
of the clock, and survives a restart.
"""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal, NamedTuple

from homeport.world.registry import transfers, trigger_names
from homeport.world.registry.changes import Changes
from homeport.world.registry.graces import add_years
from homeport.world.registry.objects import Domain, Registrar, Robot, Sponsored, Transfer, Transferable

if TYPE_CHECKING:
    from homeport.world.registry.registry import Registry

NO_ROBOT = Robot()


class RobotAction(NamedTuple):
    """The next action of a robot on an object."""

    due: float
    what: Literal["approve", "reject", "cancel", "request"]
    registrar: str = ""
    """The requesting registrar."""


def next_robot_action(registry: "Registry", one: Sponsored) -> RobotAction | None:
    """Return the robots' next action on an object and its time, or None."""
    if isinstance(one, Domain) and one.transfer is None:
        if not registry.robots or not (registry.robots_request or one.name.startswith("robot-")):
            return None  # as for nearly all
        return _request(registry, one)
    if isinstance(one, Transferable) and one.transfer is not None and one.transfer_pending:
        return min(_answers(registry, one, one.transfer), default=None)
    return None


def perform(changes: Changes, one: Transferable, robot_action: RobotAction) -> None:
    """Carry out a robot's action."""
    if robot_action.what == "request":
        transfers.request(changes, one, robot_action.registrar, _years(changes, one))
    else:
        {"approve": transfers.approve, "reject": transfers.reject, "cancel": transfers.cancel}[robot_action.what](
            changes, one
        )


def _answers(registry: "Registry", one: Transferable, transfer: Transfer) -> Iterator[RobotAction]:
    """Yield the losing side's answers, then the gaining side's."""
    trigger = trigger_names.robot_of(one)
    loser = _robot(registry, transfer.losing)
    gainer = _robot(registry, transfer.gaining)
    if trigger is not None and trigger.word in ("approve", "reject"):
        yield RobotAction(transfer.requested + trigger.after, trigger.word)  # type: ignore[arg-type]  # one of these two
    elif trigger is None and loser.answers != "ignore":
        yield RobotAction(transfer.requested + loser.after, loser.answers)
    if gainer is not NO_ROBOT and trigger is not None and trigger.word == "cancel":
        yield RobotAction(transfer.requested + trigger.after, "cancel")
    elif trigger is None and gainer.cancels:
        yield RobotAction(transfer.requested + gainer.after, "cancel")


def _request(registry: "Registry", domain: Domain) -> RobotAction | None:
    if domain.pending or domain.deleted is not None:
        return None
    trigger = trigger_names.robot_of(domain)
    asked = trigger is not None and trigger.word in ("request", "cancel")
    if not asked and not registry.robots_request:
        return None
    if {"clientTransferProhibited", "serverTransferProhibited"}.intersection(domain.statuses):
        return None  # requested once the status is removed
    for one in registry.robots.values():
        robot = one.robot or NO_ROBOT
        if one.id == domain.registrar or not (asked or _wants(robot, domain.name)):
            continue
        lock = registry.policy_of(domain).transfer_lock
        after = trigger.after if asked and trigger else robot.after
        return RobotAction(domain.created + max(after, lock), "request", one.id)
    return None


def may_request(registrar: Registrar, domain: Domain) -> bool:
    """True if a registrar's robot, or the domain's name, asks for a transfer to it."""
    trigger = trigger_names.robot_of(domain)
    asked = trigger is not None and trigger.word in ("request", "cancel")
    return asked or _wants(registrar.robot or NO_ROBOT, domain.name)


def _wants(robot: Robot, name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in robot.wants)


def _years(changes: Changes, one: Transferable) -> int:
    """Return one year, or zero where the zone's limit of years would be passed."""
    if not isinstance(one, Domain):
        return 0
    latest = add_years(changes.now, changes.registry.policy_of(one).years_max)
    return 1 if add_years(one.expires, 1) <= latest else 0


def _robot(registry: "Registry", registrar: str) -> Robot:
    one: Registrar | None = registry.robots.get(registrar.lower())
    return NO_ROBOT if one is None or one.robot is None else one.robot
