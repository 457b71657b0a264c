"""The envelope: MAIL, RCPT and RSET (RFC 5321 4.1.1.2, 4.1.1.3, 4.1.1.5), with the parameters of extensions."""

from typing import Any

from msgspec import UNSET

from homeport.protocol.commands import command
from homeport.protocol.faults import FaultError, explain_fault_name, find_fault_name
from homeport.services.smtp import parameters
from homeport.services.smtp.dialogue import SmtpDialogue
from homeport.services.smtp.identity import Identity
from homeport.services.smtp.paths import (
    FORWARD_PATH,
    REVERSE_PATH,
    Grammar,
    Mailbox,
    own_domain,
    parse_path_argument,
)
from homeport.services.smtp.planned import check_reply
from homeport.services.smtp.replies import OK, Refused, Reply
from homeport.services.smtp.transaction import Transaction
from homeport.world.mail.message import Recipient

SENDER_OK = Reply(250, "2.1.0", "OK")
RECIPIENT_OK = Reply(250, "2.1.5", "OK")


class Envelope:
    """The envelope of the message on its way."""

    __slots__ = ("dialogue", "identity", "messages", "options")

    def __init__(self, dialogue: SmtpDialogue, identity: Identity) -> None:
        self.dialogue = dialogue
        self.identity = identity
        self.options = dialogue.options
        self.messages = 0
        """Those that this connection has brought."""

    @command(
        "MAIL",
        "Begin a message, and say who sends it.",
        states=("ready",),
        syntax="FROM:<reverse-path> [parameters]",
        reference="RFC 5321 4.1.1.2",
    )
    def mail(self, argument: str) -> Reply:
        self._check_permission()
        if self.messages >= self.options.max_messages:
            text = f"at most {self.options.max_messages} messages in a connection: connect again (RFC 9422)"
            return Reply(421, "4.7.0", text, closes=True)
        mailbox, rest = self._path("FROM", argument, REVERSE_PATH)
        fields = self._parameters(rest, parameters.MAIL) if rest else {}
        if not mailbox.text.isascii():
            self._check_utf8(fields)
        self._check_fields(fields)
        dialogue = self.dialogue
        if dialogue.context.world.faults.by_client and (planned := self._asked_for(mailbox)):
            return planned
        dialogue.transaction = Transaction(mailbox, fields)
        dialogue.state = "mail"
        if self.identity.login:
            self.identity.touch()
        return SENDER_OK

    def _check_permission(self) -> None:
        listener, options = self.dialogue.context.listener, self.options
        if self.identity.tls is None and listener in options.require_tls:
            raise Refused(530, "5.7.0", "mail is taken only under TLS: send STARTTLS first (RFC 3207 4)")
        if not self.identity.login and listener in options.require_auth:
            raise Refused(530, "5.7.0", "authentication required: send AUTH first (RFC 6409 4.3)", "auth-missing")

    def _check_fields(self, fields: dict[str, Any]) -> None:
        limit = int(self.options.max_size)
        if limit and fields.get("size", 0) > limit:
            text = f"the message may have at most {limit} octets (RFC 1870 6.1)"
            raise Refused(552, "5.3.4", text, "size-exceeds-limit")
        if fields.get("body") == "BINARYMIME" and "BINARYMIME" not in self.identity.offered:
            raise Refused(555, "5.5.4", "BINARYMIME is not offered here (RFC 3030 3)", "parameter-not-offered")

    @command(
        "RCPT",
        "Name a recipient.",
        states=("mail", "rcpt"),
        syntax="TO:<forward-path> [parameters]",
        reference="RFC 5321 4.1.1.3",
    )
    def rcpt(self, argument: str) -> Reply:
        dialogue = self.dialogue
        transaction = self.open_transaction()
        transaction.tried += 1
        mailbox, rest = self._path("TO", argument, FORWARD_PATH)
        if mailbox.is_null:
            raise FORWARD_PATH.refuse("only a reverse-path may be empty")
        fields = self._parameters(rest, parameters.RCPT) if rest else {}
        if not mailbox.text.isascii():
            self._check_utf8(transaction.fields)
        if dialogue.context.world.faults.by_client and (planned := self._asked_for(mailbox)):
            return planned
        if len(transaction.recipients) >= self.options.max_recipients:
            text = f"too many recipients: at most {self.options.max_recipients} (RFC 5321 4.5.3.1.10)"
            return Reply(452, "4.5.3", text)
        address = self._accept_recipient(mailbox)
        if not transaction.add(mailbox, Recipient(address=address, **fields)):
            dialogue.find("duplicate-recipient", mailbox.text.encode())
        dialogue.state = "rcpt"
        return RECIPIENT_OK

    def _accept_recipient(self, mailbox: Mailbox) -> str:
        """The address that the message goes to."""
        context = self.dialogue.context
        verdict = context.world.mail.verify(mailbox.local_part, own_domain(mailbox.domain, context.local[0]))
        if verdict.kind == "elsewhere":
            raise Refused(550, "5.7.1", f"relaying denied: {mailbox.domain} has no mailboxes here (RFC 5321 3.6.2)")
        if verdict.kind in ("unknown", "ambiguous"):
            raise Refused(550, "5.1.1", f"no such mailbox: {mailbox.text}")
        # A tag stays, so that mail can be found by it; our own literal and a bare Postmaster become the real thing.
        own = not mailbox.domain or mailbox.domain.startswith("[")
        return verdict.address if own else mailbox.text

    def _path(self, keyword: str, argument: str, grammar: Grammar) -> tuple[Mailbox, str]:
        """The path behind FROM: or TO:, and what follows it."""
        mailbox, rest = parse_path_argument(argument, keyword, grammar)
        if mailbox.route:
            self.dialogue.find("source-route", argument.encode())
        return mailbox, rest

    def _parameters(self, text: str, table: dict[str, parameters.Parameter]) -> dict[str, Any]:
        identity = self.identity
        if not identity.extended and text.strip():
            raise Refused(
                555, "5.5.4", "HELO brings no parameters: say EHLO (RFC 5321 4.1.1.1)", "parameter-after-helo"
            )
        if "REQUIRETLS" in text.upper().split() and identity.tls is None:
            raise Refused(530, "5.7.0", "REQUIRETLS needs TLS (RFC 8689 2)", "requiretls-without-tls")
        offered = (*identity.offered, "AUTH") if identity.login else identity.offered
        return parameters.parse_parameters(text, table, offered)

    def _check_utf8(self, fields: dict[str, Any]) -> None:
        """Whether an address may be beyond ASCII. fields: of MAIL."""
        if "smtputf8" not in fields:
            raise Refused(
                553, "5.6.7", "an address beyond ASCII needs SMTPUTF8 with MAIL (RFC 6531 3.4)", "utf8-address"
            )

    def _asked_for(self, mailbox: Mailbox) -> Reply | None:
        """The fault that a client asks for by an address: noted, or the reply that it is.

        Raises: Refused for an address in the domain of faults that names none.
        """
        do = find_fault_name((mailbox.text,))
        if do is None:
            if words := explain_fault_name((mailbox.text,)):
                raise Refused(550, "5.1.1", words)
            return None
        try:
            if do.reply is not UNSET:
                check_reply(do.reply)
        except FaultError as error:
            raise Refused(550, "5.1.1", str(error)) from None
        made: Reply | None = self.dialogue.ask_for_fault(do)
        return made

    @command("RSET", "Forget the message that was begun.", reference="RFC 5321 4.1.1.5")
    def rset(self, _argument: str) -> Reply:
        self.dialogue.reset()
        return OK

    def open_transaction(self) -> Transaction:
        """Return the transaction; the command table lets nothing through that needs one where there is none."""
        if self.dialogue.transaction is None:
            raise self.identity.out_of_sequence("RCPT")
        return self.dialogue.transaction
