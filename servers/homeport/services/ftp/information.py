"""Information about the server: HELP, STAT, SYST, NOOP, FEAT, OPTS (RFC 2389), LANG (RFC 2640), CLNT, SITE."""

import re

import msgspec

from homeport.protocol.addresses import address_text
from homeport.protocol.commands import Command, CommandTable, command
from homeport.protocol.fault_names import nearest_fault_name
from homeport.protocol.waiting import Steps
from homeport.services.ftp.channel import is_number
from homeport.services.ftp.checksums import ALGORITHMS, algorithm
from homeport.services.ftp.checksums import feature as hash_feature
from homeport.services.ftp.client_faults import OWN_NAMES, parse_client_fault
from homeport.services.ftp.dialogue import FtpDialogue, after_login
from homeport.services.ftp.listing import Listing
from homeport.services.ftp.listings import FORMATS
from homeport.services.ftp.listings.mlsx import feature as mlst_feature
from homeport.services.ftp.listings.mlsx import select, selection
from homeport.services.ftp.pathnames import quote, show
from homeport.services.ftp.replies import Refused, Reply
from homeport.services.ftp.transfer import Transferring

PLAIN_FEATURES = (
    *("CCC", "CLNT", "EPRT", "EPSV", "HOST", "MDTM", "MFMT", "PBSZ", "PROT", "SIZE"),
    *("XCRC", "XMD5", "XSHA1", "XSHA256", "XSHA512"),
)
FEATURES = {verb: verb for verb in PLAIN_FEATURES} | {
    "AUTH": "AUTH TLS",
    "LANG": "LANG EN*",
    "MODE": "MODE Z",
    "OPTS": "UTF8",
    "REST": "REST STREAM",
    "TYPE": "TVFS",
}
"""FEAT lines by command (RFC 2389 3, RFC 5797); those of MLST and HASH depend on the client's choices."""
LANGUAGES = ("en", "en-us", "en-gb")
FACT_LIST = re.compile(r"([!-:<>-~]+;)*")
"""Facts of OPTS MLST, known or not; a fact is a token (RFC 3659 7.9)."""


class Information(msgspec.Struct, eq=False):
    """Commands that describe the server and its state."""

    dialogue: FtpDialogue
    table: CommandTable
    listing: Listing
    transferring: Transferring

    @command("SYST", "Name the system; clients choose their LIST parser by it.", reference="RFC 959 4.1.3")
    def syst(self, _argument: str) -> Reply:
        return Reply(215, FORMATS[self.dialogue.options.listing].system)

    @command("NOOP", "Do nothing.", argument="optional", reference="RFC 959 4.1.3")
    def noop(self, _argument: str) -> Reply:
        return Reply(200, "okay")

    @command("CLNT", "Name the client.", syntax="name", reference="no RFC")
    def clnt(self, _argument: str) -> Reply:
        return Reply(200, "noted")

    @command("HELP", "List the commands, or explain one.", syntax="[command]", reference="RFC 959 4.1.3")
    def help(self, argument: str) -> Reply:
        wanted = argument.strip().upper()
        rows = [row for row in self.table if row.verb == wanted]
        if wanted and not rows:
            raise Refused(502, f"unknown command {argument[:20]!r}; HELP lists all")
        if rows:
            return Reply(214, f"{usage(rows[0])}\n{rows[0].help} ({rows[0].reference})\nend of help")
        names = [row.verb for row in self.table if " " not in row.verb]
        lines = [" " + " ".join(f"{name:7}" for name in names[at : at + 8]).rstrip() for at in range(0, len(names), 8)]
        return Reply(214, "\n".join(("commands:", *lines, "HELP command explains one")))

    @command("FEAT", "Show the extensions.", reference="RFC 2389 3")
    def feat(self, _argument: str) -> Reply:
        self.dialogue.memory.utf8 = True
        lines = [FEATURES[row.verb] for row in self.table if row.verb in FEATURES]
        lines += [mlst_feature(self.dialogue.memory.facts), hash_feature(self.dialogue.memory.digest)]
        return Reply(211, "\n".join(("extensions supported:", *(f" {line}" for line in sorted(lines)), "end")))

    @command("OPTS", "Set options of a command.", syntax="command [options]", reference="RFC 2389 4")
    def opts(self, argument: str) -> Reply:
        name, _, rest = argument.partition(" ")
        match name.upper():
            case "UTF8" | "UTF-8":
                return self._choose_utf8(rest.strip().upper())
            case "MLST":
                if not FACT_LIST.fullmatch(rest):
                    raise Refused(
                        501, "write OPTS MLST type;size; with a semicolon after each (RFC 3659 7.9)", "syntax"
                    )
                self.dialogue.memory.facts = select(rest)
                return Reply(200, selection(self.dialogue.memory.facts))
            case "HASH":
                return self._choose_hash(rest)
            case "MODE":
                return self._choose_level(rest.upper().split())
        raise Refused(501, f"{name[:20]!r} has no options: use UTF8, MLST, HASH or MODE Z (RFC 2389 4)")

    def _choose_utf8(self, wanted: str) -> Reply:
        if wanted not in ("", "ON", "OFF", "NLST"):
            raise Refused(501, "write OPTS UTF8 ON (RFC 2640, RFC 2389 4)", "syntax")
        if wanted == "OFF":
            raise Refused(504, "names are always UTF-8 (RFC 2640 2.2)")
        self.dialogue.memory.utf8 = True
        return Reply(200, "names are UTF-8")

    def _choose_hash(self, wanted: str) -> Reply:
        known = algorithm(wanted) if wanted else self.dialogue.memory.digest
        if known is None:
            raise Refused(501, f"unknown algorithm {wanted[:20]!r}: use one of {', '.join(ALGORITHMS)}", "syntax")
        self.dialogue.memory.digest = known
        return Reply(200, known)

    def _choose_level(self, words: list[str]) -> Reply:
        if words[:2] != ["Z", "LEVEL"] or len(words) != 3 or not is_number(words[2], 1):
            raise Refused(501, "write OPTS MODE Z LEVEL 0 to 9", "syntax")
        self.dialogue.memory.parameters.level = int(words[2])
        return Reply(200, f"MODE Z LEVEL {words[2]}")

    @command("LANG", "Choose the language of replies; there is only English.", syntax="[EN]", reference="RFC 2640 4.1")
    def lang(self, argument: str) -> Reply:
        if argument.strip().lower() not in ("", *LANGUAGES):
            raise Refused(504, "replies are in English: LANG EN (RFC 2640 4.1)")
        return Reply(200, "replies are in English")

    @command("STAT", "Show the state of the session, or a directory.", syntax="[pathname]", reference="RFC 959 4.1.3")
    def stat(self, argument: str) -> Reply | Steps:
        if argument:
            if self.dialogue.memory.login.account is None:
                raise Refused(530, "log in first (RFC 959 5.4)", "not-logged-in")
            return self.listing.list_status(argument)
        return Reply(211, "\n".join((f"status of {self.dialogue.options.host_name}", *self._status(), "end of status")))

    def _status(self) -> list[str]:
        login, has = self.dialogue.memory.login, self.dialogue.memory.parameters
        who = f"logged in as {login.account.login}" if login.account else "not logged in"
        lines = [f" connected from {address_text(self.dialogue.context.peer)}, {who}"]
        if self.dialogue.tls is not None:
            data = "under TLS" if self.dialogue.memory.security.protected else "in the clear"
            lines.append(f" {self.dialogue.tls.version} {self.dialogue.tls.cipher}, data connections {data}")
        lines.append(f" TYPE {has.type} {has.format}, STRU {has.structure}, MODE {has.mode}")
        if login.account:
            lines.append(f" working directory {quote(self.dialogue.memory.directory)}")
        if (transfer := self.transferring.transfer) is not None:
            of = f" of {transfer.size}" if transfer.size >= 0 else ""
            lines.append(f" {transfer.what} {show(transfer.path)}: {transfer.progress.octets} bytes{of} so far")
        return lines

    # SITE.

    @command("SITE HELP", "List the SITE commands.", argument="optional", reference="RFC 959 4.1.3")
    def site_help(self, _argument: str) -> Reply:
        rows = [f" {usage(row)}: {row.help}" for row in self.table if row.verb.startswith("SITE ")]
        return Reply(214, "\n".join(("SITE commands:", *rows, "end of help")))

    @after_login(
        "SITE FAULT",
        "Make the next command fail: reply-550, reset-after-1000, truncate-500, no-226, hang, ...",
        syntax="name",
        reference="RFC 959 4.1.3",
    )
    def site_fault(self, argument: str) -> Reply:
        if not self.dialogue.context.world.faults.by_client:
            raise Refused(502, "clients may not request faults: set [faults] by_client")
        if parse_client_fault(argument) is None:
            nearest = nearest_fault_name(argument, OWN_NAMES)
            raise Refused(501, f"unknown fault {argument[:40]!r}; {nearest}", "syntax")
        self.dialogue.next_client_fault = argument
        return Reply(200, f"the next command gets {argument}")


def usage(row: Command) -> str:
    """Return the syntax of a command."""
    return f"{row.verb} {row.syntax}".rstrip()
