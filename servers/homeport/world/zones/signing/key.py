"""One key of a zone, and the keys that a zone has at one time.

Each key signs the whole zone and its own DNSKEY set: a combined signing key (RFC 6781 3.1). Private parts stay in this
package: no representation, message or answer has them.
"""

import struct
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import msgspec

from homeport.world.zones.name import Name, name_wire
from homeport.world.zones.rdata import ds_of_key, key_tag
from homeport.world.zones.rrset import CDNSKEY, CDS, DNSKEY, DS, RRset
from homeport.world.zones.signing.numbers import ECDSA_P256, RSA_SHA256

if TYPE_CHECKING:
    from homeport.world.zones.signing.algorithms import Pair

KEY_FLAGS = 257
"""Zone key and secure entry point (RFC 4034 2.1.1)."""
DNSSEC_PROTOCOL = 3
DNSKEY_TTL_S = 3600


class Policy(msgspec.Struct, frozen=True):
    """The signing policy of a zone. algorithm: of the keys that it gets, by number."""

    signed: bool = True
    algorithm: int = ECDSA_P256
    denial: Literal["nsec", "nsec3"] = "nsec"


class Recipe(msgspec.Struct, frozen=True, repr_omit_defaults=True):
    """The origin of a key: with the world's secret it is all that has to be kept."""

    algorithm: int
    generation: int
    """Counts the keys that the zone has had."""
    der: bytes = b""
    """The private key itself, for RSA, which cannot be derived."""

    def __repr__(self) -> str:
        """Leave out the private key."""
        return f"Recipe(algorithm={self.algorithm}, generation={self.generation})"


class Key:
    """A key of a zone. Its numbers are calculated at first need. secret: returns that of the world."""

    def __init__(self, origin: Name, recipe: Recipe, secret: Callable[[], bytes]) -> None:
        self.origin = origin
        self.recipe = recipe
        self.algorithm = recipe.algorithm
        self._secret = secret

    def __repr__(self) -> str:
        """Leave out the secret."""
        return f"Key({self.origin!r}, {self.recipe!r})"

    @cached_property
    def _pair(self) -> "Pair":
        from homeport.world.zones.signing import algorithms

        if self.algorithm == RSA_SHA256:
            return algorithms.load_rsa(self.recipe.der)
        numbers = struct.pack("!BI", self.algorithm, self.recipe.generation)
        return algorithms.derive(self.algorithm, self._secret() + numbers + name_wire(self.origin))

    def sign(self, data: bytes) -> bytes:
        """Return the signature of data, as an RRSIG has it."""
        return self._pair.sign(data)

    @cached_property
    def dnskey(self) -> bytes:
        """DNSKEY data (RFC 4034 2.1)."""
        return struct.pack("!HBB", KEY_FLAGS, DNSSEC_PROTOCOL, self.algorithm) + self._pair.public

    @cached_property
    def tag(self) -> int:
        """The key tag (RFC 4034 appendix B)."""
        return key_tag(self.dnskey)

    @cached_property
    def ds(self) -> bytes:
        """DS data with SHA-256, for the parent (RFC 4509)."""
        return ds_of_key(self.origin, self.dnskey)


class KeySet:
    """The keys that a zone has at one time; a change makes a new one."""

    def __init__(self, origin: Name, policy: Policy, keys: Sequence[Key]) -> None:
        self.origin = origin
        self.policy = policy
        self.keys = tuple(keys)

    @cached_property
    def apex(self) -> dict[int, RRset]:
        """The records that the keys bring to the apex: DNSKEY, and CDS and CDNSKEY for the parent (RFC 7344)."""
        public = tuple(key.dnskey for key in self.keys)
        return {
            DNSKEY: RRset(DNSKEY, DNSKEY_TTL_S, public),
            CDS: RRset(CDS, DNSKEY_TTL_S, tuple(key.ds for key in self.keys)),
            CDNSKEY: RRset(CDNSKEY, DNSKEY_TTL_S, public),
        }

    def delegation_signer(self, ttl: int) -> RRset:
        """Return the DS set that the parent has (RFC 4034 5)."""
        return RRset(DS, ttl, tuple(key.ds for key in self.keys))
