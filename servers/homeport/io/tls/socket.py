"""The socket that a stream has once TLS is agreed (RFC 8446, RFC 5246).

OpenSSL reads and writes memory; the octets between it and the network are moved here. So whatever has been read is
decrypted in the same turn and nothing waits in OpenSSL while the network is silent, OpenSSL never waits for the network
in the midst of a call, and an end of the stream without a close_notify is seen for what it is.

Only connections that speak TLS import this. There is no renegotiation, no compression and no early data.
"""

import errno
from contextlib import suppress
from socket import SO_ERROR, SOL_SOCKET
from typing import TYPE_CHECKING, Protocol

from OpenSSL import SSL

from homeport.io.net.stream_socket import BULK_READ, FIRST_READ, StreamSocket
from homeport.io.tls.errors import RECORD, in_words
from homeport.io.tls.trust import refusing_alert

if TYPE_CHECKING:
    from homeport.io.tls.ending import AfterTls

SEND_AT_ONCE = 256 << 10
"""Octets that are encrypted in one turn: a large answer must not be in memory twice."""
RESET = {errno.ECONNRESET, errno.EPIPE}
"""What a socket says of a connection that its peer has reset."""
OVERHEAD = 4 << 10
"""More than what the records of one turn, and alerts, add to their plain text."""


class TlsHost(Protocol):
    """The connection that reads and writes by a TLS socket."""

    def owe(self) -> None:
        """Have the socket flush when the network takes more: TLS has octets of its own."""

    def touch(self) -> None:
        """Octets of TLS have moved."""

    def read_soon(self) -> None:
        """Read in the next turn, if it reads at all."""


class TlsSocket:
    """A connection after its handshake, as a stream sees it: a socket of plain octets that does not block.

    left: octets of the handshake that the network has not taken.
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
        self._owed = 0  # octets of a send that was not acknowledged because the network did not take all of it
        self._held = True  # the client's last octets of the handshake may have had others behind them
        self._broken: OSError | None = None
        self._read_size = FIRST_READ
        self._reset = False  # the network has told of a reset
        self.ended = False  # the peer has shut its side
        self.truncated = False  # it has, without a close_notify
        self.notified = False  # our close_notify is made
        self.heard = False  # application data has come
        self.said = False  # application data of ours was sent
        self.refusal = ""  # the alert by which the client refused the certificate
        self.judged = judged  # whether the client trusts the certificate is known, or not to be asked

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

    def recv(self, _size: int, /) -> bytes:
        """What one read of the network brought, decrypted; empty at the end of the stream.

        Raises: BlockingIOError if there is nothing now; OSError, in words, if the connection is broken.
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
            if self.ended or self._broken:
                self.resume()
            self.heard = True
            return data
        if self._broken is not None:
            raise self._broken
        if self.ended:
            return b""
        # Records that are no data may want an answer, such as the refusal to renegotiate.
        if self._stream is not None and not self.flush():
            self._stream.owe()
        raise BlockingIOError

    def resume(self) -> None:
        """The stream reads again: have it do so at once if something waits of which the network will not tell."""
        if self._stream is not None and (self._held or self.ended or self._broken):
            self._stream.read_soon()

    def send(self, data: bytes | memoryview, flags: int = 0, /) -> int:
        """Send octets: how many were taken. As OpenSSL has it: what was refused must be sent again as it was.

        Raises: BlockingIOError if the network takes no more now; OSError if the connection is broken.
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
        """Send what OpenSSL has made: whether the network has taken all of it. plain: octets in it, about.

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
        """Say that we send no more, by close_notify, then shut our side.

        Raises: BlockingIOError if the network does not take it now; OSError if the connection is broken.
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
        """Return the finding that the end of the connection is, by the signs of `io/tls/trust.py`; empty for none.

        ours: whether the end may be our doing, so that only an alert counts.
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

    def leave(self, pending: list[memoryview]) -> tuple["AfterTls", bytes]:
        """End TLS: the socket that goes on in the clear, and octets that it must send before all others.

        pending: what was to be sent under TLS. Raises: OSError if the connection is broken.
        """
        from homeport.io.tls.ending import AfterTls, encrypt_all, unread  # few ever need it

        self._stream = None
        if self._owed:
            pending = [pending[0][self._owed :], *pending[1:]]
        last = bytes(self._left) + encrypt_all(self._engine, pending)
        return AfterTls(self._engine, self._socket, unread(self._engine), ended=self.ended), last

    def stand_alone(self) -> None:
        """Serve a transfer: it reads on until BlockingIOError and sends again by itself. An end alone is an empty file.

        What OpenSSL makes on its own account (session tickets) waits for what is sent.
        """
        self._stream = None
        self.said = True

    def close(self) -> None:
        """Close the connection for good."""
        self._stream = None  # a cycle, which the garbage collector would find late
        self._socket.close()

    def _read(self) -> None:
        """Take what the network has."""
        try:
            octets = self._socket.recv(self._read_size)
        except ConnectionError:
            self._reset = True
            raise
        if octets:
            self._engine.bio_write(octets)
            if len(octets) == self._read_size:
                self._read_size = BULK_READ
        else:
            self.ended = self.truncated = True

    def _drain(self) -> None:
        """Take what came before a connection broke at a send: a close_notify, an alert, data that nobody reads now."""
        if not self._held:
            try:
                self._read()
            except OSError:
                return
        self._held = False
        if self._decrypt():
            self.heard = True

    def _was_reset(self) -> bool:
        """Return whether the network tells of a reset, now or before."""
        return self._reset or self._socket.getsockopt(SOL_SOCKET, SO_ERROR) in RESET

    def _decrypt(self) -> bytes:
        """All that can be decrypted of what was taken."""
        parts = []
        try:
            while True:
                parts.append(self._engine.recv(RECORD))
        except SSL.WantReadError:
            pass
        except SSL.ZeroReturnError:
            self.ended = True
            self.truncated = False
        except SSL.Error as error:
            self._broken = OSError(errno.EPROTO, in_words(error))
            self.refusal = refusing_alert(error)
            # An alert tells the peer, if it still listens.
            with suppress(OSError):
                self.flush()
        return parts[0] if len(parts) == 1 else b"".join(parts)
