"""A mail transaction (RFC 5321 3.3): the envelope as it is collected, the content, and what is to be said of them."""

from typing import Any

from homeport.services.smtp.content import ChunkReader, Content
from homeport.services.smtp.header import MOST_RECEIVED
from homeport.services.smtp.options import SmtpOptions
from homeport.services.smtp.paths import Mailbox
from homeport.services.smtp.replies import Reply
from homeport.services.smtp.rules import BY_ID
from homeport.world.mail.mail import Body, Mail
from homeport.world.mail.message import Recipient


class Transaction:
    """One message from MAIL to its end.

    fields: what the parameters of MAIL set, by the names of `Envelope`.
    """

    __slots__ = ("_keys", "body", "chunks", "content", "fields", "recipients", "reverse_path", "tried")

    def __init__(self, reverse_path: Mailbox, fields: dict[str, Any]) -> None:
        self.reverse_path = reverse_path
        self.fields = fields
        self.recipients: list[Recipient] = []
        self.tried = 0
        """RCPT commands, the refused ones too."""
        self.body: Body | None = None
        self.content: Content | None = None
        self.chunks: ChunkReader | None = None
        self._keys: set[tuple[str, str]] = set()

    def add(self, mailbox: Mailbox, recipient: Recipient) -> bool:
        """Add a recipient; whether it is new, but for the case of its domain (RFC 5321 2.4)."""
        key = (mailbox.local_part, mailbox.domain.lower())
        new = key not in self._keys
        self._keys.add(key)
        self.recipients.append(recipient)
        return new

    def begin_content(self, mail: Mail, options: SmtpOptions) -> Content:
        """The message begins to arrive."""
        fields = self.fields
        self.body = mail.begin(fields.get("size"))
        limit = int(options.max_size) or (1 << 63)
        binary = fields.get("body") == "BINARYMIME"
        self.content = Content(self.body, limit, int(options.max_line) or (1 << 63), binary=binary)
        return self.content

    def drop(self) -> None:
        """Forget the message."""
        if self.body is not None:
            self.body.drop()
            self.body = None

    def offences(self) -> list[tuple[str, bytes]]:
        """What is wrong with the message that has arrived: findings, with the octets that show it."""
        content, fields = self.content, self.fields
        if content is None:
            return []
        found = [*content.findings.items()]
        if content.octets_8bit and fields.get("body", "7BIT") == "7BIT":
            found.append(("8bit-without-8bitmime", content.octets_8bit))
        if content.header.raw_8bit and not fields.get("smtputf8"):
            found.append(("utf8-header", b""))
        declared = fields.get("size")
        if declared and content.size > declared:
            found.append(("size-lied", b""))
        return found

    def refusal(self, options: SmtpOptions) -> Reply | None:
        """What the message is refused with; None if it can be kept."""
        content = self.content
        if content is None:
            return None
        if content.size_over:
            text = f"the message has {content.size} octets, over the limit of {int(options.max_size)} (RFC 1870 6)"
            return Reply(552, "5.3.4", text)
        if content.line_over:
            text = f"a line of the message has more than {int(options.max_line)} octets (RFC 5321 4.5.3.1.6)"
            return Reply(554, "5.6.0", text)
        if content.header.received > MOST_RECEIVED:
            return Reply(554, "5.4.6", "too many Received fields: the message goes in circles (RFC 5321 6.3)")
        if content.failed:
            return no_room(content.failed)
        if options.strict:
            for finding, _shown in self.offences():
                rule = BY_ID[finding]
                if rule.level == "must":
                    return Reply(554, "5.6.0", f"the client {rule.text} ({rule.reference})")
        return None


def no_room(problem: str) -> Reply:
    """A message cannot be stored now (RFC 5321 4.5.3.1.9, RFC 3463 4.3.1)."""
    return Reply(452, "4.3.1", f"the message cannot be stored: {problem}")
