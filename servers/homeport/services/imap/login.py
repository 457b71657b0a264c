"""LOGIN and AUTHENTICATE (RFC 9051 6.2.2, 6.2.3, RFC 4959), with every mechanism of `sasl/`."""

from base64 import b64encode

from homeport.protocol.commands import command
from homeport.protocol.effects import AwaitFlush, Log
from homeport.protocol.waiting import NextLine, Steps
from homeport.sasl import MECHANISMS, Challenge, Exchange, Failure, Step, Success, start
from homeport.sasl.authority import WorldAuthority
from homeport.sasl.choosing import choose_authority
from homeport.sasl.encoding import decode_initial, decode_line
from homeport.sasl.exchange import legible
from homeport.services.imap.dialogue import ImapDialogue
from homeport.services.imap.grammar.tokens import Cursor
from homeport.services.imap.identity import Identity
from homeport.services.imap.labels import labels_of
from homeport.services.imap.replies import Refused, bad, no, ok
from homeport.world.mail.account import Account

RESPONSE_LIMIT = 12_288
"""Bytes of a line with a SASL response (RFC 4959 has no limit; RFC 4954 4.3 has this one)."""
CODES = {
    "credentials": "AUTHENTICATIONFAILED",
    "authorization": "AUTHORIZATIONFAILED",
    "binding": "AUTHENTICATIONFAILED",
}
"""Response codes by kind of failure (RFC 5530 3); a malformed message is BAD."""


class Login:
    """The login of the client."""

    __slots__ = ("_presence", "dialogue", "identity")

    def __init__(self, dialogue: ImapDialogue, identity: Identity) -> None:
        self.dialogue = dialogue
        self.identity = identity
        self._presence = ""

    @command(
        "LOGIN",
        "Log in by name and password.",
        syntax="user password",
        states={"not authenticated"},
        needs={"LOGIN"},
        reference="RFC 9051 6.2.3",
    )
    def login(self, cursor: Cursor) -> Steps:
        """Log in by name and password."""
        name = cursor.astring()
        cursor.space()
        password = cursor.astring()
        cursor.end()
        dialogue = self.dialogue
        dialogue.accept(cursor)
        if not self.identity.clear_allowed:
            text = (
                "LOGIN sends the password in the clear: start TLS, or connect to imap.tls, or set "
                "[imap] clear_passwords = true (RFC 9051 6.2.3)"
            )
            raise no(text, "PRIVACYREQUIRED", "login-in-clear")
        if dialogue.tls is None:
            dialogue.report("login-in-clear", b"LOGIN")
        authority = choose_authority(dialogue.context.world, dialogue.options.host_name)
        exchange = self._exchange("PLAIN", authority)
        return (yield from self._outcome(exchange.begin(b"\0" + name + b"\0" + password), "LOGIN", authority))

    @command(
        "AUTHENTICATE",
        "Log in by SASL.",
        syntax="mechanism [initial-response]",
        states={"not authenticated"},
        needs={"AUTH"},
        reference="RFC 9051 6.2.2",
    )
    def authenticate(self, cursor: Cursor) -> Steps:
        """Log in by SASL."""
        name = cursor.atom().upper()
        initial = None
        if not cursor.at_end:
            cursor.space()
            if not self.dialogue.allows("SASL-IR"):
                raise self.dialogue.not_announced("SASL-IR", "an initial response")
            initial = cursor.rest
        self._check_offered(name)
        if self.dialogue.tls is None and MECHANISMS[name].clear:
            self.dialogue.report("login-in-clear", b"AUTHENTICATE " + name.encode())
        return self._converse(name, initial)

    def _converse(self, name: str, initial: bytes | None) -> Steps:
        """Carry an exchange in lines of base64."""
        dialogue = self.dialogue
        authority = choose_authority(dialogue.context.world, dialogue.options.host_name)
        exchange = self._exchange(name, authority, self.identity.mechanisms())
        decoded = None if initial is None else decode_initial(initial)
        step: Step = decoded if isinstance(decoded, Failure) else exchange.begin(decoded)
        while isinstance(step, Challenge):
            self._report(step)
            dialogue.continue_(b64encode(step.data).decode())
            line = yield NextLine(RESPONSE_LIMIT, secret=True)
            if line == b"*":
                raise bad("AUTHENTICATE was cancelled by the client (RFC 9051 6.2.2)", finding="")
            if len(line) > RESPONSE_LIMIT:
                raise bad(f"a response has at most {RESPONSE_LIMIT} bytes (RFC 9051 6.2.2)")
            response = decode_line(line)
            step = response if isinstance(response, Failure) else exchange.respond(response)
        return (yield from self._outcome(step, name, authority))

    def _exchange(self, name: str, authority: WorldAuthority, shown: list[str] | None = None) -> Exchange:
        return start(name, authority, self.dialogue.tls, advertised=shown, final_challenge=True)

    def _check_offered(self, name: str) -> None:
        """Check that a mechanism is offered here and now. Raises: Refused."""
        shown = self.identity.mechanisms()
        if name in shown:
            return
        mechanism = MECHANISMS.get(name)
        if mechanism is not None and mechanism.clear and not self.identity.clear_allowed:
            text = f"{name} sends the password in the clear: start TLS, or set [imap] clear_passwords = true"
            raise no(f"{text} (RFC 9051 6.2.2)", "PRIVACYREQUIRED", "login-in-clear")
        names = " ".join(shown) or "none"
        raise no(f"unknown mechanism; offered: {names} (RFC 9051 6.2.2)", "CANNOT")

    def _report(self, step: Step) -> None:
        for finding in step.findings:
            self.dialogue.report(finding)

    def _outcome(self, step: Step, mechanism: str, authority: WorldAuthority) -> Steps:
        """Return the reply to the end of an exchange. Raises: Refused."""
        dialogue = self.dialogue
        self._report(step)
        success = step if isinstance(step, Success) else None
        login = "" if success is None else success.authorization
        dialogue.effect(Log("login", {"login": login, "mechanism": mechanism, "code": "OK" if login else "NO"}))
        if success is None:
            assert isinstance(step, Failure)  # noqa: S101 - the only other end of an exchange
            if step.kind == "malformed":
                raise bad(f"{step.reason} (RFC 9051 6.2.2)", finding="")
            raise no(f"{step.reason} (RFC 9051 6.2.2)", CODES[step.kind])
        if asked := getattr(authority, "asked", ""):
            from homeport.services.imap.client_faults import asked_by_user

            if (planned := asked_by_user(dialogue, asked)) is not None:
                return planned
        mailboxes = dialogue.context.world.mailboxes
        for _step in mailboxes.opening(login, shared=True):
            yield AwaitFlush()
        try:
            account = mailboxes.account(login)
        except KeyError:
            raise no("that person was removed meanwhile", "AUTHENTICATIONFAILED") from None
        self._log_in(login, account)
        return ok(legible(f"logged in as {login}"), self.identity.capabilities())

    def _log_in(self, login: str, account: Account) -> None:
        dialogue = self.dialogue
        context = dialogue.context
        dialogue.account = account
        if dialogue.options.labels:
            dialogue.labels = labels_of(context.world, account)
        dialogue.login = login
        dialogue.state = "authenticated"
        self._presence = context.world.presence.enter(
            login, "imap", context.peer[0], context.world.clock.now(), conn=context.conn
        )

    def log_out(self) -> None:
        """Log the client out, if it is logged in."""
        if self._presence:
            self.dialogue.context.world.presence.leave(self._presence)
            self._presence = ""

    def out_of_sequence(self, verb: str) -> Refused:
        """Return the refusal of a command that the state does not allow."""
        state = self.dialogue.state
        if state == "not authenticated":
            text = f"log in before {verb} (RFC 9051 3.1)"
        elif verb in ("LOGIN", "AUTHENTICATE", "STARTTLS"):
            text = f"{verb} is for connections before login; this one is {self.dialogue.login} (RFC 9051 3)"
            return bad(text, finding="starttls-twice" if verb == "STARTTLS" else "bad-sequence")
        else:
            text = f"select a mailbox before {verb} (RFC 9051 3.3)"
        return bad(text, finding="bad-sequence")
