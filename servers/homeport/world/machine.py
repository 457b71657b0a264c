"""Facts about the machine that a farm runs on, for sessions that must not connect back to it.

Sessions import no socket, so the driver gives each world a subclass that looks (`io/net/own_machine.py`).
"""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address


class Machine:
    """A machine of which only the loopback addresses are known, and which has no listeners."""

    def is_local(self, host: str) -> bool:
        """Return True if connections to an address stay on this machine, or reach the host of this container."""
        try:
            return ip_address(plain_address(host)).is_loopback
        except ValueError:
            return False

    def listens_on(self, port: int) -> bool:  # noqa: ARG002 - the driver's subclass looks
        """Return True if a TCP port is a listener or a passive port of this farm, in any world."""
        return False


@lru_cache(256)
def plain_address(host: str) -> str:
    """Return an address in its shortest form, without a scope; IPv4-mapped IPv6 as IPv4."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)
