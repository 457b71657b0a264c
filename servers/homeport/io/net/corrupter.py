"""Changing octets by chance, for the fault `corrupt`.

Which octets are changed follows from their place in the stream, however it is cut; so changes are drawn for blocks of
a fixed size. Where many octets are changed a block is computed as one large number: 16 KiB take half a millisecond,
whatever the rate.
"""

from functools import lru_cache
from math import log

from homeport.world.faults import Fault

BLOCK = 4096
"""Octets whose changes are drawn together."""
DENSE = 1 / 64
"""The share of changed octets above which each octet is drawn for, and not the gaps between them."""
NO_ZERO = bytes([1, *range(1, 256)])
"""Makes octets by chance into changes; 1 is a little more frequent."""


class Corrupter:
    """Changes the planned share of octets by chance."""

    def __init__(self, fault: Fault) -> None:
        self._rate: float = fault.plan.do.corrupt.rate  # type: ignore[union-attr]  # it is of that kind
        self._chance = fault.generator()
        self._dense = self._rate > DENSE
        self._below, self._equal, self._under = tables(round(self._rate * 65536))
        self._gap = 0 if self._dense else self._next_gap()
        self._mask = b""  # of the current block: 0 for an octet that stays as it is
        self._at = BLOCK  # octets of the block that have passed

    def corrupt(self, data: bytes) -> tuple[bytes, int]:
        """Return the octets after the change, and how many were changed."""
        parts, missing = [], len(data)
        while missing:
            if self._at == BLOCK:
                self._mask = self._dense_mask() if self._dense else self._sparse_mask()
                self._at = 0
            part = self._mask[self._at : self._at + missing]
            self._at += len(part)
            missing -= len(part)
            parts.append(part)
        mask = b"".join(parts)
        return (number(data) ^ number(mask)).to_bytes(len(data), "big"), len(mask) - mask.count(0)

    def _sparse_mask(self) -> bytes:
        """Draw the gaps between changes: most octets are left alone."""
        mask, at = bytearray(BLOCK), self._gap
        while at < BLOCK:
            mask[at] = self._chance.randint(1, 255)
            at += 1 + self._next_gap()
        self._gap = at - BLOCK
        return bytes(mask)

    def _dense_mask(self) -> bytes:
        """Draw 16 bits for each octet, which say whether it is changed, and 8 for the change."""
        draw = self._chance.randbytes
        first, second = draw(BLOCK), draw(BLOCK)
        chosen = number(first.translate(self._below)) | (
            number(first.translate(self._equal)) & number(second.translate(self._under))
        )
        return (chosen & number(draw(BLOCK).translate(NO_ZERO))).to_bytes(BLOCK, "big")

    def _next_gap(self) -> int:
        """Return how many octets are left as they are before the next change."""
        # The number of failures before a success, drawn at once.
        return int(log(1 - self._chance.random()) / log(1 - self._rate))


def number(data: bytes) -> int:
    """Return octets as one number, so that all are computed at once."""
    return int.from_bytes(data, "big")


@lru_cache
def tables(share: int) -> tuple[bytes, bytes, bytes]:
    """Return what `translate` makes 255, and all else 0, so that two octets drawn by chance are below a share of 65536.

    The three are for a first octet that is below, for one that is just as high, and for the second octet after that.
    """
    high, low = divmod(share, 256)
    return (
        bytes(255 * (octet < high) for octet in range(256)),
        bytes(255 * (octet == high) for octet in range(256)),
        bytes(255 * (octet < low) for octet in range(256)),
    )
