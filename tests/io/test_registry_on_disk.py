"""A world's registry with a store: changes survive a restart, and changes that the disk refuses are rolled back."""

import random
import shutil
from contextlib import closing

import msgspec
import pytest
from tests.conftest import NOW
from tests.io.test_registry_store import full_disk

from homeport.disk.registry_store import open_registry
from homeport.disk.row_store import RowStore
from homeport.world.journal import JournalOptions
from homeport.world.registry import (
    Domain,
    Registrar,
    Registry,
    RegistryContents,
    Zone,
    graces,
    interventions,
    lifecycle,
    passwords,
    transfers,
)
from homeport.world.row_store import StoreError
from homeport.world.seed_registry import REGISTRY
from homeport.world.world import World, WorldContents

DAY = 86_400.0
SEED = msgspec.structs.replace(
    REGISTRY,
    messages=(),
    domains=REGISTRY.domains[:2],
    registrars=[passwords.for_disk(one) for one in REGISTRY.registrars],
)
"""Two domains without events for half a year; registrars with passwords as the disk has them."""


class Disk:
    """Worlds one after the other in one folder."""

    def __init__(self, folder) -> None:
        self.folder = folder
        self.now = NOW
        self.world = None

    def start(self, contents: RegistryContents = SEED) -> Registry:
        """Start the registry again, as another run of the farm."""
        self.stop()
        store = open_registry(self.folder)
        try:
            configured = WorldContents(registry=contents)
            self.world = World("w", configured, JournalOptions(), lambda: self.now, registry_store=store)
        except BaseException:
            store.close()
            raise
        return self.world.registry

    def stop(self) -> None:
        if self.world is not None:
            self.world.close()
            self.world = None

    @property
    def store(self) -> RowStore:
        return self.world.registry_store


@pytest.fixture
def disk(tmp_path):
    """Return a folder for a registry."""
    disk = Disk(tmp_path / "registry")
    yield disk
    disk.stop()


def rows(registry):
    """Return all rows except counters: rolled-back changes may have used some numbers."""
    registry.catch_up()
    return {key: row for key, row in registry._rows() if key[0] != "counter"}


def new_domain(changes, name="new.test", **fields):
    made = Domain(
        name=name, roid=changes.registry.new_roid("domain"), registrar="harbour", created=0.0, expires=0.0, **fields
    )
    return lifecycle.create(changes, made, 1)


def create(changes):
    new_domain(changes, password="s3cret", registrant="AL-1", nameservers=("ns1.homeport.test",))


def update(changes):
    changes.put(msgspec.structs.replace(changes.domain("homeport.test"), password="other", nameservers=()))


def renew(changes):
    lifecycle.renew(changes, changes.domain("homeport.test"), 1)


def delete(changes):
    lifecycle.delete(changes, changes.domain("homeport.test"))


def delete_in_add_grace(changes):
    lifecycle.delete(changes, new_domain(changes))


def restore(changes):
    lifecycle.delete(changes, changes.domain("homeport.test"))
    lifecycle.restore(changes, changes.domain("homeport.test"))


def request(changes):
    transfers.request(changes, changes.domain("lighthouse.test"), "harbour")


def answer(changes):
    request(changes)
    transfers.approve(changes, changes.domain("lighthouse.test"))


def transfer_contact(changes):
    transfers.request(changes, changes.contact("AL-1"), "lighthouse")


def rename(changes):
    changes.rename(changes.host("ns1.homeport.test"), "ns9.homeport.test")


def remove(changes):
    for host in list(changes.subordinate_hosts("homeport.test")):
        changes.remove(host)


def charge(changes):
    one = msgspec.structs.replace(changes.registrar("harbour"), balance=10.0, password="new-pass")
    changes.put(passwords.for_disk(one))
    changes.charge("harbour", 4.5)


def note(changes):
    interventions.note(changes, "harbour", "Mind the tide.")


def every_change(changes):
    for change in (update, renew, create, charge, rename, answer, transfer_contact, note):
        change(changes)


CHANGES = (
    create, update, renew, delete, delete_in_add_grace, restore, request, answer, transfer_contact, rename, remove,
    charge, note, every_change,
)  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_there_after_a_restart(disk, change):
    registry = disk.start()
    before = rows(registry)
    changes = registry.begin()
    change(changes)
    disk.store.flush(registry.commit(changes))
    there = dict(registry._rows())
    assert rows(registry) != before or change is delete_in_add_grace
    # The disk now holds the state that a killed farm leaves.
    disk.folder = shutil.copytree(disk.folder, disk.folder.with_name("left"))
    registry = disk.start()
    assert dict(registry._rows()) == there
    assert registry.snapshot() == disk.start().snapshot()


def test_a_registry_begins_with_the_seed_and_goes_on_without_it(disk):
    registry = disk.start()
    registry.remove(registry.domain("homeport.test"))
    other = msgspec.structs.replace(SEED, domains=(), registrars=(Registrar(id="other", name="Other"),))
    registry = disk.start(other)
    assert list(registry.domains) == ["lighthouse.test"]
    assert "other" not in registry.registrars


def test_the_policy_of_zones_is_read_from_the_configuration_at_each_start(disk):
    disk.start()
    registry = disk.start(msgspec.structs.replace(SEED, zones=(Zone(name="test", preset="fast"),)))
    assert registry.zone_of("homeport.test").periods.add == 300


def test_no_roid_and_no_message_number_is_given_out_again(disk):
    registry = disk.start()
    changes = registry.begin()
    roid = new_domain(changes).roid
    interventions.note(changes, "harbour", "one")
    registry.commit(changes)
    changes = registry.begin()
    changes.remove(registry.domain("new.test"))
    changes.acknowledge(registry.messages.first("harbour"))
    registry.commit(changes)
    registry = disk.start()
    assert registry.messages.first("harbour") is None
    changes = registry.begin()
    assert new_domain(changes).roid > roid
    interventions.note(changes, "harbour", "two")
    registry.commit(changes)
    assert registry.messages.first("harbour").id == 2


def test_events_due_during_a_stop_happen_at_the_start_dated_with_their_due_time(disk):
    registry = disk.start()
    changes = registry.begin()
    transfers.request(changes, registry.domain("lighthouse.test"), "harbour")
    registry.commit(changes)
    disk.stop()
    disk.now += 30 * DAY
    registry = disk.start()
    domain = registry.domain("lighthouse.test")
    assert domain.registrar == "harbour"
    assert [message.date for message in registry.messages.of("harbour")] == [NOW + 5 * DAY]
    kept = registry.snapshot()
    assert disk.start().snapshot() == kept


def test_events_are_not_repeated_when_a_restart_sets_the_clock_back(disk):
    registry = disk.start()
    disk.world.clock.advance(365 * 4 * DAY)
    kept = registry.snapshot()
    assert len(registry.messages) > 1
    assert disk.start().snapshot() == kept
    disk.world.clock.advance(365 * 4 * DAY)
    registry = disk.start()
    assert len({message.id for message in registry.messages}) == len(registry.messages)
    assert registry.snapshot() == disk.start().snapshot()


def test_a_reset_returns_to_the_seed_in_the_store_too(disk):
    first = rows(disk.start())
    registry = disk.world.registry
    changes = registry.begin()
    every_change(changes)
    registry.commit(changes)
    assert rows(registry) != first
    disk.world.reset()
    assert rows(disk.world.registry) == first
    assert rows(disk.start()) == first
    assert len(rows(disk.start())) == len(first)


def test_a_reset_can_keep_the_registry(disk):
    registry = disk.start()
    changes = registry.begin()
    every_change(changes)
    registry.commit(changes)
    kept = rows(registry)
    disk.world.reset(keep=("registry",))
    assert rows(disk.world.registry) == kept
    assert rows(disk.start()) == kept


def test_a_reset_that_cannot_be_written_leaves_the_store_as_it_was(disk):
    registry = disk.start()
    changes = registry.begin()
    create(changes)
    registry.commit(changes)
    disk.store.flush()
    with full_disk(disk.folder / "registry.sqlite", 16 << 10), pytest.raises(StoreError):
        disk.world.reset()
    registry = disk.world.registry
    assert registry.domain("new.test") is not None
    disk.world.clock.advance(201 * DAY)
    kept = rows(registry)
    assert registry.domains["lighthouse.test"].expires > NOW + 201 * DAY
    assert rows(disk.start()) == kept


def test_a_snapshot_that_is_restored_is_there_after_a_restart(disk):
    registry = disk.start()
    snapshot = registry.snapshot()
    first = rows(registry)
    changes = registry.begin()
    every_change(changes)
    registry.commit(changes)
    registry.restore(snapshot)
    assert rows(registry) == first
    assert rows(disk.start()) == first


def test_objects_that_the_api_puts_are_there_after_a_restart(disk):
    registry = disk.start()
    registry.put(msgspec.structs.replace(registry.domain("homeport.test"), name="put.test", roid="D77-HOMEPORT"))
    registry.remove(registry.domain("lighthouse.test"))
    registry = disk.start()
    assert registry.domain("put.test").roid == "D77-HOMEPORT"
    assert registry.domain("lighthouse.test") is None


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_that_the_disk_refuses_was_never_made(disk, change):
    registry = disk.start()
    changes = registry.begin()
    for number in range(3):
        interventions.note(changes, "harbour", f"message {number}")
    disk.store.flush(registry.commit(changes))
    before = rows(registry)
    with full_disk(disk.folder / "registry.sqlite"):
        changes = registry.begin()
        change(changes)
        changes.acknowledge(registry.messages.first("harbour"))
        interventions.note(changes, "lighthouse", "x" * 100_000)
        ticket = registry.commit(changes)
        with pytest.raises(StoreError):
            disk.store.flush(ticket)
        registry.rollback_failed()
    assert rows(registry) == before
    assert [message.id for message in registry.messages.of("harbour")] == [1, 2, 3]
    assert rows(disk.start()) == before
    assert_indexes_are_right(disk.world.registry)


def test_memory_and_disk_agree_after_any_refused_transactions(disk):
    """Many transactions in random groups, some of which the disk refuses: those are undone, and no others."""
    chance = random.Random(5730)
    registry = disk.start()
    certain = rows(registry)
    refused = 0
    for turn in range(60):
        full = chance.random() < 0.3
        tickets = []
        for number in range(chance.randrange(1, 5)):
            changes = registry.begin()
            new_domain(changes, f"d{turn}-{number}.test", nameservers=("ns1.homeport.test",) * chance.randrange(2))
            if chance.random() < 0.5:
                interventions.note(changes, "harbour", f"{turn} {number}")
            if chance.random() < 0.3 and (message := registry.messages.first("harbour")):
                changes.acknowledge(message)
            if chance.random() < 0.5 and turn:
                changes.put(msgspec.structs.replace(changes.domain("homeport.test"), password=f"{turn}-{number}"))
            if full:
                interventions.note(changes, "harbour", "x" * 100_000)
            tickets.append(registry.commit(changes))
        if full:
            with full_disk(disk.folder / "registry.sqlite"):
                for ticket in tickets:
                    with pytest.raises(StoreError):
                        disk.store.flush(ticket)
            refused += 1
            registry.rollback_failed()
            assert rows(registry) == certain
        else:
            disk.store.flush(chance.choice(tickets))
            certain = rows(registry)
    assert refused > 5
    assert_indexes_are_right(registry)
    assert rows(disk.start()) == certain


def test_events_during_a_full_disk_are_stored_once_there_is_room(disk):
    registry = disk.start()
    with full_disk(disk.folder / "registry.sqlite"):
        changes = registry.begin()
        interventions.note(changes, "harbour", "x" * 100_000)
        registry.commit(changes)
        with pytest.raises(StoreError):
            disk.store.flush()
        disk.world.clock.advance(201 * DAY)
        assert disk.store.waiting
        assert not disk.store.failed
    expires = graces.add_years(NOW + 200 * DAY, 1)
    assert registry.domain("lighthouse.test").expires == expires
    disk.store.flush()
    assert disk.start().domain("lighthouse.test").expires == expires


def test_a_commit_after_a_loss_that_it_does_not_know_of_is_refused(disk):
    registry = disk.start()
    with full_disk(disk.folder / "registry.sqlite"):
        lost = registry.begin()
        interventions.note(lost, "harbour", "x" * 100_000)
        registry.commit(lost)
        later = registry.begin()
        create(later)
        with pytest.raises(StoreError):
            disk.store.flush()
        with pytest.raises(StoreError):
            registry.commit(later)
        assert registry.domain("new.test") is None


def test_worlds_without_a_store_keep_nothing(disk):
    world = World("w", WorldContents(registry=SEED), JournalOptions(), lambda: NOW)
    with closing(world):
        changes = world.registry.begin()
        create(changes)
        assert world.registry.commit(changes) is None


def assert_indexes_are_right(registry):
    """Assert that the indexes equal those of a fresh registry with the same objects."""
    fresh = Registry(RegistryContents(zones=list(registry.zones.values())), registry.clock)
    fresh.restore(registry.snapshot())
    for name in ("domains_of_host", "domains_of_contact"):
        for key in ("ns1.homeport.test", "ns9.homeport.test", "AL-1", "HM-1"):
            assert sorted(one.name for one in getattr(registry, name)(key)) == sorted(
                one.name for one in getattr(fresh, name)(key)
            )
    fresh.close()
