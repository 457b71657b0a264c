"""Frames of EPP (RFC 5734 4): split at any byte, and diagnosed if they are invalid."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeport.services.epp.framing import Framer, Misframed, frame

LIMIT = 4096
HELLO = b'<?xml version="1.0"?><epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><hello/></epp>'


def cut(pieces, limit=LIMIT):
    """Return the frames in these pieces, and the finding that ends them."""
    framer, frames = Framer(limit), []
    try:
        for piece in pieces:
            for xml, _behind in framer.feed(piece):
                frames.append(xml)
    except Misframed as broken:
        return frames, broken.finding
    return frames, len(framer)


def test_rfc_5734_4_the_length_counts_its_own_four_octets():
    assert frame(b"<epp/>") == b"\0\0\0\x0a<epp/>"


@pytest.mark.parametrize("size", range(1, 30))
def test_rfc_5734_4_frames_are_cut_the_same_however_they_come(size):
    whole = frame(HELLO) * 3 + frame(b"<epp/>") + b"\0\0"
    pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
    assert cut(pieces) == ([HELLO, HELLO, HELLO, b"<epp/>"], 2)


def test_the_number_of_bytes_after_a_frame_is_returned():
    first, second = frame(b"<a/>"), frame(b"<bcd/>")
    assert list(Framer(LIMIT).feed(first + second + b"\0")) == [(b"<a/>", len(second) + 1), (b"<bcd/>", 1)]


@pytest.mark.parametrize(
    ("data", "finding"),
    [
        (len(HELLO).to_bytes(4, "little") + HELLO, "little-endian"),
        (HELLO, "no-length"),
        (HELLO.decode().encode("utf-16"), "no-length"),
        (HELLO.decode().encode("utf-16-be"), "no-length"),
        (b"\xef\xbb\xbf" + frame(HELLO), "mark-before-length"),
        (b"GET / HTTP/1.1\r\n\r\n", "http-request"),
        (b"EHLO client.test\r\n", "text-before-frame"),
        (b"\r\n" + frame(HELLO), "octets-between-frames"),
        (b"\0\0\0\0", "length-too-small"),
        (b"\0\0\0\4", "length-too-small"),
        (b"\0\0\x10\x01", "frame-too-long"),
        (b"\xff\xff\xff\xff", "frame-too-long"),
    ],
)
def test_rfc_5734_4_bytes_that_are_no_frame_are_diagnosed(data, finding):
    assert cut([data]) == ([], finding)
    assert cut([data[at : at + 1] for at in range(len(data))]) == ([], finding)
    assert cut([frame(HELLO) + data]) == ([HELLO], finding)


def test_a_line_end_that_the_length_does_not_count_is_found_after_the_first_frame():
    assert cut([frame(HELLO) + b"\r\n" + frame(HELLO)]) == ([HELLO], "octets-between-frames")


@given(st.lists(st.binary(max_size=64), max_size=20))
@settings(max_examples=200)
def test_any_bytes_are_split_or_diagnosed_and_at_most_one_frame_is_buffered(pieces):
    framer = Framer(64)
    with suppress(Misframed):
        for piece in pieces:
            for xml, _behind in framer.feed(piece):
                assert 1 <= len(xml) <= 60
            assert len(framer) == len(framer.held) < 64
