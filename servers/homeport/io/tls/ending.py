"""The socket of a connection that ends TLS and continues in the clear (RFC 4217 5 and 13; RFC 8446 6.1).

The server's close_notify is its last record. The client's side ends by its own close_notify, or, if it sends none, by
the first bytes that are no record. The bytes after either are cleartext, independent of segment boundaries: bytes are
passed to OpenSSL one by one until it reports the end. Input that still arrives under TLS is delivered, because it was
protected.

Only connections that end TLS import this module.
"""

import errno
from collections.abc import Iterable

from OpenSSL import SSL
from OpenSSL._util import ffi
from OpenSSL._util import lib as openssl

from homeport.io.net.stream_socket import StreamSocket
from homeport.io.tls.errors import RECORD, in_words, is_close_notify

HEADER = 5
"""Size of a record's header in bytes (RFC 8446 5.1)."""
LEFT_AT_ONCE = 16 << 10


class AfterTls:
    """The plain socket, with the remaining TLS records decrypted on input.

    ended: True if the client's close_notify has come already. rest: bytes received after it.
    """

    __slots__ = ("_engine", "_header", "_rest", "_socket")

    def __init__(self, engine: SSL.Connection, plain: StreamSocket, rest: bytes, *, ended: bool) -> None:
        self._engine = None if ended else engine  # None: everything is clear text
        self._socket = plain
        self._header = b""
        self._rest = rest

    @property
    def waiting(self) -> bool:
        """True if input is buffered here, where the reactor does not see it."""
        return bool(self._rest)

    def fileno(self) -> int:
        """Return the descriptor, or -1 if it is closed."""
        return self._socket.fileno()

    def setsockopt(self, level: int, option: int, value: int | bytes, /) -> None:
        """As of the socket below."""
        self._socket.setsockopt(level, option, value)

    def getsockopt(self, level: int, option: int, /) -> int:
        """As of the socket below."""
        return self._socket.getsockopt(level, option)

    def getpeername(self) -> object:
        """As of the socket below."""
        return self._socket.getpeername()

    def recv(self, size: int, /) -> bytes:
        """Read once. Raises: BlockingIOError if no plaintext came; OSError."""
        if self._rest:
            data, self._rest = self._rest, b""
        else:
            data = self._socket.recv(size)
        if self._engine is None or not data:
            return data
        if said := self._without_tls(data):
            return said
        raise BlockingIOError

    def send(self, data: bytes | memoryview, flags: int = 0, /) -> int:
        """As of the socket below."""
        return self._socket.send(data, flags)

    def shutdown(self, how: int, /) -> None:
        """As of the socket below."""
        self._socket.shutdown(how)

    def close(self) -> None:
        """Close the socket."""
        self._rest = b""
        self._socket.close()

    def _without_tls(self, data: bytes) -> bytes:
        """Return the plaintext of received bytes: decrypted up to the end of TLS, unchanged after it."""
        engine = self._engine
        assert engine is not None  # noqa: S101 - checked by the caller
        said = b""
        for at in range(len(data)):
            byte = data[at : at + 1]
            engine.bio_write(byte)
            self._header = (self._header + byte)[-HEADER:]
            try:
                said += engine.recv(RECORD)
            except SSL.WantReadError:
                continue
            except SSL.ZeroReturnError:
                self._engine = None
                return said + data[at + 1 :]
            except SSL.Error as error:
                if is_close_notify(engine, error):
                    self._engine = None
                    return said + data[at + 1 :]
                # OpenSSL checks a header when it is complete, so these bytes are the first in the clear.
                self._engine = None
                return said + self._header + data[at + 1 :]
        return said


def encrypt_all(engine: SSL.Connection, pending: Iterable[bytes | memoryview]) -> bytes:
    """Encrypt the last output and a close_notify; return all records that OpenSSL holds. Raises: OSError."""
    try:
        for piece in pending:
            view = memoryview(piece)
            for at in range(0, len(view), RECORD):
                engine.send(view[at : at + RECORD])
        engine.shutdown()
    except SSL.Error as error:
        raise OSError(errno.EPROTO, in_words(error)) from None
    return b"".join(_pieces_of(engine))


def unread(engine: SSL.Connection) -> bytes:
    """Return received bytes that OpenSSL has not processed: those after a close_notify."""
    room = ffi.new("char[]", LEFT_AT_ONCE)
    parts = []
    # pyOpenSSL has no public way; a test checks this one.
    while (size := openssl.BIO_read(engine._into_ssl, room, LEFT_AT_ONCE)) > 0:  # noqa: SLF001
        parts.append(bytes(ffi.buffer(room, size)))
    return b"".join(parts)


def _pieces_of(engine: SSL.Connection) -> Iterable[bytes]:
    while True:
        try:
            yield engine.bio_read(RECORD)
        except SSL.WantReadError:
            return
