"""Connections behind a proxy: the PROXY protocol's header is taken off before anything else begins.

The header is looked at without being taken from the socket, and taken up to its last octet: what follows, be it a
command or a TLS handshake, is still there for whoever reads next.
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

HEADER_SECONDS = 5.0
"""Real time for the header to come; the specification asks for three seconds at least."""


class Proxied:
    """An accepted connection whose header has not come yet; a descriptor of the reactor."""

    def __init__(self, listener: "StreamListener", accepted: _socket.socket, peer: Address, local: Address) -> None:
        self.listener = listener
        self.socket = accepted
        self.peer = peer
        self.local = local
        self.taken = b""
        listener.proxied.add(self)
        listener.reactor.addReader(self)
        self._deadline = listener.reactor.callLater(HEADER_SECONDS, self._late)
        if len(listener.proxied) + len(listener.streams) > listener.limits.connections:
            self.refuse("too many connections")

    # What the reactor calls.

    def fileno(self) -> int:
        """The descriptor, or -1 when it is closed."""
        return self.socket.fileno()

    def logPrefix(self) -> str:  # noqa: N802
        """How Twisted names it in its log."""
        return self.listener.bound.wanted.name

    def doWrite(self) -> None:  # noqa: N802
        """Nothing waits to be written here."""

    def connectionLost(self, reason: object) -> None:  # noqa: N802
        """The reactor saw the connection break, or one of our methods raise."""
        if error := is_internal(reason):
            self.listener.internal_error("reading a PROXY header", error)
            self.close()
            return
        self.without_header("the connection broke")

    def doRead(self) -> None:  # noqa: N802
        """Look at what is there, and take what belongs to the header."""
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
            self.taken += self.socket.recv(len(seen))  # what is left unread would make the close a reset
            self.without_header(str(error))
            return
        self.taken += self.socket.recv(len(seen) if header is None else header.size - known)
        if header is not None:
            self._enter(header)

    # Ends.

    def without_header(self, reason: str) -> None:
        """End the connection: nothing says who is behind it."""
        self.refuse(f"no PROXY header: {reason}; clients that come without a proxy need proxy_protocol = false")

    def refuse(self, reason: str) -> None:
        """End the connection, and say so."""
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
            listener.journal.octets_moved(connection, "in", self.taken)
        listener.journal.close(connection, f"refused: {reason}")

    def close(self) -> None:
        """End the connection."""
        self._leave()
        self.socket.close()

    def _enter(self, header: Header) -> None:
        """The connection begins, from whom the header says."""
        self._leave()
        self.listener.accept(self.socket, header.source or self.peer, header.destination or self.local)

    def _late(self) -> None:
        self.without_header(f"it did not come within {HEADER_SECONDS:g} s")

    def _leave(self) -> None:
        self.listener.reactor.removeReader(self)
        self.listener.proxied.discard(self)
        if self._deadline.active():
            self._deadline.cancel()
