"""SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677): both sides prove that they know the password.

With -PLUS, the proof also covers the TLS connection, by any channel binding that it has (RFC 5929, RFC 9266). A client
that sends `y` although -PLUS was offered was shown other mechanisms than ours, and is refused (RFC 5802 6). SCRAM-SHA-1
is not implemented: RFC 7677 exists to replace SHA-1.
"""

import hashlib
import hmac
import re
from base64 import b64encode
from functools import lru_cache

from homeport.sasl.encoding import decode_line
from homeport.sasl.exchange import Exchange, Failure, Refused, Step
from homeport.sasl.gs2 import Header, parse_header, unescape
from homeport.sasl.texts import decode, password_of, prepare

_NONCE = re.compile(r"[\x21-\x2b\x2d-\x7e]+")  # RFC 5802 7: printable
MAX_SALTED_PASSWORDS = 1024
"""Salted passwords that are cached in the process: salting takes 4096 rounds, the rest of a login very little."""


class Scram(Exchange):
    """client-first, server-first, client-final, server-final."""

    def first(self, message: bytes) -> Step:
        """Process client-first: the name, and the client's part of the nonce."""
        text = decode("the message", message)
        self._header, bare = parse_header(text, "sasl-scram-form")
        self._check_flag(self._header)
        attributes = parse_attributes(bare, ("n", "r"))
        name = unescape("the user name", attributes["n"])
        if not name:
            raise malformed("the user name (n=) is empty")
        if not _NONCE.fullmatch(attributes["r"]):
            raise malformed("the nonce (r=) is empty or has characters that are not printable ASCII")
        self._name = prepare(self, "the user name", name.encode())
        self._nonce = attributes["r"] + self.authority.nonce()
        # An unknown name gets a salt as well, like from a server that does not reveal which names exist.
        self._salt = self.authority.salt(self.authority.identity(self._name) or self._name)
        self._iterations = self.authority.iterations
        challenge = f"r={self._nonce},s={b64encode(self._salt).decode()},i={self._iterations}"
        self._signed_prefix = f"{bare},{challenge}"
        return self.challenge(challenge.encode(), self._final)

    def _final(self, message: bytes) -> Step:
        """Process client-final: the proof."""
        text = decode("the message", message)
        attributes = parse_attributes(text, ("c", "r"), last="p")
        self._check_binding(decode_attribute("c", attributes["c"]))
        self._check_nonce(attributes["r"])
        proof = decode_attribute("p", attributes["p"])
        if len(proof) != hashlib.sha256().digest_size:
            raise malformed(f"the proof (p=) has 32 bytes with SHA-256; got {len(proof)}")
        try:
            identity, password = password_of(self, self._name)
        except Refused as refused:
            refused.data = b"e=unknown-user"
            raise
        stored_key, server_key = salted_keys(password.encode(), self._salt, self._iterations)
        signed = f"{self._signed_prefix},{text.rpartition(',')[0]}".encode()
        signature = hmac.digest(stored_key, signed, "sha256")
        client_key = bytes(one ^ other for one, other in zip(proof, signature, strict=True))
        if not hmac.compare_digest(hashlib.sha256(client_key).digest(), stored_key):
            reason = f"the proof (p=) does not match the password of {identity!r} over {signed.decode()!r}"
            raise Refused("credentials", reason, data=b"e=invalid-proof")
        verifier = b"v=" + b64encode(hmac.digest(server_key, signed, "sha256"))
        return self.success(identity, self._header.authzid, verifier)

    def _check_flag(self, header: Header) -> None:
        """Check that the channel binding flag agrees with the chosen mechanism (RFC 5802 6)."""
        if self.name.endswith("-PLUS"):
            if header.flag != "p":
                reason = f'{self.name} needs the flag "p=" and the name of a channel binding; got {header.flag!r}'
                raise Refused("binding", reason, "sasl-binding-flag", b"e=channel-bindings-dont-match")
            known = self.tls.bindings if self.tls else {}
            if header.binding not in known:
                reason = (
                    f"this connection has no channel binding {header.binding!r}; it has {', '.join(known) or 'none'}"
                )
                raise Refused("binding", reason, data=b"e=unsupported-channel-binding-type")
        elif header.flag == "p":
            reason = f'the flag "p=" is for {self.name}-PLUS; {self.name} has "n" or "y"'
            raise Refused("binding", reason, "sasl-binding-flag", b"e=channel-binding-not-supported")
        elif header.flag == "y" and f"{self.name}-PLUS" in self.advertised:
            reason = (
                f'the flag "y" says that {self.name}-PLUS was not offered, but it was: possibly a man in the middle'
            )
            raise Refused("binding", reason, "sasl-binding-downgrade", b"e=server-does-support-channel-binding")

    def _check_binding(self, sent: bytes) -> None:
        """Check `c=`: the header as first sent and, with -PLUS, the bytes of the channel binding."""
        header = self._header.text.encode()
        if not sent.startswith(header):
            reason = f"c= must repeat the gs2 header {self._header.text!r}; got {sent[: len(header)]!r}"
            raise Refused("binding", reason, "sasl-scram-header", b"e=channel-bindings-dont-match")
        wanted = self.tls.bindings[self._header.binding] if self._header.flag == "p" and self.tls else b""
        got = sent[len(header) :]
        if not hmac.compare_digest(got, wanted):
            binding = self._header.binding or "no channel binding"
            expected = wanted.hex() or "nothing"
            reason = f"c= has {got.hex() or 'nothing'} after the gs2 header; expected {expected} ({binding})"
            raise Refused("binding", reason, "sasl-binding-data", b"e=channel-bindings-dont-match")

    def _check_nonce(self, sent: str) -> None:
        if sent == self._nonce:
            return
        reason = f"r= must repeat the nonce of the challenge, {self._nonce!r}; got {sent!r}"
        if self._nonce.startswith(sent):
            reason += ", which lacks the server's part"
        raise Refused("malformed", reason, "sasl-scram-nonce", b"e=other-error")


def parse_attributes(text: str, wanted: tuple[str, ...], last: str = "") -> dict[str, str]:
    """Parse the attributes of a message, which starts with the wanted ones, in that order (RFC 5802 5.1).

    last: the attribute that must be the last. Extensions may stand between; all are unknown here, and ignored.
    """
    if text.startswith("m="):
        reason = "m= announces a mandatory extension, and none is supported"
        raise Refused("malformed", reason, "sasl-scram-extension", b"e=extensions-not-supported")
    parts = text.split(",")
    names = [part[:1] for part in parts]
    for at, part in enumerate(parts):
        if part[1:2] != "=" or not (part[0].isascii() and part[0].isalpha()):
            raise malformed(f'attribute {at + 1} is not a letter, "=" and a value: {part[:40]!r}')
    form = ",".join(f"{name}=" for name in (*wanted, *last))
    if tuple(names[: len(wanted)]) != wanted or (last and (names[-1] != last or len(names) <= len(wanted))):
        raise malformed(f"the attributes are {form} in this order; got {','.join(f'{name}=' for name in names)[:80]}")
    if len(set(names)) != len(names):
        raise malformed(f"an attribute is repeated: {','.join(f'{name}=' for name in names)[:80]}")
    return {part[0]: part[2:] for part in parts}


def decode_attribute(name: str, value: str) -> bytes:
    """Decode the base64 of an attribute."""
    decoded = decode_line(value.encode())
    if isinstance(decoded, Failure):
        raise Refused("malformed", f"{name}= is {decoded.reason}", decoded.findings[0], b"e=invalid-encoding")
    return decoded


def malformed(reason: str) -> Refused:
    """Return the refusal of a message that is not in the form of SCRAM."""
    return Refused("malformed", reason, "sasl-scram-form", b"e=other-error")


@lru_cache(MAX_SALTED_PASSWORDS)
def salted_keys(password: bytes, salt: bytes, iterations: int) -> tuple[bytes, bytes]:
    """Return StoredKey and ServerKey (RFC 5802 3)."""
    salted = hashlib.pbkdf2_hmac("sha256", password, salt, iterations)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    return hashlib.sha256(client_key).digest(), hmac.digest(salted, b"Server Key", "sha256")
