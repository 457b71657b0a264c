"""The arguments of FETCH (RFC 9051 6.4.5) with its extensions: BINARY, PREVIEW, CONDSTORE, OBJECTID, PARTIAL ..."""

import re
from functools import lru_cache

import msgspec

from homeport.services.imap.grammar.sequence_set import SequenceSet, parse_sequence_set
from homeport.services.imap.grammar.tokens import MAX_NUMBER64, Cursor, SyntaxProblem
from homeport.services.imap.grammar.writing import astring
from homeport.world.mail.mime.sections import Section

MACROS = {
    "FAST": ("FLAGS", "INTERNALDATE", "RFC822.SIZE"),
    "ALL": ("FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE"),
    "FULL": ("FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY"),
}
ITEMS = {
    "FLAGS": "", "INTERNALDATE": "", "RFC822.SIZE": "", "ENVELOPE": "", "BODYSTRUCTURE": "", "BODY": "", "UID": "",
    "MODSEQ": "CONDSTORE", "EMAILID": "OBJECTID", "THREADID": "OBJECTID", "SAVEDATE": "SAVEDATE",
    "X-GM-MSGID": "X-GM-EXT-1", "X-GM-THRID": "X-GM-EXT-1", "X-GM-LABELS": "X-GM-EXT-1",
}  # fmt: skip
"""Items without arguments, each with the extension that it needs."""
OLD_SECTIONS = {
    "RFC822": (Section((), "", ()), False),
    "RFC822.HEADER": (Section((), "HEADER", ()), True),
    "RFC822.TEXT": (Section((), "TEXT", ()), False),
}
"""Deprecated names of sections, with True if they leave \\Seen."""
NAME = re.compile(rb"[A-Za-z0-9](?:[A-Za-z0-9.\-]*[A-Za-z0-9])?")
PART = re.compile(rb"[1-9]\d{0,9}(?:\.[1-9]\d{0,9})*+")
PARTIAL = re.compile(rb"<(\d{1,19})\.(\d{1,19})>")
MAX_ITEMS = 200
"""Items of one FETCH: each may repeat the whole message."""
MAX_PART_NUMBERS = 100
"""Numbers of one part specifier."""
MAX_CACHED = 512
"""Bytes of an item list whose parsed form is kept for the next command."""
SECTIONS = "RFC 9051 6.4.5.1"
SECTION_BINARY = "RFC 9051 9 (section-binary)"


class FetchItem(msgspec.Struct, frozen=True):
    """An item that FETCH asks for."""

    name: str
    """In upper case; `BODY[]` for every section of a message, `BINARY` and `BINARY.SIZE` for decoded parts."""
    label: bytes
    """Its name in the response."""
    section: Section | None = None
    partial: tuple[int, int] | None = None
    """Offset of the first byte, and number of bytes."""
    peek: bool = True
    """False if it sets \\Seen."""
    lazy: bool = False
    """True for a PREVIEW that is wanted only if it is there already."""


class PartialRange(msgspec.Struct, frozen=True):
    """A selection among results (RFC 9394): positions from 1; negative ones count from the last."""

    first: int
    last: int

    def slice(self, count: int) -> range:
        """Return the indexes among `count` results."""
        low, high = sorted((abs(self.first), abs(self.last)))
        if self.first > 0:
            return range(min(low - 1, count), min(high, count))
        return range(max(count - high, 0), max(count - low + 1, 0))

    def serialize(self) -> bytes:
        """Return the range as the client wrote it."""
        return b"%d:%d" % (self.first, self.last)


class FetchRequest(msgspec.Struct, frozen=True):
    """The arguments of FETCH and UID FETCH."""

    numbers: SequenceSet
    items: tuple[FetchItem, ...]
    changed_since: int | None = None
    vanished: bool = False
    partial: PartialRange | None = None

    @property
    def sets_seen(self) -> bool:
        """True if it sets \\Seen."""
        return any(not item.peek for item in self.items)


def parse_fetch(cursor: Cursor, *, uid: bool = False) -> FetchRequest:
    """Parse the arguments. uid: True for UID FETCH."""
    numbers = parse_sequence_set(cursor)
    cursor.space()
    items = parse_items(cursor)
    if cursor.at_end:
        return FetchRequest(numbers, items)
    cursor.space()
    request = _parse_modifiers(cursor, numbers, items, uid=uid)
    cursor.end()
    return request


def parse_items(cursor: Cursor) -> tuple[FetchItem, ...]:
    """Parse the items: a macro, one item, or items in parentheses."""
    rest = cursor.rest
    if len(rest) > MAX_CACHED or b"\n" in rest:
        return _parse_items(cursor)
    items, needs, notes, at = _cached_items(rest)
    for capability, where in needs:
        cursor.needs.setdefault(capability, cursor.at + where)
    for finding, where in notes:
        cursor.note(finding, cursor.at + where)
    cursor.at += at
    return items


Cached = tuple[tuple[FetchItem, ...], tuple[tuple[str, int], ...], tuple[tuple[str, int], ...], int]


@lru_cache(maxsize=256)
def _cached_items(rest: bytes) -> Cached:
    """Parse items; return them, needs, notes, and the offset after them."""
    cursor = Cursor(rest)
    items = _parse_items(cursor)
    return items, tuple(cursor.needs.items()), tuple(cursor.notes.items()), cursor.at


def _parse_items(cursor: Cursor) -> tuple[FetchItem, ...]:
    if cursor.next_is(b"("):
        at, items = cursor.at, cursor.list_of(lambda: parse_item(cursor))
        if len(items) > MAX_ITEMS:
            raise SyntaxProblem(f"FETCH takes at most {MAX_ITEMS} items", "RFC 9051 6.4.5", at)
        found: dict[bytes, FetchItem] = {}
        for item in items:  # an item that is asked for twice is answered once; \Seen is set if one of them sets it
            known = found.get(item.label)
            if known is None or known.peek:
                found[item.label] = item
        return tuple(found.values())
    match = NAME.match(cursor.line, cursor.at)
    if match is not None and (macro := MACROS.get(match[0].decode("ascii").upper())):
        cursor.at = match.end()
        return tuple(FetchItem(name, name.encode()) for name in macro)
    return (parse_item(cursor),)


def parse_item(cursor: Cursor) -> FetchItem:
    """Parse one item."""
    match = NAME.match(cursor.line, cursor.at)
    if match is None:
        cursor.fail("an item of FETCH", "RFC 9051 6.4.5")
    at, name = cursor.at, match[0].decode("ascii").upper()
    cursor.at = match.end()
    if cursor.next_is(b"["):
        item = _parse_bracketed(cursor, name)
        if item is not None:
            return item
    elif (capability := ITEMS.get(name)) is not None:
        if capability:
            cursor.needs.setdefault(capability, at)
        return FetchItem(name, name.encode())
    elif name in OLD_SECTIONS:
        cursor.note("rfc822-items", at)
        section, peek = OLD_SECTIONS[name]
        return FetchItem("BODY[]", name.encode(), section, None, peek)
    elif name == "PREVIEW":
        cursor.needs.setdefault("PREVIEW", at)
        return FetchItem(name, b"PREVIEW", lazy=_parse_lazy(cursor))
    if name in MACROS:
        raise SyntaxProblem(f"{name} stands alone, without parentheses and other items", "RFC 9051 6.4.5", at)
    raise SyntaxProblem(f"unknown item of FETCH: {name}", "RFC 9051 6.4.5", at)


def _parse_lazy(cursor: Cursor) -> bool:
    """Parse the modifier of PREVIEW (RFC 8970 3.1)."""
    if not cursor.next_is(b" ("):
        return False
    begin = cursor.at
    cursor.at += 2
    if cursor.take_word(b"LAZY"):
        cursor.expect(b")")
        return True
    cursor.at = begin  # after a single PREVIEW, these are the modifiers of FETCH
    return False


def _parse_bracketed(cursor: Cursor, name: str) -> FetchItem | None:
    """Parse the section of an item, and its partial range; return None if the item has none."""
    base, dot, peek = name.partition(".PEEK")
    if peek or base not in ("BODY", "BINARY", "BINARY.SIZE") or (dot and base == "BINARY.SIZE"):
        return None
    if base != "BODY":
        cursor.need("BINARY")
    cursor.expect(b"[")
    if base == "BODY":
        section = _parse_section(cursor)
    else:  # RFC 9051 9: section-binary has a part number at most, so neither HEADER, TEXT nor MIME
        section = Section(_parse_part(cursor), "", ())
        if not cursor.next_is(b"]"):
            raise SyntaxProblem(f"{base} takes a part number or nothing: {base}[1]", SECTION_BINARY, cursor.at)
    cursor.expect(b"]")
    label = b"%s[%s]" % (base.encode(), serialize_section(section))
    if base == "BINARY.SIZE":
        return FetchItem(base, label, section)
    partial = _parse_partial(cursor) if cursor.next_is(b"<") else None
    if partial is not None:
        label += b"<%d>" % partial[0]
    return FetchItem("BODY[]" if base == "BODY" else base, label, section, partial, peek=bool(dot))


def _parse_section(cursor: Cursor) -> Section:
    """Parse what is in brackets."""
    if cursor.next_is(b"]"):
        return Section((), "", ())
    part = _parse_part(cursor)
    if part and not cursor.take(b"."):
        return Section(part, "", ())
    at, word = cursor.at, cursor.word()
    if word in ("HEADER.FIELDS", "HEADER.FIELDS.NOT"):
        cursor.space()
        return Section(part, word, tuple(cursor.list_of(cursor.astring)))
    if word in ("HEADER", "TEXT") or (word == "MIME" and part):
        return Section(part, word, ())
    text = "MIME needs a part number" if word == "MIME" else f"unknown section: {word}"
    raise SyntaxProblem(text, SECTIONS, at)


def _parse_part(cursor: Cursor) -> tuple[int, ...]:
    """Parse a part specifier; return an empty tuple if there is none."""
    match = PART.match(cursor.line, cursor.at)
    if match is None:
        return ()
    if match[0].count(b".") >= MAX_PART_NUMBERS:
        raise SyntaxProblem(f"a part specifier has at most {MAX_PART_NUMBERS} numbers", SECTIONS, cursor.at)
    cursor.at = match.end()
    return tuple(map(int, match[0].split(b".")))


def _parse_partial(cursor: Cursor) -> tuple[int, int]:
    match = PARTIAL.match(cursor.line, cursor.at)
    if match is None:
        cursor.fail("<offset.length>", SECTIONS)
    offset, length = int(match[1]), int(match[2])
    if not length or max(offset, length) > MAX_NUMBER64:
        raise SyntaxProblem(
            "the length of a partial range is not 0, and both numbers have 63 bits", SECTIONS, cursor.at
        )
    cursor.at = match.end()
    return offset, length


def serialize_section(section: Section) -> bytes:
    """Serialize a section as a response has it; names of fields are as the client wrote them."""
    text = ".".join(map(str, section.part))
    if section.text:
        text += f".{section.text}" if text else section.text
    if not section.fields:
        return text.encode()
    return b"%s (%s)" % (text.encode(), b" ".join(map(astring, section.fields)))


def _parse_modifiers(cursor: Cursor, numbers: SequenceSet, items: tuple[FetchItem, ...], *, uid: bool) -> FetchRequest:
    """Parse the modifiers of FETCH (RFC 4466 2.4): CONDSTORE, QRESYNC, PARTIAL."""
    changed_since: int | None = None
    partial: PartialRange | None = None
    vanished, begin, seen = False, cursor.at, set[str]()
    cursor.expect(b"(")
    while True:
        at, word = cursor.at, cursor.word()
        if word in seen:
            raise SyntaxProblem(f"the modifier {word} is there twice", "RFC 4466 2.4", at)
        seen.add(word)
        if word == "CHANGEDSINCE":
            cursor.need("CONDSTORE")
            cursor.space()
            changed_since = cursor.number64(1)
        elif word == "VANISHED":
            cursor.need("QRESYNC")
            vanished = True
        elif word == "PARTIAL":
            cursor.need("PARTIAL")
            cursor.space()
            partial = parse_partial_range(cursor)
        else:
            raise SyntaxProblem(f"unknown modifier of FETCH: {word}", "RFC 4466 2.4", at)
        if cursor.take(b")"):
            break
        cursor.space()
    if vanished and (changed_since is None or not uid):
        raise SyntaxProblem("VANISHED is for UID FETCH with CHANGEDSINCE", "RFC 7162 3.2.6", begin)
    if partial is not None and not uid:
        raise SyntaxProblem("PARTIAL is for UID FETCH", "RFC 9394 3.3", begin)
    return FetchRequest(numbers, items, changed_since, vanished, partial)


def parse_partial_range(cursor: Cursor) -> PartialRange:
    """Parse a range of results (RFC 9394 4): `1:100`, or `-1:-100`."""
    negative = cursor.take(b"-")
    first = cursor.nz_number()
    cursor.expect(b":")
    if negative:
        cursor.expect(b"-")
    last = cursor.nz_number()
    return PartialRange(-first, -last) if negative else PartialRange(first, last)
