"""OAUTHBEARER (RFC 7628) and its predecessor XOAUTH2, as Google and Microsoft deployed it: log in by bearer token.

A refused token is answered by a challenge with the reason, in JSON; the client's dummy response ends the exchange (RFC
7628 3.2.3). Tokens are strings that the people of the world have: no issuer is asked, no token expires, and `host` and
`port` are not checked.
"""

import msgspec

from homeport.sasl.exchange import Exchange, Failure, Kind, Refused, Step
from homeport.sasl.gs2 import parse_header
from homeport.sasl.texts import decode

_SEPARATOR = "\x01"
_SCOPE = "mail"


class OAuthBearer(Exchange):
    """`gs2-header ^A key=value ^A ... ^A ^A`, with the token in `auth`."""

    dummy = b"\x01"
    form = 'a gs2 header, ^A, pairs such as "auth=Bearer TOKEN" with ^A after each, and ^A'

    def first(self, message: bytes) -> Step:
        """Process the only message, unless it is refused."""
        text = decode("the message", message)
        header, rest = parse_header(text, "sasl-oauth-form")
        if header.flag == "p":
            reason = f"{self.name} has no channel binding: the gs2 header begins with n"
            raise Refused("binding", reason, "sasl-binding-flag")
        if not rest.startswith(_SEPARATOR):
            raise self.malformed("no ^A after the gs2 header")
        return self.check(self.pairs(rest[1:]), header.authzid)

    def check(self, pairs: dict[str, str], name: str) -> Step:
        """Verify the token. name: the login to act as, or that the token is for; empty if the client named none."""
        if "auth" not in pairs:
            raise self.malformed("no auth=")
        # RFC 6750 2.1, RFC 9110 11.1: schemes are case-insensitive; RFC 7628 4.3: an empty one asks which are accepted.
        scheme, _, token = pairs["auth"].partition(" ")
        if scheme and scheme.lower() != "bearer":
            return self.explain("credentials", f"the scheme of auth= is Bearer; got {scheme!r}")
        identity = self.authority.token(token.strip()) if token else None
        if identity is None:
            return self.explain("credentials", "unknown token" if token else "auth= has no token")
        return self.accept(identity, name)

    def accept(self, identity: str, name: str) -> Step:
        """Accept the token, which belongs to `identity`."""
        return self.success(identity, name)

    def error(self) -> dict[str, str]:
        """Return the content of the error challenge (RFC 7628 3.2.2)."""
        return {"status": "invalid_token", "scope": _SCOPE}

    def explain(self, kind: Kind, reason: str) -> Step:
        """Refuse by a challenge; the failure follows the client's dummy response."""
        self._failure = Failure(kind, reason)
        return self.challenge(msgspec.json.encode(self.error()), self._dummy)

    def _dummy(self, message: bytes) -> Step:
        if message != self.dummy:
            self.report("sasl-oauth-answer")
        return self._failure

    def pairs(self, text: str) -> dict[str, str]:
        """Parse any number of `key=value ^A`, and one more ^A."""
        if not text.endswith(2 * _SEPARATOR):
            raise self.malformed("no ^A ^A at the end")
        parts = [part.partition("=") for part in text[:-2].split(_SEPARATOR)]
        for key, equals, _value in parts:
            if not equals or not key.isalpha():
                raise self.malformed(f"{key[:40]!r} instead of a key of letters and =")
        return {key: value for key, _equals, value in parts}

    def malformed(self, got: str) -> Refused:
        """Return the refusal of a malformed message."""
        return Refused("malformed", f"expected {self.form}; got {got}", "sasl-oauth-form")


class XOAuth2(OAuthBearer):
    """`user=NAME ^A auth=Bearer TOKEN ^A ^A`."""

    dummy = b""
    form = '"user=NAME", ^A, "auth=Bearer TOKEN", ^A and ^A'

    def first(self, message: bytes) -> Step:
        """Process the only message, unless it is refused."""
        pairs = self.pairs(decode("the message", message))
        if not pairs.get("user"):
            raise self.malformed("no user=")
        return self.check(pairs, pairs["user"])

    def accept(self, identity: str, name: str) -> Step:
        """Accept the token if the user is its owner; here the user is not a login to act as."""
        if self.authority.identity(name) != identity:
            return self.explain("credentials", f"the token does not belong to {name!r}")
        return self.success(identity)

    def error(self) -> dict[str, str]:
        """Return the content of the error challenge, as Google's server sends it."""
        return {"status": "400", "schemes": "Bearer", "scope": _SCOPE}
