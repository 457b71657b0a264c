"""Claims (RFC 8334 2.3.1, RFC 9361 6): the key that a claims check answers, the notice behind it, and its checksum.

The identifier of a notice begins with a CRC32 over label, end of validity and number, so that a registry can tell a
genuine one without a list of all that were ever read.
"""

import hashlib
import zlib
from base64 import urlsafe_b64encode
from typing import Annotated

import msgspec
from msgspec import Meta

from homeport.world.registry.marks.records import Mark

NOTICE_LASTS = 48 * 3600.0
"""Seconds that a notice may be shown and accepted."""
MAX_ACCEPTED_AGE = 48 * 3600.0
"""Seconds after which an acceptance is too old to register a name with (RFC 9361 6.1)."""
CHECKSUM_LENGTH = 8


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "A claims notice: what a registrant reads and accepts before a name that matches a mark is registered."

    id: Annotated[str, Meta(description="for noticeID of launch:create")]
    label: str
    not_before: Annotated[float, Meta(description="world time")]
    not_after: Annotated[float, Meta(description="world time, for notAfter of launch:create")]
    claims: tuple[Mark, ...]


def claims_key(label: str) -> str:
    """Return the key of a label's notice, in the form of a trademark clearinghouse."""
    digest = hashlib.sha256(b"claims " + label.encode()).digest()
    return f"{digest[0] % 10}/{digest[1] % 10}/{digest[2] % 10}/{urlsafe_b64encode(digest[3:21]).decode()}0000000001"


def notice_for(label: str, marks: list[Mark], now: float) -> Notice:
    """Return a notice about a label that is valid from now on."""
    not_after = float(int(now + NOTICE_LASTS))
    number = str(int.from_bytes(hashlib.sha256(f"{label} {not_after}".encode()).digest()[:7]) % 10**19).zfill(19)
    return Notice(
        id=f"{_checksum(label, not_after, number)}{number}",
        label=label,
        not_before=float(int(now)),
        not_after=not_after,
        claims=tuple(marks),
    )


def notice_problem(id: str, label: str, not_after: float, accepted: float, now: float) -> str:  # noqa: A002 - as in XML
    """Return what is wrong with a notice that a create gives; empty if it is valid."""
    checksum, number = id[:CHECKSUM_LENGTH].lower(), id[CHECKSUM_LENGTH:]
    if not (number.isascii() and number.isdigit()) or checksum != _checksum(label, not_after, number):
        return "this noticeID is not that of a notice for this label that ends at notAfter: its checksum differs"
    if not_after <= now:
        return "the notice has ended: its notAfter has passed; read a new one"
    if accepted > now:
        return "acceptedDate is in the future"
    if accepted < now - MAX_ACCEPTED_AGE:
        return "the notice was accepted more than 48 hours ago; it must be read and accepted again"
    return ""


def _checksum(label: str, not_after: float, number: str) -> str:
    return f"{zlib.crc32(f'{label}{int(not_after)}{number}'.encode()):08x}"
