"""Certificates for the names that clients request by SNI (RFC 6066 3), issued during the handshake: `[tls] any_name`.

A P-256 key and a signature take half a millisecond, so this is done on the reactor. All names share a context, and with
it sessions and tickets. Under a planned TLS fault the certificates have the same defect as the default one, for the
requested name.
"""

import logging
from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from OpenSSL import SSL

from homeport.protocol.addresses import is_address, is_host_name
from homeport.protocol.faults import TlsFault

if TYPE_CHECKING:
    from homeport.config.certificate_files import Certified
    from homeport.io.tls.certificates import Certificates

log = logging.getLogger("homeport")

MAX_NAMES = 1000
"""Size of the cache of certificates; the least recently used one is dropped, and issued again when needed."""


class Named(NamedTuple):
    """A certificate issued for a name."""

    certified: "Certified"
    end_point: bytes
    """The channel binding `tls-server-end-point`."""


class Shown(NamedTuple):
    """A certificate shown instead of the default one; application data of a handshake, for `shown_end_point`."""

    end_point: bytes
    new: bool
    """True if it was issued in this handshake."""


class NamedCertificates:
    """The certificates of one context, by name. fault: their defect."""

    def __init__(self, certificates: "Certificates", fault: TlsFault | None = None) -> None:
        self._certificates = certificates
        self._fault = fault
        self._kept: OrderedDict[str, Named] = OrderedDict()

    def show(self, connection: SSL.Connection) -> None:
        """Use the certificate for the requested name in a handshake; without a valid name, the default one.

        A callback of OpenSSL, which would print an exception and ignore it.
        """
        try:
            name = wanted_name(connection.get_servername())
            if not name or self._is_usual(name):
                return
            new = name not in self._kept
            named = self._find(name)
            connection.use_certificate(named.certified.certificate)
            connection.use_privatekey(named.certified.key)  # type: ignore[arg-type]  # the authority's keys are EC keys
            connection.set_app_data(Shown(named.end_point, new))
        except Exception:
            log.exception("issuing a certificate for the name that a client requests failed; please report this")

    def _find(self, name: str) -> Named:
        if name in self._kept:
            self._kept.move_to_end(name)
            return self._kept[name]
        issued = self._certificates.for_server(self._fault, [name])
        self._kept[name] = named = Named(issued, end_point(issued.certificate))
        if len(self._kept) > MAX_NAMES:
            self._kept.popitem(last=False)
        return named

    def _is_usual(self, name: str) -> bool:
        """Return True if the default certificate has that name: a wildcard matches one label (RFC 9525 6.3)."""
        return name in self._certificates.names or f"*.{name.partition('.')[2]}" in self._certificates.names


def wanted_name(asked: bytes | None) -> str:
    """Return the requested name as certificates write it; empty if it is missing or no host name.

    Address literals are not allowed (RFC 6066 3).
    """
    name = (asked or b"").decode("ascii", "replace").lower().removesuffix(".")
    return name if is_host_name(name) and not is_address(name) else ""


def is_bad_name(asked: bytes | None) -> bool:
    """Return True if a requested name breaks RFC 6066 3: an address literal, a final dot, or bytes beyond ASCII.

    Names with an underscore are no host names either, but container networks give them to their hosts.
    """
    if asked is None:
        return False
    name = asked.decode("ascii", "replace")
    address = name.removesuffix(".").removeprefix("[").removesuffix("]").partition("%")[0]
    return not name or name.endswith(".") or is_address(address) or not all("!" <= one <= "~" for one in name)


def shown_end_point(connection: SSL.Connection, usual: bytes, *, resumed: bool) -> bytes:
    """Return the channel binding `tls-server-end-point` after a handshake; empty if it is unknown.

    A resumed session has the certificate of its first handshake. If that one was dropped from the cache, the binding of
    its replacement would be wrong.
    """
    shown: Shown | None = connection.get_app_data()
    if shown is None:
        return usual
    return b"" if resumed and shown.new else shown.end_point


def end_point(certificate: x509.Certificate) -> bytes:
    """Return the channel binding `tls-server-end-point` of a certificate (RFC 5929 4.1); empty if it has none."""
    algorithm = certificate.signature_hash_algorithm
    if algorithm is None:
        return b""
    if isinstance(algorithm, hashes.MD5 | hashes.SHA1):
        algorithm = hashes.SHA256()
    return certificate.fingerprint(algorithm)
