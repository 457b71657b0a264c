"""Who the client is: USER, PASS, ACCT, REIN, QUIT (RFC 959 4.1.1), HOST (RFC 7151), as RFC 1635 and 2577 have it."""

import re
from hmac import compare_digest

from homeport.protocol.commands import command
from homeport.protocol.effects import CloseData, Log, SetTimer
from homeport.services.ftp.dialogue import Dialogue
from homeport.services.ftp.permissions import ANONYMOUS, Account, Permissions
from homeport.services.ftp.replies import Refused, Reply
from homeport.services.ftp.speaking import LOGIN, Steps
from homeport.services.ftp.state import Security, State
from homeport.world.files import FileProblem

HOST_NAME = re.compile(r"[a-z\d]([a-z\d-]*[a-z\d])?(\.[a-z\d]([a-z\d-]*[a-z\d])?)*|\[[\da-f:.]+\]", re.ASCII)
"""A domain, an IPv4 address, or an IPv6 address in brackets; no port (RFC 7151 3.1)."""


class Access(Dialogue):
    """Logging in and out."""

    __slots__ = ()

    @command("USER", "Say who logs in.", syntax="name", reference="RFC 959 4.1.1")
    def user(self, argument: str) -> Reply:
        if self.options.tls_required and self.tls is None:
            raise Refused(530, "this server wants TLS: send AUTH TLS before USER (RFC 4217 4.2)")
        self.log_out()
        self.state.login.name = argument
        if self.options.anonymous and argument.lower() in ANONYMOUS:
            return Reply(331, "guest login okay, send your complete e-mail address as password (RFC 1635)")
        return Reply(331, "user name okay, need password")  # for everybody: RFC 2577 7

    @command("PASS", "Give the password.", argument="optional", syntax="password", reference="RFC 959 4.1.1")
    def password(self, argument: str) -> Steps:
        login = self.state.login
        if not login.name:
            raise Refused(503, "PASS comes after USER (RFC 959 5.4)", "pass-before-user")
        if login.account is not None:
            raise Refused(503, "you are logged in already; USER begins anew (RFC 959 5.4)", "bad-sequence")
        account = self._account(login.name, argument)
        if account is None:
            yield from self._reject(login.name)
            raise Refused(530, "the name or the password is wrong")
        self._check_sessions(account)
        try:
            home = yield lambda: self.context.world.files.entry(account.home)
        except FileProblem:
            home = None
        return self._enter(account, at_home=home is not None and home.kind == "directory")

    def _account(self, name: str, password: str) -> Account | None:
        """Whose name and password these are; None for nobody's."""
        if self.options.anonymous and name.lower() in ANONYMOUS:
            if "@" not in password:
                self.find("anonymous-password")
            return Account("anonymous")
        if self.tls is None:
            self.find("clear-password", b"PASS")
        person = self.context.world.people.get(name)
        given = password.encode("utf-8", "surrogateescape")
        if person is None or not person.password or not compare_digest(person.password.encode(), given):
            return None
        return Account.of(person)

    def _reject(self, name: str) -> Steps:
        """Make the client wait, and count (RFC 2577 5)."""
        login = self.state.login
        login.failures += 1
        login.name = ""
        self.effect(Log("login", {"login": name, "mechanism": "PASS", "code": "530"}))
        if self.options.login_delay:
            yield SetTimer("login", self.options.login_delay)
        if login.failures >= self.options.login_failures:
            raise Refused(421, f"{login.failures} wrong passwords; connect again (RFC 2577 5)", closes=True)
        return None

    def _check_sessions(self, account: Account) -> None:
        most = self.options.sessions_per_user
        if most and sum(one.terminal == "ftp" for one in self.context.world.presence.of(account.login)) >= most:
            self.state.login.name = ""
            raise Refused(530, f"{account.login} has {most} sessions already; end one, or try later")

    def _enter(self, account: Account, *, at_home: bool) -> Reply:
        world, login = self.context.world, self.state.login
        login.account = account
        login.failures = 0
        login.presence = world.presence.enter(account.login, "ftp", self.context.peer[0], world.clock.now())
        self.rights = Permissions(account, world.people, self.options.upload)
        self.state.directory = account.home if at_home else ()
        self.effect(Log("login", {"login": account.login, "mechanism": "PASS", "code": "230"}))
        return Reply(230, f"{account.login} is logged in")

    def begin_anew(self) -> None:
        """Forget everything but the wrong passwords."""
        self.effect(CloseData())
        failures = self.state.login.failures
        self.log_out()
        self.state = State()
        self.state.login.failures = failures
        self.security = Security()

    def log_out(self) -> None:
        """Whoever is logged in is so no longer; wrong passwords still count."""
        login = self.state.login
        if login.presence:
            self.context.world.presence.leave(login.presence)
        self.state.login = type(login)(failures=login.failures)
        self.rights = None

    @command(
        "ACCT", "Name an account, which nothing here needs.", syntax="account", needs=LOGIN, reference="RFC 959 4.1.1"
    )
    def acct(self, _argument: str) -> Reply:
        return Reply(202, "no account is needed here")

    @command("REIN", "Begin anew: nobody is logged in, everything is as it was at first.", reference="RFC 959 4.1.1")
    def rein(self, _argument: str) -> Reply | None:
        self.begin_anew()
        self.answer_now(Reply(220, f"{self.options.host_name} is ready for a new user"))
        if self.tls is not None:
            self.end_tls()  # RFC 4217 13: behind the reply, which is under TLS
            if self.context.listener == "tls":  # where it begins again, by a handshake ([MS-FTPS] 3.1.5.3)
                self.start_tls()
                self.security = Security(sized=True, protected=True)
        return None

    @command("QUIT", "End the connection, when what is under way is done.", reference="RFC 959 4.1.1")
    def quit(self, _argument: str) -> Reply:
        self.quit_now()
        self.effect(CloseData())
        return Reply(221, "goodbye", closes=True)

    @command("HOST", "Name the server that is wanted, before USER.", syntax="name", reference="RFC 7151 3")
    def host(self, argument: str) -> Reply:
        login = self.state.login
        if login.name or login.account is not None:
            raise Refused(503, "HOST comes before USER (RFC 7151 3.2.2)", "bad-sequence")
        wanted = argument.strip().lower().removesuffix(".")
        if not HOST_NAME.fullmatch(wanted):
            raise Refused(501, "write HOST name (RFC 7151 3.1)", "syntax")
        local = self.context.local[0]
        known = {self.options.host_name.lower(), "localhost", local, f"[{local}]"}
        if wanted not in known:
            raise Refused(504, f"there is no host of that name here; try {self.options.host_name} (RFC 7151 3.3)")
        return Reply(220, f"host accepted: {self.options.host_name}")
