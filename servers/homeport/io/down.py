"""Taking a bound socket down and up again: nobody gets through, and its port stays ours.

Clients get what a machine says where nothing listens. A listening socket is shut down, which ends the listening and
keeps the port; `listen` begins anew. A datagram socket is connected to itself: the kernel then answers everybody else
with ICMP "port unreachable". Linux lets go of a number that it chose itself (port 0) on these ways, so such a number
is bound again at once, and is ours by name from then on.
"""

import contextlib
import ctypes
import errno
import os
import socket
import struct

from homeport.io.sockets import BACKLOG

DISSOLVE = struct.pack("=H26x", socket.AF_UNSPEC)
"""The address that ends the association of a datagram socket (connect(2)); the socket module cannot write it."""


def take_down(bound: socket.socket) -> None:
    """Have the machine refuse whoever comes. What waits in the socket, connections or datagrams, is refused or lost."""
    address = bound.getsockname()
    if bound.type == socket.SOCK_DGRAM:
        bound.connect(address)
        with contextlib.suppress(BlockingIOError):
            while True:
                bound.recv(1)
        return
    bound.shutdown(socket.SHUT_RDWR)
    _hold(bound, address)
    # Nobody else may listen on it meanwhile.
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)


def bring_up(bound: socket.socket, address: tuple[str, int]) -> None:
    """Let clients through again.

    address: the one that it had before it was taken down. Raises: OSError if it is lost to somebody else.
    """
    if bound.type == socket.SOCK_DGRAM:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.connect(bound.fileno(), DISSOLVE, len(DISSOLVE)):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        _hold(bound, address)
    else:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.listen(BACKLOG)


def _hold(bound: socket.socket, address: tuple[str, int]) -> None:
    """Bind it to its address again if the kernel has let go of the number."""
    try:
        bound.bind(address)
    except OSError as error:
        if error.errno != errno.EINVAL:  # which says that it is bound still
            raise
