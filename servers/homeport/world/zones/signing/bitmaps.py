"""Types at a name, as NSEC and NSEC3 list them (RFC 4034 4.1.2)."""

from collections.abc import Iterable


def type_bitmap(types: Iterable[int]) -> bytes:
    """Return the bit maps of types: a window for each 256 of them, without empty ones."""
    windows: dict[int, int] = {}
    for number in types:
        window = number >> 8
        windows[window] = windows.get(window, 0) | 1 << (255 - (number & 0xFF))
    return b"".join(_window(number, bits) for number, bits in sorted(windows.items()))


def _window(number: int, bits: int) -> bytes:
    data = bits.to_bytes(32).rstrip(b"\0")
    return bytes((number, len(data))) + data
