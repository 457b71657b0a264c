"""A mail transaction (RFC 5321 3.3): the envelope, the content, and the checks of both."""

from typing import Any

from homeport.services.smtp.content import ChunkReader, Content
from homeport.services.smtp.header import MAX_CHECKED, MAX_CHECKED_AT_ONCE, MAX_RECEIVED, inspect_body
from homeport.services.smtp.options import SmtpOptions
from homeport.services.smtp.paths import Mailbox
from homeport.services.smtp.replies import Reply
from homeport.services.smtp.rules import BY_ID, RULES
from homeport.world.mail.mail import Body, Mail
from homeport.world.mail.message import Recipient

MUSTS = frozenset(rule.id for rule in RULES if rule.level == "must")
"""Findings for which `syntax = "strict"` refuses a message."""


class Transaction:
    """One message, from MAIL to its end.

    fields: the values that the parameters of MAIL set, by the names of `Envelope`.
    """

    __slots__ = ("_keys", "body", "chunks", "content", "fields", "recipients", "refusals", "reverse_path", "tried")

    def __init__(self, reverse_path: Mailbox, fields: dict[str, Any]) -> None:
        self.reverse_path = reverse_path
        self.fields = fields
        self.recipients: list[Recipient] = []
        self.refusals: dict[int, Reply] = {}
        """In LMTP, the replies to the end of the message for the recipients that do not get it, by their places."""
        self.tried = 0
        """Number of RCPT commands, including refused ones."""
        self.body: Body | None = None
        self.content: Content | None = None
        self.chunks: ChunkReader | None = None
        self._keys: set[tuple[str, str]] = set()

    def add(self, mailbox: Mailbox, recipient: Recipient) -> bool:
        """Add a recipient. Return True if it is new; the case of its domain is ignored (RFC 5321 2.4)."""
        key = (mailbox.local_part, mailbox.domain.lower())
        new = key not in self._keys
        self._keys.add(key)
        self.recipients.append(recipient)
        return new

    @property
    def accepted(self) -> tuple[Recipient, ...]:
        """The recipients that get the message."""
        return tuple(one for at, one in enumerate(self.recipients) if at not in self.refusals)

    def begin_content(self, mail: Mail, options: SmtpOptions) -> Content:
        """Start to receive the message."""
        fields = self.fields
        self.body = mail.begin(fields.get("size"))
        limit = int(options.max_size) or (1 << 63)
        binary = fields.get("body") == "BINARYMIME"
        fatal = MUSTS if options.is_strict else ()
        self.content = Content(self.body, limit, int(options.max_line) or (1 << 63), binary=binary, fatal=fatal)
        return self.content

    def drop(self) -> None:
        """Drop the message."""
        if self.body is not None:
            self.body.drop()
            self.body = None

    @property
    def has_large_body(self) -> bool:
        """True if `inspect_body` must not run on the reactor."""
        return self._has_body_to_check and self.content is not None and self.content.size > MAX_CHECKED_AT_ONCE

    @property
    def _has_body_to_check(self) -> bool:
        content = self.content
        return self.body is not None and content is not None and content.header.has_structure and not content.doomed

    def inspect_body(self) -> dict[str, bytes]:
        """Check the parts of the received message; may run in any thread. Return findings, as `violations` does."""
        body, content = self.body, self.content
        if body is None or content is None or not self._has_body_to_check:
            return {}
        utf8 = bool(self.fields.get("smtputf8"))
        return inspect_body(body.draft.head(MAX_CHECKED), whole=content.size <= MAX_CHECKED, utf8=utf8)

    def violations(self) -> list[tuple[str, bytes]]:
        """Return the rules that the received message breaks: ids of findings, with the bytes that show it."""
        content, fields = self.content, self.fields
        if content is None:
            return []
        found = [*content.findings.items()]
        if content.sample_8bit and fields.get("body", "7BIT") == "7BIT":
            found.append(("8bit-without-8bitmime", content.sample_8bit))
        if content.header.raw_8bit and not fields.get("smtputf8"):
            found.append(("utf8-header", b""))
        declared = fields.get("size")
        if declared and content.size > declared:
            found.append(("size-lied", b""))
        return found

    def refusal(self, options: SmtpOptions) -> Reply | None:
        """Return the reply that refuses the message; None if it can be stored."""
        content = self.content
        if content is None:
            return None
        if content.size_over:
            return too_large(content.size, int(options.max_size))
        if content.line_over:
            text = f"a line of the message has more than {int(options.max_line)} bytes (RFC 5321 4.5.3.1.6)"
            return Reply(554, "5.6.0", text)
        if content.header.received > MAX_RECEIVED:
            return Reply(554, "5.4.6", "too many Received fields: the message is in a mail loop (RFC 5321 6.3)")
        if content.failed:
            return no_room(content.failed)
        if options.is_strict:
            for finding, _shown in self.violations():
                if finding in MUSTS:
                    rule = BY_ID[finding]
                    return Reply(554, "5.6.0", f"the client {rule.text} ({rule.reference})")
        return None


def too_large(size: int, limit: int) -> Reply:
    """Return the reply to a message over the limit. size: bytes received and announced so far."""
    return Reply(552, "5.3.4", f"the message has {size} bytes, over the limit of {limit} (RFC 1870 6)")


def no_room(problem: str) -> Reply:
    """Return the reply to a message that cannot be stored now (RFC 5321 4.5.3.1.9, RFC 3463 4.3.1)."""
    return Reply(452, "4.3.1", f"the message cannot be stored: {problem}")
