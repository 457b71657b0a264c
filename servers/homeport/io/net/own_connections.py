"""Looks up the open TCP connections of a world by their ports, for Ident."""

import socket
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from homeport.protocol.addresses import Address
from homeport.world.endpoints import OpenConnection
from homeport.world.machine import plain_address

if TYPE_CHECKING:
    from homeport.io.net.listener import StreamListener
    from homeport.io.net.stream import Stream

Ends = tuple[Sequence[object], Sequence[object]]
"""The local and the remote socket address."""


def find_connection(listeners: "Iterable[StreamListener]", port: int, peer: Address) -> OpenConnection | None:
    """Return the connection between a local port and another host's address and port; None if there is none.

    It may be one of a client to a listener, or one that a session has to another host. Those that end are none.
    """
    host = plain_address(peer[0])
    for listener in listeners:
        for stream in listener.streams.values():
            connection = stream.connection
            # The ports first: they nearly always differ.
            if connection.peer[1] == peer[1] and connection.local[1] == port:
                if plain_address(connection.peer[0]) == host:
                    return OpenConnection(connection.id, connection.service)
            elif stream.requests is not None and any(
                local[1] == port and remote[1] == peer[1] and plain_address(str(remote[0])) == host
                for local, remote in _further(stream)
            ):
                return OpenConnection(connection.id, connection.service)
    return None


def _further(stream: "Stream") -> Iterator[Ends]:
    """Yield the ends of the connections that a session has besides the client's."""
    requests = stream.requests
    if requests is None:
        return
    if requests.asking is not None and (asking := requests.asking.ends) is not None:
        yield asking
    transfer = None if requests.data is None else requests.data.transfer
    if transfer is not None and transfer.fd >= 0 and (data := _ends_of(transfer.fd)) is not None:
        yield data


def _ends_of(descriptor: int) -> Ends | None:
    """Return the addresses of a connected socket, which stays open; None if it is not connected."""
    probe = socket.socket(fileno=descriptor)
    try:
        return probe.getsockname(), probe.getpeername()
    except OSError:
        return None
    finally:
        probe.detach()
