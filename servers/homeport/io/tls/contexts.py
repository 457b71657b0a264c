"""What TLS connections are made from: OpenSSL's contexts, one for each way that a listener wants it.

All listeners that want the same share a context, and with it the keys of session tickets: a session that began on one
connection is resumed on another, as FTP's data connections do.
"""

from time import time
from typing import TYPE_CHECKING, Literal, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from OpenSSL import SSL, crypto

from homeport.config.certificate_files import read_client_authorities
from homeport.io.tls.named_certificates import NamedCertificates, end_point
from homeport.protocol.faults import TlsFault

if TYPE_CHECKING:
    from homeport.io.tls.certificates import Certificates

ClientCertificates = Literal["no", "ask", "require"]

VERSIONS = {"1.2": SSL.TLS1_2_VERSION, "1.3": SSL.TLS1_3_VERSION}
OLD_CIPHERS = b"ALL:@SECLEVEL=0"  # OpenSSL has TLS 1.0 and 1.1 on no higher level
MOST_KNOWN = 1000
"""Clients whose certificates are known to be good."""
SESSIONS = b"homeport"
"""Sessions are resumed only within this context of theirs; OpenSSL wants one where clients show certificates."""

UNREADABLE = (ValueError, x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType)
"""What a certificate may raise that OpenSSL took and that is none by the rules."""


class Secured(NamedTuple):
    """A context, and what it shows clients."""

    context: SSL.Context
    end_point: bytes
    """The channel binding `tls-server-end-point`; empty if the certificate defines none."""


class TlsContexts:
    """The contexts of a farm."""

    def __init__(self, certificates: "Certificates") -> None:
        self._certificates = certificates
        self._made: dict[tuple[str, TlsFault | None, bool], Secured] = {}
        self._trusted_until: dict[tuple[bytes, ...], float] = {}  # by certificate and chain (DER)
        ours = certificates.authority.certificate.public_bytes(Encoding.DER)
        self._trusted = [
            x509.load_der_x509_certificate(one) for one in (ours, *read_client_authorities(certificates.options))
        ]
        self._store = crypto.X509Store()
        for one in self._trusted:
            self._store.add_cert(crypto.X509.from_cryptography(one))

    def find(self, client_certificates: ClientCertificates, fault: TlsFault | None, *, resumes: bool = True) -> Secured:
        """The context for a connection, made at first use. resumes: whether its session can go on in another one.

        Raises: CertificateError.
        """
        key = (client_certificates, fault, resumes)
        if key not in self._made:
            self._made[key] = self._make(client_certificates, fault)
            if not resumes:
                self._made[key].context.set_options(SSL.OP_NO_TICKET)
                self._made[key].context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        return self._made[key]

    def trusts(self, connection: SSL.Connection) -> bool:
        """Whether the client's certificate is one for clients, chains to an authority of ours, and is valid now.

        Looked at after every handshake: a resumed session brings its certificate, but nobody has verified it again.
        """
        shown = connection.get_peer_certificate()
        if shown is None:
            return False
        chain = connection.get_peer_cert_chain() or []
        key = tuple(crypto.dump_certificate(crypto.FILETYPE_ASN1, one) for one in (shown, *chain))
        if time() < self._trusted_until.get(key, 0):
            return True
        if not _is_for_clients(shown):
            return False
        try:
            crypto.X509StoreContext(self._store, shown, chain).verify_certificate()
        except crypto.X509StoreContextError:
            return False
        # Clients come again and again; what was true of these is so until one of them expires.
        if len(self._trusted_until) >= MOST_KNOWN:
            self._trusted_until.clear()
        certificates = [*self._trusted, *(one.to_cryptography() for one in (shown, *chain))]
        self._trusted_until[key] = min(one.not_valid_after_utc.timestamp() for one in certificates)
        return True

    def _make(self, client_certificates: ClientCertificates, fault: TlsFault | None) -> Secured:
        context = SSL.Context(SSL.TLS_SERVER_METHOD)
        if fault == "old_version":
            context.set_min_proto_version(SSL.TLS1_VERSION)
            context.set_max_proto_version(SSL.TLS1_1_VERSION)
            context.set_cipher_list(OLD_CIPHERS)
        else:
            context.set_min_proto_version(VERSIONS[self._certificates.options.minimum])
        context.set_options(SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION)
        context.set_mode(SSL.MODE_RELEASE_BUFFERS)
        context.set_session_id(SESSIONS)
        shown = self._certificates.for_server(fault)
        options = self._certificates.options
        if options.any_name and not options.certificate and fault != "wrong_host":
            context.set_tlsext_servername_callback(NamedCertificates(self._certificates, fault).show)
        context.use_certificate(shown.certificate)
        context.use_privatekey(shown.key)  # type: ignore[arg-type]  # kinds that TLS has no use for it refuses itself
        for one in shown.chain:
            context.add_extra_chain_cert(one)
        self._ask(context, client_certificates)
        return Secured(context, end_point(shown.certificate))

    def _ask(self, context: SSL.Context, client_certificates: ClientCertificates) -> None:
        """Have the context ask for a certificate.

        Who may send any is told no list of authorities, or it would keep back what none of them issued.
        """
        if client_certificates == "ask":
            context.set_verify(SSL.VERIFY_PEER, lambda *_: True)
        elif client_certificates == "require":
            context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT)
            store = context.get_cert_store()
            for one in self._trusted:
                context.add_client_ca(one)
                if store is not None:
                    store.add_cert(crypto.X509.from_cryptography(one))


def subject_of(certificate: bytes) -> str | None:
    """The subject of a client's certificate (DER), as RFC 4514 writes it; None if it cannot be read."""
    try:
        return x509.load_der_x509_certificate(certificate).subject.rfc4514_string()
    except UNREADABLE:
        return None


def _is_for_clients(certificate: crypto.X509) -> bool:
    """RFC 5280 4.2.1.12: a certificate that names purposes is for no others."""
    try:
        extensions = certificate.to_cryptography().extensions
        purposes = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    except UNREADABLE:
        return False
    return ExtendedKeyUsageOID.CLIENT_AUTH in purposes or ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in purposes
