"""The PROXY protocol's header, versions 1 and 2."""

import struct

import pytest
from hypothesis import given
from hypothesis.strategies import binary, integers, sampled_from

from homeport.protocol.proxy_protocol import V2_SIGNATURE, Header, HeaderError, crc32c, parse_header

IPV4 = bytes([192, 0, 2, 7, 198, 51, 100, 1]) + struct.pack("!HH", 40000, 25)
IPV6 = bytes.fromhex("20010db800000000000000000000000720010db8000000000000000000000001") + struct.pack("!HH", 40000, 25)
OVER_IPV4 = ("192.0.2.7", 40000), ("198.51.100.1", 25)
OVER_IPV6 = ("2001:db8::7", 40000), ("2001:db8::1", 25)


def v2(body=IPV4, *, command=0x21, family=0x11, length=None):
    return V2_SIGNATURE + struct.pack("!BBH", command, family, len(body) if length is None else length) + body


def tlv(kind, value):
    return struct.pack("!BH", kind, len(value)) + value


def checked(body, value=None):
    """Return a header with a checksum; by default a valid one."""
    sent = struct.pack("!I", crc32c(v2(body + tlv(3, bytes(4)))) if value is None else value)
    return v2(body + tlv(3, sent))


WHOLE = [
    (b"PROXY TCP4 192.0.2.7 198.51.100.1 40000 25\r\n", OVER_IPV4),
    (b"PROXY TCP6 2001:db8:0::7 2001:DB8::1 40000 25\r\n", OVER_IPV6),
    (b"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", (("255.255.255.255", 65535),) * 2),
    (
        b"PROXY TCP6 " + b" ".join(2 * [b":".join(8 * [b"ffff"])]) + b" 65535 65535\r\n",
        (("ffff:" * 7 + "ffff", 65535),) * 2,
    ),
    (b"PROXY UNKNOWN\r\n", (None, None)),
    (b"PROXY UNKNOWN ffff:: whatever 1\r\n", (None, None)),
    (v2(), OVER_IPV4),
    (v2(IPV6, family=0x21), OVER_IPV6),
    (v2(IPV4 + tlv(1, b"h2") + tlv(4, b"") + tlv(0x20, b"\x01" + bytes(4))), OVER_IPV4),
    (v2(IPV4, family=0x12), OVER_IPV4),
    (v2(bytes(216), family=0x31), (None, None)),
    (v2(b"", family=0x00), (None, None)),
    (v2(b"", command=0x20, family=0x00), (None, None)),
    (v2(b"anything", command=0x20, family=0x11), (None, None)),
    (checked(IPV4 + tlv(2, b"homeport.test")), OVER_IPV4),
]


@pytest.mark.parametrize(("header", "addresses"), WHOLE)
def test_a_header_is_read_whole_and_only_when_it_is_whole(header, addresses):
    for end in range(len(header)):
        assert parse_header(header[:end]) is None
    assert parse_header(header) == Header(len(header), *addresses)
    assert parse_header(header + b"EHLO x\r\n") == Header(len(header), *addresses)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"EHLO client.test\r\n", r"expected PROXY and a space, or the signature of version 2; got b'EHLO"),
        (b"PROXY\tTCP4", "expected PROXY and a space"),
        (b"PROXY UDP4 192.0.2.7 198.51.100.1 1 2\r\n", "TCP4, TCP6 or UNKNOWN; got 'UDP4'"),
        (b"PROXY \r\n", "TCP4, TCP6 or UNKNOWN; got ''"),
        (b"PROXY TCP4 192.0.2.7 198.51.100.1 1\r\n", "two addresses and two ports"),
        (b"PROXY TCP4  192.0.2.7 198.51.100.1 1 2\r\n", "two addresses and two ports"),
        (b"PROXY TCP4 192.0.2.7 ::1 1 2\r\n", "'::1' is not an address of TCP4"),
        (b"PROXY TCP6 fe80::1%lo ::1 1 2\r\n", "'fe80::1%lo' is not an address of TCP6"),
        (b"PROXY TCP4 192.0.2.007 198.51.100.1 1 2\r\n", "'192.0.2.007' is not an address"),
        (b"PROXY TCP4 192.0.2.7 198.51.100.1 01 2\r\n", "'01' is not a port"),
        (b"PROXY TCP4 192.0.2.7 198.51.100.1 1 65536\r\n", "'65536' is not a port"),
        (b"PROXY UNKNOWN " + 93 * b"x", "no CR LF in the first 107 bytes"),
        (b"\r\n\r\nHELO", "expected the signature of version 2"),
        (v2(command=0x11), "byte 13 must be 0x20 .LOCAL. or 0x21 .PROXY.; got 0x11"),
        (v2(command=0x22), "got 0x22"),
        (v2(family=0x41), "not assigned: 0x41"),
        (v2(family=0x13), "not assigned: 0x13"),
        (v2(IPV4, family=0x21), "take 36 bytes; the header has 12"),
        (v2(b"", length=4097), "announces 4097 bytes"),
        (v2(IPV4 + b"\x01\x00"), "0x01 exceeds the header"),
        (v2(IPV4 + b"\x01\x00\x03ab"), "0x01 exceeds the header"),
        (checked(IPV4, 0xDEADBEEF), "the header says 0xdeadbeef in 4"),
        (v2(IPV4 + tlv(3, b"")), "the header says 0x0 in 0"),
    ],
)
def test_what_is_no_header_is_said_exactly(data, reason):
    with pytest.raises(HeaderError, match=reason):
        parse_header(data)


def test_a_second_checksum_is_refused_because_each_costs_a_pass_over_the_header():
    first = struct.pack("!I", crc32c(v2(IPV4 + tlv(3, bytes(4)) + tlv(3, bytes(4)))))
    with pytest.raises(HeaderError, match="it has two checksums"):
        parse_header(v2(IPV4 + tlv(3, first) + tlv(3, bytes(4))))


def test_the_checksum_is_castagnolis():
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(bytes(32)) == 0x8A9136AA  # RFC 3720 B.4


@given(
    sampled_from([b"", b"PROXY TCP4 ", V2_SIGNATURE, v2()[:14], *(header for header, _ in WHOLE)]), binary(max_size=60)
)
def test_whatever_comes_is_a_header_or_none_yet_or_an_error(beginning, rest):
    data = beginning + rest
    try:
        header = parse_header(data)
    except HeaderError:
        return
    assert header is None or 0 < header.size <= len(data)


@given(integers(16, 27), integers(1, 255))
def test_a_checksum_finds_an_address_that_was_changed(at, change):
    header = bytearray(checked(IPV4 + tlv(2, b"homeport.test")))
    header[at] ^= change
    with pytest.raises(HeaderError, match="the checksum is"):
        parse_header(bytes(header))
