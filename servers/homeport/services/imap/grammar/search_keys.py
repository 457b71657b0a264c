"""The arguments of SEARCH (RFC 9051 6.4.4) as a tree of keys, with the extensions that add keys or options.

WITHIN (RFC 5032), SAVEDATE (RFC 8514), OBJECTID (RFC 8474), CONDSTORE (RFC 7162 3.1.5), ESEARCH (RFC 4731), SEARCHRES
(RFC 5182), PARTIAL (RFC 9394), CONTEXT (RFC 5267), and Gmail's keys.
"""

import datetime
from collections.abc import Callable
from typing import Literal

import msgspec

from homeport.services.imap.grammar.dates import parse_date
from homeport.services.imap.grammar.fetch_items import FetchItem, PartialRange, parse_item, parse_partial_range
from homeport.services.imap.grammar.sequence_set import SequenceSet, parse_sequence_set
from homeport.services.imap.grammar.tokens import MAX_NUMBER64, Cursor, SyntaxProblem
from homeport.world.mail.mime.charsets import find_codec

MAX_DEPTH = 50
"""Keys in parentheses, NOT and the first key of OR, within each other."""
MAX_KEYS = 2000
"""Keys of one command: each is compared with every message."""
SEARCH = "RFC 9051 6.4.4"
CHARSETS = ("US-ASCII", "UTF-8")
"""Charsets that BADCHARSET names; others are known too."""


class BadCharset(SyntaxProblem):
    """A charset that is unknown: `NO [BADCHARSET (...)]`."""


class All(msgspec.Struct, frozen=True):
    """Every message."""


class Flag(msgspec.Struct, frozen=True):
    """Messages with a flag."""

    name: str


class Recent(msgspec.Struct, frozen=True):
    """Messages that are recent in this session (RFC 3501)."""


class InHeader(msgspec.Struct, frozen=True):
    """Messages with a field of that name, in lower case, whose value contains a text."""

    field: str
    text: str


class InText(msgspec.Struct, frozen=True):
    """Messages whose body, or header and body, contain a text."""

    where: Literal["body", "text"]
    text: str


class Size(msgspec.Struct, frozen=True):
    """Messages larger, or smaller, than a number of bytes."""

    larger: bool
    size: int


class OnDay(msgspec.Struct, frozen=True):
    """Messages of a day, before it, or since it."""

    date: Literal["internal", "sent", "saved"]
    relation: Literal["before", "on", "since"]
    day: datetime.date


class Within(msgspec.Struct, frozen=True):
    """Messages that came in the last seconds, or before (RFC 5032)."""

    younger: bool
    seconds: int


class Numbers(msgspec.Struct, frozen=True):
    """Messages by sequence number, or by UID."""

    numbers: SequenceSet
    uid: bool


class Modseq(msgspec.Struct, frozen=True):
    """Messages with a MODSEQ that is at least this."""

    least: int


class Identifier(msgspec.Struct, frozen=True):
    """Messages by an identifier."""

    kind: Literal["EMAILID", "THREADID", "X-GM-MSGID", "X-GM-THRID"]
    value: str


class Label(msgspec.Struct, frozen=True):
    """Messages with a label of Gmail."""

    name: str


class Query(msgspec.Struct, frozen=True):
    """Messages that a query of Gmail finds (`gmail_query.py`)."""

    text: str


class Not(msgspec.Struct, frozen=True):
    """Messages that do not match a key."""

    key: "Key"


class AnyOf(msgspec.Struct, frozen=True):
    """Messages that match one of several keys."""

    keys: tuple["Key", ...]


class AllOf(msgspec.Struct, frozen=True):
    """Messages that match all of several keys."""

    keys: tuple["Key", ...]


Key = (
    All | Flag | Recent | InHeader | InText | Size | OnDay | Within | Numbers | Modseq | Identifier | Label | Query
    | Not | AnyOf | AllOf
)  # fmt: skip


class SearchRequest(msgspec.Struct, frozen=True):
    """The arguments of SEARCH and UID SEARCH."""

    key: Key
    returned: frozenset[str] | None = None
    """Options of RETURN without PARTIAL, such as MIN; None for the plain response."""
    partial: PartialRange | None = None
    items: tuple[FetchItem, ...] = ()
    """Items of FETCH that messages are sent with which come to the results later (RFC 5465 7)."""
    charset: str = ""
    """As sent; empty if there is none."""
    uses_modseq: bool = False
    """True if MODSEQ was used: the response has the highest one."""


FLAGS = {
    "ANSWERED": "\\Answered", "DELETED": "\\Deleted", "DRAFT": "\\Draft", "FLAGGED": "\\Flagged", "SEEN": "\\Seen",
}  # fmt: skip
RELATIONS: dict[str, Literal["before", "on", "since"]] = {"BEFORE": "before", "ON": "on", "SINCE": "since"}
RETURNED = {
    "MIN": "ESEARCH", "MAX": "ESEARCH", "ALL": "ESEARCH", "COUNT": "ESEARCH", "SAVE": "SEARCHRES",
    "UPDATE": "CONTEXT=SEARCH", "CONTEXT": "CONTEXT=SEARCH",
}  # fmt: skip


def parse_search(cursor: Cursor) -> SearchRequest:
    """Parse the arguments."""
    returning = parse_return(cursor)
    charset = ""
    if cursor.take_word(b"CHARSET"):
        cursor.space()
        charset = parse_charset(cursor)
        cursor.space()
    reader = KeyReader(cursor, charset)
    key = reader.read_all()
    return SearchRequest(key, *returning, charset, reader.uses_modseq)


def count_ranges(key: Key) -> int:
    """Return the number of ranges of all sets in a key."""
    match key:
        case AllOf(keys) | AnyOf(keys):
            return sum(map(count_ranges, keys))
        case Not(inner):
            return count_ranges(inner)
        case Numbers(numbers):
            return len(numbers.ranges)
    return 0


Returning = tuple[frozenset[str] | None, PartialRange | None, tuple[FetchItem, ...]]


def parse_return(cursor: Cursor) -> Returning:
    """Parse RETURN (...) and the space after it, if it is there."""
    at = cursor.at
    if not cursor.take_word(b"RETURN"):
        return None, None, ()
    cursor.needs.setdefault("ESEARCH", at)
    cursor.space()
    found: set[str] = set()
    partials: list[PartialRange] = []
    items: list[FetchItem] = []

    def read() -> None:
        at, word = cursor.at, cursor.word()
        if word == "PARTIAL":
            cursor.needs.setdefault("PARTIAL", at)
            cursor.space()
            partials.append(parse_partial_range(cursor))
        elif (capability := RETURNED.get(word)) is not None:
            cursor.needs.setdefault(capability, at)
            found.add(word)
            if word == "UPDATE" and cursor.take(b" "):
                if cursor.next_is(b"("):
                    cursor.need("NOTIFY")
                    items.extend(cursor.list_of(lambda: parse_item(cursor)))
                else:
                    cursor.at -= 1
        else:
            raise SyntaxProblem(f"unknown result option of SEARCH: {word}", SEARCH, at)

    cursor.list_of(read, empty=True)
    if len(partials) > 1 or (partials and "ALL" in found):
        raise SyntaxProblem("PARTIAL is there once, and without ALL", "RFC 9394 3.1", at)
    cursor.space()
    if not found and not partials:
        found.add("ALL")
    return frozenset(found), partials[0] if partials else None, tuple(items)


def parse_charset(cursor: Cursor) -> str:
    """Parse the name of a charset. Raises: BadCharset if it is unknown."""
    at = cursor.at
    charset = cursor.astring().decode("ascii", "replace")
    if not find_codec(charset):
        raise BadCharset(f"unknown charset {charset!r}: use one of {', '.join(CHARSETS)}", SEARCH, at)
    if cursor.utf8 and charset.upper() not in CHARSETS:
        raise BadCharset("the charset is UTF-8 after ENABLE", "RFC 9755 3", at)
    return charset


class KeyReader:
    """Reads the keys of one command. charset: of their texts; empty for UTF-8."""

    def __init__(self, cursor: Cursor, charset: str = "") -> None:
        self.uses_modseq = False
        self._cursor = cursor
        self._codec = find_codec(charset) if charset and find_codec(charset) != "ascii" else "utf_8"
        self._depth = 0
        self._keys_left = MAX_KEYS

    def read_all(self) -> Key:
        """Read keys to the end of the command."""
        keys = [self._read()]
        while not self._cursor.at_end:
            self._cursor.space()
            keys.append(self._read())
        return keys[0] if len(keys) == 1 else AllOf(tuple(keys))

    def _read(self) -> Key:
        """Read one key."""
        cursor = self._cursor
        self._keys_left -= 1
        if self._keys_left < 0:
            raise SyntaxProblem(f"SEARCH takes at most {MAX_KEYS} keys", SEARCH, cursor.at)
        begin = cursor.line[cursor.at : cursor.at + 1]
        if begin == b"(":
            keys = self._deeper(lambda: cursor.list_of(self._read))
            return keys[0] if len(keys) == 1 else AllOf(tuple(keys))
        if begin.isdigit() or begin in (b"*", b"$"):
            return Numbers(parse_sequence_set(cursor), uid=False)
        at, word = cursor.at, cursor.word()
        if (read := READERS.get(word)) is not None:
            return read(self, word)
        if (flag := FLAGS.get(word)) is not None:
            return Flag(flag)
        if word.startswith("UN") and (flag := FLAGS.get(word[2:])) is not None:
            return Not(Flag(flag))
        raise SyntaxProblem(f"unknown search key: {word}", SEARCH, at)

    def _deeper(self, read: Callable[[], list[Key]]) -> list[Key]:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise SyntaxProblem(f"search keys are nested at most {MAX_DEPTH} times", SEARCH, self._cursor.at)
        found = read()
        self._depth -= 1
        return found

    # --- keys with arguments

    def read_not(self, _word: str) -> Key:
        """Read the key of NOT."""
        self._cursor.space()
        (key,) = self._deeper(lambda: [self._read()])
        return Not(key)

    def read_or(self, _word: str) -> Key:
        """Read the keys of OR; a chain of them, `OR a OR b c`, is one list, however long."""
        cursor, keys = self._cursor, list[Key]()
        while True:
            cursor.space()
            keys += self._deeper(lambda: [self._read()])
            cursor.space()
            if not cursor.take_word(b"OR"):
                break
            self._keys_left -= 1
        keys += self._deeper(lambda: [self._read()])
        return AnyOf(tuple(keys))

    def read_simple(self, word: str) -> Key:
        """Return a key without arguments."""
        if word == "ALL":
            return All()
        self._cursor.note("recent-in-rev2", self._cursor.at)
        if word == "NEW":
            return AllOf((Recent(), Not(Flag("\\Seen"))))
        return Recent() if word == "RECENT" else Not(Recent())

    def read_keyword(self, word: str) -> Key:
        """Read a keyword."""
        self._cursor.space()
        key = Flag(self._cursor.flag())
        return key if word == "KEYWORD" else Not(key)

    def read_address(self, word: str) -> Key:
        """Read the text of a header key."""
        return InHeader(word.lower(), self._text())

    def read_header(self, _word: str) -> Key:
        """Read the arguments of HEADER."""
        self._cursor.space()
        name = self._cursor.astring().decode("ascii", "replace").strip().removesuffix(":").lower()
        return InHeader(name, self._text())

    def read_content(self, word: str) -> Key:
        """Read the text of BODY or TEXT."""
        return InText("body" if word == "BODY" else "text", self._text())

    def read_size(self, word: str) -> Key:
        """Read a number of bytes."""
        self._cursor.space()
        return Size(word == "LARGER", self._cursor.number64())

    def read_day(self, word: str) -> Key:
        """Read a date."""
        date: Literal["internal", "sent", "saved"] = "internal"
        relation = word
        if word.startswith("SENT"):
            date, relation = "sent", word[4:]
        elif word.startswith("SAVED"):
            self._cursor.need("SAVEDATE")
            date, relation = "saved", word[5:]
        self._cursor.space()
        return OnDay(date, RELATIONS[relation], parse_date(self._cursor))

    def read_saved_supported(self, _word: str) -> Key:
        """Return the key of SAVEDATESUPPORTED: every mailbox has dates of saving."""
        self._cursor.need("SAVEDATE")
        return All()

    def read_within(self, word: str) -> Key:
        """Read an interval."""
        self._cursor.need("WITHIN")
        self._cursor.space()
        return Within(word == "YOUNGER", self._cursor.nz_number())

    def read_uid(self, _word: str) -> Key:
        """Read a set of UIDs."""
        self._cursor.space()
        return Numbers(parse_sequence_set(self._cursor), uid=True)

    def read_modseq(self, _word: str) -> Key:
        """Read MODSEQ; the name and type of an entry may precede the value (RFC 7162 3.1.5), and change nothing."""
        cursor = self._cursor
        cursor.need("CONDSTORE")
        self.uses_modseq = True
        cursor.space()
        if cursor.next_is(b'"'):
            cursor.string()
            cursor.space()
            at, kind = cursor.at, cursor.word()
            if kind not in ("ALL", "PRIV", "SHARED"):
                raise SyntaxProblem("all, priv or shared expected", "RFC 7162 3.1.5", at)
            cursor.space()
        return Modseq(cursor.number(MAX_NUMBER64))

    def read_identifier(self, word: str) -> Key:
        """Read an identifier."""
        self._cursor.need("X-GM-EXT-1" if word.startswith("X-") else "OBJECTID")
        self._cursor.space()
        return Identifier(word, self._cursor.atom())  # type: ignore[arg-type]  # one of the words of the table

    def read_label(self, _word: str) -> Key:
        """Read a label."""
        self._cursor.need("X-GM-EXT-1")
        self._cursor.space()
        return Label(self._cursor.flag() if self._cursor.next_is(b"\\") else self._cursor.mailbox())

    def read_gmail(self, _word: str) -> Key:
        """Read a query of Gmail."""
        self._cursor.need("X-GM-EXT-1")
        return Query(self._text())

    def _text(self) -> str:
        """Read a space and a text."""
        cursor = self._cursor
        cursor.space()
        at, text = cursor.at, cursor.astring()
        if text.isascii() and self._codec == "utf_8":
            return text.decode("ascii")
        try:
            return text.decode(self._codec)
        except (UnicodeError, LookupError):
            raise SyntaxProblem("a text is not valid in the charset of the search", SEARCH, at) from None


READERS: dict[str, Callable[[KeyReader, str], Key]] = {
    **dict.fromkeys(("ALL", "NEW", "OLD", "RECENT"), KeyReader.read_simple),
    **dict.fromkeys(("KEYWORD", "UNKEYWORD"), KeyReader.read_keyword),
    **dict.fromkeys(("BCC", "CC", "FROM", "SUBJECT", "TO"), KeyReader.read_address),
    **dict.fromkeys(("BODY", "TEXT"), KeyReader.read_content),
    **dict.fromkeys(("LARGER", "SMALLER"), KeyReader.read_size),
    **dict.fromkeys(
        (f"{date}{relation}" for date in ("", "SENT", "SAVED") for relation in RELATIONS), KeyReader.read_day
    ),
    **dict.fromkeys(("YOUNGER", "OLDER"), KeyReader.read_within),
    **dict.fromkeys(("EMAILID", "THREADID", "X-GM-MSGID", "X-GM-THRID"), KeyReader.read_identifier),
    "HEADER": KeyReader.read_header,
    "MODSEQ": KeyReader.read_modseq,
    "NOT": KeyReader.read_not,
    "OR": KeyReader.read_or,
    "SAVEDATESUPPORTED": KeyReader.read_saved_supported,
    "UID": KeyReader.read_uid,
    "X-GM-LABELS": KeyReader.read_label,
    "X-GM-RAW": KeyReader.read_gmail,
}
