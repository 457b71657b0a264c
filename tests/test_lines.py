"""The line buffer: any segmentation, bounded, reports a bare LF."""

import re

from hypothesis import given
from hypothesis import strategies as st

from homeport.protocol.lines import Line, LineBuffer

pieces = st.lists(st.binary(max_size=20) | st.sampled_from([b"\r\n", b"\n", b"\r", b"ab"]), max_size=30)


def lines_of(parts: list[bytes], limit: int) -> tuple[list[Line], bytes, bool]:
    buffer = LineBuffer(limit)
    lines = []
    for part in parts:
        buffer.feed(part)
        while (line := buffer.take()) is not None:
            lines.append(line)
    overlong = buffer.overlong
    return lines, buffer.rest(), overlong


def test_crlf_ends_a_line_and_a_bare_cr_does_not():
    lines, rest, _ = lines_of([b"a\rb\r\nc"], 80)
    assert lines == [Line(b"a\rb")]
    assert rest == b"c"


def test_a_bare_lf_ends_a_line_and_is_reported():
    lines, _, _ = lines_of([b"a\nb\r\n\n"], 80)
    assert lines == [Line(b"a", bare_lf=True), Line(b"b"), Line(b"", bare_lf=True)]


def test_a_crlf_cut_in_two_is_one_end():
    assert lines_of([b"a\r", b"\nb\r\n"], 80)[0] == [Line(b"a"), Line(b"b")]


def test_a_line_of_just_the_limit_is_whole():
    assert lines_of([b"12345\r\n"], 5)[0] == [Line(b"12345")]


def test_an_overlong_line_comes_out_once_cut_and_marked():
    lines, _, _ = lines_of([b"1234567", b"89", b"\r\nnext\r\n"], 5)
    assert lines == [Line(b"12345", overlong=True), Line(b"next")]


def test_an_overlong_line_is_known_before_its_end_arrives():
    assert lines_of([b"x" * 100], 5) == ([], b"xxxxx", True)


@given(pieces, st.integers(1, 12))
def test_how_a_stream_is_cut_changes_nothing(parts, limit):
    whole = b"".join(parts)
    single = [whole[i : i + 1] for i in range(len(whole))]
    lines, rest, _ = lines_of([whole], limit)
    assert lines_of(parts, limit)[:2] == (lines, rest)
    assert lines_of(single, limit)[:2] == (lines, rest)


@given(pieces)
def test_lines_are_what_a_plain_split_gives(parts):
    whole = b"".join(parts)
    *expected, last = re.split(rb"\r?\n", whole)
    lines, rest, _ = lines_of(parts, 10_000)
    assert [line.content for line in lines] == expected
    assert rest == last


@given(st.lists(st.binary(max_size=200), max_size=50), st.integers(1, 50))
def test_never_more_is_held_than_the_limit_and_half_an_end(parts, limit):
    buffer = LineBuffer(limit)
    for part in parts:
        buffer.feed(part)
        while buffer.take() is not None:
            pass
        assert len(buffer) <= limit + 1
