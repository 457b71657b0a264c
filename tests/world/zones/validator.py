"""A validator of signed answers, written from RFC 4035 5 and RFC 5155 8, with dnspython's check of signatures.

It sees only what a resolver sees: the records of the answer, and the DNSKEY set.
"""

from base64 import b32hexencode

import dns.dnssec
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from homeport.world.zones.name import name_wire
from homeport.world.zones.rrset import DNSKEY, NSEC, NSEC3, RRSIG

NS, CNAME, SOA, DNAME, DS = 2, 5, 6, 39, 43


class Bogus(AssertionError):
    """Raised for an answer that a validating resolver refuses."""


def dns_name(name):
    return dns.name.from_wire(name_wire(name), 0)[0]


def dns_rrset(owned):
    rdatas = [dns.rdata.from_wire(dns.rdataclass.IN, owned.rrset.type, one, 0, len(one)) for one in owned.rrset.data]
    return dns.rrset.from_rdata_list(dns_name(owned.owner), owned.rrset.ttl, rdatas)


class Validator:
    """Validates answers of one zone. keys: its DNSKEY set."""

    def __init__(self, origin, keys, now):
        self.origin = dns_name(origin)
        self.keys = {self.origin: keys}
        self.now = now
        self.wildcards = []

    @classmethod
    def of(cls, zone, now):
        """Return a validator that knows the keys of a signed zone."""
        node = zone.node(zone.origin)
        data = [dns.rdata.from_wire(dns.rdataclass.IN, DNSKEY, one, 0, len(one)) for one in node[DNSKEY].data]
        keys = dns.rrset.from_rdata_list(dns_name(zone.origin), node[DNSKEY].ttl, data)
        return cls(zone.origin, keys, now)

    def signed_sets(self, section):
        """Return the sets of a section but for signatures, after the check of theirs: (set, True if signed)."""
        sets, signatures = [], {}
        for owned in section:
            rrset = dns_rrset(owned)
            if owned.rrset.type == RRSIG:
                for one in rrset:
                    signatures.setdefault((rrset.name, one.type_covered), []).append(one)
            else:
                sets.append(rrset)
        checked = []
        for rrset in sets:
            found = signatures.pop((rrset.name, rrset.rdtype), [])
            algorithms = set()
            for signature in found:
                dns.dnssec.validate_rrsig(rrset, signature, self.keys, now=self.now)
                algorithms.add(signature.algorithm)
                if signature.labels < len(rrset.name) - 1 - (rrset.name.labels[0] == b"*"):
                    self.wildcards.append((rrset.name, signature.labels))
            if found and algorithms != {key.algorithm for key in self.keys[self.origin]}:
                raise Bogus(f"not signed with each algorithm: {rrset}")
            checked.append((rrset, bool(found)))
        if signatures:
            raise Bogus(f"signatures of nothing: {list(signatures)}")
        return checked

    def validate(self, found, name, type_number):
        """Check an answer from this zone alone. Raises: Bogus, or dnspython's ValidationFailure."""
        name = dns_name(name)
        answer = self.signed_sets(found.answer)
        authority = self.signed_sets(found.authority)
        unsigned = [one for one, signed in answer if not signed]
        for rrset in unsigned:
            if not (rrset.rdtype == CNAME and any(one.rdtype == DNAME for one, _ in answer)):
                raise Bogus(f"not signed: {rrset}")
        denials = Denials(self.origin, [one for one, _ in authority])
        if not all(signed for one, signed in authority if one.rdtype in (SOA, NSEC, NSEC3, DS)):
            raise Bogus("an unsigned record of denial")
        for owner, labels in self.wildcards:
            denials.no_closer_match(owner, labels)
        for rrset, _ in answer:
            if rrset.rdtype == CNAME and rrset.name == name and type_number not in (CNAME, 255):
                name = rrset[0].target
        if not name.is_subdomain(self.origin) or any(one.name == name for one, _ in answer):
            return
        referral = [one for one, _ in authority if one.rdtype == NS and one.name != self.origin]
        if referral:
            if not any(one.rdtype == DS and one.name == referral[0].name for one, _ in authority):
                denials.no_type(referral[0].name, DS)
                denials.is_delegation(referral[0].name)
        elif found.rcode == 3:
            denials.no_name(name)
        elif found.rcode == 0:
            denials.no_type(name, type_number)


def types_of(rdata):
    return {
        window * 256 + at * 8 + bit
        for window, bits in rdata.windows
        for at, octet in enumerate(bits)
        for bit in range(8)
        if octet & 0x80 >> bit
    }


class Denials:
    """What the NSEC or NSEC3 records of an answer prove."""

    def __init__(self, origin, sets):
        self.origin = origin
        self.nsec = [(one.name, one[0].next, types_of(one[0])) for one in sets if one.rdtype == NSEC]
        self.nsec3 = [
            (one.name.labels[0].upper(), b32hexencode(one[0].next), types_of(one[0]))
            for one in sets
            if one.rdtype == NSEC3
        ]

    def covering(self, name):
        """Return the records that cover a name, so that it has no records."""
        if self.nsec:
            return [
                (owner, following)
                for owner, following, types in self.nsec
                if (owner < name < following if owner < following else owner < name)
                and not (name.is_subdomain(owner) and (types & {DNAME} or (NS in types and SOA not in types)))
            ]
        digest = hashed(name)
        return [
            (owner, following)
            for owner, following, _ in self.nsec3
            if (owner < digest < following if owner < following else owner < digest or digest < following)
        ]

    def at(self, name):
        """Return the types of a name, by the record of that name, or None."""
        if self.nsec:
            return next((types for owner, _, types in self.nsec if owner == name), None)
        return next((types for owner, _, types in self.nsec3 if owner == hashed(name)), None)

    def encloser_of(self, name):
        """Return the closest encloser of a name that does not exist (RFC 5155 8.3)."""
        if self.nsec:
            if not self.covering(name):
                raise Bogus(f"{name} is not denied: {self.nsec}")
            owner, following = self.covering(name)[0]
            candidate = name.parent()
            while not (owner.is_subdomain(candidate) or following.is_subdomain(candidate)):
                candidate = candidate.parent()
            return candidate
        candidate = name
        while True:
            closer, candidate = candidate, candidate.parent()
            types = self.at(candidate)
            if types is not None:
                if DNAME in types or (NS in types and SOA not in types):
                    raise Bogus(f"{candidate} is not in the zone")
                if not self.covering(closer):
                    raise Bogus(f"{closer} is not denied")
                return candidate
            if candidate == self.origin:
                raise Bogus(f"no closest encloser of {name}: {self.nsec3}")

    def no_name(self, name):
        """Check that neither a name nor a wildcard for it exists."""
        wildcard = dns.name.Name((b"*",)).concatenate(self.encloser_of(name))
        if not self.covering(wildcard):
            raise Bogus(f"{wildcard} is not denied")
        if self.nsec and any(following.is_subdomain(name) for _, following in self.covering(name)):
            raise Bogus(f"{name} is an empty non-terminal")

    def no_type(self, name, type_number):
        """Check that a name has no records of a type, or that a wildcard for it has none."""
        types = self.at(name)
        if types is None and self.nsec and any(one.is_subdomain(name) for _, one in self.covering(name)):
            return  # an empty non-terminal
        if types is None:
            types = self.at(dns.name.Name((b"*",)).concatenate(self.encloser_of(name)))
        if types is None:
            wildcard = dns.name.Name((b"*",)).concatenate(self.encloser_of(name))
            if self.nsec and any(one.is_subdomain(wildcard) for _, one in self.covering(wildcard)):
                return
            raise Bogus(f"nothing about {name}")
        if type_number in types or CNAME in types:
            raise Bogus(f"{name} has that type, it is said")
        if type_number != DS and NS in types and SOA not in types:
            raise Bogus(f"{name} is delegated")

    def is_delegation(self, name):
        """Check that a name is delegated."""
        types = self.at(name)
        if types is None or NS not in types or SOA in types:
            raise Bogus(f"{name} is no delegation")

    def no_closer_match(self, owner, labels):
        """Check that a record made from a wildcard was not better matched (RFC 4035 5.3.4, RFC 5155 8.8)."""
        closer = dns.name.Name(owner.labels[-(labels + 2) :])
        if not self.covering(owner if self.nsec else closer):
            raise Bogus(f"{owner} is from a wildcard, and may exist")


def hashed(name):
    return dns.dnssec.nsec3_hash(name, b"", 0, 1).encode()
