"""The trace of a message: the Received line (RFC 5321 4.4), stored beside the message and prepended at delivery."""

import re
from functools import lru_cache

from homeport.protocol.addresses import Address
from homeport.protocol.events import Tls
from homeport.protocol.plaintext import safe
from homeport.services.smtp.paths import address_literal
from homeport.world.clock import to_moment

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@lru_cache(64)
def with_protocol(protocol: str, *, extended: bool, tls: bool, auth: bool, smtputf8: bool) -> str:
    """Return the protocol name for the Received line (RFC 3848, RFC 6531 4.3).

    protocol: `smtp` or `lmtp`. extended: True if the client sent EHLO.
    """
    if smtputf8:
        name = "UTF8LMTP" if protocol == "lmtp" else "UTF8SMTP"
    else:
        name = "LMTP" if protocol == "lmtp" else "ESMTP" if extended else "SMTP"
    if not extended:
        return name
    return name + "S" * tls + "A" * auth


NOT_IN_DOMAIN = re.compile(r"[^A-Za-z0-9._:\[\]-]")
"""Characters that may not follow `from` in a Received line, where a name that is no domain could be a comment."""
MAX_NAME = 255


@lru_cache(64)
def _parties(helo: str, peer: str, host: str, local: str) -> str:
    name = NOT_IN_DOMAIN.sub("?", helo[:MAX_NAME]) or "unknown"  # without EHLO
    return f"Received: from {name} ({address_literal(peer)})\r\n\tby {host} ({address_literal(local)})"


@lru_cache(8)
def date_time(seconds: int) -> str:
    """Format a time as in RFC 5322 3.3, with a year of four digits and a numeric zone (RFC 1123 5.2.14)."""
    moment = to_moment(seconds)
    return f"{DAYS[moment.weekday()]}, {moment.day} {MONTHS[moment.month - 1]} {moment.year:04} {moment:%H:%M:%S} +0000"


def received(
    helo: str,
    peer: Address,
    host: str,
    local: Address,
    protocol: str,
    tls: Tls | None,
    identifier: str,
    recipient: str,
    now: float,
) -> bytes:
    """Return the Received line, with its end.

    recipient: the only one; empty if there are several, so that no blind copy is disclosed (RFC 5321 7.2).
    """
    cipher = f" ({tls.version} {safe(tls.cipher)})" if tls else ""
    purpose = f"\r\n\tfor <{recipient}>" if recipient else ""
    line = (
        f"{_parties(helo, peer[0], host, local[0])}\r\n"
        f"\twith {protocol}{cipher} id {identifier}{purpose};\r\n\t{date_time(int(now))}\r\n"
    )
    return line.encode()
