"""A whole signed zone, as a transfer or a zone file has it."""

import heapq
from collections.abc import Iterator
from itertools import islice

from homeport.world.zones.lookup import Owned
from homeport.world.zones.name import Name, canonical_key
from homeport.world.zones.rrset import Node
from homeport.world.zones.signing.denial import in_zone, nsec, nsec3, with_non_terminals
from homeport.world.zones.signing.keys import Keys
from homeport.world.zones.signing.names import hashed
from homeport.world.zones.signing.signed_zone import Record, SignedZone
from homeport.world.zones.signing.signing import with_signatures
from homeport.world.zones.zone import StoredZone

RUN = 100
"""Names that are sorted at a time, so that no step takes long."""


def whole(keys: Keys, zone: SignedZone, now: float) -> Iterator[list[Owned]]:
    """Yield the records of a zone with signatures and its chain of NSEC or NSEC3, in pieces, the apex first.

    A piece is empty where a step only sorted names. A stored zone is as it was at the first step. now: Unix time.
    """
    if isinstance(zone.zone, StoredZone):
        zone = zone.over(zone.zone.snapshot())
    runs = []
    nodes = zone.nodes()
    while run := sorted(canonical_key(name) for name, _ in islice(nodes, RUN)):
        runs.append(run)
        yield []
    names: list[Name] = []
    for name, node, inside in in_zone(zone, _nodes(zone, heapq.merge(*runs))):
        owned = [Owned(name, one, zone) for one in node.values()]
        yield with_signatures(keys, owned, now) if inside else owned
        if inside:
            names.append(name)
    yield from _chain(keys, zone, names, now)


def _nodes(zone: SignedZone, sorted_keys: Iterator[tuple[bytes, ...]]) -> Iterator[tuple[Name, Node]]:
    for key in sorted_keys:
        if node := zone.node(key[::-1]):
            yield key[::-1], node


def _chain(keys: Keys, zone: SignedZone, names: list[Name], now: float) -> Iterator[list[Owned]]:
    """Yield the records of denial. names: of the zone, in canonical order."""
    if zone.keys.policy.denial == "nsec":
        for at, name in enumerate(names):
            yield _record(keys, zone, nsec(zone, name, names[(at + 1) % len(names)]), now)
        return
    runs = []
    pairs = ((hashed(name), name) for name in with_non_terminals(zone.origin, names))
    while run := sorted(islice(pairs, RUN)):
        runs.append(run)
        yield []
    merged = heapq.merge(*runs)
    first = digest, name = next(merged)
    for following in merged:
        yield _record(keys, zone, nsec3(zone, digest, name, following[0]), now)
        digest, name = following
    yield _record(keys, zone, nsec3(zone, digest, name, first[0]), now)


def _record(keys: Keys, zone: SignedZone, record: Record, now: float) -> list[Owned]:
    return with_signatures(keys, [Owned(*record, zone)], now)
