"""A listening or datagram socket as a descriptor of the reactor."""

import socket
from abc import ABC, abstractmethod

from homeport.io.net import refusing
from homeport.io.net.reactor import Reactor, is_internal

ANYWHERE = ("0.0.0.0", "::")
"""Wildcard addresses."""


RETRY_DELAY_S = 0.1
"""Seconds of real time before a retry after serving clients has failed, to avoid a busy loop."""


class Descriptor(ABC):
    """Base of the listening and datagram sockets; a subclass implements `doRead`.

    name: for Twisted's log.
    """

    def __init__(self, reactor: Reactor, bound: socket.socket, name: str) -> None:
        self.reactor = reactor
        self.socket = bound
        self.name = name
        self._address = bound.getsockname()
        self.local: tuple[str, int] = (self._address[0], self._address[1])
        self.anywhere = self.local[0] in ANYWHERE
        self.up = True
        """False while the kernel refuses clients."""

    def fileno(self) -> int:
        """Return the descriptor, or -1 if it is closed."""
        return self.socket.fileno()

    def logPrefix(self) -> str:  # noqa: N802 - Twisted calls these
        """Return the name for Twisted's log."""
        return self.name

    def connectionLost(self, reason: object) -> None:  # noqa: N802
        """Close when the reactor ends; if `doRead` has raised, resume after a delay, for the other clients."""
        if error := is_internal(reason):
            self.failed(error)
            self.reactor.callLater(RETRY_DELAY_S, self.resume)
        else:
            self.close()

    @abstractmethod
    def failed(self, error: Exception) -> None:
        """Count an internal error."""

    def resume(self) -> None:
        """Watch the socket again, unless it is down or closed."""
        if self.up and self.socket.fileno() >= 0:
            self.reactor.addReader(self)

    @abstractmethod
    def doRead(self) -> object:  # noqa: N802
        """Serve waiting clients. Return None."""

    def doWrite(self) -> None:  # noqa: N802, B027 - optional to override
        """Do nothing: subclasses write when they read."""

    def take_down(self) -> None:
        """Have the kernel refuse clients; the port stays reserved."""
        if self.up and self.socket.fileno() >= 0:
            self.up = False
            self.reactor.removeReader(self)
            refusing.take_down(self.socket)

    def bring_up(self) -> None:
        """Accept clients again.

        Raises: OSError if another process has taken the port.
        """
        if not self.up and self.socket.fileno() >= 0:
            refusing.bring_up(self.socket, self._address)
            self.up = True
            self.reactor.addReader(self)

    def close(self) -> None:
        """Close the socket and discard what waits in it."""
        if self.socket.fileno() >= 0:
            self.reactor.removeReader(self)
            self.socket.close()
