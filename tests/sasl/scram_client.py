"""A SCRAM-SHA-256 client, written from RFC 5802 only: it shares no code with the server."""

import hashlib
import hmac
from base64 import b64decode, b64encode


class ScramClient:
    """One authentication. header: the gs2 header; binding: the bytes after it in c=."""

    def __init__(self, name, password, *, header="n,,", binding=b"", nonce="fyko+d2lbbFgONRv9qkxdawL"):
        self.password = password.encode()
        self.header = header
        self.binding = binding
        self.nonce = nonce
        self.bare = f"n={name},r={nonce}"

    def first(self):
        return (self.header + self.bare).encode()

    def final(self, challenge, *, nonce=None, header=None, binding=None, extensions=""):
        """Return the response to the challenge; arguments replace correct values."""
        parts = dict(part.split("=", 1) for part in challenge.decode().split(","))
        assert parts["r"].startswith(self.nonce)
        assert len(parts["r"]) > len(self.nonce)
        shown = (self.header if header is None else header).encode() + (self.binding if binding is None else binding)
        without_proof = f"c={b64encode(shown).decode()},r={parts['r'] if nonce is None else nonce}{extensions}"
        salted = hashlib.pbkdf2_hmac("sha256", self.password, b64decode(parts["s"]), int(parts["i"]))
        client_key = hmac.new(salted, b"Client Key", "sha256").digest()
        message = f"{self.bare},{challenge.decode()},{without_proof}".encode()
        signature = hmac.new(hashlib.sha256(client_key).digest(), message, "sha256").digest()
        proof = bytes(a ^ b for a, b in zip(client_key, signature, strict=True))
        server_key = hmac.new(salted, b"Server Key", "sha256").digest()
        self.verifier = b"v=" + b64encode(hmac.new(server_key, message, "sha256").digest())
        return f"{without_proof},p={b64encode(proof).decode()}".encode()
