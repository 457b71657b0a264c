"""Certificates and keys in files that [tls] names. Imported where there are some: cryptography costs 40 ms."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from homeport.config.certificates import CertificateError
from homeport.config.sections import FarmTlsOptions


class Certified(NamedTuple):
    """A certificate, its private key, and the certificates that lead to its root, which is not among them."""

    certificate: x509.Certificate
    key: PrivateKeyTypes
    chain: Sequence[x509.Certificate] = ()

    def certificate_pem(self) -> bytes:
        """The certificate alone."""
        return self.certificate.public_bytes(Encoding.PEM)

    def key_pem(self) -> bytes:
        """The key, not encrypted (PKCS #8)."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def load_own(options: FarmTlsOptions) -> Certified:
    """The certificate that is configured.

    Raises: CertificateError.
    """
    if not options.key:
        raise CertificateError("[tls] certificate needs its key: set [tls] key")
    try:
        return load_certified(Path(options.certificate).read_bytes(), Path(options.key).read_bytes())
    except OSError as error:
        raise CertificateError(f"{error.filename}: {error.strerror}") from None
    except ValueError as error:
        raise CertificateError(f"{options.certificate} and {options.key}: {error}") from None


def read_client_authorities(options: FarmTlsOptions) -> list[bytes]:
    """The authorities besides ours whose client certificates are trusted (DER).

    Raises: CertificateError.
    """
    if not options.client_ca:
        return []
    try:
        return [one.public_bytes(Encoding.DER) for one in load_authorities(Path(options.client_ca).read_bytes())]
    except OSError as error:
        raise CertificateError(f"{error.filename}: {error.strerror}") from None
    except ValueError as error:
        raise CertificateError(f"{options.client_ca}: {error}") from None


def load_certified(certificate: bytes, key: bytes) -> Certified:
    """A certificate, with its chain behind it, and its key; both in PEM.

    Raises: ValueError, in words, if they are none or do not belong together.
    """
    try:
        first, *chain = x509.load_pem_x509_certificates(certificate)
    except ValueError:
        raise ValueError("this is no certificate in PEM") from None
    try:
        private = load_pem_private_key(key, None)
    except TypeError:
        raise ValueError("the key has a password: store it without one") from None
    except ValueError:
        raise ValueError("this is no private key in PEM") from None
    if private.public_key() != first.public_key():
        raise ValueError("the key is not that of the certificate")
    return Certified(first, private, chain)


def load_authorities(pem: bytes) -> list[x509.Certificate]:
    """Certificates of authorities.

    Raises: ValueError if there is none.
    """
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError:
        raise ValueError("this is no certificate in PEM") from None
