"""A projection of a domain's future is what the registry does when the time comes."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from homeport.config.quantities import Duration
from homeport.world.clock import Clock
from homeport.world.registry import Domain, Registrar, Registry, RegistryContents, Robot, Zone
from homeport.world.registry.graces import add_years
from homeport.world.registry.objects import Grace, Transfer
from homeport.world.registry.projection import MAX_YEARS, project
from homeport.world.seed_registry import DAY, REGISTRY, YEAR

NOW = 1_792_000_000.25
HORIZONS = [DAY, 40 * DAY, YEAR, 3 * YEAR, None]
SPANS = {"gtld": DAY, "fast": 60.0}


@st.composite
def zones(draw):
    """Return a zone of any preset; any of its periods may be skipped or its own."""
    own = st.none() | st.sampled_from([0, 1.5, 3600.0, 3 * DAY]).map(Duration)
    names = ("add", "renew", "auto_renew", "transfer", "redemption", "restore_report", "pending_delete")
    return Zone(
        name="test",
        preset=draw(st.sampled_from(["gtld", "fast"])),
        at_expiry=draw(st.sampled_from(["renew", "delete"])),
        transfer_outcome=draw(st.sampled_from(["approve", "reject"])),
        **{name: draw(own) for name in names},
    )


@st.composite
def domains(draw, zone):
    """Return a domain in any state that the zone allows, with times in whole seconds."""
    unit = SPANS[zone.preset]
    past = st.integers(1, 50).map(lambda days: float(math.floor(NOW - days * unit)))
    created = float(math.floor(NOW - draw(st.integers(60, 900)) * DAY))
    one = Domain(
        name=draw(st.sampled_from(["life.test", "robot-approve-after-2d.test", "robot-request-after-1d.test"])),
        roid="D1-LIFE",
        registrar="harbour",
        created=created,
        expires=float(math.floor(NOW + draw(st.integers(1, 800)) * DAY)),
    )
    match draw(st.sampled_from(["plain", "grace", "redemption", "restoring", "purging", "transfer", "pending"])):
        case "grace":
            begun = draw(past)
            kind = draw(st.sampled_from(["add", "renew", "autoRenew", "transfer"]))
            grace = Grace(kind=kind, begun=begun, ends=begun + 45 * unit, registrar="harbour", years=1, amount=10.0)
            return replace(one, graces=(grace,))
        case "redemption":
            return replace(one, deleted=draw(past))
        case "restoring":
            return replace(one, deleted=NOW // 1 - 55 * DAY, restoring=draw(past))
        case "purging":
            return replace(one, deleted=NOW // 1 - 55 * DAY, purging=draw(past))
        case "transfer":
            requested = draw(past)
            transfer = Transfer(
                gaining="pilot", losing="harbour", requested=requested, acted=NOW // 1 + 5 * unit, years=1
            )
            return replace(one, transfer=transfer)
        case "pending":
            return replace(one, pending=draw(st.sampled_from(["create", "delete", "renew"])))
    return one


def registry_with(zone, *objects):
    """Return a clock that stands still, and a registry of that zone with these objects."""
    clock = Clock(lambda: NOW)
    clock.freeze()
    robot = Registrar(id="pilot", name="Pilot", robot=Robot(answers="approve", cancels=True, after=7200.0))
    registry = Registry(RegistryContents(zones=(zone,), registrars=(REGISTRY.registrars[0], robot)), clock)
    for one in objects:
        registry.put(one)
    return clock, registry


@given(st.data(), st.sampled_from(HORIZONS))
def test_each_projected_event_happens_at_its_time_and_nothing_in_between(data, horizon):
    zone = data.draw(zones())
    put = data.draw(domains(zone))
    clock, registry = registry_with(zone, put)
    domain = registry.domain(put.name)  # after events that were due already
    if domain is None:
        return
    until = None if horizon is None else clock.now() + horizon
    steps, outcome = project(registry, domain, until)
    assert registry.domains[domain.name] == domain
    last = domain
    for step in steps:
        assert step.at > clock.now()
        clock.set(step.at - 0.5)
        assert registry.domains.get(domain.name) == last == step.before
        clock.set(step.at)
        last = registry.domains.get(domain.name)
        assert last == step.after
    if outcome is not None:
        _clock, other = registry_with(zone, domain)
        other.clock.set(outcome.at)
        left = other.domain(domain.name)
        assert left == outcome.domain
        assert left is None or (other.statuses(left), other.rgp_statuses(left)) == outcome[2:]


@given(st.data())
def test_after_the_projected_events_a_domain_is_gone_is_renewed_or_has_no_event(data):
    zone = data.draw(zones())
    put = data.draw(domains(zone))
    clock, registry = registry_with(zone, put)
    domain = registry.domain(put.name)
    if domain is None:
        return
    steps, _outcome = project(registry, domain)
    left = steps[-1].after if steps else domain
    if left is None or any(step.after and step.after.expires > step.before.expires for step in steps):
        return
    clock.set((steps[-1].at if steps else clock.now()) + 5 * YEAR)
    assert registry.domains.get(domain.name) == left


def test_a_server_is_lost_with_the_domain_that_it_lies_below():
    clock, registry = registry_with(Zone(name="test"))
    host = replace(REGISTRY.hosts[0], name="ns.gone.test", created=NOW // 1 - YEAR)
    expires = add_years(NOW // 1, 1)
    gone = Domain(name="gone.test", roid="D2-LIFE", registrar="harbour", created=0.0, expires=expires, deleted=NOW // 1)
    one = Domain(
        name="life.test", roid="D1-LIFE", registrar="pilot", created=0.0, expires=expires, nameservers=(host.name,)
    )
    for put in (gone, host, one):
        registry.put(put)
    steps, outcome = project(registry, registry.domains["life.test"], clock.now() + 100 * DAY)
    assert [(step.at, step.after.nameservers) for step in steps] == [(NOW // 1 + 35 * DAY, ()), (expires, ())]
    assert outcome.statuses == ("inactive",)
    clock.set(NOW // 1 + 35 * DAY)
    assert registry.domains["life.test"].nameservers == ()


@pytest.mark.parametrize("zone", [Zone(name="test"), Zone(name="test", preset="fast")])
def test_the_farthest_projection_has_an_event_for_each_year(zone):
    one = Domain(name="life.test", roid="D1-LIFE", registrar="harbour", created=0.0, expires=add_years(NOW // 1, 1))
    clock, registry = registry_with(zone, one)
    steps, outcome = project(registry, one, add_years(clock.now(), MAX_YEARS))
    assert len(steps) == MAX_YEARS
    assert outcome.domain == steps[-1].after
