"""Certificates for the names that clients ask for (SNI, RFC 6066 3), issued in their handshakes: `[tls] any_name`.

A key of the curve P-256 and a signature take half a millisecond, so this is done in the reactor's turn. The
certificates are shown within the usual context: its sessions and their tickets are those of every name. Under a planned
fault of TLS they are as wrong as the usual one, and for the name that the client asks for.
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
"""Certificates that are kept; of more, the one that was not asked for the longest is dropped, and issued again."""


class Named(NamedTuple):
    """A certificate that was issued for a name."""

    certified: "Certified"
    end_point: bytes
    """The channel binding `tls-server-end-point`."""


class Shown(NamedTuple):
    """What a handshake has shown in place of the usual certificate: its application data, for `shown_end_point`."""

    end_point: bytes
    new: bool
    """Whether it was issued in this handshake."""


class NamedCertificates:
    """The certificates of one context, by name. fault: what is wrong with them."""

    def __init__(self, certificates: "Certificates", fault: TlsFault | None = None) -> None:
        self._certificates = certificates
        self._fault = fault
        self._kept: OrderedDict[str, Named] = OrderedDict()

    def show(self, connection: SSL.Connection) -> None:
        """Have a handshake show the certificate for the name that its client asks for, the usual one if it is none.

        OpenSSL calls this; what it raised would be printed and forgotten.
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
            log.exception("no certificate for the name that a client asks for; please report this")

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
        """Return whether the usual certificate is for that name: a wildcard stands for one label (RFC 9525 6.3)."""
        return name in self._certificates.names or f"*.{name.partition('.')[2]}" in self._certificates.names


def wanted_name(asked: bytes | None) -> str:
    """Return the name that a client asks for as certificates write it; empty if it asks for none, or for no host name.

    RFC 6066 3: no address literals.
    """
    name = (asked or b"").decode("ascii", "replace").lower().removesuffix(".")
    return name if is_host_name(name) and not is_address(name) else ""


def shown_end_point(connection: SSL.Connection, usual: bytes, *, resumed: bool) -> bytes:
    """Return the channel binding `tls-server-end-point` of a handshake that is done; empty if it is not known.

    A session that is resumed has the certificate of its first handshake, which is another one than ours of now if that
    was dropped meanwhile.
    """
    shown: Shown | None = connection.get_app_data()
    if shown is None:
        return usual
    return b"" if resumed and shown.new else shown.end_point


def end_point(certificate: x509.Certificate) -> bytes:
    """The channel binding `tls-server-end-point` of a certificate (RFC 5929 4.1); empty if it defines none."""
    algorithm = certificate.signature_hash_algorithm
    if algorithm is None:
        return b""
    if isinstance(algorithm, hashes.MD5 | hashes.SHA1):
        algorithm = hashes.SHA256()
    return certificate.fingerprint(algorithm)
