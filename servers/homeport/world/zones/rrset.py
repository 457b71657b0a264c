"""Resource record sets: the records of one type at one name, with one TTL (RFC 2181 5), and the types by number.

Record data are in wire form without compression, names in them in lower case (the canonical form of RFC 4034 6.2), so
that any type can be served (RFC 3597).
"""

import re
from collections.abc import Mapping

import msgspec

TYPES = {
    "A": 1,
    "NS": 2,
    "CNAME": 5,
    "SOA": 6,
    "PTR": 12,
    "HINFO": 13,
    "MX": 15,
    "TXT": 16,
    "RP": 17,
    "AFSDB": 18,
    "SIG": 24,
    "KEY": 25,
    "AAAA": 28,
    "LOC": 29,
    "SRV": 33,
    "NAPTR": 35,
    "CERT": 37,
    "DNAME": 39,
    "OPT": 41,
    "DS": 43,
    "SSHFP": 44,
    "RRSIG": 46,
    "NSEC": 47,
    "DNSKEY": 48,
    "NSEC3": 50,
    "NSEC3PARAM": 51,
    "TLSA": 52,
    "SMIMEA": 53,
    "CDS": 59,
    "CDNSKEY": 60,
    "OPENPGPKEY": 61,
    "CSYNC": 62,
    "ZONEMD": 63,
    "SVCB": 64,
    "HTTPS": 65,
    "SPF": 99,
    "EUI48": 108,
    "EUI64": 109,
    "TSIG": 250,
    "IXFR": 251,
    "AXFR": 252,
    "ANY": 255,
    "URI": 256,
    "CAA": 257,
}
"""Numbers of types by mnemonic (IANA's registry); others are TYPE and their number (RFC 3597 5)."""
MNEMONICS = {number: mnemonic for mnemonic, number in TYPES.items()}
A, NS, CNAME, SOA, PTR, MX, TXT, AAAA, SRV = (
    TYPES[one] for one in ("A", "NS", "CNAME", "SOA", "PTR", "MX", "TXT", "AAAA", "SRV")
)
DNAME, DS, RRSIG, NSEC, DNSKEY, NSEC3, NSEC3PARAM, CDS, CDNSKEY = (
    TYPES[one] for one in ("DNAME", "DS", "RRSIG", "NSEC", "DNSKEY", "NSEC3", "NSEC3PARAM", "CDS", "CDNSKEY")
)
TLSA, CAA, ANY, AXFR, IXFR, OPT, TSIG = (TYPES[one] for one in ("TLSA", "CAA", "ANY", "AXFR", "IXFR", "OPT", "TSIG"))
GENERIC = re.compile(r"TYPE(\d{1,5})", re.ASCII)
FIRST_META_TYPE, LAST_META_TYPE = 128, ANY
MAX_TTL_S = 0x7FFF_FFFF
"""Largest TTL in seconds (RFC 2181 8)."""


class RRset(msgspec.Struct, frozen=True, gc=False):
    """The records of one type at one name."""

    type: int
    ttl: int
    """In seconds."""
    data: tuple[bytes, ...]
    """Record data in wire form, at least one, each different."""


Node = Mapping[int, RRset]
"""The records at one name by type; empty for an empty non-terminal (RFC 4592 2.2.2)."""


def is_meta(number: int) -> bool:
    """Return True for a type of questions or messages, of which no zone has records (RFC 6895 3.1)."""
    return number in (0, OPT) or FIRST_META_TYPE <= number <= LAST_META_TYPE


def type_text(number: int) -> str:
    """Return a type's mnemonic: `AAAA`, `TYPE65280` (RFC 3597 5)."""
    return MNEMONICS.get(number) or f"TYPE{number}"


def parse_type(text: str) -> int:
    """Return the number of a type, in any case.

    Raises: ValueError if there is no such type.
    """
    upper = text.upper()
    if (number := TYPES.get(upper)) is not None:
        return number
    if (match := GENERIC.fullmatch(upper)) and int(match[1]) <= 0xFFFF:
        return int(match[1])
    raise ValueError(f"{text!r:.40} is no type of DNS records: write a mnemonic such as AAAA, or TYPE and its number")
