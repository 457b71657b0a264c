"""A socket that waits for clients, as the reactor sees it."""

import socket
from typing import Any

from homeport.io.net import refusing as down
from homeport.io.net.reactor import Reactor

ANYWHERE = ("0.0.0.0", "::")
"""The addresses that stand for every address of the machine."""


class Descriptor:
    """A listening or a datagram socket; what it does when it is readable, a kind of it says in `doRead`.

    name: how Twisted names it in its log.
    """

    def __init__(self, reactor: Reactor, bound: socket.socket, name: str) -> None:
        self.reactor = reactor
        self.socket = bound
        self.name = name
        self._address = bound.getsockname()
        self.local: tuple[str, int] = (self._address[0], self._address[1])
        self.anywhere = self.local[0] in ANYWHERE
        self.up = True
        """Whether clients get through."""

    def fileno(self) -> int:
        """The descriptor, or -1 when it is closed."""
        return self.socket.fileno()

    def logPrefix(self) -> str:  # noqa: N802 - Twisted calls these
        """The name."""
        return self.name

    def connectionLost(self, _reason: Any) -> None:  # noqa: N802
        """The reactor ends."""
        self.close()

    def doWrite(self) -> None:  # noqa: N802
        """Nothing waits to be written here."""

    def take_down(self) -> None:
        """Have the machine refuse whoever comes; the port stays ours."""
        if self.up and self.socket.fileno() >= 0:
            self.up = False
            self.reactor.removeReader(self)
            down.take_down(self.socket)

    def bring_up(self) -> None:
        """Let clients through again.

        Raises: OSError if the port is lost to somebody else.
        """
        if not self.up and self.socket.fileno() >= 0:
            down.bring_up(self.socket, self._address)
            self.up = True
            self.reactor.addReader(self)

    def close(self) -> None:
        """Close the socket; what waits in it is lost."""
        if self.socket.fileno() >= 0:
            self.reactor.removeReader(self)
            self.socket.close()
