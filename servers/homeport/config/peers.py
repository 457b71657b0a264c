"""Sets of peers: the addresses and networks that a rule applies to."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from ipaddress import ip_address, ip_network

REMEMBERED = 4096


class PeerSet:
    """A set of addresses. Answers are cached, because it is asked for every connection and datagram.

    members: `"*"` for all, addresses, networks such as `192.0.2.0/24`.

    Raises: ValueError for anything else.
    """

    def __init__(self, members: Sequence[str]) -> None:
        self.everybody = "*" in members
        self._networks = [ip_network(member, strict=False) for member in members if member != "*"]
        self._known: dict[str, bool] = {}

    def covers(self, host: str) -> bool:
        """True if the address, a literal with or without a scope, is in the set."""
        if self.everybody:
            return True
        known = self._known.get(host)
        if known is None:
            address = ip_address(host.partition("%")[0])
            known = any(address in network for network in self._networks)
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[host] = known
        return known


@lru_cache(maxsize=256)
def peer_matcher(wanted: str) -> Callable[[str], bool]:
    """Return a predicate of peers (`127.0.0.1:4711`) that is True for the wanted ones.

    wanted: an address with or without a port, or a network.

    Raises: ValueError if it is none of these.
    """
    host, colon, port = wanted.rpartition(":")
    if colon and port.isdigit() and (":" not in host or host.startswith("[")):
        return wanted.__eq__
    hosts = PeerSet([wanted.strip("[]")])
    return lambda peer: hosts.covers(peer.rpartition(":")[0].strip("[]"))
