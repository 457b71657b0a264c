"""authInfo of domains and contacts, and how it is kept: as it is, or as RFC 9154 wants it.

That is a salted hash of at least 128 bits (4.3), unset when its time is over (4.2) or when the object is transferred.
What looks like a hash is hashed itself, so that no client sets a hash by its text.
"""

import math
import re
from hashlib import sha256
from hmac import compare_digest
from secrets import token_hex
from typing import TypeVar

from msgspec.structs import replace

from homeport.world.registry.objects import NO_EXTRAS, Contact, Domain, Transferable

AnyTransferable = TypeVar("AnyTransferable", bound=Transferable)

BITS = 128
"""Minimum of random bits (RFC 9154 4.1)."""
SALT_BYTES = 16
HASH = re.compile(r"\$sha256\$([0-9a-f]{32})\$([0-9a-f]{64})")
ALPHABETS = ((re.compile(r"[a-z]"), 26), (re.compile(r"[A-Z]"), 26), (re.compile(r"[0-9]"), 10))
OTHERS = 33
"""Printable characters of ASCII that are neither letters nor digits."""
HEXADECIMAL = re.compile(r"[0-9a-f]+|[0-9A-F]+")


def bits_of(text: str) -> float:
    """Return the most bits that a random text of these characters can have; by its alphabet and length.

    A text that repeats few characters has less: that of its own characters.
    """
    if HEXADECIMAL.fullmatch(text):
        size = 16
    else:
        size = sum(many for letters, many in ALPHABETS if letters.search(text))
        size += OTHERS if re.search(r"[^a-zA-Z0-9]", text) else 0
    distinct = len(set(text))
    return len(text) * math.log2(size) if 2 * distinct > min(len(text), size) else len(text) * math.log2(distinct or 1)


def weakness(text: str) -> str:
    """Return why a text cannot be secure authInfo (RFC 9154 4.1); empty if it can."""
    bits = math.floor(bits_of(text))
    if bits >= BITS:
        return ""
    return (
        f"has {BITS} random bits: 20 characters of all printable ones, 22 letters and digits, or 32 hexadecimal "
        f"digits; this one has {bits} at most"
    )


def hashed(text: str) -> str:
    """Return the salted hash of a text: `$sha256$SALT$DIGEST`. Its many bits make a slow hash needless."""
    salt = token_hex(SALT_BYTES)
    return f"$sha256${salt}${_digest(salt, text)}"


def is_hash(kept: str) -> bool:
    """True if a kept authInfo is a hash, which no client may see."""
    return HASH.fullmatch(kept) is not None


def matches(kept: str, given: str) -> bool:
    """True if the given authInfo is the kept one, or that of a kept hash."""
    found = HASH.fullmatch(kept)
    if found is None:
        return compare_digest(kept.encode(), given.encode())
    return compare_digest(found[2], _digest(found[1], given))


def _digest(salt: str, text: str) -> str:
    return sha256(bytes.fromhex(salt) + text.encode()).hexdigest()


def with_authinfo(one: AnyTransferable, text: str | None, *, until: float | None = None) -> AnyTransferable:
    """Return an object with new authInfo. text: as it is to be kept; None: unset. until: time of its end."""
    extras = one.extras
    if extras.authinfo_until != until:
        extras = replace(extras, authinfo_until=until)
    return replace(one, password=text, extras=NO_EXTRAS if extras == NO_EXTRAS else extras)


def is_over(one: Domain | Contact, now: float) -> bool:
    """True if the time of an object's authInfo is over."""
    until = one.extras.authinfo_until
    return until is not None and until <= now
