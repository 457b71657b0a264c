"""A message with its envelope, as received and as delivered.

Nothing here can be part of a reference cycle, so `gc=False` spares the garbage collector thousands of stored
messages.
"""

import msgspec

from homeport.protocol.addresses import Address
from homeport.protocol.events import Tls


class Recipient(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A recipient of an envelope, with its DSN parameters (RFC 3461)."""

    address: str
    """The mailbox without a source route; its local part in quotes if it needs them."""
    notify: tuple[str, ...] = ()
    """`NEVER`, or a selection of `SUCCESS`, `FAILURE`, `DELAY`; empty if the client sent none."""
    orcpt: str = ""
    """The original recipient, `addr-type;xtext`, as the client wrote it."""


class Envelope(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Everything about a message that is not in it.

    Its texts are serialized as JSON, so they have no lone surrogates.
    """

    reverse_path: str
    """Without angle brackets and source route; empty for the null reverse-path."""
    recipients: tuple[Recipient, ...]
    helo: str = ""
    peer: Address | None = None
    """None for messages of the farm itself."""
    local: Address | None = None
    service: str = "smtp"
    listener: str = ""
    conn: str = ""
    protocol: str = ""
    """The `with` of the trace (RFC 3848): `SMTP`, `ESMTPSA`, ..."""
    tls: Tls | None = None
    auth: str = ""
    """The authenticated login; empty without AUTH."""
    mechanism: str = ""
    body: str = "7BIT"
    smtputf8: bool = False
    size: int | None = None
    """Bytes that the client declared (RFC 1870)."""
    ret: str = ""
    """`FULL` or `HDRS` (RFC 3461 4.3)."""
    envid: str = ""
    """Decoded from xtext (RFC 3461 4.4)."""
    requiretls: bool = False
    priority: int | None = None
    id: str = ""
    """The identifier of the message (`Body.id`), named in the trace line."""
    transaction: str = ""
    """Identifier of the mail transaction, which its findings carry."""
    received: bytes = b""
    """The trace line that delivery prepends, with its end (RFC 5321 4.4)."""


class Delivery(msgspec.Struct, frozen=True, gc=False):
    """A mailbox that a message was delivered to."""

    mailbox: str
    return_path: str


class Message(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A stored message; `Mail.raw` and `Mail.delivered` return its bytes."""

    id: str
    number: int
    """Grows with every message of the world: later messages have higher numbers."""
    time: float
    """Real Unix time of its acceptance."""
    world_time: float
    """Unix time of its acceptance by the world's clock."""
    envelope: Envelope
    size: int
    delivered_to: tuple[Delivery, ...] = ()
    read: bool = False
    """True if it was marked as read."""

    @property
    def serial(self) -> int:
        """The number in its identifier."""
        return int(self.id.removeprefix("m"))


def trace(message: Message, return_path: str) -> bytes:
    """Return the lines that final delivery prepends: Return-Path, then Received (RFC 5321 4.4)."""
    return b"Return-Path: <%s>\r\n%s" % (return_path.encode(errors="surrogateescape"), message.envelope.received)
