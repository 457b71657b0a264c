"""The messages of LDAP (RFC 4511 4): requests from bytes, results; `responses.py` serializes these.

Text that must be UTF-8 and is not makes the message malformed. Nesting is bounded before anything recurses.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from homeport.protocol import ber
from homeport.protocol.ber import BerError
from homeport.world.directory import filters
from homeport.world.directory.change_requests import Modification
from homeport.world.directory.filters import Filter

MAX_ID = 2**31 - 1
"""Maximum message identifier (RFC 4511 4.1.1.1)."""
MAX_NESTING = 100
"""Levels of values in a message; a filter of that depth is no honest one."""
CONTROLS = 0xA0
"""Tag of a message's controls."""


class MalformedMessage(ValueError):
    """Raised for bytes that are no LDAP message.

    id: its message identifier, as far as it could be read; 0 if it could not. operation: its tag; 0 likewise.
    """

    def __init__(self, text: str, id: int = 0, operation: int = 0, *, is_answered: bool = False) -> None:  # noqa: A002
        super().__init__(text)
        self.id = id
        self.operation = operation
        self.is_answered = is_answered
        """True if the encoding is right and a value is not: such a request gets an answer (RFC 4511 4.1.1)."""


class ValueProblem(BerError):
    """Raised for a value that a field cannot have."""


class Control(msgspec.Struct, frozen=True, gc=False):
    """A control of a request or a response (RFC 4511 4.1.11)."""

    oid: str
    critical: bool = False
    value: bytes | None = None


class Request(msgspec.Struct, frozen=True, gc=False):
    """Base of all requests."""


class BindRequest(Request, frozen=True):
    """A login (RFC 4511 4.2). mechanism: of SASL; empty for a simple bind, whose password is in `credentials`."""

    version: int
    name: str
    mechanism: str
    credentials: bytes | None


class UnbindRequest(Request, frozen=True):
    """The end of the session (RFC 4511 4.3)."""


class SearchRequest(Request, frozen=True):
    """A search (RFC 4511 4.5.1)."""

    base: str
    scope: int
    """0: the base object, 1: one level below it, 2: its whole subtree, 3: its subordinates (subtree without base)."""
    deref: int
    """0: never, 1: in searching, 2: in finding the base object, 3: always."""
    size_limit: int
    time_limit: int
    types_only: bool
    filter: Filter
    attributes: tuple[str, ...]


class ModifyRequest(Request, frozen=True):
    """A change of an entry (RFC 4511 4.6)."""

    dn: str
    changes: tuple[Modification, ...]


class AddRequest(Request, frozen=True):
    """A new entry (RFC 4511 4.7)."""

    dn: str
    attributes: tuple[tuple[str, tuple[bytes, ...]], ...]


class DeleteRequest(Request, frozen=True):
    """The removal of an entry (RFC 4511 4.8)."""

    dn: str


class ModifyDnRequest(Request, frozen=True):
    """A new name, or a new place, of an entry (RFC 4511 4.9)."""

    dn: str
    new_rdn: str
    delete_old: bool
    new_superior: str | None


class CompareRequest(Request, frozen=True):
    """A question whether an entry has a value (RFC 4511 4.10)."""

    dn: str
    type: str
    value: bytes


class AbandonRequest(Request, frozen=True):
    """The end of another operation without an answer (RFC 4511 4.11)."""

    id: int


class ExtendedRequest(Request, frozen=True):
    """An extended operation (RFC 4511 4.12)."""

    oid: str
    value: bytes | None


class Message(msgspec.Struct, frozen=True, gc=False):
    """A request with its envelope."""

    id: int
    request: Request
    controls: tuple[Control, ...] = ()


class Result(msgspec.Struct, frozen=True, gc=False):
    """The result of an operation (RFC 4511 4.1.9)."""

    code: int = 0
    matched: str = ""
    text: str = ""
    referrals: tuple[str, ...] = ()


VERBS: dict[type[Request], str] = {
    BindRequest: "bind",
    UnbindRequest: "unbind",
    SearchRequest: "search",
    ModifyRequest: "modify",
    AddRequest: "add",
    DeleteRequest: "delete",
    ModifyDnRequest: "modrdn",
    CompareRequest: "compare",
    AbandonRequest: "abandon",
    ExtendedRequest: "extended",
}
"""Names of operations, for the journal and for faults."""


# Requests.


def read_message(data: bytes, at: int, end: int) -> Message:
    """Parse the message between two offsets. Raises: MalformedMessage."""
    try:
        message_id, at, end = _envelope(data, at, end)
    except BerError as error:
        raise MalformedMessage(str(error)) from None
    tag = data[at] if at < end else 0
    try:
        return _message(message_id, data, at, end)
    except ValueProblem as error:
        raise MalformedMessage(str(error), message_id, tag, is_answered=message_id > 0) from None
    except BerError as error:
        raise MalformedMessage(str(error), message_id, tag) from None
    except UnicodeDecodeError:
        raise MalformedMessage("a text is no UTF-8", message_id, tag) from None


def _envelope(data: bytes, at: int, end: int) -> tuple[int, int, int]:
    """Return the identifier of a message, and begin and end of what follows it. Raises: BerError."""
    ber.check_nesting(data, at, end, MAX_NESTING)
    _tag, at, end = ber.read_header(data, at, end)
    tag, begin, at = ber.read_header(data, at, end)
    _expect(tag, ber.INTEGER, "the message identifier")
    message_id = ber.integer_in(data, begin, at)
    if not 0 <= message_id <= MAX_ID:
        raise BerError(f"the message identifier {message_id} is not in 0..{MAX_ID}")
    return message_id, at, end


def _message(message_id: int, data: bytes, at: int, end: int) -> Message:
    tag, begin, at = ber.read_header(data, at, end)
    read = READERS.get(tag)
    if read is None:
        raise BerError(f"0x{tag:02x} is no request")
    request = read(data, begin, at)
    if at >= end:
        return Message(message_id, request)
    tag, begin, at = ber.read_header(data, at, end)
    if tag != CONTROLS:
        return Message(message_id, request)  # RFC 4511 4: fields of later versions are ignored
    return Message(message_id, request, tuple(_control(data, *one) for one in ber.children(data, begin, at)))


class _Fields:
    """The values of a sequence, taken in order."""

    __slots__ = ("_at", "_data", "_end")

    def __init__(self, data: bytes, at: int, end: int) -> None:
        self._data = data
        self._at = at
        self._end = end

    @property
    def tag(self) -> int:
        """Tag of the next value; -1 if there is none."""
        return self._data[self._at] if self._at < self._end else -1

    def take(self, tag: int, what: str) -> tuple[int, int]:
        """Return begin and end of the content of the next value. Raises: BerError for another tag, or none."""
        if self._at >= self._end:
            raise BerError(f"{what} is missing")
        found, begin, self._at = ber.read_header(self._data, self._at, self._end)
        _expect(found, tag, what)
        return begin, self._at

    def octets(self, what: str, tag: int = ber.OCTET_STRING) -> bytes:
        """Return the next value, a string of bytes."""
        begin, end = self.take(tag, what)
        return self._data[begin:end]

    def text(self, what: str, tag: int = ber.OCTET_STRING) -> str:
        """Return the next value, a string of UTF-8."""
        return self.octets(what, tag).decode("utf-8")

    def number(self, what: str, tag: int, largest: int) -> int:
        """Return the next value, a number from 0 to `largest`."""
        value = ber.integer_in(self._data, *self.take(tag, what))
        if not 0 <= value <= largest:
            raise ValueProblem(f"{what} {value} is not in 0..{largest}")
        return value

    def boolean(self, what: str, tag: int = ber.BOOLEAN) -> bool:
        """Return the next value, a Boolean."""
        return ber.boolean_in(self._data, *self.take(tag, what))

    def sequence(self, what: str, tag: int = ber.SEQUENCE) -> "_Fields":
        """Return the values of the next one."""
        return _Fields(self._data, *self.take(tag, what))

    def texts(self, what: str) -> tuple[str, ...]:
        """Return all further values, strings of UTF-8."""
        return tuple(value.decode("utf-8") for value in self.all(what))

    def all(self, what: str) -> list[bytes]:
        """Return all further values, strings of bytes."""
        values, data, at, end = [], self._data, self._at, self._end
        while at < end:
            found, begin, at = ber.read_header(data, at, end)
            if found != ber.OCTET_STRING:
                _expect(found, ber.OCTET_STRING, what)
            values.append(data[begin:at])
        self._at = at
        return values


def _expect(found: int, tag: int, what: str) -> None:
    if found != tag:
        raise BerError(f"{what} has the tag 0x{found:02x}, not 0x{tag:02x}")


def _control(data: bytes, tag: int, begin: int, end: int) -> Control:
    _expect(tag, ber.SEQUENCE, "a control")
    fields = _Fields(data, begin, end)
    oid = fields.text("the type of a control")
    critical = fields.boolean("the criticality of a control") if fields.tag == ber.BOOLEAN else False
    value = fields.octets("the value of a control") if fields.tag == ber.OCTET_STRING else None
    return Control(oid, critical, value)


def _bind(data: bytes, begin: int, end: int) -> BindRequest:
    fields = _Fields(data, begin, end)
    version = fields.number("the version", ber.INTEGER, 127)
    name = fields.text("the name")
    if fields.tag == 0x80:
        return BindRequest(version, name, "", fields.octets("the password", 0x80))
    if fields.tag != 0xA3:
        raise BerError(f"the authentication has the tag 0x{max(fields.tag, 0):02x}: it is neither simple nor SASL")
    sasl = fields.sequence("the authentication", 0xA3)
    mechanism = sasl.text("the mechanism")
    return BindRequest(version, name, mechanism, sasl.octets("the credentials") if sasl.tag >= 0 else None)


def _search(data: bytes, begin: int, end: int) -> SearchRequest:
    fields = _Fields(data, begin, end)
    base = fields.text("the base object")
    scope = fields.number("the scope", ber.ENUMERATED, 3)
    deref = fields.number("the dereferencing of aliases", ber.ENUMERATED, 3)
    size_limit = fields.number("the size limit", ber.INTEGER, MAX_ID)
    time_limit = fields.number("the time limit", ber.INTEGER, MAX_ID)
    types_only = fields.boolean("the flag typesOnly")
    if fields.tag < 0:
        raise BerError("the filter is missing")
    searched, inner, stop = ber.read_header(data, fields._at, end)  # noqa: SLF001 - a filter has any tag
    fields._at = stop  # noqa: SLF001
    chosen = read_filter(data, searched, inner, stop)
    attributes = fields.sequence("the selection of attributes").texts("an attribute")
    return SearchRequest(base, scope, deref, size_limit, time_limit, types_only, chosen, attributes)


def read_filter(data: bytes, tag: int, begin: int, end: int) -> Filter:
    """Parse a filter (RFC 4511 4.5.1.7), whose nesting is bounded by that of its message. Raises: BerError."""
    if tag in (0xA0, 0xA1):
        parts = tuple(read_filter(data, *one) for one in ber.children(data, begin, end))
        return filters.And(parts) if tag == 0xA0 else filters.Or(parts)
    if tag == 0xA2:
        inner, start, stop = ber.read_header(data, begin, end)
        return filters.Not(read_filter(data, inner, start, stop))
    if tag in ASSERTIONS:
        described, start, at = ber.read_header(data, begin, end)  # without `_Fields`: filters have many of these
        _expect(described, ber.OCTET_STRING, "the attribute")
        asserted, first, last = ber.read_header(data, at, end)
        _expect(asserted, ber.OCTET_STRING, "the value")
        return ASSERTIONS[tag](data[start:at].decode("utf-8"), data[first:last])
    if tag == 0x87:
        return filters.Present(data[begin:end].decode("utf-8"))
    fields = _Fields(data, begin, end)
    if tag == 0xA4:
        return _substrings(fields)
    if tag == 0xA9:
        rule = fields.text("the matching rule", 0x81) if fields.tag == 0x81 else ""
        kind = fields.text("the attribute", 0x82) if fields.tag == 0x82 else ""
        value = fields.octets("the value", 0x83)
        dn_attributes = fields.boolean("the flag dnAttributes", 0x84) if fields.tag == 0x84 else False
        return filters.Extensible(rule, kind, value, dn_attributes)
    raise ValueProblem(f"0x{tag:02x} is no filter")


ASSERTIONS: dict[int, Callable[[str, bytes], Filter]] = {
    0xA3: filters.Equality,
    0xA5: filters.GreaterOrEqual,
    0xA6: filters.LessOrEqual,
    0xA8: filters.Approximate,
}
"""Filters of one attribute and one value, by tag."""


def _substrings(fields: _Fields) -> Filter:
    kind = fields.text("the attribute")
    pieces = fields.sequence("the substrings")
    initial = pieces.octets("the initial substring", 0x80) if pieces.tag == 0x80 else None
    inner = []
    while pieces.tag == 0x81:
        inner.append(pieces.octets("a substring", 0x81))
    final = pieces.octets("the final substring", 0x82) if pieces.tag == 0x82 else None
    if pieces.tag >= 0:
        raise ValueProblem("substrings are out of order")
    if initial is None and final is None and not inner:
        raise ValueProblem("a filter of substrings has none")
    return filters.Substrings(kind, initial, tuple(inner), final)


def _modify(data: bytes, begin: int, end: int) -> ModifyRequest:
    fields = _Fields(data, begin, end)
    dn = fields.text("the object")
    listed = fields.sequence("the changes")
    changes = []
    while listed.tag >= 0:
        change = listed.sequence("a change")
        operation = change.number("the operation of a change", ber.ENUMERATED, 127)
        kind, values = _attribute(change.sequence("the modification"))
        changes.append(Modification(operation, kind, values))
    return ModifyRequest(dn, tuple(changes))


def _attribute(fields: _Fields) -> tuple[str, tuple[bytes, ...]]:
    kind = fields.text("the type of an attribute")
    return kind, tuple(fields.sequence("the values of an attribute", ber.SET).all("a value"))


def _add(data: bytes, begin: int, end: int) -> AddRequest:
    fields = _Fields(data, begin, end)
    dn = fields.text("the entry")
    listed = fields.sequence("the attributes")
    attributes = []
    while listed.tag >= 0:
        attributes.append(_attribute(listed.sequence("an attribute")))
    return AddRequest(dn, tuple(attributes))


def _modify_dn(data: bytes, begin: int, end: int) -> ModifyDnRequest:
    fields = _Fields(data, begin, end)
    dn = fields.text("the entry")
    new_rdn = fields.text("the new RDN")
    delete_old = fields.boolean("the flag deleteoldrdn")
    superior = fields.text("the new superior", 0x80) if fields.tag == 0x80 else None
    return ModifyDnRequest(dn, new_rdn, delete_old, superior)


def _compare(data: bytes, begin: int, end: int) -> CompareRequest:
    fields = _Fields(data, begin, end)
    dn = fields.text("the entry")
    assertion = fields.sequence("the assertion")
    return CompareRequest(dn, assertion.text("the attribute"), assertion.octets("the value"))


def _extended(data: bytes, begin: int, end: int) -> ExtendedRequest:
    fields = _Fields(data, begin, end)
    oid = fields.text("the name of the operation", 0x80)
    return ExtendedRequest(oid, fields.octets("the value of the operation", 0x81) if fields.tag == 0x81 else None)


READERS: dict[int, Callable[[bytes, int, int], Request]] = {
    0x60: _bind,
    0x42: lambda _data, _begin, _end: UnbindRequest(),
    0x63: _search,
    0x66: _modify,
    0x68: _add,
    0x4A: lambda data, begin, end: DeleteRequest(data[begin:end].decode("utf-8")),
    0x6C: _modify_dn,
    0x6E: _compare,
    0x50: lambda data, begin, end: AbandonRequest(ber.integer_in(data, begin, end)),
    0x77: _extended,
}
"""Parsers of requests by tag."""


def verb_of(request: Any) -> str:
    """Return the name of a request's operation."""
    return VERBS[type(request)]
