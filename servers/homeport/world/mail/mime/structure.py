"""A message as a tree of entities, with the offsets of every header, field, body and part.

    entity = raw[begin:end]         header = raw[begin:body]         body = raw[body:end]

Line ends are CR LF, or LF alone: a message with bare LF has a finding, and is read all the same. A line that is no
field ends the header, and begins the body, as in most mail programs; so nothing of a message without an empty line is
hidden. A delimiter of an outer multipart ends the inner ones (RFC 2046 5.1.2).

The work is bounded: nesting, entities, delimiters, and bytes of headers. What is over a limit stays unparsed, as the
body of its entity, and `Tree.complete` is False. Each level looks at each byte once, so at most `MAX_DEPTH + 2` times
the bytes of the message are looked at; `Tree.examined` counts them.
"""

import re
from collections.abc import Iterator
from functools import cached_property

import msgspec

from homeport.world.mail.mime.parameters import Parsed, parse_parameters

MAX_DEPTH = 20
"""Nesting of multiparts and messages."""
MAX_PARTS = 500
"""Entities in a message."""
MAX_DELIMITERS = 5000
"""Lines of a whole message that start like a delimiter."""
HEADER_LIMIT = 64 << 10
"""Bytes of one header that are parsed."""
HEADERS_LIMIT = 256 << 10
"""Bytes of all headers of parts that are parsed."""
MESSAGE_TYPES = ("message/rfc822", "message/global")
"""Types whose body is a message (RFC 2046 5.2.1, RFC 6532 3.7)."""
IDENTITY = ("7bit", "8bit", "binary")
"""Encodings that leave a body as it is."""
LINE_LIMIT = 998
"""Bytes of a line (RFC 5322 2.1.1): a longer one without a colon is no part of a field."""
MAX_HEADER_SEARCHED = 1 << 20
"""Bytes in which the end of an overlong header is searched; a message without it has no body."""
WINDOW = 1 << 20
"""Bytes that one search looks at. It holds the interpreter's lock, and with it the reactor, meanwhile."""
FIELD = re.compile(rb"([!-9;-~]++)[ \t]*+:([^\n]*+(?:\n[ \t][^\n]*+)*+)(?:\n|\Z)")
"""RFC 5322 2.2; 4.5 allows spaces before the colon."""
MBOX = re.compile(rb">?From [^\n]*+\n")
"""The line that mailbox files put before a message."""
EMPTY = re.compile(rb"\r?\n")
DELIMITER_END = re.compile(rb"(--)?[ \t]*+(?:\r?\n|\Z)")
MEDIA_TYPE = re.compile(rb"[!#-'*+\-.0-9A-Z^-~]+/[!#-'*+\-.0-9A-Z^-~]+")


class Field(msgspec.Struct, frozen=True, gc=False):
    """A header field: name `raw[begin:]`, value `raw[value:end]` with its folding and line end."""

    name: str
    """In lower case."""
    begin: int
    value: int
    end: int


class Header(msgspec.Struct, frozen=True):
    """A header: fields, and where it ends."""

    fields: tuple[Field, ...]
    body: int
    """Offset of the body."""
    bad: int
    """Offset of the line that is no field and ended the header; -1 if an empty line, or the end, did."""
    whole: bool
    """False if it is over the limit; the rest was not parsed."""


class Entity(msgspec.Struct, dict=True):
    """A message, or a part of one."""

    raw: bytes
    """The message that the offsets are for."""
    begin: int
    body: int
    end: int
    header: Header
    default_type: str
    """Its type if it does not name one."""
    depth: int
    """Number of entities around it."""
    children: list["Entity"] = []
    """The parts of a multipart; the message in a message/rfc822 or message/global."""
    closed: bool = False
    """True if the close-delimiter of a multipart was seen."""
    preamble: tuple[int, int] = (0, 0)
    epilogue: tuple[int, int] = (0, 0)
    whole: bool = True
    """False if a limit kept some of it from being parsed."""

    def find(self, name: str) -> Field | None:
        """Return the first field of that name in lower case; None if missing."""
        for field in self.header.fields:
            if field.name == name:
                return field
        return None

    def value(self, field: Field | None) -> bytes:
        """Return the value of a field as written; empty for None."""
        return self.raw[field.value : field.end] if field is not None else b""

    @cached_property
    def content_type(self) -> Parsed | None:
        """Its Content-Type; None if missing."""
        field = self.find("content-type")
        return None if field is None else parse_parameters(self.value(field))

    @cached_property
    def disposition(self) -> Parsed | None:
        """Its Content-Disposition; None if missing."""
        field = self.find("content-disposition")
        return None if field is None else parse_parameters(self.value(field))

    @cached_property
    def media_type(self) -> str:
        """Type and subtype in lower case; text/plain if the field is malformed (RFC 2045 5.2)."""
        if self.content_type is None:
            return self.default_type
        value = self.content_type.value
        return value.decode() if MEDIA_TYPE.fullmatch(value.upper()) else "text/plain"

    @cached_property
    def encoding(self) -> str:
        """Its Content-Transfer-Encoding in lower case; `7bit` if missing."""
        if (field := self.find("content-transfer-encoding")) is None:
            return "7bit"
        return parse_parameters(self.value(field)).value.decode("ascii", "replace")

    @property
    def is_seven_bit(self) -> bool:
        """True if its body must be 7-bit. Most senders omit the encoding of a multipart with 8-bit parts."""
        composite = self.media_type.startswith(("multipart/", "message/"))
        return self.encoding == "7bit" and (not composite or self.find("content-transfer-encoding") is not None)

    @cached_property
    def boundary(self) -> bytes:
        """The boundary of a multipart; empty if it has none, or for another type."""
        if self.content_type is None or not self.media_type.startswith("multipart/"):
            return b""
        parameter = self.content_type.parameters.get(b"boundary")
        return parameter.raw.rstrip(b" \t") if parameter is not None else b""

    def walk(self) -> Iterator["Entity"]:
        """Yield it, then what is in it, in order."""
        yield self
        for child in self.children:
            yield from child.walk()


class Tree(msgspec.Struct, frozen=True):
    """A parsed message."""

    root: Entity
    complete: bool
    """False if a limit kept some of it from being parsed."""
    examined: int
    """Bytes that the parser has looked at; those looked at twice count twice."""


def parse_header(raw: bytes, begin: int = 0, stop: int | None = None, limit: int = HEADER_LIMIT) -> Header:
    """Parse the header of `raw[begin:stop]`. limit: bytes that are parsed."""
    stop = len(raw) if stop is None else stop
    edge = min(stop, begin + limit)
    match = MBOX.match(raw, begin, edge)
    at = match.end() if match else begin
    fields = []
    while match := FIELD.match(raw, at, edge):
        fields.append(Field(match[1].decode("ascii").lower(), at, match.start(2), match.end()))
        at = match.end()
    if empty := EMPTY.match(raw, at, edge):
        return Header(tuple(fields), empty.end(), -1, whole=True)
    if edge == stop and at >= stop:
        return Header(tuple(fields), stop, -1, whole=True)
    if edge == stop or edge - at > LINE_LIMIT or raw.find(b"\n", at, edge) >= 0:
        return Header(tuple(fields), at, at, whole=True)
    return Header(tuple(fields), find_body(raw, begin, stop), -1, whole=False)


def find_body(raw: bytes, begin: int, stop: int) -> int:
    """Return the offset after the first empty line of `raw[begin:stop]`; `stop` if there is none within reach."""
    if empty := EMPTY.match(raw, begin, stop):
        return empty.end()
    searched = min(stop, begin + MAX_HEADER_SEARCHED)
    ends = [at + len(mark) for mark in (b"\n\n", b"\n\r\n") if (at := raw.find(mark, begin, searched)) >= 0]
    return min(ends, default=stop)


def parse_structure(raw: bytes) -> Tree:
    """Parse a whole message."""
    return _Parser(raw).parse()


def find_in_windows(raw: bytes, mark: bytes, at: int, stop: int) -> int:
    """Return the offset of `mark` in `raw[at:stop]`; -1 if missing."""
    while at < stop:
        found = raw.find(mark, at, min(stop, at + WINDOW + len(mark)))
        if found >= 0:
            return found
        at += WINDOW
    return -1


class _Parser:
    """Parses one message."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._parts_left = MAX_PARTS
        self._headers_left = HEADERS_LIMIT
        self._delimiters_left = MAX_DELIMITERS
        self._complete = True
        self._examined = 0

    def parse(self) -> Tree:
        header = parse_header(self._raw)
        self._examined += header.body
        root = self._parse_entity(0, len(self._raw), header, "text/plain", 0)
        return Tree(root, self._complete, self._examined)

    def _parse_inner(self, begin: int, stop: int, default_type: str, depth: int) -> Entity:
        """Parse a part, or an enclosed message."""
        limit = min(HEADER_LIMIT, self._headers_left)
        header = parse_header(self._raw, begin, stop, limit)
        size = header.body - begin
        self._headers_left -= min(size, limit)
        self._examined += min(size, limit + MAX_HEADER_SEARCHED)
        return self._parse_entity(begin, stop, header, default_type, depth)

    def _parse_entity(self, begin: int, stop: int, header: Header, default_type: str, depth: int) -> Entity:
        self._parts_left -= 1
        entity = Entity(self._raw, begin, header.body, stop, header, default_type, depth)
        if not header.whole:
            self._limit(entity)
        if entity.boundary:
            if self._allows(entity):
                self._split(entity)
        elif entity.media_type in MESSAGE_TYPES and entity.encoding in IDENTITY and self._allows(entity):
            entity.children = [self._parse_inner(entity.body, stop, "text/plain", depth + 1)]
        return entity

    def _allows(self, entity: Entity) -> bool:
        """Return True if the limits allow to parse what is in an entity; else note that some of it is not parsed."""
        if entity.depth < MAX_DEPTH and self._parts_left > 0 and self._delimiters_left > 0:
            return True
        self._limit(entity)
        return False

    def _limit(self, entity: Entity) -> None:
        entity.whole = self._complete = False

    def _split(self, entity: Entity) -> None:
        """Parse the parts of a multipart."""
        inner = "message/rfc822" if entity.media_type == "multipart/digest" else "text/plain"  # RFC 2046 5.1.5
        entity.children = []
        for begin, end in self._cut(entity):
            if self._parts_left <= 0:
                self._limit(entity)
                return
            entity.children.append(self._parse_inner(begin, end, inner, entity.depth + 1))

    def _cut(self, entity: Entity) -> Iterator[tuple[int, int]]:
        """Yield the extents of a multipart's parts (RFC 2046 5.1.1); the line end before a delimiter belongs to it."""
        raw, at, stop, mark = self._raw, entity.body, entity.end, b"\n--" + entity.boundary
        begun = -1
        delimiter = at - 1 if raw.startswith(mark[1:], at, stop) else self._search(mark, at, stop)
        while delimiter >= at - 1 and raw.startswith(mark[1:], delimiter + 1, stop):
            if not self._delimiters_left:
                self._limit(entity)
                break
            self._delimiters_left -= 1
            if end := DELIMITER_END.match(raw, delimiter + len(mark), stop):
                before = delimiter - (raw[delimiter - 1 : delimiter] == b"\r" and delimiter > at)
                if begun >= 0:
                    yield begun, max(before, begun)
                else:
                    entity.preamble = at, max(before, at)
                begun = end.end()
                if end[1]:
                    entity.closed, entity.epilogue = True, (begun, stop)
                    return
            # The line end after one delimiter may be the one before the next.
            delimiter = self._search(mark, end.end() - 1 if end else delimiter + len(mark), stop)
            if delimiter < 0:
                break
        if begun >= 0:
            yield begun, stop

    def _search(self, mark: bytes, at: int, stop: int) -> int:
        found = find_in_windows(self._raw, mark, at, stop)
        self._examined += (stop if found < 0 else found) - at
        return found
