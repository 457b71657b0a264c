"""The content: DATA and BDAT, and what becomes of a message (RFC 5321 4.1.1.4, RFC 3030).

250 is said when the message is stored: at once in memory, after `Called` on a disk.
"""

import re
from collections.abc import Callable
from functools import partial

from homeport.commands import command
from homeport.effects import Call, Log
from homeport.events import Called, Event
from homeport.services.smtp.mailing import Mailing
from homeport.services.smtp.replies import OK, Refused, Reply
from homeport.services.smtp.trace import received, with_protocol
from homeport.services.smtp.transaction import Transaction, no_room
from homeport.session import Context
from homeport.world.mail.mail import Acceptance, describe
from homeport.world.mail.message import Envelope

CHUNK = re.compile(r"([0-9]{1,15})(?: (LAST))?", re.IGNORECASE)
"""The argument of BDAT."""
GO_AHEAD = Reply(354, "", "start mail input; end with <CRLF>.<CRLF>")


class Chunk:
    """A chunk of BDAT that is arriving."""

    __slots__ = ("argument", "last", "left", "refused", "size")

    def __init__(self, size: int, *, last: bool, argument: str, refused: Refused | None) -> None:
        self.size = size
        self.left = size
        self.last = last
        self.argument = argument
        self.refused = refused
        """Why it is only read and thrown away; None if it counts."""


class Receiving(Mailing):
    """A dialogue that takes messages."""

    __slots__ = ("_chunk", "_saving")

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._chunk: Chunk | None = None
        self._saving: Callable[[Event], None] | None = None

    def unfinished(self) -> str:
        """Whether a message is cut off by the end of the connection."""
        return "message-cut-off" if self.mode in ("data", "chunk") or self.state == "chunks" else ""

    def leave(self) -> None:
        """The connection is gone."""
        self._saving = None
        self.reset()
        self.log_out()

    @command("DATA", states=("mail", "rcpt", "chunks"), reference="RFC 5321 4.1.1.4")
    def data(self, _argument: str) -> Reply:
        """Send the message, to a line with a dot alone."""
        transaction = self.open_transaction()
        if transaction.chunks is not None:
            raise Refused(
                503, "5.5.1", "the message has begun with BDAT, and goes on with it (RFC 3030 2)", "data-mixed"
            )
        if not transaction.recipients:
            raise Refused(554, "5.5.1", "no valid recipients", "" if transaction.tried else "bad-sequence")
        if transaction.fields.get("body") == "BINARYMIME":
            raise Refused(503, "5.5.1", "BINARYMIME needs BDAT (RFC 3030 3)", "binary-with-data")
        transaction.begin_content(self.context.world.mail, self.options, chunked=False)
        self.mode = "data"
        return GO_AHEAD

    @command("BDAT", argument="required", syntax="size [LAST]", reference="RFC 3030 2")
    def bdat(self, argument: str) -> Reply | None:
        """Send so many octets of the message."""
        if not (match := CHUNK.fullmatch(argument)):
            raise Refused(501, "5.5.4", "write BDAT size, or BDAT size LAST (RFC 3030 2)", "syntax")
        self._begin_chunk(match, self._refuse_chunk())
        return None

    def reply_instead(self, verb: str, argument: str, planned: Reply) -> None:
        """Say a planned reply in the place of what a command asks for: to BDAT, behind its chunk."""
        if verb == "BDAT" and not planned.closes and (match := CHUNK.fullmatch(argument)):
            self.reset()  # what lacks a chunk is no message
            self._begin_chunk(match, Refused(planned.code, planned.enhanced, planned.text))
        else:
            super().reply_instead(verb, argument, planned)

    def _begin_chunk(self, match: re.Match[str], refused: Refused | None) -> None:
        # Refused or not, the octets of the chunk come, and must be read (RFC 3030 2).
        self._chunk = Chunk(int(match[1]), last=bool(match[2]), argument=match[0], refused=refused)
        self.mode = "chunk"
        if not self._chunk.left:
            self._end_chunk(self._chunk)

    def _refuse_chunk(self) -> Refused | None:
        transaction = self._transaction
        if "CHUNKING" in self.options.without:
            return Refused(502, "5.5.1", "BDAT is not offered here", "unknown-command")
        if transaction is None:
            return self.out_of_sequence("BDAT")
        if not transaction.recipients:
            return Refused(554, "5.5.1", "no valid recipients", "" if transaction.tried else "bad-sequence")
        if transaction.chunks is None:
            transaction.begin_content(self.context.world.mail, self.options, chunked=True)
        self.state = "chunks"
        return None

    def take_data(self, data: bytes) -> int:
        """Octets of a message."""
        transaction = self.open_transaction()
        end = transaction.dots.take(data) if transaction.dots else -1
        if end >= 0:
            self._end_message(transaction, ".", "")
        return end

    def take_chunk(self, data: bytes) -> int:
        """Octets of a chunk."""
        chunk = self._chunk
        if chunk is None:
            return 0
        piece = data[: chunk.left]
        chunk.left -= len(piece)
        if chunk.refused is None and self._transaction is not None and self._transaction.chunks is not None:
            self._transaction.chunks.take(piece)
        if not chunk.left:
            self._end_chunk(chunk)
        return len(piece)

    def _end_chunk(self, chunk: Chunk) -> None:
        self._chunk = None
        self.mode = "command"
        transaction = self._transaction
        if chunk.refused is not None or transaction is None or transaction.chunks is None:
            refused = chunk.refused or Refused(503, "5.5.1", "there is no message", "bad-sequence")
            self.say_no(b"BDAT " + chunk.argument.encode(), refused)
        elif chunk.last:
            transaction.chunks.finish()
            self._end_message(transaction, "BDAT", chunk.argument)
        elif transaction.content is not None and transaction.content.size_over:
            refusal = transaction.refusal(self.options) or OK
            self.reset()
            self.reply("BDAT", chunk.argument, refusal)
        else:
            self.reply("BDAT", chunk.argument, Reply(250, "2.0.0", f"{chunk.size} octets received"))

    def _end_message(self, transaction: Transaction, verb: str, argument: str) -> None:
        """All of a message is here: keep it, or say why not."""
        self.mode = "command"
        if transaction.content is not None:
            transaction.content.finish()
        for finding, shown in transaction.offences():
            self.find(finding, shown)
        planned = None
        if verb == "." and self.context.world.faults:
            addresses = (recipient.address for recipient in transaction.recipients)
            planned = self.plan_faults(".", " ".join((transaction.reverse_path.text, *addresses)))
        refusal = planned or transaction.refusal(self.options)
        if refusal is not None:
            self._close_transaction(transaction, verb, argument, refusal)
            return
        self._keep(transaction, verb, argument)

    def _keep(self, transaction: Transaction, verb: str, argument: str) -> None:
        body = transaction.body
        if body is None:
            return
        try:
            acceptance = body.accept(self._envelope(transaction, body.id))
            transaction.body = None  # it is the store's now, whatever becomes of the connection
            if not body.blocks:
                acceptance.save()
                acceptance.publish()
        except OSError as error:
            self._close_transaction(transaction, verb, argument, no_room(error.strerror or str(error)))
            return
        if not body.blocks:
            self._kept(acceptance, transaction, verb, argument)
            return
        self.mode = "saving"
        self._saving = partial(self._called, acceptance, transaction, verb, argument)
        self.effect(Call(acceptance.save, partial(self._publish, acceptance)))

    def _publish(self, acceptance: Acceptance) -> None:
        """The message is stored; it is mail, even if whoever sent it is gone."""
        acceptance.publish()
        if self._saving is None:
            self.context.world.mail.log(acceptance.message)

    def saved(self, event: Event) -> None:
        """The message that was to be stored is, or could not be."""
        saving, self._saving = self._saving, None
        if saving is None:
            return
        if self.mode == "saving":
            self.mode = "command"
        saving(event)

    def _called(self, acceptance: Acceptance, transaction: Transaction, verb: str, argument: str, event: Event) -> None:
        error = event.error if isinstance(event, Called) else None
        if error is None:
            self._kept(acceptance, transaction, verb, argument)
        else:
            problem = (error.strerror if isinstance(error, OSError) else "") or str(error)
            if self.mode != "over":
                self._close_transaction(transaction, verb, argument, no_room(problem))

    def _kept(self, acceptance: Acceptance, transaction: Transaction, verb: str, argument: str) -> None:
        subject = transaction.content.header.subject if transaction.content else ""
        message = acceptance.message
        self._messages += 1
        self._effects.append(Log("message", {**describe(message), "subject": subject}))
        if self.mode != "over":  # a limit or the end of the farm may have had the last word
            self._close_transaction(transaction, verb, argument, Reply(250, "2.0.0", f"OK: stored as {message.id}"))

    def _close_transaction(self, transaction: Transaction, verb: str, argument: str, reply: Reply) -> None:
        """Say what became of the message: in LMTP for each recipient (RFC 2033 4.2)."""
        times = len(transaction.recipients) if self.options.protocol == "lmtp" else 1
        self.reset()
        self.reply(verb, argument, reply, times)

    def _envelope(self, transaction: Transaction, identifier: str) -> Envelope:
        context, fields = self.context, transaction.fields
        protocol = with_protocol(
            self.options.protocol,
            extended=self._extended,
            tls=self.tls is not None,
            auth=bool(self._identity),
            smtputf8="smtputf8" in fields,
        )
        recipients = transaction.recipients
        return Envelope(
            reverse_path=transaction.reverse_path.text,
            recipients=tuple(recipients),
            helo=self._helo,
            peer=context.peer,
            local=context.local,
            listener=context.listener,
            conn=context.conn,
            protocol=protocol,
            tls=self.tls,
            auth=self._identity,
            mechanism=self._mechanism,
            id=identifier,
            received=received(
                self._helo,
                context.peer,
                self.options.host_name,
                context.local,
                protocol,
                self.tls,
                identifier,
                recipients[0].address if len(recipients) == 1 else "",
                context.world.clock.now(),
            ),
            **fields,
        )
