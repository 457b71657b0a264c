"""VRFY and EXPN: look up a mailbox, list the members of a list (RFC 5321 3.5)."""

from homeport.protocol.commands import command
from homeport.services.smtp.dialogue import SmtpDialogue
from homeport.services.smtp.forgiving import FORWARD_PATHS
from homeport.services.smtp.identity import Identity
from homeport.services.smtp.paths import own_domain, parse_recipient_argument
from homeport.services.smtp.replies import Refused, Reply
from homeport.world.mail.addresses import Verdict


class Enquiries:
    """The commands that look up addresses."""

    __slots__ = ("dialogue", "identity")

    def __init__(self, dialogue: SmtpDialogue, identity: Identity) -> None:
        self.dialogue = dialogue
        self.identity = identity

    @command("VRFY", "Verify a mailbox.", syntax="name", reference="RFC 5321 4.1.1.6")
    def vrfy(self, argument: str) -> Reply:
        if "VRFY" in self.dialogue.options.without:
            return Reply(252, "2.5.0", "cannot verify a user here; send the mail, and delivery will be attempted")
        return self._in_ascii(verify_reply(self._search(argument)), argument)

    @command("EXPN", "List the members of a mailing list.", syntax="list", reference="RFC 5321 4.1.1.7")
    def expn(self, argument: str) -> Reply:
        if "EXPN" in self.dialogue.options.without:
            raise Refused(502, "5.5.1", "EXPN is not offered here (RFC 5321 3.5.3)")
        return self._in_ascii(expand_reply(self._search(argument)), argument)

    def _in_ascii(self, reply: Reply, argument: str) -> Reply:
        """Return a reply, unless it needs UTF-8 and the client did not ask for that (RFC 6531 3.7.4.2)."""
        asked = "SMTPUTF8" in self.identity.offered and argument.upper().endswith(" SMTPUTF8")
        if reply.text.isascii() or asked:
            return reply
        return Reply(252, "2.6.8", "the reply needs UTF-8: ask with the parameter SMTPUTF8 (RFC 6531 3.7.4.2)")

    def _search(self, argument: str) -> Verdict:
        """Look up a name or a mailbox."""
        if "SMTPUTF8" in self.identity.offered and argument.upper().endswith(" SMTPUTF8"):  # RFC 6531 3.7.4.2
            argument = argument[: -len(" SMTPUTF8")]
        mailbox = parse_recipient_argument(argument, FORWARD_PATHS[self.dialogue.syntax])
        for flaw in mailbox.flaws:
            self.dialogue.report(flaw, argument.encode())
        context = self.dialogue.context
        mail = context.world.mail
        if mailbox.domain:
            return mail.verify(mailbox.local_part, own_domain(mailbox.domain, context.local[0]))
        return mail.search(mailbox.text)


def verify_reply(verdict: Verdict) -> Reply:
    """Return the reply to VRFY (RFC 5321 3.5)."""
    match verdict.kind:
        case "mailbox" if verdict.person is not None:
            return Reply(250, "2.1.5", f"{verdict.person.name} <{verdict.address}>")
        case "mailbox":
            return Reply(252, "2.1.5", f"no person has the address <{verdict.address}>, but mail for it is accepted")
        case "alias" if len(verdict.members) == 1:
            return Reply(251, "2.1.5", f"an alias; will forward to <{verdict.members[0]}>")
        case "alias" | "list":
            return Reply(252, "2.1.5", f"<{verdict.address}> is a list; EXPN shows its members")
        case "ambiguous":
            return Reply(
                553, "5.1.4", "\n".join(("ambiguous; possibilities are", *(f"<{one}>" for one in verdict.members)))
            )
        case "elsewhere":
            return Reply(550, "5.1.2", f"<{verdict.address}> has no mailbox here")
    return Reply(550, "5.1.1", "no such user here")


def expand_reply(verdict: Verdict) -> Reply:
    """Return the reply to EXPN (RFC 5321 3.5)."""
    if verdict.kind in ("alias", "list"):
        return Reply(250, "2.1.5", "\n".join(f"<{member}>" for member in verdict.members) or "the list is empty")
    if verdict.kind == "mailbox":
        return Reply(550, "5.1.3", "that is a user name, not a mailing list (RFC 5321 3.5.2)")
    return verify_reply(verdict)
