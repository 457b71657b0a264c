"""BER (X.690), as far as LDAP and SNMP use it: definite lengths, tags of one byte, bounded depth.

Values are read in place: functions take the buffer and offsets, and return offsets. A message is complete when
`message_size` says so; `check_nesting` bounds its depth before anything recurses.
"""

from collections.abc import Container, Iterator

BOOLEAN = 0x01
INTEGER = 0x02
OCTET_STRING = 0x04
NULL = 0x05
OBJECT_IDENTIFIER = 0x06
ENUMERATED = 0x0A
SEQUENCE = 0x30
SET = 0x31
CONSTRUCTED = 0x20
"""The bit of a tag whose content is values."""
MAX_LENGTH_BYTES = 4
"""Bytes of a length in its long form; a message over 4 GiB is over every limit."""
MAX_INTEGER_BYTES = 8


class BerError(ValueError):
    """Raised for bytes that are no BER, or BER that is not accepted: indefinite lengths, tags of several bytes."""


def read_header(data: bytes, at: int, end: int) -> tuple[int, int, int]:
    """Return tag, begin and end of the content of the value at an offset.

    Raises: BerError if the value is malformed, or ends after `end`.
    """
    if end - at < 2:
        raise BerError("a value has at least a tag and a length")
    tag, length = data[at], data[at + 1]
    at += 2
    if tag & 0x1F == 0x1F:
        raise BerError("a tag of several bytes")
    if length >= 0x80:
        size = length & 0x7F
        if not 0 < size <= MAX_LENGTH_BYTES:
            raise BerError("an indefinite length" if not size else f"a length of {size} bytes")
        if end - at < size:
            raise BerError("a length is cut")
        length = int.from_bytes(data[at : at + size], "big")
        at += size
    if length > end - at:
        raise BerError("a value ends after the one that contains it")
    return tag, at, at + length


def message_size(data: bytes, at: int, tag: int) -> int:
    """Return the size in bytes of the message at an offset, header included, as far as it is known; 0 if it is not yet.

    tag: of every message. Raises: BerError for another tag, or a malformed length.
    """
    have = len(data) - at
    if not have:
        return 0
    if data[at] != tag:
        raise BerError(f"a message begins with byte 0x{tag:02x}, not 0x{data[at]:02x}")
    if have < 2:
        return 0
    length = data[at + 1]
    if length < 0x80:
        return 2 + length
    size = length & 0x7F
    if not 0 < size <= MAX_LENGTH_BYTES:
        raise BerError("an indefinite length" if not size else f"a length of {size} bytes")
    if have < 2 + size:
        return 0
    return 2 + size + int.from_bytes(data[at + 2 : at + 2 + size], "big")


def children(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield tag, begin and end of the content of each value between two offsets. Raises: BerError."""
    while at < end:
        tag, begin, at = read_header(data, at, end)
        yield tag, begin, at


def check_nesting(data: bytes, begin: int, end: int, deepest: int) -> None:
    """Check that no value between two offsets contains others more than `deepest` levels deep.

    Contents of primitive values are not looked into. The work is linear. Raises: BerError.
    """
    ends = [end]
    at = begin
    while True:
        while ends and at >= ends[-1]:
            ends.pop()
        if not ends:
            return
        tag, start, stop = read_header(data, at, ends[-1])
        if tag & CONSTRUCTED:
            if len(ends) > deepest:
                raise BerError(f"values are nested more than {deepest} deep")
            ends.append(stop)
            at = start
        else:
            at = stop


def contents(data: bytes) -> list[tuple[int, bytes]]:
    """Return tag and content of each of the values that `data` consists of. Raises: BerError."""
    return [(tag, data[begin:end]) for tag, begin, end in children(data, 0, len(data))]


def fields_of(data: bytes, wrappers: Container[int] = (SEQUENCE,)) -> list[tuple[int, bytes]]:
    """Return tag and content of each value of a sequence, which is all of `data`.

    wrappers: its possible tags. Raises: BerError.
    """
    tag, begin, end = read_header(data, 0, len(data))
    if tag not in wrappers or end != len(data):
        raise BerError("the value is no sequence")
    return contents(data[begin:end])


def tagged_fields(data: bytes, tags: Container[int]) -> dict[int, bytes]:
    """Return the optional fields of a sequence, which is all of `data`, by their tags.

    Raises: BerError for a tag that is not in `tags`, or is there twice.
    """
    fields: dict[int, bytes] = {}
    for tag, content in fields_of(data):
        if tag not in tags or tag in fields:
            raise BerError(f"the field 0x{tag:02x} is unknown, or there twice")
        fields[tag] = content
    return fields


def integer_in(data: bytes, begin: int, end: int) -> int:
    """Return the integer of that content. Raises: BerError if it has no byte, or more than MAX_INTEGER_BYTES."""
    if not 0 < end - begin <= MAX_INTEGER_BYTES:
        raise BerError("an integer of no byte" if begin == end else f"an integer of {end - begin} bytes")
    return int.from_bytes(data[begin:end], "big", signed=True)


def boolean_in(data: bytes, begin: int, end: int) -> bool:
    """Return the Boolean of that content. Raises: BerError if it does not have one byte."""
    if end - begin != 1:
        raise BerError(f"a Boolean of {end - begin} bytes")
    return data[begin] != 0


def encode(tag: int, content: bytes) -> bytes:
    """Return a value with the shortest definite length."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def encode_integer(value: int, tag: int = INTEGER) -> bytes:
    """Return an integer, or an enumerated value with another tag, in the fewest bytes."""
    if 0 <= value < 0x80:
        return bytes((tag, 1, value))
    content = value.to_bytes((value + (value < 0)).bit_length() // 8 + 1, "big", signed=True)
    return bytes((tag, len(content))) + content


def encode_boolean(*, value: bool, tag: int = BOOLEAN) -> bytes:
    """Return a Boolean; true is 0xff, as RFC 4511 5.1 wants it."""
    return bytes((tag, 1, 0xFF if value else 0))


def encode_sequence(*parts: bytes, tag: int = SEQUENCE) -> bytes:
    """Return a constructed value of those values."""
    return encode(tag, b"".join(parts))
