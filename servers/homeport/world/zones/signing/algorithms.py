"""The algorithms of signatures (RFC 8624): private keys, public keys and signatures as DNSSEC has them on the wire."""

import hashlib
from collections.abc import Callable
from typing import NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from homeport.world.zones.signing.numbers import ED25519

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
P256_BYTES = 32
RSA_BITS = 2048
EXPONENT = 65537


class Pair(NamedTuple):
    """A private key as a function, and its public key as DNSKEY data have it."""

    sign: Callable[[bytes], bytes]
    public: bytes


def derive(algorithm: int, secret: bytes) -> Pair:
    """Return the pair that follows from a secret: the same secret gives the same keys. Not for RSA."""
    digest = hashlib.sha512(secret).digest()
    if algorithm == ED25519:
        return _ed25519(ed25519.Ed25519PrivateKey.from_private_bytes(digest[:32]))
    return _p256(ec.derive_private_key(int.from_bytes(digest) % (P256_ORDER - 1) + 1, ec.SECP256R1()))


def generate_rsa() -> bytes:
    """Return a new private RSA key in DER. It takes 0.1 s and more: call it in the thread pool."""
    key = rsa.generate_private_key(EXPONENT, RSA_BITS)
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def load_rsa(der: bytes) -> Pair:
    """Return the pair of a private RSA key in DER."""
    key = load_der_private_key(der, None)
    assert isinstance(key, rsa.RSAPrivateKey)  # noqa: S101 - made by generate_rsa
    numbers = key.public_key().public_numbers()
    exponent = numbers.e.to_bytes((numbers.e.bit_length() + 7) // 8)
    modulus = numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8)
    scheme, digest = padding.PKCS1v15(), hashes.SHA256()
    # RFC 3110 2
    return Pair(lambda data: key.sign(data, scheme, digest), bytes((len(exponent),)) + exponent + modulus)


def _p256(key: ec.EllipticCurvePrivateKey) -> Pair:
    scheme = _p256_scheme(key)

    def sign(data: bytes) -> bytes:
        """Sign (RFC 6605 4: the two numbers, one after the other)."""
        r, s = decode_dss_signature(key.sign(data, scheme))
        return r.to_bytes(P256_BYTES) + s.to_bytes(P256_BYTES)

    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return Pair(sign, point[1:])  # without the octet that says "uncompressed"


def _p256_scheme(key: ec.EllipticCurvePrivateKey) -> ec.ECDSA:
    """Return ECDSA whose signatures are repeatable (RFC 6979), where the library has it."""
    try:
        scheme = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
        key.sign(b"", scheme)
    except (TypeError, UnsupportedAlgorithm):
        return ec.ECDSA(hashes.SHA256())
    return scheme


def _ed25519(key: ed25519.Ed25519PrivateKey) -> Pair:
    return Pair(key.sign, key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
