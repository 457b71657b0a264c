"""The address that PASV tells (RFC 959 4.1.2): that of the server as the client sees it, for servers behind NAT."""

from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network

SELF = "self"
"""The address that the client has reached us at."""
ANYBODY, GATEWAY = "*", "gateway"
"""In place of a network: every other client; the router of this machine, as which clients of published ports come."""
Table = Mapping[str, str]
"""An address, or SELF, for the clients of each network."""


class Masquerade:
    """The address for each client. Raises: ValueError, in words, for what is no table of that kind."""

    def __init__(self, table: Table) -> None:
        self._by_word: dict[str, str] = {}
        networks: list[tuple[IPv4Network, str]] = []
        for clients, told in table.items():
            if told != SELF:
                _check_address(told)
            if clients in (ANYBODY, GATEWAY):
                self._by_word[clients] = told
            else:
                networks.append((_parse_network(clients), told))
        self._networks = sorted(networks, key=lambda one: -one[0].prefixlen)

    def address_for(self, peer: str, local: str, *, gateway: bool) -> str:
        """Return the address to tell a client: by its most specific network.

        peer, local: the client's address and ours (IPv4). gateway: whether the client is the router of this machine.
        """
        told = self._find(IPv4Address(peer), gateway=gateway)
        return local if told == SELF else told

    def _find(self, peer: IPv4Address, *, gateway: bool) -> str:
        if gateway and GATEWAY in self._by_word:
            return self._by_word[GATEWAY]
        found = next((told for network, told in self._networks if peer in network), None)
        return found or self._by_word.get(ANYBODY, SELF)


def parse_masquerade(setting: str | Table) -> Masquerade:
    """Return what `[ftp] masquerade` says: an address for everybody, a table, or nothing. Raises: ValueError,."""
    if isinstance(setting, str):
        setting = {ANYBODY: setting or SELF}
    return _parsed(tuple(setting.items()))


@lru_cache(16)
def _parsed(table: tuple[tuple[str, str], ...]) -> Masquerade:
    return Masquerade(dict(table))


def _check_address(text: str) -> None:
    try:
        IPv4Address(text)
    except ValueError:
        raise ValueError(f"{text!r} is no IPv4 address, such as 192.0.2.1, and not {SELF!r}") from None


def _parse_network(text: str) -> IPv4Network:
    try:
        return IPv4Network(text)
    except ValueError:
        pass
    try:
        meant = IPv4Network(text, strict=False)
    except ValueError:
        kinds = f"such as 172.16.0.0/12, no IPv4 address, and neither {ANYBODY!r} nor {GATEWAY!r}"
        raise ValueError(f"{text!r} is no IPv4 network, {kinds}") from None
    raise ValueError(f"{text!r} has bits behind the length of its network: write {str(meant)!r}")
