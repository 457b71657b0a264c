"""Searches that are kept up to date (RFC 5267): UPDATE, ADDTO, REMOVEFROM, NOUPDATE and CANCELUPDATE."""

import pytest
from services.imap.talking import Program, every_way

from homeport.services.imap import contexts


def subject(text):
    return f"Subject: {text}\r\n\r\n{text}\r\n".encode()


@pytest.fixture
def alice():
    """Return a program of Alice, with four messages in INBOX, which is selected."""
    program = Program()
    for text in ("d", "b", "c", "a"):
        program.add("INBOX", subject(text))
    program.ask("SELECT INBOX")
    return program


def updates(lines):
    return [line.removeprefix("* ESEARCH ") for line in lines if line.startswith("* ESEARCH ")]


def store(alice, uids, how, *flags):
    alice.account.store(alice.mailbox("INBOX"), uids, how, flags)


def test_results_are_announced_as_messages_match_and_no_longer_match(alice):
    assert updates(alice.ask("UID SEARCH RETURN (UPDATE) UNSEEN")) == ['(TAG "a3") UID']
    store(alice, [2, 3], "add", "\\Seen")
    lines = alice.ask("NOOP")
    assert lines[-2] == '* ESEARCH (TAG "a3") UID REMOVEFROM (0 2:3)'
    assert lines[0].startswith("* 2 FETCH ")
    store(alice, [3], "remove", "\\Seen")
    alice.add("INBOX", subject("e"))
    lines = alice.ask("NOOP")
    assert lines[0] == "* 5 EXISTS"
    assert updates(lines) == ['(TAG "a3") UID ADDTO (0 3,5)']
    assert updates(alice.ask("NOOP")) == []


def test_own_changes_are_announced_too_also_those_that_are_silent(alice):
    alice.ask("SEARCH RETURN (COUNT UPDATE) FLAGGED")
    assert updates(alice.ask("STORE 2 +FLAGS.SILENT (\\Flagged)")) == ['(TAG "a3") ADDTO (0 2)']
    assert updates(alice.ask("STORE 2 -FLAGS (\\Flagged)")) == ['(TAG "a3") REMOVEFROM (0 2)']


def test_results_leave_before_their_expunge(alice):
    alice.ask("SEARCH RETURN (UPDATE) SUBJECT c")
    alice.account.expunge(alice.mailbox("INBOX"), [1, 3])
    assert alice.ask("NOOP") == [
        '* ESEARCH (TAG "a3") REMOVEFROM (0 3)',
        "* 1 EXPUNGE",
        "* 2 EXPUNGE",
        "OK NOOP completed",
    ]


def test_expunged_results_stay_while_no_expunge_may_be_sent(alice):
    alice.ask("SEARCH RETURN (UPDATE) ALL")
    alice.account.expunge(alice.mailbox("INBOX"), [1])
    assert updates(alice.ask("FETCH 2 UID")) == []
    assert updates(alice.ask("NOOP")) == ['(TAG "a3") REMOVEFROM (0 1)']


def test_numbers_in_the_keys_are_those_of_then(alice):
    alice.ask("UID SEARCH RETURN (UPDATE) 3:4 NOT DELETED")
    alice.account.expunge(alice.mailbox("INBOX"), [1])
    alice.ask("NOOP")
    store(alice, [2, 3], "add", "\\Deleted")
    assert updates(alice.ask("NOOP")) == ['(TAG "a3") UID REMOVEFROM (0 3)']


def test_a_sorted_result_has_positions(alice):
    assert updates(alice.ask("UID SORT RETURN (UPDATE ALL) (SUBJECT) UTF-8 UNDELETED")) == [
        '(TAG "a3") UID ALL 4,2:3,1'
    ]
    store(alice, [2, 1], "add", "\\Deleted")
    assert updates(alice.ask("NOOP")) == ['(TAG "a3") UID REMOVEFROM (4 1 2 2)']
    alice.add("INBOX", subject("aa"))
    store(alice, [1], "remove", "\\Deleted")
    assert updates(alice.ask("NOOP")) == ['(TAG "a3") UID ADDTO (2 5 4 1)']
    assert updates(alice.ask("UID SORT RETURN (ALL) (SUBJECT) UTF-8 UNDELETED")) == ['(TAG "a6") UID ALL 4:5,3,1']


def test_updates_are_pushed_while_the_client_idles(alice):
    alice.ask("SEARCH RETURN (UPDATE) BODY e")
    alice.ask("IDLE")
    alice.add("INBOX", subject("e"))
    assert alice.notice() == ["* 5 EXISTS", "* 5 RECENT", '* ESEARCH (TAG "a3") ADDTO (0 5)']


def test_items_are_not_sent_again_when_flags_bring_a_message_back(alice):
    alice.ask("UID SEARCH RETURN (UPDATE (FLAGS)) UNDELETED")
    store(alice, [1], "add", "\\Deleted")
    alice.ask("NOOP")
    store(alice, [1], "remove", "\\Deleted")
    assert alice.ask("NOOP") == [
        "* 1 FETCH (FLAGS (\\Recent))",
        '* ESEARCH (TAG "a3") UID ADDTO (0 1)',
        "OK NOOP completed",
    ]


def test_results_come_with_the_items_that_are_asked_for(alice):
    alice.ask("UID SEARCH RETURN (COUNT UPDATE (FLAGS BODY.PEEK[TEXT])) SUBJECT e")
    alice.add("INBOX", subject("e"))
    assert alice.ask("NOOP")[2:] == [
        "* 5 FETCH (UID 5 FLAGS (\\Recent) BODY[TEXT] {3}",
        "e",
        ")",
        '* ESEARCH (TAG "a3") UID ADDTO (0 5)',
        "OK NOOP completed",
    ]
    program = Program(without=["NOTIFY"], world=alice.world)
    program.ask("SELECT INBOX")
    assert "needs NOTIFY" in program.last("SEARCH RETURN (UPDATE (UID)) ALL")


def test_updates_end_with_cancelupdate(alice):
    alice.ask("SEARCH RETURN (UPDATE) ALL")
    alice.ask("SEARCH RETURN (UPDATE) ALL")
    assert alice.last('CANCELUPDATE "a3"') == "OK CANCELUPDATE completed"
    alice.add("INBOX")
    assert updates(alice.ask("NOOP")) == ['(TAG "a4") ADDTO (0 5)']
    assert alice.last('CANCELUPDATE "a4" "a3"').startswith("NO no search with the tag a3")
    assert alice.last("CANCELUPDATE a4").startswith("BAD")


def test_updates_end_with_the_selection(alice):
    alice.ask("SEARCH RETURN (UPDATE) ALL")
    alice.ask("SELECT INBOX")
    alice.add("INBOX")
    assert updates(alice.ask("NOOP")) == []


def test_a_tag_of_an_active_search_is_refused(alice):
    alice.ask("SEARCH RETURN (UPDATE) ALL")
    assert alice.send(b"a3 SEARCH RETURN (UPDATE) ALL\r\n")[-1].startswith("a3 BAD a search with the tag a3")


def test_more_searches_than_the_server_keeps_are_told_and_still_answered(alice):
    for _ in range(contexts.MAX_CONTEXTS):
        assert "NOUPDATE" not in "".join(alice.ask("SEARCH RETURN (UPDATE) ALL"))
    lines = alice.ask("SEARCH RETURN (UPDATE COUNT) ALL")
    assert lines == [
        '* ESEARCH (TAG "a13") COUNT 4',
        '* NO [NOUPDATE "a13"] at most 10 searches are updated',
        "OK SEARCH completed",
    ]


def test_context_is_a_hint_and_partial_comes_with_it(alice):
    assert updates(alice.ask("SEARCH RETURN (CONTEXT COUNT) ALL")) == ['(TAG "a3") COUNT 4']
    program = Program(without=["PARTIAL"], world=alice.world)
    program.ask("SELECT INBOX")
    assert updates(program.ask("SEARCH RETURN (PARTIAL 1:2) ALL")) == ['(TAG "a3") PARTIAL (1:2 1:2)']


@pytest.mark.parametrize(
    ("without", "command", "needs"),
    [("CONTEXT=SEARCH", "SEARCH RETURN (UPDATE) ALL", "CONTEXT=SEARCH"),
     ("CONTEXT=SEARCH", "SEARCH RETURN (CONTEXT) ALL", "CONTEXT=SEARCH"),
     ("CONTEXT=SORT", "SORT RETURN (UPDATE) (SIZE) UTF-8 ALL", "CONTEXT=SORT"),
     ("CONTEXT=SEARCH", 'CANCELUPDATE "a1"', "CONTEXT=SEARCH"),
     ("ESORT", "SORT RETURN (UPDATE) (SIZE) UTF-8 ALL", "ESORT")],
)  # fmt: skip
def test_without_it_nothing_is_updated(without, command, needs):
    program = Program(without=[without])
    program.ask("SELECT INBOX")
    assert f"needs {needs}" in program.last(command)
    assert program.findings == ["capability-not-announced"]


def test_searches_with_updates_are_read_however_they_are_cut():
    data = (
        b"a2 SELECT INBOX\r\na3 UID SEARCH RETURN (UPDATE) SUBJECT {1}\r\na\r\n"
        b"a4 APPEND INBOX {12+}\r\nSubject: a\r\n\r\na5 NOOP\r\n"
        b'a6 CANCELUPDATE "a3"\r\n'
    )
    sent = every_way(data)
    assert b'* ESEARCH (TAG "a3") UID ADDTO (0 1)\r\na4 OK' in sent
    assert sent.endswith(b"a6 OK CANCELUPDATE completed\r\n")


def test_messages_that_notify_keeps_back_are_results_once_the_client_is_told_of_them(alice):
    alice.ask("SEARCH RETURN (UPDATE) ALL")
    alice.ask("NOTIFY NONE")
    alice.add("INBOX")
    assert alice.ask("NOOP") == ["OK NOOP completed"]
    assert updates(alice.ask("EXPUNGE")) == ['(TAG "a3") ADDTO (0 5)']
