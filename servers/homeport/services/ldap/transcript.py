"""Messages as text, for transcripts of connections: requests, entries as in LDIF, results. Secrets are not shown."""

from collections.abc import Iterable, Iterator

from homeport.protocol import ber
from homeport.protocol.ber import BerError
from homeport.protocol.plaintext import safe
from homeport.services.ldap import responses
from homeport.services.ldap.messages import (
    CONTROLS,
    MAX_NESTING,
    AddRequest,
    BindRequest,
    CompareRequest,
    ExtendedRequest,
    MalformedMessage,
    ModifyDnRequest,
    ModifyRequest,
    SearchRequest,
    read_message,
    verb_of,
)
from homeport.services.ldap.texts import argument_of
from homeport.world.directory.filters import escaped
from homeport.world.directory.results import Code
from homeport.world.directory.secret_attributes import MASK, is_secret

CHANGES = ("add", "delete", "replace", "increment")
MAX_LINES = 200
"""Lines of a message that are shown."""
MAX_VALUE = 200
"""Bytes of a value that are shown."""
CODES = {int(code): code.text for code in Code}
OPERATION_NAMES = {
    "1.3.6.1.4.1.1466.20036": "notice of disconnection",
    "1.3.6.1.4.1.1466.20037": "StartTLS",
    "1.3.6.1.4.1.4203.1.11.1": "password modify",
    "1.3.6.1.4.1.4203.1.11.3": "Who am I",
    "1.3.6.1.1.8": "cancel",
    "1.3.6.1.4.1.4203.1.9.1.4": "sync info",
}
CONTROL_NAMES = {
    "1.2.840.113556.1.4.319": "paged results",
    "1.2.840.113556.1.4.473": "sort",
    "1.2.840.113556.1.4.474": "sort result",
    "2.16.840.1.113730.3.4.9": "virtual list view",
    "2.16.840.1.113730.3.4.10": "virtual list view result",
    "1.3.6.1.1.12": "assertion",
    "1.3.6.1.1.13.1": "pre-read",
    "1.3.6.1.1.13.2": "post-read",
    "2.16.840.1.113730.3.4.2": "ManageDsaIT",
    "1.2.840.113556.1.4.805": "tree delete",
    "2.16.840.1.113730.3.4.18": "proxied authorization",
    "1.2.826.0.1.3344810.2.3": "matched values",
    "2.16.840.1.113730.3.4.3": "persistent search",
    "2.16.840.1.113730.3.4.7": "entry change",
    "1.3.6.1.4.1.4203.1.9.1.1": "sync request",
    "1.3.6.1.4.1.4203.1.9.1.2": "sync state",
    "1.3.6.1.4.1.4203.1.9.1.3": "sync done",
    "1.3.6.1.1.22": "don't use copy",
    "1.2.840.113556.1.4.1413": "permissive modify",
    "1.3.6.1.4.1.42.2.27.8.5.1": "password policy",
}
RESPONSE_NAMES = {
    responses.BIND_RESPONSE: "bind result",
    responses.SEARCH_ENTRY: "entry",
    responses.SEARCH_DONE: "search result",
    responses.MODIFY_RESPONSE: "modify result",
    responses.ADD_RESPONSE: "add result",
    responses.DELETE_RESPONSE: "delete result",
    responses.MODIFY_DN_RESPONSE: "modrdn result",
    responses.COMPARE_RESPONSE: "compare result",
    responses.SEARCH_REFERENCE: "reference",
    responses.EXTENDED_RESPONSE: "extended result",
    responses.INTERMEDIATE_RESPONSE: "intermediate",
}


def transcribe(payload: bytes) -> tuple[list[str], bytes]:
    """Return the messages at the beginning of one side's bytes as text, and the remaining bytes."""
    texts, at = [], 0
    try:
        while (size := ber.message_size(payload, at, ber.SEQUENCE)) and size <= len(payload) - at:
            texts.append(text_of(payload, at, at + size))
            at += size
    except BerError:
        pass  # what follows is no LDAP: under a security layer, or noise
    return texts, payload[at:]


def text_of(data: bytes, at: int, end: int) -> str:
    """Return the message between two offsets as lines."""
    try:
        shown = _shown(data, at, end)
    except (BerError, MalformedMessage, UnicodeDecodeError) as error:
        return f"malformed message, {end - at} bytes: {error}"
    lines: list[str] = []
    for line in shown:
        if len(lines) == MAX_LINES:
            lines.append("...")
            break
        lines.append(line)
    return "\n".join(lines)


def _shown(data: bytes, at: int, end: int) -> list[str]:
    ber.check_nesting(data, at, end, MAX_NESTING)
    _tag, inner, stop = ber.read_header(data, at, end)
    (_tag, *number), (tag, begin, after), *rest = _fields(data, inner, stop, 2)
    if tag not in RESPONSE_NAMES:
        message = read_message(data, at, end)
        listed = [(control.oid, control.critical) for control in message.controls]
        head = f"{verb_of(message.request)} #{message.id} {argument_of(message.request)}".rstrip()
        return [head, *_of_request(message.request), *_values_of(message.request), *_controls(listed)]
    listed = []
    for kind, first, last in rest:
        if kind == CONTROLS:
            listed = [_control(data, *one[1:]) for one in ber.children(data, first, last)]
    head = f"{RESPONSE_NAMES[tag]} #{ber.integer_in(data, *number)}"
    first_line, *others = _of_response(tag, data, begin, after)
    return [f"{head} {first_line}".rstrip(), *others, *_controls(listed)]


def _of_request(request: object) -> Iterator[str]:
    """Yield what the first line of a request does not have."""
    match request:
        case BindRequest(mechanism="", credentials=password):
            yield f"  simple, {'with a password' if password else 'without a password'}"
        case BindRequest(credentials=credentials):
            yield f"  SASL, {'no credentials' if credentials is None else f'{len(credentials)} bytes of credentials'}"
        case SearchRequest(attributes=attributes, size_limit=size, time_limit=seconds, types_only=only):
            if attributes:
                yield f"  attributes: {_safe(' '.join(attributes))}"
            limits = [f"size limit {size}"] * bool(size) + [f"time limit {seconds} s"] * bool(seconds)
            if limits + ["types only"] * only:
                yield f"  {', '.join(limits + ['types only'] * only)}"
        case ModifyDnRequest(delete_old=delete_old):
            yield f"  the old name is {'deleted' if delete_old else 'kept'}"
        case ExtendedRequest(oid, value):
            yield f"  {OPERATION_NAMES.get(oid, 'unknown')}" + _size(value)


def _values_of(request: object) -> Iterator[str]:
    """Yield the values of a request, one a line."""
    match request:
        case AddRequest(attributes=given):
            for name, values in given:
                yield from _values(name, values)
        case ModifyRequest(changes=changes):
            for change in changes:
                what = CHANGES[change.operation] if change.operation < len(CHANGES) else str(change.operation)
                yield f"  {what}: {_safe(change.type)}"
                yield from _values(change.type, change.values)
        case CompareRequest(type=name, value=value):
            yield from _values(name, (value,))


def _of_response(tag: int, data: bytes, begin: int, end: int) -> list[str]:
    """Return the lines of a response without its name. Raises: BerError, UnicodeDecodeError."""
    if tag == responses.SEARCH_ENTRY:
        (_tag, *name), (_sequence, first, last) = _fields(data, begin, end, 2)
        lines = [_safe(_text(data, name))]
        for _tag, start, stop in ber.children(data, first, last):
            (_tag, *described), (_set, inner, after) = _fields(data, start, stop, 2)
            values = [data[one:other] for _tag, one, other in ber.children(data, inner, after)]
            lines += _values(_text(data, described), values)
        return lines
    if tag == responses.SEARCH_REFERENCE:
        return [" ".join(_safe(_text(data, one[1:])) for one in ber.children(data, begin, end))]
    if tag == responses.INTERMEDIATE_RESPONSE:
        return [_named({kind: data[start:stop] for kind, start, stop in ber.children(data, begin, end)}, 0x80, 0x81)]
    return _result(data, begin, end)


def _result(data: bytes, begin: int, end: int) -> list[str]:
    (_tag, *code), (_matched, *matched), (_text_tag, *text), *rest = _fields(data, begin, end, 3)
    number = ber.integer_in(data, *code)
    lines = [f"{number} {CODES.get(number, 'unknown')}"]
    if text[0] < text[1]:
        lines[0] += f": {_safe(_text(data, text))}"
    if matched[0] < matched[1]:
        lines.append(f"  matched: {_safe(_text(data, matched))}")
    others = {kind: (start, stop) for kind, start, stop in rest}
    if 0xA3 in others:
        lines += [f"  referral: {_safe(_text(data, one[1:]))}" for one in ber.children(data, *others[0xA3])]
    if 0x87 in others:
        lines.append(f"  {others[0x87][1] - others[0x87][0]} bytes of credentials")
    if 0x8A in others or 0x8B in others:
        shown = {kind: data[slice(*place)] for kind, place in others.items()}
        lines.append(f"  {_named(shown, 0x8A, 0x8B)}")
    return lines


def _fields(data: bytes, begin: int, end: int, least: int) -> list[tuple[int, int, int]]:
    """Return the values between two offsets. Raises: BerError if there are fewer than `least`."""
    found = list(ber.children(data, begin, end))
    if len(found) < least:
        raise BerError("a field is missing")
    return found


def _control(data: bytes, begin: int, end: int) -> tuple[str, bool]:
    (_tag, *oid), *rest = _fields(data, begin, end, 1)
    critical = any(kind == ber.BOOLEAN and ber.boolean_in(data, start, stop) for kind, start, stop in rest)
    return _text(data, oid), critical


def _controls(listed: Iterable[tuple[str, bool]]) -> Iterator[str]:
    for oid, critical in listed:
        yield f"  control: {CONTROL_NAMES.get(oid) or _safe(oid)}{', critical' if critical else ''}"


def _named(fields: dict[int, bytes], name: int, value: int) -> str:
    oid = fields.get(name, b"").decode("utf-8")
    return (OPERATION_NAMES.get(oid) or _safe(oid) or "without a name") + _size(fields.get(value))


def _size(value: bytes | None) -> str:
    """Show only the size of a value that may be, or contain, a password."""
    return "" if value is None else f", {len(value)} bytes"


def _values(name: str, values: Iterable[bytes]) -> Iterator[str]:
    secret = is_secret(name)
    for value in values:
        more = f"... ({len(value)} bytes)" if len(value) > MAX_VALUE else ""
        yield f"  {_safe(name)}: {MASK if secret else _safe(escaped_text(value[:MAX_VALUE])) + more}".rstrip()


def escaped_text(value: bytes) -> str:
    """Return a value as text; bytes that are no printable UTF-8 as a filter escapes them."""
    if any(byte < 0x20 for byte in value) or not _is_utf8(value):
        return escaped(value)
    return value.decode("utf-8")


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _text(data: bytes, place: list[int] | tuple[int, int]) -> str:
    return data[slice(*place)].decode("utf-8")


def _safe(text: str) -> str:
    return safe(text)[: MAX_VALUE * 4]
