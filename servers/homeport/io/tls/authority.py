"""The certificate authority of a farm: issues certificates for servers and clients.

Certificates have the extensions that RFC 5280 4.2.1 requires and that strict verification checks (OpenSSL's
`-x509_strict`, Python 3.13's default context): key identifiers, key usage, critical basic constraints, names. Keys are
on the curve P-256, which every client supports and which takes well under a millisecond. There are no revocation lists:
the authority of a test farm is cheap to replace.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from homeport.config.certificate_files import Certified, load_certified
from homeport.io.tls.name_constraints import constraints_of

ORGANIZATION = "Homeport"
BACKDATED = timedelta(days=1)
"""Start of validity before now, because the clocks of clients differ."""
AUTHORITY_LASTS = timedelta(days=3650)
CERTIFICATE_LASTS = timedelta(days=820)
"""Apple's systems refuse certificates for more than 825 days, also those of authorities that the user trusts."""
COMMON_NAME_LENGTH = 64  # RFC 5280 A.1, ub-common-name


class Validity(NamedTuple):
    """Validity period of a certificate, in real time."""

    begins: datetime
    ends: datetime

    @classmethod
    def around_now(cls, begins: timedelta, ends: timedelta) -> "Validity":
        """Return a period relative to now; negative values are before it."""
        now = datetime.now(UTC)
        return cls(now + begins, now + ends)


class Authority:
    """A certificate authority with its key."""

    def __init__(self, certificate: x509.Certificate, key: CertificateIssuerPrivateKeyTypes) -> None:
        self.certificate = certificate
        self.key = key

    @classmethod
    def make(cls, name: str = "", constraints: x509.NameConstraints | None = None) -> "Authority":
        """Create an authority with this common name; without one its name is unique and derived from its key.

        constraints: the names that its certificates may have.
        """
        return cls._from_key(ec.generate_private_key(ec.SECP256R1()), name, constraints)

    @classmethod
    def reissue(cls, key: bytes, constraints: x509.NameConstraints | None = None) -> "Authority":
        """Issue the certificate of an authority again from its key (PEM), under the name that `make()` derived from it.

        Raises: ValueError if the key is malformed, or of a kind that we do not make.
        """
        try:
            loaded = load_pem_private_key(key, None)
        except (TypeError, ValueError):
            raise ValueError("not a private key in PEM") from None
        if not isinstance(loaded, ec.EllipticCurvePrivateKey):
            raise ValueError("not a key of an authority of ours")  # noqa: TRY004 - the key of a file, not an argument
        return cls._from_key(loaded, "", constraints)

    @classmethod
    def _from_key(
        cls, key: ec.EllipticCurvePrivateKey, name: str, constraints: x509.NameConstraints | None
    ) -> "Authority":
        subject = name_of(name or f"Homeport CA {_key_identifier(key).digest[:4].hex()}")
        return cls(_self_signed(subject, key, constraints), key)

    @classmethod
    def load(cls, certificate: bytes, key: bytes) -> "Authority":
        """Load a stored authority, both in PEM.

        Raises: ValueError if they are malformed, or do not match.
        """
        loaded = load_certified(certificate, key)
        return cls(loaded.certificate, loaded.key)  # type: ignore[arg-type]  # only keys that can sign are ever written

    def for_client_verification(self) -> x509.Certificate:
        """Return the certificate by which the farm verifies its clients: the authority's, without name constraints.

        Verifiers apply constraints on DNS names to a common name that looks like one, and clients are called anything.
        """
        if constraints_of(self.certificate) is None:
            return self.certificate
        return _self_signed(self.certificate.subject, self.key, None)  # type: ignore[arg-type]  # made here: an EC key

    def pem(self) -> bytes:
        """Return its certificate (PEM)."""
        return self.certificate.public_bytes(Encoding.PEM)

    def key_pem(self) -> bytes:
        """Return its key, unencrypted (PEM, PKCS #8)."""
        return Certified(self.certificate, self.key).key_pem()

    def issue_server(self, names: Sequence[str], validity: Validity | None = None) -> Certified:
        """Issue a certificate for a server with these names and addresses."""
        return _issue(names[0], ExtendedKeyUsageOID.SERVER_AUTH, names, self, validity)

    def issue_client(self, name: str) -> Certified:
        """Issue a certificate for a client with this common name."""
        return _issue(name, ExtendedKeyUsageOID.CLIENT_AUTH, (), self, None)


def issue_self_signed(names: Sequence[str]) -> Certified:
    """Issue a self-signed certificate for a server."""
    return _issue(names[0], ExtendedKeyUsageOID.SERVER_AUTH, names, None, None)


def name_of(common_name: str) -> x509.Name:
    """Return the distinguished name for a common name, truncated to 64 characters."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANIZATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name[:COMMON_NAME_LENGTH]),
        ]
    )


def _self_signed(
    subject: x509.Name, key: ec.EllipticCurvePrivateKey, constraints: x509.NameConstraints | None
) -> x509.Certificate:
    builder = _builder(subject, subject, key, Validity.around_now(-BACKDATED, AUTHORITY_LASTS))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
    builder = builder.add_extension(_key_identifier(key), critical=False)
    if constraints is not None:
        builder = builder.add_extension(constraints, critical=True)
    return builder.sign(key, hashes.SHA256())


def _issue(
    common_name: str,
    purpose: x509.ObjectIdentifier,
    names: Sequence[str],
    authority: Authority | None,
    validity: Validity | None,
) -> Certified:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = name_of(common_name)
    issuer = authority.certificate.subject if authority else subject
    signer = authority.key if authority else key
    builder = _builder(subject, issuer, key, validity or Validity.around_now(-BACKDATED, CERTIFICATE_LASTS))
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    builder = builder.add_extension(_key_identifier(key), critical=False)
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    builder = builder.add_extension(identifier, critical=False)
    if names:
        alternative = x509.SubjectAlternativeName([_general_name(name) for name in names])
        builder = builder.add_extension(alternative, critical=False)
    return Certified(builder.sign(signer, hashes.SHA256()), key)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, validity: Validity
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(validity.begins)
        .not_valid_after(validity.ends)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _key_identifier(key: ec.EllipticCurvePrivateKey) -> x509.SubjectKeyIdentifier:
    return x509.SubjectKeyIdentifier.from_public_key(key.public_key())


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
