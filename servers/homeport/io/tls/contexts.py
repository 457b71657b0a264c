"""OpenSSL contexts of a farm, one for each combination of settings.

Listeners with equal settings share a context, and with it the keys of session tickets: a session of one connection is
resumed on another. Where a session must be resumed within one family only, a control connection and its data
connections, the family has contexts of its own: their ticket keys and session caches decide what descends from what,
in TLS 1.2 and 1.3 alike.
"""

from time import time
from typing import TYPE_CHECKING, Literal, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from OpenSSL import SSL, crypto

from homeport.config.certificate_files import read_client_authorities
from homeport.io.tls.alpn import choose_protocol
from homeport.io.tls.named_certificates import NamedCertificates, end_point
from homeport.protocol.faults import TlsFault

if TYPE_CHECKING:
    from homeport.io.tls.certificates import Certificates

ClientCertificates = Literal["no", "ask", "require"]

VERSIONS = {"1.2": SSL.TLS1_2_VERSION, "1.3": SSL.TLS1_3_VERSION}
CIPHERS = b"ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AESCCM:DHE+AESGCM:DHE+CHACHA20:RSA+AESGCM"
"""Cipher suites of TLS 1.2: all of OpenSSL's defaults but those with CBC, which have been attacked again and again."""
OLD_CIPHERS = b"ALL:@SECLEVEL=0"  # OpenSSL allows TLS 1.0 and 1.1 on no higher level
MAX_KNOWN = 1000
"""Size of the cache of verified client certificates."""
SESSIONS = b"homeport"
"""Session ID context; OpenSSL requires one to resume sessions with client certificates."""

UNREADABLE = (ValueError, x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType)
"""Exceptions for a malformed certificate that OpenSSL accepted."""


class Secured(NamedTuple):
    """A context and the channel binding of its certificate."""

    context: SSL.Context
    end_point: bytes
    """The channel binding `tls-server-end-point`; empty if the certificate defines none."""


ContextKey = tuple[str, TlsFault | None, bool, bool]
SessionFamily = dict[ContextKey, Secured]
"""Contexts of connections whose sessions are resumed only among themselves."""


class TlsContexts:
    """Cache of the contexts of a farm."""

    def __init__(self, certificates: "Certificates") -> None:
        self._certificates = certificates
        self._made: SessionFamily = {}
        self._trusted_until: dict[tuple[bytes, ...], float] = {}  # by certificate and chain (DER)
        ours = certificates.authority.for_client_verification().public_bytes(Encoding.DER)
        self._trusted = [
            x509.load_der_x509_certificate(one) for one in (ours, *read_client_authorities(certificates.options))
        ]
        self._store = crypto.X509Store()
        for one in self._trusted:
            self._store.add_cert(crypto.X509.from_cryptography(one))

    def find(
        self,
        client_certificates: ClientCertificates,
        fault: TlsFault | None,
        *,
        resumes: bool = True,
        family: SessionFamily | None = None,
        only_tls13: bool = False,
    ) -> Secured:
        """Return the context for a connection, created at first use.

        resumes: True if its sessions can be resumed. family: resume them only there; None: on any connection.
        only_tls13: True to refuse earlier versions, unless a fault has them.
        Raises: CertificateError.
        """
        made = self._made if family is None else family
        key = (client_certificates, fault, resumes, only_tls13)
        if key not in made:
            made[key] = self._make(client_certificates, fault)
            if only_tls13 and fault != "old_version":
                made[key].context.set_min_proto_version(SSL.TLS1_3_VERSION)
            if not resumes:
                made[key].context.set_options(SSL.OP_NO_TICKET)
                made[key].context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        return made[key]

    def trusts(self, connection: SSL.Connection) -> bool:
        """Return True if the client's certificate is for clients, chains to a trusted authority, and is valid now.

        Called after every handshake, because OpenSSL does not verify the certificate of a resumed session again.
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
        # Clients reconnect often; the result holds until one of the certificates expires.
        if len(self._trusted_until) >= MAX_KNOWN:
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
            context.set_cipher_list(CIPHERS)
        context.set_options(SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION)
        context.set_mode(SSL.MODE_RELEASE_BUFFERS)
        context.set_session_id(SESSIONS)
        context.set_alpn_select_callback(choose_protocol)
        shown = self._certificates.for_server(fault)
        options = self._certificates.options
        if options.any_name and not options.certificate and fault != "wrong_host":
            context.set_tlsext_servername_callback(NamedCertificates(self._certificates, fault).show)
        context.use_certificate(shown.certificate)
        context.use_privatekey(shown.key)  # type: ignore[arg-type]  # OpenSSL refuses unsupported types itself
        for one in shown.chain:
            context.add_extra_chain_cert(one)
        self._ask(context, client_certificates)
        return Secured(context, end_point(shown.certificate))

    def _ask(self, context: SSL.Context, client_certificates: ClientCertificates) -> None:
        """Make the context request a client certificate.

        With `ask` no list of authorities is sent, because clients send only certificates of listed authorities.
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
    """Return the subject of a client's certificate (DER) in the notation of RFC 4514; None if it is malformed."""
    try:
        return x509.load_der_x509_certificate(certificate).subject.rfc4514_string()
    except UNREADABLE:
        return None


def _is_for_clients(certificate: crypto.X509) -> bool:
    """Return True if the certificate may be used by clients (extended key usage, RFC 5280 4.2.1.12)."""
    try:
        extensions = certificate.to_cryptography().extensions
        purposes = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    except UNREADABLE:
        return False
    return ExtendedKeyUsageOID.CLIENT_AUTH in purposes or ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in purposes
