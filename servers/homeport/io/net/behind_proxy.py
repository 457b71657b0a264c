"""Connections behind a proxy: the PROXY protocol header is read before anything else.

The header is peeked at (MSG_PEEK) and then read up to its last byte, so that the input after it, a command or a TLS
handshake, is still in the socket for the next reader.
"""

import _socket
import logging
import socket
from typing import TYPE_CHECKING

from homeport.io.net.reactor import is_internal
from homeport.protocol.addresses import Address, address_text
from homeport.protocol.proxy_protocol import HEADER_LIMIT, Header, HeaderError, parse_header

if TYPE_CHECKING:
    from homeport.io.net.listener import StreamListener

log = logging.getLogger("homeport")

HEADER_TIMEOUT_S = 5.0
"""Timeout of the header in seconds of real time; the specification asks for three at least."""


class Proxied:
    """An accepted connection that waits for its header; a descriptor of the reactor."""

    def __init__(self, listener: "StreamListener", accepted: _socket.socket, peer: Address, local: Address) -> None:
        self.listener = listener
        self.socket = accepted
        self.peer = peer
        self.local = local
        self.taken = b""
        listener.proxied.add(self)
        listener.reactor.addReader(self)
        self._deadline = listener.reactor.callLater(HEADER_TIMEOUT_S, self._timed_out)
        if len(listener.proxied) + len(listener.streams) > listener.limits.connections:
            self.refuse("too many connections")

    # Called by the reactor.

    def fileno(self) -> int:
        """Return the descriptor, or -1 if it is closed."""
        return self.socket.fileno()

    def logPrefix(self) -> str:  # noqa: N802
        """Return the name for Twisted's log."""
        return self.listener.bound.wanted.name

    def doWrite(self) -> None:  # noqa: N802
        """Do nothing: a header is not answered."""

    def connectionLost(self, reason: object) -> None:  # noqa: N802
        """Handle a broken connection, or an exception of one of these methods."""
        if error := is_internal(reason):
            self.listener.internal_error("reading a PROXY header", error)
            self.close()
            return
        self.without_header("the connection broke")

    def doRead(self) -> None:  # noqa: N802
        """Peek at the input, and read the bytes of the header."""
        try:
            seen = self.socket.recv(HEADER_LIMIT, socket.MSG_PEEK)
        except BlockingIOError:
            return
        except OSError as error:
            self.without_header(f"the connection broke: {error.strerror}")
            return
        if not seen:
            self.without_header("the connection ended before it")
            return
        known = len(self.taken)
        try:
            header = parse_header(self.taken + seen)
        except HeaderError as error:
            self.taken += self.socket.recv(len(seen))  # unread input would turn the close into a reset
            self.without_header(str(error))
            return
        self.taken += self.socket.recv(len(seen) if header is None else header.size - known)
        if header is not None:
            self._enter(header)

    # Ends.

    def without_header(self, reason: str) -> None:
        """Refuse the connection: it has no valid header."""
        self.refuse(f"no PROXY header: {reason}; clients that connect without a proxy need proxy_protocol = false")

    def refuse(self, reason: str) -> None:
        """Close the connection, and log and journal the reason."""
        if self.socket.fileno() < 0:
            return
        self.close()
        listener = self.listener
        listener.counters.connections += 1
        listener.counters.refused += 1
        listener.counters.received += len(self.taken)
        log.warning("%s: refused %s: %s", self.logPrefix(), address_text(self.peer), reason)
        connection = listener.journal.open(listener.source, self.peer, self.local)
        connection.received = len(self.taken)
        if self.taken and connection.room:
            listener.journal.record_bytes(connection, "in", self.taken)
        listener.journal.close(connection, f"refused: {reason}")

    def close(self) -> None:
        """Close the connection."""
        self._leave()
        self.socket.close()

    def _enter(self, header: Header) -> None:
        """Pass the connection on to the listener, with the header's addresses."""
        self._leave()
        self.listener.accept(self.socket, header.source or self.peer, header.destination or self.local)

    def _timed_out(self) -> None:
        self.without_header(f"it did not come within {HEADER_TIMEOUT_S:g} s")

    def _leave(self) -> None:
        self.listener.reactor.removeReader(self)
        self.listener.proxied.discard(self)
        if self._deadline.active():
            self._deadline.cancel()
