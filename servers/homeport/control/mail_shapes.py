"""The request and response schemas of the API's message operations."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from homeport.config.quantities import Duration, Size
from homeport.control.times import validate_timeout
from homeport.protocol.rules import Level
from homeport.world.findings import Finding

FROM = {"sender": "from"}
"""`from` is a keyword of Python, so the field has another name in code."""
Feature = Literal["attachment", "html", "text", "link", "finding", "unread"]
"""What a message can have."""
Bytes = Annotated[Size, Meta(extra_json_schema={"type": "string"})]


class MessageFilter(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename=FROM):
    """Conditions for messages; a message must meet all. Case-insensitive."""

    since: Annotated[int, Meta(ge=0, description="only messages after the one of this `number`")] = 0
    q: Annotated[
        str | None,
        Meta(description="a filter: words, `key:value`, `key:a,b` (or), `-key:value` (not), `size:>10KiB`, `a OR b`"),
    ] = None
    to: Annotated[
        str | None,
        Meta(
            description="a recipient of the envelope or a mailbox: its address, its local part, or @domain; "
            "or a part of a name in To"
        ),
    ] = None
    sender: Annotated[
        str | None,
        Meta(
            description="the reverse-path or an address in From: address, local part, or @domain; "
            "or a part of a name in From"
        ),
    ] = None
    cc: Annotated[str | None, Meta(description="an address in Cc, or a part of a name there")] = None
    bcc: Annotated[
        str | None,
        Meta(description="an address in Bcc, a part of a name there, or a recipient that To, Cc and Bcc do not name"),
    ] = None
    mailbox: Annotated[
        str | None, Meta(description="a mailbox that it was delivered to: address, local part, or @domain")
    ] = None
    subject: Annotated[str | None, Meta(description="a part of the subject")] = None
    header: Annotated[str | None, Meta(description="a header field: `Name`, or `Name: a part of its value`")] = None
    text: Annotated[
        str | None,
        Meta(
            description="a part of the subject or of a text, as a reader sees it: HTML without tags, attached texts, "
            "and texts of enclosed messages"
        ),
    ] = None
    has: Annotated[Feature | None, Meta(description="what the message must have")] = None
    larger: Annotated[Bytes | None, Meta(description="larger than this: bytes, or 10KiB, 1MiB")] = None
    smaller: Annotated[Bytes | None, Meta(description="smaller than this: bytes, or 10KiB, 1MiB")] = None
    after: Annotated[
        str | None, Meta(description="received after this real time: RFC 3339, a day (UTC), or relative, such as -5m")
    ] = None
    before: Annotated[str | None, Meta(description="received before this real time")] = None


class MessagesQuery(MessageFilter, frozen=True, kw_only=True, rename=FROM):
    """The messages to list."""

    order: Annotated[
        Literal["oldest", "newest", "asc", "desc"],
        Meta(description="sort order by `number`; asc is oldest first, desc is newest first"),
    ] = "oldest"
    until: Annotated[
        int | None,
        Meta(description="only messages before the one of this `number`; continues a list with the newest first"),
    ] = None
    limit: Annotated[int, Meta(ge=1, le=10_000, description="maximum number of messages")] = 1000


class MessageWaitQuery(MessageFilter, frozen=True, kw_only=True, rename=FROM):
    """The messages to wait for."""

    count: Annotated[int, Meta(ge=1, le=10_000, description="number of messages to wait for")] = 1
    timeout: Annotated[
        Duration,
        Meta(
            description="timeout in real time, such as 500ms or 5s, at most 24h",
            extra_json_schema={"type": "string", "default": "5s"},
        ),
    ] = msgspec.field(default_factory=lambda: Duration(5))

    def __post_init__(self) -> None:
        validate_timeout(self.timeout)


class EnvelopeSummary(msgspec.Struct, frozen=True, kw_only=True, rename=FROM):
    meaning = "Sender and recipients of a message in SMTP."

    sender: str
    to: list[str]


class FindingsSummary(msgspec.Struct, frozen=True):
    meaning = "The findings about a message, as a list shows them."

    count: int
    worst: Level | None
    """The most severe level; null without findings."""


class MessageSummary(msgspec.Struct, frozen=True, kw_only=True, rename=FROM):
    meaning = "A message in a list."

    id: str
    number: int
    time: str
    """Real time of acceptance."""
    size: int
    envelope: EnvelopeSummary
    sender: str
    """The header From."""
    to: str
    """The header To."""
    subject: str
    auth: str | None
    """The authenticated login."""
    tls: str | None
    """The TLS version."""
    conn: str | None
    peer: str | None
    attachments: int
    """The number of attachments, without the pictures that are in the HTML."""
    findings: FindingsSummary
    unread: bool
    """True until it is marked as read; reading it over the API does not."""
    snippet: str
    """The beginning of the text that a reader sees."""
    mailboxes: list[str]
    """The mailboxes that it was delivered to."""
    tags: list[str]
    """Its tags, which IMAP shows as keywords in the mailbox All."""


class RecipientState(msgspec.Struct, frozen=True):
    meaning = "A recipient with its DSN parameters (RFC 3461)."

    address: str
    notify: list[str]
    orcpt: str


class TlsState(msgspec.Struct, frozen=True):
    meaning = "The TLS state of the connection that delivered a message."

    version: str
    cipher: str
    server_name: str
    client_certificate: bool
    verified: bool


class FullEnvelope(msgspec.Struct, frozen=True, kw_only=True, rename=FROM):
    meaning = "The whole envelope of a message."

    sender: str
    to: list[RecipientState]
    helo: str
    peer: str | None
    local: str | None
    listener: str
    protocol: str
    tls: TlsState | None
    auth: str | None
    mechanism: str | None
    body: str
    smtputf8: bool
    size: int | None
    """Bytes that the client declared."""
    ret: str
    envid: str
    requiretls: bool
    priority: int | None
    transaction: str | None
    """Identifier of the mail transaction, which its findings carry."""
    received: str
    """The trace line that delivery prepends."""


class Delivered(msgspec.Struct, frozen=True):
    meaning = "A mailbox that a message was delivered to."

    mailbox: str
    return_path: str


class PartSummary(msgspec.Struct, frozen=True):
    meaning = "A part of a message."

    index: int
    content_type: str
    charset: str
    filename: str
    content_id: str
    attachment: bool
    size: int
    """Bytes after decoding."""
    disposition: str
    """`attachment`, `inline`, or empty."""
    encoding: str
    """Its Content-Transfer-Encoding; empty if there is none."""
    begin: int
    """Offset of its body in the message as received."""
    end: int


class PartNode(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "A message, a multipart or a part, with what is in it. Offsets are in the message as received."

    section: str
    """Its number as in IMAP, such as `2.1`; empty for the message, and for the multipart of an enclosed message."""
    part: str | None
    """Its name in `.../parts/{part}`; null for a multipart."""
    content_type: str
    charset: str
    filename: str
    content_id: str
    """Without angle brackets."""
    disposition: str
    encoding: str
    attachment: bool
    size: int
    """Bytes after decoding; of a multipart, as received."""
    header: int
    """Offset of its header."""
    body: int
    """Offset of its body."""
    end: int
    """Offset of its end."""
    complete: bool
    """False if a limit kept some of it from being parsed."""
    subject: str | None
    """The subject of a message, also of an enclosed one; null for a part."""
    children: list["PartNode"]


class MessageDetail(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "A parsed message. `text` and `html` are the first parts of their types that are not attachments."

    id: str
    number: int
    time: str
    world_time: str
    size: int
    envelope: FullEnvelope
    delivered_to: list[Delivered]
    conn: str | None
    """The connection whose transcript has it."""
    headers: list[list[str]]
    """Pairs of name and decoded value, in order."""
    subject: str
    text: str
    html: str
    links: list[str]
    """The URLs in its texts, in order, each once."""
    codes: list[str]
    """The one-time codes (4 to 8 digits) that it may contain; several if it is ambiguous."""
    parts: list[PartSummary]
    findings: list[Finding]
    """Findings of its transaction, and those of the session before it that belong to no transaction."""
    unread: bool
    tags: list[str]
    """Its tags, which IMAP shows as keywords in the mailbox All."""
    tree: PartNode
    """The message with all its parts, and those of enclosed messages."""
    remote: list[str]
    """The URLs on other hosts that its HTML fetches when it is shown; at most 100."""


class Messages(msgspec.Struct, frozen=True):
    meaning = (
        "Messages in the requested order. `next` continues the list: pass it as `since`, or as `until` if the newest "
        "come first;\n"
        "it is null at the end."
    )

    items: list[MessageSummary]
    total: int
    next: int | None = None
    number: int = 0
    """The number of the newest message of all: pass it as `since` to get only later messages."""


class AwaitedMessages(msgspec.Struct, frozen=True):
    meaning = "The matches. On timeout, `near` has the latest messages that met all conditions but one."

    messages: list[MessageSummary]
    timed_out: bool
    next: int
    """Pass it as `since` to continue after these."""
    near: list[MessageSummary] = []


class ViewQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to show a message as a page."""

    remote: Annotated[Literal["0", "1"], Meta(description="1 to let the page fetch pictures from other hosts")] = "0"


class Marks(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "Marks of a message to change; what is left out stays as it is."

    read: Annotated[bool | msgspec.UnsetType, Meta(description="the flag \\Seen in the IMAP mailbox All")] = (
        msgspec.UNSET
    )
    tags: Annotated[
        list[str] | msgspec.UnsetType,
        Meta(description="all its tags: keywords in the IMAP mailbox All, atoms of at most 128 ASCII characters"),
    ] = msgspec.UNSET


class ReadMark(msgspec.Struct, frozen=True):
    meaning = "The marks of a message."

    read: bool
    tags: list[str]


class MailboxSummary(msgspec.Struct, frozen=True):
    meaning = "A mailbox with messages."

    mailbox: str
    messages: int
    unread: int
    size: int
    """Bytes of its messages."""


class Mailboxes(msgspec.Struct, frozen=True):
    meaning = "The mailboxes that have messages, by name."

    items: list[MailboxSummary]


class Deleted(msgspec.Struct, frozen=True):
    meaning = "The number of deleted messages."

    deleted: int
