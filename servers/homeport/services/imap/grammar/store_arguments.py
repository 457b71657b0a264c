"""The arguments of STORE (RFC 9051 6.4.6), with UNCHANGEDSINCE (RFC 7162 3.1.3) and Gmail's labels."""

import re
from typing import Literal

import msgspec

from homeport.services.imap.grammar.sequence_set import SequenceSet, parse_sequence_set
from homeport.services.imap.grammar.tokens import MAX_LIST, Cursor, SyntaxProblem

ITEM = re.compile(rb"([+-]?)(FLAGS|X-GM-LABELS)(\.SILENT)?(?= )", re.IGNORECASE)
HOW: dict[bytes, Literal["add", "remove", "replace"]] = {b"+": "add", b"-": "remove", b"": "replace"}


class StoreRequest(msgspec.Struct, frozen=True):
    """The arguments of STORE and UID STORE."""

    numbers: SequenceSet
    how: Literal["add", "remove", "replace"]
    flags: tuple[str, ...]
    """Flags, or labels."""
    silent: bool = False
    unchanged_since: int | None = None
    labels: bool = False
    """True for X-GM-LABELS."""


def parse_store(cursor: Cursor) -> StoreRequest:
    """Parse the arguments."""
    numbers = parse_sequence_set(cursor)
    cursor.space()
    unchanged_since = None
    if cursor.next_is(b"("):
        unchanged_since = _parse_modifiers(cursor)
        cursor.space()
    match = ITEM.match(cursor.line, cursor.at)
    if match is None:
        cursor.fail("FLAGS, +FLAGS or -FLAGS, perhaps with .SILENT,", "RFC 9051 6.4.6")
    labels = match[2].upper() != b"FLAGS"
    if labels:
        cursor.need("X-GM-EXT-1")
    cursor.at = match.end() + 1
    flags = _parse_flags(cursor, labels=labels)
    cursor.end()
    return StoreRequest(numbers, HOW[match[1]], flags, bool(match[3]), unchanged_since, labels)


def _parse_flags(cursor: Cursor, *, labels: bool) -> tuple[str, ...]:
    """Parse flags in parentheses, or without them."""

    def read() -> str:
        return cursor.flag() if not labels or cursor.next_is(b"\\") else cursor.mailbox()

    if cursor.next_is(b"("):
        return tuple(dict.fromkeys(cursor.list_of(read, empty=True)))
    flags = [read()]
    while not cursor.at_end and len(flags) < MAX_LIST:
        cursor.space()
        flags.append(read())
    return tuple(dict.fromkeys(flags))


def _parse_modifiers(cursor: Cursor) -> int:
    """Parse the modifiers of STORE (RFC 4466 2.5); return the value of UNCHANGEDSINCE."""
    cursor.expect(b"(")
    at, word = cursor.at, cursor.word()
    if word != "UNCHANGEDSINCE":
        raise SyntaxProblem(f"unknown modifier of STORE: {word}", "RFC 4466 2.5", at)
    cursor.need("CONDSTORE")
    cursor.space()
    value = cursor.number64()
    cursor.expect(b")")
    return value
