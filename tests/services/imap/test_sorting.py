"""SORT and THREAD: arguments, order, threads, and bounds."""

import random
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.services.imap import threads
from homeport.services.imap.grammar.fetch_items import PartialRange
from homeport.services.imap.grammar.search_keys import BadCharset, Flag
from homeport.services.imap.grammar.sort_criteria import Criterion, parse_sort, parse_thread
from homeport.services.imap.grammar.tokens import Cursor, SyntaxProblem
from homeport.services.imap.sorting import Sorting
from homeport.services.imap.threads import (
    make_threaded,
    serialize_thread,
    serialize_threads,
    thread_by_references,
    thread_by_subject,
)
from homeport.world.mail.searched_message import SearchedMessage

DAY = 86_400


def test_sort_arguments():
    cursor = Cursor(b"(SUBJECT REVERSE date DISPLAYFROM) UTF-8 SEEN")
    request = parse_sort(cursor)
    assert request.criteria == (Criterion("SUBJECT"), Criterion("DATE", reverse=True), Criterion("DISPLAYFROM"))
    assert request.search.key == Flag("\\Seen")
    assert set(cursor.needs) == {"SORT=DISPLAY"}
    cursor = Cursor(b"RETURN (PARTIAL 1:10 COUNT) (SIZE) us-ascii ALL")
    request = parse_sort(cursor)
    assert (request.search.returned, request.search.partial) == ({"COUNT"}, PartialRange(1, 10))
    assert set(cursor.needs) == {"ESORT", "PARTIAL"}


@pytest.mark.parametrize(
    "text",
    [b"", b"()", b"() UTF-8 ALL", b"(X) UTF-8 ALL", b"(REVERSE) UTF-8 ALL", b"(SIZE) UTF-8", b"(SIZE)",
     b"SIZE UTF-8 ALL",
     b"(REVERSE REVERSE SIZE) UTF-8 ALL", b"(SIZE) UTF-8 ALL ",
     b"(%s) UTF-8 ALL" % b" ".join([b"SIZE"] * 51)],
)  # fmt: skip
def test_malformed_sorts_are_refused(text):
    with pytest.raises(SyntaxProblem):
        parse_sort(Cursor(text))


def test_thread_arguments():
    cursor = Cursor(b"references UTF-8 SEEN")
    request = parse_thread(cursor)
    assert (request.algorithm, request.search.key) == ("REFERENCES", Flag("\\Seen"))
    assert set(cursor.needs) == {"THREAD=REFERENCES"}
    for text in (b"", b"X UTF-8 ALL", b"REFERENCES", b"REFERENCES UTF-8", b"REFERENCES UTF-8 ALL ALL)"):
        with pytest.raises(SyntaxProblem):
            parse_thread(Cursor(text))
    with pytest.raises(BadCharset):
        parse_thread(Cursor(b"REFERENCES x-none ALL"))


def message(raw, internal=0, size=None):
    entry = SimpleNamespace(internal=internal, size=len(raw) if size is None else size)
    return entry, SearchedMessage(lambda limit: raw[:limit], len(raw))


def ordered(criteria, *messages):
    sorting = Sorting(parse_sort(Cursor(b"(%s) UTF-8 ALL" % criteria)).criteria)
    rows = [sorting.row(number, *one) for number, one in enumerate(messages, 1)]
    random.Random(1).shuffle(rows)
    return sorting.order(rows)


def test_messages_are_sorted_by_several_criteria_and_equal_ones_by_number():
    messages = [
        message(b"Subject: b\r\n\r\n", 3),
        message(b"Subject: Re: A\r\n\r\n", 2),
        message(b"Subject: a\r\n\r\n", 1),
        message(b"\r\n", 1),
    ]
    assert ordered(b"SUBJECT", *messages) == [4, 2, 3, 1]
    assert ordered(b"REVERSE SUBJECT", *messages) == [1, 2, 3, 4]
    assert ordered(b"SUBJECT ARRIVAL", *messages) == [4, 3, 2, 1]
    assert ordered(b"ARRIVAL", *messages) == [3, 4, 2, 1]
    assert ordered(b"REVERSE ARRIVAL SUBJECT", *messages) == [1, 2, 4, 3]
    assert ordered(b"REVERSE SIZE", *messages) == [2, 1, 3, 4]


def test_dates_are_compared_in_utc_and_a_missing_one_is_that_of_arrival():
    messages = [
        message(b"Date: Wed, 14 Oct 2026 12:00:00 +0200\r\n\r\n"),
        message(b"Date: Wed, 14 Oct 2026 11:00:00 +0000\r\n\r\n"),
        message(b"Date: nonsense\r\n\r\n", 1_700_000_000),
        message(b"\r\n", 1_900_000_000),
    ]
    assert ordered(b"DATE", *messages) == [3, 1, 2, 4]


def test_addresses_are_sorted_by_local_part_and_names_by_display():
    messages = [
        message(b"From: Zoe <anna@x>\r\nTo: c@x\r\n\r\n"),
        message(b"From: bob@x\r\nTo: =?utf-8?q?=C3=84?= <a@x>\r\n\r\n"),
        message(b"From: =?utf-8?q?Adam?= <Carl@x>, a@a\r\n\r\n"),
    ]
    assert ordered(b"FROM", *messages) == [1, 2, 3]
    assert ordered(b"TO", *messages) == [3, 2, 1]
    assert ordered(b"CC", *messages) == [1, 2, 3]
    assert ordered(b"DISPLAYFROM", *messages) == [3, 2, 1]
    assert ordered(b"DISPLAYTO", *messages) == [3, 2, 1]


def test_sorting_by_entries_reads_no_content():
    assert not Sorting([Criterion("ARRIVAL"), Criterion("SIZE")]).needs_content
    assert Sorting([Criterion("SIZE"), Criterion("SUBJECT")]).needs_content


def mail(number, identifier=None, refs="", subject="x", in_reply_to="", day=None):
    lines = [f"Subject: {subject}"]
    lines += [f"Message-ID: <{identifier}>"] if identifier else []
    lines += ["References: " + " ".join(f"<{one}>" for one in refs.split())] if refs else []
    lines += [f"In-Reply-To: {in_reply_to}"] if in_reply_to else []
    raw = ("\r\n".join(lines) + "\r\n\r\n").encode()
    return make_threaded(number, *message(raw, DAY * (number if day is None else day)))


def by_references(*messages):
    return b"".join(serialize_threads(thread_by_references(messages)))


def by_subject(*messages):
    return b"".join(serialize_threads(thread_by_subject(messages)))


def test_threads_by_subject():
    assert by_subject(
        mail(1, subject="Re: b", day=3), mail(2, subject="a", day=1), mail(3, subject="b", day=2), mail(4, subject="b"),
        mail(5, subject="c", day=2),
    ) == b"(2)(3 (1)(4))(5)"  # fmt: skip
    assert by_subject() == b""


def test_answers_follow_what_they_answer():
    assert by_references(mail(1, "a"), mail(2, "b", "a"), mail(3, "c", "a b"), mail(4, "d", "a")) == b"(1 (2 3)(4))"


def test_in_reply_to_counts_without_references():
    assert (
        by_references(mail(1, "a", subject="1"), mail(2, "b", subject="2", in_reply_to="Yours <a> of <z>")) == b"(1 2)"
    )


def test_a_missing_message_has_its_place_if_it_has_several_answers():
    found = by_references(
        mail(1, "b", "a", subject="1"), mail(2, "c", "a", subject="2"), mail(3, "d", "x", subject="3")
    )
    assert found == b"((1)(2))(3)"


def test_a_missing_message_within_a_thread_is_left_out():
    assert by_references(mail(1, "a", subject="1"), mail(2, "c", "a b", subject="2")) == b"(1 2)"


def test_threads_with_the_same_subject_are_joined():
    assert by_references(mail(1, "a", subject="s"), mail(2, "b", subject="Re: s")) == b"(1 2)"
    assert by_references(mail(1, "a", subject="Re: s"), mail(2, "b", subject="s")) == b"(2 1)"
    assert by_references(mail(1, "a", subject="s"), mail(2, "b", subject="s")) == b"((1)(2))"
    assert by_references(mail(1, "a", subject="Re: s"), mail(2, "b", subject="Re: s")) == b"((1)(2))"
    assert (
        by_references(mail(1, "a", subject="s"), mail(2, "b", subject="s"), mail(3, "c", subject="s")) == b"((1)(2)(3))"
    )
    assert by_references(mail(1, "a", subject=" "), mail(2, "b", subject="")) == b"(1)(2)"


def test_missing_and_repeated_identifiers_are_unique():
    assert by_references(mail(1, subject="1"), mail(2, subject="2")) == b"(1)(2)"
    assert by_references(mail(1, "a", subject="1"), mail(2, "a", subject="2"), mail(3, "b", "a", subject="3")) in (
        b"(1 3)(2)",
    )


def test_references_in_a_loop_do_no_harm():
    assert by_references(mail(1, "a", "b", subject="1"), mail(2, "b", "a", subject="2")) == b"(2 1)"
    assert by_references(mail(1, "a", "a", subject="1")) == b"(1)"
    assert by_references(mail(1, "a", "b a", subject="1"), mail(2, "b", "a b a", subject="2")) == b"(2 1)"


def test_siblings_are_sorted_by_date():
    assert by_references(mail(1, "a", day=1), mail(2, "b", "a", day=9), mail(3, "c", "a", day=5)) == b"(1 (3)(2))"


def test_a_conversation_of_thousands_of_answers():
    messages = [mail(1, "m1")] + [mail(number, f"m{number}", f"m{number - 1}") for number in range(2, 5001)]
    (thread,) = thread_by_references(messages)
    assert serialize_thread(thread) == b"(" + b" ".join(b"%d" % number for number in range(1, 5001)) + b")"
    branching = [mail(1, "m1")] + [
        mail(number, f"m{number}", f"m{number - 1 - number % 2}") for number in range(2, 3001)
    ]
    (thread,) = thread_by_references(branching)
    shown = serialize_thread(thread)
    assert shown.count(b"(") == shown.count(b")")


def test_the_search_for_loops_is_bounded(monkeypatch):
    monkeypatch.setattr(threads, "MAX_STEPS", 100)
    chain = [mail(number, f"m{number}", f"m{number - 1}") for number in range(2, 200)]
    looping = [mail(number, f"m{number}", "m199 m1 " * 50) for number in range(200, 250)]
    assert numbers(by_references(mail(1, "m1"), *chain, *looping)) == list(range(1, 250))


def test_the_examples_of_the_rfc_are_serialized():
    thread = (3, [(6, [(4, [(23, [])]), (44, [(7, [(96, [])])])])])
    assert serialize_thread(thread) == b"(3 6 (4 23)(44 7 96))"
    assert serialize_thread((None, [(3, []), (5, [])])) == b"((3)(5))"
    assert serialize_thread((2, [])) == b"(2)"


def numbers(shown):
    return sorted(map(int, shown.replace(b"(", b" ").replace(b")", b" ").split()))


IDS = st.sampled_from("abcdef")


SUBJECTS = st.sampled_from(["s", "Re: s", "t", ""])
HEADERS = st.tuples(IDS | st.none(), st.lists(IDS, max_size=4).map(" ".join), SUBJECTS)


@given(st.lists(HEADERS, max_size=10))
def test_every_message_is_in_exactly_one_thread(drawn):
    messages = [mail(number, *one) for number, one in enumerate(drawn, 1)]
    everyone = list(range(1, len(messages) + 1))
    assert numbers(by_references(*messages)) == everyone
    assert numbers(by_subject(*messages)) == everyone
