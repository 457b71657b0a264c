"""A message with its envelope, as it was received and as it was delivered.

Nothing here can be part of a cycle, so the garbage collector is spared the sight of thousands of kept messages.
"""

import msgspec

from homeport.protocol.addresses import Address
from homeport.protocol.events import Tls


class Recipient(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A recipient of an envelope, with what RFC 3461 lets a client say of it."""

    address: str
    """The mailbox without a source route; a local part in quotes where it needs them."""
    notify: tuple[str, ...] = ()
    """`NEVER`, or of `SUCCESS`, `FAILURE`, `DELAY`; empty if the client said nothing."""
    orcpt: str = ""
    """The original recipient, `addr-type;xtext`, as the client wrote it."""


class Envelope(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Everything about a message that is not in it.

    Its texts are shown as JSON: they hold no lone surrogates.
    """

    reverse_path: str
    """Without angle brackets and source route; empty for the null reverse-path."""
    recipients: tuple[Recipient, ...]
    helo: str = ""
    peer: Address | None = None
    """None for what the farm itself sends."""
    local: Address | None = None
    service: str = "smtp"
    listener: str = ""
    conn: str = ""
    protocol: str = ""
    """The `with` of the trace (RFC 3848): `SMTP`, `ESMTPSA`, ..."""
    tls: Tls | None = None
    auth: str = ""
    """Who was authenticated; empty for nobody."""
    mechanism: str = ""
    body: str = "7BIT"
    smtputf8: bool = False
    size: int | None = None
    """What the client declared (RFC 1870)."""
    ret: str = ""
    """`FULL` or `HDRS` (RFC 3461 4.3)."""
    envid: str = ""
    """Decoded from xtext (RFC 3461 4.4)."""
    requiretls: bool = False
    priority: int | None = None
    id: str = ""
    """The identifier of the message (`Body.id`), which the trace line names."""
    received: bytes = b""
    """The trace line that goes on top at delivery, with its end (RFC 5321 4.4)."""


class Delivery(msgspec.Struct, frozen=True, gc=False):
    """A mailbox that a message went to."""

    mailbox: str
    return_path: str


class Message(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A message that was kept; `Mail.raw` and `Mail.delivered` give its octets."""

    id: str
    number: int
    """Grows with every message of the world; what came after a number is new."""
    time: float
    """Real Unix time of its acceptance."""
    world_time: float
    """The same by the world's clock."""
    envelope: Envelope
    size: int
    delivered_to: tuple[Delivery, ...] = ()

    @property
    def serial(self) -> int:
        """The number in its identifier."""
        return int(self.id.removeprefix("m"))


def trace(message: Message, return_path: str) -> bytes:
    """What final delivery puts on top: Return-Path, then Received (RFC 5321 4.4)."""
    return b"Return-Path: <%s>\r\n%s" % (return_path.encode(errors="surrogateescape"), message.envelope.received)
