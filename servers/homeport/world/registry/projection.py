"""The future of a domain, as time alone would make it: a copy of what it depends on lives through it on another clock.

The copy is a registry like any other, so a projection follows the same rules as the registry itself. Nothing of the
world changes. What registrars do is not projected; what robots do is.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

from homeport.world.clock import Clock
from homeport.world.registry import robots
from homeport.world.registry.contents import RegistryContents
from homeport.world.registry.objects import Domain, PendingAction, Registrar
from homeport.world.registry.registry import Registry

MAX_EVENTS = 400
"""Events of one projection: those of a domain, and of the domains that its servers lie below."""
MAX_YEARS = 20
"""How far a projection goes."""


class Step(NamedTuple):
    """An event that changes the domain."""

    at: float
    before: Domain
    after: Domain | None
    """None: it is removed."""
    review: PendingAction | None
    """The review that waited before."""


class Outcome(NamedTuple):
    """The domain at one time."""

    at: float
    domain: Domain | None
    statuses: tuple[str, ...] = ()
    rgp_statuses: tuple[str, ...] = ()


class Projection(NamedTuple):
    """The future of a domain: each event, and what is left at the time that was asked for."""

    steps: tuple[Step, ...]
    outcome: Outcome | None


def project(registry: Registry, domain: Domain, until: float | None = None) -> Projection:
    """Project a domain up to a time, and at least until it is gone, is renewed, or has no event any more."""
    registry.catch_up()
    now = registry.clock.now()
    clock = Clock(lambda: now)
    clock.freeze()  # so that it stands exactly where it is set to
    copy = _copy(registry, domain, clock)
    left: Domain | None = domain
    steps: list[Step] = []
    outcome: Outcome | None = None
    renewed = False
    for _ in range(MAX_EVENTS):
        due = clock.due[0] if clock.due else math.inf
        if until is not None and outcome is None and due > until:
            clock.set(until)
            outcome = _outcome(copy, domain.name, until)
        if due == math.inf or ((left is None or renewed) and (until is None or outcome is not None)):
            break
        review = copy.pendings.get(f"domain {domain.name}")
        clock.set(due)
        after = copy.domains.get(domain.name)
        if left is not None and after != left:
            steps.append(Step(due, left, after, review))
            renewed = renewed or (after is not None and after.expires > left.expires)
        left = after
    copy.close()
    return Projection(tuple(steps), outcome)


def _outcome(copy: Registry, name: str, at: float) -> Outcome:
    domain = copy.domain(name)
    if domain is None:
        return Outcome(at, None)
    return Outcome(at, domain, copy.statuses(domain), copy.rgp_statuses(domain))


def _copy(registry: Registry, domain: Domain, clock: Clock) -> Registry:
    """Return a registry with the domain and what its future depends on."""
    domains = [domain, *_holders_of_servers(registry, domain)]
    contents = RegistryContents(
        zones=tuple(registry.zones.values()),
        registrars=[one for one in registry.robots.values() if _matters(one, domains)],
    )
    copy = Registry(contents, clock)
    changes = copy.begin()
    for one in domains:
        changes.put(one)
        if action := registry.pendings.get(f"domain {one.name}"):
            changes.put(action)
    for name in domain.nameservers:
        if host := registry.hosts.get(name):
            changes.put(host)
    copy.commit(changes)
    return copy


def _holders_of_servers(registry: Registry, domain: Domain) -> Iterator[Domain]:
    """Yield the domains whose purge would take servers from this one (RFC 9874)."""
    names = dict.fromkeys(registry.superordinate_name(server) for server in domain.nameservers)
    for name in names:
        one = registry.domains.get(name or "")
        if one is None or one.name == domain.name:
            continue
        if one.deleted is not None or one.pending or registry.policy_of(one).at_expiry == "delete":
            yield one


def _matters(robot: Registrar, domains: list[Domain]) -> bool:
    """True if a robot may act on one of these domains."""
    for one in domains:
        sides = {one.registrar} if one.transfer is None else {one.registrar, one.transfer.gaining, one.transfer.losing}
        if robot.id in sides or robots.may_request(robot, one):
            return True
    return False
