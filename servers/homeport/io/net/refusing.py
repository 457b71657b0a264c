"""Take a bound socket down and up again: the kernel refuses clients meanwhile, and the port stays reserved.

Clients get the same refusal as on a port without a listener. On Linux shutting a listening socket down stops listening
and keeps the port; `listen` resumes. A datagram socket is connected to itself: the kernel then answers all other
senders with ICMP "port unreachable". Linux releases a port number that it chose itself (port 0) on these ways, so such
a number is bound again at once, explicitly from then on.

On other systems (`platform.DOWN_IN_PLACE` is False) a new socket with the same options replaces the old one under its
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
"""Address that dissolves the association of a datagram socket (connect(2)); the socket module cannot express it."""
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
"""Options that a replacement socket copies, as far as its type has them."""


def take_down(bound: socket.socket) -> None:
    """Have the kernel refuse clients. Waiting connections are refused, waiting datagrams are discarded."""
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
    # Without SO_REUSEADDR no other process can listen on it meanwhile.
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)


def bring_up(bound: socket.socket, address: tuple[str, int]) -> None:
    """Accept clients again.

    address: its address before it was taken down. Raises: OSError if another process has taken it.
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
    """Replace a socket by a new one of its type under the same descriptor, bound to `address`. No reactor watches it.

    Raises: OSError if another process has taken the address in between.
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
    """Bind it to its address again if the kernel has released the number."""
    try:
        bound.bind(address)
    except OSError as error:
        if error.errno != errno.EINVAL:  # EINVAL: it is still bound
            raise
