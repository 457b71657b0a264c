"""Names next to each other in canonical order (RFC 4034 6.1), and the hashed names of NSEC3 (RFC 5155)."""

import hashlib
from base64 import b32hexencode
from functools import lru_cache

from homeport.world.zones.name import MAX_LABEL_BYTES, MAX_NAME_BYTES, Name, name_wire, wire_size

HASH_BYTES = 20
UPPER_CASE = range(0x41, 0x5B)
"""Octets that count as others (RFC 4034 6.1): they have no place in the order."""


def after(name: Name, origin: Name) -> Name:
    """Return a name after a name and all below it, with no name of use between; the origin if there is none."""
    while name != origin:
        label, parent = name[0], name[1:]
        if len(label) < MAX_LABEL_BYTES and wire_size(name) < MAX_NAME_BYTES:
            return (label + b"\0", *parent)
        if label := label.rstrip(b"\xff"):
            octet = label[-1] + 1
            return (label[:-1] + bytes((UPPER_CASE.stop if octet in UPPER_CASE else octet,)), *parent)
        name = parent
    return origin


def before(name: Name) -> Name:
    """Return a name before a name, so near that no name of use is between; the parent of the first name below it."""
    label, parent = name[0], name[1:]
    if label == b"\0":
        return parent
    if label.endswith(b"\0"):
        shorter = (label[:-1], *parent)
        return _filled(b"", shorter) if wire_size(shorter) + 2 <= MAX_NAME_BYTES else shorter
    octet = label[-1] - 1
    return _filled(label[:-1] + bytes((UPPER_CASE.start - 1 if octet in UPPER_CASE else octet,)), parent)


def _filled(label: bytes, parent: Name) -> Name:
    """Return the last label that begins with one, below a parent."""
    size = min(MAX_LABEL_BYTES, MAX_NAME_BYTES - wire_size(parent) - 1)
    return (label.ljust(size, b"\xff"), *parent)


def first_below(name: Name) -> Name | None:
    """Return the name that follows immediately; None if it would be too long."""
    return (b"\0", *name) if wire_size(name) + 2 <= MAX_NAME_BYTES else None


@lru_cache(4096)
def hashed(name: Name) -> bytes:
    """Return the hash of a name (RFC 5155 5), without salt and further iterations."""
    return hashlib.sha1(name_wire(name), usedforsecurity=False).digest()


def hash_label(digest: bytes) -> bytes:
    """Return a hash as the first label of the owner of an NSEC3."""
    return b32hexencode(digest).lower()


def neighbour(digest: bytes, step: int) -> bytes:
    """Return the hash before (-1) or after (1) another one; they form a ring."""
    return ((int.from_bytes(digest) + step) % (1 << (8 * HASH_BYTES))).to_bytes(HASH_BYTES)
