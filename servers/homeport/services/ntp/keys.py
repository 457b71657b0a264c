"""MACs with keys that server and client share: MD5 and SHA-1 (RFC 5905 7.3), AES-CMAC (RFC 8573)."""

import hashlib
import hmac
from collections.abc import Iterable

from homeport.services.ntp.options import KeyOptions
from homeport.services.ntp.packet import KEY_ID_BYTES

CRYPTO_NAK = bytes(KEY_ID_BYTES)
"""A MAC of the key id 0 alone: the request could not be authenticated (RFC 5905 figure 9)."""


class Key:
    """One key."""

    __slots__ = ("fault", "id", "secret", "type")

    def __init__(self, options: KeyOptions) -> None:
        self.id = options.id
        self.type = options.type
        self.secret = options.octets
        self.fault = options.fault

    def mac(self, data: bytes) -> bytes:
        """Return key id and digest for octets."""
        return self.id.to_bytes(KEY_ID_BYTES) + self._digest(data)

    def matches(self, data: bytes, mac: bytes) -> bool:
        """Return True if a MAC is that of these octets."""
        return hmac.compare_digest(self.mac(data), mac)

    def _digest(self, data: bytes) -> bytes:
        if self.type == "MD5":
            return hashlib.md5(self.secret + data, usedforsecurity=False).digest()
        if self.type == "SHA1":
            return hashlib.sha1(self.secret + data, usedforsecurity=False).digest()
        from cryptography.hazmat.primitives.ciphers.algorithms import AES
        from cryptography.hazmat.primitives.cmac import CMAC

        maker = CMAC(AES(self.secret))
        maker.update(data)
        return maker.finalize()


def keyring(options: Iterable[KeyOptions]) -> dict[int, Key]:
    """Return keys by their ids."""
    return {one.id: Key(one) for one in options}
