"""Client certificates that a run makes for itself: those of its own farm's registrars, and an unknown one."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def write_certificate(path: Path, name: str) -> str:
    """Write a self-signed certificate with its key (PEM). Return its SHA-256 fingerprint."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.touch(mode=0o600)
    path.write_bytes(secret + certificate.public_bytes(serialization.Encoding.PEM))
    return sha256(certificate.public_bytes(serialization.Encoding.DER)).hexdigest()


@contextmanager
def strange_certificate() -> Iterator[str]:
    """Make a certificate that no registrar has, and yield its file."""
    with tempfile.TemporaryDirectory(prefix="homeport-rst-") as folder:
        file = Path(folder) / "unknown.pem"
        write_certificate(file, "unknown")
        yield str(file)
