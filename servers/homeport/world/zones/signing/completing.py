"""Signatures and proofs for an answer, as a client with DO gets them (RFC 4035 3.1)."""

from typing import Protocol

from homeport.world.zones.lookup import Found, Names, Owned, Proof
from homeport.world.zones.name import WILDCARD, Name
from homeport.world.zones.rrset import NSEC, RRSIG, SOA
from homeport.world.zones.signing.denial import chain_of, names_to_prove
from homeport.world.zones.signing.keys import Keys
from homeport.world.zones.signing.signed_zone import SignedZone
from homeport.world.zones.signing.signing import with_signatures
from homeport.world.zones.zone import Zone


class SignedNames(Names, Protocol):
    """The zones of a world, with their keys."""

    keys: Keys

    @property
    def version(self) -> int:
        """A number that differs after each change of a zone."""


def complete(zones: SignedNames, found: Found, now: float) -> None:
    """Add signatures, and the NSEC or NSEC3 records that prove what the answer denies. now: Unix time."""
    found.answer = with_signatures(zones.keys, found.answer, now)
    found.authority = with_signatures(zones.keys, found.authority, now)
    found.additional = with_signatures(zones.keys, found.additional, now)
    shown: set[tuple[Name, Name]] = set()
    for proof in found.proofs:
        for owned in _proving(zones, proof):
            if (index := (owned.zone.origin, owned.owner)) not in shown:
                shown.add(index)
                found.authority += with_signatures(zones.keys, [owned], now)


def ask_records(zones: SignedNames, found: Found, type_number: int, now: float) -> None:
    """Answer a question for NSEC or RRSIG records themselves, of which the zones know nothing.

    For RRSIG: one of the name's signatures, as ANY is answered with one record set (RFC 8482 4.1).
    """
    if not found.proofs or found.proofs[-1].kind not in ("nodata", "wildcard-nodata"):
        return
    proof = found.proofs[-1]
    zone = proof.zone
    if not isinstance(zone, SignedZone):
        return
    source = (WILDCARD, *proof.encloser) if proof.kind == "wildcard-nodata" else None
    at = source or proof.name
    made = None
    if type_number == NSEC and zone.keys.policy.denial == "nsec":
        owner, rrset = zone.chain(zones.version, chain_of).record(at)
        made = Owned(proof.name, rrset, zone, source) if owner == at else None
    elif type_number == RRSIG:
        sets = [Owned(proof.name, one, zone, source) for one in (zone.node(at) or {}).values()]
        made = next((one for owned in sets for one in with_signatures(zones.keys, [owned], now)[1:]), None)
    if made is not None:
        found.answer.append(made)
        found.proofs.pop()
        if source is not None:
            found.proofs.append(Proof("wildcard", zone, proof.name, proof.encloser))
        found.authority = [one for one in found.authority if one.rrset.type != SOA]


def is_secure(found: Found) -> bool:
    """Return True if all that an answer says comes from signed zones."""
    zones = [*(one.zone for one in (*found.answer, *found.authority)), *(one.zone for one in found.proofs)]
    return bool(zones) and all(isinstance(one, SignedZone) for one in zones)


def _proving(zones: SignedNames, proof: Proof) -> list[Owned]:
    zone: Zone = proof.zone
    if not isinstance(zone, SignedZone):
        return []
    chain = zone.chain(zones.version, chain_of)
    names = names_to_prove(proof, by_hash=zone.keys.policy.denial == "nsec3")
    return [Owned(owner, rrset, zone) for owner, rrset in map(chain.record, names)]
