"""A connection whose client has sent nothing yet, on a port for clients with and without TLS.

The first byte tells which it is: a TLS record with a handshake begins with 22 (RFC 8446 5.1), which is a control
character that no command begins with. It stays in the socket, for the handshake or for the session.
"""

import _socket
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from homeport.io.net.reactor import is_internal

if TYPE_CHECKING:
    from homeport.io.net.listener import StreamListener
    from homeport.io.net.reactor import DelayedCall

HANDSHAKE = b"\x16"


class FirstByteHost(Protocol):
    """The connection, as seen from here."""

    @property
    def fd(self) -> int: ...
    @property
    def listener(self) -> "StreamListener": ...
    def logPrefix(self) -> str: ...  # noqa: N802 - Twisted's name
    def gone(self, reason: str) -> None: ...
    def fail(self, error: Exception) -> None: ...


class FirstByte:
    """Waits for the first byte; the reactor's descriptor instead of its stream, as a handshake is.

    secure, clear: called once, when the client begins with TLS, and when it does not. One that sends nothing within the
    timeout of a handshake does not.
    """

    __slots__ = ("_clear", "_deadline", "_secure", "_socket", "_stream")

    def __init__(
        self,
        stream: FirstByteHost,
        accepted: _socket.socket,
        secure: Callable[[], None],
        clear: Callable[[], None],
    ) -> None:
        self._stream = stream
        self._socket = accepted
        self._secure = secure
        self._clear = clear
        self._deadline: DelayedCall | None = None

    def start(self) -> None:
        """Wait for the client."""
        listener = self._stream.listener
        listener.reactor.addReader(self)
        self._deadline = listener.reactor.callLater(
            float(listener.certificates.options.handshake), self._continue, self._clear
        )

    def end(self, reason: str) -> str:
        """Cancel the timeout, and return the reason of the close."""
        if self._deadline is not None and self._deadline.active():
            self._deadline.cancel()
        return reason

    # Called by the reactor.

    def fileno(self) -> int:
        """Return the descriptor, or -1 if it is closed."""
        return self._stream.fd

    def logPrefix(self) -> str:  # noqa: N802
        """Return the name for Twisted's log."""
        return self._stream.logPrefix()

    def connectionLost(self, reason: object) -> None:  # noqa: N802
        """Handle a broken connection, or an exception of one of these methods."""
        if error := is_internal(reason):
            self._stream.fail(error)
        else:
            self._stream.gone("broken")

    def doRead(self) -> None:  # noqa: N802
        """Look at the first byte, and leave it there."""
        try:
            first = self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return
        except OSError as error:
            self._stream.gone(f"broken: {error.strerror}")
            return
        self._continue(self._secure if first == HANDSHAKE else self._clear)

    def doWrite(self) -> None:  # noqa: N802
        """Do nothing: there is no output before the client has sent something."""

    def _continue(self, proceed: Callable[[], None]) -> None:
        if self._stream.fd < 0:
            return
        self._stream.listener.reactor.removeReader(self)
        self.end("")
        proceed()
