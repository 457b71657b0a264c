"""The shapes of what the API takes and gives about messages."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from homeport.config.quantities import Duration
from homeport.world.findings import Finding

FROM = {"sender": "from"}
"""A word of Python's that is also the right word."""


class MessageFilter(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename=FROM):
    """Which messages are meant: those that meet every condition. Case makes no difference."""

    since: Annotated[int, Meta(ge=0, description="only messages after the one of this `number`")] = 0
    to: Annotated[
        str | None,
        Meta(description="a recipient of the envelope or a mailbox: its address, its local part, or @domain"),
    ] = None
    sender: Annotated[
        str | None, Meta(description="the reverse-path or an address in From: address, local part, or @domain")
    ] = None
    subject: Annotated[str | None, Meta(description="a part of the subject")] = None
    header: Annotated[
        str | None, Meta(description="a header that is there: `Name`, or `Name: a part of its value`")
    ] = None
    text: Annotated[str | None, Meta(description="a part of the subject, the text or the HTML")] = None
    after: Annotated[
        str | None, Meta(description="received after this real time: RFC 3339, or a distance such as -5m")
    ] = None
    before: Annotated[str | None, Meta(description="received before this real time")] = None


class MessagesQuery(MessageFilter, frozen=True, kw_only=True, rename=FROM):
    """Which messages to list."""

    order: Annotated[Literal["oldest", "newest"], Meta(description="which come first")] = "oldest"
    until: Annotated[
        int | None, Meta(description="only messages before the one of this `number`: how `next` goes on, newest first")
    ] = None
    limit: Annotated[int, Meta(ge=1, le=10_000, description="at most so many, the first of the order")] = 1000


class MessageWaitQuery(MessageFilter, frozen=True, kw_only=True, rename=FROM):
    """Which messages to wait for."""

    count: Annotated[int, Meta(ge=1, le=10_000, description="how many of them")] = 1
    timeout: Annotated[
        Duration,
        Meta(
            description="how long to wait, in real time, such as 500ms or 5s",
            extra_json_schema={"type": "string", "default": "5s"},
        ),
    ] = msgspec.field(default_factory=lambda: Duration(5))


class EnvelopeSummary(msgspec.Struct, frozen=True, kw_only=True, rename=FROM):
    meaning = "Who sent a message to whom, as SMTP had it."

    sender: str
    to: list[str]


class MessageSummary(msgspec.Struct, frozen=True, kw_only=True, rename=FROM):
    meaning = "A message in a list."

    id: str
    number: int
    time: str
    """Real time of its acceptance."""
    size: int
    envelope: EnvelopeSummary
    sender: str
    """The header From."""
    to: str
    """The header To."""
    subject: str
    auth: str | None
    """Who was authenticated."""
    tls: str | None
    """The version of TLS."""
    conn: str | None
    peer: str | None


class RecipientState(msgspec.Struct, frozen=True):
    meaning = "A recipient, with what the client said of it (RFC 3461)."

    address: str
    notify: list[str]
    orcpt: str


class TlsState(msgspec.Struct, frozen=True):
    meaning = "TLS of the connection that brought a message."

    version: str
    cipher: str
    server_name: str
    client_certificate: bool
    verified: bool


class FullEnvelope(msgspec.Struct, frozen=True, kw_only=True, rename=FROM):
    meaning = "All that SMTP said of a message."

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
    """What the client declared."""
    ret: str
    envid: str
    requiretls: bool
    priority: int | None
    received: str
    """The trace line that delivery adds."""


class Delivered(msgspec.Struct, frozen=True):
    meaning = "A mailbox that a message went to."

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
    """Octets, decoded."""


class MessageDetail(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "A message, read. Its text and its HTML are the first of each that are no attachments."

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
    """Name and decoded value of each, in order."""
    subject: str
    text: str
    html: str
    links: list[str]
    """The URLs in its texts, in their order, each once."""
    codes: list[str]
    """The one-time codes (4 to 8 digits) that it may mean; several if it cannot be told."""
    parts: list[PartSummary]
    findings: list[Finding]
    """Those of its connection."""


class Messages(msgspec.Struct, frozen=True):
    meaning = (
        "Messages in the order that was asked for. `next` is what continues the list: `since`, or `until` of newest "
        "first;\n"
        "null at its end."
    )

    items: list[MessageSummary]
    total: int
    next: int | None = None
    number: int = 0
    """The number of the newest message of all: the `since` of everything that is yet to come."""


class AwaitedMessages(msgspec.Struct, frozen=True):
    meaning = "What came. On time-out, `near` has the latest messages that met all conditions but one."

    messages: list[MessageSummary]
    timed_out: bool
    next: int
    """The `since` that goes on after these."""
    near: list[MessageSummary] = []


class Deleted(msgspec.Struct, frozen=True):
    meaning = "How many there were."

    deleted: int
