"""Connections that came before the modules of their service were imported.

An import of many modules takes 50 ms and more, so it runs in the thread pool; the sessions are made after it. The
clients wait for the greeting meanwhile, and what they have sent stays in the sockets.
"""

import _socket
from collections import deque
from collections.abc import Callable

from homeport.io.net.reactor import Reactor
from homeport.io.net.worker_calls import call_off_reactor
from homeport.protocol.addresses import Address

Arrival = tuple[_socket.socket, Address, Address]
"""An accepted socket, the peer's address, the local one."""
TAKEN_PER_TURN = 32


class Loading:
    """The connections of one listener that wait. load: imports the modules. take: called with each of them, in order.
    over: called when none waits any more."""

    def __init__(
        self,
        reactor: Reactor,
        load: Callable[[], object],
        take: Callable[[_socket.socket, Address, Address], None],
        over: Callable[[], None],
    ) -> None:
        self._reactor = reactor
        self._load = load
        self._take = take
        self._over = over
        self._waiting: deque[Arrival] = deque()
        self._begun = False

    def add(self, arrival: Arrival) -> None:
        """Have a connection wait; the first begins the import."""
        self._waiting.append(arrival)
        if not self._begun:
            self._begun = True
            call_off_reactor(self._reactor, self._load, self._loaded)

    def drop(self) -> None:
        """Close the connections that wait."""
        while self._waiting:
            self._waiting.popleft()[0].close()

    def _loaded(self, _result: object, _error: Exception | None) -> None:
        """Take what waits, a bounded number per turn. An error of the import is raised again by the first session."""
        for _ in range(min(len(self._waiting), TAKEN_PER_TURN)):
            self._take(*self._waiting.popleft())
        if self._waiting:
            self._reactor.callLater(0, self._loaded, None, None)
        else:
            self._over()
