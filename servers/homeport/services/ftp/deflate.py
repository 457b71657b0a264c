"""MODE Z as it is deployed (draft-preston-ftpext-deflate): what stream mode would send, as one stream
of zlib (RFC 1950).

Little can become much: what is fed at a time should be no more than AT_ONCE octets, which cannot pass the limit. Over
all, the sink is what says that a file is too large.
"""

import zlib

AT_ONCE = 32_768
"""Octets that may safely be fed at a time: deflate makes 1,032 of one at most."""
LARGEST_OUTPUT = 64 * 1024 * 1024
"""Octets that may come of one feed."""


class Deflater:
    """Sends. level: 0 to 9, speed against size."""

    def __init__(self, level: int = 6) -> None:
        self._zlib = zlib.compressobj(level)

    def feed(self, data: bytes) -> bytes:
        """What can be sent so far."""
        return self._zlib.compress(data)

    def finish(self) -> bytes:
        """The rest."""
        return self._zlib.flush()


class Inflater:
    """Receives."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj()

    @property
    def ended(self) -> bool:
        """Whether the end has come."""
        return self._zlib.eof

    def feed(self, data: bytes) -> bytes:
        """What was deflated. Raises: ValueError: it is no zlib, goes on behind its end, or becomes too much."""
        try:
            data = self._zlib.decompress(data, LARGEST_OUTPUT)
        except zlib.error as error:
            raise ValueError(
                f"what came is not deflated as MODE Z has it, which is zlib (RFC 1950): {error}"
            ) from error
        if len(data) == LARGEST_OUTPUT:
            raise ValueError(f"what came inflates to more than {LARGEST_OUTPUT} octets at a time")
        if self._zlib.unused_data:
            raise ValueError("octets came after the end of the deflated file")
        return data

    def finish(self) -> bytes:
        """Nothing. Raises: ValueError: the end has not come."""
        if not self._zlib.eof:
            raise ValueError("the deflated file ended early")
        return b""
