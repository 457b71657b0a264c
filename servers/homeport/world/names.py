"""Names of domains and hosts, and addresses, as people and clients write them."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address

NAME_LIMIT = 255
"""Characters of a name (RFC 1123 2.1 would have hosts handle so many)."""
# RFC 952's labels, but with a digit in front, too (RFC 1123 2.1); at most 63 octets (RFC 1035 2.3.4).
LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


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
    labels = name.split(".")
    if len(name) > NAME_LIMIT or labels[-1].isdigit() or not all(LABEL.fullmatch(label) for label in labels):
        return None
    return name


def readable_name(name: str) -> str:
    """The name with its A-labels as U-labels; as it is if that cannot be."""
    try:
        return name.encode("ascii").decode("idna")
    except UnicodeError:
        return name


def canonical_address(text: str) -> str | None:
    """The address in its shortest form; None if it is not an address. Tested before names are (RFC 1123 2.1)."""
    address: IPv4Address | IPv6Address
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    return str(address)
