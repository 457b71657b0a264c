"""A certificate authority: makes the certificates that servers and clients of a farm show.

They carry what RFC 5280 4.2.1 asks for and what strict verification looks at (OpenSSL's `-x509_strict`, Python 3.13's
default context): key identifiers, key usage, critical basic constraints, names. Keys are of the curve P-256, which
every client knows and which is made in a moment. There are no revocation lists: a farm that was misused is made anew.
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
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from homeport.config.certificate_files import Certified, load_certified

ORGANIZATION = "Homeport"
BACKDATED = timedelta(days=1)
"""Certificates are valid from so long ago: clocks of clients differ."""
AUTHORITY_LASTS = timedelta(days=3650)
CERTIFICATE_LASTS = timedelta(days=820)
"""Apple's systems refuse certificates for more than 825 days, also those of authorities that a person trusts."""
COMMON_NAME_LENGTH = 64  # RFC 5280 A.1, ub-common-name


class Validity(NamedTuple):
    """From when until when a certificate is valid, in real time."""

    begins: datetime
    ends: datetime

    @classmethod
    def around_now(cls, begins: timedelta, ends: timedelta) -> "Validity":
        """From and until so long after this moment; before it, if negative."""
        now = datetime.now(UTC)
        return cls(now + begins, now + ends)


class Authority:
    """A certificate authority with its key."""

    def __init__(self, certificate: x509.Certificate, key: CertificateIssuerPrivateKeyTypes) -> None:
        self.certificate = certificate
        self.key = key

    @classmethod
    def make(cls, name: str) -> "Authority":
        """A new one, by this common name."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = name_of(name)
        builder = _builder(subject, subject, key, Validity.around_now(-BACKDATED, AUTHORITY_LASTS))
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
        builder = builder.add_extension(_key_identifier(key), critical=False)
        return cls(builder.sign(key, hashes.SHA256()), key)

    @classmethod
    def load(cls, certificate: bytes, key: bytes) -> "Authority":
        """One that was kept, both in PEM.

        Raises: ValueError if they are none, or do not belong together.
        """
        loaded = load_certified(certificate, key)
        return cls(loaded.certificate, loaded.key)  # type: ignore[arg-type]  # the kinds that cannot sign were not made

    def pem(self) -> bytes:
        """Its certificate."""
        return self.certificate.public_bytes(Encoding.PEM)

    def key_pem(self) -> bytes:
        """Its key, not encrypted (PKCS #8)."""
        return Certified(self.certificate, self.key).key_pem()

    def issue_server(self, names: Sequence[str], validity: Validity | None = None) -> Certified:
        """A certificate for a server that is reached by these names and addresses."""
        return _issue(names[0], ExtendedKeyUsageOID.SERVER_AUTH, names, self, validity)

    def issue_client(self, name: str) -> Certified:
        """A certificate for a client, whose common name is the name."""
        return _issue(name, ExtendedKeyUsageOID.CLIENT_AUTH, (), self, None)


def issue_self_signed(names: Sequence[str]) -> Certified:
    """A certificate for a server that only its own key vouches for."""
    return _issue(names[0], ExtendedKeyUsageOID.SERVER_AUTH, names, None, None)


def name_of(common_name: str) -> x509.Name:
    """The name of a subject."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANIZATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name[:COMMON_NAME_LENGTH]),
        ]
    )


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
