"""The name servers that are notified of changes: the option `secondaries`."""

import re
from functools import lru_cache
from ipaddress import ip_address

import msgspec

from homeport.protocol.addresses import Address, address_text
from homeport.world.zones.name import BadName, Name, parse_name

FORM = re.compile(r"(?:\[(?P<v6>[0-9a-fA-F:.]+)\]|(?P<v4>[0-9.]+)):(?P<port>\d{1,5})(?:#(?P<key>.+))?", re.ASCII)
MAX_PORT = 65_535


class Secondary(msgspec.Struct, frozen=True):
    """A secondary name server."""

    address: Address
    key_name: Name | None = None
    """The key that signs NOTIFY to it."""

    @property
    def text(self) -> str:
        """Address and port."""
        return address_text(self.address)


class BadSecondary(ValueError):
    """Raised for text that is no secondary; the message says how one is written."""


def parse_secondary(text: str) -> Secondary:
    """Parse `127.0.0.1:5300`, `[::1]:5300`, with `#key` where NOTIFY is signed.

    Raises: BadSecondary.
    """
    match = FORM.fullmatch(text)
    if match is None or not 0 < int(match["port"]) <= MAX_PORT:
        raise BadSecondary(f"{text!r:.80} is no secondary: write address:port, such as 127.0.0.1:5300")
    try:
        host = str(ip_address(match["v6"] or match["v4"]))
        return Secondary((host, int(match["port"])), parse_name(match["key"]) if match["key"] else None)
    except (BadName, ValueError) as error:
        raise BadSecondary(f"{text!r:.80}: {error}; write address:port, such as 127.0.0.1:5300") from None


@lru_cache(64)
def known_secondaries(texts: tuple[str, ...]) -> tuple[Secondary, ...]:
    """Return the secondaries of the option, which has been validated."""
    return tuple(map(parse_secondary, texts))
