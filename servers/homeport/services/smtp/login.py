"""AUTH (RFC 4954): which mechanisms are offered, and one exchange of SASL in its lines of base64."""

from base64 import b64encode

import msgspec

from homeport.events import Tls
from homeport.sasl import MECHANISMS, Challenge, Exchange, Failure, Step, Success, offered, start
from homeport.sasl.authority import WorldAuthority
from homeport.sasl.encoding import decode_initial, decode_line
from homeport.services.smtp.options import SmtpOptions
from homeport.services.smtp.replies import Refused, Reply
from homeport.world.world import World

CODES = {
    "malformed": (501, "5.5.2"),
    "credentials": (535, "5.7.8"),
    "authorization": (535, "5.7.8"),
    "binding": (535, "5.7.8"),
}
"""Reply code and status of failures by kind (RFC 4954 6)."""


class Outcome(msgspec.Struct, frozen=True):
    """What a step of an exchange comes to."""

    reply: Reply
    findings: tuple[str, ...] = ()
    identity: str = ""
    """Who the client is from now on; empty unless it has succeeded."""
    over: bool = True


class Login:
    """One exchange.

    Raises: Refused if the mechanism is not offered here and now.
    """

    __slots__ = ("_exchange", "clear", "mechanism")

    def __init__(self, name: str, world: World, options: SmtpOptions, tls: Tls | None) -> None:
        self.mechanism = name.upper()
        authority = WorldAuthority(world, options.host_name)
        shown = mechanisms(world, options, tls)
        if self.mechanism not in shown:
            raise self._not_offered(tls, shown)
        self.clear = MECHANISMS[self.mechanism].clear
        """Whether it shows a password, or a token, as it is."""
        self._exchange: Exchange = start(self.mechanism, authority, tls, advertised=shown, final_challenge=True)

    def begin(self, initial: str) -> Outcome:
        """Begin. initial: the initial response in base64, `=` for an empty one; empty for none."""
        if not initial:
            return self._outcome(self._exchange.begin(None))
        decoded = decode_initial(initial.encode())
        return self._outcome(decoded if isinstance(decoded, Failure) else self._exchange.begin(decoded))

    def respond(self, line: bytes) -> Outcome:
        """Take the client's line."""
        if line == b"*":
            return Outcome(Reply(501, "5.7.0", "authentication cancelled by the client"))
        decoded = decode_line(line)
        return self._outcome(decoded if isinstance(decoded, Failure) else self._exchange.respond(decoded))

    def _outcome(self, step: Step) -> Outcome:
        if isinstance(step, Challenge):
            return Outcome(Reply(334, "", b64encode(step.data).decode()), step.findings, over=False)
        if isinstance(step, Success):
            return Outcome(
                Reply(235, "2.7.0", f"authentication succeeded; you are {step.authorization}"),
                step.findings,
                step.authorization,
            )
        if isinstance(step, Failure):
            code, status = CODES[step.kind]
            return Outcome(Reply(code, status, f"{step.reason} (RFC 4954 4)"), step.findings)
        raise TypeError(step)

    def _not_offered(self, tls: Tls | None, shown: list[str]) -> Refused:
        mechanism = MECHANISMS.get(self.mechanism)
        if mechanism is not None and mechanism.clear and tls is None:
            text = f"{self.mechanism} shows the password: begin TLS first (RFC 4954 4)"
            return Refused(538, "5.7.11", text, "auth-in-clear")
        names = ", ".join(shown) or "none"
        return Refused(504, "5.5.4", f"there is no mechanism {self.mechanism[:20]!r}; offered: {names} (RFC 4954 4)")


def mechanisms(world: World, options: SmtpOptions, tls: Tls | None) -> list[str]:
    """The mechanisms that are offered here and now."""
    shown = offered(tls, WorldAuthority(world, options.host_name))
    if tls is None and not options.clear_passwords:
        return [name for name in shown if not MECHANISMS[name].clear]
    return shown
