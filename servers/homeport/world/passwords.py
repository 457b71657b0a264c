"""Passwords as they are kept: in the clear, or hashed under a scheme (RFC 2307 5.3).

A client that sets a person's password over LDAP may hash it. It opens what is sent the password itself; what needs the
password in the clear on the server, such as CRAM-MD5 or APOP, is not open to that person.
"""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from hmac import compare_digest

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
OTHERS = (b"CRYPT", b"ARGON2", b"BCRYPT", b"SCRAM-SHA-256", b"SASL")
"""Schemes that are known and not supported: such a value opens nothing."""
SCHEMES = frozenset((*DIGESTS, *PBKDF2, *CLEAR, *OTHERS))
FEW_ITERATIONS = 10_000
"""Rounds of PBKDF2 that a service computes on the reactor, in about 5 ms."""


def is_hashed(kept: bytes) -> bool:
    """Return True if a password is kept under a scheme."""
    found = SCHEME.match(kept)
    return found is not None and found[1].upper() in SCHEMES


def opens(kept: str, given: bytes) -> bool:
    """Return True if a person's password is that one. A hash of more than FEW_ITERATIONS opens only LDAP."""
    return bool(kept) and matches(kept.encode(), given, FEW_ITERATIONS)


def matches(kept: bytes, given: bytes, max_iterations: int = MAX_ITERATIONS) -> bool:
    """Return True if a password is the one that is kept. A scheme that is not supported matches nothing."""
    found = SCHEME.match(kept)
    if found is None or found[1].upper() not in SCHEMES:
        return compare_digest(kept, given)
    scheme, rest = found[1].upper(), kept[found.end() :]
    if scheme in CLEAR:
        return compare_digest(rest, given)
    if scheme in PBKDF2:
        return _matches_pbkdf2(PBKDF2[scheme], rest, given, max_iterations)
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
    """Return the rounds of hashing that a comparison with a password takes; 0: next to nothing."""
    found = SCHEME.match(kept)
    if found is None or found[1].upper() not in PBKDF2:
        return 0
    number = kept[found.end() :].partition(b"$")[0]
    return int(number) if number.isdigit() and len(number) < MAX_DIGITS else 0


def _matches_pbkdf2(name: str, rest: bytes, given: bytes, max_iterations: int) -> bool:
    """Compare with `ITERATIONS$SALT$HASH`, in base64 with `.` for `+` and without padding."""
    import hashlib

    number, *fields = rest.split(b"$")
    if len(fields) != 2 or not number.isdigit() or len(number) >= MAX_DIGITS or not 0 < int(number) <= max_iterations:
        return False
    try:
        salt, held = (b64decode(one.replace(b".", b"+") + b"=" * (-len(one) % 4)) for one in fields)
    except Base64Error:
        return False
    return compare_digest(held, hashlib.pbkdf2_hmac(name, given, salt, int(number), len(held) or 1))
