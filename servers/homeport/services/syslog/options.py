"""[syslog]"""

from typing import Annotated, Literal

from msgspec import Meta

from homeport.config.quantities import Size
from homeport.protocol.service import Port, TlsOptions

MIN_MESSAGE = 480
"""Bytes of a message that every receiver must accept (RFC 5424 6.1)."""
RECOMMENDED_MESSAGE = 2048
"""Bytes of a message that every receiver should accept (RFC 5424 6.1)."""


class SyslogOptions(TlsOptions, frozen=True, kw_only=True):
    """[syslog]

    Strict: a connection is closed after a message that breaks a "must". Lenient: as rfc, because nothing is refused.
    """

    port: Port = 10514
    tls_port: Port = 16514
    formats: Annotated[
        Literal["rfc5424", "any"],
        Meta(
            description="formats that clients may send without a finding. rfc5424: that alone; "
            "any: BSD syslog (RFC 3164) and Cisco's too. All are read in any case"
        ),
    ] = "rfc5424"
    framing: Annotated[
        Literal["any", "octet-counting", "non-transparent"],
        Meta(
            description="framing of messages over TCP and TLS (RFC 6587). any: decided by the first byte of each "
            "message; octet-counting: as any, but a message without a count is a finding; non-transparent: a message "
            "ends with LF, and a count is a part of it, with a finding"
        ),
    ] = "any"
    max_message: Annotated[
        Size, Meta(description="bytes kept of a message, at least 480; the rest is discarded, with a finding")
    ] = Size(64 << 10)
    messages: Annotated[int, Meta(ge=1, description="messages that a world keeps; the oldest are dropped first")] = (
        20_000
    )
    size: Annotated[
        Size, Meta(description="bytes that a world keeps of messages, with 800 for each and three times its content")
    ] = Size(64 << 20)

    def __post_init__(self) -> None:
        if not MIN_MESSAGE <= self.max_message <= MAX_MESSAGE:
            raise ValueError(f"max_message: a size from {MIN_MESSAGE} bytes to 1MiB")


MAX_MESSAGE = 1 << 20
