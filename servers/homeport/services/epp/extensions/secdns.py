"""DNSSEC (RFC 5910): DS records or keys of a domain, as its zone takes them; never both (4).

Left out: maxSigLife and urgent, which RFC 5910 lets a server refuse (2102). A digest is not compared with the key that
may come with it.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import msgspec

from homeport.services.epp.extensions import Extension
from homeport.services.epp.flow import EppError, Request, Value
from homeport.services.epp.grammar import domain, epp, secdns
from homeport.services.epp.results import Code
from homeport.world.registry import DelegationSigner, Domain, Key, Message, Zone
from homeport.world.registry.messages import DomainState

ALGORITHMS = frozenset((1, 3, 5, 6, 7, 8, 10, 12, 13, 14, 15, 16, 17, 23, 253, 254))
"""Of IANA's registry, those that sign zones, the outdated ones too."""
DIGEST_TYPES = frozenset((1, 2, 3, 4, 5, 6))
SECURE_ENTRY_POINT = 257
"""Flags of the keys that a parent refers to: zone key and secure entry point (RFC 4034 2.1.1)."""
DNSSEC_PROTOCOL = 3  # RFC 4034 2.1.2

Record = TypeVar("Record", DelegationSigner, Key)
Identity = tuple[int | str, ...]
"""What tells one record from another."""


def create(request: Request[domain.Create], one: Domain) -> Domain:
    """Give a new domain what its create brings (RFC 5910 5.2.1)."""
    given = request.extension(secdns.Create)
    if given is None:
        return one
    _refuse_signature_life(given.max_sig_life)
    zone = request.registry.policy_of(one)
    return msgspec.structs.replace(
        one,
        signers=_with((), _new_signers(given.ds_data, zone)),
        keys=_with((), _new_keys(given.key_data, zone)),
    )


def update(request: Request[domain.Update], one: Domain) -> Domain:
    """Change what a domain has (RFC 5910 5.2.5): remove, then add, in this order."""
    given = request.extension(secdns.Update)
    if given is None:
        return one
    if given.urgent:
        raise EppError(Code.UNIMPLEMENTED_OPTION, "RFC 5910 5.2.5: this server has no urgent updates")
    if given.rem is None and given.add is None and given.chg is None:
        raise EppError(Code.MISSING_PARAMETER, "RFC 5910 5.2.5: at least one of rem, add and chg is given")
    if given.chg is not None:
        _refuse_signature_life(given.chg.max_sig_life)
    if given.rem is not None:
        one = _removed(one, given.rem)
    if given.add is not None:
        zone = request.registry.policy_of(one)
        _refuse_signature_life(given.add.max_sig_life)
        one = msgspec.structs.replace(
            one,
            signers=_with(one.signers, _new_signers(given.add.ds_data, zone)),
            keys=_with(one.keys, _new_keys(given.add.key_data, zone)),
        )
    if one.signers and one.keys:
        raise EppError(
            Code.PARAMETER_POLICY,
            "RFC 5910 4: a domain has DS records or keys, never both; remove the ones it has first",
        )
    return one


def _removed(one: Domain, rem: secdns.Rem) -> Domain:
    if rem.all is not None:  # false asks for nothing (RFC 5910 5.2.5)
        return msgspec.structs.replace(one, signers=(), keys=()) if rem.all else one
    return msgspec.structs.replace(
        one,
        signers=_without(one.signers, map(_signer, rem.ds_data)),
        keys=_without(one.keys, map(_key, rem.key_data)),
    )


def _refuse_signature_life(seconds: int | None) -> None:
    if seconds is not None:
        raise EppError(
            Code.UNIMPLEMENTED_OPTION,
            "RFC 5910 3.3: this server leaves the life of signatures to itself and takes no maxSigLife",
            value=Value("maxSigLife", str(seconds), secdns.NAMESPACE),
        )


def _new_signers(given: Sequence[secdns.DsData], zone: Zone) -> Iterator[DelegationSigner]:
    if given and zone.dnssec not in ("ds", "either"):
        raise _wrong_interface(zone)
    for one in given:
        if one.alg not in ALGORITHMS:
            raise _refused("alg", one.alg, "4.1", "no algorithm that signs zones has this number")
        if one.digest_type not in DIGEST_TYPES:
            raise _refused("digestType", one.digest_type, "4.1", "no kind of digest has this number")
        if not one.digest:
            raise _refused("digest", "", "4.1", "a digest is not empty")
        if one.key_data is not None:
            _check_key(one.key_data)
        yield _signer(one)


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
    return one.key_tag, one.algorithm, one.digest_type, one.digest.upper()  # RFC 5910 5.2.5: these four, not the key


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
    """What a domain has (RFC 5910 5.1.2); None if it has nothing."""
    return shown_delegation(one)


def told_delegation(_request: Request[epp.Poll], message: Message) -> secdns.InfData | None:
    """What a domain had when a message was made."""
    return shown_delegation(message.about.domain) if isinstance(message.about, DomainState) else None


def shown_delegation(one: Domain) -> secdns.InfData | None:
    """DS records or keys as an answer has them."""
    if one.signers:
        return secdns.InfData(ds_data=tuple(map(_shown_signer, one.signers)))
    if one.keys:
        return secdns.InfData(key_data=tuple(map(_shown_key, one.keys)))
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
    shows={domain.Info: delegation, epp.Poll: told_delegation},
)
