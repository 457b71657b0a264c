"""The responses of LDAP (RFC 4511 4), serialized."""

from collections.abc import Iterable, Sequence

from homeport.protocol import ber
from homeport.services.ldap.messages import (
    CONTROLS,
    AddRequest,
    BindRequest,
    CompareRequest,
    Control,
    DeleteRequest,
    ExtendedRequest,
    ModifyDnRequest,
    ModifyRequest,
    Request,
    Result,
    SearchRequest,
)

NOTICE_OF_DISCONNECTION = "1.3.6.1.4.1.1466.20036"
"""Name of the unsolicited notification that ends a connection (RFC 4511 4.4.1)."""
BIND_RESPONSE = 0x61
SEARCH_ENTRY = 0x64
SEARCH_DONE = 0x65
MODIFY_RESPONSE = 0x67
ADD_RESPONSE = 0x69
DELETE_RESPONSE = 0x6B
MODIFY_DN_RESPONSE = 0x6D
COMPARE_RESPONSE = 0x6F
SEARCH_REFERENCE = 0x73
EXTENDED_RESPONSE = 0x78
INTERMEDIATE_RESPONSE = 0x79
RESPONSES: dict[type[Request], int] = {
    BindRequest: BIND_RESPONSE,
    SearchRequest: SEARCH_DONE,
    ModifyRequest: MODIFY_RESPONSE,
    AddRequest: ADD_RESPONSE,
    DeleteRequest: DELETE_RESPONSE,
    ModifyDnRequest: MODIFY_DN_RESPONSE,
    CompareRequest: COMPARE_RESPONSE,
    ExtendedRequest: EXTENDED_RESPONSE,
}
"""Tag of the response that ends each operation; unbind and abandon have none."""
RESPONSE_TAGS = {0x60: 0x61, 0x63: 0x65, 0x66: 0x67, 0x68: 0x69, 0x4A: 0x6B, 0x6C: 0x6D, 0x6E: 0x6F, 0x77: 0x78}
"""Tags of these responses by that of the request."""


def write_message(message_id: int, operation: bytes, controls: Sequence[Control] = ()) -> bytes:
    """Serialize an envelope around an operation."""
    parts = [ber.encode_integer(message_id), operation]
    if controls:
        parts.append(ber.encode_sequence(*map(write_control, controls), tag=CONTROLS))
    return ber.encode_sequence(*parts)


def write_control(control: Control) -> bytes:
    """Serialize a control; the default criticality is left out (RFC 4511 5.1)."""
    parts = [ber.encode(ber.OCTET_STRING, control.oid.encode())]
    if control.critical:
        parts.append(ber.encode_boolean(value=True))
    if control.value is not None:
        parts.append(ber.encode(ber.OCTET_STRING, control.value))
    return ber.encode_sequence(*parts)


def write_result(tag: int, result: Result, more: bytes = b"") -> bytes:
    """Serialize the response that ends an operation. more: the fields after those of every result."""
    parts = [
        ber.encode_integer(result.code, ber.ENUMERATED),
        ber.encode(ber.OCTET_STRING, result.matched.encode()),
        ber.encode(ber.OCTET_STRING, result.text.encode()),
    ]
    if result.referrals:
        urls = (ber.encode(ber.OCTET_STRING, url.encode()) for url in result.referrals)
        parts.append(ber.encode_sequence(*urls, tag=0xA3))
    return ber.encode(tag, b"".join(parts) + more)


def write_bind_result(result: Result, credentials: bytes | None = None) -> bytes:
    """Serialize a bind response. credentials: of the server, for SASL."""
    return write_result(BIND_RESPONSE, result, b"" if credentials is None else ber.encode(0x87, credentials))


def write_extended_result(result: Result, oid: str = "", value: bytes | None = None) -> bytes:
    """Serialize an extended response. oid: its name; empty for none."""
    more = ber.encode(0x8A, oid.encode()) if oid else b""
    return write_result(EXTENDED_RESPONSE, result, more + (b"" if value is None else ber.encode(0x8B, value)))


def write_entry(dn: str, attributes: Iterable[tuple[str, Iterable[bytes]]]) -> bytes:
    """Serialize a search result entry."""
    encode, listed = ber.encode, []
    for kind, values in attributes:
        held = encode(ber.SET, b"".join([encode(ber.OCTET_STRING, value) for value in values]))
        listed.append(encode(ber.SEQUENCE, encode(ber.OCTET_STRING, kind.encode()) + held))
    return encode(SEARCH_ENTRY, encode(ber.OCTET_STRING, dn.encode()) + encode(ber.SEQUENCE, b"".join(listed)))


def write_reference(urls: Iterable[str]) -> bytes:
    """Serialize a search result reference."""
    return ber.encode_sequence(*(ber.encode(ber.OCTET_STRING, url.encode()) for url in urls), tag=SEARCH_REFERENCE)


def write_intermediate(oid: str = "", value: bytes | None = None) -> bytes:
    """Serialize an intermediate response (RFC 4511 4.13)."""
    parts = [ber.encode(0x80, oid.encode())] if oid else []
    if value is not None:
        parts.append(ber.encode(0x81, value))
    return ber.encode_sequence(*parts, tag=INTERMEDIATE_RESPONSE)


def notice(result: Result) -> bytes:
    """Return the notice of disconnection (RFC 4511 4.4.1), a whole message."""
    return write_message(0, write_extended_result(result, NOTICE_OF_DISCONNECTION))
