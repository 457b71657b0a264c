"""Cookies: the keys of an association, sealed for the server alone, so that it keeps no state (RFC 8915 6).

    octets  0-3    identifier of the server's key
            4-19   nonce
            20-    AES-SIV-CMAC-256 of: number of the algorithm, mark of a fault, key to the server, key to the client

The server's keys are those of one world since its last reset, and are not stored: after a restart the cookies that
clients have get the kiss code NTSN, and they exchange keys again. Keys change with real time; cookies of the last
`KEYS_KEPT` keys are accepted.
"""

from collections.abc import Callable
from hashlib import blake2s
from secrets import token_bytes
from typing import TYPE_CHECKING

import msgspec

from homeport.services.ntp.nts.algorithms import ALGORITHMS, TAG_BYTES, AesSivCmac256, Cipher, NotAuthentic

if TYPE_CHECKING:
    from homeport.protocol.session import Context

STATE = "ntp.nts"
"""Name of the state of NTS in a world."""
ID_BYTES = 4
NONCE_BYTES = AesSivCmac256.nonce_bytes
SEALED_AT = ID_BYTES + NONCE_BYTES
HEAD_BYTES = 4
KEYS_KEPT = 3
"""Keys whose cookies are accepted: the newest and those of the two periods before (RFC 8915 6)."""
MAX_USED = 8192
"""Cookies and Unique Identifiers of requests that are remembered, to find those that come again."""


class SessionKeys(msgspec.Struct, frozen=True):
    """The keys that client and server have agreed on."""

    algorithm: int
    to_server: bytes
    to_client: bytes
    mark: int = 0
    """Number of a fault that the client has asked for by a name; 0 for none."""

    @property
    def cipher_to_server(self) -> Cipher:
        """The cipher of requests."""
        return ALGORITHMS[self.algorithm](self.to_server)

    @property
    def cipher_to_client(self) -> Cipher:
        """The cipher of answers."""
        return ALGORITHMS[self.algorithm](self.to_client)


class NotOurs(ValueError):
    """A cookie that none of the present keys has sealed."""


class CookieKeys:
    """The keys that seal the cookies of one world, and the cookies that were used."""

    __slots__ = ("_born", "_keys", "_random", "_used")

    def __init__(self, random: Callable[[int], bytes] = token_bytes) -> None:
        self._random = random
        self._keys: dict[bytes, AesSivCmac256] = {}  # the newest last
        self._born = 0.0
        self._used: dict[bytes, None] = {}

    def seal(self, keys: SessionKeys, now: float, life_s: float) -> bytes:
        """Return a new cookie.

        now: real time. life_s: seconds after which another key seals cookies; 0: it never changes.
        """
        self._renew(now, life_s)
        identifier, cipher = next(reversed(self._keys.items()))
        nonce = self._random(NONCE_BYTES)
        plaintext = keys.algorithm.to_bytes(2) + keys.mark.to_bytes(2) + keys.to_server + keys.to_client
        return identifier + nonce + cipher.seal(nonce, plaintext, identifier)

    def open(self, cookie: bytes, now: float, life_s: float) -> SessionKeys:
        """Return the keys in a cookie. Raises: NotOurs."""
        self._renew(now, life_s)
        cipher = self._keys.get(cookie[:ID_BYTES])
        if cipher is None:
            raise NotOurs
        try:
            plaintext = cipher.open(cookie[ID_BYTES:SEALED_AT], cookie[SEALED_AT:], cookie[:ID_BYTES])
        except NotAuthentic:
            raise NotOurs from None
        algorithm, mark = int.from_bytes(plaintext[:2]), int.from_bytes(plaintext[2:HEAD_BYTES])
        size = ALGORITHMS[algorithm].key_bytes
        return SessionKeys(algorithm, plaintext[HEAD_BYTES:][:size], plaintext[HEAD_BYTES + size :], mark)

    def use(self, token: bytes) -> bool:
        """Note that a cookie or a Unique Identifier was used; return False if it had been before."""
        short = blake2s(token, digest_size=NONCE_BYTES).digest()
        if short in self._used:
            return False
        if len(self._used) >= MAX_USED:
            self._used.clear()
        self._used[short] = None
        return True

    def _renew(self, now: float, life_s: float) -> None:
        """Make a key if there is none or the newest is too old; forget the oldest.

        A standstill of several periods makes as many keys, so that cookies do not outlive them.
        """
        if not self._keys:
            self._add(now)
        for _ in range(KEYS_KEPT):
            if not life_s or now - self._born < life_s:
                return
            self._add(self._born + life_s)
        self._born = now

    def _add(self, born: float) -> None:
        self._born = born
        identifier = self._random(ID_BYTES)
        self._keys.pop(identifier, None)
        self._keys[identifier] = AesSivCmac256(self._random(AesSivCmac256.key_bytes))
        while len(self._keys) > KEYS_KEPT:
            del self._keys[next(iter(self._keys))]


def cookie_bytes(algorithm: int) -> int:
    """Return the length of cookies for an algorithm."""
    return SEALED_AT + TAG_BYTES + HEAD_BYTES + 2 * ALGORITHMS[algorithm].key_bytes


def keys_of(context: "Context") -> CookieKeys:
    """Return the keys of the cookies of a world."""
    return context.world.of_service(STATE, CookieKeys)
