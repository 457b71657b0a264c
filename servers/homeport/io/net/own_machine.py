"""The machine as the driver sees it: its addresses, and the ports that the farms of this process listen on."""

import socket
from functools import lru_cache

from homeport.io.data.passive_ports import is_passive_port
from homeport.io.net.gateway import default_gateways
from homeport.io.net.sockets import is_listener_port
from homeport.world.machine import Machine, plain_address


class OwnMachine(Machine):
    """This machine."""

    def is_local(self, host: str) -> bool:
        # Behind the published port of a container, the default gateway stands for the container's host.
        host = plain_address(host)
        return super().is_local(host) or host in default_gateways() or is_own_address(host)

    def listens_on(self, port: int) -> bool:
        return is_listener_port(port) or is_passive_port(port)


@lru_cache(256)
def is_own_address(host: str) -> bool:
    """Return True if an interface of this machine has an address."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((host, 0))
        except OSError:
            return False
    return True
