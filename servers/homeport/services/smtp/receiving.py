"""The content: DATA and BDAT, and storing the message (RFC 5321 4.1.1.4, RFC 3030).

250 is sent once the message is stored: immediately in memory, after a `Call` on disk. Until then the client is
responsible for the message (RFC 5321 6.1), so an early 250 could lose mail.
"""

import re
from functools import partial
from itertools import groupby

from msgspec.structs import replace

from homeport.protocol.commands import command
from homeport.protocol.effects import Call, Log
from homeport.protocol.waiting import NextBytes, Steps
from homeport.services.smtp.content import ChunkReader, DotReader
from homeport.services.smtp.dialogue import SmtpDialogue
from homeport.services.smtp.envelope import Envelope
from homeport.services.smtp.identity import Identity
from homeport.services.smtp.replies import OK, Refused, Reply
from homeport.services.smtp.trace import received, with_protocol
from homeport.services.smtp.transaction import Transaction, no_room, too_large
from homeport.world.faults import Fault
from homeport.world.mail.mail import Acceptance, describe
from homeport.world.mail.message import Envelope as MessageEnvelope

CHUNK = re.compile(r"([0-9]{1,15})(?: (LAST))?", re.IGNORECASE)
"""The argument of BDAT."""
BEGINS_CHUNK = re.compile(rb"\W*BDAT(?![A-Za-z])", re.IGNORECASE)
"""The beginning of a line that sends a chunk, also of one that is refused."""
SIZE = re.compile(rb"\W*BDAT[ \t]+([0-9]{1,15})(?![0-9A-Za-z.,])", re.IGNORECASE)
"""A line that sends a chunk, with its size."""
GO_AHEAD = Reply(354, "", "start mail input; end with <CRLF>.<CRLF>")


class Receiving:
    """The commands that transfer the content of the current message."""

    __slots__ = ("dialogue", "envelope", "gone", "identity", "options")

    def __init__(self, dialogue: SmtpDialogue, identity: Identity, envelope: Envelope) -> None:
        self.dialogue = dialogue
        self.identity = identity
        self.envelope = envelope
        self.options = dialogue.options
        self.gone = False
        """True if the connection is closed."""

    @command(
        "DATA",
        "Send the message; a line with only a dot ends it.",
        states=("mail", "rcpt", "chunks"),
        reference="RFC 5321 4.1.1.4",
    )
    def data(self, _argument: str) -> Steps:
        dialogue, transaction = self.dialogue, self.envelope.open_transaction()
        if transaction.chunks is not None:
            text = "the message was begun with BDAT: continue with BDAT (RFC 3030 2)"
            raise Refused(503, "5.5.1", text, "data-mixed")
        if not transaction.recipients:
            raise no_recipients(transaction, self.options.protocol)
        if transaction.fields.get("body") == "BINARYMIME":
            raise Refused(503, "5.5.1", "BINARYMIME needs BDAT (RFC 3030 3)", "binary-with-data")
        self.envelope.require_room(transaction.fields.get("size") or 1)
        dots = DotReader(transaction.begin_content(dialogue.context.world.mail, self.options))
        dialogue.reply("DATA", "", GO_AHEAD)
        dialogue.state = "data"
        yield dots
        self._check_pipelining(dots.rest)
        if (saving := self._end_message(transaction, ".", "")) is not None:
            yield from saving

    @command("BDAT", "Send a chunk of the message.", syntax="size [LAST]", reference="RFC 3030 2")
    def bdat(self, argument: str) -> Steps:
        if not (match := CHUNK.fullmatch(argument)):
            raise Refused(501, "5.5.4", "write BDAT size, or BDAT size LAST (RFC 3030 2)", "syntax")
        return self.read_chunk(match, self._refuse_chunk(int(match[1])))

    def read_chunk(self, match: re.Match[str], refused: Refused | None) -> Steps:
        """Read a chunk, and answer it. refused: the reason to discard it; None to keep it."""
        dialogue, argument = self.dialogue, match[0]
        size, transaction = int(match[1]), dialogue.transaction
        chunks = transaction.chunks if transaction is not None and refused is None else None
        # The client sends the chunk without waiting for a reply, so it is read even if it is refused (RFC 3030 2).
        octets = NextBytes(size, discard if chunks is None else chunks.take)
        yield octets
        self._check_pipelining(octets.rest)
        if refused is not None and not refused.finding and transaction is not None and transaction.recipients:
            self._close(transaction, "BDAT", argument, refused.reply, last=bool(match[2]))
        elif transaction is None or chunks is None:
            missing = Refused(503, "5.5.1", "no message was begun", "bad-sequence")
            dialogue.refuse(b"BDAT " + argument.encode(), refused or missing)
        elif match[2]:
            chunks.finish()
            if (saving := self._end_message(transaction, "BDAT", argument)) is not None:
                yield from saving
        elif transaction.content is not None and transaction.content.doomed:
            for finding, shown in transaction.violations():
                dialogue.report(finding, shown)
            self._close(transaction, "BDAT", argument, transaction.refusal(self.options) or OK, last=False)
        else:
            dialogue.reply("BDAT", argument, Reply(250, "2.0.0", f"{size} bytes received"))

    def refuse_chunk(self, line: bytes, refused: Refused) -> Steps:
        """Refuse a chunk whose command is malformed: discard its octets, or close if their number cannot be told.

        They arrive in any case, and must not be obeyed as commands (RFC 3030 2).
        """
        match = SIZE.match(line)
        if match is None:
            reply = refused.reply
            text = f"{reply.text}; closing, because the size of the chunk that follows is unknown"
            refused = Refused(reply.code, reply.enhanced, text, refused.finding, closes=True)
        self.dialogue.refuse(line, refused)
        self.dialogue.reset()  # without one of its chunks the message is incomplete
        if match is not None:
            octets = NextBytes(int(match[1]), discard)
            yield octets
            self._check_pipelining(octets.rest)

    def _check_pipelining(self, rest: int) -> None:
        """Report commands that came together with the end of content. rest: their size in bytes."""
        if rest and not self.identity.may_pipeline():
            self.dialogue.report("pipelining-not-offered")

    def _refuse_chunk(self, size: int) -> Refused | None:
        """Return the refusal of a chunk; None to receive it. A refusal for its size drops the content so far."""
        transaction = self.dialogue.transaction
        if "CHUNKING" in self.options.without:
            return Refused(502, "5.5.1", "BDAT is not offered here", "unknown-command")
        if transaction is None:
            return self.identity.out_of_sequence("BDAT")
        if not transaction.recipients:
            return no_recipients(transaction, self.options.protocol)
        self.identity.require_ehlo("BDAT")
        if transaction.chunks is None:
            content = transaction.begin_content(self.dialogue.context.world.mail, self.options)
            transaction.chunks = ChunkReader(content)
        self.dialogue.state = "chunks"
        received, limit = transaction.content.size if transaction.content is not None else 0, int(self.options.max_size)
        reply = None
        if limit and received + size > limit:
            reply = too_large(received + size, limit)
        elif shortage := self.dialogue.context.world.mail.shortage(size):
            reply = no_room(shortage)
        if reply is None:
            return None
        transaction.drop()
        return Refused(reply.code, reply.enhanced, reply.text)

    def _end_message(self, transaction: Transaction, verb: str, argument: str) -> Steps | None:
        """Check a complete message, and store or refuse it. Return the steps to wait for; None for none."""
        if transaction.content is not None:
            transaction.content.finish()
        if transaction.has_large_body:
            return self._inspect_large(transaction, verb, argument)
        return self._conclude(transaction, verb, argument, transaction.inspect_body())

    def _inspect_large(self, transaction: Transaction, verb: str, argument: str) -> Steps:
        """Check a large message in the thread pool, then store or refuse it."""
        self.dialogue.state = "saving"
        findings = yield Call(transaction.inspect_body)
        if (saving := self._conclude(transaction, verb, argument, findings)) is not None:
            yield from saving

    def _conclude(self, transaction: Transaction, verb: str, argument: str, findings: dict[str, bytes]) -> Steps | None:
        """Store a checked message, or refuse it. Return the steps to wait for; None for none."""
        dialogue = self.dialogue
        for finding, shown in findings.items():
            if transaction.content is not None:
                transaction.content.report(finding, shown)
        for finding, shown in transaction.violations():
            dialogue.report(finding, shown)
        planned = None
        lmtp = self.options.protocol == "lmtp"
        if dialogue.context.world.faults.planned:
            earlier = dialogue.faults  # those of the last BDAT
            addresses = [recipient.address for recipient in transaction.recipients]
            if lmtp:
                self._plan_each(transaction, addresses)
            else:
                planned = dialogue.plan(".", " ".join((transaction.reverse_path.text, *addresses)))
            dialogue.faults = (*earlier, *dialogue.faults)
        refusal = planned or transaction.refusal(self.options)
        if refusal is None and lmtp:
            self._refuse_full(transaction)
            if not transaction.accepted:
                refusal = OK  # no recipient is left that would get it
        if refusal is not None:
            self._close(transaction, verb, argument, refusal)
            return None
        return self._keep(transaction, verb, argument)

    def _plan_each(self, transaction: Transaction, addresses: list[str]) -> None:
        """Note the faults at the end of a message for each recipient, who has a reply of their own in LMTP."""
        dialogue = self.dialogue
        faults: dict[Fault, None] = {}
        for at, address in enumerate(addresses):
            planned = dialogue.plan(".", f"{transaction.reverse_path.text} {address}")
            if planned is not None:
                transaction.refusals[at] = planned
            faults |= dict.fromkeys(dialogue.faults)
        dialogue.faults = tuple(faults)

    def _refuse_full(self, transaction: Transaction) -> None:
        """Refuse the message for full mailboxes now, which in SMTP would take a report (RFC 2033 1)."""
        mail = self.dialogue.context.world.mail
        size = transaction.body.size if transaction.body is not None else 0
        for at, recipient in enumerate(transaction.recipients):
            if at not in transaction.refusals and mail.is_full(recipient.address, size):
                text = f"<{recipient.address}>: the mailbox is full"
                transaction.refusals[at] = Reply(452, "4.2.2", text)

    def _keep(self, transaction: Transaction, verb: str, argument: str) -> Steps | None:
        body = transaction.body
        if body is None:
            return None
        try:
            acceptance = body.accept(self._envelope(transaction, body.id))
            transaction.body = None  # it belongs to the store now, even if the connection closes
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
        """Store the message on disk, in the thread pool."""
        self.dialogue.state = "saving"
        try:
            yield Call(acceptance.save, partial(self._publish, acceptance))
        except Exception as error:
            problem = (error.strerror if isinstance(error, OSError) else "") or str(error)
            self._close(transaction, verb, argument, no_room(problem))
        else:
            self._kept(acceptance, transaction, verb, argument)

    def _publish(self, acceptance: Acceptance) -> None:
        """Publish the stored message, even if its sender has disconnected."""
        acceptance.publish()
        if self.gone:
            self.dialogue.context.world.mail.log(acceptance.message)

    def _kept(self, acceptance: Acceptance, transaction: Transaction, verb: str, argument: str) -> None:
        message = acceptance.message
        fields = describe(message)
        fields["subject"] = transaction.content.header.subject if transaction.content else ""
        self.envelope.messages += 1
        self.dialogue.forgive()
        self.dialogue.effects.append(Log("message", fields))
        self._close(transaction, verb, argument, Reply(250, "2.0.0", f"OK: stored as {message.id}"))

    def _close(self, transaction: Transaction, verb: str, argument: str, reply: Reply, *, last: bool = True) -> None:
        """Send the result of the message; in LMTP once for each recipient after its last part (RFC 2033 4.2, 4.3)."""
        each = [reply]
        if self.options.protocol == "lmtp" and last:
            each = [transaction.refusals.get(at, reply) for at in range(len(transaction.recipients))]
        self.dialogue.reset()
        for one, group in groupby(each):
            self.dialogue.reply(verb, argument, one, len(list(group)))

    def leave(self) -> None:
        """Drop the transaction; the connection is closed."""
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
        recipients = transaction.accepted
        return MessageEnvelope(
            reverse_path=transaction.reverse_path.text,
            recipients=recipients,
            helo=identity.client_name,
            peer=context.peer,
            local=context.local,
            listener=context.listener,
            conn=context.conn,
            protocol=protocol,
            tls=None if identity.tls is None else replace(identity.tls, export=None),
            auth=identity.login,
            mechanism=identity.mechanism,
            id=identifier,
            transaction=self.dialogue.transaction_id,
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


def no_recipients(transaction: Transaction, protocol: str) -> Refused:
    """Return the refusal of a message without recipients; it is no finding if the client did name some."""
    code = 503 if protocol == "lmtp" else 554  # RFC 2033 4.2; RFC 5321 3.3
    return Refused(code, "5.5.1", "no valid recipients", "" if transaction.tried else "bad-sequence")


def discard(_data: bytes) -> None:
    """Discard bytes."""
