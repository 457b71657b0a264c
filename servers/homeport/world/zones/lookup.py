"""The search for an answer in the world's zones (RFC 1034 4.3.2, with RFC 4592 for wildcards and RFC 6672 for DNAME).

The result is what the zones say, without signatures: each part names the zone it comes from, and each step that ends in
a denial or a wildcard says what a signed zone has to prove.
"""

from collections.abc import Iterator
from typing import Literal, Protocol

import msgspec

from homeport.world.zones.name import MAX_NAME_BYTES, WILDCARD, Name, is_below, name_wire, read_name, wire_size
from homeport.world.zones.rrset import AAAA, ANY, CNAME, DNAME, DS, MX, NS, NSEC, NSEC3, RRSIG, SOA, SRV, A, Node, RRset
from homeport.world.zones.zone import Zone, negative_ttl, soa_of

NOERROR, NXDOMAIN, REFUSED, YXDOMAIN = 0, 3, 5, 6
MAX_ALIASES = 16
"""CNAME and DNAME records that one answer follows."""
AT_ALIASES = frozenset({CNAME, ANY, RRSIG, NSEC, NSEC3})
"""Types that are answered at an alias itself."""
TARGETS = {NS: 0, MX: 2, SRV: 6}
"""Types whose data end in a host name, and where it begins: its addresses are additional data."""
ADDRESSES = (A, AAAA)


class Owned(msgspec.Struct, frozen=True, gc=False):
    """A record set in an answer."""

    owner: Name
    rrset: RRset
    zone: Zone
    source: Name | None = None
    """The wildcard that it was synthesized from; a signature covers that name (RFC 4035 5.3.2)."""
    synthesized: bool = False
    """True for the CNAME made from a DNAME, which has no signature (RFC 6672 5.3.1)."""


class Proof(msgspec.Struct, frozen=True, gc=False):
    """The proof that a signed zone owes.

    `nodata`: the name has no such type; `nxdomain`: neither the name nor a wildcard exists; `wildcard`: the name does
    not exist, a wildcard was used; `wildcard-nodata`: both; `insecure`: the delegation has no DS.
    """

    kind: Literal["nodata", "nxdomain", "wildcard", "wildcard-nodata", "insecure"]
    zone: Zone
    name: Name
    encloser: Name
    """The closest encloser: the longest existing ancestor (RFC 4592 3.3.1); for the others the name itself."""


class Found(msgspec.Struct, gc=False):
    """The answer of the zones to a question."""

    rcode: int = NOERROR
    authoritative: bool = True
    answer: list[Owned] = []
    authority: list[Owned] = []
    additional: list[Owned] = []
    proofs: list[Proof] = []
    in_bailiwick: bool = False
    """True if additional data is glue below the delegation, which must fit in the answer (RFC 9471)."""


class Names(Protocol):
    """The zones of a world."""

    def find(self, name: Name) -> Zone | None:
        """Return the zone with the longest origin that a name lies in, or None."""


def look_up(names: Names, name: Name, type_number: int) -> Found:
    """Answer a question of class IN; REFUSED if the name lies in no zone of the world."""
    found = Found()
    seen = set()
    for _ in range(MAX_ALIASES + 1):
        seen.add(name)
        zone = zone_of(names, name, type_number)
        if zone is None:
            if not found.answer:
                found.rcode, found.authoritative = REFUSED, False
            break
        alias = _step(names, found, zone, name, type_number)
        if alias is None or alias in seen:
            break
        name = alias
    return found


def zone_of(names: Names, name: Name, type_number: int) -> Zone | None:
    """Return the zone that answers: for DS the parent's, where it is here (RFC 4035 3.1.4.1)."""
    zone = names.find(name)
    if zone is not None and type_number == DS and name and name == zone.origin:
        return names.find(name[1:]) or zone
    return zone


def _step(names: Names, found: Found, zone: Zone, name: Name, type_number: int) -> Name | None:
    """Add what one zone says of one name. Return the alias to follow, or None at the end."""
    cut = zone.cut(name)
    if (alias := _below_dname(found, zone, name, len(name if cut is None else cut))) is not None:
        return alias if alias and type_number != CNAME else None  # the CNAME itself was asked for
    if cut is not None and not (type_number == DS and name == cut):
        _refer(names, found, zone, cut)
        return None
    node = zone.node(name)
    source = None
    encloser = name
    if node is None:
        encloser = closest_encloser(zone, name)
        source = (WILDCARD, *encloser)
        node = zone.node(source)
        if node is None:
            found.rcode = NXDOMAIN
            _deny(found, Proof("nxdomain", zone, name, encloser))
            return None
    return _from_node(names, found, zone, name, type_number, node, source, encloser)


def _from_node(
    names: Names,
    found: Found,
    zone: Zone,
    name: Name,
    type_number: int,
    node: Node,
    source: Name | None,
    encloser: Name,
) -> Name | None:
    """Add the records of a node, or that it has none of the type."""
    if (alias := node.get(CNAME)) is not None and type_number not in AT_ALIASES:
        wanted = [alias]
    elif type_number == ANY:
        wanted = list(node.values())
    else:
        wanted = [node[type_number]] if type_number in node else []
    if not wanted:
        _deny(found, Proof("nodata" if source is None else "wildcard-nodata", zone, name, encloser))
        return None
    found.answer += [Owned(name, one, zone, source) for one in wanted]
    if source is not None:
        found.proofs.append(Proof("wildcard", zone, name, encloser))
    if alias is not None and type_number not in AT_ALIASES:
        return read_name(alias.data[0])[0]
    for one in wanted:
        _add_addresses(names, found, one)
    return None


def _refer(names: Names, found: Found, zone: Zone, cut: Name) -> None:
    """Add a referral: the delegation's NS, its DS, and glue (RFC 1034 4.3.2 3b)."""
    node = zone.node(cut) or {}
    if not found.answer:
        found.authoritative = False
    servers = node[NS]
    found.authority.append(Owned(cut, servers, zone))
    if DS in node:
        found.authority.append(Owned(cut, node[DS], zone))
    else:
        found.proofs.append(Proof("insecure", zone, cut, cut))
    for host in targets(servers):
        glue = zone.node(host) if is_below(host, zone.origin) else None
        if glue:
            found.in_bailiwick = found.in_bailiwick or is_below(host, cut)
            found.additional += [Owned(host, glue[one], zone) for one in ADDRESSES if one in glue]
        else:
            _add_host(names, found, host)


def _below_dname(found: Found, zone: Zone, name: Name, labels: int) -> Name | None:
    """Add a DNAME above the name and the CNAME that follows from it (RFC 6672 3.1).

    labels: the number below which a DNAME counts: one below a delegation does not, one above hides the delegation.
    Returns: the target; empty if it would be too long; None without a DNAME.
    """
    for size in range(len(zone.origin), labels):
        ancestor = name[len(name) - size :]
        node = zone.node(ancestor)
        if node is None:
            return None
        if (redirection := node.get(DNAME)) is None:
            continue
        if not any(one.rrset is redirection for one in found.answer):  # an answer has a record set once
            found.answer.append(Owned(ancestor, redirection, zone))
        target = (*name[: len(name) - size], *read_name(redirection.data[0])[0])
        if wire_size(target) > MAX_NAME_BYTES:
            found.rcode = YXDOMAIN  # RFC 6672 2.2
            return ()
        alias = RRset(CNAME, redirection.ttl, (name_wire(target),))
        found.answer.append(Owned(name, alias, zone, synthesized=True))
        return target
    return None


def closest_encloser(zone: Zone, name: Name) -> Name:
    """Return the longest existing ancestor of a name that does not exist (RFC 4592 3.3.1)."""
    for at in range(1, len(name) - len(zone.origin)):
        if zone.node(name[at:]) is not None:
            return name[at:]
    return zone.origin


def denying_soa(zone: Zone) -> Owned:
    """Return the SOA of a zone as negative answers have it, with the TTL for which they may be kept (RFC 2308 3)."""
    soa = soa_of(zone)
    return Owned(zone.origin, RRset(SOA, negative_ttl(soa), soa.data), zone)


def _deny(found: Found, proof: Proof) -> None:
    """Add the SOA of a negative answer, and what a signed zone proves by it."""
    found.authority.append(denying_soa(proof.zone))
    found.proofs.append(proof)


def _add_addresses(names: Names, found: Found, rrset: RRset) -> None:
    for host in targets(rrset):
        _add_host(names, found, host)


def _add_host(names: Names, found: Found, host: Name) -> None:
    """Add a host's addresses as additional data, where a zone of the world has them."""
    zone = names.find(host)
    if zone is None or zone.cut(host) is not None or any(one.owner == host for one in found.additional):
        return
    node = zone.node(host)
    if node:
        found.additional += [Owned(host, node[one], zone) for one in ADDRESSES if one in node]


def targets(rrset: RRset) -> Iterator[Name]:
    """Yield the host names in data of NS, MX and SRV records."""
    at = TARGETS.get(rrset.type)
    if at is not None:
        for data in rrset.data:
            yield read_name(data, at)[0]
