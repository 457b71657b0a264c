"""The view of a zone that is signed: with the records of its keys at the apex, and DS at delegations."""

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from homeport.world.zones.name import Name
from homeport.world.zones.rrset import CDNSKEY, CDS, DNSKEY, DS, NS, NSEC3PARAM, Node, RRset
from homeport.world.zones.signing.key import KeySet
from homeport.world.zones.zone import Zone, negative_ttl, soa_of

SHA1_HASH = 1
NSEC3_PARAMETERS = RRset(NSEC3PARAM, 0, (bytes((SHA1_HASH, 0, 0, 0, 0)),))
"""SHA-1, no flags, no further iterations, no salt (RFC 9276 3.1)."""
WITH_NSEC = (DNSKEY, CDS, CDNSKEY)
WITH_NSEC3 = (*WITH_NSEC, NSEC3PARAM)


Record = tuple[Name, RRset]


class Chain(Protocol):
    """The NSEC or NSEC3 records of a zone."""

    lasts: bool
    """True if it stays right when the zone changes."""

    def record(self, name: Name) -> Record:
        """Return the record at a name, or the one that covers it."""


class SignedZone:
    """A zone with keys. signers: returns the DS of a delegated name, from those that the zone has and a TTL."""

    def __init__(self, zone: Zone, keys: KeySet, signers: Callable[[Name, RRset | None, int], RRset | None]) -> None:
        self.zone = zone
        self.keys = keys
        self.origin = zone.origin
        self._signers = signers
        self._chain: Chain | None = None
        self._chain_version = -1

    @property
    def serial(self) -> int:
        """The serial number of its SOA."""
        return self.zone.serial

    def over(self, zone: Zone) -> "SignedZone":
        """Return the view of another state of the zone."""
        return SignedZone(zone, self.keys, self._signers)

    def cut(self, name: Name) -> Name | None:
        """Return the delegated name that a name is or lies below, the highest one; None if it is in the zone."""
        return self.zone.cut(name)

    def node(self, name: Name) -> Node | None:
        """Return the records at a name of the zone, glue included; empty for an empty non-terminal, else None."""
        node = self.zone.node(name)
        return self._complete(name, node) if node else node

    def nodes(self) -> Iterator[tuple[Name, Node]]:
        """Yield each name that has records, with them, the apex first."""
        for name, node in self.zone.nodes():
            yield name, self._complete(name, node)

    def chain(self, version: int, make: Callable[["SignedZone"], Chain]) -> Chain:
        """Return the zone's NSEC or NSEC3 records, which are made again for another version of the zones."""
        if self._chain is None or not (self._chain.lasts or self._chain_version == version):
            self._chain, self._chain_version = make(self), version
        return self._chain

    @property
    def denial_ttl(self) -> int:
        """The TTL of NSEC and NSEC3 records in seconds (RFC 9077 3)."""
        return negative_ttl(soa_of(self.zone))

    def _complete(self, name: Name, node: Node) -> Node:
        if name == self.origin:
            return ApexNode(node, self.keys)
        if NS not in node or (signers := self._signers(name, before := node.get(DS), node[NS].ttl)) is before:
            return node
        others = {number: one for number, one in node.items() if number != DS}
        return others if signers is None else {**others, DS: signers}


class ApexNode(Mapping[int, RRset]):
    """The records at the apex of a signed zone. Those of the keys are made when they are read: most questions are about
    others, and keys need the library of cryptography."""

    def __init__(self, node: Node, keys: KeySet) -> None:
        self._node = node
        self._keys = keys
        self._added = WITH_NSEC3 if keys.policy.denial == "nsec3" else WITH_NSEC

    def __getitem__(self, number: int) -> RRset:
        """Return the record set of a type. The zone's own CDS are served as they are; DNSKEY are added to ours."""
        if number not in self._added or (number in self._node and number != DNSKEY):
            return self._node[number]
        if number == NSEC3PARAM:
            return NSEC3_PARAMETERS
        made = self._keys.apex[number]
        if number in self._node:  # standby keys, whose private parts are elsewhere
            return RRset(DNSKEY, made.ttl, tuple(dict.fromkeys((*made.data, *self._node[DNSKEY].data))))
        return made

    def __contains__(self, number: object) -> bool:
        """Return True if there are records of that type."""
        return number in self._node or number in self._added

    def __iter__(self) -> Iterator[int]:
        """Yield the types."""
        yield from self._node
        yield from (number for number in self._added if number not in self._node)

    def __len__(self) -> int:
        """Return the number of types."""
        return len(self._node) + sum(number not in self._node for number in self._added)
