"""The arguments of APPEND (RFC 9051 6.3.12), with MULTIAPPEND, CATENATE, BINARY and UTF8=ACCEPT; and of REPLACE.

The content of a message is written to the world's store while it arrives: the cursor has an object in its place.
"""

from typing import Any

import msgspec

from homeport.services.imap.grammar.dates import parse_date_time
from homeport.services.imap.grammar.tokens import Cursor, SyntaxProblem

MAX_PARTS = 1000
"""Parts of one CATENATE."""
APPEND = "RFC 9051 6.3.12"
CATENATE = "RFC 4469 5"


class Piece(msgspec.Struct, frozen=True):
    """A part of CATENATE: the content of a literal, or an IMAP URL."""

    content: Any = None
    url: bytes | None = None
    """None for a literal; an empty URL is one that names nothing."""


class AppendedMessage(msgspec.Struct, frozen=True):
    """A message to be added."""

    body: Any
    """The object in place of the literal; None for CATENATE."""
    flags: tuple[str, ...] = ()
    internal: float | None = None
    """Unix time; None for now."""
    zone: int = 0
    """Minutes by which the clock that the client read is ahead of UTC."""
    utf8: bool = False
    """True if the client marked it with UTF8: its header has bytes over 127."""
    pieces: tuple[Piece, ...] = ()
    """The parts of CATENATE, in order."""


def parse_append(cursor: Cursor, *, single: bool = False) -> tuple[str, list[AppendedMessage]]:
    """Parse mailbox and messages. single: True for REPLACE, which takes one message."""
    mailbox = cursor.mailbox()
    messages: list[AppendedMessage] = []
    while not messages or not cursor.at_end:
        if messages:
            if single:
                cursor.fail("the end of the command", "RFC 8508 5")
            cursor.need("MULTIAPPEND")
        cursor.space()
        messages.append(_parse_message(cursor))
    return mailbox, messages


def _parse_message(cursor: Cursor) -> AppendedMessage:
    flags: list[str] = []
    internal: float | None = None
    zone = 0
    if cursor.next_is(b"("):
        flags = cursor.flag_list()
        cursor.space()
    if cursor.next_is(b'"'):
        internal, zone = parse_date_time(cursor)
        cursor.space()
    if cursor.take_word(b"UTF8"):
        cursor.need("UTF8=ACCEPT")
        cursor.expect(b" (")
        if not cursor.next_is(b"~{"):
            cursor.fail("a literal8, ~{n},", "RFC 9755 4")
        body = _content(cursor)
        cursor.needs.pop("BINARY", None)
        cursor.expect(b")")
        return AppendedMessage(body, tuple(flags), internal, zone, utf8=True)
    if cursor.take_word(b"CATENATE"):
        cursor.need("CATENATE")
        cursor.space()
        pieces = cursor.list_of(lambda: _parse_piece(cursor))
        if len(pieces) > MAX_PARTS:
            raise SyntaxProblem(f"CATENATE takes at most {MAX_PARTS} parts", CATENATE, cursor.at)
        return AppendedMessage(None, tuple(flags), internal, zone, pieces=tuple(pieces))
    return AppendedMessage(_content(cursor), tuple(flags), internal, zone)


def _parse_piece(cursor: Cursor) -> Piece:
    at, word = cursor.at, cursor.word()
    if word not in ("TEXT", "URL"):
        raise SyntaxProblem(f"TEXT or URL expected, found {word}", CATENATE, at)
    cursor.space()
    return Piece(_content(cursor)) if word == "TEXT" else Piece(url=cursor.astring())


def _content(cursor: Cursor) -> Any:
    if cursor.literal_size() is None:
        cursor.fail("the message as a literal", APPEND)
    return cursor.literal(binary=True)
