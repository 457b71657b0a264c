"""The PROXY protocol, versions 1 and 2 (HAProxy's proxy-protocol.txt): who is behind a proxy, said ahead of everything.

    PROXY TCP4 192.0.2.7 198.51.100.1 40000 25 CR LF        version 1
    signature, version and command, family, length, ...     version 2

A header that names nobody (`UNKNOWN`, the command LOCAL, families other than IPv4 and IPv6) leaves the addresses of the
connection itself. Of version 2's TLVs only the checksum is looked at; facts about TLS, authority names and the rest are
passed over. Datagrams have no header here.
"""

import ipaddress
import re
from functools import cache
from typing import Annotated, NoReturn

import msgspec
from msgspec import Meta

from homeport.protocol.addresses import Address

ProxyProtocol = Annotated[
    bool,
    Meta(
        description="expect the PROXY protocol's header (version 1 or 2) in front of every connection, and believe it; "
        "only for listeners that nobody but a proxy can reach"
    ),
]
"""The option `proxy_protocol` of services that can be put behind a proxy; the driver looks for that name."""

V1_BEGINNING = b"PROXY "
V1_LIMIT = 107
"""Octets of a header of version 1 with its CR LF (section 2.1)."""
V2_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
V2_FIXED = 16
"""Octets of version 2 ahead of the addresses."""
V2_LIMIT = 4096
"""Octets of addresses and TLVs that are taken; the length field could announce 64 KiB."""
HEADER_LIMIT = V2_FIXED + V2_LIMIT
"""Octets of the longest header that is taken."""

_PORT = re.compile(r"0|[1-9][0-9]{0,4}")
_CRC32C = 0x03  # PP2_TYPE_CRC32C


class HeaderError(ValueError):
    """What came is no header of the PROXY protocol; the message says why."""


class Header(msgspec.Struct, frozen=True):
    """A whole header."""

    size: int
    """Octets of it; what follows belongs to the connection's own protocol."""
    source: Address | None = None
    """Who connected to the proxy; None if the header names nobody."""
    destination: Address | None = None
    """What they connected to."""


def parse_header(data: bytes) -> Header | None:
    """The header that the octets of a connection begin with; None if its end has not come yet.

    Raises: HeaderError, as soon as it is sure that what comes is no header.
    """
    if data[:1] == V2_SIGNATURE[:1]:
        return _parse_v2(data)
    return _parse_v1(data)


# Version 1 (section 2.1).


def _parse_v1(data: bytes) -> Header | None:
    if not data.startswith(V1_BEGINNING[: len(data)]):
        _fail(f"expected PROXY and a space, or the signature of version 2; got {data[:24]!r}")
    line, end, _rest = data[:V1_LIMIT].partition(b"\r\n")
    if not end:
        if len(data) >= V1_LIMIT:
            _fail(f"there is no CR LF in the first {V1_LIMIT} octets of the header")
        return None
    size = len(line) + len(end)
    words = line.decode("latin-1").split(" ")
    if words[1] == "UNKNOWN":
        return Header(size)  # whatever follows on the line is to be ignored
    family = {"TCP4": 4, "TCP6": 6}.get(words[1])
    if family is None:
        _fail(f"the protocol is TCP4, TCP6 or UNKNOWN; got {words[1]!r}")
    if len(words) != 6:
        _fail(f"{words[1]} is followed by two addresses and two ports with one space between; got {line!r}")
    hosts = [_v1_host(word, family) for word in words[2:4]]
    ports = [_v1_port(word) for word in words[4:6]]
    return Header(size, (hosts[0], ports[0]), (hosts[1], ports[1]))


def _v1_host(word: str, family: int) -> str:
    try:
        address = ipaddress.ip_address(word)
    except ValueError:
        _fail(f"{word!r} is not an address")
    if address.version != family or "%" in word:
        _fail(f"{word!r} is not an address of TCP{family}")
    return str(address)


def _v1_port(word: str) -> int:
    if not _PORT.fullmatch(word) or int(word) > 65535:
        _fail(f"{word!r} is not a port: 0 to 65535, without zeros in front")
    return int(word)


# Version 2 (section 2.2).


def _parse_v2(data: bytes) -> Header | None:
    signature = data[: len(V2_SIGNATURE)]
    if not V2_SIGNATURE.startswith(signature):
        _fail(f"expected the signature of version 2; got {signature!r}")
    if len(data) < V2_FIXED:
        return None
    version, command = data[12] >> 4, data[12] & 0x0F
    if version != 2 or command > 1:
        _fail(f"octet 13 is 0x20 (LOCAL) or 0x21 (PROXY); got 0x{data[12]:02x}")
    length = int.from_bytes(data[14:16], "big")
    if length > V2_LIMIT:
        _fail(f"it announces {length} octets of addresses and TLVs; at most {V2_LIMIT} are taken")
    size = V2_FIXED + length
    if len(data) < size:
        return None
    if command == 0:
        return Header(size)  # LOCAL: the proxy speaks for itself, and the rest is to be ignored
    header = data[:size]
    family, addresses = _v2_addresses(header)
    _check_tlvs(header, V2_FIXED + addresses)
    if family not in (1, 2):
        return Header(size)
    width = 4 if family == 1 else 16
    block = header[V2_FIXED : V2_FIXED + addresses]
    hosts = [str(ipaddress.ip_address(block[at : at + width])) for at in (0, width)]
    ports = [int.from_bytes(block[at : at + 2], "big") for at in (2 * width, 2 * width + 2)]
    return Header(size, (hosts[0], ports[0]), (hosts[1], ports[1]))


def _v2_addresses(header: bytes) -> tuple[int, int]:
    """The address family (1 is IPv4, 2 IPv6, 3 UNIX), and how many octets its addresses take."""
    family, transport = header[13] >> 4, header[13] & 0x0F
    if family > 3 or transport > 2:
        _fail(f"octet 14, family and transport, is not assigned: 0x{header[13]:02x}")
    size = (0, 12, 36, 216)[family]
    length = len(header) - V2_FIXED
    if length < size:
        _fail(f"the addresses of octet 14 take {size} octets; the header has {length}")
    return family, size


def _check_tlvs(header: bytes, at: int) -> None:
    """Whether the TLVs fill the header, and the checksum is right if there is one (section 2.2.3)."""
    while at < len(header):
        kind, length = header[at], int.from_bytes(header[at + 1 : at + 3], "big")
        value_at, at = at + 3, at + 3 + length
        if at > len(header):
            _fail(f"the TLV of type 0x{kind:02x} goes beyond the end of the header")
        if kind == _CRC32C:
            sent = int.from_bytes(header[value_at:at], "big")
            right = crc32c(header[:value_at] + bytes(length) + header[at:])
            if length != 4 or sent != right:
                _fail(f"the checksum is 0x{right:08x} in 4 octets; the header says 0x{sent:x} in {length}")


def crc32c(data: bytes) -> int:
    """CRC-32C (Castagnoli; RFC 3720 appendix B.4)."""
    table, crc = _crc_table(), 0xFFFFFFFF
    for octet in data:
        crc = table[(crc ^ octet) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


@cache
def _crc_table() -> list[int]:
    table = list(range(256))
    for _ in range(8):
        table = [(crc >> 1) ^ (0x82F63B78 if crc & 1 else 0) for crc in table]
    return table


def _fail(reason: str) -> NoReturn:
    raise HeaderError(reason)
