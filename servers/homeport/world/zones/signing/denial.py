"""Denial of existence: the NSEC (RFC 4034 4) and NSEC3 records (RFC 5155) of a zone.

A small zone has its real chain, each record of which leads to the next name. For a large one that would mean sorting
its names at each change: there each record is made for the question, and covers next to nothing (RFC 4470; RFC 7129
appendix B for NSEC3).
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import islice

from homeport.world.zones.lookup import Proof, closest_encloser
from homeport.world.zones.name import WILDCARD, Name, canonical_key, is_below, name_wire
from homeport.world.zones.rrset import DNAME, DS, NS, NSEC, NSEC3, RRSIG, Node, RRset
from homeport.world.zones.signing.bitmaps import type_bitmap
from homeport.world.zones.signing.names import HASH_BYTES, after, before, first_below, hash_label, hashed, neighbour
from homeport.world.zones.signing.signed_zone import SHA1_HASH, Chain, Record, SignedZone
from homeport.world.zones.zone import StoredZone

MAX_CHAIN_NAMES = 1000
"""Names of a stored zone whose chain is kept; sorting them takes 1 ms."""
MAX_COMPUTED_NAMES = 100
"""Limit for a computed zone: looking its names up takes 20 us each."""
NSEC3_HEAD = bytes((SHA1_HASH, 0, 0, 0, 0, HASH_BYTES))
"""Hash, flags, iterations, no salt, size of the next hash (RFC 5155 3.2)."""
AT_DELEGATION = (NS, DS)
OCCLUDING = frozenset({NS, DNAME})
"""Types below which nothing belongs to the zone."""


class NsecChain:
    """The NSEC records of a small zone. keys: of its names, in canonical order."""

    lasts = False

    def __init__(self, zone: SignedZone, keys: list[tuple[bytes, ...]]) -> None:
        self._zone = zone
        self._keys = keys
        self._made: dict[int, Record] = {}

    def record(self, name: Name) -> Record:
        """Return the record at a name, or the one that covers it."""
        at = bisect_right(self._keys, canonical_key(name))
        if (made := self._made.get(at)) is None:
            following = self._keys[at % len(self._keys)]
            made = self._made[at] = nsec(self._zone, self._keys[at - 1][::-1], following[::-1])
        return made


class MinimalNsec:
    """NSEC records that are made for one question each."""

    lasts = True

    def __init__(self, zone: SignedZone) -> None:
        self._zone = zone

    def record(self, name: Name) -> Record:
        """Return a record at a name that exists, or one that covers a name that does not, and all below it."""
        zone = self._zone
        node = zone.node(name)
        if node is None:
            name = name[len(name) - len(closest_encloser(zone, name)) - 1 :]
            return nsec(zone, self._before(name), after(name, zone.origin))
        below = first_below(name)
        if not node:  # its record is the one before it: an empty non-terminal has none (RFC 4035 2.3)
            return nsec(zone, self._before(name), below or after(name, zone.origin))
        if node.keys() & OCCLUDING and name != zone.origin:
            below = None  # the records below it are not of the zone
        return nsec(zone, name, below or after(name, zone.origin))

    def _before(self, name: Name) -> Name:
        """Return the owner of a record that covers a name and nothing of the zone before it."""
        owner = before(name)
        while owner == name[1:] and not self._zone.node(owner):
            name, owner = owner, before(owner)
        return self._occluding(owner) or owner

    def _occluding(self, name: Name) -> Name | None:
        """Return the delegation or DNAME that a name lies below."""
        for size in range(len(self._zone.origin) + 1, len(name)):
            if (self._zone.node(name[len(name) - size :]) or {}).keys() & OCCLUDING:
                return name[len(name) - size :]
        return None


class Nsec3Chain:
    """The NSEC3 records of a small zone. names: by hash, empty non-terminals too."""

    lasts = False

    def __init__(self, zone: SignedZone, names: dict[bytes, Name]) -> None:
        self._zone = zone
        self._names = names
        self._hashes = sorted(names)
        self._made: dict[int, Record] = {}

    def record(self, name: Name) -> Record:
        """Return the record at a name, or the one that covers it."""
        at = bisect_right(self._hashes, hashed(name))
        if (made := self._made.get(at)) is None:
            digest = self._hashes[at - 1]
            following = self._hashes[at % len(self._hashes)]
            made = self._made[at] = nsec3(self._zone, digest, self._names[digest], following)
        return made


class MinimalNsec3:
    """NSEC3 records that are made for one question each."""

    lasts = True

    def __init__(self, zone: SignedZone) -> None:
        self._zone = zone

    def record(self, name: Name) -> Record:
        """Return a record at a name that exists, or one that covers a name that does not."""
        digest = hashed(name)
        following = neighbour(digest, 1)
        if self._zone.node(name) is None:
            return nsec3(self._zone, neighbour(digest, -1), None, following)
        return nsec3(self._zone, digest, name, following)


def chain_of(zone: SignedZone) -> Chain:
    """Return the records of a zone as it is now."""
    uses_nsec3 = zone.keys.policy.denial == "nsec3"
    limit = MAX_CHAIN_NAMES if isinstance(zone.zone, StoredZone) else MAX_COMPUTED_NAMES
    nodes = list(islice(zone.nodes(), limit + 1))
    if len(nodes) > limit:
        return MinimalNsec3(zone) if uses_nsec3 else MinimalNsec(zone)
    nodes.sort(key=lambda one: canonical_key(one[0]))
    names = [name for name, _node, inside in in_zone(zone, nodes) if inside]
    if not uses_nsec3:
        return NsecChain(zone, [canonical_key(name) for name in names])
    return Nsec3Chain(zone, {hashed(name): name for name in with_non_terminals(zone.origin, names)})


def in_zone(zone: SignedZone, nodes: Iterable[tuple[Name, Node]]) -> Iterator[tuple[Name, Node, bool]]:
    """Yield nodes, which come in canonical order, and whether their names belong to the zone.

    Those below a delegation or a DNAME do not.
    """
    occluding: Name | None = None
    for name, node in nodes:
        inside = occluding is None or not is_below(name, occluding)
        yield name, node, inside
        if inside:
            occluding = name if DNAME in node or (NS in node and name != zone.origin) else None


def with_non_terminals(origin: Name, names: Iterable[Name]) -> Iterator[Name]:
    """Yield names, which come in canonical order, and the empty ones between them and the apex."""
    last = origin
    for name in names:
        size = min(len(name), len(last))
        while name[len(name) - size :] != last[len(last) - size :]:
            size -= 1
        # the names from there on are new: one that existed would have come in between
        for longer in range(size + 1, len(name)):
            yield name[len(name) - longer :]
        yield name
        last = name


def nsec(zone: SignedZone, owner: Name, following: Name) -> Record:
    """Return the NSEC record of a name."""
    types = (*types_at(zone, owner), RRSIG, NSEC)
    return owner, RRset(NSEC, zone.denial_ttl, (name_wire(following) + type_bitmap(types),))


def nsec3(zone: SignedZone, digest: bytes, name: Name | None, following: bytes) -> Record:
    """Return the NSEC3 record of a hash. name: which has that hash; None if there is none."""
    types = () if name is None else types_at(zone, name)
    # an insecure delegation has no signature, nor has an empty non-terminal
    signed = (RRSIG,) if any(one != NS for one in types) else ()
    data = NSEC3_HEAD + following + type_bitmap((*types, *signed))
    return (hash_label(digest), *zone.origin), RRset(NSEC3, zone.denial_ttl, (data,))


def types_at(zone: SignedZone, name: Name) -> tuple[int, ...]:
    """Return the types at a name for which the zone is authoritative."""
    node = zone.node(name) if is_below(name, zone.origin) else None
    if not node:
        return ()
    return tuple(node) if zone.cut(name) is None else tuple(one for one in AT_DELEGATION if one in node)


def names_to_prove(proof: Proof, *, by_hash: bool) -> list[Name]:
    """Return the names whose records prove a denial or the use of a wildcard.

    by_hash: True for NSEC3, which has to prove the closest encloser too (RFC 5155 7.2); NSEC shows it (RFC 4035 3.1.3).
    """
    if proof.kind in ("nodata", "insecure"):
        return [proof.name]
    wildcard = (WILDCARD, *proof.encloser)
    names = [proof.name]
    if by_hash:
        names = [proof.name[len(proof.name) - len(proof.encloser) - 1 :]]
        if proof.kind != "wildcard":
            names.insert(0, proof.encloser)
    if proof.kind != "wildcard":
        names.append(wildcard)
    return names
