"""The routers of this machine. In a container, clients of a published port have the address of one."""

import socket
import struct
from functools import cache

from homeport.io import platform

UP_BY_GATEWAY = 0x3  # RTF_UP | RTF_GATEWAY


@cache
def default_gateways() -> frozenset[str]:
    """Return the IPv4 addresses of the default gateways; none where the system does not say."""
    return parse_routes(platform.ipv4_routes())


def parse_routes(text: str) -> frozenset[str]:
    """Return the gateways of the default routes in a table of routes as `platform.ipv4_routes` gives it."""
    rows = [line.split() for line in text.splitlines()[1:]]
    return frozenset(
        # Addresses stand in the machine's own order of bytes.
        socket.inet_ntoa(struct.pack("=L", int(row[2], 16)))
        for row in rows
        if len(row) > 3 and row[1] == "00000000" and int(row[3], 16) & UP_BY_GATEWAY == UP_BY_GATEWAY
    )
