"""Packets as text, for the journal and transcripts."""

from collections.abc import Sequence

from homeport.services.ntp.packet import (
    HEADER_BYTES,
    KISS,
    NTS_AUTHENTICATOR,
    NTS_COOKIE,
    NTS_PLACEHOLDER,
    NTS_UNIQUE,
    SERVER,
    SYMMETRIC_PASSIVE,
    ExtensionField,
    Header,
    parse_request,
    unix_time,
)
from homeport.world.clock import to_moment

MODES = ("reserved", "symmetric active", "symmetric passive", "client", "server", "broadcast", "control", "private")
LEAPS = ("", ", leap second inserted", ", leap second deleted", ", unsynchronised")
FIELDS = {
    NTS_UNIQUE: "unique identifier",
    NTS_COOKIE: "cookie",
    NTS_PLACEHOLDER: "cookie placeholder",
    NTS_AUTHENTICATOR: "authenticator",
}
ANSWERS = (SERVER, SYMMETRIC_PASSIVE)


def packet_text(data: bytes, near: float, origin: int | None = None) -> str:
    """Return a packet as one line. near: Unix time that decides the era. origin: transmit timestamp of the request."""
    if len(data) < HEADER_BYTES:
        return f"{len(data)} octets, which are no NTP packet"
    request = parse_request(data)
    header = request.header
    parts = [f"{MODES[header.mode]}, version {header.version}{LEAPS[header.leap]}"]
    if header.mode in ANSWERS:
        parts += _answer_parts(header, near, origin)
    elif header.transmit:
        parts.append(f"transmit {_time(header.transmit, near)}")
    parts += [_field_text(one) for one in request.fields]
    if request.mac:
        parts.append(f"key {request.key_id}")
    elif request.rest == bytes(4):
        parts.append("crypto-NAK")
    elif request.rest:
        parts.append(f"{len(request.rest)} octets more")
    return ", ".join(parts)


def exchange_text(asked: bytes, answers: Sequence[bytes], near: float) -> str:
    """Return a request and its answers as lines."""
    lines = [f"C: {packet_text(asked, near)}"]
    return "\n".join([*lines, *(f"S: {packet_text(one, near, _transmit(asked))}" for one in answers)])


def _answer_parts(header: Header, near: float, origin: int | None) -> list[str]:
    if header.stratum == KISS:
        return [f"kiss-o'-death {header.reference_id.decode('ascii', 'replace')}"]
    parts = [f"stratum {header.stratum}", f"transmit {_time(header.transmit, near)}"]
    if origin is not None and header.origin != origin:
        parts.append("origin of another request")
    elif header.origin and header.receive:
        ahead = unix_time(header.receive, near) - unix_time(header.origin, near)
        parts.append(f"{ahead:+.6f} s ahead of the request")
    return parts


def _transmit(data: bytes) -> int | None:
    return parse_request(data).header.transmit if len(data) >= HEADER_BYTES else None


def _time(stamp: int, near: float) -> str:
    return to_moment(unix_time(stamp, near)).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _field_text(field: ExtensionField) -> str:
    name = FIELDS.get(field.type) or f"field {field.type:#06x}"
    return f"{name} of {len(field.body)} octets"
