"""CRAM-MD5 (RFC 2195): the client answers a challenge with its name and a keyed MD5. Old, but still in wide use."""

import hmac
import re

from homeport.sasl.exchange import Exchange, Refused, Step
from homeport.sasl.texts import decode, find_account

_DIGEST = re.compile(rb"[0-9a-fA-F]{32}")
_FORM = "expected the user name, a space and 32 lower-case hexadecimal digits"


class CramMd5(Exchange):
    """`<digits.time@host>`, then `name digest`."""

    client_first = False

    def opening(self) -> Step:
        """Send the challenge: random digits, a timestamp and our name in the form of a msg-id (RFC 2195 2)."""
        digits = int.from_bytes(self.authority.nonce().encode()[:8], "big")
        self._challenge = f"<{digits}.{int(self.authority.now())}@{self.authority.host}>".encode()
        return self.challenge(self._challenge, self.first)

    def first(self, message: bytes) -> Step:
        """Verify the response. The name may contain spaces, the digest does not."""
        name, space, digest = message.rpartition(b" ")
        if not space or not name:
            raise Refused("malformed", f"{_FORM}; got no space between the two", "sasl-cram-form")
        if not _DIGEST.fullmatch(digest):
            raise Refused("malformed", f"{_FORM}; got {len(digest)} bytes after the space", "sasl-cram-form")
        if digest.lower() != digest:
            self.report("sasl-cram-upper-case")
        identity = find_account(self, decode("the user name", name))
        password = self.authority.password(identity)
        if password is None:
            raise Refused("credentials", f"{identity!r} has no password and cannot log in by one")
        # RFC 2195 does not prepare passwords: the shared secret is bytes.
        right = hmac.new(password.encode(), self._challenge, "md5").hexdigest()
        if not hmac.compare_digest(right.encode(), digest.lower()):
            reason = f"the digest is not that of {self._challenge.decode()} with the password of {identity!r}"
            raise Refused("credentials", reason)
        return self.success(identity)
