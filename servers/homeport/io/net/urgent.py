"""The socket of a session that heeds urgent data (RFC 9293 3.8.5; RFC 854: the Synch).

The kernel delivers urgent data in line, and a read never crosses its mark. So it is enough to look before each read:
what is read while urgent data is pending precedes the mark, or begins with it.
"""

import select
from collections.abc import Callable

from homeport.io.net.stream_socket import StreamSocket
from homeport.io.platform import is_at_mark
from homeport.protocol.events import UrgentPending


class UrgentSocket:
    """A socket that announces pending urgent data before a read. announce: delivers the event to the session."""

    __slots__ = ("_announce", "_socket")

    def __init__(self, plain: StreamSocket, announce: Callable[[UrgentPending], None]) -> None:
        self._socket = plain
        self._announce: Callable[[UrgentPending], None] | None = announce

    def recv(self, size: int, /) -> bytes:
        """Read, after the announcement of urgent data that is pending. Raises: OSError."""
        if self._announce is not None and is_urgent(self._socket.fileno()):
            self._announce(UrgentPending(is_at_mark(self._socket)))
            if self._socket.fileno() < 0:
                raise BlockingIOError  # the session has failed, and the connection is closed
        return self._socket.recv(size)

    def close(self) -> None:
        """Close the socket, and let go of the connection."""
        self._announce = None
        self._socket.close()

    def fileno(self) -> int:
        return self._socket.fileno()

    def send(self, data: bytes | memoryview, flags: int = 0, /) -> int:
        return self._socket.send(data, flags)

    def shutdown(self, how: int, /) -> None:
        self._socket.shutdown(how)

    def setsockopt(self, level: int, option: int, value: int | bytes, /) -> None:
        self._socket.setsockopt(level, option, value)

    def getsockopt(self, level: int, option: int, /) -> int:
        return self._socket.getsockopt(level, option)

    def getpeername(self) -> object:
        return self._socket.getpeername()


def is_urgent(fd: int) -> bool:
    """Return True if urgent data is pending on a socket."""
    watch = select.poll()
    watch.register(fd, select.POLLPRI)
    return any(event & select.POLLPRI for _fd, event in watch.poll(0))
