"""The default gateways of this system. In a container, clients of a published port have the address of one."""

import socket
import struct
from functools import cache

from homeport.io import platform

UP_BY_GATEWAY = 0x3  # RTF_UP | RTF_GATEWAY


@cache
def default_gateways() -> frozenset[str]:
    """Return the IPv4 addresses of the default gateways; empty if the system does not tell."""
    return parse_routes(platform.ipv4_routes())


def parse_routes(text: str) -> frozenset[str]:
    """Parse a routing table as `platform.ipv4_routes` returns it; return the gateways of the default routes."""
    rows = [line.split() for line in text.splitlines()[1:]]
    return frozenset(
        # Addresses are in native byte order.
        socket.inet_ntoa(struct.pack("=L", int(row[2], 16)))
        for row in rows
        if len(row) > 3 and row[1] == "00000000" and int(row[3], 16) & UP_BY_GATEWAY == UP_BY_GATEWAY
    )
