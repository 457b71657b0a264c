"""Ports that data connections are waited for on, lent to one session at a time (PASV, EPSV).

One connection is taken for each time that a port is lent; whoever else comes is reset. A port that is given back stays
open while sessions last, because another needs one soon, and making a socket costs more than a small file. Which of the
free ports is lent goes by chance, so that nobody can wait at the next one (RFC 2577 8).
"""

import _socket
import errno
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress

from homeport.io.net.reactor import Reactor, forget
from homeport.io.net.sockets import RESET_ON_CLOSE
from homeport.io.net.stream_socket import SocketAddress
from homeport.io.platform import set_option
from homeport.protocol.addresses import Address

BACKLOG = 4
TAKEN = {errno.EADDRINUSE, errno.EACCES}
Key = tuple[int, str, int, int]
"""Family, our address, and the range of ports."""
Arrived = Callable[[_socket.socket, Address], None]


class PassivePort:
    """A listening socket; a descriptor of the reactor.

    arrived: told of the first who connects while the port is lent; everybody else is turned away.
    """

    __slots__ = ("_taken", "arrived", "key", "number", "socket")

    def __init__(self, key: Key, listening: _socket.socket) -> None:
        self.key = key
        self.socket = listening
        self.number: int = listening.getsockname()[1]
        self.arrived: Arrived | None = None
        self._taken = False  # accepted before the reactor told, which it does once more

    def fileno(self) -> int:
        """The descriptor, or -1 when it is closed."""
        return self.socket.fileno()

    def logPrefix(self) -> str:  # noqa: N802 - Twisted calls these
        """How Twisted names it in its log."""
        return f"passive port {self.number}"

    def connectionLost(self, _reason: object) -> None:  # noqa: N802
        """Cannot happen to a listening socket, short of a fault of ours."""

    def doWrite(self) -> None:  # noqa: N802
        """Never asked for."""

    def doRead(self) -> None:  # noqa: N802
        """Somebody has connected; told again if he is not the only one."""
        if self._taken:
            self._taken = False
        else:
            self.accept_one()

    def take(self) -> bool:
        """Accept one who has connected, of whom the reactor has not told yet; whether there was one."""
        self._taken = self.accept_one()
        return self._taken

    def accept_one(self) -> bool:
        """Accept one who has connected; whether there was one."""
        come = self.accept()
        if come is None:
            return False
        accepted, peer = come
        told, self.arrived = self.arrived, None
        if told is None:
            set_option(accepted, socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            accepted.close()
        else:
            told(accepted, peer)
        return True

    def accept(self) -> tuple[_socket.socket, Address] | None:
        """Whoever has connected, with his address; None if nobody has."""
        try:
            fd, peer = self.socket._accept()  # type: ignore[attr-defined]  # noqa: SLF001 - of the standard library
        except OSError:  # nobody, or gone again, or no descriptor is free
            return None
        accepted = _socket.socket(self.key[0], socket.SOCK_STREAM, 0, fd)
        if peer is None:  # gone again; macOS hands over a connection without an address
            accepted.close()
            return None
        accepted.setblocking(False)
        return accepted, peer[:2]


class PassivePorts:
    """The ports of a world."""

    def __init__(self, reactor: Reactor) -> None:
        self._reactor = reactor
        self._idle: dict[Key, list[PassivePort]] = {}
        self._held: set[tuple[str, int]] = set()
        self._users = 0  # control connections that may want a port

    def enter(self) -> None:
        """Count a control connection that may want a port."""
        self._users += 1

    def lend(
        self, family: int, ours: SocketAddress, first: int, last: int, arrived: Arrived, before: int = 0
    ) -> PassivePort | None:
        """A port on one of our addresses, of a range (0: any port); None if none is free.

        arrived: told of the first who connects.
        before: the port that the same client had last; it gets that again only if no other is free.
        """
        key = (family, ours[0], first, last)
        idle = self._idle.get(key, [])
        if (size := len(idle)) and (size > 1 or idle[0].number != before):
            at = by_chance(size)
            if idle[at].number == before:
                at = (at + 1 + by_chance(size - 1)) % size
            return self._lend_again(idle.pop(at), arrived)
        for number in self._candidates(key):
            if (listening := listen(family, (ours[0], number, *ours[2:]))) is not None:
                port = PassivePort(key, listening)
                self._held.add((key[1], port.number))
                port.arrived = arrived
                self._reactor.addReader(port)
                return port
        return self._lend_again(idle.pop(), arrived) if idle else None

    def _lend_again(self, port: PassivePort, arrived: Arrived) -> PassivePort:
        while port.take():
            pass  # those who have come too late
        port.arrived = arrived
        return port

    def give_back(self, port: PassivePort) -> None:
        """It is not needed any more."""
        port.arrived = None
        self._idle.setdefault(port.key, []).append(port)

    def leave(self) -> None:
        """A control connection is gone; with the last one the ports are closed."""
        self._users -= 1
        if self._users:
            return
        for ports in self._idle.values():
            for port in ports:
                self._held.discard((port.key[1], port.number))
                forget(self._reactor, port, port.fileno())
                port.socket.close()
        self._idle.clear()

    def _candidates(self, key: Key) -> Iterator[int]:
        _family, host, first, last = key
        if not first:
            yield 0
            return
        size = last - first + 1
        start = by_chance(size)
        for step in range(size):
            number = first + (start + step) % size
            if (host, number) not in self._held:
                yield number


def by_chance(size: int) -> int:
    """One of so many."""
    return int.from_bytes(os.urandom(4), "big") % size


def listen(family: int, address: SocketAddress) -> _socket.socket | None:
    """A listening socket; None if the port is taken. Raises: OSError."""
    listening = _socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setblocking(False)
        # Connections of before linger on the port.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(
                socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if str(address[0]).startswith("::ffff:") else 1
            )
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        if error.errno in TAKEN:
            return None
        raise
    return listening


def connect(family: int, ours: SocketAddress, port: int, to: Address) -> _socket.socket:
    """A socket that connects from a port of ours, or from any if that one cannot be had. Raises: OSError.

    RFC 959 3.2 wants the default data port, L-1. That can be had time after time only if connections of before, which
    linger, do not count.
    """
    wanted = [port, 0] if port else [0]
    for number in wanted:
        connecting = _socket.socket(family, socket.SOCK_STREAM)
        try:
            connecting.setblocking(False)
            connecting.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            connecting.bind((ours[0], number, *ours[2:]))
            with suppress(BlockingIOError):
                connecting.connect(to)
        except OSError as error:
            connecting.close()
            if number and error.errno in (errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES):
                continue
            raise
        return connecting
    raise OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))
