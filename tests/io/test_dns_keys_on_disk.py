"""Keys of zones with --data: trust anchors stay right after a restart, and a change that was lost is undone."""

from pathlib import Path

import pytest
from conftest import NOW
from tests.io.test_registry_store import full_disk

from homeport.disk.zones_store import ZONES, open_zones
from homeport.world.journal import JournalOptions
from homeport.world.row_store import StoreError
from homeport.world.world import World, WorldContents
from homeport.world.zones.contents import ZoneContents
from homeport.world.zones.edits import Edit
from homeport.world.zones.name import parse_name
from homeport.world.zones.rrset import TXT, RRset
from homeport.world.zones.signing import Policy
from homeport.world.zones.signing.keys import generate
from homeport.world.zones.signing.numbers import ED25519, RSA_SHA256

SHOP, OTHER = parse_name("shop.test"), parse_name("other")

LARGE = RRset(TXT, 60, tuple(bytes((255,)) + number.to_bytes(255) for number in range(500)))


@pytest.fixture
def start(tmp_path):
    """Return a function that opens a world on the same folder, after it has closed the one before."""
    worlds = []

    def open_world(seed=0):
        for one in worlds:
            one.close()
        zones = [ZoneContents(name="shop.test", dnssec=True, denial="nsec3")]
        contents = WorldContents(dns=zones, seed=seed)
        worlds[:] = [World("w", contents, JournalOptions(), lambda: NOW, zone_store=open_zones(Path(tmp_path)))]
        return worlds[0]

    yield open_world
    worlds[0].close()


def dnskeys(world, origin=SHOP):
    return [one.dnskey for one in world.zones.keys.of(origin).keys]


def test_keys_are_the_same_after_a_restart_and_a_reset(start):
    world = start()
    before = dnskeys(world), dnskeys(world, OTHER)
    assert world.zones.keys.policy(SHOP) == Policy(denial="nsec3")
    world = start()
    assert (dnskeys(world), dnskeys(world, OTHER)) == before
    world.reset()
    assert (dnskeys(world), dnskeys(world, OTHER)) == before
    assert (dnskeys(start()), dnskeys(start(), OTHER)) == before


def test_rolled_keys_and_policies_are_kept(start):
    world = start()
    keys = world.zones.keys
    keys.add(SHOP, generate(keys.next_recipe(SHOP, RSA_SHA256)))
    keys.add(OTHER, keys.next_recipe(OTHER, ED25519))
    keys.remove(OTHER, keys.of(OTHER).keys[0].tag)
    keys.set_policy(SHOP, Policy())
    serial, before = world.zones.stored[SHOP].serial, (dnskeys(world), dnskeys(world, OTHER))
    assert [len(one) for one in before] == [2, 1]
    world = start()
    assert (dnskeys(world), dnskeys(world, OTHER)) == before
    assert world.zones.keys.policy(SHOP) == Policy()
    assert world.zones.stored[SHOP].serial == serial
    world.reset()
    assert len(dnskeys(world)) == 1
    assert world.zones.keys.policy(SHOP) == Policy(denial="nsec3")
    assert len(dnskeys(start())) == 1


def test_the_keys_of_a_seed_follow_from_it_whatever_was_stored(start):
    first = dnskeys(start(seed=7))
    assert dnskeys(start(seed=8)) != first
    assert dnskeys(start(seed=7)) == first


def test_a_key_that_could_not_be_stored_is_gone_again(start, tmp_path):
    world = start()
    before = dnskeys(world)
    world.zones.kept.flush(world.zones.kept.unsettled)
    with full_disk(tmp_path / f"{ZONES.name}.sqlite"):
        world.zones.keys.add(SHOP, world.zones.keys.next_recipe(SHOP))
        assert len(dnskeys(world)) == 2
        world.zones.apply(SHOP, [Edit(SHOP, TXT, LARGE)])
        with pytest.raises(StoreError):
            world.zones.kept.flush(world.zones.kept.unsettled)
        world.zones.rollback_failed()
    assert dnskeys(world) == before


def test_only_the_owner_of_the_farm_can_read_the_secret(start, tmp_path):
    dnskeys(start())
    start()
    file = tmp_path / f"{ZONES.name}.sqlite"
    assert file.stat().st_mode & 0o77 == 0
