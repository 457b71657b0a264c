"""Passwords of registrars: as they were set, in memory; as salted, slow hashes on the disk, and after a restart.

A hash takes some ten milliseconds: `hashed` and `matches` are called off the reactor.
"""

import re
from base64 import b64decode, b64encode
from functools import lru_cache
from hashlib import scrypt
from hmac import compare_digest
from secrets import token_bytes

from msgspec.structs import replace

from homeport.world.registry.objects import Registrar

COST = 1 << 14
BLOCKS = 8
SALT_BYTES = 16
HASH = re.compile(r"\$scrypt\$([A-Za-z0-9+/=]{24})\$([A-Za-z0-9+/=]{44})")
MAX_HASHED = 1024
"""Hashes of this process that are remembered: a registrar is written with each change of its balance."""


def is_hash(kept: str) -> bool:
    """True if a kept password is a hash."""
    return kept.startswith("$scrypt$") and HASH.fullmatch(kept) is not None


def matches(kept: str, given: str) -> bool:
    """True if the given password is the kept one, or that of a kept hash."""
    found = HASH.fullmatch(kept)
    if found is None:
        return compare_digest(kept.encode(), given.encode())
    return compare_digest(found[2], _digest(b64decode(found[1]), given))


def for_disk(one: Registrar) -> Registrar:
    """Return a registrar as it is stored: with the hash of its password."""
    if not one.password or is_hash(one.password):
        return one
    return replace(one, password=_hashed(one.id, one.password))


@lru_cache(maxsize=MAX_HASHED)
def _hashed(_id: str, password: str) -> str:
    salt = token_bytes(SALT_BYTES)
    return f"$scrypt${b64encode(salt).decode()}${_digest(salt, password)}"


def _digest(salt: bytes, password: str) -> str:
    return b64encode(scrypt(password.encode(), salt=salt, n=COST, r=BLOCKS, p=1, dklen=32)).decode()
