"""The end of a download: the data connection is half-closed, and the final reply waits until the client closes too.

A client that takes one reply from one read of the control connection loses the second if both have arrived. One that
closes the data connection has read the first reply, or does not look for it. Clients that wait for the final reply
before they close are few, and get it after CLOSE_WAIT_S.
"""

import _socket
import os
import socket
from collections.abc import Callable
from contextlib import suppress

from homeport.io.net.reactor import Reactor, forget
from homeport.io.net.stream_socket import StreamSocket
from homeport.protocol.foreign import CLIENT_HELLO_SIZE, is_client_hello

CLOSE_WAIT_S = 0.02
"""Maximum time that the final reply waits for the client's close, in seconds of real time."""
DISCARD_BYTES = 4096


class Closing:
    """A half-closed data connection; a reader of the reactor. ended: called once, when it is closed."""

    def __init__(self, reactor: Reactor, connection: StreamSocket, ended: Callable[[], None]) -> None:
        self._reactor = reactor
        self._socket = connection
        self._fd = connection.fileno()
        self._ended = ended
        self.began_tls = False
        """True if the client has sent a ClientHello."""
        self._timer = reactor.callLater(CLOSE_WAIT_S, self._time_out)
        reactor.addReader(self)

    def fileno(self) -> int:
        """Return the descriptor; -1 when closed."""
        return self._fd

    def logPrefix(self) -> str:  # noqa: N802 - Twisted calls these
        """Return the name for Twisted's log."""
        return "data connection that closes"

    def doRead(self) -> None:  # noqa: N802
        """End when the client has closed; discard what it sends."""
        try:
            if data := os.read(self._fd, DISCARD_BYTES):
                self.began_tls = self.began_tls or is_client_hello(data) is True
                return
        except BlockingIOError:
            return
        except OSError:
            pass  # reset, which is a close too
        self.end()

    def doWrite(self) -> None:  # noqa: N802
        """Do nothing: never registered for writing."""

    def connectionLost(self, _reason: object) -> None:  # noqa: N802
        """End: the client has closed."""
        self.end()

    def end(self) -> None:
        """Close the connection, and report it."""
        if self._fd >= 0:
            self._timer.cancel()
            self._time_out()

    def _time_out(self) -> None:
        forget(self._reactor, self, self._fd)
        self._fd = -1
        self._socket.close()
        self._ended()


def began_tls(connection: _socket.socket) -> bool:
    """Return True if the client has sent a ClientHello that was not read."""
    try:
        return is_client_hello(connection.recv(CLIENT_HELLO_SIZE, socket.MSG_PEEK | socket.MSG_DONTWAIT)) is True
    except OSError:
        return False


def half_close(connection: _socket.socket) -> None:
    """Send the end of the file; the client may be gone."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_WR)
