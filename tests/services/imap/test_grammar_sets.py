"""Sets of sequence numbers and UIDs: gaps, `*`, empty mailboxes, and the shortest form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.services.imap.grammar.sequence_set import (
    MAX_RANGES,
    SAVED,
    STAR,
    NumberOutOfRange,
    parse_sequence_set,
    serialize_set,
)
from homeport.services.imap.grammar.tokens import Cursor, SyntaxProblem


def parse(text, **options):
    cursor = Cursor(text)
    parsed = parse_sequence_set(cursor, **options)
    cursor.end()
    return parsed


def uids(text, *existing):
    return [existing[index] for part in parse(text).slices(existing) for index in part]


def numbers(text, count):
    return [index + 1 for part in parse(text).positions(count) for index in part]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b"1:*", [3, 7, 9]),
        (b"4:8", [7]),
        (b"4:6", []),
        (b"9,3", [3, 9]),
        (b"3,3:7,7", [3, 7]),
        (b"*", [9]),
        (b"100:*", [9]),
        (b"*:100", [9]),
        (b"*:7", [7, 9]),
        (b"8:4", [7]),
        (b"1,2,4,5", []),
        (b"1:4294967295", [3, 7, 9]),
        (b"4294967295:*", [9]),
    ],
)
def test_sets_over_gaps_have_the_uids_that_exist(text, found):
    assert uids(text, 3, 7, 9) == found


@pytest.mark.parametrize("text", [b"1:*", b"*", b"5", b"100:*"])
def test_every_set_of_uids_is_empty_in_an_empty_mailbox(text):
    assert uids(text) == []


@pytest.mark.parametrize(
    ("text", "count", "found"),
    [
        (b"1:*", 3, [1, 2, 3]),
        (b"*", 3, [3]),
        (b"*:2", 3, [2, 3]),
        (b"3,1", 3, [1, 3]),
        (b"2:2,2", 3, [2]),
    ],
)
def test_sequence_numbers(text, count, found):
    assert numbers(text, count) == found


@pytest.mark.parametrize(
    ("text", "count"),
    [(b"4", 3), (b"4:*", 3), (b"*:9", 3), (b"1:4", 3), (b"2,9", 3), (b"*", 0), (b"1:*", 0), (b"1", 0)],
)
def test_a_sequence_number_over_the_number_of_messages_is_bad(text, count):
    with pytest.raises(NumberOutOfRange) as problem:
        numbers(text, count)
    assert problem.value.reference == "RFC 9051 9 (seq-number)"


@pytest.mark.parametrize(
    ("text", "count", "found"),
    [(b"2:9", 3, [2, 3]), (b"9", 3, []), (b"9:*", 3, [3]), (b"*", 0, []), (b"1,3:4294967295", 3, [1, 3])],
)
def test_a_search_ignores_sequence_numbers_over_the_number_of_messages(text, count, found):
    assert [index + 1 for part in parse(text).existing(count) for index in part] == found


@pytest.mark.parametrize(
    "text",
    [b"", b"0", b"0:1", b"1:0", b",1", b"1,", b"1::2", b"1:2:3", b"a", b"1-2", b"4294967296", b"99999999999", b"**",
     b"1, 2", b"(1)", b"-1", b"1:$"],
)  # fmt: skip
def test_malformed_sets_are_refused(text):
    with pytest.raises(SyntaxProblem):
        parse(text)


def test_the_saved_result_is_a_set():
    cursor = Cursor(b"$")
    assert parse_sequence_set(cursor) is SAVED
    assert cursor.needs == {"SEARCHRES": 1}
    with pytest.raises(SyntaxProblem):
        parse(b"$", saved=False)
    with pytest.raises(SyntaxProblem):
        parse(b"$,1")


def test_known_uids_have_no_star():
    with pytest.raises(SyntaxProblem):
        parse(b"1:*", star=False)
    assert list(parse(b"3:1,5", star=False)) == [1, 2, 3, 5]


def test_a_set_of_a_whole_line_costs_its_ranges():
    text = b",".join([b"1:4294967295"] * 1000)
    assert uids(text, 1, 2) == [1, 2]
    assert parse(b",".join([b"1"] * MAX_RANGES)).merged(5) == [(1, 1)]
    with pytest.raises(SyntaxProblem):
        parse(b",".join([b"1"] * (MAX_RANGES + 1)))


@pytest.mark.parametrize(
    ("given_numbers", "written"),
    [([], b""), ([5], b"5"), ([1, 2, 3, 7, 9, 10], b"1:3,7,9:10"), ([9, 3, 4], b"9,3:4"), ([3, 2, 1], b"3,2,1")],
)
def test_numbers_are_written_compactly_in_their_order(given_numbers, written):
    assert serialize_set(given_numbers) == written


ENDS = st.integers(1, 30).map(str) | st.just("*")
RANGES = st.lists(ENDS | st.tuples(ENDS, ENDS).map(":".join), min_size=1, max_size=6).map(",".join)


@given(RANGES, st.sets(st.integers(1, 30)))
def test_sets_agree_with_their_definition(text, existing):
    existing = sorted(existing)
    highest = existing[-1] if existing else 0
    expected = set()
    for piece in text.split(","):
        ends = [highest if end == "*" else int(end) for end in piece.split(":")]
        expected |= set(range(min(ends), max(ends) + 1)) if highest else set()
    parsed = parse(text.encode())
    assert uids(text.encode(), *existing) == [uid for uid in existing if uid in expected]
    assert {uid for uid in existing if parsed.contains(uid, highest)} == {uid for uid in existing if uid in expected}
    assert all(low <= high <= STAR for low, high in parsed.ranges)


@given(st.lists(st.integers(1, 2**32 - 1)))
def test_written_sets_are_read_again(values):
    if values:
        assert list(parse(serialize_set(values))) == values
