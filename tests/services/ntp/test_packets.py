"""Packets: headers, extension fields and MACs told apart (RFC 5905 7.3, RFC 7822 7.5.1), timestamps, eras."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nightly import examples
from tests.services.ntp.conftest import request

from homeport.services.ntp.packet import (
    MAX_FIELDS,
    ExtensionField,
    Header,
    Malformed,
    parse_header,
    parse_request,
    timestamp,
    unix_time,
)

HEADERS = st.builds(
    Header,
    leap=st.integers(0, 3),
    version=st.integers(0, 7),
    mode=st.integers(0, 7),
    stratum=st.integers(0, 255),
    poll=st.integers(-128, 127),
    precision=st.integers(-128, 127),
    root_delay=st.integers(0, 2**32 - 1),
    root_dispersion=st.integers(0, 2**32 - 1),
    reference_id=st.binary(min_size=4, max_size=4),
    reference=st.integers(0, 2**64 - 1),
    origin=st.integers(0, 2**64 - 1),
    receive=st.integers(0, 2**64 - 1),
    transmit=st.integers(0, 2**64 - 1),
)


def field(kind=0x0104, body=bytes(28)):
    return struct.pack("!HH", kind, 4 + len(body)) + body


def test_a_header_is_48_octets_in_the_order_of_the_rfc():
    wire = Header(
        leap=1,
        version=4,
        mode=3,
        stratum=2,
        poll=6,
        precision=-20,
        root_delay=0x0001_8000,
        root_dispersion=0x0000_4000,
        reference_id=b"GPS\0",
        reference=1,
        origin=2,
        receive=3,
        transmit=4,
    ).serialize()
    assert wire.hex(" ", 4) == (
        "630206ec 00018000 00004000 47505300 00000000 00000001 00000000 00000002 00000000 00000003 00000000 00000004"
    )


@given(HEADERS)
@examples(60)
def test_a_header_is_parsed_as_it_was_serialized(header):
    assert parse_header(header.serialize()) == header


@pytest.mark.parametrize(
    ("tail", "fields", "mac", "rest"),
    [
        (b"", 0, 0, 0),
        (bytes(20), 0, 20, 0),
        (bytes(24), 0, 24, 0),
        (field(), 1, 0, 0),
        (field() + field(0x0204, bytes(100)), 2, 0, 0),
        (field(body=bytes(12)) + bytes(20), 1, 20, 0),
        (field() + bytes(24), 1, 24, 0),
        (bytes(1), 0, 0, 1),
        (bytes(4), 0, 0, 4),
        (bytes(16), 0, 0, 16),
        (bytes(22), 0, 0, 22),
        (bytes(28), 0, 0, 28),
        (field() + bytes(8), 1, 0, 8),
        (struct.pack("!HH", 0x0104, 12) + bytes(40), 0, 0, 44),
        (struct.pack("!HH", 0x0104, 18) + bytes(40), 0, 0, 44),
        (struct.pack("!HH", 0x0104, 60) + bytes(40), 0, 0, 44),
    ],
    ids=lambda one: str(len(one)) if isinstance(one, bytes) else str(one),
)
def test_fields_come_first_and_up_to_24_octets_are_a_mac(tail, fields, mac, rest):
    parsed = parse_request(request() + tail)
    assert (len(parsed.fields), len(parsed.mac), len(parsed.rest)) == (fields, mac, rest)
    assert parsed.signed + parsed.mac == parsed.raw


def test_a_field_has_its_type_body_and_offset():
    parsed = parse_request(request() + field(0x0204, b"c" * 16) + field(0x0404, b"a" * 40))
    assert parsed.fields == (ExtensionField(0x0204, b"c" * 16, 48), ExtensionField(0x0404, b"a" * 40, 68))
    assert parsed.has_nts
    assert parsed.raw[48:] == b"".join(one.serialize() for one in parsed.fields)


def test_versions_before_4_have_a_mac_and_no_fields():
    parsed = parse_request(request(version=3) + field())
    assert (parsed.fields, parsed.mac, len(parsed.rest)) == ((), b"", 32)
    assert len(parse_request(request(version=3) + bytes(20)).mac) == 20


def test_the_number_of_fields_is_bounded():
    parsed = parse_request(request() + field(body=bytes(12)) * (MAX_FIELDS + 40))
    assert len(parsed.fields) == MAX_FIELDS


@pytest.mark.parametrize("size", [0, 1, 47])
def test_fewer_octets_than_a_header_are_no_packet(size):
    with pytest.raises(Malformed):
        parse_request(bytes(size))


@given(st.binary(max_size=200))
@examples(300)
def test_any_octets_are_parsed_or_malformed(data):
    try:
        parsed = parse_request(data)
    except Malformed:
        assert len(data) < 48
        return
    fields = b"".join(one.serialize() for one in parsed.fields)
    assert parsed.header.serialize() + fields + parsed.mac + parsed.rest == data


@pytest.mark.parametrize(
    ("seconds", "stamp"),
    [
        (0, 2_208_988_800 << 32),
        (0.5, (2_208_988_800 << 32) + (1 << 31)),
        (2_085_978_495.75, 2**64 - (1 << 30)),
        (2_085_978_496, 0),
        (2_085_978_497, 1 << 32),
        (-2_208_988_800, 0),
        (-2_208_988_801, 2**64 - (1 << 32)),
    ],
)
def test_timestamps_count_from_1900_and_begin_again_in_2036(seconds, stamp):
    assert timestamp(seconds) == stamp
    assert unix_time(stamp, seconds) == seconds


@given(st.floats(-6e10, 2.5e11), st.floats(-2e9, 2e9))
@examples(60)
def test_a_timestamp_is_read_in_the_nearest_era(now, distance):
    assert unix_time(timestamp(now), now + distance) == pytest.approx(now, abs=1e-4)
