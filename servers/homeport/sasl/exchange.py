"""What every mechanism is: an exchange of challenges and responses that ends in success or failure (RFC 4422 3).

A mechanism is a class that says what it does with the first response; each step names the next by what it passes to
`challenge`. It refuses by raising `Refused`, so that its steps read from top to bottom; outside, nothing raises.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from typing import ClassVar, Literal, Protocol

import msgspec

from homeport.protocol.events import Tls

REASON_LIMIT = 400
"""Characters of a reason: it fits into a reply line of 512 octets."""
MESSAGE_LIMIT = 8192
"""Octets of a message of the client's, decoded; longer ones are malformed."""

Kind = Literal["malformed", "credentials", "authorization", "binding"]
"""Why an exchange failed: the message has not the form of the mechanism; the credentials are wrong; they are right, but
may not act as the identity that is asked for; the channel binding is not that of this connection."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What the server says to the client's latest message."""

    findings: tuple[str, ...] = ()
    """Identifiers of `rules.RULES` that the message gave cause for."""


class Challenge(Step, frozen=True):
    """Send this, and pass the client's answer to `Exchange.respond`."""

    data: bytes


class Success(Step, frozen=True):
    """The client is who it says."""

    identity: str
    """The login whose credentials were shown."""
    authorization: str
    """The login that the client acts as from now on; the same, if it asked for none."""
    data: bytes = b""
    """Additional data with success (RFC 4422 3.6), for protocols that can carry it; see `mechanisms.start`."""


class Failure(Step, frozen=True):
    """The exchange has failed."""

    kind: Kind
    reason: str
    """What was wrong, exactly, in words for the client's author: one line of ASCII, and never the password."""
    data: bytes = b""
    """What SCRAM calls it (`e=invalid-proof`). No outcome carries it (RFC 4422 3.6), and RFC 5802 5.1 leaves it to the
    server whether to send it before: this one does not, and saves the client a round trip."""


class Authority(Protocol):
    """Whoever knows the accounts. Names are as clients send them, prepared by SASLprep; identities are logins."""

    host: str
    """The server's name, where a mechanism shows one."""
    iterations: int
    """Rounds that SCRAM salts a password with; RFC 7677 4 wants 4096 or more."""
    takes_strangers: bool
    """Take a login that is no account, with any password."""

    def identity(self, name: str) -> str | None:
        """The login that a name means; None if there is no such account."""

    def password(self, identity: str) -> str | None:
        """The password of a login; None if it cannot log in by password."""

    def token(self, token: str) -> str | None:
        """Whose OAuth bearer token it is; None for one that nobody has."""

    def has_tokens(self) -> bool:
        """Whether anybody has an OAuth token, so that the mechanisms of OAuth make sense."""

    def identity_of(self, certificate: bytes) -> str | None:
        """The login that a verified client certificate (DER) belongs to."""

    def may_act_as(self, identity: str, authorization: str) -> bool:
        """Whether a login may act as another one."""

    def nonce(self) -> str:
        """A value that this world has not used before, in printable ASCII without comma."""

    def salt(self, name: str) -> bytes:
        """The salt of a name's password, be there such an account or not."""

    def now(self) -> float:
        """The world's time, in Unix seconds."""


class Refused(Exception):
    """A step ends the exchange; the base class makes a `Failure` of it."""

    def __init__(self, kind: Kind, reason: str, finding: str = "", data: bytes = b"") -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason
        self.finding = finding
        self.data = data


class Exchange(ABC):
    """One authentication. Never raises, whatever the client sends; after its end it only fails.

    name: the mechanism's, as offered. tls: what protects the connection. advertised: the names that the client was
    shown, by which SCRAM sees a downgrade. final_challenge: the protocol cannot carry data with success.
    """

    client_first: ClassVar[bool] = True
    """Whether the client speaks first, so that it can send an initial response (RFC 4422 3)."""

    def __init__(
        self, name: str, authority: Authority, tls: Tls | None, advertised: Collection[str], *, final_challenge: bool
    ) -> None:
        self.name = name
        self.authority = authority
        self.tls = tls
        self.advertised = advertised
        self.final_challenge = final_challenge
        self._next: Callable[[bytes], Step] | None = self.first
        self._findings: list[str] = []

    def __repr__(self) -> str:
        return f"<{self.name} {self._next.__name__ if self._next else 'over'}>"

    @abstractmethod
    def first(self, message: bytes) -> Step:
        """What the client's first message is answered with."""

    def opening(self) -> Step:
        """What the server says if the client sends no initial response: nothing, unless it speaks first."""
        return self.challenge(b"", self.first)

    def begin(self, initial: bytes | None) -> Step:
        """Begin. initial: the initial response; None for none, which is not the same as an empty one."""
        if initial is None:
            return self._take(lambda _message: self.opening(), b"")
        return self._take(self.first if self.client_first else self.uninvited, initial)

    def respond(self, data: bytes) -> Step:
        """Take the client's answer to the latest challenge."""
        return self._take(self._next or self._over, data)

    # For the mechanisms.

    def challenge(self, data: bytes, then: Callable[[bytes], Step]) -> Challenge:
        """Ask, and let `then` take the answer."""
        self._next = then
        return Challenge(data)

    def success(self, identity: str, wanted: str = "", data: bytes = b"") -> Step:
        """The client has proved to be `identity`. wanted: the name that it wants to act as; empty for its own."""
        authorization = identity if wanted in ("", identity) else self.authority.identity(wanted)
        if authorization is None:
            raise Refused("authorization", f"there is no account {wanted!r} that {identity!r} could act as")
        if authorization != identity and not self.authority.may_act_as(identity, authorization):
            raise Refused("authorization", f"{identity!r} may not act as {wanted!r}")
        if data and self.final_challenge:
            self._outcome = Success(identity, authorization)
            return self.challenge(data, self._acknowledged)
        return Success(identity, authorization, data)

    def _acknowledged(self, message: bytes) -> Step:
        """The client has seen the data that came ahead of success, and has nothing to say to it."""
        if message:
            self.find("sasl-final-response")
        return self._outcome

    def find(self, finding: str) -> None:
        """The message gives cause for a finding."""
        if finding not in self._findings:
            self._findings.append(finding)

    def uninvited(self, _initial: bytes) -> Step:
        """An initial response came although the server speaks first."""
        reason = f"the server speaks first in {self.name}: send no initial response"
        raise Refused("malformed", reason, "sasl-initial-response")

    def _over(self, _message: bytes) -> Step:
        raise Refused("malformed", "this exchange is over")

    def _too_long(self, message: bytes) -> Step:
        raise Refused("malformed", f"the message has {len(message)} octets; at most {MESSAGE_LIMIT} are taken")

    def _take(self, step: Callable[[bytes], Step], message: bytes) -> Step:
        self._next = None
        self._findings = []
        try:
            answer = step(message) if len(message) <= MESSAGE_LIMIT else self._too_long(message)
        except Refused as refused:
            if refused.finding:
                self.find(refused.finding)
            answer = Failure(refused.kind, legible(refused.reason), refused.data)
        return msgspec.structs.replace(answer, findings=tuple(self._findings)) if self._findings else answer


def legible(reason: str) -> str:
    """A reason as protocols can send it, whatever names it quotes."""
    return reason.encode("ascii", "backslashreplace").decode()[:REASON_LIMIT]
