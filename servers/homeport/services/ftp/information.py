"""What the server says of itself: HELP, STAT, SYST, NOOP, FEAT, OPTS (RFC 2389), LANG (RFC 2640), CLNT, SITE."""

from homeport.protocol.addresses import address_text
from homeport.protocol.commands import Command, command
from homeport.services.ftp.checksums import ALGORITHMS, algorithm
from homeport.services.ftp.checksums import feature as hash_feature
from homeport.services.ftp.client_faults import nearest_wish, parse_wish
from homeport.services.ftp.listing import Listing
from homeport.services.ftp.listings import FORMATS
from homeport.services.ftp.listings.mlsx import feature as mlst_feature
from homeport.services.ftp.listings.mlsx import select, selection
from homeport.services.ftp.pathnames import quote, show
from homeport.services.ftp.replies import Refused, Reply
from homeport.services.ftp.speaking import LOGIN, Steps

FEATURES = {
    "AUTH": "AUTH TLS",
    "CCC": "CCC",
    "CLNT": "CLNT",
    "EPRT": "EPRT",
    "EPSV": "EPSV",
    "HOST": "HOST",
    "LANG": "LANG EN*",
    "MDTM": "MDTM",
    "MFMT": "MFMT",
    "MODE": "MODE Z",
    "PBSZ": "PBSZ",
    "PROT": "PROT",
    "REST": "REST STREAM",
    "SIZE": "SIZE",
    "TYPE": "TVFS",
    "OPTS": "UTF8",
    "XCRC": "XCRC",
    "XMD5": "XMD5",
    "XSHA1": "XSHA1",
    "XSHA256": "XSHA256",
    "XSHA512": "XSHA512",
}
"""The lines of FEAT by the commands that they stand for (RFC 2389 3, RFC 5797); MLST and HASH show their choices."""
LANGUAGES = ("en", "en-us", "en-gb")
HIGHEST_LEVEL = 9


class Information(Listing):
    """A dialogue about the dialogue."""

    __slots__ = ()

    @command("SYST", "Name the system, as clients choose how to read LIST by it.", reference="RFC 959 4.1.3")
    def syst(self, _argument: str) -> Reply:
        return Reply(215, FORMATS[self.options.listing].system)

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
        self.state.utf8 = True
        lines = [FEATURES[row.verb] for row in self.table if row.verb in FEATURES]
        lines += [mlst_feature(self._facts), hash_feature(self.state.digest)]
        return Reply(211, "\n".join(("extensions supported:", *(f" {line}" for line in sorted(lines)), "end")))

    @command("OPTS", "Choose how a command behaves.", syntax="command [options]", reference="RFC 2389 4")
    def opts(self, argument: str) -> Reply:
        name, _, rest = argument.partition(" ")
        match name.upper():
            case "UTF8" | "UTF-8":
                return self._choose_utf8(rest.strip().upper())
            case "MLST":
                self.state.facts = select(rest)
                return Reply(200, selection(self.state.facts))
            case "HASH":
                return self._choose_hash(rest)
            case "MODE":
                return self._choose_level(rest.upper().split())
        raise Refused(501, f"{name[:20]!r} has no options here: UTF8, MLST, HASH, MODE Z (RFC 2389 4)")

    def _choose_utf8(self, wanted: str) -> Reply:
        if wanted not in ("", "ON", "NLST"):
            raise Refused(504, "names are UTF-8 here, always (RFC 2640 2.2)")
        self.state.utf8 = True
        return Reply(200, "names are UTF-8")

    def _choose_hash(self, wanted: str) -> Reply:
        known = algorithm(wanted) if wanted else self.state.digest
        if known is None:
            raise Refused(501, f"there is no algorithm {wanted[:20]!r}: {', '.join(ALGORITHMS)}", "syntax")
        self.state.digest = known
        return Reply(200, known)

    def _choose_level(self, words: list[str]) -> Reply:
        if words[:2] != ["Z", "LEVEL"] or len(words) != 3 or not words[2].isdigit() or int(words[2]) > HIGHEST_LEVEL:
            raise Refused(501, "write OPTS MODE Z LEVEL 0 to 9", "syntax")
        self.state.parameters.level = int(words[2])
        return Reply(200, f"MODE Z LEVEL {words[2]}")

    @command("LANG", "Choose the language of replies, of which there is one.", syntax="[EN]", reference="RFC 2640 4.1")
    def lang(self, argument: str) -> Reply:
        if argument.strip().lower() not in ("", *LANGUAGES):
            raise Refused(504, "replies are in English: LANG EN (RFC 2640 4.1)")
        return Reply(200, "replies are in English")

    @command("STAT", "Show how things stand, or a directory.", syntax="[pathname]", reference="RFC 959 4.1.3")
    def stat(self, argument: str) -> Reply | Steps:
        if argument:
            if self.state.login.account is None:
                raise Refused(530, "log in first (RFC 959 5.4)", "not-logged-in")
            return self.list_status(argument)
        return Reply(211, "\n".join((f"status of {self.options.host_name}", *self._status(), "end of status")))

    def _status(self) -> list[str]:
        login, has = self.state.login, self.state.parameters
        who = f"logged in as {login.account.login}" if login.account else "nobody is logged in"
        lines = [f" connected from {address_text(self.context.peer)}, {who}"]
        if self.tls is not None:
            data = "under TLS" if self.security.protected else "in the clear"
            lines.append(f" {self.tls.version} {self.tls.cipher}, data connections {data}")
        lines.append(f" TYPE {has.type} {has.format}, STRU {has.structure}, MODE {has.mode}")
        if login.account:
            lines.append(f" working directory {quote(self.state.directory)}")
        if self.transfer is not None:
            of = f" of {self.transfer.size}" if self.transfer.size >= 0 else ""
            octets = self.transfer.progress.octets
            lines.append(f" {self.transfer.what} {show(self.transfer.path)}: {octets} octets{of} so far")
        return lines

    # SITE.

    @command(
        "SITE",
        "Carry out what is peculiar to this server; SITE HELP shows what there is.",
        syntax="command",
        reference="RFC 959 4.1.3",
    )
    def site(self, _argument: str) -> Reply:
        raise Refused(501, "write SITE and a command; SITE HELP shows all", "syntax")

    @command("SITE HELP", "Show SITE's commands.", argument="optional", reference="RFC 959 4.1.3")
    def site_help(self, _argument: str) -> Reply:
        rows = [f" {usage(row)}: {row.help}" for row in self.table if row.verb.startswith("SITE ")]
        return Reply(214, "\n".join(("SITE has these commands:", *rows, "end of help")))

    @command(
        "SITE FAULT",
        "Have the next command go wrong: reply-550, reset-after-1000, truncate-500, no-226, hang, ...",
        syntax="name",
        needs=LOGIN,
        reference="RFC 959 4.1.3",
    )
    def site_fault(self, argument: str) -> Reply:
        if not self.context.world.faults.by_client:
            raise Refused(502, "clients may not ask for faults here: [faults] by_client is not set")
        if parse_wish(argument) is None:
            raise Refused(501, f"there is no fault {argument[:40]!r}; {nearest_wish(argument)}", "syntax")
        self.next_wish = argument
        return Reply(200, f"the next command gets {argument}")


def usage(row: Command) -> str:
    """How a command is written."""
    return f"{row.verb} {row.syntax}".rstrip()
