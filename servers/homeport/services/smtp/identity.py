"""The client's identity: EHLO, HELO and LHLO, STARTTLS, AUTH (RFC 5321 4.1.1.1, RFC 2033, RFC 3207, RFC 4954)."""

import re
from functools import lru_cache

from homeport.protocol.commands import command
from homeport.protocol.effects import Log, StartTls
from homeport.protocol.events import Tls
from homeport.protocol.service import Syntax
from homeport.protocol.waiting import NextLine, Steps
from homeport.services.smtp.dialogue import IN_TRANSACTION, SmtpDialogue
from homeport.services.smtp.extensions import ehlo_lines, offered_extensions
from homeport.services.smtp.lines import AUTH_LINE_LIMIT, MASKED
from homeport.services.smtp.login import Login, mechanisms
from homeport.services.smtp.options import PLAIN
from homeport.services.smtp.paths import DOMAIN_LIMIT, address_literal, domain_problem, literal_address
from homeport.services.smtp.replies import Refused, Reply

WITHOUT_STARTTLS = (PLAIN, "tls")
"""Listeners that do not offer STARTTLS: one has no TLS, the other starts with TLS."""
NUMBERS = re.compile(r"[0-9.]+")
"""An IP address without brackets; no domain is all numbers (RFC 3696 2)."""
HELLO_STATES = ("start", "ready", *IN_TRANSACTION)


@lru_cache(64)
def plain_hello(host: str) -> Reply:
    """Return the reply to HELO (RFC 5321 4.1.1.1)."""
    return Reply(250, "", host)


class Identity:
    """The name, TLS state and login of the client."""

    __slots__ = (
        "_greeted_after_tls",
        "_presence",
        "client_name",
        "dialogue",
        "ehlo_refused",
        "extended",
        "login",
        "mechanism",
        "offered",
        "options",
        "tls",
    )

    def __init__(self, dialogue: SmtpDialogue) -> None:
        self.dialogue = dialogue
        self.options = dialogue.options
        self.tls: Tls | None = None
        self.client_name = ""
        """The argument of EHLO, HELO or LHLO."""
        self.extended = False
        """True after EHLO or LHLO."""
        self.ehlo_refused = False
        """True if EHLO was refused, so that HELO is the right thing to send (RFC 5321 3.2)."""
        self.offered: tuple[str, ...] = ()
        """The extensions in the last reply to EHLO or LHLO."""
        self.login = ""
        """The authenticated login; empty before AUTH."""
        self.mechanism = ""
        self._presence = ""
        self._greeted_after_tls = True

    def may_pipeline(self) -> bool:
        """Return True if the reply to EHLO offered PIPELINING."""
        return "PIPELINING" in self.offered

    @command(
        "EHLO",
        "Start a session and list the extensions.",
        states=HELLO_STATES,
        syntax="domain",
        reference="RFC 5321 4.1.1.1",
    )
    def ehlo(self, argument: str) -> Reply:
        self._only("smtp", "EHLO")
        return self._hello(argument, extended=True)

    @command(
        "HELO",
        "Start a session without extensions.",
        states=HELLO_STATES,
        syntax="domain",
        reference="RFC 5321 4.1.1.1",
    )
    def helo(self, argument: str) -> Reply:
        self._only("smtp", "HELO")
        if not self.ehlo_refused:
            self.dialogue.report("helo-used")
        return self._hello(argument, extended=False)

    @command("LHLO", "Start an LMTP session.", states=HELLO_STATES, syntax="domain", reference="RFC 2033 4.1")
    def lhlo(self, argument: str) -> Reply:
        self._only("lmtp", "LHLO")
        return self._hello(argument, extended=True)

    def _only(self, protocol: str, verb: str) -> None:
        if self.options.protocol != protocol:
            text = f"{self.options.protocol.upper()} has no {verb} (RFC 2033 4.1)"
            raise Refused(500, "5.5.1", text, "unknown-command")

    def _hello(self, argument: str, *, extended: bool) -> Reply:
        self.ehlo_refused = extended
        self._check_name(argument)
        self.ehlo_refused = False
        self.dialogue.reset()
        self.dialogue.state = "ready"
        self.client_name = argument
        self.extended = extended
        self._greeted_after_tls = True
        if not extended:
            self.offered = ()
            return plain_hello(self.options.host_name)
        auth = self._offer()
        greeting = f"{self.options.host_name} greets {argument}"
        return Reply(250, "", "\n".join((greeting, *ehlo_lines(self.options, self.offered, auth))))

    def _check_name(self, argument: str) -> None:
        """Report or refuse the argument of EHLO if it is not what it should be. Raises: Refused."""
        problem = "it contains a space" if " " in argument else domain_problem(argument)
        if problem or not argument.isascii():
            text = f"the argument is a domain or an address literal: {problem or 'in ASCII'} (RFC 5321 4.1.1.1)"
            self._blame("bad-helo", argument, text, accepted="lenient")
        elif argument.startswith("["):
            if literal_address(argument) != literal_address(address_literal(self.dialogue.context.peer[0])):
                self.dialogue.report("helo-literal", argument.encode())
        elif NUMBERS.fullmatch(argument):
            text = "an address goes in brackets, such as [192.0.2.1] (RFC 5321 4.1.3)"
            self._blame("bad-helo", argument, text)
        elif argument.lower() == self.options.host_name.lower():
            self.dialogue.report("helo-is-server", argument.encode())
        elif "." not in argument:
            text = "the name is not fully qualified, such as client.example (RFC 5321 2.3.5)"
            self._blame("helo-not-fqdn", argument, text)
        if len(argument) > DOMAIN_LIMIT:
            text = f"the name has more than {DOMAIN_LIMIT} bytes (RFC 5321 4.5.3.1.2)"
            self._blame("helo-too-long", argument, text)

    def _blame(self, finding: str, argument: str, text: str, accepted: Syntax = "rfc") -> None:
        """Report the argument of EHLO. Raises: Refused if `syntax` is stricter than `accepted`."""
        if self.dialogue.syntax not in ("lenient", accepted):
            raise Refused(501, "5.5.4", text, finding)
        self.dialogue.report(finding, argument.encode())

    def _offer(self) -> list[str]:
        """Decide which extensions are offered from now on; return the AUTH mechanisms."""
        auth = self._mechanisms()
        self.offered = self.extensions(auth)
        return auth

    def _mechanisms(self) -> list[str]:
        context = self.dialogue.context
        return [] if self.login else mechanisms(context.world, self.options, context.listener, self.tls)

    def extensions(self, auth: list[str] | None = None) -> tuple[str, ...]:
        """Return the extensions that EHLO offers now. auth: the AUTH mechanisms, if they are known."""
        may_start = self.tls is None and self.dialogue.context.listener not in WITHOUT_STARTTLS
        auth = self._mechanisms() if auth is None else auth
        return offered_extensions(self.options, may_start_tls=may_start, tls=self.tls is not None, auth=auth)

    @command("STARTTLS", "Start TLS.", states=("ready", *IN_TRANSACTION), reference="RFC 3207 4")
    def starttls(self, _argument: str) -> Steps:
        dialogue = self.dialogue
        if self.tls is not None:
            raise Refused(503, "5.5.1", "TLS is already on (RFC 3207 4.2)", "starttls-twice")
        if "STARTTLS" in self.options.without:
            raise Refused(502, "5.5.1", "STARTTLS is not offered here", "unknown-command")
        if dialogue.context.listener == PLAIN:
            text = "STARTTLS is not offered here: the listeners smtp.starttls and smtp.submission have it"
            raise Refused(502, "5.5.1", text, "unknown-command")
        self.require_ehlo("STARTTLS")
        dialogue.reset()
        dialogue.state = "tls"
        self._greeted_after_tls = False
        dialogue.reply("STARTTLS", "", Reply(220, "2.0.0", "ready to start TLS"))
        yield StartTls()

    def tls_started(self, tls: Tls) -> None:
        """Discard everything the client said before TLS (RFC 3207 4.2)."""
        self.tls = tls
        self.extended = False
        self.client_name = ""
        self.offered = ()
        self.dialogue.state = "start"
        self.log_out()

    @command(
        "AUTH",
        "Authenticate.",
        states=("ready", *IN_TRANSACTION),
        syntax="mechanism [initial-response]",
        reference="RFC 4954 4",
    )
    def auth(self, argument: str) -> Steps:
        dialogue = self.dialogue
        if "AUTH" in self.options.without:
            raise Refused(502, "5.5.1", "AUTH is not offered here", "unknown-command")
        if self.login:
            raise Refused(503, "5.5.1", f"already authenticated as {self.login} (RFC 4954 4)", "auth-twice")
        if dialogue.state in IN_TRANSACTION:
            text = "AUTH is not allowed in a transaction: send it before MAIL, or after RSET (RFC 4954 4)"
            raise Refused(503, "5.5.1", text, "auth-in-transaction")
        self.require_ehlo("AUTH")
        name, _, initial = argument.partition(" ")
        context = dialogue.context
        login = Login(name, context.world, self.options, context.listener, self.tls)
        if self.tls is None and login.clear and context.listener != PLAIN:
            dialogue.report("auth-in-clear", b"AUTH " + name.encode())
        shown = name.upper() + (f" {MASKED}" if initial else "")
        outcome = login.begin(initial)
        dialogue.state = "auth"
        while not outcome.over:
            self._report_all(outcome.findings)
            dialogue.reply("AUTH", shown, outcome.reply)
            response = NextLine(AUTH_LINE_LIMIT, secret=True)
            line = yield response
            if response.rest:
                dialogue.report("pipelining-sync")  # RFC 4954 4: AUTH is the last command of its group
            shown = MASKED
            if len(line) > AUTH_LINE_LIMIT:
                dialogue.state = "ready"
                text = f"the response has more than {AUTH_LINE_LIMIT} bytes (RFC 4954 4)"
                dialogue.reply("AUTH", shown, Reply(500, "5.5.6", text))
                return
            outcome = login.respond(line)
        dialogue.state = "ready"
        self._report_all(outcome.findings)
        fields = {"login": outcome.identity, "mechanism": login.mechanism, "code": outcome.reply.digits}
        if outcome.any_login:
            fields["taken_by"] = "any_login"
        dialogue.effect(Log("login", fields))
        if outcome.identity:
            self._log_in(outcome.identity, login.mechanism)
        dialogue.reply("AUTH", shown, outcome.reply)

    def _report_all(self, findings: tuple[str, ...]) -> None:
        for finding in findings:
            self.dialogue.report(finding)

    def _log_in(self, login: str, mechanism: str) -> None:
        self.login, self.mechanism = login, mechanism
        world = self.dialogue.context.world
        self._presence = world.presence.enter(
            login, "smtp", self.dialogue.context.peer[0], world.clock.now(), conn=self.dialogue.context.conn
        )

    def log_out(self) -> None:
        """Log the client out, if it is logged in."""
        self.login = self.mechanism = ""
        if self._presence:
            self.dialogue.context.world.presence.leave(self._presence)
            self._presence = ""

    def touch(self) -> None:
        """Reset the idle time of a logged-in client."""
        if self._presence:
            world = self.dialogue.context.world
            world.presence.touch(self._presence, world.clock.now())

    # Commands out of sequence.

    def begin_without_hello(self) -> None:
        """Begin a session without EHLO, as deployed servers do for MAIL."""
        self.dialogue.report("no-ehlo" if self._greeted_after_tls else "no-ehlo-after-starttls", b"MAIL")
        self.dialogue.state = "ready"

    def require_ehlo(self, verb: str) -> None:
        """Report a command of an extension after HELO, which offers none. Raises: Refused if strict."""
        if self.client_name and not self.extended:
            if self.dialogue.syntax == "strict":
                text = f"{verb} needs EHLO instead of HELO (RFC 5321 4.1.1.1)"
                raise Refused(503, "5.5.1", text, "parameter-after-helo")
            self.dialogue.report("parameter-after-helo", verb.encode())

    def out_of_sequence(self, verb: str) -> Refused:
        """Return the refusal of a command that came too early or too late."""
        state = self.dialogue.state
        if state == "refused":
            text = "no service here: the greeting refused the connection (RFC 5321 3.1)"
            return Refused(503, "5.5.1", text, "bad-sequence")
        if state == "start":
            hello = "LHLO" if self.options.protocol == "lmtp" else "EHLO"
            if not self._greeted_after_tls:
                text = f"send {hello} again after STARTTLS (RFC 3207 4.2)"
                return Refused(503, "5.5.1", text, "no-ehlo-after-starttls")
            return Refused(503, "5.5.1", f"send {hello} first (RFC 5321 4.1.1.1)", "no-ehlo")
        text = f"bad sequence of commands: send {BEFORE.get(verb, 'another command')} before {verb} (RFC 5321 4.1.4)"
        return Refused(503, "5.5.1", text, "" if self._in_failed_group(verb) else "bad-sequence")

    def _in_failed_group(self, verb: str) -> bool:
        """Return True if the client may have sent this before it could know that the message failed (RFC 2920 3.1)."""
        return verb in MESSAGE_VERBS and self.dialogue.refused in MESSAGE_VERBS and self.may_pipeline()


MESSAGE_VERBS = ("MAIL", "RCPT", "DATA", "BDAT")
BEFORE = {
    "MAIL": "RSET or the end of the current message",
    "RCPT": "MAIL",
    "DATA": "MAIL and RCPT",
    "BDAT": "MAIL and RCPT",
}
"""The commands that must come before a command."""
