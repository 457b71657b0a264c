"""The AEAD algorithms of NTS, by their numbers in IANA's registry (RFC 5116 6).

    15  AES-SIV-CMAC-256   RFC 5297: keys of 32 octets; every server has it (RFC 8915 5.1)
    30  AES-128-GCM-SIV    RFC 8452: keys of 16 octets, so that cookies are shorter

A nonce that comes twice does no harm to either.
"""

from typing import ClassVar, Literal, Protocol

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV, AESSIV

AlgorithmName = Literal["AES-SIV-CMAC-256", "AES-128-GCM-SIV"]
TAG_BYTES = 16
"""Octets by which a ciphertext is longer than its plaintext."""


class NotAuthentic(ValueError):
    """A ciphertext that was not made with this key, nonce and associated data."""


class Cipher(Protocol):
    """An algorithm with a key."""

    number: ClassVar[int]
    name: ClassVar[AlgorithmName]
    key_bytes: ClassVar[int]
    nonce_bytes: ClassVar[int]
    """Length of the nonces that servers make."""

    def __init__(self, key: bytes) -> None: ...

    def seal(self, nonce: bytes, plaintext: bytes, associated: bytes) -> bytes:
        """Return the ciphertext, `TAG_BYTES` longer than the plaintext."""

    def open(self, nonce: bytes, ciphertext: bytes, associated: bytes) -> bytes:
        """Return the plaintext. Raises: NotAuthentic."""


class AesSivCmac256:
    """AES-SIV-CMAC-256 (RFC 5297): the nonce is the last part of the associated data (RFC 5297 3)."""

    __slots__ = ("_cipher",)

    number: ClassVar[int] = 15
    name: ClassVar[AlgorithmName] = "AES-SIV-CMAC-256"
    key_bytes: ClassVar[int] = 32
    nonce_bytes: ClassVar[int] = 16

    def __init__(self, key: bytes) -> None:
        self._cipher = AESSIV(key)

    def seal(self, nonce: bytes, plaintext: bytes, associated: bytes) -> bytes:
        """Return the ciphertext, with the tag in front."""
        return self._cipher.encrypt(plaintext, [associated, nonce])

    def open(self, nonce: bytes, ciphertext: bytes, associated: bytes) -> bytes:
        """Return the plaintext. Raises: NotAuthentic."""
        if not nonce or len(ciphertext) < TAG_BYTES:
            raise NotAuthentic
        try:
            return self._cipher.decrypt(ciphertext, [associated, nonce])
        except InvalidTag:
            raise NotAuthentic from None


class Aes128GcmSiv:
    """AES-128-GCM-SIV (RFC 8452)."""

    __slots__ = ("_cipher",)

    number: ClassVar[int] = 30
    name: ClassVar[AlgorithmName] = "AES-128-GCM-SIV"
    key_bytes: ClassVar[int] = 16
    nonce_bytes: ClassVar[int] = 12

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCMSIV(key)

    def seal(self, nonce: bytes, plaintext: bytes, associated: bytes) -> bytes:
        """Return the ciphertext, with the tag at its end."""
        return self._cipher.encrypt(nonce, plaintext, associated)

    def open(self, nonce: bytes, ciphertext: bytes, associated: bytes) -> bytes:
        """Return the plaintext. Raises: NotAuthentic."""
        if len(nonce) != self.nonce_bytes or len(ciphertext) < TAG_BYTES:
            raise NotAuthentic
        try:
            return self._cipher.decrypt(nonce, ciphertext, associated)
        except InvalidTag:
            raise NotAuthentic from None


def _is_there(algorithm: type[Cipher]) -> bool:
    """Return True if OpenSSL has the algorithm: versions before 3.2 lack AES-128-GCM-SIV."""
    try:
        algorithm(bytes(algorithm.key_bytes))
    except UnsupportedAlgorithm:
        return False
    return True


NUMBERS: dict[AlgorithmName, int] = {one.name: one.number for one in (AesSivCmac256, Aes128GcmSiv)}
ALGORITHMS: dict[int, type[Cipher]] = {one.number: one for one in (AesSivCmac256, Aes128GcmSiv) if _is_there(one)}
