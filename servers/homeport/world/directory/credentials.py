"""Credentials of an entry: a password in the clear, or hashes of it (the schemes of RFC 2307 5.3)."""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from hmac import compare_digest

import msgspec

SCHEME = re.compile(rb"\{([A-Za-z0-9-]{2,20})\}")
DIGESTS = {
    b"MD5": ("md5", 16),
    b"SMD5": ("md5", 16),
    b"SHA": ("sha1", 20),
    b"SSHA": ("sha1", 20),
    b"SHA256": ("sha256", 32),
    b"SSHA256": ("sha256", 32),
    b"SHA384": ("sha384", 48),
    b"SSHA384": ("sha384", 48),
    b"SHA512": ("sha512", 64),
    b"SSHA512": ("sha512", 64),
}
"""Name and size of the digest, by scheme; what follows the digest is the salt."""
PBKDF2 = {b"PBKDF2": "sha1", b"PBKDF2-SHA1": "sha1", b"PBKDF2-SHA256": "sha256", b"PBKDF2-SHA512": "sha512"}
MAX_ITERATIONS = 10_000_000
MAX_DIGITS = 12
CLEAR = (b"CLEAR", b"CLEARTEXT")


class Credentials(msgspec.Struct, frozen=True):
    """The secrets by which a client logs in as an entry."""

    dn: str
    login: str
    """Login of the person; empty for others."""
    passwords: tuple[bytes, ...]
    """Values of userPassword."""
    admin: bool = False

    @property
    def is_hashed(self) -> bool:
        """True if a comparison may take long."""
        return any(has_scheme(one) for one in self.passwords)

    def matches(self, given: bytes) -> bool:
        """Return True if this is one of the passwords."""
        return any(matches(kept, given) for kept in self.passwords)


def has_scheme(kept: bytes) -> bool:
    """Return True if a value of userPassword is a hash, or names another scheme."""
    return SCHEME.match(kept) is not None


def matches(kept: bytes, given: bytes) -> bool:
    """Return True if a password is that of a value of userPassword. An unknown scheme matches nothing."""
    found = SCHEME.match(kept)
    if found is None:
        return compare_digest(kept, given)
    scheme, rest = found[1].upper(), kept[found.end() :]
    if scheme in CLEAR:
        return compare_digest(rest, given)
    if scheme in PBKDF2:
        return _matches_pbkdf2(PBKDF2[scheme], rest, given)
    if scheme not in DIGESTS:
        return False
    import hashlib  # loads OpenSSL's digests

    name, size = DIGESTS[scheme]
    try:
        held = b64decode(rest, validate=True)
    except Base64Error:
        return False
    made = hashlib.new(name, given + held[size:], usedforsecurity=False).digest()
    return compare_digest(held[:size], made)


def iterations_of(kept: bytes) -> int:
    """Return the rounds of hashing that a comparison with a value takes; 0: next to nothing."""
    found = SCHEME.match(kept)
    if found is None or found[1].upper() not in PBKDF2:
        return 0
    number = kept[found.end() :].partition(b"$")[0]
    return int(number) if number.isdigit() and len(number) < MAX_DIGITS else 0


def _matches_pbkdf2(name: str, rest: bytes, given: bytes) -> bool:
    """Compare with `ITERATIONS$SALT$HASH`, in base64 with `.` for `+` and without padding."""
    import hashlib

    number, *fields = rest.split(b"$")
    if len(fields) != 2 or not number.isdigit() or len(number) >= MAX_DIGITS or not 0 < int(number) <= MAX_ITERATIONS:
        return False
    try:
        salt, held = (b64decode(one.replace(b".", b"+") + b"=" * (-len(one) % 4)) for one in fields)
    except Base64Error:
        return False
    return compare_digest(held, hashlib.pbkdf2_hmac(name, given, salt, int(number), len(held) or 1))
