"""Who the client is: EHLO, HELO and LHLO, STARTTLS, AUTH (RFC 5321 4.1.1.1, RFC 2033, RFC 3207, RFC 4954)."""

from functools import lru_cache

from homeport.protocol.commands import command
from homeport.protocol.effects import Log, StartTls
from homeport.protocol.events import Tls
from homeport.protocol.waiting import NextLine, Steps
from homeport.services.smtp.dialogue import IN_TRANSACTION, SmtpDialogue
from homeport.services.smtp.extensions import ehlo_lines, offered_extensions
from homeport.services.smtp.lines import AUTH_LINE_LIMIT, MASKED
from homeport.services.smtp.login import Login, mechanisms
from homeport.services.smtp.options import PLAIN
from homeport.services.smtp.paths import address_literal, domain_problem, literal_address
from homeport.services.smtp.replies import Refused, Reply

WITHOUT_STARTTLS = (PLAIN, "tls")
"""Listeners that do not offer STARTTLS: one has no TLS, the other begins with it."""
HELLO_STATES = ("start", "ready", *IN_TRANSACTION)


@lru_cache(64)
def plain_hello(host: str) -> Reply:
    """The answer to HELO (RFC 5321 4.1.1.1)."""
    return Reply(250, "", host)


class Identity:
    """Who the client says it is, and who it has proved to be."""

    __slots__ = (
        "_greeted_after_tls",
        "_presence",
        "client_name",
        "dialogue",
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
        """What it said behind EHLO, HELO or LHLO."""
        self.extended = False
        """Whether it has said EHLO or LHLO."""
        self.offered: tuple[str, ...] = ()
        """The extensions that the answer to that has named."""
        self.login = ""
        """Who is logged in; empty for nobody."""
        self.mechanism = ""
        self._presence = ""
        self._greeted_after_tls = True

    def may_group(self) -> bool:
        """After EHLO, if PIPELINING was in its answer."""
        return "PIPELINING" in self.offered

    @command(
        "EHLO", "Begin, and ask for the extensions.", states=HELLO_STATES, syntax="domain", reference="RFC 5321 4.1.1.1"
    )
    def ehlo(self, argument: str) -> Reply:
        self._only("smtp", "EHLO")
        return self._hello(argument, extended=True)

    @command("HELO", "Begin without extensions.", states=HELLO_STATES, syntax="domain", reference="RFC 5321 4.1.1.1")
    def helo(self, argument: str) -> Reply:
        self._only("smtp", "HELO")
        self.dialogue.find("helo-used")
        return self._hello(argument, extended=False)

    @command("LHLO", "Begin, in LMTP.", states=HELLO_STATES, syntax="domain", reference="RFC 2033 4.1")
    def lhlo(self, argument: str) -> Reply:
        self._only("lmtp", "LHLO")
        return self._hello(argument, extended=True)

    def _only(self, protocol: str, verb: str) -> None:
        if self.options.protocol != protocol:
            text = f"this is {self.options.protocol.upper()}, which has no {verb} (RFC 2033 4.1)"
            raise Refused(500, "5.5.1", text, "unknown-command")

    def _hello(self, argument: str, *, extended: bool) -> Reply:
        problem = "a blank stands in it" if " " in argument else domain_problem(argument)
        if problem or not argument.isascii():
            text = f"name yourself by a domain or an address literal: {problem or 'in ASCII'} (RFC 5321 4.1.1.1)"
            raise Refused(501, "5.5.4", text, "bad-helo")
        if argument.startswith("["):
            if literal_address(argument) != literal_address(address_literal(self.dialogue.context.peer[0])):
                self.dialogue.find("helo-literal", argument.encode())
        elif argument.lower() == self.options.host_name.lower():
            self.dialogue.find("helo-is-server", argument.encode())
        elif "." not in argument:
            self.dialogue.find("helo-not-fqdn", argument.encode())
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

    def _offer(self) -> list[str]:
        """Settle the extensions that are offered from now on; gives the mechanisms of AUTH."""
        context = self.dialogue.context
        auth = [] if self.login else mechanisms(context.world, self.options, context.listener, self.tls)
        may_start = self.tls is None and context.listener not in WITHOUT_STARTTLS
        self.offered = offered_extensions(self.options, may_start_tls=may_start, tls=self.tls is not None, auth=auth)
        return auth

    @command("STARTTLS", "Begin TLS.", states=("ready", *IN_TRANSACTION), reference="RFC 3207 4")
    def starttls(self, _argument: str) -> Steps:
        dialogue = self.dialogue
        if self.tls is not None:
            raise Refused(503, "5.5.1", "TLS has begun already (RFC 3207 4.2)", "starttls-twice")
        if "STARTTLS" in self.options.without:
            raise Refused(502, "5.5.1", "STARTTLS is not offered here", "unknown-command")
        if dialogue.context.listener == PLAIN:
            text = "STARTTLS is not offered here: the listeners smtp.starttls and smtp.submission have it"
            raise Refused(502, "5.5.1", text, "unknown-command")
        dialogue.reset()
        dialogue.state = "tls"
        self._greeted_after_tls = False
        dialogue.reply("STARTTLS", "", Reply(220, "2.0.0", "ready to start TLS"))
        yield StartTls()

    def tls_started(self, tls: Tls) -> None:
        """What the client said before counts no longer (RFC 3207 4.2)."""
        self.tls = tls
        self.extended = False
        self.client_name = ""
        self.offered = ()
        self.dialogue.state = "start"
        self.log_out()

    @command(
        "AUTH",
        "Say who you are.",
        states=("ready", *IN_TRANSACTION),
        syntax="mechanism [initial-response]",
        reference="RFC 4954 4",
    )
    def auth(self, argument: str) -> Steps:
        dialogue = self.dialogue
        if "AUTH" in self.options.without:
            raise Refused(502, "5.5.1", "AUTH is not offered here", "unknown-command")
        if self.login:
            raise Refused(503, "5.5.1", f"you are {self.login} already (RFC 4954 4)", "auth-twice")
        if dialogue.state in IN_TRANSACTION:
            text = "AUTH comes before MAIL, or after RSET (RFC 4954 4)"
            raise Refused(503, "5.5.1", text, "auth-in-transaction")
        name, _, initial = argument.partition(" ")
        context = dialogue.context
        login = Login(name, context.world, self.options, context.listener, self.tls)
        if self.tls is None and login.clear and context.listener != PLAIN:
            dialogue.find("auth-in-clear", b"AUTH " + name.encode())
        shown = name.upper() + (f" {MASKED}" if initial else "")
        outcome = login.begin(initial)
        dialogue.state = "auth"
        while not outcome.over:
            self._find_all(outcome.findings)
            dialogue.reply("AUTH", shown, outcome.reply)
            line = yield NextLine(AUTH_LINE_LIMIT, secret=True)
            shown = MASKED
            if len(line) > AUTH_LINE_LIMIT:
                dialogue.state = "ready"
                text = f"the response has more than {AUTH_LINE_LIMIT} octets (RFC 4954 4)"
                dialogue.reply("AUTH", shown, Reply(500, "5.5.6", text))
                return
            outcome = login.respond(line)
        dialogue.state = "ready"
        self._find_all(outcome.findings)
        fields = {"login": outcome.identity, "mechanism": login.mechanism, "code": outcome.reply.digits}
        if outcome.stranger:
            fields["taken_by"] = "any_login"
        dialogue.effect(Log("login", fields))
        if outcome.identity:
            self._log_in(outcome.identity, login.mechanism)
        dialogue.reply("AUTH", shown, outcome.reply)

    def _find_all(self, findings: tuple[str, ...]) -> None:
        for finding in findings:
            self.dialogue.find(finding)

    def _log_in(self, login: str, mechanism: str) -> None:
        self.login, self.mechanism = login, mechanism
        world = self.dialogue.context.world
        self._presence = world.presence.enter(login, "smtp", self.dialogue.context.peer[0], world.clock.now())

    def log_out(self) -> None:
        """Nobody is logged in any more."""
        self.login = self.mechanism = ""
        if self._presence:
            self.dialogue.context.world.presence.leave(self._presence)
            self._presence = ""

    def touch(self) -> None:
        """Whoever is logged in is not idle."""
        if self._presence:
            world = self.dialogue.context.world
            world.presence.touch(self._presence, world.clock.now())

    # What is out of its order.

    def out_of_sequence(self, verb: str) -> Refused:
        """Return what is said to a command that comes too early or too late."""
        state = self.dialogue.state
        if state == "refused":
            text = "there is no service here: the greeting refused it (RFC 5321 3.1)"
            return Refused(503, "5.5.1", text, "bad-sequence")
        if state == "start":
            hello = "LHLO" if self.options.protocol == "lmtp" else "EHLO"
            if not self._greeted_after_tls:
                text = f"say {hello} again: TLS has made everything new (RFC 3207 4.2)"
                return Refused(503, "5.5.1", text, "no-ehlo-after-starttls")
            return Refused(503, "5.5.1", f"say {hello} first (RFC 5321 4.1.1.1)", "no-ehlo")
        text = f"bad sequence of commands: before {verb} comes {BEFORE.get(verb, 'another one')} (RFC 5321 4.1.4)"
        return Refused(503, "5.5.1", text, "" if self._in_failed_group(verb) else "bad-sequence")

    def _in_failed_group(self, verb: str) -> bool:
        """Whether the client may have sent this before it could know that the message had failed (RFC 2920 3.1)."""
        return verb in MESSAGE_VERBS and self.dialogue.refused in MESSAGE_VERBS and self.may_group()


MESSAGE_VERBS = ("MAIL", "RCPT", "DATA", "BDAT")
BEFORE = {
    "MAIL": "RSET or the end of the message, because one is begun",
    "RCPT": "MAIL",
    "DATA": "MAIL and RCPT",
    "BDAT": "MAIL and RCPT",
}
"""What must come before a command."""
