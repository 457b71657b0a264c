"""Delivery status notifications: RFC 3464 in multipart/report (RFC 6522), as RFC 3461 lets the sender ask for them.

One report tells of all recipients that concern the same return path. Addresses beyond ASCII are written as RFC 6533
3 has it for 7-bit messages, so that every report is ASCII but for what it returns.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from homeport.world.mail.delivery import Outcome
from homeport.world.mail.message import Envelope

if TYPE_CHECKING:
    from email.message import Message

WHOLE_LIMIT = 1 << 20
"""Octets up to which a message comes back whole where the sender asks for that (`RET=FULL`); of a longer one the
header comes back, as RFC 3461 4.3 lets a large one."""
HEADER_LIMIT = 64 << 10
"""Octets of a message in which its header is looked for."""
DONE = {
    "failed": "could not be delivered to",
    "delivered": "was delivered to",
    "expanded": "was passed on to the mailboxes behind",
}


def wants_whole(envelope: Envelope, outcomes: Sequence[Outcome], size: int) -> bool:
    """Whether the message comes back whole: RET is about failures only (RFC 3461 4.3)."""
    return envelope.ret == "FULL" and size <= WHOLE_LIMIT and any(one.action == "failed" for one in outcomes)


def write_report(
    envelope: Envelope,
    outcomes: Sequence[Outcome],
    returned: bytes,
    *,
    whole: bool,
    host: str,
    now: datetime,
    name: str,
) -> bytes:
    """The report.

    outcomes: of one return path. returned: the message, or its beginning. host: who reports.
    now: its date. name: what its Message-ID begins with.
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
    # The generator would encode what is not ASCII, so what is returned takes its place when all else is written.
    before, _mark, after = report.as_bytes(policy=SMTPUTF8).rpartition(b"\r\n\r\n" + boundary.encode())
    return before + b"\r\n\r\n" + content + after


def header_of(content: bytes) -> bytes:
    """A message's header, with the end of its last line; as much of it as is there."""
    content = content[:HEADER_LIMIT]
    ends = [end + 2 for mark in (b"\r\n\r\n", b"\n\n") if (end := content.find(mark)) >= 0]
    return content[: min(ends, default=len(content))]


def _part(content_type: str, payload: "str | list[Message]") -> "Message":
    from email.message import Message
    from email.policy import SMTPUTF8

    part = Message(SMTPUTF8)
    part["Content-Type"] = content_type
    part.set_payload(payload)  # type: ignore[arg-type]  # it takes a list of messages
    return part


def _block(fields: Iterator[tuple[str, str]]) -> "Message":
    from email.message import Message
    from email.policy import compat32

    block = Message(compat32)
    for name, value in fields:
        block[name] = value
    return block


def _about_message(envelope: Envelope, report_to: str, host: str, arrived: str) -> Iterator[tuple[str, str]]:
    """RFC 3464 2.2. The sender's identifier is the sender's: a list's owner does not see it."""
    if envelope.envid and report_to == envelope.reverse_path:
        yield "Original-Envelope-Id", _printable(envelope.envid)
    yield "Reporting-MTA", f"dns; {host}"
    if envelope.helo:
        yield "Received-From-MTA", f"dns; {_printable(envelope.helo)}"
    yield "Arrival-Date", arrived


def _about_recipient(outcome: Outcome) -> Iterator[tuple[str, str]]:
    """RFC 3464 2.3."""
    if outcome.recipient.orcpt:
        yield "Original-Recipient", _printable(outcome.recipient.orcpt.replace(";", "; ", 1))
    kind = "rfc822" if outcome.final.isascii() else "utf-8"
    yield "Final-Recipient", f"{kind}; {_printable(outcome.final)}"
    yield "Action", outcome.action
    yield "Status", outcome.status


def _printable(text: str) -> str:
    """ASCII without controls; everything else as RFC 6533 3 writes it, `\\x{E9}`."""
    return "".join(c if " " <= c <= "~" else f"\\x{{{ord(c):02X}}}" for c in text)
