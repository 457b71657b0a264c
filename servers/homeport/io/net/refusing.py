"""Taking a bound socket down and up again: nobody gets through, and its port stays ours.

Clients get what a machine says where nothing listens. In Linux a listening socket is shut down, which ends the
listening and keeps the port; `listen` begins anew. A datagram socket is connected to itself: the kernel then answers
everybody else with ICMP "port unreachable". Linux lets go of a number that it chose itself (port 0) on these ways, so
such a number is bound again at once, and is ours by name from then on.

Elsewhere (`platform.DOWN_IN_PLACE`) a fresh socket with the same options takes the place of the old one, under its
descriptor: bound and not listening, or bound and connected to itself.
"""

import contextlib
import ctypes
import errno
import os
import socket
import struct

from homeport.io import platform
from homeport.io.net.sockets import BACKLOG

DISSOLVE = struct.pack("=H26x", socket.AF_UNSPEC)
"""The address that ends the association of a datagram socket (connect(2)); the socket module cannot write it."""
OPTIONS = [
    (getattr(socket, level), number)
    for level, name in (
        ("IPPROTO_IPV6", "IPV6_V6ONLY"),
        ("IPPROTO_IPV6", "IPV6_TCLASS"),
        ("IPPROTO_IPV6", "IPV6_UNICAST_HOPS"),
        ("IPPROTO_IPV6", "IPV6_RECVHOPLIMIT"),
        ("IPPROTO_IPV6", "IPV6_RECVPKTINFO"),
        ("IPPROTO_IP", "IP_TOS"),
        ("IPPROTO_IP", "IP_TTL"),
        ("IPPROTO_TCP", "TCP_NODELAY"),
        ("SOL_SOCKET", "SO_REUSEADDR"),
        ("SOL_SOCKET", "SO_REUSEPORT"),
        ("SOL_SOCKET", "SO_OOBINLINE"),
        ("SOL_SOCKET", "SO_RCVBUF"),
        ("SOL_SOCKET", "SO_SNDBUF"),
    )
    if (number := getattr(socket, name, None)) is not None
] + [(socket.IPPROTO_IP, platform.IP_PKTINFO), (socket.IPPROTO_IP, platform.IP_RECVTTL)]
"""What a fresh socket takes over from the one before it, as far as its kind has it."""


def take_down(bound: socket.socket) -> None:
    """Have the machine refuse whoever comes. What waits in the socket, connections or datagrams, is refused or lost."""
    address = bound.getsockname()
    if not platform.DOWN_IN_PLACE:
        replace(bound, address)
    if bound.type == socket.SOCK_DGRAM:
        bound.connect(address)
        with contextlib.suppress(BlockingIOError):
            while True:
                bound.recv(1)
        return
    if platform.DOWN_IN_PLACE:
        bound.shutdown(socket.SHUT_RDWR)
        _hold(bound, address)
    # Nobody else may listen on it meanwhile.
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)


def bring_up(bound: socket.socket, address: tuple[str, int]) -> None:
    """Let clients through again.

    address: the one that it had before it was taken down. Raises: OSError if it is lost to somebody else.
    """
    if bound.type == socket.SOCK_STREAM:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.listen(BACKLOG)
    elif platform.DOWN_IN_PLACE:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.connect(bound.fileno(), DISSOLVE, len(DISSOLVE)):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        _hold(bound, address)
    else:
        replace(bound, address)


def replace(bound: socket.socket, address: tuple[str, int]) -> None:
    """Put a fresh socket, bound to an address, under the descriptor of another of its kind. Nothing watches it.

    Raises: OSError if somebody else has taken the address in the moment between.
    """
    with socket.socket(bound.family, bound.type) as fresh:
        fresh.setblocking(False)
        for level, option in OPTIONS:
            with contextlib.suppress(OSError):
                value = bound.getsockopt(level, option)
                if value != fresh.getsockopt(level, option):
                    fresh.setsockopt(level, option, value)
        os.dup2(fresh.fileno(), bound.fileno(), inheritable=False)
    bound.bind(address)


def _hold(bound: socket.socket, address: tuple[str, int]) -> None:
    """Bind it to its address again if the kernel has let go of the number."""
    try:
        bound.bind(address)
    except OSError as error:
        if error.errno != errno.EINVAL:  # which says that it is bound still
            raise
