"""The places of passwords in a request, which the journal masks.

Also masked are the parts of a request that the server ignores, fields after those of RFC 4511, and names that have a
password as a value.
"""

import re
from collections.abc import Iterator

from homeport.protocol import ber
from homeport.world.directory.secret_attributes import DESCRIPTIONS, MASK, NAMES, is_secret

BIND, SEARCH, MODIFY, ADD, DELETE, MODIFY_DN, COMPARE, EXTENDED = 0x60, 0x63, 0x66, 0x68, 0x4A, 0x6C, 0x6E, 0x77
CONTROLS = 0xA0
FIELDS = {BIND: 3, SEARCH: 8, MODIFY: 2, ADD: 2, MODIFY_DN: 4, COMPARE: 2, EXTENDED: 2}
"""Number of fields of each request that has fields."""
OF_NAMES = {BIND: (1,), SEARCH: (0,), MODIFY: (0,), ADD: (0,), MODIFY_DN: (0, 1, 3), COMPARE: (0,)}
"""Places of the names among the fields of each request."""
FILTER = 6
"""Place of the filter among the fields of a search."""
SETS = (0xA0, 0xA1, 0xA2)
ASSERTIONS = (0xA3, 0xA4, 0xA5, 0xA6, 0xA8)
EXTENSIBLE = 0xA9
ANY = "|".join(map(re.escape, DESCRIPTIONS))
NAMED = re.compile(ANY.encode(), re.IGNORECASE)
IN_NAME = re.compile(rf"((?:{ANY})\s*=)(?:\\.|\"[^\"]*\"|[^,+\\])*", re.IGNORECASE)
SENT = tuple(name.encode() for name in NAMES)
PASSWORD_MODIFY = b"1.3.6.1.4.1.4203.1.11.1"


def secrets_in(data: bytes, at: int, end: int) -> list[tuple[int, int]]:
    """Return begin and end of each secret in the request between two offsets, which `read_message` has parsed.

    If a part of it that the server ignores is malformed, the whole request is one.
    """
    try:
        return list(_secrets(data, at, end))
    except (ValueError, IndexError):  # BerError, or fields that are missing
        return [(at, end)]


def _secrets(data: bytes, at: int, end: int) -> Iterator[tuple[int, int]]:
    _tag, at, end = ber.read_header(data, at, end)
    _number, (tag, begin, stop), *others = ber.children(data, at, end)
    yield from _of_request(tag, data, begin, stop)
    for place, (kind, begin, stop) in enumerate(others):
        if place or kind != CONTROLS:
            yield begin, stop
            continue
        for _tag, first, last in ber.children(data, begin, stop):
            _oid, *value = ber.children(data, first, last)
            yield from ((start, after) for _tag, start, after in value if NAMED.search(data, start, after))


def secrets_sent(entry: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield each password in a search result entry, and the header of its value, which it follows."""
    if not any(name in entry for name in SENT):
        return
    _tag, begin, end = ber.read_header(entry, 0, len(entry))
    _name, (_sequence, begin, end) = ber.children(entry, begin, end)
    for _tag, start, stop in ber.children(entry, begin, end):
        (_octets, first, last), (_set, at, after) = ber.children(entry, start, stop)
        if _is_secret(entry[first:last]):
            for _tag, value, over in ber.children(entry, at, after):
                yield entry[value:over], entry[at:value]
                at = over


def masked_name(text: str) -> str:
    """Return a name as text with `***` for each value that is a password."""
    return IN_NAME.sub(rf"\1{MASK}", text)


def _of_request(tag: int, data: bytes, begin: int, end: int) -> Iterator[tuple[int, int]]:
    if tag == DELETE and NAMED.search(data, begin, end):
        yield begin, end
    if tag not in FIELDS:
        return
    fields = list(ber.children(data, begin, end))
    for place in OF_NAMES.get(tag, ()):
        if place < len(fields) and NAMED.search(data, *fields[place][1:]):
            yield fields[place][1:]
    if tag in READERS:
        yield from READERS[tag](data, fields)
    for _tag, begin, end in fields[FIELDS[tag] :]:
        yield begin, end


Field = tuple[int, int, int]
"""Tag of a value, begin and end of its content."""


def _bind(data: bytes, fields: list[Field]) -> Iterator[tuple[int, int]]:
    tag, begin, end = fields[2]
    if tag == 0x80:
        yield begin, end
    else:  # of SASL, the credentials without the mechanism
        for _tag, start, stop in list(ber.children(data, begin, end))[1:]:
            yield start, stop


def _add(data: bytes, fields: list[Field]) -> Iterator[tuple[int, int]]:
    for _tag, begin, end in ber.children(data, *fields[1][1:]):
        yield from _attribute(data, begin, end)


def _modify(data: bytes, fields: list[Field]) -> Iterator[tuple[int, int]]:
    for _tag, begin, end in ber.children(data, *fields[1][1:]):
        _operation, (_tag, start, stop), *others = ber.children(data, begin, end)
        yield from _attribute(data, start, stop)
        yield from ((start, stop) for _tag, start, stop in others)


def _attribute(data: bytes, begin: int, end: int) -> Iterator[tuple[int, int]]:
    (_tag, start, stop), (_set, begin, end), *others = ber.children(data, begin, end)
    if _is_secret(data[start:stop]):
        for _tag, start, stop in ber.children(data, begin, end):
            yield start, stop
    yield from ((start, stop) for _tag, start, stop in others)


def _compare(data: bytes, fields: list[Field]) -> Iterator[tuple[int, int]]:
    (_type, start, stop), *others = ber.children(data, *fields[1][1:])
    if _is_secret(data[start:stop]):
        yield from ((start, stop) for _tag, start, stop in others)


def _search(data: bytes, fields: list[Field]) -> Iterator[tuple[int, int]]:
    """Yield the values that a filter compares passwords with; without recursion, at any depth."""
    waiting = [fields[FILTER]]
    while waiting:
        tag, begin, end = waiting.pop()
        if tag in SETS:
            waiting += ber.children(data, begin, end)
        elif tag in ASSERTIONS:
            (_type, start, stop), *values = ber.children(data, begin, end)
            for _tag, begin, end in values if _is_secret(data[start:stop]) else values[1:]:
                yield begin, end
        elif tag == EXTENSIBLE:
            parts = {kind: (start, stop) for kind, start, stop in ber.children(data, begin, end)}
            named, value = parts.get(0x82), parts.get(0x83)
            if value is not None and (named is None or _is_secret(data[slice(*named)])):
                yield value


def _extended(data: bytes, fields: list[Field]) -> Iterator[tuple[int, int]]:
    (_tag, start, stop), *others = fields
    if data[start:stop] == PASSWORD_MODIFY:
        for _tag, start, stop in others:
            yield start, stop


def _is_secret(description: bytes) -> bool:
    return is_secret(description.decode("utf-8", "replace"))


READERS = {BIND: _bind, SEARCH: _search, MODIFY: _modify, ADD: _add, COMPARE: _compare, EXTENDED: _extended}
