"""AUTH (RFC 4954): the mechanisms that are offered, and one SASL exchange in lines of base64."""

from base64 import b64encode

import msgspec

from homeport.protocol.events import Tls
from homeport.protocol.secrets import shown_mechanism
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
"""Reply code and enhanced status by kind of failure (RFC 4954 6)."""


class Outcome(msgspec.Struct, frozen=True):
    """The result of one step of an exchange."""

    reply: Reply
    findings: tuple[str, ...] = ()
    identity: str = ""
    """The login of the client from now on; empty unless it succeeded."""
    any_login: bool = False
    """True if no person in the world has this login and the option `any_login` accepted it."""
    over: bool = True


class Login:
    """One SASL exchange. listener: the name of the listener that the client connected to.

    Raises: Refused if the mechanism is not offered here and now.
    """

    __slots__ = ("_authority", "_exchange", "clear", "mechanism")

    def __init__(self, name: str, world: World, options: SmtpOptions, listener: str, tls: Tls | None) -> None:
        self.mechanism = name.upper()
        self._authority = WorldAuthority(world, options.host_name, any_login=accepts_any_login(options, listener))
        shown = mechanisms(world, options, listener, tls)
        if self.mechanism not in shown:
            raise self._not_offered(options, listener, tls, shown)
        self.clear = MECHANISMS[self.mechanism].clear
        """True if the mechanism sends the password, or a token, in the clear."""
        self._exchange: Exchange = start(self.mechanism, self._authority, tls, advertised=shown, final_challenge=True)

    def begin(self, initial: str) -> Outcome:
        """Start the exchange. initial: the initial response in base64, `=` for an empty one; empty for none."""
        if not initial:
            return self._outcome(self._exchange.begin(None))
        decoded = decode_initial(initial.encode())
        return self._outcome(decoded if isinstance(decoded, Failure) else self._exchange.begin(decoded))

    def respond(self, line: bytes) -> Outcome:
        """Process a line from the client."""
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
        unknown = self._authority.identity(identity) is None
        text = f"authentication succeeded: logged in as {identity}"
        if unknown:
            text = f"accepted: [smtp] any_login is true, and no person here has the login {identity!r}"
        return Outcome(Reply(235, "2.7.0", legible(text)), step.findings, identity, any_login=unknown)

    def _not_offered(self, options: SmtpOptions, listener: str, tls: Tls | None, shown: list[str]) -> Refused:
        mechanism = MECHANISMS.get(self.mechanism)
        if mechanism is not None and mechanism.clear and not allows_clear_passwords(options, listener, tls):
            port = f" (port {options.plain_port})" if options.plain_port else ""
            text = (
                f"{self.mechanism} sends the password in the clear: start TLS, or use the listener smtp.plain{port}, "
                "or set [smtp] clear_passwords = true (RFC 4954 4)"
            )
            return Refused(538, "5.7.11", text, "auth-in-clear")
        names = ", ".join(shown) or "none"
        return Refused(
            504, "5.5.4", f"unknown mechanism {shown_mechanism(self.mechanism)!r}; offered: {names} (RFC 4954 4)"
        )


def mechanisms(world: World, options: SmtpOptions, listener: str, tls: Tls | None) -> list[str]:
    """Return the names of the mechanisms that a listener offers now, by preference."""
    shown = offered(tls, WorldAuthority(world, options.host_name))
    if not allows_clear_passwords(options, listener, tls):
        return [name for name in shown if not MECHANISMS[name].clear]
    if accepts_any_login(options, listener):
        # SCRAM and CRAM-MD5 need a password that the server knows, and it knows none for a made-up login. Many clients
        # choose them if they are offered, and then try no other.
        return [name for name in shown if MECHANISMS[name].clear]
    return shown


def allows_clear_passwords(options: SmtpOptions, listener: str, tls: Tls | None) -> bool:
    """Return True if mechanisms that send the password in the clear are offered."""
    return tls is not None or listener == PLAIN or options.clear_passwords


def accepts_any_login(options: SmtpOptions, listener: str) -> bool:
    """Return True if a login that no person in the world has is accepted, with any password."""
    return listener == PLAIN and options.any_login
