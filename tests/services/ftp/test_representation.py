"""TYPE, STRU and MODE: round trips in every cut; malformed data are refused with a reason."""

import itertools
import re
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nightly import examples

from homeport.services.ftp.block import MAX_MARKER_BYTES, MAX_MARKERS, Marker
from homeport.services.ftp.deflate import MAX_OUTPUT_BYTES, Inflater
from homeport.services.ftp.ebcdic import FROM_EBCDIC, TO_EBCDIC
from homeport.services.ftp.representation import (
    ascii_position,
    ascii_size,
    receiving,
    sending,
    sending_listing,
    to_network_ascii,
)

WAYS = list(itertools.product("AEIL", "FR", "SBCZ"))
ALL = bytes(range(256))
TEXT = b"first\nsecond\n\nlast"


def cut(data, sizes):
    """Split data into pieces of these sizes, cyclically."""
    pieces, at = [], 0
    for size in itertools.cycle(sizes):
        if at >= len(data):
            return pieces
        pieces.append(data[at : at + size])
        at += size
    return pieces


def through(convert, pieces):
    """Feed pieces to a converter and return its output."""
    if convert is None:
        return b"".join(pieces)
    return b"".join(convert.feed(piece) for piece in pieces) + convert.finish()


def sent(way, data, **options):
    return through(sending(*way, **options), [data])


def received(way, data, **options):
    """Convert data in every cut; the output must be the same."""
    whole = through(receiving(*way, **options), [data])
    assert through(receiving(*way, **options), cut(data, [1])) == whole
    return whole


files = st.lists(
    st.sampled_from(
        [b"    ", b"\0\0", b"@" * 70, b"x" * 200, b"\n", b"\r", b"\r\n", b"\xff", b"\x15", b"\x85", b"line\n"]
    )
    | st.binary(max_size=9)
)
sizes = st.lists(st.integers(1, 9), min_size=1, max_size=5)


@pytest.mark.parametrize("way", WAYS, ids="".join)
@examples()
@given(files.map(b"".join), sizes, sizes)
@pytest.mark.requirement("FTP-4.1.2.4-1")
def test_every_file_survives_a_round_trip(way, file, out, back):
    network = through(sending(*way, double_cr=True), cut(file, out))
    assert through(receiving(*way), cut(network, back)) == file


@pytest.mark.parametrize("way", [way for way in WAYS if way[2] != "S" or way[1] == "R"], ids="".join)
@examples()
@given(files.map(b"".join), st.data())
def test_a_truncated_transfer_is_detected(way, file, data):
    network = sent(way, file)
    # The last octet of MODE C is a string of nothing.
    short = network[: data.draw(st.integers(0, len(network) - 1 - (way[2] == "C")))]
    with pytest.raises(ValueError, match="end"):
        through(receiving(*way), [short])


@pytest.mark.parametrize("way", WAYS, ids="".join)
@examples()
@given(
    st.lists(st.binary(max_size=30) | st.sampled_from([b"\x40\0\0", b"\x10\0\x01a", b"\xff\x01", zlib.compress(b"a")]))
)
def test_any_input_is_a_file_or_refused_with_a_reason(way, pieces):
    try:
        file = through(receiving(*way), pieces)
    except ValueError as error:
        file, words = b"", str(error)
    else:
        words = "it is a file"
    assert " " in words
    assert len(file) <= 2000 + sum(map(len, pieces)) * (63 if way[2] == "C" else 1)


# TYPE


def test_images_in_stream_mode_are_unchanged():
    for type_ in "IL":
        assert sending(type_, "F", "S") is None
        assert receiving(type_, "F", "S") is None


def test_ascii_lines_end_in_cr_lf_on_the_network():
    assert sent("AFS", b"a\nb\n\n") == b"a\r\nb\r\n\r\n"
    assert received("AFS", b"a\r\nb\r\n\r\n") == b"a\nb\n\n"


def test_ascii_keeps_a_lone_cr():
    assert sent("AFS", b"a\rb\r") == b"a\rb\r"
    assert received("AFS", b"a\rb\r") == b"a\rb\r"
    assert received("AFS", b"a\r\r\nb") == b"a\r\nb"


def test_a_file_with_cr_lf_is_sent_as_it_is():
    assert sent("AFS", b"a\r\nb\r\r\nc\n\n") == b"a\r\nb\r\r\nc\r\n\r\n"


@given(files.map(b"".join), sizes, sizes)
def test_lines_that_end_in_lf_and_in_cr_lf_are_sent_alike_in_any_cut(file, out, other):
    network = through(sending("A", "F", "S"), cut(file, out))
    assert network == through(sending("A", "F", "S"), cut(file, other)) == re.sub(rb"\r?\n", b"\r\n", file)


def test_with_a_second_cr_a_file_with_cr_lf_survives_a_round_trip():
    assert sent("AFS", b"a\r\nb", double_cr=True) == b"a\r\r\nb"
    assert received("AFS", b"a\r\r\nb") == b"a\r\nb"


def test_bare_line_feeds_are_kept_and_counted_in_any_cut():
    for pieces in ([b"a\nb\r\nc\n"], cut(b"a\nb\r\nc\n", [1])):
        convert = receiving("A", "F", "S")
        assert through(convert, pieces) == b"a\nb\nc\n"
        assert convert.bare_line_feeds == 2


def test_ebcdic_is_code_page_037_with_nl_at_the_end_of_lines():
    assert sent("EFS", b"Hello, 1\n") == bytes.fromhex("c8859393966b40f115")
    assert received("EFS", bytes.fromhex("c8859393966b40f115")) == b"Hello, 1\n"
    assert sorted(TO_EBCDIC) == sorted(FROM_EBCDIC) == list(range(256))
    assert ALL.decode("latin-1").translate({0x0A: "\x85", 0x85: "\n"}).encode("cp037") == ALL.translate(TO_EBCDIC)


# STRU


def test_lines_of_text_are_records():
    assert sent("ARS", TEXT) == b"first\xff\x01second\xff\x01\xff\x01last\xff\x02"
    assert received("ARS", b"first\xff\x01second\xff\x01\xff\x01last\xff\x03") == TEXT + b"\n"


def test_a_byte_of_ones_is_doubled_in_records():
    assert sent("IRS", b"\xff\x01") == b"\xff\xff\x01\xff\x02"
    assert received("IRS", b"\xff\xff\x01\xff\x03") == b"\xff\x01"


def test_ebcdic_records_are_escaped_as_they_are_sent():
    assert sent("ERS", b"a\n\x9f") == b"\x81\xff\x01\xff\xff\xff\x02"


@pytest.mark.parametrize(
    ("way", "data", "reason"),
    [
        ("ARS", b"a\xff\x04", "RFC 959 3.4.1"),
        ("ARS", b"a\xff\x00", "double a 0xFF that is data"),
        ("ARS", b"a\xff\x02b", "after the end-of-file mark"),
        ("ARS", b"a\xff\x01", "without the end-of-file mark"),
        ("IRS", b"a\xff\x01b\xff\x02", "several records"),
        ("IRS", b"a\xff\x01\xff\x03", "several records"),
        ("IRB", b"\x80\0\x01a\x00\0\x01b\x40\0\0", "several records"),
    ],
)
def test_broken_records_are_refused(way, data, reason):
    with pytest.raises(ValueError, match=reason):
        through(receiving(*way), [data])


# MODE B


@pytest.mark.requirement("FTP-959_3.4.2-1")
def test_blocks_have_a_header_and_the_last_ends_the_file():
    assert sent("IFB", b"abc") == b"\0\0\x03abc\x40\0\0"
    assert sent("IFB", b"") == b"\x40\0\0"
    assert sent("ARB", b"a\n\nb") == b"\x80\0\x01a\x80\0\0\0\0\x01b\x40\0\0"
    assert sent("AFB", b"a\n") == b"\0\0\x03a\r\n\x40\0\0"


def test_a_block_is_no_longer_than_its_count_can_say():
    blocks = sent("IFB", b"x" * 70_000)
    assert blocks[:3] == b"\0\xff\xff"
    assert blocks[3 + 65_535 :][:3] == b"\0" + (70_000 - 65_535).to_bytes(2, "big")
    record = sent("ARB", b"x" * 70_000 + b"\n")
    assert record[:3] == b"\0\xff\xff"
    assert record[3 + 65_535 :][:3] == b"\x80" + (70_000 - 65_535).to_bytes(2, "big")


def test_data_and_the_end_of_the_file_may_share_a_block():
    assert received("IFB", b"\0\0\x01a\x40\0\x02bc") == b"abc"
    assert received("ARB", b"\xc0\0\x01a") == b"a\n"
    assert received("IFB", b"\x20\0\x01a\x40\0\0") == b"a"


@pytest.mark.parametrize(
    ("way", "data", "reason"),
    [
        ("IFB", b"\x01\0\0", "descriptor 1 "),
        ("IFB", b"\x80\0\0", "STRU F"),
        ("IFB", b"\x50\0\x01a", "further descriptor bits"),
        ("IFB", b"\x10\0\0", "empty"),
        ("IFB", b"\x10\0\x03a\0b", "printable"),
        ("IFB", b"\x10\0\x03a b", "printable"),
        ("IFB", b"\x10\xff\xff" + b"a" * (MAX_MARKER_BYTES + 1), "256"),
        ("IFB", b"\x40\0\0x", "after the end-of-file"),
        ("IFB", b"\0\0\x05abc", "no end-of-file"),
        ("IFB", b"", "no end-of-file"),
    ],
)
@pytest.mark.requirement("FTP-4.1.3.4-4")
def test_broken_blocks_are_refused(way, data, reason):
    with pytest.raises(ValueError, match=reason):
        received(way, data)


def test_markers_are_sent_at_the_configured_interval():
    blocks = sent("IFB", b"abcdefg", marker_every=3)
    assert blocks == b"\0\0\x03abc\x10\0\x013\0\0\x03def\x10\0\x016\0\0\x01g\x40\0\0"
    assert sent("IFB", b"fg", marker_every=3, offset=5) == b"\0\0\x01f\x10\0\x016\0\0\x01g\x40\0\0"


@given(files.map(b"".join), sizes, sizes, st.integers(1, 7), st.sampled_from([way for way in WAYS if way[2] in "BC"]))
def test_a_marker_is_the_restart_offset_in_any_representation(file, out, back, every, way):
    network = through(sending(*way, marker_every=every, double_cr=True), cut(file, out))
    convert = receiving(*way)
    assert through(convert, cut(network, back)) == file
    markers = convert.take_markers()
    assert [int(marker.text) for marker in markers] == [*range(every, len(file) + 1, every)]
    if way[0] != "A" or b"\r" not in file:  # a CR is held back until it is known what follows
        assert all(int(text) == offset for text, offset in markers)


def test_received_markers_are_paired_with_our_offset():
    convert = receiving("A", "F", "B", offset=10)
    file = through(convert, [b"\0\0\x03a\r\n\x10\0\x02xy\0\0\x01b\x10\0\x01z\x40\0\0"])
    assert file == b"a\nb"
    assert convert.take_markers() == [Marker("xy", 12), Marker("z", 13)]
    assert convert.ended


def test_markers_without_end_are_refused():
    with pytest.raises(ValueError, match="10000 restart markers"):
        received("IFB", b"\x10\0\x01a" * (MAX_MARKERS + 1) + b"\x40\0\0")


# MODE C


def test_strings_are_literal_repeated_or_filled():
    assert sent("IFC", b"abc") == b"\x03abc" + b"\0\x40\xc0"
    assert sent("IFC", b"aaaa\0\0b") == b"\x84a" + b"\xc2" + b"\x01b" + b"\0\x40\xc0"
    assert sent("AFC", b"a   b") == b"\x01a" + b"\xc3" + b"\x01b" + b"\0\x40\xc0"
    assert sent("EFC", b"a   b") == b"\x01\x81" + b"\xc3" + b"\x01\x82" + b"\0\x40\xc0"
    assert sent("IFC", b"") == b"\0\x40\xc0"


def test_strings_are_no_longer_than_their_counts_can_say():
    assert sent("IFC", ALL[:200]) == b"\x7f" + ALL[:127] + b"\x49" + ALL[127:200] + b"\0\x40\xc0"
    assert sent("IFC", b"x" * 130) == b"\xbfx\xbfx\x84x" + b"\0\x40\xc0"
    assert sent("IFC", bytes(64)) == b"\xff\xc1" + b"\0\x40\xc0"


def test_an_escape_applies_to_the_next_string():
    assert sent("ARC", b"a\n\nb") == b"\0\x80\x01a" + b"\0\x80\xc0" + b"\x01b" + b"\0\x40\xc0"
    assert received("ARC", b"\x01a\0\x80\x01b\0\xc0\x83c") == b"ab\nccc\n"
    assert received("AFC", b"\x01a\0\x40\xc2") == b"a  "
    assert received("ARC", b"\x01a\0\x80\0\x40\xc0") == b"a\n"


@pytest.mark.parametrize(("type_", "fillers"), [("A", b"  "), ("E", b"  "), ("I", b"\0\0"), ("L", b"\0\0")])
def test_every_string_is_parsed(type_, fillers):
    assert received(f"{type_}FC", b"\xc2\0\x40\xc0") == fillers
    assert received(f"{type_}FC", b"\xc0\x80\x61\0\x20\x82\x61\0\x40\xc0") in (b"aa", b"//")


@pytest.mark.parametrize("count", range(1, 64))
def test_every_count_is_applied(count):
    assert received("IFC", bytes((0x80 | count,)) + b"x\0\x40\xc0") == b"x" * count
    assert received("IFC", bytes((0xC0 | count,)) + b"\0\x40\xc0") == bytes(count)
    assert received("IFC", bytes((count,)) + b"y" * count + b"\0\x40\xc0") == b"y" * count


def test_an_end_without_a_string_is_one_when_the_connection_ends():
    assert received("IFC", b"\x01a\0\x40") == b"a"
    assert received("ARC", b"\x01a\0\xc0") == b"a\n"


def test_markers_are_strings_after_an_escape():
    assert sent("IFC", b"abcd", marker_every=3) == b"\x03abc" + b"\0\x10\x013" + b"\x01d" + b"\0\x40\xc0"
    convert = receiving("I", "F", "C", offset=10)
    assert through(convert, [b"\x83a\0\x10\x02xy\x01b\0\x10\x83z\0\x40\xc0"]) == b"aaab"
    assert convert.take_markers() == [Marker("xy", 13), Marker("zzz", 14)]
    assert convert.ended


@pytest.mark.parametrize(
    ("way", "data", "reason"),
    [
        ("IFC", b"\0\x01\xc0", "descriptor 1 "),
        ("IFC", b"\0\x80\x01a", "STRU F"),
        ("IFC", b"\0\x50\x01a", "further descriptor bits"),
        ("IFC", b"\0\x10\xc0", "empty"),
        ("IFC", b"\0\x10\x03a\0b", "printable"),
        ("IFC", b"\0\x40\xc0\x01a", "after the end"),
        ("IFC", b"\x05abc", "within a string"),
        ("IFC", b"\x01a", "no end-of-file"),
        ("IFC", b"", "no end-of-file"),
        ("IRC", b"\0\x80\x01a\0\x80\x01b\0\x40\xc0", "several records"),
    ],
)
def test_broken_strings_are_refused(way, data, reason):
    with pytest.raises(ValueError, match=reason):
        received(way, data)


# MODE Z


def test_compressed_data_are_one_zlib_stream():
    assert zlib.decompress(sent("AFZ", TEXT)) == to_network_ascii(TEXT)
    assert received("IFZ", zlib.compress(ALL)) == ALL
    assert zlib.decompress(sent("ARZ", b"a\n")) == b"a\xff\x01\xff\x02"


def test_the_level_can_be_chosen():
    data = b"some text " * 1000
    assert len(sent("IFZ", data, level=0)) > len(data) > len(sent("IFZ", data, level=9))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"not deflated", "not valid zlib .*as MODE Z requires"),
        (zlib.compress(b"a") + b"b", "after the end"),
        (zlib.compress(b"abcdef")[:-1], "ends early"),
        (b"", "ends early"),
    ],
)
def test_broken_deflate_is_refused(data, reason):
    with pytest.raises(ValueError, match=reason):
        received("IFZ", data)


def test_a_bomb_expands_piece_by_piece():
    inflater, bomb = Inflater(), zlib.compress(bytes(10_000_000), 9)
    pieces = [inflater.feed(bomb)]
    while inflater.pending:
        pieces.append(inflater.feed(b""))
    assert max(map(len, pieces)) == MAX_OUTPUT_BYTES
    assert sum(map(len, pieces)) == 10_000_000
    assert inflater.ended


def test_a_caller_that_does_not_drain_a_converter_gets_the_same_file():
    data = zlib.compress(bytes(3_000_000), 9)
    assert received("IFZ", data) == bytes(3_000_000)
    assert received("IFB", b"\0\0\1x" * 5000 + b"\x40\0\0") == b"x" * 5000
    assert received("ARS", b"x\xff\x01" * 5000 + b"\xff\x02") == b"x\n" * 5000


# Listings, SIZE, REST


@pytest.mark.requirement("FTP-4.1.2.7-2", "FTP-4.1.2.7-3")
def test_listings_are_text_in_every_type():
    listing = b"a\r\nb\r\n"
    assert sending_listing("I", "F", "S") is None
    assert sending_listing("A", "F", "S") is None
    assert through(sending_listing("E", "F", "S"), [listing]) == b"\x81\x15\x82\x15"
    assert through(sending_listing("I", "R", "S"), [listing]) == b"a\xff\x01b\xff\x01\xff\x02"
    assert zlib.decompress(through(sending_listing("A", "F", "Z"), [listing])) == listing


texts = st.lists(st.sampled_from([b"\r\n", b"\n", b"\r", b"a", b"\r\r\n"]), max_size=12).map(b"".join)


@given(files.map(b"".join) | texts, sizes, st.booleans())
def test_size_in_ascii_is_what_a_transfer_would_carry(file, pieces, double_cr):
    assert ascii_size(cut(file, pieces), double_cr=double_cr) == len(sent("AFS", file, double_cr=double_cr))


@given(files.map(b"".join) | texts, sizes, st.data(), st.booleans())
def test_a_transfer_in_ascii_restarts_at_any_byte(file, pieces, data, double_cr):
    network = sent("AFS", file, double_cr=double_cr)
    offset = data.draw(st.integers(0, len(network)))
    place = ascii_position(cut(file, pieces), offset, double_cr=double_cr)
    options = {"offset": place.offset, "inside_line_end": place.inside_line_end}
    assert sent("AFS", file[place.offset :], double_cr=double_cr, **options) == network[offset:]
    again = file[: place.offset] + through(receiving("A", "F", "S", **options), cut(network[offset:], pieces))
    assert again == file or not double_cr


def test_a_restart_after_the_end_is_refused():
    assert ascii_position([b"a\n"], 3).offset == 2
    with pytest.raises(ValueError, match="2 bytes earlier"):
        ascii_position([b"a\n"], 5)
