"""Sending runs of datagrams to one peer: several in one system call where the kernel can cut them (UDP_SEGMENT)."""

import errno
import socket
import struct

from homeport.io.net.stream_socket import SocketAddress
from homeport.io.platform import UDP_SEGMENT

MAX_SEGMENTS = 64
"""The kernel's limit (UDP_MAX_SEGMENTS)."""
MAX_BYTES = 65_507
"""Size of the largest UDP datagram over IPv4; a run must not be longer."""


class SegmentedSender:
    """Sends datagrams over one socket. The peer receives the same datagrams whichever way they are sent."""

    __slots__ = ("_socket", "_together")

    def __init__(self, sending: socket.socket) -> None:
        self._socket = sending
        self._together = UDP_SEGMENT != 0

    def send(self, datagrams: list[bytes], address: SocketAddress) -> int:
        """Send datagrams. Return how many could not be sent: a network loses datagrams, too."""
        at = lost = 0
        while at < len(datagrams):
            number = self._run(datagrams, at) if self._together else 1
            if number > 1:
                if (error := self._send_together(datagrams[at : at + number], address)) is None:
                    at += number
                    continue
                if error in (errno.EAGAIN, errno.ENOBUFS, errno.EPERM):
                    return lost + len(datagrams) - at
                self._together = False  # the kernel or the interface cannot, or they exceed the path's MTU
                continue
            try:
                self._socket.sendto(datagrams[at], address)
            except OSError:
                lost += 1
            at += 1
        return lost

    @staticmethod
    def _run(datagrams: list[bytes], at: int) -> int:
        """Return the number of datagrams from there on that can be sent together: all of one size, but the last."""
        size = len(datagrams[at])
        if not size:
            return 1
        number, room = 1, min(MAX_SEGMENTS, MAX_BYTES // size)
        while number < room and at + number < len(datagrams):
            following = len(datagrams[at + number])
            if following == size:
                number += 1
                continue
            return number + 1 if 0 < following < size else number
        return number

    def _send_together(self, run: list[bytes], address: SocketAddress) -> int | None:
        """Return the error number if it fails, else None."""
        control = [(socket.IPPROTO_UDP, UDP_SEGMENT, struct.pack("=H", len(run[0])))]
        try:
            self._socket.sendmsg(run, control, 0, address)
        except OSError as error:
            return error.errno or errno.EIO
        return None
