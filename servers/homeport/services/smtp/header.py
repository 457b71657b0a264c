"""What can be said of a message's header: RFC 5322 2.2 and 3.6, RFC 2046 5.1.1 for the boundary."""

import re

import msgspec

HEADER_LIMIT = 64 << 10
"""Octets of a header that are looked at."""
MOST_RECEIVED = 100
"""Received fields of a message that is going round in circles (RFC 5321 6.3)."""

FIELD_NAME = re.compile(rb"[!-9;-~]+[ \t]*")
FOLD = re.compile(rb"\r\n(?=[ \t])")
ONCE = frozenset(b"date from sender reply-to to cc bcc message-id in-reply-to references subject".split())
"""Fields that may stand once (RFC 5322 3.6)."""
MESSAGE_ID = re.compile(rb"[ \t]*(?:\([^<>]*\)[ \t]*)?<[^<>@ \t]+@[^<>@ \t]+>[ \t]*(?:\(.*\)[ \t]*)?")
"""RFC 5322 3.6.4, where comments may stand before and behind it."""
DATE = re.compile(
    rb"[ \t]*(?:(?:mon|tue|wed|thu|fri|sat|sun)[ \t]*,)?[ \t]*\d{1,2}[ \t]+"
    rb"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[ \t]+\d{2,}[ \t]+"
    rb"\d\d[ \t]*:[ \t]*\d\d(?:[ \t]*:[ \t]*\d\d)?[ \t]+"
    rb"(?:[+-]\d{4}|ut|gmt|[ecmp][sd]t|[a-ik-z])[ \t]*(?:\(.*\)[ \t]*)?",
    re.IGNORECASE,
)
"""RFC 5322 3.3, and the zones and years of 4.3."""
MULTIPART = re.compile(rb"[ \t]*multipart/", re.IGNORECASE)
BOUNDARY = re.compile(rb';[ \t]*boundary[ \t]*=[ \t]*(?:"([^"]*)"|([^\s;"]+))', re.IGNORECASE)
BOUNDARY_FORM = re.compile(rb"[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]")


class Header(msgspec.Struct, frozen=True):
    """What a header told."""

    subject: str = ""
    boundary: bytes = b""
    """Of a multipart message."""
    received: int = 0
    """How many Received fields it has."""
    raw_8bit: bool = False
    """Whether it holds octets over 127."""
    findings: dict[str, bytes] = {}


def inspect_header(head: bytes) -> Header:
    """What can be said of a header, with the line end of its last field, without the empty line."""
    findings: dict[str, bytes] = {}
    fields: dict[bytes, bytes] = {}
    received = 0
    unfolded = FOLD.sub(b"", head) if b"\r\n " in head or b"\r\n\t" in head else head
    for line in unfolded.split(b"\r\n"):
        name, colon, value = line.partition(b":")
        name = name.lower()
        if name in ONCE and colon:  # nearly all are
            if name in fields:
                findings.setdefault("duplicate-field", line)
            else:
                fields[name] = value
            continue
        if not line:
            continue
        if not colon or not FIELD_NAME.fullmatch(name):
            findings.setdefault("bad-header", line)
            continue
        name = name.rstrip()
        if name == b"received":
            received += 1
        elif name in ONCE and name in fields:
            findings.setdefault("duplicate-field", line)
        fields.setdefault(name, value)
    _check_fields(fields, findings)
    return Header(
        subject=fields.get(b"subject", b"").strip().decode("utf-8", "backslashreplace"),
        boundary=_find_boundary(fields.get(b"content-type", b""), findings),
        received=received,
        raw_8bit=not head.isascii(),
        findings=findings,
    )


def _check_fields(fields: dict[bytes, bytes], findings: dict[str, bytes]) -> None:
    date, sender, message_id = fields.get(b"date"), fields.get(b"from"), fields.get(b"message-id")
    if date is None:
        findings["missing-date"] = b""
    elif not DATE.fullmatch(date):
        findings["bad-date"] = date
    if sender is None:
        findings["missing-from"] = b""
    elif b"@" not in sender and not (b":" in sender and b";" in sender):  # RFC 6854 allows an empty group
        findings["bad-from"] = sender
    if message_id is None:
        findings["missing-message-id"] = b""
    elif not MESSAGE_ID.fullmatch(message_id):
        findings["bad-message-id"] = message_id
    if b"bcc" in fields and fields[b"bcc"].strip():
        findings["bcc-sent"] = fields[b"bcc"]


def _find_boundary(content_type: bytes, findings: dict[str, bytes]) -> bytes:
    """The boundary of a multipart message; empty for another one, or if it is not in the form of one."""
    if not content_type or not MULTIPART.match(content_type):
        return b""
    match = BOUNDARY.search(content_type)
    boundary = (match[1] if match[1] is not None else match[2]) if match else b""
    if BOUNDARY_FORM.fullmatch(boundary):
        return boundary
    findings["bad-boundary"] = content_type
    return b""
