"""Edits of a stored zone: atomic, with a new serial number, and remembered for incremental transfers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from world.zones.stored import ORIGIN, a, example_zone, named, soa_of

from homeport.world.zones.edits import Edit, ZoneProblem, apply_edits, edits_to
from homeport.world.zones.history import MAX_BYTES, MAX_CHANGES, RECORD_COST
from homeport.world.zones.rrset import CNAME, MX, NS, SOA, TXT, A, RRset
from homeport.world.zones.zone import is_later

ALIAS = RRset(CNAME, 60, (b"\x03www\x07example\x04test\0",))


def contents(zone):
    return {name: dict(node) for name, node in zone.nodes()}


def records(zone):
    """Return every record of a zone but its SOA."""
    return {
        (name, one.type, one.ttl, data)
        for name, node in zone.nodes()
        for one in node.values()
        for data in one.data
        if one.type != SOA
    }


def flat(part):
    return {(name, one.type, one.ttl, data) for name, one in part for data in one.data}


def test_an_edit_replaces_a_set_and_increments_the_serial_number():
    zone = example_zone()
    change = apply_edits(zone, [Edit(named("www"), A, a("192.0.2.2", "192.0.2.3"))])
    assert zone.serial == 8
    assert zone.node(named("www"))[A] == a("192.0.2.2", "192.0.2.3")
    assert change.removed == ((named("www"), a("192.0.2.1")),)
    assert change.added == ((named("www"), a("192.0.2.3")),)


def test_a_change_of_the_ttl_changes_every_record_of_the_set():
    zone = example_zone()
    change = apply_edits(zone, [Edit(named("www"), A, a("192.0.2.1", "192.0.2.2", ttl=5))])
    assert change.removed == ((named("www"), a("192.0.2.1", "192.0.2.2")),)
    assert change.added == ((named("www"), a("192.0.2.1", "192.0.2.2", ttl=5)),)


def test_an_edit_that_changes_nothing_leaves_the_serial_number():
    zone = example_zone()
    assert apply_edits(zone, [Edit(named("www"), A, a("192.0.2.1", "192.0.2.2"))]) is None
    assert apply_edits(zone, [Edit(named("nope"), A, None)]) is None
    assert apply_edits(zone, [Edit(ORIGIN, SOA, soa_of(7))]) is None
    assert zone.serial == 7
    assert len(zone.history) == 0


def test_a_later_serial_number_of_an_edited_soa_is_taken_and_an_earlier_one_is_not():
    zone = example_zone()
    apply_edits(zone, [Edit(ORIGIN, SOA, soa_of(2_000_000_000))])
    assert zone.serial == 2_000_000_000
    apply_edits(zone, [Edit(ORIGIN, SOA, soa_of(5, ttl=1))])
    assert zone.serial == 2_000_000_001
    assert zone.node(ORIGIN)[SOA].ttl == 1


def test_serial_numbers_are_compared_modulo_2_32():
    assert is_later(8, 7)
    assert is_later(0, 0xFFFF_FFFF)
    assert is_later(0x7FFF_FFFF, 0)
    assert not is_later(0x8000_0000, 0)  # undefined, so not later
    assert not is_later(7, 7)
    assert not is_later(0xFFFF_FFFF, 0)


def test_the_serial_number_is_the_time_where_that_is_later():
    zone = example_zone()
    apply_edits(zone, [Edit(named("new"), A, a("192.0.2.9"))], now=1_792_000_000.5)
    assert zone.serial == 1_792_000_000
    apply_edits(zone, [Edit(named("new"), A, a("192.0.2.8"))], now=1_792_000_000.9)
    assert zone.serial == 1_792_000_001
    apply_edits(zone, [Edit(named("new"), A, a("192.0.2.7"))], now=5.0)  # the world's clock went back
    assert zone.serial == 1_792_000_002


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (Edit((b"other", b"test"), A, a("192.0.2.1")), "outside the zone"),
        (Edit(named("www"), SOA, soa_of(9)), "one SOA"),
        (Edit(ORIGIN, SOA, None), "one SOA"),
        (Edit(named("www"), CNAME, ALIAS), "nothing else"),
        (Edit(ORIGIN, CNAME, ALIAS), "nothing else"),
        (Edit(named("new"), CNAME, RRset(CNAME, 60, (b"\1a\0", b"\1b\0"))), "only one"),
        (Edit(named("new"), A, RRset(A, 60, ())), "at least one record"),
        (Edit(named("new"), A, RRset(A, 60, (b"1234", b"1234"))), "none twice"),
        (Edit(named("new"), A, RRset(A, 1 << 31, (b"1234",))), "TTL"),
    ],
)
def test_an_edit_that_leaves_no_valid_zone_is_refused_with_all_others(edit, why):
    zone = example_zone()
    before = contents(zone)
    with pytest.raises(ZoneProblem, match=why):
        apply_edits(zone, [Edit(named("fine"), A, a("192.0.2.1")), edit])
    assert contents(zone) == before


def test_a_name_may_change_from_addresses_to_an_alias_in_one_change():
    zone = example_zone()
    apply_edits(zone, [Edit(named("ns"), CNAME, ALIAS), Edit(named("ns"), A, None)])
    assert zone.node(named("ns")) == {CNAME: ALIAS}


def test_edits_to_other_contents_remove_what_they_lack_and_keep_the_soa():
    zone = example_zone()
    wanted = {ORIGIN: {NS: RRset(NS, 60, (b"\0",))}, named("deep.er"): {TXT: RRset(TXT, 60, (b"\x01x",))}}
    apply_edits(zone, edits_to(zone, wanted))
    found = contents(zone)
    assert found[ORIGIN].pop(SOA) == soa_of(8)
    assert found == wanted
    assert zone.node(named("er")) == {}
    assert zone.node(named("www")) is None


def test_the_history_has_every_change_since_a_serial_number():
    zone = example_zone()
    one = apply_edits(zone, [Edit(named("one"), A, a("192.0.2.1"))])
    two = apply_edits(zone, [Edit(named("two"), A, a("192.0.2.1"))])
    assert zone.history.since(7) == (one, two)
    assert zone.history.since(8) == (two,)
    assert zone.history.since(9) is None
    assert zone.history.since(6) is None


def test_the_history_is_bounded_in_changes_and_in_memory():
    zone = example_zone()
    for number in range(MAX_CHANGES + 1):
        apply_edits(zone, [Edit(named("one"), A, a("192.0.2.1", ttl=number))])
    assert len(zone.history) == MAX_CHANGES
    assert zone.history.since(7) is None
    assert len(zone.history.since(8)) == MAX_CHANGES
    large = RRset(A, 60, tuple(number.to_bytes(4) for number in range(MAX_BYTES // RECORD_COST)))
    apply_edits(zone, [Edit(named("large"), A, large)])
    assert len(zone.history) == 0


SETS = st.one_of(
    st.none(),
    st.tuples(st.integers(0, 2), st.sets(st.sampled_from([b"\1a\0", b"\1b\0", b"\1c\0"]), min_size=1)),
)
EDITS = st.lists(
    st.lists(st.tuples(st.sampled_from(["", "x", "y", "z.x"]), st.sampled_from([A, MX, NS]), SETS), max_size=4),
    max_size=6,
)


@given(EDITS, st.integers(0, 5))
def test_the_changes_since_a_serial_number_lead_from_those_records_to_the_present_ones(batches, at):
    zone = example_zone()
    seen = []
    for batch in batches:
        seen.append((zone.serial, records(zone)))
        apply_edits(
            zone,
            [Edit(named(name), kind, one and RRset(kind, one[0], tuple(sorted(one[1])))) for name, kind, one in batch],
        )
    for serial, then in seen[at:]:
        for change in zone.history.since(serial) or ():
            assert flat(change.removed) <= then
            then = then - flat(change.removed) | flat(change.added)
        assert then == records(zone)


def test_the_memory_of_a_zone_is_counted_and_given_back():
    zone = example_zone()
    before = zone.size_bytes
    apply_edits(zone, [Edit(named("a.b.c"), A, a("192.0.2.1")), Edit(named("www"), A, a("192.0.2.1"))])
    assert zone.size_bytes > before
    apply_edits(zone, [Edit(named("a.b.c"), A), Edit(named("www"), A, a("192.0.2.1", "192.0.2.2"))])
    assert zone.size_bytes == before


def test_a_zone_does_not_grow_without_limit(monkeypatch):
    zone = example_zone()
    monkeypatch.setattr("homeport.world.zones.edits.MAX_ZONE_BYTES", zone.size_bytes + 2000)
    apply_edits(zone, [Edit(named("a"), A, a("192.0.2.1"))])
    with pytest.raises(ZoneProblem, match="memory: remove records"):
        apply_edits(zone, [Edit(named("b"), A, a("192.0.2.1"))])
    apply_edits(zone, [Edit(named("a"), A)])
    apply_edits(zone, [Edit(named("b"), A, a("192.0.2.1"))])
