"""The socket of a stream that has ended TLS and goes on in the clear (RFC 4217 5 and 13; RFC 8446 6.1).

Our close_notify is the last record that we send. The client's side ends by its own, or, where a client sends none, by
the first octets that are no record. Those behind either are clear text, wherever the network has cut them: octets go to
OpenSSL one by one until it says so. What the client still says under TLS counts as said, for it was protected.

Only connections that end TLS import this.
"""

import errno
from collections.abc import Iterable

from OpenSSL import SSL
from OpenSSL._util import ffi
from OpenSSL._util import lib as openssl

from homeport.io.net.stream_socket import StreamSocket
from homeport.io.tls.errors import RECORD, in_words

HEADER = 5
"""Octets of a record that tell whether it is one (RFC 8446 5.1)."""
LEFT_AT_ONCE = 16 << 10


class AfterTls:
    """The connection below, from whose input what is left of TLS is taken out.

    ended: whether the client's close_notify has come already. behind: octets that came behind it.
    """

    __slots__ = ("_behind", "_engine", "_header", "_socket")

    def __init__(self, engine: SSL.Connection, plain: StreamSocket, behind: bytes, *, ended: bool) -> None:
        self._engine = None if ended else engine  # None: everything is clear text
        self._socket = plain
        self._header = b""
        self._behind = behind

    @property
    def waiting(self) -> bool:
        """Whether there are octets of which the network will not tell."""
        return bool(self._behind)

    def fileno(self) -> int:
        """The descriptor, or -1 when it is closed."""
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
        """What one read of the network brought. Raises: BlockingIOError if that was TLS alone; OSError."""
        if self._behind:
            octets, self._behind = self._behind, b""
        else:
            octets = self._socket.recv(size)
        if self._engine is None or not octets:
            return octets
        if said := self._without_tls(octets):
            return said
        raise BlockingIOError

    def send(self, data: bytes | memoryview, flags: int = 0, /) -> int:
        """As of the socket below."""
        return self._socket.send(data, flags)

    def shutdown(self, how: int, /) -> None:
        """As of the socket below."""
        self._socket.shutdown(how)

    def close(self) -> None:
        """Close the connection for good."""
        self._behind = b""
        self._socket.close()

    def _without_tls(self, octets: bytes) -> bytes:
        """What the client said in some octets."""
        engine = self._engine
        assert engine is not None  # noqa: S101 - the caller has looked
        said = b""
        for at in range(len(octets)):
            octet = octets[at : at + 1]
            engine.bio_write(octet)
            self._header = (self._header + octet)[-HEADER:]
            try:
                said += engine.recv(RECORD)
            except SSL.WantReadError:
                continue
            except SSL.ZeroReturnError:
                self._engine = None
                return said + octets[at + 1 :]
            except SSL.Error:
                # OpenSSL looks at a header when it has all of it, so these octets were the first in the clear.
                self._engine = None
                return said + self._header + octets[at + 1 :]
        return said


def encrypt_all(engine: SSL.Connection, pending: Iterable[bytes | memoryview]) -> bytes:
    """The last octets under TLS, for the network, behind those that OpenSSL has made before. Raises: OSError."""
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
    """What came from the network and OpenSSL has left alone: all that is behind a close_notify."""
    room = ffi.new("char[]", LEFT_AT_ONCE)
    parts = []
    # pyOpenSSL has no other way to it; guarded by a test.
    while (size := openssl.BIO_read(engine._into_ssl, room, LEFT_AT_ONCE)) > 0:  # noqa: SLF001
        parts.append(bytes(ffi.buffer(room, size)))
    return b"".join(parts)


def _pieces_of(engine: SSL.Connection) -> Iterable[bytes]:
    while True:
        try:
            yield engine.bio_read(RECORD)
        except SSL.WantReadError:
            return
