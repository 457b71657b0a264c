"""What the server says of itself: HELP, STAT, SYST, NOOP, FEAT, OPTS (RFC 2389), LANG (RFC 2640), CLNT, SITE."""

import msgspec

from homeport.protocol.addresses import address_text
from homeport.protocol.commands import Command, CommandTable, command
from homeport.protocol.faults import nearest_fault_name
from homeport.protocol.waiting import Steps
from homeport.services.ftp.checksums import ALGORITHMS, algorithm
from homeport.services.ftp.checksums import feature as hash_feature
from homeport.services.ftp.client_faults import OWN_NAMES, parse_wish
from homeport.services.ftp.dialogue import FtpDialogue, inside
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
"""The lines of FEAT by the commands that they stand for (RFC 2389 3, RFC 5797); MLST and HASH show their choices."""
LANGUAGES = ("en", "en-us", "en-gb")
HIGHEST_LEVEL = 9


class Information(msgspec.Struct, eq=False):
    """What the server is, can do, and is doing."""

    dialogue: FtpDialogue
    table: CommandTable
    listing: Listing
    transferring: Transferring

    @command("SYST", "Name the system, as clients choose how to read LIST by it.", reference="RFC 959 4.1.3")
    def syst(self, _argument: str) -> Reply:
        return Reply(215, FORMATS[self.dialogue.options.listing].system)

    @command("NOOP", "Do nothing.", argument="optional", reference="RFC 959 4.1.3")
    def noop(self, _argument: str) -> Reply:
        return Reply(200, "okay")

    @command("CLNT", "Name the client.", syntax="name", reference="no RFC")
    def clnt(self, _argument: str) -> Reply:
        return Reply(200, "noted")

    @command("HELP", "Show what there is.", syntax="[command]", reference="RFC 959 4.1.3")
    def help(self, argument: str) -> Reply:
        wanted = argument.strip().upper()
        rows = [row for row in self.table if row.verb == wanted]
        if wanted and not rows:
            raise Refused(502, f"there is no command {argument[:20]!r} to help with; HELP shows all")
        if rows:
            return Reply(214, f"{usage(rows[0])}\n{rows[0].help} ({rows[0].reference})\nend of help")
        names = [row.verb for row in self.table if " " not in row.verb]
        lines = [" " + " ".join(f"{name:7}" for name in names[at : at + 8]).rstrip() for at in range(0, len(names), 8)]
        return Reply(214, "\n".join(("these commands are there:", *lines, "HELP command says more")))

    @command("FEAT", "Show the extensions.", reference="RFC 2389 3")
    def feat(self, _argument: str) -> Reply:
        self.dialogue.memory.utf8 = True
        lines = [FEATURES[row.verb] for row in self.table if row.verb in FEATURES]
        lines += [mlst_feature(self.dialogue.memory.facts), hash_feature(self.dialogue.memory.digest)]
        return Reply(211, "\n".join(("extensions supported:", *(f" {line}" for line in sorted(lines)), "end")))

    @command("OPTS", "Choose how a command behaves.", syntax="command [options]", reference="RFC 2389 4")
    def opts(self, argument: str) -> Reply:
        name, _, rest = argument.partition(" ")
        match name.upper():
            case "UTF8" | "UTF-8":
                return self._choose_utf8(rest.strip().upper())
            case "MLST":
                self.dialogue.memory.facts = select(rest)
                return Reply(200, selection(self.dialogue.memory.facts))
            case "HASH":
                return self._choose_hash(rest)
            case "MODE":
                return self._choose_level(rest.upper().split())
        raise Refused(501, f"{name[:20]!r} has no options here: UTF8, MLST, HASH, MODE Z (RFC 2389 4)")

    def _choose_utf8(self, wanted: str) -> Reply:
        if wanted not in ("", "ON", "NLST"):
            raise Refused(504, "names are UTF-8 here, always (RFC 2640 2.2)")
        self.dialogue.memory.utf8 = True
        return Reply(200, "names are UTF-8")

    def _choose_hash(self, wanted: str) -> Reply:
        known = algorithm(wanted) if wanted else self.dialogue.memory.digest
        if known is None:
            raise Refused(501, f"there is no algorithm {wanted[:20]!r}: {', '.join(ALGORITHMS)}", "syntax")
        self.dialogue.memory.digest = known
        return Reply(200, known)

    def _choose_level(self, words: list[str]) -> Reply:
        if words[:2] != ["Z", "LEVEL"] or len(words) != 3 or not words[2].isdigit() or int(words[2]) > HIGHEST_LEVEL:
            raise Refused(501, "write OPTS MODE Z LEVEL 0 to 9", "syntax")
        self.dialogue.memory.parameters.level = int(words[2])
        return Reply(200, f"MODE Z LEVEL {words[2]}")

    @command("LANG", "Choose the language of replies, of which there is one.", syntax="[EN]", reference="RFC 2640 4.1")
    def lang(self, argument: str) -> Reply:
        if argument.strip().lower() not in ("", *LANGUAGES):
            raise Refused(504, "replies are in English: LANG EN (RFC 2640 4.1)")
        return Reply(200, "replies are in English")

    @command("STAT", "Show how things stand, or a directory.", syntax="[pathname]", reference="RFC 959 4.1.3")
    def stat(self, argument: str) -> Reply | Steps:
        if argument:
            if self.dialogue.memory.login.account is None:
                raise Refused(530, "log in first (RFC 959 5.4)", "not-logged-in")
            return self.listing.list_status(argument)
        return Reply(211, "\n".join((f"status of {self.dialogue.options.host_name}", *self._status(), "end of status")))

    def _status(self) -> list[str]:
        login, has = self.dialogue.memory.login, self.dialogue.memory.parameters
        who = f"logged in as {login.account.login}" if login.account else "nobody is logged in"
        lines = [f" connected from {address_text(self.dialogue.context.peer)}, {who}"]
        if self.dialogue.tls is not None:
            data = "under TLS" if self.dialogue.memory.security.protected else "in the clear"
            lines.append(f" {self.dialogue.tls.version} {self.dialogue.tls.cipher}, data connections {data}")
        lines.append(f" TYPE {has.type} {has.format}, STRU {has.structure}, MODE {has.mode}")
        if login.account:
            lines.append(f" working directory {quote(self.dialogue.memory.directory)}")
        if (transfer := self.transferring.transfer) is not None:
            of = f" of {transfer.size}" if transfer.size >= 0 else ""
            lines.append(f" {transfer.what} {show(transfer.path)}: {transfer.progress.octets} octets{of} so far")
        return lines

    # SITE.

    @command("SITE HELP", "Show SITE's commands.", argument="optional", reference="RFC 959 4.1.3")
    def site_help(self, _argument: str) -> Reply:
        rows = [f" {usage(row)}: {row.help}" for row in self.table if row.verb.startswith("SITE ")]
        return Reply(214, "\n".join(("SITE has these commands:", *rows, "end of help")))

    @inside(
        "SITE FAULT",
        "Have the next command go wrong: reply-550, reset-after-1000, truncate-500, no-226, hang, ...",
        syntax="name",
        reference="RFC 959 4.1.3",
    )
    def site_fault(self, argument: str) -> Reply:
        if not self.dialogue.context.world.faults.by_client:
            raise Refused(502, "clients may not ask for faults here: [faults] by_client is not set")
        if parse_wish(argument) is None:
            nearest = nearest_fault_name(argument, OWN_NAMES)
            raise Refused(501, f"there is no fault {argument[:40]!r}; {nearest}", "syntax")
        self.dialogue.next_wish = argument
        return Reply(200, f"the next command gets {argument}")


def usage(row: Command) -> str:
    """How a command is written."""
    return f"{row.verb} {row.syntax}".rstrip()
