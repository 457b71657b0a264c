"""The ports of a world as its clients see them: the driver says where it listens, and the zones publish it."""

from ipaddress import IPv6Address, ip_address

import msgspec


class Endpoint(msgspec.Struct, frozen=True):
    """A listener that is open."""

    service: str
    listener: str
    transport: str
    port: int
    addresses: tuple[str, ...]
    has_tls: bool = False
    """True if its clients can use TLS."""


class OpenConnection(msgspec.Struct, frozen=True):
    """A TCP connection of a service that is open: of a client to it, or of it to another host."""

    conn: str
    """Identifier of the client's connection: of the control connection, for FTP's data connections."""
    service: str


def reachable(addresses: tuple[str, ...]) -> tuple[str, ...]:
    """Return the addresses by which clients on this machine reach a listener, each once, without link-local ones."""
    found: dict[str, None] = {}
    for text in addresses:
        try:
            address = ip_address(text.partition("%")[0])
        except ValueError:
            continue
        if address.is_unspecified:
            found["127.0.0.1"] = None
            if isinstance(address, IPv6Address):
                found["::1"] = None
        elif not address.is_link_local:
            found[str(address)] = None
    return tuple(found)
