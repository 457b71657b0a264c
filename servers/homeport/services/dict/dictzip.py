"""dictzip: gzip in chunks, so that a part can be read without what is before it.

The header's extra field has a subfield `RA`: version, size of a chunk before compression, number of chunks, and the
size of each after it. Each chunk is flushed fully, so that it can be inflated by itself. Even if the header lies, no
more memory is used than for a few chunks of 64 KiB.
"""

import os
import struct
import zlib
from collections import OrderedDict
from threading import Lock

from homeport.services.dict.databases import Unreadable

MAGIC = b"\x1f\x8b\x08"
FEXTRA, FNAME, FCOMMENT, FHCRC = 4, 8, 16, 2
MAX_HEADER = 1 << 17
MAX_CHUNKS_KEPT = 8


class Dictzip:
    """A `.dict.dz` file. Its methods may be called in several threads.

    Raises: Unreadable if it is not of that format.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        head = os.pread(descriptor, MAX_HEADER, 0)
        if head[:3] != MAGIC:
            raise Unreadable("it is not gzip")
        try:
            self.chunk_size, sizes, begin = read_header(head)
        except (struct.error, IndexError):
            raise Unreadable("its header is damaged") from None
        self._offsets = [begin]
        for size in sizes:
            self._offsets.append(self._offsets[-1] + size)
        self.size = self.chunk_size * len(sizes)
        """Bytes before compression, at most."""
        self._kept: OrderedDict[int, bytes] = OrderedDict()
        self._lock = Lock()

    def read(self, offset: int, size: int) -> bytes:
        """Return bytes of the text. Raises: Unreadable."""
        first, last = offset // self.chunk_size, (offset + max(size, 1) - 1) // self.chunk_size
        begin = offset - first * self.chunk_size
        data = b"".join([self._chunk(number) for number in range(first, last + 1)])[begin : begin + size]
        if len(data) < size:
            raise Unreadable("it ends before its index says so")
        return data

    def _chunk(self, number: int) -> bytes:
        with self._lock:
            chunk = self._kept.get(number)
            if chunk is not None:
                self._kept.move_to_end(number)
                return chunk
        if number >= len(self._offsets) - 1:
            raise Unreadable("it ends before its index says so")
        begin, end = self._offsets[number : number + 2]
        try:
            chunk = zlib.decompressobj(-zlib.MAX_WBITS).decompress(
                os.pread(self._descriptor, end - begin, begin), self.chunk_size
            )
        except zlib.error as error:
            raise Unreadable(f"chunk {number} is damaged: {error}") from None
        with self._lock:
            self._kept[number] = chunk
            while len(self._kept) > MAX_CHUNKS_KEPT:
                self._kept.popitem(last=False)
        return chunk


def read_header(head: bytes) -> tuple[int, tuple[int, ...], int]:
    """Return the size of a chunk, the sizes of the compressed ones, and the offset of the first.

    Raises: Unreadable; struct.error or IndexError for a header that ends too early.
    """
    flags = head[3]
    if not flags & FEXTRA:
        raise Unreadable("it is gzip without chunks: make it by dictzip")
    (extra,) = struct.unpack_from("<H", head, 10)
    at, end = 12, 12 + extra
    found: tuple[int, tuple[int, ...]] | None = None
    while at + 4 <= end:
        name = head[at : at + 2]
        (size,) = struct.unpack_from("<H", head, at + 2)
        if name == b"RA":
            version, chunk_size, count = struct.unpack_from("<HHH", head, at + 4)
            if version != 1 or not chunk_size or not count or 6 + 2 * count > size:
                raise Unreadable("its table of chunks is damaged")
            found = chunk_size, struct.unpack_from(f"<{count}H", head, at + 10)
        at += 4 + size
    if found is None:
        raise Unreadable("it is gzip without chunks: make it by dictzip")
    at = end
    for flag in (FNAME, FCOMMENT):
        if flags & flag:
            at = head.index(b"\0", at) + 1 if b"\0" in head[at:] else MAX_HEADER
    at += 2 if flags & FHCRC else 0
    return *found, at
