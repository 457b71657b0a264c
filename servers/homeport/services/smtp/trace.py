"""The trace of a message: the Received line (RFC 5321 4.4), kept beside the message and put on top at delivery."""

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
    """The name of the protocol that a message came by (RFC 3848, RFC 6531 4.3).

    protocol: `smtp` or `lmtp`. extended: whether the client said EHLO.
    """
    if smtputf8:
        name = "UTF8LMTP" if protocol == "lmtp" else "UTF8SMTP"
    else:
        name = "LMTP" if protocol == "lmtp" else "ESMTP" if extended else "SMTP"
    if not extended:
        return name
    return name + "S" * tls + "A" * auth


@lru_cache(64)
def _parties(helo: str, peer: str, host: str, local: str) -> str:
    return f"Received: from {helo} ({address_literal(peer)})\r\n\tby {host} ({address_literal(local)})"


@lru_cache(8)
def date_time(seconds: int) -> str:
    """A moment as RFC 5322 3.3 writes it, with four digits of the year and a numeric zone (RFC 1123 5.2.14)."""
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
    """The Received line, with its end.

    recipient: the only one; empty if there are several, so that no blind copy is betrayed (RFC 5321 7.2).
    """
    cipher = f" ({tls.version} {safe(tls.cipher)})" if tls else ""
    purpose = f"\r\n\tfor <{recipient}>" if recipient else ""
    line = (
        f"{_parties(helo, peer[0], host, local[0])}\r\n"
        f"\twith {protocol}{cipher} id {identifier}{purpose};\r\n\t{date_time(int(now))}\r\n"
    )
    return line.encode()
