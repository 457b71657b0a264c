"""The places of passwords in a message, which the journal masks."""

from collections.abc import Iterator

from homeport.protocol import ber
from homeport.protocol.ber import BerError

BIND, SEARCH, MODIFY, ADD, COMPARE, EXTENDED = 0x60, 0x63, 0x66, 0x68, 0x6E, 0x77
CARRIERS = frozenset((BIND, SEARCH, MODIFY, ADD, COMPARE, EXTENDED))
"""Tags of the requests that may have a secret."""
FILTER = 6
"""Place of the filter among the fields of a search."""
SETS = (0xA0, 0xA1, 0xA2)
ASSERTIONS = (0xA3, 0xA4, 0xA5, 0xA6, 0xA8)
EXTENSIBLE = 0xA9
PASSWORD = b"userpassword"
UNICODE_PASSWORD = b"unicodepwd"
PASSWORD_MODIFY = b"1.3.6.1.4.1.4203.1.11.1"


def secrets_in(data: bytes, at: int, end: int) -> list[tuple[int, int]]:
    """Return begin and end of each secret in the message between two offsets.

    All of a request that may have secrets and cannot be read is one.
    """
    operation = at
    try:
        _tag, operation, end = ber.read_header(data, at, end)
        _tag, _begin, operation = ber.read_header(data, operation, end)
        tag, begin, stop = ber.read_header(data, operation, end)
        if tag not in CARRIERS:
            return []
        return list(READERS[tag](data, begin, stop))
    except (BerError, IndexError):
        return [(operation, end)] if end > operation else []


def _bind(data: bytes, begin: int, end: int) -> Iterator[tuple[int, int]]:
    _version, _name, authentication, *_ = ber.children(data, begin, end)
    tag, begin, end = authentication
    if tag == 0x80:
        yield begin, end
    else:  # of SASL, the credentials without the mechanism
        for _tag, start, stop in list(ber.children(data, begin, end))[1:]:
            yield start, stop


def _add(data: bytes, begin: int, end: int) -> Iterator[tuple[int, int]]:
    _entry, attributes = list(ber.children(data, begin, end))[:2]
    for _tag, begin, end in ber.children(data, *attributes[1:]):
        yield from _attribute(data, begin, end)


def _modify(data: bytes, begin: int, end: int) -> Iterator[tuple[int, int]]:
    _entry, changes = list(ber.children(data, begin, end))[:2]
    for _tag, begin, end in ber.children(data, *changes[1:]):
        _operation, (_tag, begin, end) = list(ber.children(data, begin, end))[:2]
        yield from _attribute(data, begin, end)


def _attribute(data: bytes, begin: int, end: int) -> Iterator[tuple[int, int]]:
    (_tag, start, stop), (_set, begin, end) = list(ber.children(data, begin, end))[:2]
    if is_secret(data[start:stop]):
        for _tag, start, stop in ber.children(data, begin, end):
            yield start, stop


def _compare(data: bytes, begin: int, end: int) -> Iterator[tuple[int, int]]:
    _entry, (_tag, begin, end) = list(ber.children(data, begin, end))[:2]
    (_type, start, stop), value = list(ber.children(data, begin, end))[:2]
    if is_secret(data[start:stop]):
        yield value[1:]


def _search(data: bytes, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the values that a filter compares passwords with; without recursion, at any depth."""
    waiting = [list(ber.children(data, begin, end))[FILTER]]
    while waiting:
        tag, begin, end = waiting.pop()
        if tag in SETS:
            waiting += ber.children(data, begin, end)
        elif tag in ASSERTIONS:
            (_type, start, stop), *values = ber.children(data, begin, end)
            if is_secret(data[start:stop]):
                yield from ((start, stop) for _tag, start, stop in values)
        elif tag == EXTENSIBLE:
            fields = {kind: (start, stop) for kind, start, stop in ber.children(data, begin, end)}
            named, value = fields.get(0x82), fields.get(0x83)
            if value is not None and (named is None or is_secret(data[slice(*named)])):
                yield value


def _extended(data: bytes, begin: int, end: int) -> Iterator[tuple[int, int]]:
    (_tag, start, stop), *others = ber.children(data, begin, end)
    if data[start:stop] == PASSWORD_MODIFY:
        for _tag, start, stop in others:
            yield start, stop


def is_secret(description: bytes) -> bool:
    """Return True if an attribute description is that of passwords."""
    return description.partition(b";")[0].lower() in (PASSWORD, UNICODE_PASSWORD, b"2.5.4.35")


READERS = {BIND: _bind, SEARCH: _search, MODIFY: _modify, ADD: _add, COMPARE: _compare, EXTENDED: _extended}
