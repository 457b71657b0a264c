"""The zones that a world keeps: found by the longest origin, changed whole or not at all, with serials that go on."""

import pytest
from conftest import make_world
from hypothesis import given, settings
from hypothesis import strategies as st

from homeport.world.zones.edits import Edit, ZoneProblem
from homeport.world.zones.name import parse_name
from homeport.world.zones.origins import SERVER, soa_rrset
from homeport.world.zones.rdata import address, soa
from homeport.world.zones.rrset import DNAME, DS, MX, NS, SOA, TXT, A, RRset
from homeport.world.zones.zone import next_serial, serial_of, with_serial


def name(text):
    return parse_name(text)


def a(*addresses, ttl=60):
    return RRset(A, ttl, tuple(address(one) for one in addresses))


def edit(text, rrset=None, type_=A):
    return Edit(name(text), rrset.type if rrset else type_, rrset)


def txt(text):
    return RRset(TXT, 60, (bytes((len(text),)) + text,))


EXAMPLE = name("example.org")


@pytest.fixture
def zones(world):
    world.zones.put_zone(EXAMPLE)
    return world.zones


def test_a_new_zone_has_a_soa_and_the_worlds_name_server(zones):
    apex = zones.find(EXAMPLE).node(EXAMPLE)
    assert set(apex) == {SOA, NS}
    assert apex[NS].data == (b"\x02ns\x08homeport\x04test\x00",)
    assert serial_of(apex[SOA].data[0]) == zones.find(EXAMPLE).serial


def test_a_name_is_in_the_zone_with_the_longest_origin(zones):
    zones.put_zone(name("deep.example.org"))
    assert zones.find(name("www.example.org")).origin == EXAMPLE
    assert zones.find(name("www.deep.example.org")).origin == name("deep.example.org")
    assert zones.find(name("deeper.example.org")).origin == EXAMPLE
    assert zones.find(name("org")) is None
    zones.remove_zone(name("deep.example.org"))
    assert zones.find(name("www.deep.example.org")).origin == EXAMPLE


def test_edits_add_replace_and_remove_record_sets(zones):
    zones.apply(EXAMPLE, [edit("www.example.org", a("192.0.2.1")), edit("example.org", txt(b"one"))])
    zones.apply(EXAMPLE, [edit("www.example.org", a("192.0.2.2", "192.0.2.3"))])
    assert zones.find(EXAMPLE).node(name("www.example.org")) == {A: a("192.0.2.2", "192.0.2.3")}
    zones.apply(EXAMPLE, [edit("www.example.org")])
    assert zones.find(EXAMPLE).node(name("www.example.org")) is None
    assert zones.find(EXAMPLE).node(EXAMPLE)[TXT] == txt(b"one")


WRONG = {
    "ds at the apex": edit("example.org", RRset(DS, 60, (b"\0\1\x0d\x02" + bytes(32),))),
    "dname at a delegation": edit("cut.example.org", RRset(DNAME, 60, (b"\1x\0",))),
    "opt": edit("x.example.org", RRset(41, 60, (b"",))),
    "any": edit("x.example.org", RRset(255, 60, (b"",))),
    "long data": edit("x.example.org", RRset(TXT, 60, (bytes(1 << 16),))),
    "another type": Edit(name("x.example.org"), MX, a("192.0.2.1")),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_one_wrong_edit_and_none_is_made(zones, wrong):
    zones.apply(EXAMPLE, [edit("cut.example.org", RRset(NS, 60, (b"\2ns\0",)))])
    before, version = dict(zones.find(EXAMPLE).nodes()), zones.version
    with pytest.raises(ZoneProblem):
        zones.apply(EXAMPLE, [edit("new.example.org", a("192.0.2.9")), wrong])
    assert dict(zones.find(EXAMPLE).nodes()) == before
    assert zones.version == version


def test_a_zone_that_is_not_there_cannot_be_changed(zones):
    with pytest.raises(ZoneProblem, match="add it first"):
        zones.apply(name("example.net"), [])


def test_each_change_moves_the_serial_and_the_version_and_is_announced_once(zones):
    heard = []
    zones.on_change.append(heard.append)
    serial, version = zones.find(EXAMPLE).serial, zones.version
    zones.apply(EXAMPLE, [edit("a.example.org", a("192.0.2.1")), edit("b.example.org", a("192.0.2.1"))])
    assert zones.find(EXAMPLE).serial == serial + 1
    assert zones.version != version
    assert heard == [EXAMPLE]


def test_what_changes_nothing_is_no_change(zones):
    zones.apply(EXAMPLE, [edit("a.example.org", a("192.0.2.1"))])
    heard = []
    zones.on_change.append(heard.append)
    serial, version = zones.find(EXAMPLE).serial, zones.version
    zones.apply(EXAMPLE, [edit("a.example.org", a("192.0.2.1")), edit("b.example.org")])
    assert (zones.find(EXAMPLE).serial, zones.version, heard) == (serial, version, [])


def test_a_serial_that_is_given_is_taken_if_it_is_ahead(zones):
    serial = zones.find(EXAMPLE).serial
    zones.apply(EXAMPLE, [Edit(EXAMPLE, SOA, soa_rrset(serial + 100))])
    assert zones.find(EXAMPLE).serial == serial + 100
    zones.apply(EXAMPLE, [Edit(EXAMPLE, SOA, soa_rrset(serial))])
    assert zones.find(EXAMPLE).serial == serial + 101


def test_serials_wrap_around(zones):
    # RFC 1982 3.2: half the space ahead at most.
    serial = zones.find(EXAMPLE).serial
    for step in (0x7FFF_FFFF, 0x7FFF_FFFF - (serial & 1)):
        serial = (serial + step) & 0xFFFF_FFFF
        zones.apply(EXAMPLE, [Edit(EXAMPLE, SOA, soa_rrset(serial))])
        assert zones.find(EXAMPLE).serial == serial
    assert next_serial(0xFFFF_FFFF) == 0
    assert next_serial(0xFFFF_FFF0, 5.0) == 5


def test_a_zone_that_is_replaced_removed_or_reset_goes_on_with_its_serial(world, zones):
    seen = [zones.find(EXAMPLE).serial]
    for text in (b"all", b"in the same", b"second"):
        zones.put_zone(EXAMPLE, [(EXAMPLE, txt(text))])
        seen.append(zones.find(EXAMPLE).serial)
    zones.remove_zone(EXAMPLE)
    zones.put_zone(EXAMPLE)
    seen.append(zones.find(EXAMPLE).serial)
    world.reset()
    assert world.zones.find(EXAMPLE) is None
    world.zones.put_zone(EXAMPLE)
    seen.append(world.zones.find(EXAMPLE).serial)
    assert seen == sorted(set(seen))


def test_a_clock_that_is_set_back_takes_no_serial_back(world, zones):
    serial = zones.find(EXAMPLE).serial
    world.clock.set(world.clock.now() - 1e9)
    zones.apply(EXAMPLE, [edit("a.example.org", a("192.0.2.1"))])
    assert zones.find(EXAMPLE).serial == serial + 1


def test_a_put_zone_that_is_wrong_leaves_the_one_before(zones):
    zones.apply(EXAMPLE, [edit("a.example.org", a("192.0.2.1"))])
    before = dict(zones.find(EXAMPLE).nodes())
    with pytest.raises(ZoneProblem):
        zones.put_zone(EXAMPLE, [(name("www.example.net"), a("192.0.2.1"))])
    assert dict(zones.find(EXAMPLE).nodes()) == before


def test_the_records_of_a_new_zone_are_its_own(zones):
    start = RRset(SOA, 7, (soa(SERVER, SERVER, 5, 1, 2, 3, 4),))
    servers = RRset(NS, 9, (b"\x03ns1\x07example\x03org\x00",))
    zone = zones.put_zone(name("example.net"), [(name("example.net"), start), (name("example.net"), servers)])
    assert zone.node(name("example.net")) == {SOA: start, NS: servers}


def test_a_reset_keeps_zones_when_asked(world, zones):
    world.reset(keep=("zones",))
    assert world.zones.find(EXAMPLE).origin == EXAMPLE


def test_the_version_differs_after_jumps_of_the_clock_and_registry_changes(world):
    seen = {world.zones.version}
    assert world.zones.version in seen
    world.clock.advance(10)
    seen.add(world.zones.version)
    world.clock.freeze()
    world.clock.set(world.clock.now() - 5)
    seen.add(world.zones.version)
    world.registry.remove(world.registry.domain("beacon.test"))
    seen.add(world.zones.version)
    world.reset()
    seen.add(world.zones.version)
    world.replace(("registry",), world.contents)
    seen.add(world.zones.version)
    assert len(seen) == 6


OWNERS = ("example.org", "a.example.org", "b.a.example.org", "c.d.example.org", "*.d.example.org")
SETS = (None, a("192.0.2.1"), a("192.0.2.2"), txt(b"x"), RRset(NS, 60, (b"\2ns\0",)))
EDITS = st.lists(
    st.lists(st.tuples(st.sampled_from(OWNERS), st.sampled_from((A, TXT, NS)), st.sampled_from(SETS)), max_size=4),
    max_size=12,
)


@settings(max_examples=100)
@given(EDITS)
def test_a_zone_is_what_a_dict_of_its_records_says(lists):
    zones = make_world().zones
    zones.put_zone(EXAMPLE)
    model = {(EXAMPLE, NS): zones.find(EXAMPLE).node(EXAMPLE)[NS]}
    for steps in lists:
        edits = [Edit(name(owner), type_, one if one and one.type == type_ else None) for owner, type_, one in steps]
        before = dict(model)
        model |= {(one.name, one.type): one.rrset for one in edits if one.rrset}
        last = {(one.name, one.type): one.rrset for one in edits}
        for key, one in last.items():
            if one is None:
                model.pop(key, None)
            else:
                model[key] = one
        serial = zones.find(EXAMPLE).serial
        zones.apply(EXAMPLE, edits)
        zone = zones.find(EXAMPLE)
        assert zone.serial == (serial if model == before else serial + 1)
        records = {(owner, one): rrset for owner, node in zone.nodes() for one, rrset in node.items()}
        del records[EXAMPLE, SOA]
        assert records == model
        exists = {owner[at:] for owner, _ in model for at in range(len(owner) - 1)} | {EXAMPLE}
        for owner in OWNERS:
            for at in range(len(name(owner)) - 1):
                assert (zone.node(name(owner)[at:]) is not None) == (name(owner)[at:] in exists)


def test_with_serial_changes_nothing_else():
    before = soa(SERVER, SERVER, 5, 1, 2, 3, 4)
    assert with_serial(before, 9) == soa(SERVER, SERVER, 9, 1, 2, 3, 4)
