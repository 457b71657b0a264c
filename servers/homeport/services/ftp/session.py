"""The session of FTP: the greeting, and what is the same for every command."""

from homeport.protocol.commands import CommandTable
from homeport.services.ftp.access import Access
from homeport.services.ftp.digests import Digests
from homeport.services.ftp.information import Information
from homeport.services.ftp.replies import Reply
from homeport.services.ftp.security import Securing

HISTORIC = {"XCWD", "XCUP", "XPWD", "XMKD", "XRMD"}
AFTER_REST = {"RETR", "STOR", "APPE", "STOU", "REST", "PASV", "EPSV", "PORT", "EPRT", "TYPE", "ABOR", "STAT", "QUIT"}
"""What may come behind REST: transfers, and what clients prepare them by."""
NOTHING: frozenset[str] = frozenset()
LOGGED_IN = frozenset(("login",))
TLS = frozenset(("tls",))


class Ftp(Access, Securing, Information, Digests):
    """One control connection, from the greeting to QUIT."""

    __slots__ = ()

    def greet(self) -> None:
        """220, unless a fault has it otherwise."""
        if self.tls is not None:
            self.security.sized = self.security.protected = True  # with implicit TLS nobody need ask ([MS-FTPS])
        planned, _ = self.plan_faults("CONNECT", "")
        self.say(planned or Reply(220, f"{self.options.host_name} FTP Homeport"))

    def has(self) -> frozenset[str]:
        """What commands may need."""
        if self.state.login.account is None:
            return NOTHING if self.tls is None else TLS
        return LOGGED_IN if self.tls is None else LOGGED_IN | TLS

    def before_command(self, verb: str, line: bytes) -> None:
        """Sequences that are left in their midst are findings; who is logged in is idle no more."""
        state = self.state
        if state.login.presence:
            self.context.world.presence.touch(state.login.presence, self.context.world.clock.now())
        if state.renaming is not None and verb != "RNTO":
            state.renaming = None
            self.find("rnfr-abandoned", line)
        if state.parameters.restarting and verb not in AFTER_REST:
            state.parameters.restarting = False
            state.parameters.restart = 0
            self.find("rest-abandoned", line)
        if verb in HISTORIC:
            self.find_once("historic-verb", line)


Ftp.table = CommandTable(Ftp)
