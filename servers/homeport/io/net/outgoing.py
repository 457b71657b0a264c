"""Asking another host on a client's behalf: one query out, everything that it answers back (`AskHost`).

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

TIMEOUT = 10.0
"""Real seconds for all of it: resolving, connecting, answering."""
READ_SIZE = 64 << 10

Found = list[tuple[int, SocketAddress]]
"""Addresses to try: family, socket address."""


class Outgoing:
    """One question; a descriptor of the reactor.

    done: told the answer and an error, as in `HostAnswered`; never before `start` has returned, never after `cancel`.
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
        """Find the host's addresses and begin."""
        self._deadline = self._reactor.callLater(TIMEOUT, self._finish, f"no answer within {TIMEOUT:g} s")
        try:
            found = resolve(self._question.host, self._question.port, socket.AI_NUMERICHOST)
        except (OSError, UnicodeError):
            threading.Thread(target=self._resolve, name="homeport-resolver", daemon=True).start()
        else:
            self._reactor.callLater(0, self._resolved, found, "")

    def cancel(self) -> None:
        """Nobody waits for the answer any more."""
        self._done = None
        self._finish("")

    def fileno(self) -> int:
        """The descriptor, or -1 when there is none."""
        return -1 if self._socket is None else self._socket.fileno()

    def logPrefix(self) -> str:  # noqa: N802 - Twisted calls it
        """How Twisted names it in its log."""
        return f"asking {self._question.host}"

    def connectionLost(self, _reason: object) -> None:  # noqa: N802
        """The reactor saw the connection break, or be refused."""
        if self._socket is not None:
            error = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            self._broken(os.strerror(error) if error else "the connection broke")

    def doWrite(self) -> None:  # noqa: N802
        """The connection stands, or has failed; or it takes more of the query."""
        assert self._socket is not None  # noqa: S101 - the reactor watches nothing else
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
            # Our side stays open: a server that takes a half-close for a departure would not answer.
            self._reactor.removeWriter(self)

    def doRead(self) -> None:  # noqa: N802
        """Read once; the end of the stream is the end of the answer."""
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
        """Resolve the name, on a thread of its own."""
        found: Found = []
        error = ""
        try:
            found = resolve(self._question.host, self._question.port)
        except (OSError, UnicodeError) as failed:
            error = getattr(failed, "strerror", None) or "the name cannot be resolved"
        # The farm may have stopped meanwhile and its reactor be closed: then nobody waits.
        with suppress(AttributeError, OSError):
            self._reactor.callFromThread(self._resolved, found, error)

    def _resolved(self, found: Found, error: str) -> None:
        if self._deadline is not None:
            self._addresses = found
            self._try_next(error or "the name has no address")

    def _try_next(self, error: str) -> None:
        """Connect to the next address, or give up for the reason that the last one gave."""
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
            # In a turn of its own: the reactor is still busy with the descriptor that failed.
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
    """The addresses of a host, in the order in which they are to be tried.

    Raises: OSError, UnicodeError if there are none.
    """
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    return [(family, address) for family, _type, _protocol, _name, address in answers]
