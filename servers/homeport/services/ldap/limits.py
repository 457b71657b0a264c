"""Bounds of the work of one request: the number of its values, and the entries that a step of a search looks at."""

from homeport.protocol import ber
from homeport.protocol.ber import BerError
from homeport.services.ldap.responses import RESPONSE_TAGS
from homeport.world.directory import filters
from homeport.world.directory.filters import Filter
from homeport.world.directory.results import Code, DirectoryError
from homeport.world.directory.tree import STEP

MAX_VALUES = 5_000
"""Values of a request in BER, of any depth: an attribute's value is one, a filter's `(type=value)` three."""
STEP_PARTS = 2_048
"""Parts of a filter that a step of a search evaluates, about."""
TOO_MANY = f"a request has at most {MAX_VALUES:,} values (docs: ldap.md, Limits)"


def has_too_many(data: bytes, at: int, end: int) -> bool:
    """Return True if there are more than MAX_VALUES values between two offsets; the work is bounded by that."""
    if end - at <= 2 * MAX_VALUES:  # a value has two bytes at least
        return False
    for _ in range(MAX_VALUES + 1):
        try:
            tag, begin, stop = ber.read_header(data, at, end)
        except BerError:
            return False  # its end, or malformed, which its parser finds
        at = begin if tag & ber.CONSTRUCTED else stop
        if at >= end:
            return False
    return True


def require_few(data: bytes) -> None:
    """Require that there are at most MAX_VALUES values. Raises: DirectoryError."""
    if has_too_many(data, 0, len(data)):
        raise DirectoryError(Code.ADMIN_LIMIT_EXCEEDED, TOO_MANY)


def head_of(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Return the identifier of a message, and the tag of its response. Raises: BerError for one that has none."""
    _tag, at, end = ber.read_header(data, at, end)
    tag, begin, at = ber.read_header(data, at, end)
    if tag != ber.INTEGER:
        raise BerError("the message identifier is missing")
    message_id = ber.integer_in(data, begin, at)
    response = RESPONSE_TAGS.get(ber.read_header(data, at, end)[0])
    if response is None or message_id <= 0:
        raise BerError("no operation that is answered")
    return message_id, response


def parts_of(one: Filter) -> int:
    """Return the number of a filter's parts, of any depth; a substring counts as one."""
    match one:
        case filters.And(parts) | filters.Or(parts):
            return 1 + sum(map(parts_of, parts))
        case filters.Not(part):
            return 1 + parts_of(part)
        case filters.Substrings(any=inner):
            return 1 + len(inner)
    return 1


def step_of(chosen: Filter) -> int:
    """Return the number of entries that a step of a search looks at: the fewer, the more parts its filter has."""
    return max(min(STEP_PARTS // parts_of(chosen), STEP), 1)
