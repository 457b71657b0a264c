"""MODE Z as deployed (draft-preston-ftpext-deflate): the data of stream mode as one zlib stream (RFC 1950).

Deflate expands one byte to up to 1,032, so the work for an input is bounded by its output: `Inflater.feed` returns at
most MAX_OUTPUT_BYTES and keeps the rest of its input; the size of the whole file is bounded by the sink (quota).
Compressing takes up to 10 us a byte for unfavourable data at level 9, which no bound of the input makes short, so a
`Deflater` is marked `slow`: it runs off the reactor, and zlib releases the GIL.
"""

import zlib

MAX_INPUT_BYTES = 32_768
"""Input of one `feed` of a Deflater: between two, a transfer can be aborted."""
MAX_OUTPUT_BYTES = 262_144
"""Maximum output of one `feed` of an Inflater."""


class Deflater:
    """Compresses. level: 0 (fast) to 9 (small)."""

    slow = True
    max_input = MAX_INPUT_BYTES

    def __init__(self, level: int = 6) -> None:
        self._zlib = zlib.compressobj(level)

    def feed(self, data: bytes) -> bytes:
        """Return the compressed bytes that are ready."""
        return self._zlib.compress(data)

    def finish(self) -> bytes:
        """Return the rest of the stream."""
        return self._zlib.flush()


class Inflater:
    """Decompresses."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj()
        self._full = False  # the last `feed` reached the limit, so zlib may hold more output

    @property
    def ended(self) -> bool:
        """True after the end of the stream."""
        return self._zlib.eof

    @property
    def pending(self) -> bool:
        """True if `feed` must be called again, without data, for the rest of the output."""
        return self._full or bool(self._zlib.unconsumed_tail)

    def feed(self, data: bytes) -> bytes:
        """Return at most MAX_OUTPUT_BYTES. Raises: ValueError for invalid zlib, or data after its end."""
        try:
            data = self._zlib.decompress(self._zlib.unconsumed_tail + data, MAX_OUTPUT_BYTES)
        except zlib.error as error:
            raise ValueError(f"the data are not valid zlib (RFC 1950), as MODE Z requires: {error}") from error
        self._full = len(data) == MAX_OUTPUT_BYTES
        if self._zlib.unused_data:
            raise ValueError("data after the end of the zlib stream")
        return data

    def finish(self) -> bytes:
        """Return nothing. Raises: ValueError before the end of the stream."""
        if not self._zlib.eof:
            raise ValueError("the zlib stream ends early")
        return b""
