"""The controls of requests, parsed, and the one of a page in responses; a table of those that are supported."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from homeport.protocol import ber
from homeport.services.ldap.limits import require_few
from homeport.services.ldap.messages import (
    MAX_NESTING,
    AddRequest,
    BindRequest,
    CompareRequest,
    Control,
    DeleteRequest,
    ExtendedRequest,
    ModifyDnRequest,
    ModifyRequest,
    Request,
    SearchRequest,
    read_filter,
)
from homeport.services.ldap.personas.behaviour import RFC, Behaviour
from homeport.world.directory.filters import Filter
from homeport.world.directory.results import Code, DirectoryError

PAGED = "1.2.840.113556.1.4.319"
SORT = "1.2.840.113556.1.4.473"
SORTED = "1.2.840.113556.1.4.474"
VLV = "2.16.840.1.113730.3.4.9"
VLV_RESPONSE = "2.16.840.1.113730.3.4.10"
ASSERTION = "1.3.6.1.1.12"
PRE_READ = "1.3.6.1.1.13.1"
POST_READ = "1.3.6.1.1.13.2"
MANAGE_DSA_IT = "2.16.840.1.113730.3.4.2"
TREE_DELETE = "1.2.840.113556.1.4.805"
PROXIED = "2.16.840.1.113730.3.4.18"
MATCHED_VALUES = "1.2.826.0.1.3344810.2.3"
PERSISTENT_SEARCH = "2.16.840.1.113730.3.4.3"
ENTRY_CHANGE = "2.16.840.1.113730.3.4.7"
SYNC_REQUEST = "1.3.6.1.4.1.4203.1.9.1.1"
DONT_USE_COPY = "1.3.6.1.1.22"
PERMISSIVE_MODIFY = "1.2.840.113556.1.4.1413"
TRANSACTION = "1.3.6.1.1.21.2"
PASSWORD_POLICY = "1.3.6.1.4.1.42.2.27.8.5.1"  # noqa: S105 - an OID
MAX_SORT_KEYS = 10
LAST_PAGE = b"\x04\0"
"""End of the control of a last page: an empty cookie."""


class Plain(msgspec.Struct, frozen=True):
    """A control without a value."""


class Paged(msgspec.Struct, frozen=True):
    """A page of a search. cookie: of the page before; empty for the first."""

    size: int
    cookie: bytes


class SortKey(msgspec.Struct, frozen=True):
    """A key of a sorted search."""

    type: str
    rule: str
    reverse: bool


class Sort(msgspec.Struct, frozen=True):
    """The order of a search."""

    keys: tuple[SortKey, ...]


class Vlv(msgspec.Struct, frozen=True):
    """A window of a sorted search. offset: 1 for the first, by the client's count; 0 with `value`."""

    before: int
    after: int
    offset: int
    count: int
    value: bytes | None


class Assertion(msgspec.Struct, frozen=True):
    """A condition for the operation."""

    filter: Filter


class Attributes(msgspec.Struct, frozen=True):
    """Attributes to return."""

    names: tuple[str, ...]


class Matched(msgspec.Struct, frozen=True):
    """The values to return: those that one of the filters matches (RFC 3876)."""

    filters: tuple[Filter, ...]


class Proxied(msgspec.Struct, frozen=True):
    """The user to act as (RFC 4370)."""

    authorization: str


class InTransaction(msgspec.Struct, frozen=True):
    """The transaction that a change belongs to (RFC 5805)."""

    identifier: bytes


class Persistent(msgspec.Struct, frozen=True):
    """A search that goes on. changes: 1 add, 2 delete, 4 modify, 8 modify DN."""

    changes: int
    changes_only: bool
    return_changes: bool


class Sync(msgspec.Struct, frozen=True):
    """A synchronization (RFC 4533). mode: 1 refreshOnly, 3 refreshAndPersist."""

    mode: int
    cookie: bytes
    reload_hint: bool


class Kind(msgspec.Struct, frozen=True):
    """A supported control."""

    requests: tuple[type[Request], ...]
    parse: Callable[[bytes], Any] | None
    """Parses its value. Raises BerError. None: it has none."""


def _fields(value: bytes) -> list[tuple[int, bytes]]:
    return ber.fields_of(value, (ber.SEQUENCE, ber.SET))


def _number(field: tuple[int, bytes]) -> int:
    if field[0] not in (ber.INTEGER, ber.ENUMERATED):
        raise ber.BerError("a number is expected")
    return ber.integer_in(field[1], 0, len(field[1]))


def parse_paged(value: bytes) -> Paged:
    size, (_tag, cookie) = _fields(value)
    number = _number(size)
    if number < 0:
        raise ber.BerError("the size of a page is negative")
    return Paged(number, cookie)


def parse_sort(value: bytes) -> Sort:
    keys = []
    for _tag, held in _fields(value):
        fields = ber.contents(held)
        optional = dict(fields[1:])
        rule = optional.get(0x80, b"").decode()
        keys.append(SortKey(fields[0][1].decode(), rule, bool(optional.get(0x81, b"\0")[0:1] != b"\0")))
    if not 0 < len(keys) <= MAX_SORT_KEYS:
        raise ber.BerError(f"a sort has 1 to {MAX_SORT_KEYS} keys")
    return Sort(tuple(keys))


def parse_vlv(value: bytes) -> Vlv:
    before, after, (tag, target), *_context = _fields(value)
    numbers = _number(before), _number(after)
    if min(numbers) < 0:
        raise ber.BerError("a window begins and ends at entries that are there")
    if tag == 0xA0:
        offset, count = ber.contents(target)
        return Vlv(*numbers, _number(offset), _number(count), None)
    if tag == 0x81:
        return Vlv(*numbers, 0, 0, target)
    raise ber.BerError("a window has an offset or a value")


def parse_assertion(value: bytes) -> Assertion:
    require_few(value)
    ber.check_nesting(value, 0, len(value), MAX_NESTING)
    return Assertion(read_filter(value, *ber.read_header(value, 0, len(value))))


def parse_attributes(value: bytes) -> Attributes:
    return Attributes(tuple(held.decode() for _tag, held in _fields(value)))


def parse_matched(value: bytes) -> Matched:
    require_few(value)
    ber.check_nesting(value, 0, len(value), MAX_NESTING)
    _tag, begin, end = ber.read_header(value, 0, len(value))
    return Matched(tuple(read_filter(value, *one) for one in ber.children(value, begin, end)))


def parse_persistent(value: bytes) -> Persistent:
    changes, (_only, changes_only), (_return, return_changes) = _fields(value)
    return Persistent(_number(changes), changes_only != b"\0", return_changes != b"\0")


def parse_sync(value: bytes) -> Sync:
    mode, *others = _fields(value)
    cookie = next((held for tag, held in others if tag == ber.OCTET_STRING), b"")
    reload_hint = any(tag == ber.BOOLEAN and held != b"\0" for tag, held in others)
    number = _number(mode)
    if number not in (1, 3):
        raise ber.BerError(f"{number} is no mode of synchronization")
    return Sync(number, cookie, reload_hint)


def page_response(cookie: bytes) -> Control:
    """Return the control of a page. The estimate 0 says that the size is unknown. cookie: empty for the last page."""
    return Control(PAGED, value=ber.encode_sequence(ber.encode_integer(0), ber.encode(ber.OCTET_STRING, cookie)))


def has_next_page(controls: Iterable[Control]) -> bool:
    """Return True if the controls of a response say that another page follows."""
    return any(one.oid == PAGED and not (one.value or b"").endswith(LAST_PAGE) for one in controls)


EVERY = (SearchRequest, CompareRequest, AddRequest, DeleteRequest, ModifyRequest, ModifyDnRequest, ExtendedRequest)
CHANGES = (AddRequest, DeleteRequest, ModifyRequest, ModifyDnRequest)
CONTROLS: dict[str, Kind] = {
    PAGED: Kind((SearchRequest,), parse_paged),
    SORT: Kind((SearchRequest,), parse_sort),
    VLV: Kind((SearchRequest,), parse_vlv),
    ASSERTION: Kind((SearchRequest, CompareRequest, *CHANGES), parse_assertion),
    PRE_READ: Kind((DeleteRequest, ModifyRequest, ModifyDnRequest), parse_attributes),
    POST_READ: Kind((AddRequest, ModifyRequest, ModifyDnRequest), parse_attributes),
    MANAGE_DSA_IT: Kind(EVERY, None),
    TREE_DELETE: Kind((DeleteRequest,), None),
    PROXIED: Kind(EVERY, lambda value: Proxied(value.decode())),
    MATCHED_VALUES: Kind((SearchRequest,), parse_matched),
    PERSISTENT_SEARCH: Kind((SearchRequest,), parse_persistent),
    SYNC_REQUEST: Kind((SearchRequest,), parse_sync),
    DONT_USE_COPY: Kind((SearchRequest, CompareRequest), None),
    PERMISSIVE_MODIFY: Kind((ModifyRequest,), None),
    TRANSACTION: Kind(CHANGES, InTransaction),
    PASSWORD_POLICY: Kind((BindRequest, *EVERY), None),
}
"""Supported controls by OID; the root DSE lists them."""


def parse_controls(request: Request, controls: tuple[Control, ...], behaviour: Behaviour = RFC) -> dict[str, Any]:
    """Return the controls of a request that count, parsed, by OID. Raises: DirectoryError."""
    parsed: dict[str, Any] = {}
    for control in controls:
        if control.oid in behaviour.ignores:
            continue
        kind = None if control.oid in behaviour.lacks else CONTROLS.get(control.oid)
        if kind is None or type(request) not in kind.requests:
            if control.critical:
                text = f"the critical control {control.oid[:60]} is not supported for this operation"
                raise DirectoryError(Code.UNAVAILABLE_CRITICAL_EXTENSION, text, finding="unknown-critical-control")
            continue
        if control.oid in parsed:
            raise DirectoryError(Code.PROTOCOL_ERROR, f"the control {control.oid} is there twice (RFC 4511 4.1.11)")
        parsed[control.oid] = _parsed(kind, control)
    return parsed


def _parsed(kind: Kind, control: Control) -> Any:
    if kind.parse is None:
        if control.value:
            raise DirectoryError(Code.PROTOCOL_ERROR, f"the control {control.oid} has no value")
        return Plain()
    try:
        return kind.parse(control.value or b"")
    except (ValueError, IndexError, RecursionError) as error:  # BerError and UnicodeDecodeError are ValueErrors
        text = f"the value of the control {control.oid} is malformed: {error}"
        raise DirectoryError(Code.PROTOCOL_ERROR, text) from None
