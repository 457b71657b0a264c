"""DNSSEC (RFC 5910): DS records or keys of a domain, whichever its zone takes; never both (4).

The zone's policy says how many records a domain may have, and whether maxSigLife and urgent are taken, which RFC 5910
lets a server refuse (2102). A DS record has the algorithm of the key that may come with it; its digest is not compared
with that key.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import msgspec

from homeport.services.epp.extensions import Extension
from homeport.services.epp.flow import EppError, Request, Value
from homeport.services.epp.grammar import domain, epp, secdns
from homeport.services.epp.results import Code
from homeport.world.registry import DelegationSigner, Domain, Key, Message, Zone
from homeport.world.registry.dnssec import digest_problem
from homeport.world.registry.messages import DomainState

ALGORITHMS = frozenset((1, 3, 5, 6, 7, 8, 10, 12, 13, 14, 15, 16, 17, 23, 253, 254))
"""Algorithm numbers of IANA's registry that sign zones, deprecated ones included."""
DIGEST_TYPES = frozenset((1, 2, 3, 4, 5, 6))
SECURE_ENTRY_POINT = 257
"""Flags of the keys that a parent refers to: zone key and secure entry point (RFC 4034 2.1.1)."""
DNSSEC_PROTOCOL = 3  # RFC 4034 2.1.2

Record = TypeVar("Record", DelegationSigner, Key)
Identity = tuple[int | str, ...]
"""The values that identify one record."""


def create(request: Request[domain.Create], one: Domain) -> Domain:
    """Add a create's DNSSEC data to the new domain (RFC 5910 5.2.1)."""
    given = request.extension(secdns.Create)
    if given is None:
        return one
    zone = request.registry.policy_of(one)
    changed = msgspec.structs.replace(
        one,
        sig_life=_signature_life(given.max_sig_life, zone),
        signers=_with((), _new_signers(given.ds_data, zone)),
        keys=_with((), _new_keys(given.key_data, zone)),
    )
    return _counted(changed, zone)


def update(request: Request[domain.Update], one: Domain) -> Domain:
    """Change a domain's DNSSEC data (RFC 5910 5.2.5): remove, then add, in this order."""
    given = request.extension(secdns.Update)
    if given is None:
        return one
    zone = request.registry.policy_of(one)
    if given.urgent and not zone.secdns.urgent:
        raise EppError(Code.UNIMPLEMENTED_OPTION, f"RFC 5910 5.2.5: {zone.name} does not support urgent updates")
    if given.rem is None and given.add is None and given.chg is None:
        raise EppError(Code.MISSING_PARAMETER, "RFC 5910 5.2.5: at least one of rem, add and chg is given")
    wanted_life = None if given.chg is None else _signature_life(given.chg.max_sig_life, zone)
    if given.rem is not None:
        one = _removed(one, given.rem)
    if given.add is not None:
        life = _signature_life(given.add.max_sig_life, zone)
        one = msgspec.structs.replace(
            one,
            sig_life=one.sig_life if life is None else life,
            signers=_with(one.signers, _new_signers(given.add.ds_data, zone)),
            keys=_with(one.keys, _new_keys(given.add.key_data, zone)),
        )
    if one.signers and one.keys:
        raise EppError(
            Code.PARAMETER_POLICY,
            "RFC 5910 4: a domain has DS records or keys, never both; remove the ones it has first",
        )
    if given.chg is not None:  # last (RFC 5910 5.2.5)
        one = msgspec.structs.replace(one, sig_life=wanted_life)
    return _counted(one, zone)


def _removed(one: Domain, rem: secdns.Rem) -> Domain:
    if rem.all is not None:  # all="false" removes nothing (RFC 5910 5.2.5)
        return msgspec.structs.replace(one, signers=(), keys=(), sig_life=None) if rem.all else one
    return msgspec.structs.replace(
        one,
        signers=_without(one.signers, map(_signer, rem.ds_data)),
        keys=_without(one.keys, map(_key, rem.key_data)),
    )


def _signature_life(seconds: int | None, zone: Zone) -> int | None:
    if seconds is None:
        return None
    value = Value("maxSigLife", str(seconds), secdns.NAMESPACE)
    policy = zone.secdns
    if not policy.max_sig_life:
        raise EppError(Code.UNIMPLEMENTED_OPTION, f"RFC 5910 3.3: {zone.name} does not support maxSigLife", value=value)
    shortest, longest = int(policy.min_sig_life), int(policy.longest_sig_life)
    if not shortest <= seconds <= longest:
        raise EppError(
            Code.OUT_OF_RANGE,
            f"RFC 5910 3.3: maxSigLife in {zone.name} is {shortest} to {longest} seconds",
            value=value,
        )
    return seconds


def _counted(one: Domain, zone: Zone) -> Domain:
    """Return a domain whose records are not too many. Raises: EppError 2306."""
    most = zone.secdns.max_records
    if len(one.signers) > most or len(one.keys) > most:
        raise EppError(
            Code.PARAMETER_POLICY, f"RFC 5910 3: domains of {zone.name} have {most} DS records or keys at most"
        )
    return one


def _new_signers(given: Sequence[secdns.DsData], zone: Zone) -> Iterator[DelegationSigner]:
    if given and zone.dnssec not in ("ds", "either"):
        raise _wrong_interface(zone)
    for one in given:
        if one.alg not in ALGORITHMS:
            raise _refused("alg", one.alg, "4.1", "no algorithm that signs zones has this number")
        if one.digest_type not in DIGEST_TYPES:
            raise _refused("digestType", one.digest_type, "4.1", "no digest type has this number")
        if not one.digest:
            raise _refused("digest", "", "4.1", "a digest is not empty")
        if one.key_data is not None:
            _check_key(one.key_data)
        if zone.secdns.digests == "checked":
            _check_digest(one)
        yield _signer(one)


def _check_digest(one: secdns.DsData) -> None:
    if problem := digest_problem(one.digest_type, one.digest):
        raise _refused("digest", one.digest, "4.1", f"{problem} (RFC 4034 5.1.4)")
    if one.key_data is not None and one.key_data.alg != one.alg:
        why = f"its key has the algorithm {one.key_data.alg}: both are of one key (RFC 4034 5.1.2)"
        raise _refused("alg", one.alg, "4.1", why)


def _new_keys(given: Sequence[secdns.KeyData], zone: Zone) -> Iterator[Key]:
    if given and zone.dnssec not in ("key", "either"):
        raise _wrong_interface(zone)
    for one in given:
        _check_key(one)
        yield _key(one)


def _wrong_interface(zone: Zone) -> EppError:
    takes = {"ds": "DS records (dsData)", "key": "keys (keyData)", "none": "no DNSSEC data"}[zone.dnssec]
    return EppError(Code.PARAMETER_POLICY, f"RFC 5910 4: {zone.name} takes {takes}")


def _check_key(one: secdns.KeyData) -> None:
    if one.flags != SECURE_ENTRY_POINT:
        raise _refused(
            "flags", one.flags, "4.2", f"a parent refers to keys with the flags {SECURE_ENTRY_POINT} (RFC 4034 2.1.1)"
        )
    if one.protocol != DNSSEC_PROTOCOL:
        raise _refused("protocol", one.protocol, "4.2", f"the protocol of a key is {DNSSEC_PROTOCOL} (RFC 4034 2.1.2)")
    if one.alg not in ALGORITHMS:
        raise _refused("alg", one.alg, "4.2", "no algorithm that signs zones has this number")


def _refused(element: str, given: int | str, section: str, why: str) -> EppError:
    return EppError(
        Code.PARAMETER_POLICY, f"RFC 5910 {section}: {why}", value=Value(element, str(given), secdns.NAMESPACE)
    )


def _signer(given: secdns.DsData) -> DelegationSigner:
    return DelegationSigner(
        key_tag=given.key_tag,
        algorithm=given.alg,
        digest_type=given.digest_type,
        digest=given.digest,
        key=None if given.key_data is None else _key(given.key_data),
    )


def _key(given: secdns.KeyData) -> Key:
    return Key(flags=given.flags, protocol=given.protocol, algorithm=given.alg, public_key=given.pub_key)


def _identity(one: DelegationSigner | Key) -> Identity:
    if isinstance(one, Key):
        return one.flags, one.protocol, one.algorithm, one.public_key
    return one.key_tag, one.algorithm, one.digest_type, one.digest.upper()  # RFC 5910 5.2.5: not by the key


def _with(held: tuple[Record, ...], more: Iterable[Record]) -> tuple[Record, ...]:
    found = {_identity(one): one for one in held}
    for one in more:
        if _identity(one) in found:
            raise EppError(
                Code.PARAMETER_POLICY,
                f"RFC 5910 5.2.5: the domain has this already, or it is given twice: {_told(one)}",
            )
        found[_identity(one)] = one
    return tuple(found.values())


def _without(held: tuple[Record, ...], fewer: Iterable[Record]) -> tuple[Record, ...]:
    found = {_identity(one): one for one in held}
    for one in fewer:
        if found.pop(_identity(one), None) is None:
            raise EppError(
                Code.PARAMETER_POLICY, f"RFC 5910 5.2.5: the domain does not have what is to be removed: {_told(one)}"
            )
    return tuple(found.values())


def _told(one: DelegationSigner | Key) -> str:
    return " ".join(map(str, _identity(one)))[:100]


def delegation(_request: Request[domain.Info], one: Domain) -> secdns.InfData | None:
    """Return a domain's DNSSEC data (RFC 5910 5.1.2); None if it has none."""
    return shown_delegation(one)


def delegation_of_message(_request: Request[epp.Poll], message: Message) -> secdns.InfData | None:
    """Return the DNSSEC data that a domain had when a message was made."""
    return shown_delegation(message.about.domain) if isinstance(message.about, DomainState) else None


def shown_delegation(one: Domain) -> secdns.InfData | None:
    """Return DS records or keys as an answer shows them."""
    if one.signers:
        return secdns.InfData(max_sig_life=one.sig_life, ds_data=tuple(map(_shown_signer, one.signers)))
    if one.keys:
        return secdns.InfData(max_sig_life=one.sig_life, key_data=tuple(map(_shown_key, one.keys)))
    return None


def _shown_signer(one: DelegationSigner) -> secdns.DsData:
    return secdns.DsData(
        key_tag=one.key_tag,
        alg=one.algorithm,
        digest_type=one.digest_type,
        digest=one.digest,
        key_data=None if one.key is None else _shown_key(one.key),
    )


def _shown_key(one: Key) -> secdns.KeyData:
    return secdns.KeyData(flags=one.flags, protocol=one.protocol, alg=one.algorithm, pub_key=one.public_key)


EXTENSION = Extension(
    uri=secdns.NAMESPACE,
    rfc="5910",
    belongs={domain.Create: secdns.Create, domain.Update: secdns.Update},
    changes={domain.Create: create, domain.Update: update},
    shows={domain.Info: delegation, epp.Poll: delegation_of_message},
)
