"""A message, in either format, to its fields and the rules that it breaks.

No message is refused: what cannot be read is text. Bytes that are no UTF-8 are read as `\\xNN`.
"""

import re

import msgspec

from homeport.services.syslog import bsd, rfc5424
from homeport.services.syslog.notes import Notes
from homeport.services.syslog.rfc5424 import BOM
from homeport.world.logs import LogFields

PRI = re.compile(r"<(\d{1,3})>", re.ASCII)
BRACKETS = re.compile(r"<[0-9 +-]{0,20}>")
MAX_PRI = 191
CONTROL = re.compile(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]")
LINE_ENDS = re.compile(r"(?:\r\n|\r|\n)+\Z")
OPTIONAL = frozenset(("bsd-format", "cisco-format"))
"""Rules that are not broken where `formats` is `any`."""
NO_RULES: dict[str, str] = {}


def parse(raw: bytes, *, any_format: bool = False) -> tuple[LogFields, dict[str, str]]:
    """Parse a message without its framing.

    any_format: True if BSD syslog and Cisco's messages break no rule by being such.
    Return its fields, and the broken rules, each with what shows it.
    """
    if raw.isascii() and (fields := rfc5424.fast(raw.decode("ascii"))) is not None:
        return fields, NO_RULES
    notes = Notes()
    text = raw.decode("utf-8", "backslashreplace")
    if not raw.isascii() and not _is_utf8(raw):
        notes.add("not-utf8", text)
    text = _strip_end(text, notes)
    pri, at = _pri(text, notes)
    if rfc5424.begins(text, at):
        fields = rfc5424.parse(text, at, pri, notes)
        fields = _judge_text(fields, notes)
    else:
        fields = bsd.parse(text, at, pri, notes)
        _judge_bsd(fields, raw, notes)
    if any_format:
        for rule in OPTIONAL:
            notes.shown.pop(rule, None)
    return fields, notes.shown


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _strip_end(text: str, notes: Notes) -> str:
    """Remove the NUL or the line end that ends a message."""
    stripped = text.rstrip("\0")
    if stripped != text:
        notes.add("nul-ends", text[-20:])
    if match := LINE_ENDS.search(stripped, max(len(stripped) - 8, 0)):
        notes.add("newline-ends", stripped[-20:])
        stripped = stripped[: match.start()]
    return stripped


def _pri(text: str, notes: Notes) -> tuple[int | None, int]:
    """Return PRI and the offset after it; 0 if the message does not begin with one."""
    match = PRI.match(text)
    if match is None:
        if brackets := BRACKETS.match(text):
            notes.add("pri-malformed", brackets[0])
            return None, brackets.end()
        notes.add("pri-missing", text)
        return None, 0
    digits = match[1]
    if len(digits) > 1 and digits[0] == "0":
        notes.add("pri-leading-zero", match[0])
    pri = int(digits)
    if pri > MAX_PRI:
        notes.add("pri-out-of-range", match[0])
        return None, match.end()
    return pri, match.end()


def _judge_text(fields: LogFields, notes: Notes) -> LogFields:
    """Note what is wrong with MSG (RFC 5424 6.4), and return the fields without BOM."""
    text = fields.text
    if text.startswith(BOM):
        text = text[1:]
    elif not text.isascii() and "not-utf8" not in notes.shown:
        notes.add("bom-missing", text)
    _judge_characters(text, notes)
    return fields if text is fields.text else msgspec.structs.replace(fields, text=text)


def _judge_bsd(fields: LogFields, raw: bytes, notes: Notes) -> None:
    """Note what is wrong with a message of BSD syslog as a whole (RFC 3164 4.1)."""
    _judge_characters(fields.text, notes)
    if not raw.isascii():
        notes.add("bsd-not-ascii", fields.text)
    if len(raw) > bsd.MAX_BYTES:
        notes.add("bsd-too-long", f"{len(raw)} bytes")


def _judge_characters(text: str, notes: Notes) -> None:
    if text.isprintable():
        return
    if "\n" in text or "\r" in text:
        notes.add("newline-in-message", text)
    if CONTROL.search(text):
        notes.add("control-characters", text)
