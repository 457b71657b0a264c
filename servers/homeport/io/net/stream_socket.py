"""The interface of a connection's socket (plain, under TLS, after TLS), and types of socket addresses."""

import _socket
import socket
from typing import Any, Protocol

SocketAddress = tuple[Any, ...]
"""An address of the socket module: host, port, and for IPv6 two numbers. Any: the types differ by family."""
Control = tuple[int, int, bytes]
"""A control message of a datagram: level, type, data."""

FIRST_READ = 16 << 10
"""Size of the first reads in bytes: most peers send little, and each read allocates its buffer."""
BULK_READ = 256 << 10
"""Size of reads once one has filled the first size: larger is faster for bulk data."""
MAX_LINGER_BYTES = 256 << 10
"""Bytes that a peer may still send after the close before the connection is dropped."""


class StreamSocket(Protocol):
    """A connected, non-blocking socket."""

    def fileno(self) -> int: ...
    def recv(self, size: int, /) -> bytes: ...
    def send(self, data: bytes | memoryview, flags: int = 0, /) -> int: ...
    def shutdown(self, how: int, /) -> None: ...
    def close(self) -> None: ...
    def setsockopt(self, level: int, option: int, value: int | bytes, /) -> None: ...
    def getsockopt(self, level: int, option: int, /) -> int: ...
    def getpeername(self) -> object: ...


def has_arrived(connected: _socket.socket) -> bool:
    """Return True if input waits in the socket."""
    try:
        return bool(connected.recv(1, socket.MSG_PEEK))
    except OSError:
        return False
