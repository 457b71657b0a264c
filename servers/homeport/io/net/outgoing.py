"""A query to another host on behalf of a client (`AskHost`): connects, sends the query, reads to the close.

The addresses of a name are tried one after the other (RFC 1123 2.3). Names are resolved on a thread of their own,
because the resolver blocks; an address literal needs none.
"""

import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

from homeport.io.net.reactor import DelayedCall, Reactor, forget
from homeport.io.net.stream_socket import SocketAddress
from homeport.protocol.effects import AskHost

TIMEOUT_S = 10.0
"""Timeout in seconds of real time for all of it: resolving, connecting, answering."""
READ_SIZE = 64 << 10

Found = list[tuple[int, SocketAddress]]
"""Addresses to try: family, socket address."""


class Outgoing:
    """One query; a descriptor of the reactor.

    done: called with the answer and an error, as in `HostAnswered`; never before `start` has returned nor after
    `cancel`.
    """

    def __init__(self, reactor: Reactor, question: AskHost, done: Callable[[bytes, str], None]) -> None:
        self._reactor = reactor
        self._question = question
        self._done: Callable[[bytes, str], None] | None = done
        self._addresses: Found = []
        self._socket: socket.socket | None = None
        self._unsent = question.query
        self._connecting = False
        self._answer = bytearray()
        self._deadline: DelayedCall | None = None

    def start(self) -> None:
        """Resolve the host and connect."""
        self._deadline = self._reactor.callLater(TIMEOUT_S, self._finish, f"no answer within {TIMEOUT_S:g} s")
        try:
            found = resolve(self._question.host, self._question.port, socket.AI_NUMERICHOST)
        except (OSError, UnicodeError):
            threading.Thread(target=self._resolve, name="homeport-resolver", daemon=True).start()
        else:
            self._reactor.callLater(0, self._resolved, found, "")

    def cancel(self) -> None:
        """Abort the query without calling `done`."""
        self._done = None
        self._finish("")

    def fileno(self) -> int:
        """Return the descriptor, or -1 if it is closed."""
        return -1 if self._socket is None else self._socket.fileno()

    @property
    def ends(self) -> tuple[SocketAddress, SocketAddress] | None:
        """The local and the remote address while it is connected, else None."""
        if self._socket is None or self._connecting:
            return None
        try:
            return self._socket.getsockname(), self._socket.getpeername()
        except OSError:  # broken
            return None

    def logPrefix(self) -> str:  # noqa: N802 - Twisted calls it
        """Return the name for Twisted's log."""
        return f"asking {self._question.host}"

    def connectionLost(self, _reason: object) -> None:  # noqa: N802
        """Handle a broken or refused connection."""
        if self._socket is not None:
            error = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            self._broken(os.strerror(error) if error else "the connection broke")

    def doWrite(self) -> None:  # noqa: N802
        """Handle the result of connecting, and send the rest of the query."""
        assert self._socket is not None  # noqa: S101 - the reactor watches only an open socket
        if self._connecting:
            if error := self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                self._broken(os.strerror(error))
                return
            self._connecting = False
            self._reactor.addReader(self)
        try:
            self._unsent = self._unsent[self._socket.send(self._unsent) :]
        except BlockingIOError:
            return
        except OSError as error:
            self._broken(str(error.strerror))
            return
        if not self._unsent:
            # No half-close: some servers take it for a close and do not answer.
            self._reactor.removeWriter(self)

    def doRead(self) -> None:  # noqa: N802
        """Read once; the answer ends with the stream."""
        assert self._socket is not None  # noqa: S101
        room = self._question.limit - len(self._answer)
        try:
            data = self._socket.recv(min(READ_SIZE, room))
        except BlockingIOError:
            return
        except OSError as error:
            self._finish(str(error.strerror))
            return
        self._answer += data
        if not data or len(data) == room:
            self._finish("")

    def _resolve(self) -> None:
        """Resolve the name, on a thread."""
        found: Found = []
        error = ""
        try:
            found = resolve(self._question.host, self._question.port)
        except (OSError, UnicodeError) as failed:
            error = getattr(failed, "strerror", None) or "the name cannot be resolved"
        # If the farm has stopped, its reactor is closed: the result is not needed.
        with suppress(AttributeError, OSError):
            self._reactor.callFromThread(self._resolved, found, error)

    def _resolved(self, found: Found, error: str) -> None:
        if self._deadline is not None:
            self._addresses = found
            self._try_next(error or "the name has no address")

    def _try_next(self, error: str) -> None:
        """Connect to the next address, or give up with the error of the last one."""
        while self._addresses and self._deadline is not None:
            family, address = self._addresses.pop(0)
            try:
                self._socket = socket.socket(family, socket.SOCK_STREAM)
                self._socket.settimeout(0)
                self._socket.connect(address)
            except BlockingIOError:
                pass
            except OSError as failed:
                error = str(failed.strerror)
                self._drop()
                continue
            self._connecting = True
            self._reactor.addWriter(self)
            return
        self._finish(error)

    def _broken(self, error: str) -> None:
        self._drop()
        if self._connecting:
            self._connecting = False
            # In a later turn: the reactor still processes the failed descriptor.
            self._reactor.callLater(0, self._try_next, error)
        else:
            self._finish(error)

    def _drop(self) -> None:
        if self._socket is not None:
            if self._socket.fileno() >= 0:
                forget(self._reactor, self, self._socket.fileno())
            self._socket.close()
            self._socket = None

    def _finish(self, error: str) -> None:
        if self._deadline is None:
            return
        if self._deadline.active():
            self._deadline.cancel()
        self._deadline = None
        self._drop()
        done, self._done = self._done, None
        if done is not None:
            done(bytes(self._answer), error)


def resolve(host: str, port: int, flags: int = 0) -> Found:
    """Return the addresses of a host, in the order in which to try them.

    Raises: OSError, UnicodeError if it has none.
    """
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    return [(family, address) for family, _type, _protocol, _name, address in answers]
