"""The base of every mechanism: an exchange of challenges and responses that ends in success or failure (RFC 4422 3).

A mechanism is a class that handles the first response; each step passes the next step to `challenge`. A step refuses by
raising `Refused`, so that it reads from top to bottom; the base class turns that into a `Failure`, and nothing raises
outside.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from typing import ClassVar, Literal, Protocol

import msgspec

from homeport.protocol.events import Tls

REASON_LIMIT = 400
"""Characters of a reason: it fits into a reply line of 512 bytes."""
MESSAGE_LIMIT = 8192
"""Bytes of a decoded client message; longer ones are malformed."""

Kind = Literal["malformed", "credentials", "authorization", "binding"]
"""Why an exchange failed: the message is malformed for the mechanism; the credentials are wrong; they are right, but
may not act as the requested identity; the channel binding is not that of this connection."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """The server's response to the client's latest message."""

    findings: tuple[str, ...] = ()
    """Ids of `rules.RULES` that the message broke."""


class Challenge(Step, frozen=True):
    """Send this, and pass the client's response to `Exchange.respond`."""

    data: bytes


class Success(Step, frozen=True):
    """The client is authenticated."""

    identity: str
    """The login whose credentials were verified."""
    authorization: str
    """The login that the client acts as from now on; the same unless it requested another."""
    data: bytes = b""
    """Additional data with success (RFC 4422 3.6), for protocols that can carry it; see `mechanisms.start`."""


class Failure(Step, frozen=True):
    """The exchange failed."""

    kind: Kind
    reason: str
    """The reason, for the client's author: one line of ASCII, never the password."""
    data: bytes = b""
    """SCRAM's name for it (`e=invalid-proof`). No outcome carries it (RFC 4422 3.6), and RFC 5802 5.1 lets the server
    choose whether to send it before the outcome: this one does not, which saves the client a round trip."""


class Authority(Protocol):
    """The accounts. Names are as clients send them, prepared by SASLprep; identities are logins."""

    host: str
    """The server's name, for mechanisms that show it."""
    iterations: int
    """Rounds of SCRAM's salting; RFC 7677 4 asks for 4096 or more."""
    any_login: bool
    """True if unknown logins are accepted, with any password."""

    def identity(self, name: str) -> str | None:
        """Return the login for a name; None if there is no such account."""

    def password(self, identity: str) -> str | None:
        """Return the password of a login in the clear; None if there is none, or only a hash of it."""

    def hashed(self, identity: str) -> str | None:
        """Return the hash of a login's password, if only that is kept."""

    def token(self, token: str) -> str | None:
        """Return the login that has an OAuth bearer token; None if none has."""

    def has_tokens(self) -> bool:
        """Return True if any login has an OAuth token, so that the OAuth mechanisms can succeed."""

    def identity_of(self, certificate: bytes) -> str | None:
        """Return the login of a verified client certificate (DER)."""

    def may_act_as(self, identity: str, authorization: str) -> bool:
        """Return True if a login may act as another one."""

    def nonce(self) -> str:
        """Return a value that this world has not used before, in printable ASCII without comma."""

    def salt(self, name: str) -> bytes:
        """Return the salt of a name's password, even if there is no such account."""

    def now(self) -> float:
        """Return the world's time, in Unix seconds."""


class Refused(Exception):
    """Ends the exchange; the base class turns it into a `Failure`."""

    def __init__(self, kind: Kind, reason: str, finding: str = "", data: bytes = b"") -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason
        self.finding = finding
        self.data = data


class Exchange(ABC):
    """One authentication. It never raises on bad input; after its end it only fails.

    name: the mechanism's, as offered. tls: the TLS state of the connection. advertised: the names that the client was
    shown, by which SCRAM detects a downgrade. final_challenge: True if the protocol cannot carry data with success.
    """

    client_first: ClassVar[bool] = True
    """True if the client speaks first, so that it can send an initial response (RFC 4422 3)."""

    def __init__(
        self, name: str, authority: Authority, tls: Tls | None, advertised: Collection[str], *, final_challenge: bool
    ) -> None:
        self.name = name
        self.authority = authority
        self.tls = tls
        self.advertised = advertised
        self.final_challenge = final_challenge
        self.find_authorized = authority.identity
        """Returns the login of an authorization identity, of which protocols have forms of their own; None: unknown."""
        self._next: Callable[[bytes], Step] | None = self.first
        self._findings: list[str] = []

    def __repr__(self) -> str:
        return f"<{self.name} {self._next.__name__ if self._next else 'over'}>"

    @abstractmethod
    def first(self, message: bytes) -> Step:
        """Process the client's first message."""

    def opening(self) -> Step:
        """Return the first challenge, sent if there is no initial response; empty unless the server speaks first."""
        return self.challenge(b"", self.first)

    def begin(self, initial: bytes | None) -> Step:
        """Start. initial: the initial response; None for none, which differs from an empty one."""
        if initial is None:
            return self._take(lambda _message: self.opening(), b"")
        return self._take(self.first if self.client_first else self.uninvited, initial)

    def respond(self, data: bytes) -> Step:
        """Process the client's response to the latest challenge."""
        return self._take(self._next or self._over, data)

    # For the mechanisms.

    def challenge(self, data: bytes, then: Callable[[bytes], Step]) -> Challenge:
        """Return a challenge whose response goes to `then`."""
        self._next = then
        return Challenge(data)

    def success(self, identity: str, wanted: str = "", data: bytes = b"") -> Step:
        """Authenticate the client as `identity`. wanted: the name that it wants to act as; empty for its own."""
        authorization = identity if wanted in ("", identity) else self.find_authorized(wanted)
        if authorization is None:
            raise Refused("authorization", f"unknown account {wanted!r}, which {identity!r} wants to act as")
        if authorization != identity and not self.authority.may_act_as(identity, authorization):
            raise Refused("authorization", f"{identity!r} may not act as {wanted!r}")
        if data and self.final_challenge:
            self._outcome = Success(identity, authorization)
            return self.challenge(data, self._acknowledged)
        return Success(identity, authorization, data)

    def _acknowledged(self, message: bytes) -> Step:
        """Process the response to data sent before success, which must be empty."""
        if message:
            self.report("sasl-final-response")
        return self._outcome

    def report(self, finding: str) -> None:
        """Report a finding about the message."""
        if finding not in self._findings:
            self._findings.append(finding)

    def uninvited(self, _initial: bytes) -> Step:
        """Process an initial response although the server speaks first."""
        reason = f"the server speaks first in {self.name}: send no initial response"
        raise Refused("malformed", reason, "sasl-initial-response")

    def _over(self, _message: bytes) -> Step:
        raise Refused("malformed", "this exchange is over")

    def _too_long(self, message: bytes) -> Step:
        raise Refused("malformed", f"the message has {len(message)} bytes; at most {MESSAGE_LIMIT} are accepted")

    def _take(self, step: Callable[[bytes], Step], message: bytes) -> Step:
        self._next = None
        self._findings = []
        try:
            answer = step(message) if len(message) <= MESSAGE_LIMIT else self._too_long(message)
        except Refused as refused:
            if refused.finding:
                self.report(refused.finding)
            answer = Failure(refused.kind, legible(refused.reason), refused.data)
        return msgspec.structs.replace(answer, findings=tuple(self._findings)) if self._findings else answer


def legible(reason: str) -> str:
    """Return a reason in printable ASCII of limited length."""
    return reason.encode("ascii", "backslashreplace").decode()[:REASON_LIMIT]
