"""The envelope: MAIL, RCPT and RSET (RFC 5321 4.1.1.2, 4.1.1.3, 4.1.1.5), with the parameters of extensions."""

from typing import Any

from msgspec import UNSET

from homeport.commands import command
from homeport.faults import FaultError, explain_fault_name, find_fault_name
from homeport.services.smtp import parameters
from homeport.services.smtp.identity import Identity
from homeport.services.smtp.paths import (
    FORWARD_PATH,
    REVERSE_PATH,
    Grammar,
    Mailbox,
    address_literal,
    literal_address,
    parse_path_argument,
)
from homeport.services.smtp.planned import check_reply
from homeport.services.smtp.replies import OK, Refused, Reply
from homeport.services.smtp.speaking import IN_TRANSACTION
from homeport.services.smtp.transaction import Transaction
from homeport.session import Context
from homeport.world.mail.message import Recipient

SENDER_OK = Reply(250, "2.1.0", "OK")
RECIPIENT_OK = Reply(250, "2.1.5", "OK")


class Mailing(Identity):
    """A dialogue that collects envelopes."""

    __slots__ = ("_messages", "_transaction")

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._transaction: Transaction | None = None
        self._messages = 0

    def reset(self) -> None:
        """Forget the transaction."""
        if self._transaction is not None:
            self._transaction.drop()
            self._transaction = None
        if self.state in IN_TRANSACTION:
            self.state = "ready"

    def out_of_sequence(self, verb: str) -> Refused:
        """What is said to a command that comes too early or too late."""
        if self.state == "refused":
            text = "there is no service here: the greeting refused it (RFC 5321 3.1)"
            return Refused(503, "5.5.1", text, "bad-sequence")
        if self.state == "start":
            hello = "LHLO" if self.options.protocol == "lmtp" else "EHLO"
            if not self._greeted_after_tls:
                text = f"say {hello} again: TLS has made everything new (RFC 3207 4.2)"
                return Refused(503, "5.5.1", text, "no-ehlo-after-starttls")
            return Refused(503, "5.5.1", f"say {hello} first (RFC 5321 4.1.1.1)", "no-ehlo")
        text = f"bad sequence of commands: before {verb} comes {BEFORE.get(verb, 'another one')} (RFC 5321 4.1.4)"
        return Refused(503, "5.5.1", text, "" if self.in_failed_group(verb) else "bad-sequence")

    def in_failed_group(self, verb: str) -> bool:
        """Whether the client may have sent this before it could know that the message had failed (RFC 2920 3.1)."""
        return verb in MESSAGE_VERBS and self._refused in MESSAGE_VERBS and self.may_group()

    def open_transaction(self) -> Transaction:
        """The transaction; the command table lets nothing through that needs one where there is none."""
        if self._transaction is None:
            raise self.out_of_sequence("RCPT")
        return self._transaction

    @command(
        "MAIL",
        argument="required",
        states=("ready",),
        syntax="FROM:<reverse-path> [parameters]",
        reference="RFC 5321 4.1.1.2",
    )
    def mail(self, argument: str) -> Reply:
        """Begin a message, and say who sends it."""
        self._check_permission()
        if self._messages >= self.options.max_messages:
            text = f"at most {self.options.max_messages} messages in a connection: connect again (RFC 9422)"
            return Reply(421, "4.7.0", text, closes=True)
        mailbox, rest = self._path("FROM", argument, REVERSE_PATH)
        fields = self._parameters(rest, parameters.MAIL) if rest else {}
        if not mailbox.text.isascii():
            self._check_utf8(fields)
        self._check_fields(fields)
        if self.context.world.faults.by_client and (planned := self._asked_for(mailbox)):
            return planned
        self._transaction = Transaction(mailbox, fields)
        self.state = "mail"
        if self._presence:
            self.context.world.presence.touch(self._presence, self.context.world.clock.now())
        return SENDER_OK

    def _check_permission(self) -> None:
        listener, options = self.context.listener, self.options
        if self.tls is None and listener in options.require_tls:
            raise Refused(530, "5.7.0", "mail is taken only under TLS: send STARTTLS first (RFC 3207 4)")
        if not self._identity and listener in options.require_auth:
            raise Refused(530, "5.7.0", "authentication required: send AUTH first (RFC 6409 4.3)", "auth-missing")

    def _check_fields(self, fields: dict[str, Any]) -> None:
        limit = int(self.options.max_size)
        if limit and fields.get("size", 0) > limit:
            text = f"the message may have at most {limit} octets (RFC 1870 6.1)"
            raise Refused(552, "5.3.4", text, "size-exceeds-limit")
        if fields.get("body") == "BINARYMIME" and "BINARYMIME" not in self._offered:
            raise Refused(555, "5.5.4", "BINARYMIME is not offered here (RFC 3030 3)", "parameter-not-offered")

    @command(
        "RCPT",
        argument="required",
        states=("mail", "rcpt"),
        syntax="TO:<forward-path> [parameters]",
        reference="RFC 5321 4.1.1.3",
    )
    def rcpt(self, argument: str) -> Reply:
        """Name a recipient."""
        transaction = self.open_transaction()
        transaction.tried += 1
        mailbox, rest = self._path("TO", argument, FORWARD_PATH)
        if mailbox.is_null:
            raise FORWARD_PATH.refuse("only a reverse-path may be empty")
        fields = self._parameters(rest, parameters.RCPT) if rest else {}
        if not mailbox.text.isascii():
            self._check_utf8(transaction.fields)
        if self.context.world.faults.by_client and (planned := self._asked_for(mailbox)):
            return planned
        if len(transaction.recipients) >= self.options.max_recipients:
            text = f"too many recipients: at most {self.options.max_recipients} (RFC 5321 4.5.3.1.10)"
            return Reply(452, "4.5.3", text)
        address = self._accept_recipient(mailbox)
        if not transaction.add(mailbox, Recipient(address=address, **fields)):
            self.find("duplicate-recipient", mailbox.text.encode())
        self.state = "rcpt"
        return RECIPIENT_OK

    def _accept_recipient(self, mailbox: Mailbox) -> str:
        """The address that the message goes to."""
        verdict = self.context.world.mail.verify(mailbox.local_part, self.own_domain(mailbox.domain))
        if verdict.kind == "elsewhere":
            raise Refused(550, "5.7.1", f"relaying denied: {mailbox.domain} has no mailboxes here (RFC 5321 3.6.2)")
        if verdict.kind in ("unknown", "ambiguous"):
            raise Refused(550, "5.1.1", f"no such mailbox: {mailbox.text}")
        # A tag stays, so that mail can be found by it; our own literal and a bare Postmaster become the real thing.
        own = not mailbox.domain or mailbox.domain.startswith("[")
        return verdict.address if own else mailbox.text

    def own_domain(self, domain: str) -> str:
        """The domain; empty if it is our own address literal (RFC 1123 5.2.17)."""
        if domain.startswith("[") and literal_address(domain) == literal_address(
            address_literal(self.context.local[0])
        ):
            return ""
        return domain

    def _path(self, keyword: str, argument: str, grammar: Grammar) -> tuple[Mailbox, str]:
        """The path behind FROM: or TO:, and what follows it."""
        mailbox, rest = parse_path_argument(argument, keyword, grammar)
        if mailbox.route:
            self.find("source-route", argument.encode())
        return mailbox, rest

    def _parameters(self, text: str, table: dict[str, parameters.Parameter]) -> dict[str, Any]:
        if not self._extended and text.strip():
            raise Refused(
                555, "5.5.4", "HELO brings no parameters: say EHLO (RFC 5321 4.1.1.1)", "parameter-after-helo"
            )
        if "REQUIRETLS" in text.upper().split() and self.tls is None:
            raise Refused(530, "5.7.0", "REQUIRETLS needs TLS (RFC 8689 2)", "requiretls-without-tls")
        offered = (*self._offered, "AUTH") if self._identity else self._offered
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
        self._faults += self.context.world.faults.asked_for(self.context, do)
        return self.planned_reply()

    @command("RSET", reference="RFC 5321 4.1.1.5")
    def rset(self, _argument: str) -> Reply:
        """Forget the message that was begun."""
        self.reset()
        return OK


MESSAGE_VERBS = ("MAIL", "RCPT", "DATA", "BDAT")
BEFORE = {
    "MAIL": "RSET or the end of the message, because one is begun",
    "RCPT": "MAIL",
    "DATA": "MAIL and RCPT",
    "BDAT": "MAIL and RCPT",
}
"""What must come before a command."""
