"""SORT and THREAD: order, ESORT, `$`, UIDs, and bounded steps."""

from collections.abc import Callable

import pytest
from services.imap.reader import Reader

Readers = Callable[..., Reader]


def message(subject: str, sender: str = "a@b.c", **fields: str) -> bytes:
    lines = [f"From: {sender}", f"Subject: {subject}", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", "text", ""]).encode()


@pytest.fixture
def alice(reader: Readers) -> Reader:
    alice = reader()
    for number, (subject, sender) in enumerate(
        [("b", "zoe@x.y"), ("Re: a", "ann@x.y"), ("c", "bob@x.y"), ("a", "d@x.y")]
    ):
        alice.has("INBOX", "", body=message(subject, sender) + b"x" * (10 - number))
    alice.ask("SELECT INBOX")
    return alice


def test_messages_are_sorted_by_what_is_asked_for(alice: Reader) -> None:
    assert alice.ask("SORT (SUBJECT) UTF-8 ALL") == ["* SORT 2 4 1 3", "OK SORT completed"]
    assert alice.ask("SORT (REVERSE FROM) UTF-8 ALL")[0] == "* SORT 1 4 3 2"
    assert alice.ask("SORT (SIZE) US-ASCII 2:4")[0] == "* SORT 4 3 2"


def test_uid_sort_has_uids(alice: Reader) -> None:
    alice.ask("STORE 1 +FLAGS (\\Deleted)")
    alice.ask("EXPUNGE")
    assert alice.ask("UID SORT (SUBJECT) UTF-8 ALL")[0] == "* SORT 2 4 3"
    assert alice.ask("SORT (SUBJECT) UTF-8 ALL")[0] == "* SORT 1 3 2"


def test_esort_answers_in_the_order_of_the_result(alice: Reader) -> None:
    assert alice.ask("SORT RETURN (MIN MAX ALL COUNT) (REVERSE SUBJECT) UTF-8 ALL")[0] == (
        '* ESEARCH (TAG "t") MIN 3 MAX 4 ALL 3,1:2,4 COUNT 4'
    )


def test_sort_without_a_match_is_an_empty_response(alice: Reader) -> None:
    assert alice.ask("SORT (DATE) UTF-8 ANSWERED") == ["* SORT", "OK SORT completed"]


def test_an_unknown_charset_is_refused_with_those_that_are_known(alice: Reader) -> None:
    assert alice.ask("SORT (DATE) X-NONE ALL")[0].startswith("NO [BADCHARSET (US-ASCII UTF-8)]")
    assert alice.ask("THREAD REFERENCES X-NONE ALL")[0].startswith("NO [BADCHARSET (US-ASCII UTF-8)]")


def test_threads_follow_references(reader: Readers) -> None:
    alice = reader()
    for subject, fields in (
        ("x", {"Message-ID": "<1@x>"}),
        ("y", {"Message-ID": "<2@x>"}),
        ("Re: x", {"Message-ID": "<3@x>", "References": "<1@x>"}),
        ("Re: x", {"Message-ID": "<4@x>", "References": "<1@x> <3@x>"}),
        ("Re: x", {"Message-ID": "<5@x>", "In-Reply-To": "<1@x>"}),
    ):
        alice.has("INBOX", "", body=message(subject, **fields))
    alice.ask("SELECT INBOX")
    assert alice.ask("THREAD REFERENCES UTF-8 ALL")[0] == "* THREAD (1 (3 4)(5))(2)"
    assert alice.ask("UID THREAD ORDEREDSUBJECT UTF-8 ALL")[0].startswith("* THREAD (1 ")
    assert alice.ask("THREAD REFERENCES UTF-8 ANSWERED") == ["* THREAD", "OK THREAD completed"]


def test_a_sort_of_many_messages_is_made_in_bounded_steps(reader: Readers) -> None:
    alice = reader()
    alice.has("INBOX", *[""] * 200)
    alice.ask("SELECT INBOX")
    assert len(alice.ask("SORT (SUBJECT) UTF-8 ALL")[0].split()) == 202
    assert alice.steps == 3


def test_expunge_is_not_announced_during_sort_and_thread_by_number(reader: Readers) -> None:
    alice, other = reader(), reader()
    alice.has("INBOX", "", "\\Deleted", "")
    alice.ask("SELECT INBOX")
    other.ask("SELECT INBOX")
    alice.ask("EXPUNGE")
    assert other.ask("SORT (ARRIVAL) UTF-8 ALL") == ["* SORT 1 3", "OK SORT completed"]
    assert other.ask("THREAD ORDEREDSUBJECT UTF-8 ALL")[-1] == "OK THREAD completed"
    assert other.ask("UID SORT (ARRIVAL) UTF-8 ALL") == ["* SORT 1 3", "* 2 EXPUNGE", "OK SORT completed"]
