"""SEARCH: its responses in rev1 and rev2, what is saved as `$`, MODSEQ, and the work of one step."""

from collections.abc import Callable

import pytest
from services.imap.reader import Reader

Readers = Callable[..., Reader]


@pytest.fixture
def alice(reader: Readers) -> Reader:
    """Return a client that has selected five messages, of which the second and fourth are flagged."""
    alice = reader()
    alice.has("INBOX", "", "\\Flagged", "", "\\Flagged", "")
    alice.ask("SELECT INBOX")
    return alice


def test_rev1_gets_search(alice: Reader) -> None:
    assert alice.ask("SEARCH FLAGGED") == ["* SEARCH 2 4", "OK SEARCH completed"]
    assert alice.ask("UID SEARCH UNFLAGGED 2:*") == ["* SEARCH 3 5", "OK SEARCH completed"]
    assert alice.ask("SEARCH ANSWERED") == ["* SEARCH", "OK SEARCH completed"]


def test_rev2_gets_esearch_without_asking(reader: Readers) -> None:
    alice = reader("IMAP4rev2")
    alice.has("INBOX", "", "\\Flagged", "")
    alice.ask("SELECT INBOX")
    assert alice.ask("UID SEARCH ALL") == ['* ESEARCH (TAG "t") UID ALL 1:3', "OK SEARCH completed"]
    assert alice.ask("SEARCH ANSWERED") == ['* ESEARCH (TAG "t")', "OK SEARCH completed"]


def test_a_uid_search_of_uids_has_uids(alice: Reader) -> None:
    alice.ask("STORE 1 +FLAGS (\\Deleted)")
    alice.ask("EXPUNGE")
    assert alice.ask("UID SEARCH UID 1:*")[0] == "* SEARCH 2 3 4 5"
    assert alice.ask("SEARCH UID 1:*")[0] == "* SEARCH 1 2 3 4"


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ("MIN", "MIN 2"),
        ("MAX", "MAX 4"),
        ("COUNT", "COUNT 2"),
        ("ALL", "ALL 2,4"),
        ("", "ALL 2,4"),
        ("MIN MAX COUNT", "MIN 2 MAX 4 COUNT 2"),
        ("PARTIAL 1:1", "PARTIAL (1:1 2)"),
        ("PARTIAL -1:-1", "PARTIAL (-1:-1 4)"),
        ("PARTIAL 9:5", "PARTIAL (5:9 NIL)"),
    ],
)
def test_return_options_shape_the_response(alice: Reader, options: str, shown: str) -> None:
    assert alice.ask(f"SEARCH RETURN ({options}) FLAGGED")[0] == f'* ESEARCH (TAG "t") {shown}'


def test_without_a_match_min_max_and_all_are_missing(alice: Reader) -> None:
    assert alice.ask("SEARCH RETURN (MIN MAX ALL COUNT) ANSWERED")[0] == '* ESEARCH (TAG "t") COUNT 0'


class TestSaved:
    def test_save_alone_sends_no_result(self, alice: Reader) -> None:
        assert alice.ask("SEARCH RETURN (SAVE) FLAGGED") == ["OK SEARCH completed"]
        assert alice.ask("FETCH $ UID") == ["* 2 FETCH (UID 2)", "* 4 FETCH (UID 4)", "OK FETCH completed"]
        assert alice.ask("SEARCH $ 3:5")[0] == "* SEARCH 4"
        assert alice.ask("STORE $ +FLAGS.SILENT (\\Seen)") == ["OK STORE completed"]

    def test_save_with_min_saves_that_message_alone(self, alice: Reader) -> None:
        alice.ask("SEARCH RETURN (SAVE MIN) FLAGGED")
        assert alice.ask("UID SEARCH $")[0] == "* SEARCH 2"
        alice.ask("SEARCH RETURN (SAVE MIN COUNT) FLAGGED")
        assert alice.ask("UID SEARCH $")[0] == "* SEARCH 2 4"

    def test_a_new_select_forgets_the_result(self, alice: Reader) -> None:
        alice.ask("SEARCH RETURN (SAVE) FLAGGED")
        alice.ask("SELECT INBOX")
        assert alice.ask("FETCH $ UID") == ["OK FETCH completed"]

    def test_an_unknown_charset_empties_nothing_and_is_refused(self, alice: Reader) -> None:
        alice.ask("SEARCH RETURN (SAVE) FLAGGED")
        (refused,) = alice.ask("SEARCH RETURN (SAVE) CHARSET X-UNKNOWN SUBJECT x")
        assert refused.startswith("NO [BADCHARSET (US-ASCII UTF-8)]")

    def test_an_expunged_message_leaves_the_result(self, alice: Reader) -> None:
        alice.ask("SEARCH RETURN (SAVE) FLAGGED")
        alice.ask("STORE 2 +FLAGS (\\Deleted)")
        alice.ask("EXPUNGE")
        assert alice.ask("UID SEARCH $")[0] == "* SEARCH 4"


class TestModseq:
    def test_a_search_by_modseq_tells_the_highest(self, alice: Reader) -> None:
        box = alice.mailbox("INBOX")
        since = box.highest_modseq
        alice.ask("STORE 3 +FLAGS (\\Seen)")
        alice.ask("STORE 1 +FLAGS (\\Seen)")
        enabled, line, _done = alice.ask(f"SEARCH MODSEQ {since + 1}")
        assert enabled.startswith("* OK [HIGHESTMODSEQ")
        assert line == f"* SEARCH 1 3 (MODSEQ {box.highest_modseq})"

    def test_min_tells_the_modseq_of_that_message(self, alice: Reader) -> None:
        box = alice.mailbox("INBOX")
        alice.ask("STORE 1 +FLAGS (\\Seen)")
        modseq = box.highest_modseq
        alice.ask("STORE 3 +FLAGS (\\Seen)")
        line = alice.ask("SEARCH RETURN (MIN) MODSEQ 1")[-2]
        assert line == f'* ESEARCH (TAG "t") MIN 1 MODSEQ {modseq}'


class TestContent:
    def test_texts_are_found_in_headers_and_bodies(self, reader: Readers) -> None:
        alice = reader()
        alice.has("INBOX", "", body=b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\nHello\r\n")
        alice.has("INBOX", "", body=b"Subject: other\r\n\r\nGoodbye\r\n")
        alice.ask("SELECT INBOX")
        assert alice.ask("SEARCH SUBJECT other")[0] == "* SEARCH 2"
        assert alice.ask("SEARCH BODY hello")[0] == "* SEARCH 1"
        assert alice.ask(b"SEARCH CHARSET UTF-8 SUBJECT" + b' "gr\xc3\xbc"')[0] == "* SEARCH 1"

    def test_a_search_of_bodies_is_made_in_bounded_steps(self, reader: Readers) -> None:
        alice = reader()
        alice.has("INBOX", *[""] * 100)
        alice.ask("SELECT INBOX")
        assert alice.ask("SEARCH RETURN (COUNT) BODY hello")[0] == '* ESEARCH (TAG "t") COUNT 100'
        assert alice.steps == 4


def test_an_expunged_message_is_not_found_before_its_expunge_is_told(reader: Readers) -> None:
    alice, other = reader(), reader()
    alice.has("INBOX", "", "\\Deleted", "")
    alice.ask("SELECT INBOX")
    other.ask("SELECT INBOX")
    alice.ask("EXPUNGE")
    assert other.ask("SEARCH ALL") == ["* SEARCH 1 3", "OK SEARCH completed"]
    assert other.ask("UID SEARCH ALL") == ["* SEARCH 1 3", "* 2 EXPUNGE", "OK SEARCH completed"]
