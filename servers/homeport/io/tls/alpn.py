"""Application-layer protocol negotiation (ALPN, RFC 7301): a client that offers only other protocols is refused.

A man in the middle can redirect a browser's HTTPS connection to the TLS port of another service whose certificate has
the same name, and have it read the browser's request, or its answer run as a script (ALPACA, USENIX Security 2021).
Browsers always offer `h2` or `http/1.1`, so a service that speaks neither ends the handshake. Clients that offer
nothing, as nearly all clients of other protocols, are accepted. SNI is not checked: clients that test a farm use many
names for it.
"""

from collections.abc import Sequence

from OpenSSL import SSL


class Engine(SSL.Connection):
    """A TLS connection of the server, with the protocols that its service accepts."""

    def __init__(self, context: SSL.Context, protocols: frozenset[bytes]) -> None:
        super().__init__(context, None)
        self.protocols = protocols


class ProtocolRefused(Exception):
    """The client offers no protocol that the service speaks. offered: its protocols."""

    def __init__(self, offered: Sequence[bytes], accepted: frozenset[bytes]) -> None:
        self.offered = b", ".join(offered)
        names = self.offered.decode("ascii", "backslashreplace")
        spoken = ", ".join(sorted(name.decode("ascii", "replace") for name in accepted))
        super().__init__(f"the client offered by ALPN {names}, and this service speaks {spoken}")


def choose_protocol(connection: SSL.Connection, offered: Sequence[bytes]) -> bytes:
    """Return the first of the client's protocols that the service accepts; a callback of OpenSSL.

    Raises: ProtocolRefused, for which OpenSSL sends the alert no_application_protocol (RFC 7301 3.2).
    """
    accepted = connection.protocols if isinstance(connection, Engine) else frozenset[bytes]()
    for name in offered:
        if name in accepted:
            return name
    raise ProtocolRefused(offered, accepted)
