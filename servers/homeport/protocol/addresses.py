"""Addresses: of peers and listeners, and those that clients can connect to."""

from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""Wildcard addresses, each with the loopback address of its family."""

Address = tuple[str, int]
"""An IP address literal and a port."""

Asked = tuple[str, int]
"""Host and port of a request to the control API, as its client wrote them."""


def address_text(address: Address) -> str:
    """Return the address in its usual notation: `127.0.0.1:7` or `[::1]:7`."""
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
    """Return the address that clients should connect to.

    bound: the addresses of a listener, the preferred one first. asked: the host and port by which the client reached
    the farm; its host replaces a wildcard address if the listener has that family. None: loopback replaces it.
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
    """Return a host in URL notation: IPv6 addresses in brackets."""
    return f"[{host}]" if ":" in host else host


def is_address(text: str) -> bool:
    """Return True if a text is an IP address literal."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def is_host_name(text: str) -> bool:
    """Return True if a text is a valid host name (RFC 1123 2.1). Underscores are allowed: container names have them."""
    labels = text.removesuffix(".").split(".")
    return len(text) <= 253 and all(
        0 < len(label) <= 63 and label.isascii() and label.replace("-", "").replace("_", "").isalnum()
        for label in labels
    )
