"""AUTH (RFC 4954): which mechanisms are offered, and one exchange of SASL in its lines of base64."""

from base64 import b64encode

import msgspec

from homeport.protocol.events import Tls
from homeport.sasl import MECHANISMS, Challenge, Exchange, Failure, Step, Success, offered, start
from homeport.sasl.authority import WorldAuthority
from homeport.sasl.encoding import decode_initial, decode_line
from homeport.sasl.exchange import legible
from homeport.services.smtp.options import PLAIN, SmtpOptions
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
    stranger: bool = False
    """The identity is nobody's in this world: `any_login` took it."""
    over: bool = True


class Login:
    """One exchange. listener: the name of the listener that the client came by.

    Raises: Refused if the mechanism is not offered here and now.
    """

    __slots__ = ("_authority", "_exchange", "clear", "mechanism")

    def __init__(self, name: str, world: World, options: SmtpOptions, listener: str, tls: Tls | None) -> None:
        self.mechanism = name.upper()
        self._authority = WorldAuthority(world, options.host_name, takes_strangers=takes_strangers(options, listener))
        shown = mechanisms(world, options, listener, tls)
        if self.mechanism not in shown:
            raise self._not_offered(options, listener, tls, shown)
        self.clear = MECHANISMS[self.mechanism].clear
        """Whether it shows a password, or a token, as it is."""
        self._exchange: Exchange = start(self.mechanism, self._authority, tls, advertised=shown, final_challenge=True)

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
            return self._success(step)
        if isinstance(step, Failure):
            code, status = CODES[step.kind]
            return Outcome(Reply(code, status, f"{step.reason} (RFC 4954 4)"), step.findings)
        raise TypeError(step)

    def _success(self, step: Success) -> Outcome:
        identity = step.authorization
        stranger = self._authority.identity(identity) is None
        text = f"authentication succeeded; you are {identity}"
        if stranger:
            text = f"taken: nobody in this world has the login {identity!r}, and [smtp] any_login is true"
        return Outcome(Reply(235, "2.7.0", legible(text)), step.findings, identity, stranger=stranger)

    def _not_offered(self, options: SmtpOptions, listener: str, tls: Tls | None, shown: list[str]) -> Refused:
        mechanism = MECHANISMS.get(self.mechanism)
        if mechanism is not None and mechanism.clear and not shows_passwords(options, listener, tls):
            port = f" (port {options.plain_port})" if options.plain_port else ""
            text = (
                f"{self.mechanism} shows the password: begin TLS first, or use the listener smtp.plain{port}, "
                "or set [smtp] clear_passwords = true (RFC 4954 4)"
            )
            return Refused(538, "5.7.11", text, "auth-in-clear")
        names = ", ".join(shown) or "none"
        return Refused(504, "5.5.4", f"there is no mechanism {self.mechanism[:20]!r}; offered: {names} (RFC 4954 4)")


def mechanisms(world: World, options: SmtpOptions, listener: str, tls: Tls | None) -> list[str]:
    """Return the names of the mechanisms that a listener offers here and now, the preferred one first."""
    shown = offered(tls, WorldAuthority(world, options.host_name))
    if not shows_passwords(options, listener, tls):
        return [name for name in shown if not MECHANISMS[name].clear]
    if takes_strangers(options, listener):
        # SCRAM and CRAM-MD5 verify a password that the server knows, which it does not for a made-up login; and many
        # clients choose them where they are offered, and try no other.
        return [name for name in shown if MECHANISMS[name].clear]
    return shown


def shows_passwords(options: SmtpOptions, listener: str, tls: Tls | None) -> bool:
    """Return whether mechanisms that send the password as it is are offered."""
    return tls is not None or listener == PLAIN or options.clear_passwords


def takes_strangers(options: SmtpOptions, listener: str) -> bool:
    """Return whether a login that nobody in the world has is taken, with any password."""
    return listener == PLAIN and options.any_login
