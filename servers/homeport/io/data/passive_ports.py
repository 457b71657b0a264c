"""Passive ports (PASV, EPSV): a pool of listening sockets, each leased to one session at a time.

Each lease accepts one connection of the client; any other is reset. A port returns to the pool as soon as its client
has connected. If all ports of a range are leased, a session waits briefly for one to be returned. A returned port stays
open as long as there are sessions, because another lease follows soon, and opening a socket costs more than sending a
small file. The port of a lease is random, so that an attacker cannot predict it (RFC 2577 8).
"""

import _socket
import errno
import os
import socket
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from weakref import WeakSet

from homeport.io.net.reactor import Reactor, forget
from homeport.io.net.sockets import RESET_ON_CLOSE
from homeport.io.net.stream_socket import SocketAddress
from homeport.io.platform import set_option
from homeport.protocol.addresses import Address

BACKLOG = 4
IN_USE = {errno.EADDRINUSE, errno.EACCES}
Key = tuple[int, str, int, int]
"""Address family, local address, first and last port."""
Arrived = Callable[[_socket.socket, Address], bool]


class PassivePort:
    """A listening socket; a reader of the reactor.

    arrived: called with each connection of a lease until it returns True; refused and further ones are reset.
    """

    __slots__ = ("_taken", "arrived", "key", "number", "socket")

    def __init__(self, key: Key, listening: _socket.socket) -> None:
        self.key = key
        self.socket = listening
        self.number: int = listening.getsockname()[1]
        self.arrived: Arrived | None = None
        self._taken = False  # accepted before the reactor reported it, which it still will

    def serve(self, key: Key) -> None:
        """Serve another range from now on."""
        self.key = key

    def fileno(self) -> int:
        """Return the descriptor; -1 when closed."""
        return self.socket.fileno()

    def logPrefix(self) -> str:  # noqa: N802 - Twisted calls these
        """Return the name for Twisted's log."""
        return f"passive port {self.number}"

    def connectionLost(self, _reason: object) -> None:  # noqa: N802
        """Do nothing: cannot happen to a listening socket, short of an internal error."""

    def doWrite(self) -> None:  # noqa: N802
        """Do nothing: never registered for writing."""

    def doRead(self) -> None:  # noqa: N802
        """Accept one connection; the reactor calls again if there are more."""
        if self._taken:
            self._taken = False
        else:
            self.accept_one()

    def take(self) -> bool:
        """Accept a connection that the reactor has not reported yet; True if there was one."""
        self._taken = self.accept_one()
        return self._taken

    def accept_one(self) -> bool:
        """Accept a connection; True if there was one."""
        come = self.accept()
        if come is None:
            return False
        accepted, peer = come
        arrived, self.arrived = self.arrived, None
        if arrived is None or not arrived(accepted, peer):
            self.arrived = self.arrived or arrived
            set_option(accepted, socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            accepted.close()
        return True

    def accept(self) -> tuple[_socket.socket, Address] | None:
        """Return an accepted connection and its peer; None if there is none."""
        try:
            fd, peer = self.socket._accept()  # type: ignore[attr-defined]  # noqa: SLF001 - of the standard library
        except OSError:  # none, closed again, or out of descriptors
            return None
        accepted = _socket.socket(self.key[0], socket.SOCK_STREAM, 0, fd)
        if peer is None:  # closed again: macOS returns a connection without an address
            accepted.close()
            return None
        accepted.setblocking(False)
        return accepted, peer[:2]


_POOLS: "WeakSet[PassivePorts]" = WeakSet()


class PassivePorts:
    """Pool of the passive ports of a world."""

    def __init__(self, reactor: Reactor) -> None:
        self._reactor = reactor
        self._idle: dict[Key, list[PassivePort]] = {}
        self._waiting: dict[Key, deque[Callable[[], None]]] = {}
        self._held: set[tuple[str, int]] = set()
        _POOLS.add(self)
        self._sessions = 0  # control connections that may lease a port

    def add_session(self) -> None:
        """Count a control connection that may lease a port."""
        self._sessions += 1

    def lease(
        self, family: int, ours: SocketAddress, first: int, last: int, arrived: Arrived, before: int = 0
    ) -> PassivePort | None:
        """Lease a port on a local address, within a range (0: any port); None if none is free.

        arrived: called with each connection until it returns True, that it has taken one.
        before: previous port of the same client, which is leased again only if no other is free.
        """
        key = (family, ours[0], first, last)
        idle = self._idle.get(key, [])
        if (size := len(idle)) and (size > 1 or idle[0].number != before):
            at = random_below(size)
            if idle[at].number == before:
                at = (at + 1 + random_below(size - 1)) % size
            return self._lease_again(idle.pop(at), arrived)
        for number in self._candidates(key):
            if (listening := listen(family, (ours[0], number, *ours[2:]))) is not None:
                port = PassivePort(key, listening)
                self._held.add((key[1], port.number))
                port.arrived = arrived
                self._reactor.addReader(port)
                return port
        if idle:
            return self._lease_again(idle.pop(), arrived)
        return None if (other := self._reclaim(key)) is None else self._lease_again(other, arrived)

    def _reclaim(self, key: Key) -> PassivePort | None:
        """Take a returned port of another range, configured before, that is in this one too."""
        _family, _host, first, last = key
        for other, ports in self._idle.items():
            if other[:2] == key[:2]:
                for at, port in enumerate(ports):
                    if first <= port.number <= last:
                        del ports[at]
                        port.serve(key)
                        return port
        return None

    def wait(self, family: int, ours: SocketAddress, first: int, last: int, again: Callable[[], None]) -> None:
        """Wait for a port of a range: `again` is called in a later turn, once, when one has been returned."""
        self._waiting.setdefault((family, ours[0], first, last), deque()).append(again)

    def stop_waiting(self, again: Callable[[], None]) -> None:
        """Do not call `again` any more."""
        for key, waiting in list(self._waiting.items()):
            if again in waiting:
                waiting.remove(again)
            if not waiting:
                del self._waiting[key]

    def _lease_again(self, port: PassivePort, arrived: Arrived) -> PassivePort:
        while port.take():
            pass  # connections that arrived after the previous lease
        port.arrived = arrived
        return port

    def holds(self, port: int) -> bool:
        """Return True if the pool has a port open, on any address."""
        return any(number == port for _host, number in self._held)

    def put_back(self, port: PassivePort) -> None:
        """Return a port to the pool."""
        port.arrived = None
        self._idle.setdefault(port.key, []).append(port)
        if port.key in self._waiting:
            self._wake(port.key)

    def wake(self, family: int, ours: SocketAddress, first: int, last: int) -> None:
        """Have the next waiting session try again, in place of one that has ended."""
        self._wake((family, ours[0], first, last))

    def _wake(self, key: Key) -> None:
        if waiting := self._waiting.get(key):
            self._reactor.callLater(0, waiting.popleft())

    def remove_session(self) -> None:
        """Uncount a control connection; after the last one, close all ports."""
        self._sessions -= 1
        if self._sessions:
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
        start = random_below(size)
        for step in range(size):
            number = first + (start + step) % size
            if (host, number) not in self._held:
                yield number


def is_passive_port(port: int) -> bool:
    """Return True if a farm of this process holds a passive port, leased or not."""
    return any(pool.holds(port) for pool in _POOLS)


def random_below(size: int) -> int:
    """Return a random number below `size`."""
    return int.from_bytes(os.urandom(4), "big") % size


def listen(family: int, address: SocketAddress) -> _socket.socket | None:
    """Open a listening socket; None if the port is in use. Raises: OSError."""
    listening = _socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setblocking(False)
        # Earlier connections of the port may be in TIME_WAIT.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(
                socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if str(address[0]).startswith("::ffff:") else 1
            )
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        if error.errno in IN_USE:
            return None
        raise
    return listening


def connect(family: int, ours: SocketAddress, port: int, to: Address) -> _socket.socket:
    """Begin to connect from a given port, or from any port if that one is unavailable. Raises: OSError.

    RFC 959 3.2 requires the default data port, L-1. It can be reused at once only with SO_REUSEADDR, because earlier
    connections stay in TIME_WAIT.
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
