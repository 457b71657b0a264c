"""The session of SMTP: the greeting, what a command is refused with, and the commands that carry no mail."""

from collections.abc import Sequence
from functools import lru_cache

from homeport.commands import Command, CommandRefused, CommandTable, UnknownCommand, WrongState, command
from homeport.services.smtp.paths import parse_recipient_argument
from homeport.services.smtp.receiving import Receiving
from homeport.services.smtp.replies import OK, Refused, Reply
from homeport.world.mail.addresses import Verdict


class Smtp(Receiving):
    """One connection, from the greeting to QUIT."""

    __slots__ = ()

    def greet(self) -> None:
        """220, unless a fault has it otherwise."""
        planned = self.plan_faults("CONNECT", "") if self.context.world.faults else None
        if planned is not None and planned.code >= 500:
            self.state = "refused"  # RFC 5321 3.1: what follows gets 503, until QUIT
        self.say(planned or greeting(self.options.host_name, self.options.protocol))

    def refuse_command(self, refused: CommandRefused) -> Refused:
        """What is said to a command that the table does not let through."""
        verb, row = refused.verb[:20], refused.command
        if isinstance(refused, UnknownCommand) or row is None:
            return Refused(500, "5.5.1", f"there is no command {verb!r} (RFC 5321 4.2.4)", "unknown-command")
        if isinstance(refused, WrongState):
            return self.out_of_sequence(verb)
        return Refused(501, "5.5.4", f"write {verb} {row.syntax}".rstrip() + f" ({row.reference})", "syntax")

    @command("VRFY", argument="required", syntax="name", reference="RFC 5321 4.1.1.6")
    def vrfy(self, argument: str) -> Reply:
        """Ask whether a mailbox exists."""
        if "VRFY" in self.options.without:
            return Reply(252, "2.5.0", "cannot verify a user here; send the mail, and delivery will be attempted")
        return verify_reply(self._search(argument))

    @command("EXPN", argument="required", syntax="list", reference="RFC 5321 4.1.1.7")
    def expn(self, argument: str) -> Reply:
        """Ask for the members of a list."""
        if "EXPN" in self.options.without:
            raise Refused(502, "5.5.1", "EXPN is not offered here (RFC 5321 3.5.3)")
        return expand_reply(self._search(argument))

    def _search(self, argument: str) -> Verdict:
        """Whose a name, or a mailbox, is."""
        if "SMTPUTF8" in self._offered and argument.upper().endswith(" SMTPUTF8"):  # RFC 6531 3.7.4.2
            argument = argument[: -len(" SMTPUTF8")]
        mailbox = parse_recipient_argument(argument)
        mail = self.context.world.mail
        if mailbox.domain:
            return mail.verify(mailbox.local_part, self.own_domain(mailbox.domain))
        return mail.search(mailbox.text)

    @command("HELP", argument="optional", syntax="[command]", reference="RFC 5321 4.1.1.8")
    def help(self, argument: str) -> Reply:
        """Show what there is."""
        other = {"LHLO"} if self.options.protocol == "smtp" else {"EHLO", "HELO"}
        return help_text([row for row in self.table if row.verb not in other], argument)

    @command("NOOP", argument="optional", syntax="[anything]", reference="RFC 5321 4.1.1.9")
    def noop(self, _argument: str) -> Reply:
        """Do nothing."""
        return OK

    @command("QUIT", reference="RFC 5321 4.1.1.10")
    def quit(self, _argument: str) -> Reply:
        """End the connection."""
        self.quitting = True
        return farewell(self.options.host_name)

    @command("SEND", argument="optional", reference="RFC 5321 F.6")
    @command("SOML", argument="optional", reference="RFC 5321 F.6")
    @command("SAML", argument="optional", reference="RFC 5321 F.6")
    @command("TURN", argument="optional", reference="RFC 5321 F.1")
    def obsolete(self, _argument: str) -> Reply:
        """Obsolete, and not implemented."""
        raise Refused(502, "5.5.1", "this command is obsolete and not implemented (RFC 5321 F)", "obsolete-command")


Smtp.table = CommandTable(Smtp)


@lru_cache(64)
def greeting(host: str, protocol: str) -> Reply:
    """The first word (RFC 5321 4.2, RFC 2033 4.1)."""
    return Reply(220, "", f"{host} {'LMTP' if protocol == 'lmtp' else 'ESMTP'} Homeport")


@lru_cache(64)
def farewell(host: str) -> Reply:
    """The last word (RFC 5321 4.1.1.10)."""
    return Reply(221, "2.0.0", f"{host} closing connection", closes=True)


def verify_reply(verdict: Verdict) -> Reply:
    """The answer to VRFY (RFC 5321 3.5)."""
    match verdict.kind:
        case "mailbox" if verdict.person is not None:
            return Reply(250, "2.1.5", f"{verdict.person.name} <{verdict.address}>")
        case "mailbox":
            return Reply(252, "2.1.5", f"nobody is known by <{verdict.address}>, but mail for it is taken")
        case "alias" if len(verdict.members) == 1:
            return Reply(251, "2.1.5", f"an alias; will forward to <{verdict.members[0]}>")
        case "alias" | "list":
            return Reply(252, "2.1.5", f"<{verdict.address}> stands for several; EXPN shows them")
        case "ambiguous":
            return Reply(
                553, "5.1.4", "\n".join(("ambiguous; possibilities are", *(f"<{one}>" for one in verdict.members)))
            )
        case "elsewhere":
            return Reply(550, "5.1.2", f"<{verdict.address}> has no mailbox here")
    return Reply(550, "5.1.1", "no such user here")


def expand_reply(verdict: Verdict) -> Reply:
    """The answer to EXPN (RFC 5321 3.5)."""
    if verdict.kind in ("alias", "list"):
        return Reply(250, "2.1.5", "\n".join(f"<{member}>" for member in verdict.members) or "the list is empty")
    if verdict.kind == "mailbox":
        return Reply(550, "5.1.3", "that is a user name, not a mailing list (RFC 5321 3.5.2)")
    return verify_reply(verdict)


def help_text(table: Sequence[Command], argument: str) -> Reply:
    """The answer to HELP: every command, or one with what it takes."""
    wanted = argument.strip().upper()
    rows = [row for row in table if row.verb == wanted]
    if wanted and not rows:
        return Reply(504, "5.5.4", f"there is no command {wanted[:20]!r} to help with")
    if rows:
        row = rows[0]
        return Reply(214, "2.0.0", f"{row.verb} {row.syntax}".rstrip() + f"\n{row.help} ({row.reference})")
    names = " ".join(row.verb for row in table)
    return Reply(214, "2.0.0", f"commands: {names}\nHELP command says more")
