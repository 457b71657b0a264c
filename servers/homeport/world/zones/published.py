"""The part of a domain that DNS publishes: whether it is delegated, to which servers, with which keys."""

import base64
import binascii
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from homeport.world.registry.objects import DelegationSigner, Domain, Key
from homeport.world.zones.name import BadName, Name, name_wire, parse_name
from homeport.world.zones.rdata import address, ds, ds_of_key
from homeport.world.zones.rrset import AAAA, DS, NS, A, RRset

HOLDS = frozenset({"clientHold", "serverHold"})


def is_withheld(domain: Domain) -> bool:
    """Return True if a domain is in no zone for its state: on hold, deleted, or not approved (RFC 5731 2.3).

    One whose restore report is pending is in the zone again (RFC 3915 2).
    """
    if domain.deleted is not None and (domain.restoring is None or domain.purging is not None):
        return True
    return domain.pending == "create" or not HOLDS.isdisjoint(domain.statuses)


def is_published(domain: Domain) -> bool:
    """Return True if a domain is delegated: it has servers and is not withheld."""
    return bool(domain.nameservers or domain.attributes) and not is_withheld(domain)


def shown(domain: Domain | None) -> Any:
    """Return all of a domain that zones depend on, for comparisons; None for nothing."""
    if domain is None:
        return None
    if is_withheld(domain):
        return "withheld"
    if not is_published(domain):
        return None
    return domain.nameservers, domain.attributes, domain.signers, domain.keys, domain.extras.ttls


@lru_cache(4096)
def name_of(text: str) -> Name | None:
    """Return the name of a domain or host of the registry; None for one that DNS cannot carry (RFC 1035 2.3.4)."""
    try:
        return parse_name(text) or None
    except BadName:
        return None


def text_of(name: Name) -> str | None:
    """Return a name as the registry writes it; None for one that it cannot have."""
    text = b".".join(name)
    if text.count(b".") != len(name) - 1 or not text.isascii():
        return None
    return text.decode("ascii")


def servers_rrset(names: Iterable[str], ttl: int) -> RRset | None:
    """Return the NS records of these servers; None without any that has a valid name."""
    data = dict.fromkeys(name_wire(name) for text in names if (name := name_of(text)) is not None)
    return RRset(NS, ttl, tuple(data)) if data else None


def addresses_node(addresses: Iterable[str], ttl: int, ttl_v6: int | None = None) -> dict[int, RRset]:
    """Return the A and AAAA records of these addresses. ttl_v6: the TTL of AAAA, if it is another one."""
    ttls = {A: ttl, AAAA: ttl if ttl_v6 is None else ttl_v6}
    by_type: dict[int, dict[bytes, None]] = {}
    for text in addresses:
        try:
            packed = address(text)
        except ValueError:
            continue  # an object of the API, which nothing validated
        by_type.setdefault(A if len(packed) == 4 else AAAA, {})[packed] = None
    return {type_number: RRset(type_number, ttls[type_number], tuple(data)) for type_number, data in by_type.items()}


def signers_rrset(domain: Domain, ttl: int) -> RRset | None:
    """Return the DS records of a domain: those that it has, or those made from its keys (RFC 5910 4)."""
    name = name_of(domain.name)
    if name is None:
        return None
    found = [_signer_data(one) for one in domain.signers] + [_key_data(name, one) for one in domain.keys]
    data = dict.fromkeys(one for one in found if one is not None)
    return RRset(DS, ttl, tuple(data)) if data else None


def _signer_data(one: DelegationSigner) -> bytes | None:
    try:
        return ds(one.key_tag, one.algorithm, one.digest_type, bytes.fromhex(one.digest))
    except ValueError:
        return None


def _key_data(name: Name, one: Key) -> bytes | None:
    try:
        key = base64.b64decode(one.public_key, validate=True)
    except (binascii.Error, ValueError):
        return None
    record = one.flags.to_bytes(2) + bytes((one.protocol, one.algorithm)) + key
    return ds_of_key(name, record)
