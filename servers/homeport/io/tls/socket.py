"""The socket of a stream after a TLS handshake (RFC 8446, RFC 5246).

OpenSSL reads and writes memory buffers; this module moves bytes between them and the plain socket. So everything that
was read is decrypted in the same turn, no input is stuck in OpenSSL while the socket is idle, no call blocks midway,
and a stream that ends without a close_notify is recognized as truncated.

Only connections with TLS import this module. There is no renegotiation, no compression and no early data.
"""

import errno
from contextlib import suppress
from socket import SO_ERROR, SOL_SOCKET
from typing import TYPE_CHECKING, Protocol, cast

from OpenSSL import SSL
from OpenSSL._util import ffi
from OpenSSL._util import lib as openssl

from homeport.io.net.stream_socket import BULK_READ, FIRST_READ, StreamSocket, has_arrived
from homeport.io.tls.errors import RECORD, in_words, is_close_notify
from homeport.io.tls.tickets import request_tickets
from homeport.io.tls.trust import refusing_alert

if TYPE_CHECKING:
    import _socket

    from homeport.io.tls.ending import AfterTls

SEND_AT_ONCE = 256 << 10
"""Bytes encrypted per call: a large answer must not be in memory twice."""
RESET = {errno.ECONNRESET, errno.EPIPE}
"""Errors of a socket whose peer has reset the connection."""
MAX_RECORDS = 64
"""Records decrypted per turn: a client may put one byte into each."""
OVERHEAD = 4 << 10
"""More than the records and alerts of one call add to their plaintext."""


class TlsHost(Protocol):
    """The connection that uses a TLS socket."""

    def flush_later(self) -> None:
        """Flush pending TLS records when the plain socket is writable."""

    def touch(self) -> None:
        """Reset the idle time: TLS records have moved."""

    def read_soon(self) -> None:
        """Read in the next turn, unless reading is suspended."""


class TlsSocket:
    """A non-blocking socket that encrypts and decrypts.

    left: output of the handshake that the plain socket has not taken.
    """

    __slots__ = (
        "_broken",
        "_engine",
        "_held",
        "_left",
        "_owed",
        "_read_size",
        "_reset",
        "_socket",
        "_stream",
        "ended",
        "heard",
        "judged",
        "notified",
        "refusal",
        "said",
        "truncated",
    )

    def __init__(
        self,
        engine: SSL.Connection,
        plain: StreamSocket,
        left: bytes | memoryview,
        stream: TlsHost,
        *,
        judged: bool = False,
    ) -> None:
        self._engine = engine
        self._socket = plain
        self._stream: TlsHost | None = stream
        self._left = left
        # bytes that were encrypted but reported as blocked, because the plain socket did not take all records
        self._owed = 0
        self._held = True  # OpenSSL may have undecrypted records: after a handshake, or after `MAX_RECORDS`
        self._broken: OSError | None = None
        self._read_size = FIRST_READ
        self._reset = False  # the plain socket has reported a reset
        self.ended = False  # the peer has ended its side
        self.truncated = False  # it has, without a close_notify
        self.notified = False  # close_notify was sent
        self.heard = False  # application data was received
        self.said = False  # application data was sent
        self.refusal = ""  # alert by which the client refused the certificate
        self.judged = judged  # trust in the certificate was reported, or is not to be

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

    def recv(self, _size: int, /) -> bytes:
        """Read once from the plain socket and decrypt; return nothing at the end of the stream.

        Raises: BlockingIOError if no data is available; OSError, with a message, if the connection is broken.
        """
        if self._held:
            self._held = False
        elif self._broken is not None:
            raise self._broken
        elif self.ended:
            return b""
        else:
            self._read()
        data = self._decrypt()
        if data:
            self.resume()
            self.heard = True
            return data
        if self._broken is not None:
            raise self._broken
        if self.ended:
            return b""
        # Records without data may need an answer, such as a refusal to renegotiate.
        if self._stream is not None and not self.flush():
            self._stream.flush_later()
        raise BlockingIOError

    @property
    def has_input(self) -> bool:
        """True if `recv` has data, an end or an error of which the plain socket will not report anything more."""
        return self._held or self.ended or self._broken is not None

    def has_arrived(self) -> bool:
        """Return True if records have arrived and are not decrypted yet; they may hold no data, but an alert."""
        start = ffi.new("char **")
        into = self._engine._into_ssl  # noqa: SLF001 - no public way; checked by a test
        if self._held and openssl.BIO_get_mem_data(into, start) > 0:
            return True
        return has_arrived(cast("_socket.socket", self._socket))

    def resume(self) -> None:
        """Schedule a read if input is buffered here, where the reactor does not see it. Called when reading resumes."""
        if self._stream is not None and self.has_input:
            self._stream.read_soon()

    def send(self, data: bytes | memoryview, flags: int = 0, /) -> int:
        """Encrypt and send; return the number of bytes taken. After BlockingIOError the caller must retry with the same
        data.

        Raises: BlockingIOError if the plain socket is full; OSError if the connection is broken.
        """
        if self._left and not self.flush():
            raise BlockingIOError
        if self._owed:
            taken, self._owed = self._owed, 0
            return taken
        taken = min(len(data), SEND_AT_ONCE)
        self.said = self.said or taken > 0
        try:
            if 0 < len(data) <= RECORD:
                self._engine.send(data)
            else:
                view = memoryview(data)
                for start in range(0, taken, RECORD):
                    self._engine.send(view[start : min(start + RECORD, taken)])
        except SSL.Error as error:
            raise OSError(errno.EPROTO, in_words(error)) from None
        if not self.flush(taken, flags):
            self._owed = taken
            raise BlockingIOError
        return taken

    def flush(self, plain: int = 0, flags: int = 0) -> bool:
        """Send OpenSSL's output; return True if all was sent. plain: approximate plaintext in it, in bytes.

        Raises: OSError if the connection is broken.
        """
        room = plain + OVERHEAD
        size = room
        while True:
            if not self._left:
                if size < room:
                    return True
                try:
                    self._left = self._engine.bio_read(room)
                except SSL.WantReadError:
                    return True
                size = len(self._left)
            try:
                sent = self._socket.send(self._left, flags)
            except BlockingIOError:
                return False
            except ConnectionError:
                self._reset = True
                raise
            if self._stream is not None:
                self._stream.touch()
            if sent != len(self._left):
                self._left = memoryview(self._left)[sent:]
                return False
            self._left = b""

    def shutdown(self, how: int, /) -> None:
        """Send a close_notify, then half-close.

        Raises: BlockingIOError if the plain socket is full; OSError if the connection is broken.
        """
        if not self.notified:
            self.notified = True
            try:
                self._engine.shutdown()
            except SSL.Error as error:
                raise OSError(errno.EPROTO, in_words(error)) from None
        if not self.flush():
            raise BlockingIOError
        self._socket.shutdown(how)

    def distrust(self, *, ours: bool) -> str:
        """Return the finding for the end of the connection by the criteria of `io/tls/trust.py`; empty for none.

        ours: True if the server may have caused the end, so that only an alert counts.
        """
        self.judged = True
        if not self.ended:
            self._drain()
        if self.refusal:
            return "certificate-refused"
        if ours or self.heard or self._broken is not None or (self.ended and not self.truncated):
            return ""
        silent_end = self.truncated and not self.said
        return "certificate-doubted" if silent_end or self._was_reset() else ""

    def renew_tickets(self) -> None:
        """Send new session tickets when the client has answered, if it can be asked (`io/tls/tickets.py`)."""
        with suppress(SSL.Error, OSError):  # the next read or write reports what is broken
            if request_tickets(self._engine) and not self.flush() and self._stream is not None:
                self._stream.flush_later()

    def leave(self, pending: list[memoryview]) -> tuple["AfterTls", bytes]:
        """End TLS. Return the socket for cleartext, and records that must be sent first.

        pending: unsent output, to be encrypted. Raises: OSError if the connection is broken.
        """
        from homeport.io.tls.ending import AfterTls, encrypt_all, unread  # few connections need it

        self._stream = None
        if self._owed:
            pending = [pending[0][self._owed :], *pending[1:]]
        last = bytes(self._left) + encrypt_all(self._engine, pending)
        return AfterTls(self._engine, self._socket, unread(self._engine), ended=self.ended), last

    def stand_alone(self) -> None:
        """Detach from the stream, for a transfer: that reads until BlockingIOError and retries sends by itself.

        An end without data is an empty file, not distrust. Session tickets wait for other output.
        """
        self._stream = None
        self.said = True

    def close(self) -> None:
        """Close the socket."""
        self._stream = None  # breaks a reference cycle
        self._socket.close()

    def _read(self) -> None:
        """Read from the plain socket into OpenSSL."""
        try:
            data = self._socket.recv(self._read_size)
        except ConnectionError:
            self._reset = True
            raise
        if data:
            self._engine.bio_write(data)
            if len(data) == self._read_size:
                self._read_size = BULK_READ
        else:
            self.ended = self.truncated = True

    def _drain(self) -> None:
        """Read what arrived before a send failed: a close_notify, an alert, or data that is discarded."""
        if not self._held:
            try:
                self._read()
            except OSError:
                return
        self._held = False
        if self._decrypt():
            self.heard = True

    def _was_reset(self) -> bool:
        """Return True if the plain socket has reported a reset."""
        return self._reset or self._socket.getsockopt(SOL_SOCKET, SO_ERROR) in RESET

    def _end(self) -> None:
        """Note the peer's close_notify."""
        self.ended = True
        self.truncated = False

    def _decrypt(self) -> bytes:
        """Decrypt complete records: for a stream at most `MAX_RECORDS`; the others stay in OpenSSL."""
        parts: list[bytes] = []
        try:
            while self._stream is None or len(parts) < MAX_RECORDS:
                parts.append(self._engine.recv(RECORD))
            self._held = True
        except SSL.WantReadError:
            pass
        except SSL.ZeroReturnError:
            self._end()
        except SSL.Error as error:
            if is_close_notify(self._engine, error):
                self._end()
                return b"".join(parts)
            self._broken = OSError(errno.EPROTO, in_words(error))
            self.refusal = refusing_alert(error)
            # Send the alert, if the peer still reads.
            with suppress(OSError):
                self.flush()
        return parts[0] if len(parts) == 1 else b"".join(parts)
