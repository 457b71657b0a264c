"""The envelope: MAIL, RCPT and RSET (RFC 5321 4.1.1.2, 4.1.1.3, 4.1.1.5), with their parameters."""

from typing import Any

from msgspec import UNSET

from homeport.protocol.commands import command
from homeport.protocol.fault_names import explain_fault_name, find_fault_name
from homeport.protocol.faults import FaultError
from homeport.services.smtp import parameters
from homeport.services.smtp.dialogue import SmtpDialogue
from homeport.services.smtp.forgiving import FORWARD_PATHS, REVERSE_PATHS
from homeport.services.smtp.identity import Identity
from homeport.services.smtp.paths import (
    Grammar,
    Mailbox,
    own_domain,
    parse_path_argument,
)
from homeport.services.smtp.planned import validate_reply
from homeport.services.smtp.replies import OK, Refused, Reply
from homeport.services.smtp.transaction import Transaction, no_room
from homeport.world.mail.message import Recipient

SENDER_OK = Reply(250, "2.1.0", "OK")
RECIPIENT_OK = Reply(250, "2.1.5", "OK")


class Envelope:
    """The commands that build the envelope of the current message."""

    __slots__ = ("_forward_path", "_reverse_path", "dialogue", "identity", "messages", "options")

    def __init__(self, dialogue: SmtpDialogue, identity: Identity) -> None:
        self.dialogue = dialogue
        self.identity = identity
        self.options = dialogue.options
        self._reverse_path = REVERSE_PATHS[dialogue.syntax]
        self._forward_path = FORWARD_PATHS[dialogue.syntax]
        self.messages = 0
        """Number of messages that this connection has delivered."""

    @command(
        "MAIL",
        "Start a message and name its sender.",
        states=("ready",),
        syntax="FROM:<reverse-path> [parameters]",
        reference="RFC 5321 4.1.1.2",
    )
    def mail(self, argument: str) -> Reply:
        self._check_permission()
        if self.messages >= self.options.max_messages:
            text = f"at most {self.options.max_messages} messages per connection: connect again (RFC 9422)"
            return Reply(421, "4.7.0", text, closes=True)
        mailbox, rest = self._path("FROM", argument, self._reverse_path)
        fields = self._parameters(rest, parameters.MAIL) if rest else {}
        if not mailbox.text.isascii():
            self._check_utf8(mailbox, fields)
        self._validate_fields(fields)
        dialogue = self.dialogue
        if dialogue.context.world.faults.by_client and (planned := self._requested_fault(mailbox)):
            return planned
        dialogue.transaction = Transaction(mailbox, fields)
        dialogue.state = "mail"
        if self.identity.login:
            self.identity.touch()
        return SENDER_OK

    def _check_permission(self) -> None:
        listener, options = self.dialogue.context.listener, self.options
        if self.identity.tls is None and listener in options.require_tls:
            raise Refused(530, "5.7.0", "mail is accepted only over TLS: send STARTTLS first (RFC 3207 4)")
        if not self.identity.login and listener in options.require_auth:
            raise Refused(530, "5.7.0", "authentication required: send AUTH first (RFC 6409 4.3)", "auth-missing")

    def _validate_fields(self, fields: dict[str, Any]) -> None:
        limit = int(self.options.max_size)
        if limit and fields.get("size", 0) > limit:
            text = f"the message may have at most {limit} bytes (RFC 1870 6.1)"
            raise Refused(552, "5.3.4", text, "size-exceeds-limit")
        if fields.get("body") == "BINARYMIME" and "BINARYMIME" not in self.identity.offered:
            raise Refused(555, "5.5.4", "BINARYMIME is not offered here (RFC 3030 3)", "parameter-not-offered")
        self.require_room(fields.get("size") or 1)

    def require_room(self, size: int) -> None:
        """Raise Refused if a message of that size in bytes cannot be received now (RFC 1870 6.1)."""
        if shortage := self.dialogue.context.world.mail.shortage(size):
            reply = no_room(shortage)
            raise Refused(reply.code, reply.enhanced, reply.text)

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
        mailbox, rest = self._path("TO", argument, self._forward_path)
        if mailbox.is_null:
            raise self._forward_path.refuse("only a reverse-path may be empty")
        fields = self._parameters(rest, parameters.RCPT) if rest else {}
        if not mailbox.text.isascii():
            self._check_utf8(mailbox, transaction.fields)
        if dialogue.context.world.faults.by_client and (planned := self._requested_fault(mailbox)):
            return planned
        if len(transaction.recipients) >= self.options.max_recipients:
            text = f"too many recipients: at most {self.options.max_recipients} (RFC 5321 4.5.3.1.10)"
            return Reply(452, "4.5.3", text)
        address = self._accept_recipient(mailbox)
        if not transaction.add(mailbox, Recipient(address=address, **fields)):
            dialogue.report("duplicate-recipient", mailbox.text.encode())
        dialogue.state = "rcpt"
        return RECIPIENT_OK

    def _accept_recipient(self, mailbox: Mailbox) -> str:
        """Return the address that the message goes to. Raises: Refused."""
        context = self.dialogue.context
        verdict = context.world.mail.verify(mailbox.local_part, own_domain(mailbox.domain, context.local[0]))
        if verdict.kind == "elsewhere":
            raise Refused(550, "5.7.1", f"relaying denied: {mailbox.domain} has no mailboxes here (RFC 5321 3.6.2)")
        if verdict.kind in ("unknown", "ambiguous"):
            raise Refused(550, "5.1.1", f"no such mailbox: {mailbox.text}")
        # A tag stays, so that tests can search for it; our own address literal and a bare Postmaster are completed.
        own = not mailbox.domain or mailbox.domain.startswith("[")
        return verdict.address if own else mailbox.text

    def _path(self, keyword: str, argument: str, grammar: Grammar) -> tuple[Mailbox, str]:
        """Return the path after FROM: or TO:, and the text after the path."""
        mailbox, rest = parse_path_argument(argument, keyword, grammar)
        for flaw in mailbox.flaws:
            self.dialogue.report(flaw, argument.encode())
        return mailbox, rest

    def _parameters(self, text: str, table: dict[str, parameters.Parameter]) -> dict[str, Any]:
        identity, lenient = self.identity, self.dialogue.syntax == "lenient"
        offered = identity.offered
        if not identity.extended and text.strip():
            if not lenient:
                raise Refused(
                    555, "5.5.4", "parameters need EHLO instead of HELO (RFC 5321 4.1.1.1)", "parameter-after-helo"
                )
            if identity.client_name:
                self.dialogue.report("parameter-after-helo", text.encode())
            offered = identity.extensions()
        if "REQUIRETLS" in text.upper().split() and identity.tls is None:
            raise Refused(530, "5.7.0", "REQUIRETLS needs TLS (RFC 8689 2)", "requiretls-without-tls")
        if "  " in text.rstrip(" "):
            self._check_space(text)
        repeated: list[str] | None = [] if lenient else None
        fields = parameters.parse_parameters(text, table, (*offered, "AUTH") if identity.login else offered, repeated)
        for word in repeated or ():
            self.dialogue.report("bad-parameter", word.encode())
        return fields

    def _check_space(self, text: str) -> None:
        """Report parameters that more than one space separates. Raises: Refused if strict."""
        if self.dialogue.syntax == "strict":
            raise Refused(501, "5.5.4", "write one space before each parameter (RFC 5321 4.1.2)", "command-space")
        self.dialogue.report("command-space", text.encode())

    def _check_utf8(self, mailbox: Mailbox, fields: dict[str, Any]) -> None:
        """Raise Refused for a non-ASCII address without SMTPUTF8. fields: the parameters of MAIL."""
        if "smtputf8" not in fields:
            if self.dialogue.syntax == "lenient" and mailbox.domain.isascii():
                self.dialogue.report("utf8-address", mailbox.text.encode())
                return
            raise Refused(553, "5.6.7", "a non-ASCII address needs SMTPUTF8 with MAIL (RFC 6531 3.4)", "utf8-address")

    def _requested_fault(self, mailbox: Mailbox) -> Reply | None:
        """Carry out the fault that a client requests by an address, or return the reply that it is.

        Raises: Refused for an address in the fault domain that names no fault.
        """
        do = find_fault_name((mailbox.text,))
        if do is None:
            if words := explain_fault_name((mailbox.text,)):
                raise Refused(550, "5.1.1", words)
            return None
        try:
            if do.reply is not UNSET:
                validate_reply(do.reply)
        except FaultError as error:
            raise Refused(550, "5.1.1", str(error)) from None
        made: Reply | None = self.dialogue.ask_for_fault(do)
        return made

    @command("RSET", "Drop the current message.", reference="RFC 5321 4.1.1.5")
    def rset(self, _argument: str) -> Reply:
        self.dialogue.reset()
        return OK

    def open_transaction(self) -> Transaction:
        """Return the transaction; the command table admits the commands that need one only if there is one."""
        if self.dialogue.transaction is None:
            raise self.identity.out_of_sequence("RCPT")
        return self.dialogue.transaction
