"""The arguments of GETMETADATA and SETMETADATA (RFC 5464)."""

import re

import msgspec

from homeport.services.imap.grammar.tokens import MAX_NUMBER, Cursor, SyntaxProblem

ENTRY = re.compile(r"/(?:private|shared)((?:/[^/*%\x00-\x1f\x7f-\xff]+)*)", re.IGNORECASE)
DEPTHS = {"0": 0, "1": 1, "INFINITY": MAX_NUMBER}
MAX_ENTRIES = 1000
MAX_ENTRY_BYTES = 1000
MAX_LEVELS = 20
"""Levels of a name: each is compared when DEPTH is asked for."""
METADATA = "RFC 5464 5"


class GetMetadata(msgspec.Struct, frozen=True):
    """The arguments of GETMETADATA."""

    mailbox: str
    """Empty for the server."""
    entries: tuple[str, ...]
    depth: int = 0
    """Levels below each entry."""
    max_size: int | None = None
    """Bytes of the largest value that is wanted."""


class SetMetadata(msgspec.Struct, frozen=True):
    """The arguments of SETMETADATA."""

    mailbox: str
    values: tuple[tuple[str, bytes | None], ...]
    """Entries with their values; None removes one."""


def parse_get_metadata(cursor: Cursor) -> GetMetadata:
    """Parse the arguments of GETMETADATA; the options stand before or after the mailbox, as the RFC has both."""
    options: dict[str, int] = {}
    if cursor.next_is(b"("):
        options = _parse_options(cursor)
        cursor.space()
    mailbox = cursor.mailbox()
    cursor.space()
    if cursor.next_is(b"(") and not cursor.next_is(b"(/") and not cursor.next_is(b'("') and not options:
        options = _parse_options(cursor)
        cursor.space()
    several = cursor.next_is(b"(")
    entries = cursor.list_of(lambda: parse_entry(cursor, above=True)) if several else [parse_entry(cursor, above=True)]
    cursor.end()
    if len(entries) > MAX_ENTRIES:
        raise SyntaxProblem(f"GETMETADATA takes at most {MAX_ENTRIES} entries", METADATA)
    return GetMetadata(mailbox, tuple(dict.fromkeys(entries)), options.get("DEPTH", 0), options.get("MAXSIZE"))


def parse_set_metadata(cursor: Cursor) -> SetMetadata:
    """Parse the arguments of SETMETADATA."""

    def read() -> tuple[str, bytes | None]:
        entry = parse_entry(cursor)
        cursor.space()
        return entry, _parse_value(cursor)

    mailbox = cursor.mailbox()
    cursor.space()
    values = cursor.list_of(read)
    cursor.end()
    if len(values) > MAX_ENTRIES:
        raise SyntaxProblem(f"SETMETADATA takes at most {MAX_ENTRIES} entries", METADATA)
    return SetMetadata(mailbox, tuple(dict(values).items()))


def parse_entry(cursor: Cursor, *, above: bool = False) -> str:
    """Parse the name of an entry; return it in lower case, as names differ by more than case.

    above: True if `/private` and `/shared`, which have no value of their own, are allowed.
    """
    at = cursor.at
    name = cursor.astring().decode("utf-8", "replace")
    if name.count("/") > MAX_LEVELS:
        raise SyntaxProblem(f"the name of an entry has at most {MAX_LEVELS} levels here", "RFC 5464 3.2", at)
    match = ENTRY.fullmatch(name)
    if match is None or not (match[1] or above) or len(name) > MAX_ENTRY_BYTES:
        text = "an entry is /private/... or /shared/..., in ASCII, without *, % and empty parts"
        raise SyntaxProblem(text, "RFC 5464 3.2", at)
    return name.lower()


def _parse_value(cursor: Cursor) -> bytes | None:
    """Parse a value: a string, a literal8, or NIL."""
    if not cursor.next_is(b"~{"):
        return cursor.nstring()
    at, value = cursor.at, cursor.literal(binary=True)
    cursor.needs.pop("BINARY", None)
    if not isinstance(value, bytes | bytearray):
        raise SyntaxProblem("a value is a string", METADATA, at)
    return bytes(value)


def _parse_options(cursor: Cursor) -> dict[str, int]:
    options: dict[str, int] = {}

    def read() -> None:
        at, word = cursor.at, cursor.word()
        if word in options or word not in ("MAXSIZE", "DEPTH"):
            raise SyntaxProblem(f"MAXSIZE or DEPTH expected once, found {word}", METADATA, at)
        cursor.space()
        if word == "MAXSIZE":
            options[word] = cursor.number()
            return
        at, depth = cursor.at, cursor.word()
        if depth not in DEPTHS:
            raise SyntaxProblem("DEPTH is 0, 1 or infinity", METADATA, at)
        options[word] = DEPTHS[depth]

    cursor.list_of(read)
    return options
