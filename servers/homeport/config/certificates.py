"""Names in certificates, as the configuration writes them."""

import re
from ipaddress import ip_address


class CertificateError(Exception):
    """Certificates cannot be stored, or stored ones cannot be used; the message says what to do."""


def certificate_name(name: str) -> str:
    """Validate a name or an address and return it as certificates write it: internationalised names in ASCII.

    Raises: ValueError if it is invalid.
    """
    try:
        return str(ip_address(name))
    except ValueError:
        pass
    wildcard, host = ("*.", name[2:]) if name.startswith("*.") else ("", name)
    try:
        labels = host.encode("idna").decode("ascii")
    except UnicodeError:
        labels = ""
    # Containers have underscores in their names, and clients accept them in certificates.
    if not labels or not all(part.strip("-") and re.sub("[-_]", "", part).isalnum() for part in labels.split(".")):
        raise ValueError(f"{name!r} is neither a host name nor an address")
    return wildcard + labels
