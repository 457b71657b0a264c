"""The signatures of a signed zone, and the records that have them."""

from homeport.world.zones.lookup import Owned
from homeport.world.zones.rrset import DS, NSEC, RRSIG, SOA
from homeport.world.zones.signing.keys import Keys
from homeport.world.zones.signing.signed_zone import SignedZone
from homeport.world.zones.zone import soa_of


def with_signatures(keys: Keys, records: list[Owned], now: float) -> list[Owned]:
    """Return records, each set followed by its signatures where its zone is signed. now: Unix time."""
    signed = []
    for owned in records:
        signed.append(owned)
        zone = owned.zone
        if isinstance(zone, SignedZone) and not owned.synthesized and is_signed(zone, owned):
            signed.append(signature(keys, owned, zone, now))
    return signed


def is_signed(zone: SignedZone, owned: Owned) -> bool:
    """Return True if records are signed: the NS of a delegation and glue are not (RFC 4035 2.2)."""
    if owned.rrset.type == RRSIG:
        return False
    cut = zone.cut(owned.source or owned.owner)
    return cut is None or (cut == owned.owner and owned.rrset.type in (DS, NSEC))


def signature(keys: Keys, owned: Owned, zone: SignedZone, now: float) -> Owned:
    """Return the signatures of records. now: Unix time."""
    rrset = owned.rrset
    if rrset.type == SOA:  # in a negative answer its TTL is that of the answer
        rrset = soa_of(zone)
    made = keys.signatures.sign(zone.keys, owned.source or owned.owner, rrset, now, owned.rrset.ttl)
    return Owned(owned.owner, made, zone, owned.source)
