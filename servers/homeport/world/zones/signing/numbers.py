"""Numbers of the algorithms of signatures (RFC 8624 3.1)."""

ECDSA_P256, ED25519, RSA_SHA256 = 13, 15, 8
ALGORITHMS = {"ecdsap256sha256": ECDSA_P256, "ed25519": ED25519, "rsasha256": RSA_SHA256}
"""By mnemonic, in lower case."""
