"""The content: DATA and BDAT, and what becomes of a message (RFC 5321 4.1.1.4, RFC 3030).

250 is said when the message is stored: at once in memory, after a `Call` on a disk.
"""

import re
from functools import partial

from homeport.protocol.commands import command
from homeport.protocol.effects import Call, Log
from homeport.protocol.waiting import Octets, Steps
from homeport.services.smtp.content import ChunkReader, DotReader
from homeport.services.smtp.dialogue import SmtpDialogue
from homeport.services.smtp.envelope import Envelope
from homeport.services.smtp.identity import Identity
from homeport.services.smtp.replies import OK, Refused, Reply
from homeport.services.smtp.trace import received, with_protocol
from homeport.services.smtp.transaction import Transaction, no_room
from homeport.world.mail.mail import Acceptance, describe
from homeport.world.mail.message import Envelope as MessageEnvelope

CHUNK = re.compile(r"([0-9]{1,15})(?: (LAST))?", re.IGNORECASE)
"""The argument of BDAT."""
GO_AHEAD = Reply(354, "", "start mail input; end with <CRLF>.<CRLF>")


class Receiving:
    """The content of the message on its way."""

    __slots__ = ("dialogue", "envelope", "gone", "identity", "options")

    def __init__(self, dialogue: SmtpDialogue, identity: Identity, envelope: Envelope) -> None:
        self.dialogue = dialogue
        self.identity = identity
        self.envelope = envelope
        self.options = dialogue.options
        self.gone = False
        """Whether the connection is."""

    @command(
        "DATA",
        "Send the message, to a line with a dot alone.",
        states=("mail", "rcpt", "chunks"),
        reference="RFC 5321 4.1.1.4",
    )
    def data(self, _argument: str) -> Steps:
        dialogue, transaction = self.dialogue, self.envelope.open_transaction()
        if transaction.chunks is not None:
            text = "the message has begun with BDAT, and goes on with it (RFC 3030 2)"
            raise Refused(503, "5.5.1", text, "data-mixed")
        if not transaction.recipients:
            raise no_recipients(transaction)
        if transaction.fields.get("body") == "BINARYMIME":
            raise Refused(503, "5.5.1", "BINARYMIME needs BDAT (RFC 3030 3)", "binary-with-data")
        dots = DotReader(transaction.begin_content(dialogue.context.world.mail, self.options))
        dialogue.reply("DATA", "", GO_AHEAD)
        dialogue.state = "data"
        yield dots
        if (saving := self._end_message(transaction, ".", "")) is not None:
            yield from saving

    @command("BDAT", "Send so many octets of the message.", syntax="size [LAST]", reference="RFC 3030 2")
    def bdat(self, argument: str) -> Steps:
        if not (match := CHUNK.fullmatch(argument)):
            raise Refused(501, "5.5.4", "write BDAT size, or BDAT size LAST (RFC 3030 2)", "syntax")
        return self.read_chunk(match, self._refuse_chunk())

    def read_chunk(self, match: re.Match[str], refused: Refused | None) -> Steps:
        """Read a chunk, and answer it. refused: why it is thrown away; None if it counts."""
        dialogue, argument = self.dialogue, match[0]
        size, transaction = int(match[1]), dialogue.transaction
        chunks = transaction.chunks if transaction is not None and refused is None else None
        # Refused or not, the octets of the chunk come, and must be read (RFC 3030 2).
        yield Octets(size, ignore if chunks is None else chunks.take)
        if transaction is None or chunks is None:
            missing = Refused(503, "5.5.1", "there is no message", "bad-sequence")
            dialogue.refuse(b"BDAT " + argument.encode(), refused or missing)
        elif match[2]:
            chunks.finish()
            if (saving := self._end_message(transaction, "BDAT", argument)) is not None:
                yield from saving
        elif transaction.content is not None and transaction.content.size_over:
            refusal = transaction.refusal(self.options) or OK
            dialogue.reset()
            dialogue.reply("BDAT", argument, refusal)
        else:
            dialogue.reply("BDAT", argument, Reply(250, "2.0.0", f"{size} octets received"))

    def _refuse_chunk(self) -> Refused | None:
        transaction = self.dialogue.transaction
        if "CHUNKING" in self.options.without:
            return Refused(502, "5.5.1", "BDAT is not offered here", "unknown-command")
        if transaction is None:
            return self.identity.out_of_sequence("BDAT")
        if not transaction.recipients:
            return no_recipients(transaction)
        if transaction.chunks is None:
            content = transaction.begin_content(self.dialogue.context.world.mail, self.options)
            transaction.chunks = ChunkReader(content)
        self.dialogue.state = "chunks"
        return None

    def _end_message(self, transaction: Transaction, verb: str, argument: str) -> Steps | None:
        """All of a message is here: keep it, or say why not. Returns what is to be waited for; None for nothing."""
        dialogue = self.dialogue
        if transaction.content is not None:
            transaction.content.finish()
        for finding, shown in transaction.offences():
            dialogue.find(finding, shown)
        planned = None
        if verb == "." and dialogue.context.world.faults.planned:
            addresses = (recipient.address for recipient in transaction.recipients)
            planned = dialogue.plan(".", " ".join((transaction.reverse_path.text, *addresses)))
        refusal = planned or transaction.refusal(self.options)
        if refusal is not None:
            self._close(transaction, verb, argument, refusal)
            return None
        return self._keep(transaction, verb, argument)

    def _keep(self, transaction: Transaction, verb: str, argument: str) -> Steps | None:
        body = transaction.body
        if body is None:
            return None
        try:
            acceptance = body.accept(self._envelope(transaction, body.id))
            transaction.body = None  # it is the store's now, whatever becomes of the connection
            if body.blocks:
                return self._save(acceptance, transaction, verb, argument)
            acceptance.save()
            acceptance.publish()
        except OSError as error:
            self._close(transaction, verb, argument, no_room(error.strerror or str(error)))
        else:
            self._kept(acceptance, transaction, verb, argument)
        return None

    def _save(self, acceptance: Acceptance, transaction: Transaction, verb: str, argument: str) -> Steps:
        """Store the message on a disk."""
        self.dialogue.state = "saving"
        try:
            yield Call(acceptance.save, partial(self._publish, acceptance))
        except Exception as error:
            problem = (error.strerror if isinstance(error, OSError) else "") or str(error)
            self._close(transaction, verb, argument, no_room(problem))
        else:
            self._kept(acceptance, transaction, verb, argument)

    def _publish(self, acceptance: Acceptance) -> None:
        """The message is stored; it is mail, even if whoever sent it is gone."""
        acceptance.publish()
        if self.gone:
            self.dialogue.context.world.mail.log(acceptance.message)

    def _kept(self, acceptance: Acceptance, transaction: Transaction, verb: str, argument: str) -> None:
        message = acceptance.message
        fields = describe(message)
        fields["subject"] = transaction.content.header.subject if transaction.content else ""
        self.envelope.messages += 1
        self.dialogue.effects.append(Log("message", fields))
        self._close(transaction, verb, argument, Reply(250, "2.0.0", f"OK: stored as {message.id}"))

    def _close(self, transaction: Transaction, verb: str, argument: str, reply: Reply) -> None:
        """Say what became of the message: in LMTP for each recipient (RFC 2033 4.2)."""
        times = len(transaction.recipients) if self.options.protocol == "lmtp" else 1
        self.dialogue.reset()
        self.dialogue.reply(verb, argument, reply, times)

    def leave(self) -> None:
        """The connection is gone."""
        self.gone = True
        self.dialogue.reset()

    def _envelope(self, transaction: Transaction, identifier: str) -> MessageEnvelope:
        context, fields, identity = self.dialogue.context, transaction.fields, self.identity
        protocol = with_protocol(
            self.options.protocol,
            extended=identity.extended,
            tls=identity.tls is not None,
            auth=bool(identity.login),
            smtputf8="smtputf8" in fields,
        )
        recipients = transaction.recipients
        return MessageEnvelope(
            reverse_path=transaction.reverse_path.text,
            recipients=tuple(recipients),
            helo=identity.client_name,
            peer=context.peer,
            local=context.local,
            listener=context.listener,
            conn=context.conn,
            protocol=protocol,
            tls=identity.tls,
            auth=identity.login,
            mechanism=identity.mechanism,
            id=identifier,
            received=received(
                identity.client_name,
                context.peer,
                self.options.host_name,
                context.local,
                protocol,
                identity.tls,
                identifier,
                recipients[0].address if len(recipients) == 1 else "",
                context.world.clock.now(),
            ),
            **fields,
        )


def no_recipients(transaction: Transaction) -> Refused:
    """Return what is said to a message for nobody; that all recipients were refused is no mistake of the client's."""
    return Refused(554, "5.5.1", "no valid recipients", "" if transaction.tried else "bad-sequence")


def ignore(_octets: bytes) -> None:
    """Throw octets away."""
