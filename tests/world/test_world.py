"""A world's parts begin and are reset by one table."""

import pytest

from homeport.protocol.faults import Do, Plain, Plan
from homeport.world.clock import ClockOptions
from homeport.world.journal import JournalOptions
from homeport.world.people import Person
from homeport.world.world import PARTS, World, WorldContents

NOW = 1_792_000_000.0


def make(clock=None):
    return World("default", WorldContents(seed=7), JournalOptions(), lambda: NOW, clock=clock)


def test_a_reset_world_equals_a_new_one():
    world, fresh = make(), make()
    world.random.random()
    world.people.put(Person(login="zoe", name="Zoe Mast"))
    world.presence.leave("p2")
    world.quotes.pick("sequential", NOW)
    world.clock.call_at(NOW + 1, lambda: None)
    world.clock.set(NOW + 1e6)
    world.counters_of("echo", "tcp").connections = 5
    world.reset()
    assert list(world.people) == list(fresh.people)
    assert list(world.presence) == list(fresh.presence)
    assert world.quotes.pick("sequential", NOW) == fresh.quotes.pick("sequential", NOW)
    assert world.random.random() == fresh.random.random()
    assert list(world.registry.objects()) == list(fresh.registry.objects())
    assert (world.clock.now(), world.clock.due) == (NOW, fresh.clock.due)
    assert world.counters_of("echo", "tcp").snapshot() == fresh.counters_of("echo", "tcp").snapshot()


def test_after_a_reset_fault_numbers_and_chance_repeat():
    world = make()
    plan = Plan(service="echo", do=Do(close=Plain()), probability=0.5, times=0)
    first = [world.faults.add(plan).take() for _ in range(20)]
    held = world.faults.get("f1")
    world.reset()
    assert held.removed
    assert len(world.faults) == 0
    assert [world.faults.add(plan).take() for _ in range(20)] == first


def test_parts_with_watchers_are_the_same_objects_after_a_reset():
    world = make()
    kept = (world.clock, world.journal, world.findings, world.faults, world.presence, world.counters_of("echo", "tcp"))
    world.reset()
    assert kept == (
        world.clock,
        world.journal,
        world.findings,
        world.faults,
        world.presence,
        world.counters_of("echo", "tcp"),
    )


def test_active_connections_are_still_counted_after_a_reset_that_kept_them():
    world = make()
    counters = world.counters_of("echo", "tcp")
    counters.active, counters.refused = 2, 1
    world.reset(keep=["connections"])
    assert (counters.active, counters.refused) == (2, 0)


def test_registry_and_presence_times_are_relative_to_the_initial_clock():
    world = make(ClockOptions(set="2036-02-07T06:28:16Z", frozen=True))
    began = world.clock.now()
    assert world.registry.domain("expiring-tomorrow.test").expires == began + 86400
    world.clock.advance(86400 * 400)
    world.reset()
    assert (world.clock.now(), world.clock.frozen) == (began, True)
    assert world.registry.domain("expiring-tomorrow.test").expires == began + 86400
    assert world.presence.get("p1").since == began - 3 * 3600


def test_presences_after_a_reset_have_unused_identifiers():
    world = make()
    assert world.presence.enter("zoe", "ftp", "", NOW) == "p4"
    world.reset()
    assert [one.id for one in world.presence] == ["p1", "p2", "p3"]
    assert world.presence.enter("zoe", "ftp", "", NOW) == "p5"


@pytest.mark.parametrize("part", PARTS)
def test_every_part_can_be_kept_and_reset_alone(part):
    world = make()
    world.reset(keep=set(PARTS) - {part})
    world.reset(keep=[part])
    assert list(world.people) == list(make().people)
