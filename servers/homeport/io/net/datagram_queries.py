"""Requests that the world itself sends over UDP, each repeated until it is answered (`protocol/asking.py`)."""

import logging
import socket

from homeport.io.net.reactor import DelayedCall, Reactor, forget
from homeport.protocol.addresses import Address
from homeport.protocol.asking import Done, IsAnswer

log = logging.getLogger("homeport")

WAITS_S = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds of real time after each sending until the next, and at last until it is given up."""
LARGEST = 65_535
MAX_READ = 16
"""Datagrams read in one turn of the reactor."""


class DatagramQuery:
    """One request; a descriptor of the reactor, with a socket of its own.

    done: called with the answer, or None, and the number of sendings; never before `start` has returned.
    """

    def __init__(self, reactor: Reactor, address: Address, data: bytes, is_answer: IsAnswer, done: Done) -> None:
        self._reactor = reactor
        self._address = address
        self._data = data
        self._is_answer = is_answer
        self._done = done
        self._socket: socket.socket | None = None
        self._timer: DelayedCall | None = None
        self._sent = 0

    def start(self) -> None:
        """Send the request for the first time."""
        self._timer = self._reactor.callLater(0, self._send)

    def cancel(self) -> None:
        """Give the request up, without calling `done`."""
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None
        self._close()

    def fileno(self) -> int:
        """Return the descriptor, or -1 if it is closed."""
        return -1 if self._socket is None else self._socket.fileno()

    def logPrefix(self) -> str:  # noqa: N802 - Twisted calls it
        """Return the name for Twisted's log."""
        return f"asking {self._address[0]}"

    def connectionLost(self, _reason: object) -> None:  # noqa: N802
        """Wait for the next sending: an error of the socket is an answer that did not come."""
        self._close()

    def doRead(self) -> None:  # noqa: N802
        """Read what has come, up to the answer."""
        for _ in range(MAX_READ):
            if self._socket is None:
                return
            try:
                data = self._socket.recv(LARGEST)
            except OSError:  # nothing waits any more, or the port is not open: it may be when the request is repeated
                return
            if self._is_answer(data):
                self._finish(data)
                return

    def doWrite(self) -> None:  # noqa: N802
        """Do nothing: a datagram is sent at once, or lost."""

    def _send(self) -> None:
        self._timer = None
        if self._sent == len(WAITS_S):
            self._finish(None)
            return
        try:
            if self._socket is None:
                self._open()
            assert self._socket is not None  # noqa: S101 - opened above
            self._socket.send(self._data)
        except OSError:  # no route, or an error of the sending before
            pass
        self._timer = self._reactor.callLater(WAITS_S[self._sent], self._send)
        self._sent += 1

    def _open(self) -> None:
        family = socket.AF_INET6 if ":" in self._address[0] else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.connect(self._address)  # so that only this address can answer
        self._reactor.addReader(self)

    def _close(self) -> None:
        if self._socket is not None:
            if self._socket.fileno() >= 0:
                forget(self._reactor, self, self._socket.fileno())
            self._socket.close()
            self._socket = None

    def _finish(self, answer: bytes | None) -> None:
        self.cancel()
        self._done(answer, self._sent)


class DatagramQueries:
    """The requests of one world."""

    def __init__(self, reactor: Reactor) -> None:
        self._reactor = reactor
        self._running: set[DatagramQuery] = set()
        self._closed = False

    def ask(self, address: Address, data: bytes, is_answer: IsAnswer, done: Done) -> None:
        """Send a request until it is answered, or given up; none is sent after `close`."""
        if self._closed:
            return

        def over(answer: bytes | None, attempts: int) -> None:
            self._running.discard(query)
            try:
                done(answer, attempts)
            except Exception:
                log.exception("the answer of %s could not be handled; please report this", address[0])

        query = DatagramQuery(self._reactor, address, data, is_answer, over)
        self._running.add(query)
        query.start()

    def close(self) -> None:
        """Give all requests up, and take no others."""
        self._closed = True
        for query in self._running:
            query.cancel()
        self._running.clear()
