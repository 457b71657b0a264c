"""OAUTHBEARER (RFC 7628) and XOAUTH2, its forerunner, as Google and Microsoft deployed it: a bearer token logs in.

A token that is refused is answered by a challenge that says why, in JSON; the client's dummy answer ends the exchange
(RFC 7628 3.2.3). Tokens are strings that the world's people have: no issuer is asked, none runs out, and what `host`
and `port` say is not held against anything.
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
    form = 'a gs2 header, ^A, pairs such as "auth=Bearer TOKEN" with ^A behind each, and ^A'

    def first(self, message: bytes) -> Step:
        """The only message, unless it is refused."""
        text = decode("the message", message)
        header, rest = parse_header(text, "sasl-oauth-form")
        if header.flag == "p":
            reason = f"{self.name} has no channel binding: the gs2 header begins with n"
            raise Refused("binding", reason, "sasl-binding-flag")
        if not rest.startswith(_SEPARATOR):
            raise self.malformed("no ^A behind the gs2 header")
        return self.check(self.pairs(rest[1:]), header.authzid)

    def check(self, pairs: dict[str, str], name: str) -> Step:
        """Whether the token is somebody's. name: who to act as, or who the token is for; empty if nobody said."""
        if "auth" not in pairs:
            raise self.malformed("no auth=")
        # RFC 6750 2.1, RFC 9110 11.1: schemes are of any case; RFC 7628 4.3: an empty one asks what we would take.
        scheme, _, token = pairs["auth"].partition(" ")
        if scheme and scheme.lower() != "bearer":
            return self.explain("credentials", f"the scheme of auth= is Bearer; got {scheme!r}")
        identity = self.authority.token(token.strip()) if token else None
        if identity is None:
            return self.explain("credentials", "the token is nobody's" if token else "auth= has no token")
        return self.accept(identity, name)

    def accept(self, identity: str, name: str) -> Step:
        """The token is that of `identity`."""
        return self.success(identity, name)

    def error(self) -> dict[str, str]:
        """What the error challenge says (RFC 7628 3.2.2)."""
        return {"status": "invalid_token", "scope": _SCOPE}

    def explain(self, kind: Kind, reason: str) -> Step:
        """Refuse by a challenge; the failure follows the client's dummy answer."""
        self._failure = Failure(kind, reason)
        return self.challenge(msgspec.json.encode(self.error()), self._dummy)

    def _dummy(self, message: bytes) -> Step:
        if message != self.dummy:
            self.find("sasl-oauth-answer")
        return self._failure

    def pairs(self, text: str) -> dict[str, str]:
        """`key=value ^A` as often as they come, and one more ^A."""
        if not text.endswith(2 * _SEPARATOR):
            raise self.malformed("no ^A ^A at the end")
        parts = [part.partition("=") for part in text[:-2].split(_SEPARATOR)]
        for key, equals, _value in parts:
            if not equals or not key.isalpha():
                raise self.malformed(f"{key[:40]!r} where a key of letters and = belong")
        return {key: value for key, _equals, value in parts}

    def malformed(self, got: str) -> Refused:
        """The message has not the form of the mechanism."""
        return Refused("malformed", f"expected {self.form}; got {got}", "sasl-oauth-form")


class XOAuth2(OAuthBearer):
    """`user=NAME ^A auth=Bearer TOKEN ^A ^A`."""

    dummy = b""
    form = '"user=NAME", ^A, "auth=Bearer TOKEN", ^A and ^A'

    def first(self, message: bytes) -> Step:
        """The only message, unless it is refused."""
        pairs = self.pairs(decode("the message", message))
        if not pairs.get("user"):
            raise self.malformed("no user=")
        return self.check(pairs, pairs["user"])

    def accept(self, identity: str, name: str) -> Step:
        """The user is whose token it is, not who to act as."""
        if self.authority.identity(name) != identity:
            return self.explain("credentials", f"the token is not that of {name!r}")
        return self.success(identity)

    def error(self) -> dict[str, str]:
        """As clients know it from the first server that had it."""
        return {"status": "400", "schemes": "Bearer", "scope": _SCOPE}
