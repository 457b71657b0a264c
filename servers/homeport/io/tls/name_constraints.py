"""Name constraints of an authority (RFC 5280 4.2.1.10): the names and addresses that its certificates may have.

People put the authority of a test farm into the trust store of their system. If its key is stolen, constraints keep the
thief from impersonating other sites: every client that verifies certificates refuses those for names outside them.
"""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from cryptography import x509

DOMAINS = ("localhost", "test")
"""Domains of test systems (RFC 6761 6.2, 6.3)."""
NETWORKS: tuple[IPv4Network | IPv6Network, ...] = (
    *(IPv4Network(one) for one in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16")),
    *(IPv6Network(one) for one in ("::1/128", "fc00::/7", "fe80::/10")),
)
"""Loopback, private and link-local addresses (RFC 1122, 1918, 3927, 4193, 4291)."""


def constraints_for(names: Iterable[str]) -> x509.NameConstraints:
    """Return constraints that permit test systems, and these names and addresses."""
    domains, networks = list(DOMAINS), list(NETWORKS)
    for name in names:
        if permits(domains, networks, name):
            continue
        try:
            networks.append(ip_network(name))
        except ValueError:
            domains.append(name.removeprefix("*."))
    permitted = [*map(x509.DNSName, domains), *map(x509.IPAddress, networks)]
    return x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=None)


def permits(domains: Sequence[str], networks: Sequence[IPv4Network | IPv6Network], name: str) -> bool:
    """Return True if a name or an address is within domains and networks; of a wildcard, all names that it matches."""
    try:
        address = ip_address(name)
    except ValueError:
        wanted = name.lower().removeprefix("*.")
        return any(wanted == one or wanted.endswith(f".{one}") for one in domains)
    return any(address in one for one in networks if one.version == address.version)


def find_refused(certificate: x509.Certificate, names: Iterable[str]) -> list[str]:
    """Return the names that an authority must not issue certificates for; none if it has no constraints."""
    found = constraints_of(certificate)
    if found is None or found.permitted_subtrees is None:
        return []
    domains = [one.value for one in found.permitted_subtrees if isinstance(one, x509.DNSName)]
    networks = [one.value for one in found.permitted_subtrees if isinstance(one, x509.IPAddress)]
    return [name for name in names if not permits(domains, networks, name)]  # type: ignore[arg-type]  # networks here


def constraints_of(certificate: x509.Certificate) -> x509.NameConstraints | None:
    """Return the constraints of an authority, or None."""
    try:
        return certificate.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return None
