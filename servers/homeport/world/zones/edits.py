"""Changes of stored zones: each replaces or removes one record set; all of a list are made, or none."""

from collections.abc import Iterable, Mapping

import msgspec

from homeport.world.zones.history import Change, serial_in
from homeport.world.zones.name import Name, is_below, name_text
from homeport.world.zones.rrset import (
    CNAME,
    DNAME,
    DS,
    MAX_TTL_S,
    NS,
    NSEC,
    RRSIG,
    SOA,
    TYPES,
    Node,
    RRset,
    is_meta,
    type_text,
)
from homeport.world.zones.zone import EMPTY, StoredZone, is_later, next_serial, soa_of, with_serial

BESIDE_CNAME = frozenset({CNAME, RRSIG, NSEC, TYPES["KEY"]})
"""Types that a name with a CNAME may have (RFC 2181 10.1, RFC 4035 2.5)."""
MAX_DATA_BYTES = 0xFFFF
MAX_ZONE_BYTES = 256 << 20
"""Memory that the records of one stored zone take, roughly: some 300,000 names."""


class ZoneProblem(ValueError):
    """Raised for changes that a zone cannot have; the message says why."""


class Edit(msgspec.Struct, frozen=True, gc=False):
    """The record set of one type at one name, as it is afterwards."""

    name: Name
    type: int
    rrset: RRset | None = None
    """None: it is removed."""


def apply_edits(zone: StoredZone, edits: Iterable[Edit], now: float = 0.0) -> Change | None:
    """Make all edits of a zone, or none, and remember the change. Return it; None if nothing changes.

    now: the time in seconds, for serial numbers that are times; 0: they count.
    Raises: ZoneProblem.
    """
    changing = checked_edits(zone, edits, now)
    return make_edits(zone, changing) if changing else None


def make_edits(zone: StoredZone, changing: Iterable[Edit]) -> Change:
    """Make edits that were checked, and remember the change. Return it."""
    before = soa_of(zone)
    removed: list[tuple[Name, RRset]] = []
    added: list[tuple[Name, RRset]] = []
    for one in changing:
        if one.type != SOA:
            gone, come = _difference((zone.node(one.name) or EMPTY).get(one.type), one.rrset)
            removed += [(one.name, part) for part in gone]
            added += [(one.name, part) for part in come]
        if one.rrset is None:
            zone.remove(one.name, one.type)
        else:
            zone.put(one.name, one.rrset)
    change = Change(before, soa_of(zone), tuple(removed), tuple(added))
    zone.history.add(change)
    return change


def _difference(old: RRset | None, new: RRset | None) -> tuple[list[RRset], list[RRset]]:
    """Return the records that go and those that come, each as at most one set."""
    if old is None or new is None:
        return [old] if old else [], [new] if new else []
    if old.ttl != new.ttl:
        return [old], [new]  # a set has one TTL, so all its records change
    kept = {*old.data} & {*new.data}
    gone = tuple(one for one in old.data if one not in kept)
    come = tuple(one for one in new.data if one not in kept)
    return (
        [RRset(old.type, old.ttl, gone)] if gone else [],
        [RRset(new.type, new.ttl, come)] if come else [],
    )


def edits_to(zone: StoredZone, nodes: Mapping[Name, Node]) -> list[Edit]:
    """Return the edits that give a zone exactly these records; its SOA stays if they have none."""
    edits = [Edit(name, one.type, one) for name, node in nodes.items() for one in node.values()]
    wanted = {(edit.name, edit.type) for edit in edits}
    edits += [
        Edit(name, one)
        for name, node in zone.nodes()
        for one in node
        if (name, one) not in wanted and (name, one) != (zone.origin, SOA)
    ]
    return edits


def checked_edits(zone: StoredZone, edits: Iterable[Edit], now: float) -> list[Edit]:
    """Return the edits that change something, the last one for each name and type, with that of the serial.

    Raises: ZoneProblem.
    """
    wanted = {(one.name, one.type): one for one in edits}
    for one in wanted.values():
        _check(zone, one)
    changing = [one for one in wanted.values() if (zone.node(one.name) or EMPTY).get(one.type) != one.rrset]
    after: dict[Name, dict[int, RRset]] = {}
    for one in changing:
        node = after.setdefault(one.name, dict(zone.node(one.name) or EMPTY))
        if one.rrset is None:
            node.pop(one.type, None)
        else:
            node[one.type] = one.rrset
    for name, node in after.items():
        _check_aliases(name, node)
    growth = sum(zone.growth(one.name, one.type, one.rrset) for one in changing)
    if growth > 0 and zone.size_bytes + growth > MAX_ZONE_BYTES:
        raise ZoneProblem(f"the zone would take more than {MAX_ZONE_BYTES >> 20} MiB of memory: remove records of it")
    if not changing:
        return []
    return [*(one for one in changing if one.type != SOA), _soa_edit(zone, wanted.get((zone.origin, SOA)), now)]


def _soa_edit(zone: StoredZone, wanted: Edit | None, now: float) -> Edit:
    """Return the edit of the SOA: a serial that was given is taken if it is ahead (RFC 1982 3.2)."""
    before = soa_of(zone)
    after = before if wanted is None or wanted.rrset is None else wanted.rrset
    if not is_later(serial_in(after), zone.serial):
        data = with_serial(after.data[0], next_serial(zone.serial, now))
        after = RRset(SOA, after.ttl, (data,))
    return Edit(zone.origin, SOA, after)


def _check(zone: StoredZone, edit: Edit) -> None:
    name, rrset = edit.name, edit.rrset
    if not is_below(name, zone.origin):
        raise ZoneProblem(f"{name_text(name)} is outside the zone {name_text(zone.origin)}")
    if edit.type == SOA and (name != zone.origin or rrset is None):
        raise ZoneProblem("a zone has one SOA, at its apex: it cannot be elsewhere, nor be removed")
    if rrset is None:
        return
    check_rrset(name, rrset)
    if edit.type != rrset.type:
        raise ZoneProblem(f"records of type {type_text(rrset.type)} are no {type_text(edit.type)}")
    if edit.type == DS and name == zone.origin:
        raise ZoneProblem("the DS of a zone is in its parent (RFC 4035 2.4)")


def check_rrset(name: Name, rrset: RRset) -> None:
    """Check a record set by itself. Raises: ZoneProblem."""
    if problem := _problem_of(rrset):
        raise ZoneProblem(f"{type_text(rrset.type)} of {name_text(name)}: {problem}")


def _problem_of(rrset: RRset) -> str:
    """Return what is wrong with a record set by itself; empty if nothing is."""
    if not 0 < rrset.type <= 0xFFFF or is_meta(rrset.type):
        return "no zone holds records of that type, which is for messages (RFC 6895 3.1)"
    if not rrset.data or len(set(rrset.data)) < len(rrset.data):
        return "a record set has at least one record, and none twice (RFC 2181 5)"
    if rrset.type in (SOA, CNAME, DNAME) and len(rrset.data) > 1:
        return "there can be only one such record at a name"
    if not 0 <= rrset.ttl <= MAX_TTL_S:
        return f"a TTL is 0 to {MAX_TTL_S} seconds (RFC 2181 8)"
    if any(len(one) > MAX_DATA_BYTES for one in rrset.data):
        return f"record data have at most {MAX_DATA_BYTES} bytes"
    return ""


def _check_aliases(name: Name, node: Mapping[int, RRset]) -> None:
    if CNAME in node and (others := node.keys() - BESIDE_CNAME):
        raise ZoneProblem(
            f"{name_text(name)} has a CNAME and {type_text(min(others))}: "
            "a name with a CNAME has nothing else (RFC 2181 10.1)"
        )
    if DNAME in node and NS in node and SOA not in node:
        raise ZoneProblem(f"{name_text(name)} has a DNAME and NS: a delegated name is not redirected (RFC 6672 2.3)")
