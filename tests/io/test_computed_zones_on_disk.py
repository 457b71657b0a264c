"""Computed zones with --data: serials never go back, and what was changed in the world's own zone is kept."""

import shutil

import pytest
from conftest import NOW
from msgspec.structs import replace
from tests.io.test_registry_store import full_disk

from homeport.disk.registry_store import open_registry
from homeport.disk.zones_store import open_zones
from homeport.world.journal import JournalOptions
from homeport.world.row_store import StoreError
from homeport.world.world import World, WorldContents
from homeport.world.zones.edits import Edit
from homeport.world.zones.name import parse_name
from homeport.world.zones.rrset import TXT, A, RRset
from homeport.world.zones.signing import Policy

OWN, TEST = parse_name("homeport.test"), parse_name("test")
WWW = parse_name("www.homeport.test")
LARGE = RRset(TXT, 60, tuple(bytes((255,)) + number.to_bytes(255) for number in range(500)))
ADDRESS = RRset(A, 5, (bytes((192, 0, 2, 1)),))


@pytest.fixture
def start(tmp_path):
    """Return a function that opens a world on what another one has on disk now, as after a kill."""
    worlds = []

    def open_world(now=NOW):
        folder = tmp_path / str(len(worlds))
        if worlds:
            shutil.copytree(tmp_path / str(len(worlds) - 1), folder)
        stores = {"registry_store": open_registry(folder / "registry"), "zone_store": open_zones(folder / "zones")}
        (folder / "zones").mkdir(exist_ok=True)
        worlds.append(World("w", WorldContents(), JournalOptions(), lambda: now, **stores))
        worlds[-1].zones.keys.set_default(Policy(signed=False))
        return worlds[-1]

    yield open_world
    for world in worlds:
        world.close()


def flush(world):
    world.registry_store.flush()
    world.zones.kept.flush(world.zones.kept.unsettled)


def change_registry(world, count):
    """Change a delegation a number of times, each in a commit."""
    domain = world.registry.domain("beacon.test")
    for number in range(count):
        world.registry.put(replace(domain, nameservers=(f"ns{number}.elsewhere.invalid",)))


def test_serials_of_tlds_go_on_after_a_restart_though_the_clock_was_ahead(start):
    world = start(NOW + 1e9)
    change_registry(world, 3)
    serials = [world.zones.find(one).serial for one in (TEST, OWN)]
    flush(world)
    world = start(NOW)
    assert [world.zones.find(one).serial for one in (TEST, OWN)] > serials
    assert all(world.zones.find(one).serial > before for one, before in zip((TEST, OWN), serials, strict=True))


def test_more_changes_than_seconds_take_no_serial_back(start):
    world = start()
    first = world.zones.find(TEST).serial
    change_registry(world, 1200)
    last = world.zones.find(TEST).serial
    assert last == first + 1200
    flush(world)
    assert start().zones.find(TEST).serial > last


def test_a_reset_or_a_restored_snapshot_keeps_what_is_stored_of_serials(start):
    world = start(NOW + 1e9)
    change_registry(world, 3)
    snapshot = world.registry.snapshot()
    world.reset()
    serial = world.zones.find(TEST).serial
    flush(world)
    world = start(NOW)
    assert world.zones.find(TEST).serial > serial
    world.registry.restore(snapshot)
    serial = world.zones.find(TEST).serial
    flush(world)
    assert start(NOW).zones.find(TEST).serial > serial


def test_changes_of_the_own_zone_are_there_after_a_kill(start):
    world = start()
    world.zones.apply(OWN, [Edit(WWW, A, ADDRESS), Edit(OWN, TXT)])
    serial = world.zones.find(OWN).serial
    flush(world)
    world = start()
    zone = world.zones.find(OWN)
    assert zone.node(WWW)[A] == ADDRESS
    assert TXT not in zone.node(OWN)
    assert zone.serial > serial
    world.zones.apply(OWN, [Edit(WWW, A, RRset(A, 60, (bytes((127, 0, 0, 1)),)))])  # as the world makes it
    flush(world)
    assert world.zones._computed.own_changed.keys() == {(OWN, 6), (OWN, TXT)}
    assert start().zones._computed.own_changed.keys() == {(OWN, 6), (OWN, TXT)}


def test_a_change_that_cannot_be_stored_is_undone(start, tmp_path):
    world = start()
    world.zones.apply(OWN, [Edit(OWN, TXT)])
    flush(world)
    world.zones.apply(OWN, [Edit(WWW, A, ADDRESS), Edit(WWW, TXT, LARGE)])
    serial = world.zones.find(OWN).serial
    with full_disk(tmp_path / "0" / "zones" / "zones.sqlite"), pytest.raises(StoreError):
        flush(world)
    world.zones.rollback_failed()
    zone = world.zones.find(OWN)
    assert zone.node(WWW)[A] != ADDRESS
    assert TXT not in zone.node(OWN)
    assert zone.serial > serial


def test_a_reset_forgets_the_changes(start):
    world = start()
    world.zones.apply(OWN, [Edit(WWW, A, ADDRESS)])
    world.reset()
    flush(world)
    assert start().zones.find(OWN).node(WWW)[A] != ADDRESS
