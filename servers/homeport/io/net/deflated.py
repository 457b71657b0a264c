"""The socket of a stream under compression by DEFLATE (RFC 1951, as IMAP's COMPRESS uses it, RFC 4978).

It lies over the plain socket, or over TLS: data are compressed before they are encrypted. So session, journal and
faults have the plaintext, as under TLS.

A few bytes may inflate to a thousand times as many: each read returns a bounded piece, and what is left stays
compressed until the session has taken that piece. Nothing more is read meanwhile.
"""

import errno
import zlib
from typing import Any, Protocol

from homeport.io.net.stream_socket import StreamSocket

MAX_INFLATED_BYTES = 64 << 10
"""Output of one read."""
MAX_DEFLATED_BYTES = 32 << 10
"""Input of one call of the compressor: half a millisecond."""
LEVEL = 1
"""Of zlib: the fastest, as it runs on the reactor; text becomes a third of its size."""
RAW = -zlib.MAX_WBITS
"""No header and no checksum: RFC 1951, not RFC 1950."""


class DeflatedHost(Protocol):
    """The connection that uses a deflated socket."""

    def read_soon(self) -> None:
        """Read in the next turn, unless reading is suspended."""


class DeflatedSocket:
    """A non-blocking socket that compresses and inflates. under: the plain socket, or that of TLS."""

    __slots__ = ("_deflate", "_held", "_inflate", "_left", "_owed", "_stream", "_tail", "_under", "malformed")

    def __init__(self, under: StreamSocket, stream: DeflatedHost) -> None:
        self._under = under
        self._stream: DeflatedHost | None = stream
        self._deflate: Any = zlib.compressobj(LEVEL, zlib.DEFLATED, RAW)
        self._inflate: Any = zlib.decompressobj(RAW)
        self._tail = b""  # input that is not inflated yet
        self._held = False  # the last read reached its limit, so that there may be more without further input
        self._left: bytes | memoryview = b""  # output that the socket below has not taken
        self.malformed = False
        """True once the input was not valid DEFLATE."""
        self._owed = 0  # bytes that were compressed but reported as blocked, because of that

    def fileno(self) -> int:
        """Return the descriptor, or -1 if it is closed."""
        return self._under.fileno()

    def setsockopt(self, level: int, option: int, value: int | bytes, /) -> None:
        """As of the socket below."""
        self._under.setsockopt(level, option, value)

    def getsockopt(self, level: int, option: int, /) -> int:
        """As of the socket below."""
        return self._under.getsockopt(level, option)

    def getpeername(self) -> object:
        """As of the socket below."""
        return self._under.getpeername()

    def put(self, data: bytes) -> None:
        """Take input that was read from the socket below before compression started."""
        self._tail += data
        self._held = True

    def recv(self, size: int, /) -> bytes:
        """Return the next piece of input, inflated; nothing at the end of the stream.

        Raises: BlockingIOError if none is available; OSError if the connection is broken, or the input `malformed`.
        """
        if not self._held:
            self._tail = self._under.recv(size)
            if not self._tail:
                return b""
        inflate = self._inflate
        tail, self._tail, self._held = self._tail, b"", False
        try:
            data: bytes = inflate.decompress(tail, MAX_INFLATED_BYTES)
        except zlib.error as error:
            self.malformed = True
            reason = str(error).rpartition(": ")[2]
            raise OSError(errno.EPROTO, f"the input is not valid DEFLATE (RFC 1951): {reason}") from None
        if inflate.unused_data:
            self.malformed = True
            raise OSError(errno.EPROTO, "data after the end of the compressed input (RFC 1951 3.2.3)")
        self._tail = inflate.unconsumed_tail
        self._held = len(data) == MAX_INFLATED_BYTES or bool(self._tail)
        self.resume()
        if not data:
            raise BlockingIOError
        return data

    def resume(self) -> None:
        """Schedule a read if input is buffered here, where the reactor does not see it. Called when reading resumes."""
        if self._held and self._stream is not None:
            self._stream.read_soon()

    def send(self, data: bytes | memoryview, flags: int = 0, /) -> int:
        """Compress and send; return the number of bytes taken. After BlockingIOError the caller must retry with the
        same data.

        Raises: BlockingIOError if the socket below is full; OSError if the connection is broken.
        """
        if not self._flush(flags):
            raise BlockingIOError
        if self._owed:
            taken, self._owed = self._owed, 0
            return taken
        if not data or self._deflate is None:  # closed: the socket below raises the error
            return self._under.send(data, flags)  # it may have records of its own to flush
        piece = memoryview(data)[:MAX_DEFLATED_BYTES]
        self._left = self._deflate.compress(piece) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
        if not self._flush(flags):
            self._owed = len(piece)
            raise BlockingIOError
        return len(piece)

    def _flush(self, flags: int = 0) -> bool:
        """Send compressed output; return True if all was sent. Raises: OSError if the connection is broken."""
        while self._left:
            try:
                sent = self._under.send(self._left, flags)
            except BlockingIOError:
                return False
            self._left = memoryview(self._left)[sent:]
        return True

    def shutdown(self, how: int, /) -> None:
        """Half-close the socket below after all output.

        Raises: BlockingIOError if it is full; OSError if the connection is broken.
        """
        if not self._flush():
            raise BlockingIOError
        self._under.shutdown(how)

    def close(self) -> None:
        """Close the socket."""
        self._stream = None  # breaks a reference cycle
        # What zlib holds, 80 KiB, would stay until the garbage collector looks at the closed connection.
        self._deflate = self._inflate = None
        self._tail, self._left, self._held, self._owed = b"", b"", False, 0
        self._under.close()
