"""The NTP server that a key exchange names (RFC 8915 4.1.7, 4.1.8)."""

from homeport.protocol.session import Context
from homeport.world.endpoints import reachable

UNSPECIFIED = ("0.0.0.0", "::")
NTP_PORT = 123
"""The port that a client takes if none is named."""
LISTENER = "ntp.udp"


def named_server(context: Context, wanted: str) -> tuple[str, int]:
    """Return the host and the port to name; an empty host and port 0 need not be named.

    wanted: the host that the client asked for; empty for none.

    The address to which the client has connected needs no name, and a client behind a gateway, such as that of a
    container, knows only its own address for the server. So a host is named if the options do, if NTP does not listen
    on that address, or if the client asked for one that is the server's.
    """
    options = context.options
    endpoint = context.world.endpoints.get(LISTENER)
    port = options.nts_server_port or (endpoint.port if endpoint is not None else 0)
    if port == NTP_PORT:
        port = 0
    if options.nts_server:
        return options.nts_server, port
    if endpoint is None:
        return "", port
    addresses = reachable(endpoint.addresses)
    if wanted in addresses:
        return wanted, port
    local = context.local[0]
    if local in addresses or any(one in endpoint.addresses for one in UNSPECIFIED):
        return "", port
    return (addresses[0] if addresses else ""), port
