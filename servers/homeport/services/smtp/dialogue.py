"""What the parts of a session of SMTP share: the state, the transaction, replies and their count of errors."""

from homeport.protocol.dialogue import Dialogue, command_log
from homeport.protocol.faults import Reply as PlannedReply
from homeport.protocol.session import Context
from homeport.services.smtp.lines import without_secret
from homeport.services.smtp.options import SmtpOptions
from homeport.services.smtp.replies import Reply
from homeport.services.smtp.transaction import Transaction

IN_TRANSACTION = ("mail", "rcpt", "chunks", "data", "saving")
"""States in which a message is on its way; the last two are those in which no command is read."""


class SmtpDialogue(Dialogue):
    """One client's dialogue with a receiver-SMTP; the package's docstring draws its states."""

    __slots__ = ("_enhanced", "_errors", "options", "refused", "transaction")

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.options: SmtpOptions = context.options
        self.transaction: Transaction | None = None
        """The message on its way."""
        self.refused = ""
        """The verb of the last command, if it was refused."""
        self._enhanced = "ENHANCEDSTATUSCODES" not in self.options.without
        self._errors = 0

    def mask(self, line: bytes) -> bytes:
        return without_secret(line)

    def planned(self, made: PlannedReply) -> Reply:
        return Reply(made.code, made.enhanced, made.text or "as planned by a fault", closes=made.code == 421)

    def reply(self, verb: str, argument: str, reply: Reply, times: int = 1) -> None:
        """Say the reply to a command, and journal both. times: LMTP says it several times to the end of a message."""
        if self.over:
            return
        self.refused = verb if reply.code >= 400 else ""
        if reply.code >= 500:
            self._errors += 1
            if self._errors >= self.options.max_errors:
                text = f"too many errors: {self._errors} commands were refused; connect again (RFC 5321 3.8)"
                reply, times = Reply(421, "4.7.0", text, closes=True), 1
        self.effects.append(command_log(verb, argument, reply.digits))
        spoken = reply.with_status if self._enhanced else reply.plain
        spoken = (spoken or reply.wire(enhanced=self._enhanced)) * times
        if self.faults or reply.closes:
            self.say(spoken, closes=reply.closes)
        else:
            self._said.append(spoken)  # `say`, without a call

    def greet(self, reply: Reply) -> None:
        """Say a reply that answers no command."""
        self.say(reply.wire(enhanced=self._enhanced), closes=reply.closes)

    def reset(self) -> None:
        """Forget the transaction."""
        if (transaction := self.transaction) is not None:
            if transaction.body is not None:
                transaction.drop()
            self.transaction = None
        if self.state in IN_TRANSACTION:
            self.state = "ready"
