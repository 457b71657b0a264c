"""Certificates and keys in files that [tls] names. Imported on demand: cryptography takes 40 ms."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from homeport.config.certificates import CertificateError
from homeport.config.sections import FarmTlsOptions


class Certified(NamedTuple):
    """A certificate, its private key, and the intermediate certificates up to its root, without the root."""

    certificate: x509.Certificate
    key: PrivateKeyTypes
    chain: Sequence[x509.Certificate] = ()

    def certificate_pem(self) -> bytes:
        """Return the certificate alone in PEM."""
        return self.certificate.public_bytes(Encoding.PEM)

    def key_pem(self) -> bytes:
        """Return the key in PEM, unencrypted (PKCS #8)."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def load_own(options: FarmTlsOptions) -> Certified:
    """Load the configured certificate.

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
    """Read the configured authorities whose client certificates are trusted in addition to ours (DER).

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
    """Load a certificate, followed by its chain, and its key; both in PEM.

    Raises: ValueError if they are invalid or do not belong together; the message is for users.
    """
    try:
        first, *chain = x509.load_pem_x509_certificates(certificate)
    except ValueError:
        raise ValueError("not a certificate in PEM") from None
    try:
        private = load_pem_private_key(key, None)
    except TypeError:
        raise ValueError("the key has a password: store it without one") from None
    except ValueError:
        raise ValueError("not a private key in PEM") from None
    if private.public_key() != first.public_key():
        raise ValueError("the key does not belong to the certificate")
    return Certified(first, private, chain)


def load_authorities(pem: bytes) -> list[x509.Certificate]:
    """Load certificates of authorities.

    Raises: ValueError if there is none.
    """
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError:
        raise ValueError("not a certificate in PEM") from None
