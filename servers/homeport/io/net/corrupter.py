"""Random changes of bytes, for the fault `corrupt`.

Which bytes change depends on their offset in the stream and not on segment boundaries; so changes are drawn for blocks
of a fixed size. At high rates a block is computed as one large integer: 16 KiB take half a millisecond at any rate.
"""

from functools import lru_cache
from math import log

from homeport.world.faults import Fault

BLOCK = 4096
"""Bytes whose changes are drawn together."""
DENSE = 1 / 64
"""Rate above which a number is drawn for each byte, instead of for the gaps between changes."""
NO_ZERO = bytes([1, *range(1, 256)])
"""Translates random bytes into XOR masks that change a byte; 1 is a little more frequent."""


class Corrupter:
    """Changes the planned share of bytes at random."""

    def __init__(self, fault: Fault) -> None:
        self._rate: float = fault.plan.do.corrupt.rate  # type: ignore[union-attr]  # it is of that kind
        self._chance = fault.generator()
        self._dense = self._rate > DENSE
        self._below, self._equal, self._under = tables(round(self._rate * 65536))
        self._gap = 0 if self._dense else self._next_gap()
        self._mask = b""  # XOR mask of the current block: 0 keeps a byte
        self._at = BLOCK  # bytes of the block used so far

    def corrupt(self, data: bytes) -> tuple[bytes, int]:
        """Return the bytes after the change, and the number of changed ones."""
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
        """Draw the gaps between changes: most bytes are unchanged."""
        mask, at = bytearray(BLOCK), self._gap
        while at < BLOCK:
            mask[at] = self._chance.randint(1, 255)
            at += 1 + self._next_gap()
        self._gap = at - BLOCK
        return bytes(mask)

    def _dense_mask(self) -> bytes:
        """Draw 16 bits for each byte that decide whether it changes, and 8 bits for the change."""
        draw = self._chance.randbytes
        first, second = draw(BLOCK), draw(BLOCK)
        chosen = number(first.translate(self._below)) | (
            number(first.translate(self._equal)) & number(second.translate(self._under))
        )
        return (chosen & number(draw(BLOCK).translate(NO_ZERO))).to_bytes(BLOCK, "big")

    def _next_gap(self) -> int:
        """Draw the number of unchanged bytes before the next change."""
        # Geometric distribution: the number of failures before a success.
        return int(log(1 - self._chance.random()) / log(1 - self._rate))


def number(data: bytes) -> int:
    """Return bytes as one integer, so that one operation computes them all."""
    return int.from_bytes(data, "big")


@lru_cache
def tables(share: int) -> tuple[bytes, bytes, bytes]:
    """Return tables for `translate` that decide whether a random 16-bit number is below `share`, as 255 or 0.

    They are for a high byte that is below that of `share`, for one that is equal, and for the low byte in that case.
    """
    high, low = divmod(share, 256)
    return (
        bytes(255 * (byte < high) for byte in range(256)),
        bytes(255 * (byte == high) for byte in range(256)),
        bytes(255 * (byte < low) for byte in range(256)),
    )
