"""Fields with parameters, such as Content-Type: RFC 2045 5.1, RFC 2183 2, and RFC 2231.

    multipart/mixed; boundary="a b"; name*0*=utf-8''%e2%82; name*1*=%ac

Values are bytes until they are decoded: encoded words are not decoded here, because RFC 2047 5 forbids them in
parameters, and one must not be able to bring in a boundary. Malformed fields are read as mail programs read them, and
each defect is noted with its offset.
"""

import re
from functools import lru_cache
from typing import Literal

import msgspec

from homeport.world.mail.mime.charsets import decode_text

MAX_BYTES = 8 << 10
"""Bytes of a field that are parsed."""
MAX_PARAMETERS = 100

SPACE = re.compile(rb"[ \t\r\n]*+")
TOKEN = re.compile(rb"[!#-'*+\-.0-9A-Z^-~]++")
"""RFC 2045 5.1: neither spaces, nor controls, nor any of `()<>@,;:\\"/[]?=`."""
LOOSE = re.compile(rb"[^\s;()]++")
"""An unquoted value as senders write it."""
NAME = re.compile(rb"[^\s=;()\"]++")
QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*+)"', re.DOTALL)
FOLD = re.compile(rb"\r?\n(?=[ \t])")
PAIR = re.compile(rb"\\(.)", re.DOTALL)
IN_COMMENT = re.compile(rb"[^()\\]++|\\.|[()]", re.DOTALL)
SECTION = re.compile(rb"([^*]+)(?:\*(0|[1-9]\d{0,2}))?(\*)?")
PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")
BAD_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")
WITH_SPACES = {b"filename", b"name"}
"""Parameters whose unquoted value goes on to the semicolon in most mail programs."""

Defect = tuple[Literal["syntax", "encoding", "duplicate", "word"], int]
"""A kind, and an offset in the field's value."""


class Parameter(msgspec.Struct, frozen=True):
    """The value of a parameter: runs of bytes, each with a charset label; the label is empty for literal bytes."""

    runs: tuple[tuple[bytes, str], ...]

    @property
    def raw(self) -> bytes:
        """The bytes of the value."""
        return b"".join(run for run, _charset in self.runs)

    @property
    def text(self) -> str:
        """The decoded value."""
        return "".join(decode_text(run, charset) for run, charset in self.runs)


class Parsed(msgspec.Struct, frozen=True):
    """A field with parameters. It is shared by all messages with the same field."""

    value: bytes
    """What precedes the first semicolon, without comments, in lower case."""
    parameters: dict[bytes, Parameter]
    """The parameters by their names in lower case, continuations joined."""
    defects: tuple[Defect, ...]
    written: tuple[tuple[bytes, bytes], ...] = ()
    """The parameters as sent, with names in lower case and values without quotes: continuations are not joined."""


def parse_parameters(field: bytes) -> Parsed:
    """Parse the value of a field."""
    return _parse(bytes(field[:MAX_BYTES]))  # large messages are bytearrays, which the cache cannot have as keys


@lru_cache(maxsize=256)
def _parse(field: bytes) -> Parsed:
    defects: list[Defect] = []
    pieces: list[bytes] = []
    at = skip_comments(field, 0)
    while (match := LOOSE.match(field, at)) is not None:
        if pieces and b"/" in pieces[-1][:-1] and b"=" in match[0]:  # the semicolon is missing
            defects.append(("syntax", at))
            break
        pieces.append(match[0])
        at = skip_comments(field, match.end())
    written: list[tuple[bytes, bytes, int]] = []
    while at < len(field) and len(written) < MAX_PARAMETERS:
        at = _parse_one(field, at, written, defects)
    joined = _join(written, defects)
    plain = tuple((name, value) for name, value, _at in written)
    return Parsed(b"".join(pieces).lower(), joined, tuple(defects), plain)


def skip_comments(field: bytes, at: int) -> int:
    """Return the offset of what follows white space and comments, which nest (RFC 5322 3.2.2)."""
    while True:
        match = SPACE.match(field, at)
        at = match.end() if match else at
        if not field.startswith(b"(", at):
            return at
        depth = 0
        for piece in IN_COMMENT.finditer(field, at):
            depth += {b"(": 1, b")": -1}.get(piece[0], 0)
            if not depth:
                at = piece.end()
                break
        else:
            return len(field)


def _parse_one(field: bytes, at: int, written: list[tuple[bytes, bytes, int]], defects: list[Defect]) -> int:
    """Parse the parameter at a semicolon; return the offset of the next one."""
    if field.startswith(b";", at):
        at += 1
    at = skip_comments(field, at)
    match = NAME.match(field, at)
    if match is None:
        defects.append(("syntax", at))  # an empty parameter, or a stray character
        end = field.find(b";", at)
        return len(field) if end < 0 else end
    name, begin = match[0].lower(), at
    at = skip_comments(field, match.end())
    if not TOKEN.fullmatch(name) or not field.startswith(b"=", at):
        defects.append(("syntax", begin))
        end = field.find(b";", at)
        return len(field) if end < 0 else end
    at = skip_comments(field, at + 1)
    value, at = _parse_value(field, at, name, defects)
    written.append((name, value, begin))
    at = skip_comments(field, at)
    if at < len(field) and not field.startswith(b";", at):
        defects.append(("syntax", at))
    return at


def _parse_value(field: bytes, at: int, name: bytes, defects: list[Defect]) -> tuple[bytes, int]:
    """Return the value at an offset, and the offset of its end."""
    base = name.partition(b"*")[0]
    if match := QUOTED.match(field, at):
        value, end = PAIR.sub(rb"\1", FOLD.sub(b"", match[1])), match.end()
        if name.endswith(b"*"):
            defects.append(("encoding", at))  # RFC 2231 7: an extended value is never quoted
    elif field.startswith(b'"', at):
        defects.append(("syntax", at))
        value, end = FOLD.sub(b"", field[at + 1 :]), len(field)
    else:
        match = LOOSE.match(field, at)
        value, end = (match[0], match.end()) if match else (b"", at)
        following = field.find(b";", end)
        if base in WITH_SPACES and field[skip_comments(field, end) : following if following >= 0 else None].strip():
            stop = following if following >= 0 else len(field)
            value, end = FOLD.sub(b"", field[at:stop]).strip(), stop
        if not TOKEN.fullmatch(value):
            defects.append(("syntax", at))
    if b"=?" in value and b"?=" in value and base != b"boundary":
        defects.append(("word", at))
    return value, end


def _join(written: list[tuple[bytes, bytes, int]], defects: list[Defect]) -> dict[bytes, Parameter]:
    """Join continuations; an extended or continued parameter replaces a plain one of the same name."""
    plain: dict[bytes, Parameter] = {}
    sections: dict[bytes, dict[int, tuple[bytes, bool, int]]] = {}
    for name, value, at in written:
        match = SECTION.fullmatch(name)
        if match is None or not (match[2] or match[3]):
            if match is None:
                defects.append(("encoding", at))
            if name in plain:
                defects.append(("duplicate", at))
            plain.setdefault(name, Parameter(((value, ""),)))
            continue
        group = sections.setdefault(match[1], {})
        number = int(match[2] or 0)
        if number in group:
            defects.append(("duplicate", at))
        group.setdefault(number, (value, bool(match[3]), at))
    for name, group in sections.items():
        if (joined := _join_sections(group, defects)) is not None:
            plain[name] = joined
    return plain


def _join_sections(group: dict[int, tuple[bytes, bool, int]], defects: list[Defect]) -> Parameter | None:
    """Join the sections of one parameter up to the first gap; return None if the first one is missing."""
    first = next(iter(group.values()))
    if 0 not in group:
        defects.append(("encoding", first[2]))
        return None
    charset, runs = "", list[tuple[bytes, str]]()
    for number in range(len(group)):
        if number not in group:
            defects.append(("encoding", group[max(group)][2]))
            break
        value, extended, at = group[number]
        if extended and not number:
            label, mark, rest = value.partition(b"'")
            _language, second, encoded = rest.partition(b"'")
            if mark and second:
                charset, value = label.decode("ascii", "replace"), encoded
            else:
                defects.append(("encoding", at))
        elif extended and not group[0][1]:
            defects.append(("encoding", at))
        if extended:
            if BAD_PERCENT.search(value):
                defects.append(("encoding", at))
            value = PERCENT.sub(lambda escape: bytes((int(escape[1], 16),)), value)
        label_of_run = charset if extended else ""
        if runs and runs[-1][1] == label_of_run:
            runs[-1] = (runs[-1][0] + value, label_of_run)
        else:
            runs.append((value, label_of_run))
    return Parameter(tuple(runs))
