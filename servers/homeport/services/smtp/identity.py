"""Who the client is: EHLO, HELO and LHLO, STARTTLS, AUTH (RFC 5321 4.1.1.1, RFC 2033, RFC 3207, RFC 4954)."""

from abc import abstractmethod
from functools import lru_cache

from homeport.commands import command
from homeport.effects import Log, StartTls
from homeport.events import Tls, TlsStarted
from homeport.services.smtp.dialogue import AUTH_LINE_LIMIT, Dialogue
from homeport.services.smtp.extensions import ehlo_lines, offered_extensions
from homeport.services.smtp.login import Login, Outcome, mechanisms
from homeport.services.smtp.options import PLAIN
from homeport.services.smtp.paths import address_literal, domain_problem, literal_address
from homeport.services.smtp.replies import Refused, Reply
from homeport.services.smtp.speaking import IN_TRANSACTION, MASKED, without_secret
from homeport.session import Context

WITHOUT_STARTTLS = (PLAIN, "tls")
"""Listeners that do not offer STARTTLS: one has no TLS, the other begins with it."""
HELLO_STATES = ("start", "ready", *IN_TRANSACTION)


@lru_cache(64)
def plain_hello(host: str) -> Reply:
    """The answer to HELO (RFC 5321 4.1.1.1)."""
    return Reply(250, "", host)


class Identity(Dialogue):
    """A dialogue with a client that names itself."""

    __slots__ = (
        "_extended",
        "_greeted_after_tls",
        "_helo",
        "_identity",
        "_login",
        "_mechanism",
        "_offered",
        "_presence",
        "tls",
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.tls: Tls | None = None
        self._greeted_after_tls = True
        self._extended = False  # the client has said EHLO or LHLO
        self._helo = ""
        self._offered: tuple[str, ...] = ()
        self._login: Login | None = None
        self._identity = ""
        self._mechanism = ""
        self._presence = ""

    @abstractmethod
    def reset(self) -> None:
        """Forget the transaction."""

    def may_group(self) -> bool:
        """After EHLO, if PIPELINING was in its answer."""
        return "PIPELINING" in self._offered

    @command("EHLO", argument="required", states=HELLO_STATES, syntax="domain", reference="RFC 5321 4.1.1.1")
    def ehlo(self, argument: str) -> Reply:
        """Begin, and ask for the extensions."""
        self._only("smtp", "EHLO")
        return self._hello(argument, extended=True)

    @command("HELO", argument="required", states=HELLO_STATES, syntax="domain", reference="RFC 5321 4.1.1.1")
    def helo(self, argument: str) -> Reply:
        """Begin without extensions."""
        self._only("smtp", "HELO")
        self.find("helo-used")
        return self._hello(argument, extended=False)

    @command("LHLO", argument="required", states=HELLO_STATES, syntax="domain", reference="RFC 2033 4.1")
    def lhlo(self, argument: str) -> Reply:
        """Begin, in LMTP."""
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
            if literal_address(argument) != literal_address(address_literal(self.context.peer[0])):
                self.find("helo-literal", argument.encode())
        elif argument.lower() == self.options.host_name.lower():
            self.find("helo-is-server", argument.encode())
        elif "." not in argument:
            self.find("helo-not-fqdn", argument.encode())
        self.reset()
        self.state = "ready"
        self._helo = argument
        self._extended = extended
        self._greeted_after_tls = True
        if not extended:
            self._offered = ()
            return plain_hello(self.options.host_name)
        auth = self._offer()
        greeting = f"{self.options.host_name} greets {argument}"
        return Reply(250, "", "\n".join((greeting, *ehlo_lines(self.options, self._offered, auth))))

    def _offer(self) -> list[str]:
        """Settle the extensions that are offered from now on; gives the mechanisms of AUTH."""
        auth = [] if self._identity else mechanisms(self.context.world, self.options, self.context.listener, self.tls)
        may_start = self.tls is None and self.context.listener not in WITHOUT_STARTTLS
        self._offered = offered_extensions(self.options, may_start_tls=may_start, tls=self.tls is not None, auth=auth)
        return auth

    @command("STARTTLS", states=("ready", *IN_TRANSACTION), reference="RFC 3207 4")
    def starttls(self, _argument: str) -> None:
        """Begin TLS."""
        if self.tls is not None:
            raise Refused(503, "5.5.1", "TLS has begun already (RFC 3207 4.2)", "starttls-twice")
        if "STARTTLS" in self.options.without:
            raise Refused(502, "5.5.1", "STARTTLS is not offered here", "unknown-command")
        if self.context.listener == PLAIN:
            text = "STARTTLS is not offered here: the listeners smtp.starttls and smtp.submission have it"
            raise Refused(502, "5.5.1", text, "unknown-command")
        self.reset()
        self.state = "start"
        self._greeted_after_tls = False
        self.mode = "tls"
        self.reply("STARTTLS", "", Reply(220, "2.0.0", "ready to start TLS"))
        if self.mode == "tls":
            self.effect(StartTls())

    def tls_started(self, event: TlsStarted) -> None:
        """What the client said before counts no longer (RFC 3207 4.2)."""
        self.tls = event.tls
        self._extended = False
        self._helo = ""
        self._offered = ()
        self.log_out()

    @command(
        "AUTH",
        argument="required",
        states=("ready", *IN_TRANSACTION),
        syntax="mechanism [initial-response]",
        reference="RFC 4954 4",
    )
    def auth(self, argument: str) -> Reply | None:
        """Say who you are."""
        if "AUTH" in self.options.without:
            raise Refused(502, "5.5.1", "AUTH is not offered here", "unknown-command")
        if self._identity:
            raise Refused(503, "5.5.1", f"you are {self._identity} already (RFC 4954 4)", "auth-twice")
        if self.state in IN_TRANSACTION:
            text = "AUTH comes before MAIL, or after RSET (RFC 4954 4)"
            raise Refused(503, "5.5.1", text, "auth-in-transaction")
        name, _, initial = argument.partition(" ")
        self._login = Login(name, self.context.world, self.options, self.context.listener, self.tls)
        if self.tls is None and self._login.clear and self.context.listener != PLAIN:
            self.find("auth-in-clear", b"AUTH " + name.encode())
        self._take_outcome(self._login.begin(initial), name.upper() + (f" {MASKED}" if initial else ""))
        return None

    def reply_instead(self, verb: str, argument: str, planned: Reply) -> None:
        """Say a planned reply in the place of what a command asks for; the journal has no secret of AUTH."""
        if verb == "AUTH":
            argument = without_secret(f"AUTH {argument}".encode()).decode().removeprefix("AUTH ")
        super().reply_instead(verb, argument, planned)

    def take_response(self, line: bytes) -> None:
        """A response of SASL, or `*`."""
        if len(line) > AUTH_LINE_LIMIT:
            self._login = None
            text = f"the response has more than {AUTH_LINE_LIMIT} octets (RFC 4954 4)"
            self.reply("AUTH", MASKED, Reply(500, "5.5.6", text))
        elif self._login is not None:
            self._take_outcome(self._login.respond(line), MASKED)

    def _take_outcome(self, outcome: Outcome, argument: str) -> None:
        login = self._login
        if login is None:
            return
        for finding in outcome.findings:
            self.find(finding)
        if not outcome.over:
            self.mode = "auth"
        else:
            self._login = None
            fields = {"login": outcome.identity, "mechanism": login.mechanism, "code": outcome.reply.digits}
            if outcome.stranger:
                fields["taken_by"] = "any_login"
            self.effect(Log("login", fields))
            if outcome.identity:
                self._log_in(outcome.identity, login.mechanism)
        self.reply("AUTH", argument, outcome.reply)

    def _log_in(self, identity: str, mechanism: str) -> None:
        self._identity, self._mechanism = identity, mechanism
        world = self.context.world
        self._presence = world.presence.enter(identity, "smtp", self.context.peer[0], world.clock.now())

    def log_out(self) -> None:
        self._identity = self._mechanism = ""
        if self._presence:
            self.context.world.presence.leave(self._presence)
            self._presence = ""
