"""Addresses: of peers and listeners, and those that clients can connect to."""

from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""The addresses that stand for every one of a family, each with the loopback address of that family."""

Address = tuple[str, int]
"""An IP address literal and a port."""

Asked = tuple[str, int]
"""The host and the port that a request to the control API was sent to, as its client names them."""


def address_text(address: Address) -> str:
    """Return the address as people write it: `127.0.0.1:7` or `[::1]:7`."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def parse_host(text: str | None) -> Asked | None:
    """Return the host and the port of a Host header (RFC 9110 7.2); None if it is missing or malformed."""
    try:
        parts = urlsplit(f"//{text or ''}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if parts.username is not None or parts.path or parts.query or parts.fragment:
        return None
    if not is_address(host) and not is_host_name(host):
        return None
    return host, 80 if port is None else port


def connectable(bound: Sequence[str], asked: Asked | None = None) -> str:
    """Return the address that clients connect to.

    bound: the addresses of a listener, the preferred one first. asked: how the client has reached the farm; its host
    stands for an address that means every one, if the listener has its family. Without it loopback does.
    """
    first = bound[0]
    if first not in ANYWHERE:
        return first
    if asked is None:
        return ANYWHERE[first]
    host = asked[0]
    if not is_address(host):
        return host
    version = ip_address(host).version
    reached = any(one in ANYWHERE and ip_address(one).version == version for one in bound)
    # 0.0.0.0 is an address to connect to on some systems only.
    return ANYWHERE.get(host, host) if reached else ANYWHERE[first]


def url_host(host: str) -> str:
    """Return a host as URLs write it: IPv6 addresses in brackets."""
    return f"[{host}]" if ":" in host else host


def is_address(text: str) -> bool:
    """Return whether a text is an IP address."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def is_host_name(text: str) -> bool:
    """Return whether a text is a host name as the DNS writes it. Underscores count: containers' names have them."""
    labels = text.removesuffix(".").split(".")
    return len(text) <= 253 and all(
        0 < len(label) <= 63 and label.isascii() and label.replace("-", "").replace("_", "").isalnum()
        for label in labels
    )
