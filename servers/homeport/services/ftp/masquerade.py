"""The address in PASV's reply (RFC 959 4.1.2): the server's address as the client sees it, for servers behind NAT."""

from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network

SELF = "self"
"""The address to which the client connected."""
ANY_CLIENT, GATEWAY = "*", "gateway"
"""Words in place of a network: any other client; the default gateway, from which clients of published ports come."""
Table = Mapping[str, str]
"""Address to announce, or SELF, by the network of the client."""


class Masquerade:
    """Chooses the address for each client. Raises: ValueError with a text for people if the table is invalid."""

    def __init__(self, table: Table) -> None:
        self._by_word: dict[str, str] = {}
        networks: list[tuple[IPv4Network, str]] = []
        for clients, told in table.items():
            if told != SELF:
                _check_address(told)
            if clients in (ANY_CLIENT, GATEWAY):
                self._by_word[clients] = told
            else:
                networks.append((_parse_network(clients), told))
        self._networks = sorted(networks, key=lambda one: -one[0].prefixlen)

    def address_for(self, peer: str, local: str, *, gateway: bool) -> str:
        """Return the address to announce to a client: that of its most specific network.

        peer, local: the client's address and ours (IPv4). gateway: True if the client is the default gateway.
        """
        told = self._find(IPv4Address(peer), gateway=gateway)
        return local if told == SELF else told

    def _find(self, peer: IPv4Address, *, gateway: bool) -> str:
        if gateway and GATEWAY in self._by_word:
            return self._by_word[GATEWAY]
        found = next((told for network, told in self._networks if peer in network), None)
        return found or self._by_word.get(ANY_CLIENT, SELF)


def parse_masquerade(setting: str | Table) -> Masquerade:
    """Parse `[ftp] masquerade`: an address for all clients, a table, or an empty text. Raises: ValueError."""
    if isinstance(setting, str):
        setting = {ANY_CLIENT: setting or SELF}
    return _parsed(tuple(setting.items()))


@lru_cache(16)
def _parsed(table: tuple[tuple[str, str], ...]) -> Masquerade:
    return Masquerade(dict(table))


def _check_address(text: str) -> None:
    try:
        IPv4Address(text)
    except ValueError:
        raise ValueError(f"{text!r} is neither an IPv4 address, such as 192.0.2.1, nor {SELF!r}") from None


def _parse_network(text: str) -> IPv4Network:
    try:
        return IPv4Network(text)
    except ValueError:
        pass
    try:
        meant = IPv4Network(text, strict=False)
    except ValueError:
        kinds = f"such as 172.16.0.0/12, not an IPv4 address, and neither {ANY_CLIENT!r} nor {GATEWAY!r}"
        raise ValueError(f"{text!r} is not an IPv4 network, {kinds}") from None
    raise ValueError(f"{text!r} has host bits set: write {str(meant)!r}")
