"""Checks of headers, of the message and of its parts: RFC 5322 2.2 and 3.6, RFC 2045, RFC 2183, RFC 2231, RFC 6532.

False blame is worse than a missed violation. Obsolete syntax is legal to receive (RFC 5322 4), so it is only advice.
"""

import re
from collections.abc import Iterator

from homeport.world.mail.mime.body_checks import ENCODINGS, check_bodies
from homeport.world.mail.mime.fields import (
    judge_addresses,
    judge_date,
    judge_message_id,
    judge_references,
    parse_addresses,
    without_comments,
)
from homeport.world.mail.mime.parameters import parse_parameters
from homeport.world.mail.mime.structure import MEDIA_TYPE, Entity, Field, parse_header
from homeport.world.mail.mime.violations import Violation
from homeport.world.mail.mime.word_checks import check_words

OF_MESSAGE = {"date", "from", "sender", "reply-to", "to", "cc", "bcc", "message-id", "in-reply-to", "references"}
OF_MESSAGE |= {"subject", "mime-version"}
OF_ENTITY = {"content-type", "content-transfer-encoding", "content-id", "content-description", "content-disposition"}
ONCE = OF_MESSAGE | OF_ENTITY
"""Fields that may occur once (RFC 5322 3.6, RFC 2045 3)."""
CONTROL = re.compile(rb"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")
NOT_CONTROL = bytes((0, 9, 10, 13, *range(32, 127), *range(128, 256)))
EMPTY_FOLD = re.compile(rb"\n[ \t]++\r?+\n[ \t]")
TOKEN = re.compile(rb"[^\s\"/=?:,<>@\[\]\\\x80-\xff]++")
DEFECTS = {"encoding": "bad-parameter-encoding", "duplicate": "duplicate-parameter", "word": "encoded-word-misplaced"}


def check_header(root: Entity) -> Iterator[Violation]:
    """Check the header of a message."""
    raw = root.raw
    first = {field.name: field for field in reversed(root.header.fields)}
    yield from _check_lines(root, ONCE)
    known = {*first, *_names_after(root)}
    for name in ("date", "from", "message-id"):
        if name not in known and root.header.whole:
            yield Violation(f"missing-{name}", -1)
    for name in reversed(first):
        if name in STRUCTURED:
            yield from _check_field(root, first[name])
    yield from _check_originator(raw, first, known)
    if known & OF_ENTITY and "mime-version" not in known and root.header.whole:
        yield Violation("missing-mime-version", next((f.begin for f in first.values() if f.name in OF_ENTITY), -1))
    resent = [field for field in first.values() if field.name.startswith("resent-")]
    if resent and root.header.whole and not {"resent-date", "resent-from"} <= known:
        yield Violation("resent-incomplete", resent[0].begin)
    if "return-path" in first:
        yield Violation("return-path-sent", first["return-path"].begin)


def check_parts(root: Entity, *, whole: bool = True, utf8: bool = True) -> Iterator[Violation]:
    """Check the bodies of a message, and the headers of its parts.

    whole: False if `root.raw` is only the beginning of the message. utf8: True if headers may have UTF-8 (RFC 6531).
    """
    yield from check_bodies(root, whole=whole)
    if root.boundary:
        for child in root.children:
            yield from _check_part(child, whole=whole, utf8=utf8)


def _check_part(part: Entity, *, whole: bool, utf8: bool) -> Iterator[Violation]:
    header = part.header
    if not whole and part.body >= len(part.raw):
        return  # its header is cut off
    yield from _check_lines(part, OF_ENTITY)
    for field in header.fields:
        if field.name.startswith("content-"):
            yield from _check_field(part, field)
            if not utf8 and not part.value(field).isascii():
                yield Violation("utf8-header", field.begin)
    if part.boundary:
        for child in part.children:
            yield from _check_part(child, whole=whole, utf8=utf8)


def _check_lines(entity: Entity, once: set[str]) -> Iterator[Violation]:
    """Check what holds for every field of a header."""
    raw, header = entity.raw, entity.header
    if header.bad >= 0:
        yield Violation("bad-header", header.bad)
    seen = set()
    for field in header.fields:
        if field.name in once and field.name in seen:
            yield Violation("duplicate-field", field.begin)
        seen.add(field.name)
        if raw[field.value - 2] in b" \t":
            yield Violation("obsolete-field", field.begin)
    end = header.fields[-1].end if header.fields else entity.begin
    whole = raw[entity.begin : end]
    if whole.translate(None, NOT_CONTROL) and (match := CONTROL.search(whole)):
        yield Violation("control-in-header", entity.begin + match.start())
    if match := EMPTY_FOLD.search(whole):
        yield Violation("obsolete-field", entity.begin + match.start())
    if not whole.isascii():
        try:
            whole.decode()
        except UnicodeDecodeError as error:
            yield Violation("header-not-utf8", entity.begin + error.start)
    if b"=?" in whole:
        for field in header.fields:
            if raw.find(b"=?", field.value, field.end) >= 0:
                yield from check_words(raw, field)


def _names_after(root: Entity) -> set[str]:
    """Return the names of fields after the line that ended the header: something else is wrong with these."""
    names: set[str] = set()
    at, raw = root.header.bad, root.raw
    for _ in range(100):
        at = raw.find(b"\n", at) + 1 if at >= 0 else 0
        if not at:
            break
        header = parse_header(raw, at)
        names |= {field.name for field in header.fields}
        at = header.bad
        if at < 0:
            break
    return names


def _check_field(entity: Entity, field: Field) -> Iterator[Violation]:
    """Check the syntax of one field."""
    judge = JUDGES.get(field.name)
    if judge is not None and (finding := judge(entity.raw[field.value : field.end])):
        yield Violation(finding, field.begin)
    elif field.name in ("content-type", "content-disposition"):
        parsed = parse_parameters(entity.raw[field.value : field.end])
        malformed, form = f"bad-{field.name}", MEDIA_TYPE if field.name == "content-type" else TOKEN
        for kind, at in parsed.defects:
            yield Violation(DEFECTS.get(kind, malformed), field.value + at)
        if not form.fullmatch(parsed.value.upper()):
            yield Violation(malformed, field.begin)


def _judge_date(value: bytes) -> str:
    return OF_DATES[judge_date(value)]


def _judge_message_id(value: bytes) -> str:
    return {"ok": "", "bad": "bad-message-id"}.get(judge_message_id(value), "obsolete-field")


def _judge_content_id(value: bytes) -> str:
    return {"ok": "", "bad": "bad-content-id"}.get(judge_message_id(value), "obsolete-field")


def _judge_references(value: bytes) -> str:
    return {"ok": "", "bad": "bad-reference"}.get(judge_references(value), "obsolete-field")


def _judge_version(value: bytes) -> str:
    return (
        ""
        if value.strip() == b"1.0" or without_comments(value).translate(None, b" \t\r\n") == b"1.0"
        else "bad-mime-version"
    )


def _judge_encoding(value: bytes) -> str:
    parsed = parse_parameters(value)
    known = parsed.value.startswith(b"x-") or parsed.value.decode("ascii", "replace") in ENCODINGS
    return "" if known and not parsed.parameters and not parsed.defects else "bad-transfer-encoding"


def _judge_addresses(value: bytes) -> str:
    found = judge_addresses(value)
    return "" if found is None else OF_ADDRESSES[found.verdict]


def _judge_bcc(value: bytes) -> str:
    return _judge_addresses(value) if without_comments(value).strip() else ""  # RFC 5322 3.6.3


def _judge_sender(value: bytes) -> str:
    found = parse_addresses(value)
    return OF_ADDRESSES[found.verdict] if len(found.mailboxes) == 1 or found.groups else "bad-address"


OF_DATES = {"ok": "", "bad": "bad-date", "weekday": "wrong-weekday", "obsolete": "obsolete-date"}
OF_ADDRESSES = {"ok": "", "bad": "bad-address", "obsolete": "obsolete-address", "weekday": ""}
JUDGES = {
    "date": _judge_date,
    "resent-date": _judge_date,
    "message-id": _judge_message_id,
    "resent-message-id": _judge_message_id,
    "in-reply-to": _judge_references,
    "references": _judge_references,
    "sender": _judge_sender,
    "resent-sender": _judge_sender,
    "bcc": _judge_bcc,
    "resent-bcc": _judge_bcc,
    **dict.fromkeys(
        ("reply-to", "to", "cc", "resent-from", "resent-reply-to", "resent-to", "resent-cc"), _judge_addresses
    ),
    "mime-version": _judge_version,
    "content-transfer-encoding": _judge_encoding,
    "content-id": _judge_content_id,
}
"""Functions that take the value of a field and return a finding, empty for none."""
STRUCTURED = {*JUDGES, "content-type", "content-disposition"}
"""Fields whose syntax is checked."""


def _check_originator(raw: bytes, first: dict[str, Field], known: set[str]) -> Iterator[Violation]:
    """Check From and Bcc."""
    if field := first.get("from"):
        value = raw[field.value : field.end]
        found = judge_addresses(value)
        if found is not None and found.verdict != "ok":
            yield Violation("bad-from" if found.verdict == "bad" else "obsolete-address", field.begin)
        if b"," in value and "sender" not in known and len((found or parse_addresses(value)).mailboxes) > 1:
            yield Violation("missing-sender", field.begin)
    if (field := first.get("bcc")) and raw[field.value : field.end].strip():
        yield Violation("bcc-sent", field.begin)
