"""Renaming of a host of many domains: in bounded steps, as one transaction, with the same result as at once."""

import pytest
from msgspec.structs import replace

from homeport.world.clock import Clock
from homeport.world.registry import Host, Registry
from homeport.world.registry.registry import MAX_RENAMED_AT_ONCE
from homeport.world.registry.renaming import DOMAINS_OF_A_STEP, Later
from homeport.world.row_store import StoreError
from homeport.world.seed_registry import DAY, REGISTRY

NOW = 1.8e9
OLD, NEW = "ns1.shared.test", "ns2.shared.test"
MANY = MAX_RENAMED_AT_ONCE + 3 * DOMAINS_OF_A_STEP + 7


def large(*, in_steps, store=None):
    """Return a registry in which many domains of two zones name a host."""
    clock = Clock(lambda: NOW)
    clock.freeze()
    registry = Registry(replace(REGISTRY, messages=(), domains=()), clock, store)
    registry.works_in_steps = in_steps
    domain = replace(REGISTRY.domains[0], contacts=(), created=NOW, expires=NOW + DAY, registrar="pilot")
    registry.put(Host(name=OLD, roid="H99-MANY", registrar="pilot", created=NOW, addresses=("192.0.2.7",)))
    for number in range(MANY):
        servers = ("ns9.other.test", OLD) if number % 3 else (OLD,)
        name = f"many-{number:03}.{'test' if number % 2 else 'lab.test'}"
        registry.put(replace(domain, name=name, roid=f"D{number}-MANY", nameservers=servers))
    return clock, registry


def rename(registry):
    changes = registry.begin()
    changes.rename(registry.host(OLD), NEW)
    return registry.commit(changes)


def state(registry):
    return [*registry.domains.values()], [*registry.hosts.values()], [one.name for one in registry.domains_of_host(NEW)]


def run(clock):
    """Fire what is due, as the driver does, until nothing is."""
    for _ in range(MANY):
        clock.fire()
    assert clock.seconds_to_next() != 0.0


def test_a_host_renamed_in_steps_leaves_what_one_renamed_at_once_does():
    (clock, in_steps), (_clock, at_once) = large(in_steps=True), large(in_steps=False)
    ticket = rename(in_steps)
    assert isinstance(ticket, Later)
    assert in_steps.is_behind
    assert not ticket.done
    run(clock)
    assert ticket.done
    assert not in_steps.is_behind
    assert rename(at_once) is None
    assert state(in_steps) == state(at_once)
    assert in_steps.domains_of_host(OLD) == []


def test_each_step_changes_a_bounded_number_of_domains():
    clock, registry = large(in_steps=True)
    rename(registry)
    changed = []
    while registry.is_behind:
        before = dict(registry.domains)
        clock._fire_next()
        changed.append(sum(registry.domains[name] is not one for name, one in before.items()))
    assert sum(changed) == MANY
    assert max(changed) <= 3 * DOMAINS_OF_A_STEP
    assert len(changed) > MANY // DOMAINS_OF_A_STEP


def test_a_transaction_that_follows_finds_the_work_done():
    _clock, registry = large(in_steps=True)
    later = rename(registry)
    registry.put(replace(registry.hosts[OLD], roid="H100-MANY", name="ns3.shared.test"))
    assert later.done
    assert len(registry.domains_of_host(NEW)) == MANY


def test_what_falls_due_meanwhile_comes_after_it():
    clock, registry = large(in_steps=True)
    later = rename(registry)
    clock._frozen += 2 * DAY  # as time passes
    done_at = []
    registry.on_act = lambda _act: done_at.append(later.done)
    run(clock)
    assert len(done_at) == MANY
    assert all(done_at)
    assert all(NEW in one.nameservers and one.expires > NOW + 300 * DAY for one in registry.domains.values())


def test_each_zone_is_announced_once_after_the_renaming():
    clock, registry = large(in_steps=True)
    announced = []
    registry.on_names = lambda before: announced.append({key[1] for key in before})
    rename(registry)
    run(clock)
    hosts, domains = announced
    assert hosts == {OLD, NEW}
    assert sorted(name.partition(".")[2] for name in domains) == ["lab.test", "test"]


class Recorded:
    """A store that keeps transactions, or refuses them."""

    def __init__(self):
        self.failed = False
        self.queued = []
        self.on_queue = lambda: None

    def load(self, _types):
        return None

    def replace(self, _rows):
        pass

    def queue(self, after, before):
        if self.failed:
            raise StoreError("the disk is full")
        self.on_queue()
        self.queued.append((dict(after), dict(before)))


def test_a_renaming_is_stored_as_one_transaction_before_it_is_in_memory():
    store = Recorded()
    clock, registry = large(in_steps=True, store=store)
    store.queued.clear()
    in_memory = []
    store.on_queue = lambda: in_memory.append(sum(NEW in one.nameservers for one in registry.domains.values()))
    rename(registry)
    run(clock)
    assert in_memory == [0]
    ((after, before),) = store.queued
    assert sum(kind == "domain" for kind, _name in after) == MANY
    assert all(
        OLD in before[key].nameservers and NEW in row.nameservers for key, row in after.items() if key[0] == "domain"
    )
    assert after["host", OLD] is None
    assert {key: row for key, row in after.items() if key[0] == "domain"} == {
        ("domain", name): one for name, one in registry.domains.items()
    }


def test_a_renaming_that_cannot_be_stored_changes_nothing():
    store = Recorded()
    clock, registry = large(in_steps=True, store=store)
    before = state(registry)
    later = rename(registry)
    store.failed = True
    for _ in range(MANY):
        clock.fire()
    assert (later.done, str(later.error)) == (True, "the disk is full")
    assert state(registry) == before
    assert registry.host(OLD) is not None


@pytest.mark.parametrize("end", ["close", "watch"])
def test_a_registry_that_ends_or_loses_its_timers_finishes_the_work(end):
    _clock, registry = large(in_steps=True)
    later = rename(registry)
    getattr(registry, end)()
    assert later.done
    assert len(registry._indexes.domains_of_host.of(NEW)) == MANY
