"""Names in certificates, as the configuration has them."""

import re
from ipaddress import ip_address


class CertificateError(Exception):
    """Certificates cannot be kept, or what is kept cannot be used; the message says what to do."""


def certificate_name(name: str) -> str:
    """A name or an address as certificates write it: internationalised names in their ASCII form.

    Raises: ValueError if it is none.
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
    # Containers have underscores in their names, and clients take them in certificates.
    if not labels or not all(part.strip("-") and re.sub("[-_]", "", part).isalnum() for part in labels.split(".")):
        raise ValueError(f"{name!r} is no host name and no address")
    return wildcard + labels
