"""Parser of the PROXY protocol, versions 1 and 2 (HAProxy's proxy-protocol.txt): a proxy announces its client's
address.

    PROXY TCP4 192.0.2.7 198.51.100.1 40000 25 CR LF        version 1
    signature, version and command, family, length, ...     version 2

A header without an address (`UNKNOWN`, the command LOCAL, families other than IPv4 and IPv6) leaves the addresses of
the connection itself. Of version 2's TLVs only the checksum is verified; TLS information, authority names and the rest
are ignored. Headers of datagrams are not supported.
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
        description="expect a PROXY protocol header (version 1 or 2) at the start of every connection, and trust it; "
        "only for listeners that only a proxy can reach"
    ),
]
"""Type of the option `proxy_protocol` of services that can run behind a proxy; the driver looks for that name."""

V1_BEGINNING = b"PROXY "
V1_LIMIT = 107
"""Maximum size of a version 1 header in bytes, with its CR LF (section 2.1)."""
V2_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
V2_FIXED = 16
"""Size of the fixed part of a version 2 header in bytes."""
V2_LIMIT = 4096
"""Limit of addresses and TLVs in bytes; the length field could announce 64 KiB."""
HEADER_LIMIT = V2_FIXED + V2_LIMIT
"""Maximum size of an accepted header in bytes."""

_PORT = re.compile(r"0|[1-9][0-9]{0,4}")
_CRC32C = 0x03  # PP2_TYPE_CRC32C


class HeaderError(ValueError):
    """The input is not a valid PROXY header; the message says why."""


class Header(msgspec.Struct, frozen=True):
    """A complete header."""

    size: int
    """Size in bytes; the input after it belongs to the connection's own protocol."""
    source: Address | None = None
    """Address of the client that connected to the proxy; None if the header has none."""
    destination: Address | None = None
    """Address that the client connected to."""


def parse_header(data: bytes) -> Header | None:
    """Parse the header at the beginning of a connection; return None if it is incomplete.

    Raises: HeaderError, as soon as the input cannot be a header.
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
            _fail(f"no CR LF in the first {V1_LIMIT} bytes of the header")
        return None
    size = len(line) + len(end)
    words = line.decode("latin-1").split(" ")
    if words[1] == "UNKNOWN":
        return Header(size)  # the rest of the line is to be ignored
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
        _fail(f"byte 13 must be 0x20 (LOCAL) or 0x21 (PROXY); got 0x{data[12]:02x}")
    length = int.from_bytes(data[14:16], "big")
    if length > V2_LIMIT:
        _fail(f"it announces {length} bytes of addresses and TLVs; at most {V2_LIMIT} are accepted")
    size = V2_FIXED + length
    if len(data) < size:
        return None
    if command == 0:
        return Header(size)  # LOCAL: the proxy speaks for itself, and the rest is to be ignored
    header = data[:size]
    family, addresses = _v2_addresses(header)
    _validate_tlvs(header, V2_FIXED + addresses)
    if family not in (1, 2):
        return Header(size)
    width = 4 if family == 1 else 16
    block = header[V2_FIXED : V2_FIXED + addresses]
    hosts = [str(ipaddress.ip_address(block[at : at + width])) for at in (0, width)]
    ports = [int.from_bytes(block[at : at + 2], "big") for at in (2 * width, 2 * width + 2)]
    return Header(size, (hosts[0], ports[0]), (hosts[1], ports[1]))


def _v2_addresses(header: bytes) -> tuple[int, int]:
    """Return the address family (1 is IPv4, 2 IPv6, 3 UNIX) and the size of its addresses in bytes."""
    family, transport = header[13] >> 4, header[13] & 0x0F
    if family > 3 or transport > 2:
        _fail(f"byte 14, family and transport, is not assigned: 0x{header[13]:02x}")
    size = (0, 12, 36, 216)[family]
    length = len(header) - V2_FIXED
    if length < size:
        _fail(f"the addresses of that family take {size} bytes; the header has {length}")
    return family, size


def _validate_tlvs(header: bytes, at: int) -> None:
    """Validate the lengths of the TLVs, and the checksum if there is one (section 2.2.3)."""
    summed = False
    while at < len(header):
        kind, length = header[at], int.from_bytes(header[at + 1 : at + 3], "big")
        value_at, at = at + 3, at + 3 + length
        if at > len(header):
            _fail(f"the TLV of type 0x{kind:02x} exceeds the header")
        if kind == _CRC32C:
            if summed:
                _fail("it has two checksums")  # each would cost a pass over the header
            summed = True
            sent = int.from_bytes(header[value_at:at], "big")
            right = crc32c(header[:value_at] + bytes(length) + header[at:])
            if length != 4 or sent != right:
                _fail(f"the checksum is 0x{right:08x} in 4 bytes; the header says 0x{sent:x} in {length}")


def crc32c(data: bytes) -> int:
    """Return the CRC-32C (Castagnoli; RFC 3720 appendix B.4)."""
    table, crc = _crc_table(), 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


@cache
def _crc_table() -> list[int]:
    table = list(range(256))
    for _ in range(8):
        table = [(crc >> 1) ^ (0x82F63B78 if crc & 1 else 0) for crc in table]
    return table


def _fail(reason: str) -> NoReturn:
    raise HeaderError(reason)
