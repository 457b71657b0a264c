"""Record data of the types that the world writes itself, in wire form. Others are parsed from text by dnspython."""

import struct
from hashlib import sha256
from ipaddress import ip_address

from homeport.world.zones.name import Name, name_wire

MAX_STRING_BYTES = 255
SHA256_DIGEST = 2
ALGORITHM_AT = 3
"""Offset of the algorithm in DNSKEY data (RFC 4034 2.1)."""


def address(text: str) -> bytes:
    """Return A or AAAA data (RFC 1035 3.4.1, RFC 3596 2.2). Raises: ValueError."""
    return ip_address(text).packed


def soa(server: Name, mailbox: Name, serial: int, refresh_s: int, retry_s: int, expire_s: int, minimum_s: int) -> bytes:
    """Return SOA data (RFC 1035 3.3.13). minimum_s: the TTL of negative answers (RFC 2308 4)."""
    numbers = struct.pack("!IIIII", serial, refresh_s, retry_s, expire_s, minimum_s)
    return name_wire(server) + name_wire(mailbox) + numbers


def mx(preference: int, exchange: Name) -> bytes:
    """Return MX data (RFC 1035 3.3.9)."""
    return struct.pack("!H", preference) + name_wire(exchange)


def srv(priority: int, weight: int, port: int, target: Name) -> bytes:
    """Return SRV data (RFC 2782)."""
    return struct.pack("!HHH", priority, weight, port) + name_wire(target)


def txt(text: bytes) -> bytes:
    """Return TXT data (RFC 1035 3.3.14), a long text as several strings."""
    pieces = [text[at : at + MAX_STRING_BYTES] for at in range(0, len(text), MAX_STRING_BYTES)] or [b""]
    return b"".join(bytes((len(piece),)) + piece for piece in pieces)


def ds(key_tag: int, algorithm: int, digest_type: int, digest: bytes) -> bytes:
    """Return DS data (RFC 4034 5.1)."""
    return struct.pack("!HBB", key_tag, algorithm, digest_type) + digest


def key_tag(dnskey: bytes) -> int:
    """Return the key tag of DNSKEY data (RFC 4034 appendix B)."""
    data = dnskey + b"\0" * (len(dnskey) % 2)
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    return (total + (total >> 16)) & 0xFFFF


def ds_of_key(owner: Name, dnskey: bytes) -> bytes:
    """Return the DS data of a key with SHA-256 (RFC 4509)."""
    return ds(key_tag(dnskey), dnskey[ALGORITHM_AT], SHA256_DIGEST, sha256(name_wire(owner) + dnskey).digest())


def tlsa(usage: int, selector: int, matching: int, data: bytes) -> bytes:
    """Return TLSA data (RFC 6698 2.1)."""
    return bytes((usage, selector, matching)) + data


def caa(flags: int, tag: bytes, value: bytes) -> bytes:
    """Return CAA data (RFC 8659 4.1)."""
    return bytes((flags, len(tag))) + tag + value
