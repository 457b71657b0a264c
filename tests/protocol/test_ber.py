"""BER: lengths, nesting, integers; and that no bytes break the reader."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nightly import examples

from homeport.protocol import ber


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "020100"),
        (127, "02017f"),
        (128, "02020080"),
        (255, "020200ff"),
        (256, "02020100"),
        (2**31 - 1, "02047fffffff"),
        (-1, "0201ff"),
        (-128, "020180"),
        (-129, "0202ff7f"),
    ],
)
def test_an_integer_has_the_fewest_bytes(value, written):
    data = bytes.fromhex(written)
    assert ber.encode_integer(value) == data
    assert ber.integer_in(data, 2, len(data)) == value


@pytest.mark.parametrize(("size", "header"), [(0, "0400"), (127, "047f"), (128, "048180"), (65536, "0483010000")])
def test_a_length_has_the_shortest_form(size, header):
    data = ber.encode(ber.OCTET_STRING, bytes(size))
    assert data == bytes.fromhex(header) + bytes(size)
    assert ber.read_header(data, 0, len(data)) == (ber.OCTET_STRING, len(data) - size, len(data))


def test_x_690_8_1_3_5_a_long_form_may_have_leading_zeros():
    data = bytes.fromhex("30840000000302017f")
    assert ber.message_size(data, 0, ber.SEQUENCE) == len(data)
    assert list(ber.children(data, 6, len(data))) == [(ber.INTEGER, 8, 9)]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("3080020101", "indefinite"),
        ("308500000000010a", "length of 5 bytes"),
        ("020501", "ends after"),
        ("02", "at least a tag"),
        ("1f8101", "several bytes"),
        ("3082", "length is cut"),
    ],
)
def test_what_is_no_ber_of_ours_is_an_error(data, words):
    raw = bytes.fromhex(data)
    with pytest.raises(ber.BerError, match=words):
        ber.read_header(raw, 0, len(raw))


@pytest.mark.parametrize("cut", range(7))
def test_the_size_of_a_message_is_known_once_its_header_is_there(cut):
    data = bytes.fromhex("308400000003020101")
    assert ber.message_size(data[:cut], 0, ber.SEQUENCE) == (len(data) if cut >= 6 else 0)


def test_a_message_of_another_tag_is_an_error():
    with pytest.raises(ber.BerError, match="0x47"):
        ber.message_size(b"GET / HTTP/1.1", 0, ber.SEQUENCE)


def test_nesting_is_bounded_before_anything_recurses():
    deep = b""
    for _ in range(50):
        deep = ber.encode_sequence(deep)
    ber.check_nesting(deep, 0, len(deep), 50)
    with pytest.raises(ber.BerError, match="nested"):
        ber.check_nesting(deep, 0, len(deep), 49)


def test_nesting_counts_levels_and_not_values():
    wide = ber.encode_sequence(*[ber.encode_sequence(ber.encode_integer(1))] * 1000)
    ber.check_nesting(wide, 0, len(wide), 2)


@examples()
@given(st.binary(max_size=64))
def test_no_bytes_raise_anything_but_ber_errors(data):
    for work in (
        lambda: ber.check_nesting(data, 0, len(data), 8),
        lambda: list(ber.children(data, 0, len(data))),
        lambda: ber.message_size(data, 0, ber.SEQUENCE),
        lambda: ber.integer_in(data, 0, len(data)),
        lambda: ber.boolean_in(data, 0, len(data)),
    ):
        with suppress(ber.BerError):
            work()


@examples()
@given(st.integers(-(2**63), 2**63 - 1))
def test_every_integer_comes_back(value):
    data = ber.encode_integer(value)
    _tag, begin, end = ber.read_header(data, 0, len(data))
    assert ber.integer_in(data, begin, end) == value
