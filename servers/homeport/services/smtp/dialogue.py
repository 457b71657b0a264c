"""State that the parts of an SMTP session share: the state machine, the transaction, replies and their error count."""

from homeport.protocol.dialogue import SHOWN, Dialogue, Refused, command_fields
from homeport.protocol.effects import Log, ReportFinding
from homeport.protocol.faults import Reply as PlannedReply
from homeport.protocol.secrets import LOGIN_WORD, MASKED, mask_secrets
from homeport.protocol.service import Syntax
from homeport.protocol.session import Context
from homeport.services.smtp.options import SmtpOptions
from homeport.services.smtp.planned import WITHOUT_STATUS, made_reply
from homeport.services.smtp.replies import Reply
from homeport.services.smtp.transaction import Transaction

IN_TRANSACTION = ("mail", "rcpt", "chunks", "data", "saving")
"""States between MAIL and the end of the message; no command is read in the last two."""

VERDICTS = range(550, 555)
"""Replies about a mailbox or a message. They are no mistakes of the client, so they do not count as errors."""


class SmtpDialogue(Dialogue):
    """The dialogue with one client; the package's docstring draws its states."""

    __slots__ = (
        "_enhanced",
        "_errors",
        "_planned_for",
        "_transactions",
        "options",
        "refused",
        "syntax",
        "transaction",
        "transaction_id",
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.options: SmtpOptions = context.options
        self.syntax: Syntax = "strict" if self.options.is_strict else self.options.syntax
        """What is accepted: the option of that name, or the deprecated one that it replaces."""
        self.transaction: Transaction | None = None
        """The current transaction."""
        self.refused = ""
        """The verb of the last command, if it was refused."""
        self._enhanced = "ENHANCEDSTATUSCODES" not in self.options.without
        self._planned_for = ""  # the verb of the command that faults were looked up for
        self._errors = 0
        self._transactions = 0
        self.transaction_id = ""
        """Identifier of the current transaction, from MAIL on, even if MAIL is refused; empty outside of one."""

    def begin_transaction(self) -> None:
        """Give what follows the identifier of a new transaction."""
        self._transactions += 1
        self.transaction_id = f"{self.context.conn or 'c0'}-{self._transactions}"

    def report(self, finding: str, shown: bytes = b"") -> None:
        self.effects.append(ReportFinding(finding, self.mask(shown)[:SHOWN], self.transaction_id, self.place()))

    def mask(self, line: bytes) -> bytes:
        return MASKED if self.wary and not LOGIN_WORD.match(line) else mask_secrets(line)

    def refuse(self, line: bytes, refused: Refused) -> None:
        wary = self.wary or LOGIN_WORD.match(line) is not None
        super().refuse(line, refused)
        self.wary = wary
        self.login_open = self.login_open or wary

    def planned(self, made: PlannedReply) -> Reply:
        return made_reply(made, answers_command=self._planned_for not in ("CONNECT", *WITHOUT_STATUS))

    def plan(self, verb: str, argument: str) -> Reply | None:
        self._planned_for = verb
        made: Reply | None = super().plan(verb, argument)
        return made

    def reply(self, verb: str, argument: str, reply: Reply, times: int = 1) -> None:
        """Send the reply to a command, and log both.

        times: how often to send it; LMTP answers the end of a message once for each recipient.
        """
        if self.over:
            return
        if reply.code >= 400 and self.transaction is None:
            self.transaction_id = ""
        self.refused = verb if reply.code >= 400 else ""
        self.wary = verb == "AUTH" and reply.code != 235
        if verb == "AUTH":
            self.login_open = self.wary
        if reply.code >= 500 and reply.code not in VERDICTS:
            self._errors += 1
            if self._errors >= self.options.max_errors:
                text = f"too many errors: {self._errors} commands were refused; connect again (RFC 5321 3.8)"
                reply, times = Reply(421, "4.7.0", text, closes=True), 1
        wire = reply.with_status if self._enhanced else reply.plain
        wire = (wire or reply.wire(enhanced=self._enhanced)) * times
        self.effects.append(Log("command", command_fields(verb, argument, reply.digits), self.place(len(wire))))
        if self.faults or reply.closes:
            self.say(wire, closes=reply.closes)
        else:
            self._said.append(wire)  # `say`, inlined: this runs for every command

    def forgive(self) -> None:
        """Reset the error count: a client that delivers mail may make another mistake."""
        self._errors = 0

    def greet(self, reply: Reply) -> None:
        """Send a reply that answers no command."""
        self.say(reply.wire(enhanced=self._enhanced), closes=reply.closes)

    def reset(self) -> None:
        """Drop the transaction."""
        if (transaction := self.transaction) is not None:
            if transaction.body is not None:
                transaction.drop()
            self.transaction = None
        self.transaction_id = ""
        if self.state in IN_TRANSACTION:
            self.state = "ready"
