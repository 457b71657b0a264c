"""Delivery status notifications: RFC 3464 in multipart/report (RFC 6522), as requested through RFC 3461.

One report covers all recipients of the same return path. Non-ASCII addresses are written in the form that RFC 6533 3
defines for 7-bit messages, so every report is ASCII except for the returned message.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from homeport.world.mail.delivery import Outcome
from homeport.world.mail.message import Envelope

if TYPE_CHECKING:
    from email.message import Message

WHOLE_LIMIT = 1 << 20
"""Bytes up to which a message is returned whole if the sender asks for that (`RET=FULL`); of a longer one only the
header is returned, as RFC 3461 4.3 allows."""
HEADER_LIMIT = 64 << 10
"""Bytes of a message that are searched for the end of its header."""
DONE = {
    "failed": "could not be delivered to",
    "delivered": "was delivered to",
    "expanded": "was forwarded to the mailboxes of",
}


def wants_whole(envelope: Envelope, outcomes: Sequence[Outcome], size: int) -> bool:
    """Return True if the message is returned whole: RET applies to failures only (RFC 3461 4.3)."""
    return envelope.ret == "FULL" and size <= WHOLE_LIMIT and any(one.action == "failed" for one in outcomes)


def serialize_report(
    envelope: Envelope,
    outcomes: Sequence[Outcome],
    returned: bytes,
    *,
    whole: bool,
    host: str,
    now: datetime,
    name: str,
) -> bytes:
    """Serialize the report.

    outcomes: all of one return path. returned: the message, or its beginning. host: the reporting host. now: its date.
    name: the start of its Message-ID.
    """
    from email.mime.multipart import MIMEMultipart
    from email.mime.text import MIMEText
    from email.policy import SMTPUTF8
    from email.utils import format_datetime

    content = returned if whole else header_of(returned)
    boundary = f"=_{name}"
    while boundary.encode() in content:
        boundary += "="
    date, report_to = format_datetime(now), outcomes[0].report_to
    failed = any(one.action == "failed" for one in outcomes)
    report = MIMEMultipart("report", boundary, policy=SMTPUTF8, report_type="delivery-status")
    report["From"] = f"Mail Delivery Subsystem <postmaster@{host}>"
    report["To"] = f"<{_printable(report_to)}>"
    report["Subject"] = "Undelivered mail" if failed else "Delivered mail"
    report["Date"] = date
    report["Message-ID"] = f"<{name}@{host}>"
    report["Auto-Submitted"] = "auto-replied"  # RFC 3834 3.1.7
    words = "".join(f"It {DONE[one.action]} <{_printable(one.final)}>:\n  {one.text}.\n\n" for one in outcomes)
    report.attach(MIMEText(f"This is the mail system of {host}, about a message of yours.\n\n{words}", policy=SMTPUTF8))
    fields = [_about_message(envelope, report_to, host, date), *map(_about_recipient, outcomes)]
    report.attach(_part("message/delivery-status", [_block(each) for each in fields]))
    original = _part("message/rfc822" if whole else "text/rfc822-headers", boundary)
    if not content.isascii():
        original["Content-Transfer-Encoding"] = "8bit"
    report.attach(original)
    # The generator would encode non-ASCII content, so the returned message is inserted afterwards.
    before, _mark, after = report.as_bytes(policy=SMTPUTF8).rpartition(b"\r\n\r\n" + boundary.encode())
    return before + b"\r\n\r\n" + content + after


def header_of(content: bytes) -> bytes:
    """Return a message's header, with the end of its last line; as much of it as is available."""
    content = content[:HEADER_LIMIT]
    ends = [end + 2 for mark in (b"\r\n\r\n", b"\n\n") if (end := content.find(mark)) >= 0]
    return content[: min(ends, default=len(content))]


def _part(content_type: str, payload: "str | list[Message]") -> "Message":
    from email.message import Message
    from email.policy import SMTPUTF8

    part = Message(SMTPUTF8)
    part["Content-Type"] = content_type
    part.set_payload(payload)  # type: ignore[arg-type]  # it accepts a list of messages
    return part


def _block(fields: Iterator[tuple[str, str]]) -> "Message":
    from email.message import Message
    from email.policy import compat32

    block = Message(compat32)
    for name, value in fields:
        block[name] = value
    return block


def _about_message(envelope: Envelope, report_to: str, host: str, arrived: str) -> Iterator[tuple[str, str]]:
    """Yield the per-message fields (RFC 3464 2.2). The envelope id is private to the sender: a list's owner does not
    see it.
    """
    if envelope.envid and report_to == envelope.reverse_path:
        yield "Original-Envelope-Id", _printable(envelope.envid)
    yield "Reporting-MTA", f"dns; {host}"
    if envelope.helo:
        yield "Received-From-MTA", f"dns; {_printable(envelope.helo)}"
    yield "Arrival-Date", arrived


def _about_recipient(outcome: Outcome) -> Iterator[tuple[str, str]]:
    """Yield the per-recipient fields (RFC 3464 2.3)."""
    if outcome.recipient.orcpt:
        yield "Original-Recipient", _printable(outcome.recipient.orcpt.replace(";", "; ", 1))
    kind = "rfc822" if outcome.final.isascii() else "utf-8"
    yield "Final-Recipient", f"{kind}; {_printable(outcome.final)}"
    yield "Action", outcome.action
    yield "Status", outcome.status


def _printable(text: str) -> str:
    """Return printable ASCII; everything else in the form of RFC 6533 3, `\\x{E9}`."""
    return "".join(c if " " <= c <= "~" else f"\\x{{{ord(c):02X}}}" for c in text)
