"""Names of domains and hosts, and addresses, as people and clients write them."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address

NAME_LIMIT = 255
"""Characters of a name (RFC 1123 2.1 would have hosts handle so many)."""
# RFC 952's labels, but with a digit in front, too (RFC 1123 2.1); at most 63 octets (RFC 1035 2.3.4).
LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
NAME = re.compile(rf"(?:{LABEL}\.)*(?![0-9]+$){LABEL}")


def canonical_name(text: str) -> str | None:
    """The name in lower case, its labels as A-labels, without a dot at its end; None if it is not a name.

    A wholly numeric last label makes it none: `999.1.1.1` is no address and no name either (RFC 1123 2.1).
    """
    name = text.strip().removesuffix(".").lower()
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii").lower()
        except UnicodeError:
            return None
    return name if len(name) <= NAME_LIMIT and NAME.fullmatch(name) else None


def readable_name(name: str) -> str:
    """The name with its A-labels as U-labels; as it is if that cannot be."""
    try:
        return name.encode("ascii").decode("idna")
    except UnicodeError:
        return name


def canonical_address(text: str) -> str | None:
    """The address in its shortest form; None if it is not an address. Tested before names are (RFC 1123 2.1)."""
    address: IPv4Address | IPv6Address
    text = text.strip()
    if ":" not in text and not text[-1:].isdigit():
        return None  # nearly everything that is asked for, and an exception takes its time
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return str(address)
