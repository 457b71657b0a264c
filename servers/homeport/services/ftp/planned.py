"""Planned replies: the state in which they leave the session, and the findings that follow from them.

A planned reply replaces a command, which is not carried out. It leaves the session where a real reply with that code
leaves it: a refused PASV has no port, a refused PASS is counted, 331 expects a password, 350 the second command. A
client that believes the reply, or has sent more commands before it, is not blamed for what follows from it.
"""

import msgspec

from homeport.protocol.commands import ParsedCommand
from homeport.protocol.effects import CloseData, Log
from homeport.protocol.waiting import Steps
from homeport.services.ftp.access import Access
from homeport.services.ftp.dialogue import FtpDialogue
from homeport.services.ftp.directories import Directories
from homeport.services.ftp.parameters import MARKER
from homeport.services.ftp.replies import Refused, Reply

EXCUSED: dict[str, dict[str, frozenset[str]]] = {
    "USER": {"": frozenset(("pass-before-user", "not-logged-in", "bad-sequence"))},
    "PASS": {"": frozenset(("pass-before-user", "not-logged-in", "bad-sequence"))},
    "REIN": {"": frozenset(("pass-before-user", "not-logged-in")), "HOST": frozenset(("bad-sequence",))},
    "AUTH": {
        "": frozenset(("unexpected-tls", "clear-password", "old-auth")),
        "PBSZ": frozenset(("bad-sequence",)),
        "PROT": frozenset(("bad-sequence",)),
        "CCC": frozenset(("bad-sequence",)),
    },
    "PBSZ": {"PROT": frozenset(("prot-before-pbsz",))},
    "PROT": {"": frozenset(("data-in-clear", "tls-on-clear-data"))},
    "CCC": {"": frozenset(("no-quit",)), "AUTH": frozenset(("bad-sequence",))},
    "RNFR": {"RNTO": frozenset(("bad-sequence",))},
    "TYPE": {"": frozenset(("type-missing", "bare-lf-in-ascii"))},
    "FEAT": {"": frozenset(("utf8-unasked",))},
    "OPTS": {"": frozenset(("utf8-unasked",))},
    "QUIT": {"": frozenset(("no-quit", "data-after-quit"))},
}
"""Findings that are not reported after a planned reply to a command, by the command that would raise them; "": any."""
TRANSFERS = frozenset(["RETR", "STOR", "STOU", "APPE", "LIST", "NLST", "MLSD"])
CHANNELS = frozenset(["PASV", "EPSV", "PORT", "EPRT"])
LOST = (425, 426, 522)
"""Codes of transfers that have lost their data connection."""
NOT_LOGGED_IN = 530


class PlannedReplies(msgspec.Struct, eq=False):
    """Effects of planned replies on the state of a session."""

    dialogue: FtpDialogue
    access: Access
    directories: Directories

    def answer(self, command: ParsedCommand, planned: Reply) -> Reply | Steps:
        """Return the planned reply, or steps that return it, after a change of the state."""
        self.dialogue.excuse(command.name, EXCUSED.get(command.name, {}))
        if planned.closes:
            self.dialogue.effect(CloseData())
            return planned
        if command.name in CHANNELS:
            self._drop_channel()
        elif command.name in TRANSFERS:
            self._end_transfer(planned)
        elif command.name == "QUIT" and planned.code < 400:
            self.dialogue.effect(CloseData())
            return msgspec.structs.replace(planned, closes=planned.code >= 200)
        elif command.name in ("USER", "PASS"):
            return self._answer_login(command, planned)
        elif command.name == "RNFR" and 300 <= planned.code < 400:
            self._expect_name(command.text)
        elif command.name == "RNTO":
            self.dialogue.state = "ready" if self.dialogue.state == "renaming" else self.dialogue.state
        elif command.name == "REST" and 300 <= planned.code < 400:
            self._expect_transfer(command.text)
        return planned

    def _drop_channel(self) -> None:
        """Close a passive port: the next transfer has no data connection, whichever port the reply has named."""
        channel = self.dialogue.memory.channel
        channel.passive, channel.address, channel.refused = False, None, True
        self.dialogue.effect(CloseData())

    def _end_transfer(self, planned: Reply) -> None:
        if self.dialogue.state == "restarting":
            self.dialogue.state = "ready"
            self.dialogue.memory.parameters.restart = 0
        if planned.code in LOST:
            self.dialogue.memory.channel.passive = False
            self.dialogue.effect(CloseData())

    def _answer_login(self, command: ParsedCommand, planned: Reply) -> Reply | Steps:
        dialogue, login = self.dialogue, self.dialogue.memory.login
        name = command.text if command.name == "USER" else login.name
        if 200 <= planned.code < 300:
            return self._log_in(name, planned) if login.account is None or command.name == "USER" else planned
        if command.name == "PASS" and planned.code != NOT_LOGGED_IN and login.account is not None:
            return planned  # as the real one, which PASS does not log out
        failures = login.failures
        self.access.log_out()
        if 300 <= planned.code < 400:
            dialogue.memory.login.name = name
            dialogue.state = "named"
        elif command.name == "PASS" and planned.code == NOT_LOGGED_IN:
            dialogue.memory.login.failures = failures + 1
            dialogue.effect(Log("login", {"login": name, "mechanism": "PASS", "code": str(planned.code)}))
        return planned

    def _log_in(self, name: str, planned: Reply) -> Steps:
        """Log in without a password, if there is a user of that name."""
        self.access.log_out()
        if (account := self.access.account_named(name)) is not None:
            yield from self.access.enter(account)
        return planned

    def _expect_name(self, name: str) -> None:
        """Expect RNTO, which fails if the file does not exist."""
        try:
            self.dialogue.memory.renaming = self.directories.movable(name)
        except Refused:
            return
        self.dialogue.state = "renaming"

    def _expect_transfer(self, offset: str) -> None:
        if self.dialogue.memory.login.account is not None and MARKER.fullmatch(offset):
            self.dialogue.memory.parameters.restart = int(offset)
            self.dialogue.state = "restarting"
