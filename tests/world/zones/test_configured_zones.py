"""Zones of the configuration: in a new world, after a reload, after a reset."""

import msgspec
from conftest import make_world

from homeport.world.world import WorldContents
from homeport.world.zones.contents import ZoneContents
from homeport.world.zones.edits import Edit
from homeport.world.zones.name import parse_name
from homeport.world.zones.rrset import NS, A, RRset

SHOP = parse_name("shop.test")
WWW = parse_name("www.shop.test")
ADDED = RRset(A, 60, (b"\xc0\0\2\1",))


def configured(*zones):
    return make_world(WorldContents(dns=[ZoneContents(name=name, records=records) for name, records in zones]))


def replace(world, *zones):
    dns = [ZoneContents(name=name, records=records) for name, records in zones]
    world.replace(["dns"], msgspec.structs.replace(world.contents, dns=dns))


def addresses(world, name):
    zone = world.zones.find(parse_name(name))
    return [".".join(map(str, one)) for one in zone.node(parse_name(name))[A].data]


def test_a_new_world_has_the_configured_zones():
    world = configured(("shop.test", "www A 127.0.0.1"), ("harbour.example", ""))
    assert addresses(world, "www.shop.test") == ["127.0.0.1"]
    assert NS in world.zones.find(parse_name("harbour.example")).node(parse_name("harbour.example"))


def test_a_reload_changes_the_zones_whose_configuration_has_changed():
    world = configured(("shop.test", "www A 127.0.0.1"), ("quay.test", "www A 127.0.0.1"))
    quay = world.zones.stored[parse_name("quay.test")]
    serials = world.zones.stored[SHOP].serial, quay.serial
    world.zones.apply(parse_name("quay.test"), [Edit(parse_name("new.quay.test"), A, ADDED)])
    replace(world, ("shop.test", "www A 127.0.0.2"), ("quay.test", "www A 127.0.0.1"))
    assert addresses(world, "www.shop.test") == ["127.0.0.2"]
    assert world.zones.stored[SHOP].serial > serials[0]
    assert addresses(world, "new.quay.test") == ["192.0.2.1"]


def test_a_reload_leaves_zones_alone_that_were_never_configured():
    world = configured(("shop.test", "www A 127.0.0.1"))
    world.zones.put_zone(parse_name("added.example"))
    replace(world)
    assert list(world.zones.stored) == [parse_name("added.example")]


def test_a_reset_returns_to_the_configured_zones_with_serials_that_go_on():
    world = configured(("shop.test", "www A 127.0.0.1"))
    world.zones.apply(SHOP, [Edit(WWW, A, ADDED)])
    world.zones.put_zone(parse_name("added.example"))
    serial = world.zones.stored[SHOP].serial
    world.reset()
    assert addresses(world, "www.shop.test") == ["127.0.0.1"]
    assert list(world.zones.stored) == [SHOP]
    assert world.zones.stored[SHOP].serial > serial


def test_a_removed_zone_returns_with_a_reset():
    world = configured(("shop.test", "www A 127.0.0.1"))
    world.zones.remove_zone(SHOP)
    world.reset()
    assert addresses(world, "www.shop.test") == ["127.0.0.1"]
