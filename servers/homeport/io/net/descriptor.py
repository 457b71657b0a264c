"""A socket that waits for clients, as the reactor sees it."""

import socket
from abc import ABC, abstractmethod

from homeport.io.net import refusing as down
from homeport.io.net.reactor import Reactor, is_internal

ANYWHERE = ("0.0.0.0", "::")
"""The addresses that stand for every address of the machine."""


PAUSE_SECONDS = 0.1
"""Real time for which clients are left waiting where serving them fails, instead of trying without end."""


class Descriptor(ABC):
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

    def connectionLost(self, reason: object) -> None:  # noqa: N802
        """Close, for the reactor ends; if `doRead` has raised, go on a moment later: others have clients here, too."""
        if error := is_internal(reason):
            self.failed(error)
            self.reactor.callLater(PAUSE_SECONDS, self.resume)
        else:
            self.close()

    @abstractmethod
    def failed(self, error: Exception) -> None:
        """Count an internal error."""

    def resume(self) -> None:
        """Be told of clients again, unless it is down or closed by now."""
        if self.up and self.socket.fileno() >= 0:
            self.reactor.addReader(self)

    @abstractmethod
    def doRead(self) -> object:  # noqa: N802
        """Serve who waits. Returns None."""

    def doWrite(self) -> None:  # noqa: N802, B027 - nobody has to do anything
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
