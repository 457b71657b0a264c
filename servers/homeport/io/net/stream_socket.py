"""What the socket of a connection does for the driver (plain, under TLS, after TLS), and other types of sockets."""

from typing import Any, Protocol

SocketAddress = tuple[Any, ...]
"""As the socket module has it: host, port, and for IPv6 two numbers. Any: the types differ by the family."""
Control = tuple[int, int, bytes]
"""A control message of a datagram: level, type, octets."""

FIRST_READ = 16 << 10
"""Octets asked for at first: most peers send little, and the room is allocated for each read."""
BULK_READ = 256 << 10
"""Octets asked for once a read has filled the first size: for bulk data, larger is faster."""
LINGER_OCTETS = 256 << 10
"""Octets that a peer may still send after our close before it is cut off."""


class StreamSocket(Protocol):
    """A connected socket that does not block."""

    def fileno(self) -> int: ...
    def recv(self, size: int, /) -> bytes: ...
    def send(self, data: bytes | memoryview, flags: int = 0, /) -> int: ...
    def shutdown(self, how: int, /) -> None: ...
    def close(self) -> None: ...
    def setsockopt(self, level: int, option: int, value: int | bytes, /) -> None: ...
    def getsockopt(self, level: int, option: int, /) -> int: ...
    def getpeername(self) -> object: ...
