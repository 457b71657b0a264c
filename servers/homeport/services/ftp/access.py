"""Login and logout: USER, PASS, ACCT, REIN (RFC 959 4.1.1), HOST (RFC 7151); see also RFC 1635 and 2577."""

import re

import msgspec

from homeport.protocol.commands import command
from homeport.protocol.effects import CloseData, Log, SetTimer, StartTls
from homeport.protocol.waiting import Steps
from homeport.services.ftp.dialogue import LOGIN, FtpDialogue, after_login
from homeport.services.ftp.permissions import ANONYMOUS, Account, Permissions, folder_of
from homeport.services.ftp.replies import Refused, Reply
from homeport.services.ftp.state import Login, Memory, Security
from homeport.world.files import Entry, FileProblem
from homeport.world.homes import Homes, homes_of
from homeport.world.passwords import opens

HOST_NAME = re.compile(r"[a-z\d]([a-z\d-]*[a-z\d])?(\.[a-z\d]([a-z\d-]*[a-z\d])?)*|\[[\da-f:.]+\]", re.ASCII)
"""A domain, an IPv4 address, or an IPv6 address in brackets; no port (RFC 7151 3.1)."""


class Access(msgspec.Struct, eq=False):
    """Logging in and out."""

    dialogue: FtpDialogue

    @command("USER", "Name the user who logs in.", syntax="name", reference="RFC 959 4.1.1")
    def user(self, argument: str) -> Reply:
        self.log_out()
        if self.dialogue.options.tls_required and self.dialogue.tls is None:
            raise Refused(530, "this server requires TLS: send AUTH TLS before USER (RFC 4217 4.2)")
        self.dialogue.memory.login.name = argument
        self.dialogue.state = "named"
        if self.dialogue.options.anonymous and argument.lower() in ANONYMOUS:
            return Reply(331, "guest login okay, send your complete e-mail address as password (RFC 1635)")
        return Reply(331, "user name okay, need password")  # also for unknown users: RFC 2577 7

    @command("PASS", "Give the password.", argument="optional", syntax="password", reference="RFC 959 4.1.1")
    def password(self, argument: str) -> Steps:
        login = self.dialogue.memory.login
        if not login.name:
            raise Refused(503, "PASS comes after USER (RFC 959 5.4)", "pass-before-user")
        if login.account is not None:
            raise Refused(503, "already logged in; send USER to log in again (RFC 959 5.4)", "bad-sequence")
        account = self._account(login.name, argument)
        if account is None:
            yield from self._reject(login.name)
            raise Refused(530, "wrong user name or password")
        self._check_sessions(account)
        return (yield from self.enter(account))

    def enter(self, account: Account) -> Steps:
        """Log in to an account."""
        world = self.dialogue.context.world
        homes = homes_of(world)
        upload = folder_of(self.dialogue.options.upload)

        def look() -> Entry:
            homes.follow_links([upload] if upload else [])
            return world.files.entry(account.home)

        try:
            home = yield look
        except FileProblem:
            home = None
        return self._enter(account, homes, at_home=home is not None and home.kind == "directory")

    def account_named(self, name: str) -> Account | None:
        """Return the account of that name; None if there is none."""
        if self.dialogue.options.anonymous and name.lower() in ANONYMOUS:
            return Account("anonymous")
        person = self.dialogue.context.world.people.get(name)
        return None if person is None else Account.of(person)

    def _account(self, name: str, password: str) -> Account | None:
        """Return the account for a name and password; None if either is wrong."""
        if self.dialogue.options.anonymous and name.lower() in ANONYMOUS:
            if "@" not in password:
                self.dialogue.report("anonymous-password")
            return Account("anonymous")
        if self.dialogue.tls is None:
            self.dialogue.report("clear-password", b"PASS")
        person = self.dialogue.context.world.people.get(name)
        given = password.encode("utf-8", "surrogateescape")
        if person is None or not opens(person.password, given):
            return None
        return Account.of(person)

    def _reject(self, name: str) -> Steps:
        """Count a wrong password, and delay its reply (RFC 2577 5)."""
        login = self.dialogue.memory.login
        login.failures += 1
        login.name = ""
        self.dialogue.state = "start"
        self.dialogue.effect(Log("login", {"login": name, "mechanism": "PASS", "code": "530"}))
        if self.dialogue.options.login_delay:
            yield SetTimer("login", self.dialogue.options.login_delay)
        if login.failures >= self.dialogue.options.login_failures:
            raise Refused(421, f"wrong password, attempt {login.failures}; connect again (RFC 2577 5)", closes=True)
        return None

    def _check_sessions(self, account: Account) -> None:
        most, presence = self.dialogue.options.sessions_per_user, self.dialogue.context.world.presence
        if most and sum(one.terminal == "ftp" for one in presence.of(account.login)) >= most:
            self.dialogue.memory.login.name = ""
            self.dialogue.state = "start"
            raise Refused(530, f"{account.login} has {most} sessions already; close one, or try later")

    def _enter(self, account: Account, homes: Homes, *, at_home: bool) -> Reply:
        dialogue, world = self.dialogue, self.dialogue.context.world
        login = dialogue.memory.login
        login.account = account
        login.failures = 0
        login.presence = world.presence.enter(
            account.login, "ftp", dialogue.context.peer[0], world.clock.now(), conn=dialogue.context.conn
        )
        login.rights = Permissions(account, homes, dialogue.options.upload)
        dialogue.memory.directory = account.home if at_home else ()
        dialogue.state = "ready"
        dialogue.wary = dialogue.login_open = False
        dialogue.has |= LOGIN
        dialogue.effect(Log("login", {"login": account.login, "mechanism": "PASS", "code": "230"}))
        return Reply(230, f"{account.login} is logged in")

    def reset_session(self) -> None:
        """Reset the session, except for the count of wrong passwords."""
        self.dialogue.effect(CloseData())
        self.log_out()
        self.dialogue.wary = False
        self.dialogue.memory = Memory(self.dialogue.memory.login)

    def log_out(self) -> None:
        """Log the user out; the count of wrong passwords is kept."""
        dialogue, login = self.dialogue, self.dialogue.memory.login
        if login.presence:
            dialogue.context.world.presence.leave(login.presence)
        dialogue.memory.login = Login(failures=login.failures)
        dialogue.state = "start"
        dialogue.has -= LOGIN

    def begin_tls(self) -> Steps:
        """Begin TLS; the driver discards input that precedes the handshake (RFC 4217 4)."""
        self.dialogue.state = "tls"
        yield StartTls()
        self.dialogue.state = "start"

    @after_login("ACCT", "Name an account; none is needed.", syntax="account", reference="RFC 959 4.1.1")
    def acct(self, _argument: str) -> Reply:
        return Reply(202, "no account is needed here")

    @command("REIN", "Log out and reset the session.", reference="RFC 959 4.1.1")
    def rein(self, _argument: str) -> Steps:
        self.reset_session()
        self.dialogue.reply("REIN", "", Reply(220, f"{self.dialogue.options.host_name} is ready for a new user"))
        if self.dialogue.tls is not None:
            self.dialogue.end_tls()  # RFC 4217 13: after the reply, which is sent under TLS
            if self.dialogue.context.listener == "tls":  # implicit TLS: a new handshake follows ([MS-FTPS] 3.1.5.3)
                self.dialogue.memory.security = Security(sized=True, protected=True)
                yield from self.begin_tls()

    @command("HOST", "Name the virtual host, before USER.", syntax="name", reference="RFC 7151 3")
    def host(self, argument: str) -> Reply:
        login = self.dialogue.memory.login
        if login.name or login.account is not None:
            raise Refused(503, "HOST comes before USER (RFC 7151 3.2.2)", "bad-sequence")
        wanted = argument.strip().lower().removesuffix(".")
        if not HOST_NAME.fullmatch(wanted):
            raise Refused(501, "write HOST name (RFC 7151 3.1)", "syntax")
        local = self.dialogue.context.local[0]
        known = {self.dialogue.options.host_name.lower(), "localhost", local, f"[{local}]"}
        if wanted not in known:
            raise Refused(504, f"unknown host; try {self.dialogue.options.host_name} (RFC 7151 3.3)")
        return Reply(220, f"host accepted: {self.dialogue.options.host_name}")
