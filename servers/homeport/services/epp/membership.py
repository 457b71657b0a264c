"""Who is logged in: login and logout, what a session may use, and what its commands show of the client's habits."""

from collections import Counter
from typing import Any

from homeport.protocol.effects import Log
from homeport.protocol.events import Tls
from homeport.protocol.session import Context
from homeport.services.epp import login
from homeport.services.epp.flow import EppError, Outcome
from homeport.services.epp.grammar import Command, epp
from homeport.services.epp.naming import Called, namespace_of, password_of
from homeport.services.epp.speaking import Speaker
from homeport.services.epp.usage_checks import Habits
from homeport.world.world import World


class Member(Speaker):
    """A session that somebody can log in to."""

    __slots__ = ("_failures", "_presence", "_services", "_told", "habits", "registrar", "tls")

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.tls: Tls | None = None
        self.registrar = ""
        """The identifier of who is logged in; empty for nobody."""
        self.habits = Habits()
        self._services: frozenset[str] = frozenset()
        self._presence = ""
        self._failures = 0
        self._told: frozenset[str] = frozenset()

    @property
    def services(self) -> frozenset[str]:
        """The namespaces that the login has listed."""
        return self._services

    def log_in(self, wanted: epp.Login) -> Outcome:
        """Begin a session (RFC 5730 2.9.1.1). Raises: EppError."""
        if self.registrar:
            raise EppError(
                2002, f"RFC 5730 2.9.1.1: {self.registrar} is logged in; log out first", finding="second-login"
            )
        if self.tls is None:
            self.find("clear-password")
            if self.options.strict:
                raise EppError(2200, "RFC 5734 8: a password is not taken without TLS; connect to the other port")
        login.check_terms(wanted)
        world = self.context.world
        try:
            registrar = login.authenticate(world, wanted, self.tls)
        except EppError as error:
            self._failures += 1
            if self._failures >= self.options.login_failures:
                error.code = 2501
            self._log_login(wanted.cl_id, error.code)
            raise
        login.check_sessions(world, registrar, self.options)
        if wanted.new_pw is not None:
            if wanted.new_pw == wanted.pw:
                self.find("password-unchanged", registrar.id)
            self.wait_for(login.change_password(world, registrar, wanted.new_pw))
        if short_sessions(world)[registrar.id] >= login.SHORT_SESSIONS:
            self.find_once("login-per-command", registrar.id)
        self.registrar = registrar.id
        self.language = wanted.options.lang
        self._services = login.services_of(wanted)
        self._presence = world.presence.enter(registrar.id, login.TERMINAL, self.context.peer[0], world.clock.now())
        self._log_login(registrar.id, 1000)
        return Outcome()

    def _log_login(self, who: str, code: int) -> None:
        self.write_down(Log("login", {"login": who, "mechanism": "EPP", "code": str(code)}))

    def leave(self) -> None:
        """Whoever is logged in is so no longer."""
        if not self.registrar:
            return
        world = self.context.world
        world.presence.leave(self._presence)
        if self.habits.commands <= 1:
            short_sessions(world)[self.registrar] += 1
        else:
            del short_sessions(world)[self.registrar]
        self.registrar = self._presence = ""

    def touch(self) -> None:
        """Something has come: whoever is logged in is idle no more."""
        if self._presence:
            self.context.world.presence.touch(self._presence, self.context.world.clock.now())

    def check_services(self, command: Command, about: Any) -> None:
        """Whether the login has listed what a command uses. Raises: EppError."""
        namespace = namespace_of(about)
        if namespace not in self._services and namespace != epp.NAMESPACE:
            raise EppError(
                2307,
                f"RFC 5730 2.9.1.1: list {namespace} as an objURI at login to use it",
                value=about,
                finding="object-not-in-login",
            )
        for extension in command.extension:
            namespace = namespace_of(extension)
            if namespace not in self._services:
                raise EppError(
                    2103,
                    f"RFC 5730 2.9.1.1: list {namespace} as an extURI at login to use it",
                    value=extension,
                    finding="extension-not-in-login",
                )

    # Findings.

    def find_once(self, finding: str, shown: str = "") -> None:
        """Raise a finding that is told once for a connection."""
        if finding not in self._told:
            self._told |= {finding}
            self.find(finding, shown)

    def note_transaction(self, cl_trid: str | None) -> None:
        """A command has that identifier. Raises: EppError where that is refused."""
        finding = self.habits.transaction(cl_trid)
        if finding == "cltrid-reused" and self.options.strict:
            raise EppError(2306, "RFC 5730 2.5: a clTRID is unique; this session has used it already", finding=finding)
        if finding:
            self.find_once(finding, cl_trid or "")

    def note_command(self, named: Called, operation: Any) -> None:
        """A command is about to be carried out. Raises: EppError where what it shows is refused."""
        if named.verb.startswith("domain:") and any(name.endswith(".") for name in named.names):
            self.find_once("trailing-dot", named.shown)
        if finding := self.habits.command(named):
            self.find_once(finding, named.shown)
        if type(operation) not in GIVING:
            return
        if (password := password_of(operation)) is not None:
            finding = self.habits.password(password, named, self.registrar)
            if finding == "weak-authinfo" and self.options.strict:
                raise EppError(2306, "RFC 9154 4.1: this password is easily guessed", finding=finding)
            if finding:
                self.find_once(finding, named.shown)

    def note_poll(self, poll: epp.Poll, outcome: Outcome) -> None:
        """The queue was asked or acknowledged."""
        if poll.op == "ack":
            self.habits.acknowledged()
            return
        message: Any = outcome.queue
        given = message.id if message is not None and outcome.code == 1301 else ""
        if finding := self.habits.polled(given, self.context.world.journal.real()):
            self.find_once(finding, given)


GIVING = (epp.Create, epp.Update)
"""Commands that give objects their authorization information."""


def short_sessions(world: World) -> Counter[str]:
    """Return the number of sessions in a row in which each registrar has sent one command or none."""
    return world.of_service("epp", Counter[str])
