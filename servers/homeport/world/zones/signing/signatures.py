"""Signatures of record sets (RFC 4034 3), kept for as long as they are asked for.

The period of validity begins and ends at midnight, so that a signature can be used for a day: it was valid for a day at
least, against clocks that are slow, and is valid for 29 days at least, for secondaries that transfer seldom.
"""

import struct

from homeport.world.zones.name import WILDCARD, Name, name_wire
from homeport.world.zones.rrset import RRSIG, RRset
from homeport.world.zones.signing.key import Key, KeySet

RENEWED_S = 86_400
LASTS_S = 30 * RENEWED_S
BACKDATED_S = RENEWED_S
MAX_KEPT = 8192
"""Number of signatures in each of the two halves of the cache."""
CLASS_IN = 1


class Signatures:
    """A cache of signatures, bounded: the younger half replaces the older one when it is full."""

    def __init__(self) -> None:
        self._young: dict[tuple[Key, int, Name, RRset], bytes] = {}
        self._old: dict[tuple[Key, int, Name, RRset], bytes] = {}

    def sign(self, keys: KeySet, owner: Name, rrset: RRset, now: float, ttl: int | None = None) -> RRset:
        """Return the RRSIG set of a record set: a record for each key.

        owner: for records synthesized from a wildcard, the wildcard. now: Unix time. ttl: of the RRSIG, if it differs.
        """
        day = int(now // RENEWED_S)
        data = tuple(self._signature(key, day, owner, rrset) for key in keys.keys)
        return RRset(RRSIG, rrset.ttl if ttl is None else ttl, data)

    def _signature(self, key: Key, day: int, owner: Name, rrset: RRset) -> bytes:
        index = (key, day, owner, rrset)
        if (data := self._young.get(index)) is not None:
            return data
        data = self._old.get(index) or rrsig(key, day * RENEWED_S, owner, rrset)
        if len(self._young) >= MAX_KEPT:
            self._old, self._young = self._young, {}
        self._young[index] = data
        return data


def rrsig(key: Key, midnight: int, owner: Name, rrset: RRset) -> bytes:
    """Return RRSIG data (RFC 4034 3.1), valid around a midnight in Unix time."""
    labels = len(owner) - (owner[:1] == (WILDCARD,))
    head = struct.pack(
        "!HBBIIIH",
        rrset.type,
        key.algorithm,
        labels,
        rrset.ttl,
        (midnight + LASTS_S) & 0xFFFF_FFFF,
        (midnight - BACKDATED_S) & 0xFFFF_FFFF,
        key.tag,
    ) + name_wire(key.origin)
    begin = name_wire(owner) + struct.pack("!HHI", rrset.type, CLASS_IN, rrset.ttl)
    records = b"".join(begin + struct.pack("!H", len(one)) + one for one in sorted(rrset.data))
    return head + key.sign(head + records)
