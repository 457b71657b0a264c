"""Gmail's labels: X-GM-EXT-1, its mailboxes, and what COPY, MOVE, EXPUNGE and flags do there."""

import pytest
from services.imap.talking import Program, every_way

from homeport.protocol.events import Data
from homeport.services.imap.options import PERSONAS

GMAIL = next(one for one in PERSONAS if one.name == "gmail-like").options
ID = str((1 << 60) + 3)
"""X-GM-MSGID of the first message that is appended."""


def program(**options):
    return Program(**GMAIL, **options)


@pytest.fixture
def gmail():
    """Return a program of Alice, who has two messages in INBOX, which is selected."""
    one = program()
    one.add("INBOX", b"Subject: first\r\nFrom: bob@client.test\r\n\r\nhello\r\n")
    one.add("INBOX", b"Subject: second\r\n\r\nworld\r\n")
    one.ask("SELECT INBOX")
    return one


def subjects(one, name):
    """Return the messages that a mailbox has, by content."""
    one.ask("NOOP")
    return [entry.message for entry in one.mailbox(name).entries]


def test_gmails_mailboxes_have_the_special_uses_that_gmail_announces():
    lines = program().ask('LIST "" *')
    assert [line.removeprefix('* LIST ') for line in lines[:-1]] == [
        '(\\HasNoChildren) "/" INBOX',
        '(\\Noselect \\HasChildren) "/" [Gmail]',
        '(\\HasNoChildren \\All) "/" "[Gmail]/All Mail"',
        '(\\HasNoChildren \\Drafts) "/" [Gmail]/Drafts',
        '(\\HasNoChildren \\Important) "/" [Gmail]/Important',
        '(\\HasNoChildren \\Sent) "/" "[Gmail]/Sent Mail"',
        '(\\HasNoChildren \\Junk) "/" [Gmail]/Spam',
        '(\\HasNoChildren \\Flagged) "/" [Gmail]/Starred',
        '(\\HasNoChildren \\Trash) "/" [Gmail]/Trash',
    ]  # fmt: skip
    assert program().ask("NAMESPACE")[0] == '* NAMESPACE (("" "/")) NIL NIL'


def test_messages_from_before_are_in_gmails_mailboxes():
    first = Program()
    first.add("Sent")
    first.add("Archive")
    one = program(world=first.world)
    assert len(one.mailbox("[Gmail]/Sent Mail")) == 1
    assert len(one.mailbox("Archive")) == 1
    one.ask("SELECT Archive")
    assert len(one.mailbox("[Gmail]/All Mail")) == 2


def test_gmails_own_mailboxes_cannot_be_deleted_or_renamed():
    one = program()
    for command in ('DELETE "[Gmail]/All Mail"', "RENAME [Gmail]/Trash Bin", "CREATE [Gmail]/New"):
        assert one.last(command).startswith("NO [CANNOT] [Gmail] and the mailboxes below it"), command
    assert one.findings == []


def test_labels_are_there_only_with_the_option():
    one = Program()
    one.add()
    one.ask("SELECT INBOX")
    for command in ("FETCH 1 X-GM-LABELS", "FETCH 1 X-GM-MSGID", "STORE 1 +X-GM-LABELS (a)", "SEARCH X-GM-RAW a"):
        assert one.last(command).startswith("BAD "), command
        assert "needs X-GM-EXT-1" in one.last(command)
    assert set(one.findings) == {"capability-not-announced"}
    assert "X-GM-EXT-1" not in one.ask("CAPABILITY")[0]
    assert " X-GM-EXT-1 " in program().ask("CAPABILITY")[0]


def test_identifiers_and_labels_of_messages_are_fetched(gmail):
    lines = gmail.ask("FETCH 1:2 (X-GM-MSGID X-GM-LABELS)")
    assert lines == [
        f"* 1 FETCH (X-GM-MSGID {ID} X-GM-LABELS ())",
        f"* 2 FETCH (X-GM-MSGID {int(ID) + 2} X-GM-LABELS ())",
        "OK FETCH completed",
    ]
    gmail.ask('SELECT "[Gmail]/All Mail"')
    assert gmail.ask("FETCH 1 X-GM-LABELS")[0] == '* 1 FETCH (X-GM-LABELS ("\\\\Inbox"))'


def test_messages_of_a_conversation_have_one_thread():
    one = program()
    for message in (
        b"Message-ID: <a@x>\r\nSubject: tides\r\n\r\n",
        b"Message-ID: <b@x>\r\nIn-Reply-To: <a@x>\r\nSubject: Re: tides\r\n\r\n",
        b"Message-ID: <c@x>\r\nReferences: <a@x> <b@x>\r\nSubject: Re: tides\r\n\r\n",
        b"Message-ID: <d@x>\r\nReferences: <a@x>\r\nSubject: something else\r\n\r\n",
        b"Subject: tides\r\n\r\n",
    ):
        one.add("INBOX", message)
    one.ask("SELECT INBOX")
    threads = [line.split("X-GM-THRID ")[1] for line in one.ask("FETCH 1:* X-GM-THRID")[:-1]]
    assert threads[0] == threads[1] == threads[2]
    assert len(set(threads)) == 3
    assert one.ask(f"SEARCH X-GM-THRID {threads[0][:-1]}")[0] == "* SEARCH 1 2 3"
    assert one.ask(f"SEARCH X-GM-MSGID {int(ID) + 2}")[0] == "* SEARCH 2"


def test_a_label_that_is_stored_is_a_mailbox_with_the_message(gmail):
    assert gmail.ask('UID STORE 1 +X-GM-LABELS (tides "Muy Importante" \\Starred)') == [
        '* 1 FETCH (UID 1 X-GM-LABELS ("Muy Importante" "\\\\Starred" tides))',
        "* 1 FETCH (FLAGS (\\Flagged \\Recent))",
        "OK STORE completed",
    ]
    assert gmail.ask('LIST "" "Muy%"')[0] == '* LIST (\\HasNoChildren) "/" "Muy Importante"'
    assert [entry.flags for entry in gmail.mailbox("[Gmail]/Starred").entries] == [{"\\Flagged"}]
    assert gmail.ask("STORE 1 -X-GM-LABELS tides")[0] == ('* 1 FETCH (X-GM-LABELS ("Muy Importante" "\\\\Starred"))')
    assert gmail.ask("STORE 1 X-GM-LABELS.SILENT (sea)") == ["* 1 FETCH (FLAGS (\\Recent))", "OK STORE completed"]
    assert gmail.ask("FETCH 1 X-GM-LABELS")[0] == "* 1 FETCH (X-GM-LABELS (sea))"


def test_labels_with_other_letters_are_in_modified_utf_7(gmail):
    assert gmail.ask('STORE 1 +X-GM-LABELS ("b&AMI-z")')[0] == "* 1 FETCH (X-GM-LABELS (b&AMI-z))"
    assert gmail.account.find("bÂz") is not None


def test_a_label_that_is_no_mailbox_name_is_refused(gmail):
    assert gmail.last('STORE 1 +X-GM-LABELS ("a//b")').startswith("NO [CANNOT] a level of the name")
    assert gmail.last("STORE 1 +X-GM-LABELS ([Gmail]/New)").startswith("NO [CANNOT] [Gmail] and the mailboxes below it")
    assert gmail.account.find("[Gmail]/New") is None
    assert gmail.last("STORE 1 (UNCHANGEDSINCE 5) +X-GM-LABELS (a)").startswith("BAD labels have no MODSEQ")


def test_a_copy_adds_a_label_and_a_second_copy_changes_nothing(gmail):
    gmail.ask("CREATE tides")
    first, second = gmail.last("UID COPY 1:2 tides"), gmail.last("UID COPY 1 tides")
    assert first.split()[1:5] == ["[COPYUID", first.split()[2], "1:2", "1:2]"]
    assert second.split()[3:5] == ["1", "1]"]
    assert len(gmail.mailbox("tides")) == 2
    assert len(gmail.mailbox("[Gmail]/All Mail")) == 2


def test_an_expunge_removes_the_label_only(gmail):
    gmail.ask("STORE 1 +FLAGS.SILENT (\\Deleted)")
    assert gmail.ask("EXPUNGE") == ["* 1 EXPUNGE", "OK EXPUNGE completed"]
    assert subjects(gmail, "[Gmail]/All Mail") == ["a1", "a2"]
    assert subjects(gmail, "INBOX") == ["a2"]


def test_the_label_of_the_selected_mailbox_that_is_removed_archives_a_message(gmail):
    assert gmail.ask("UID STORE 1 -X-GM-LABELS (\\Inbox)") == [
        "* 1 FETCH (UID 1 X-GM-LABELS ())",
        "* 1 EXPUNGE",
        "OK STORE completed",
    ]
    assert subjects(gmail, "[Gmail]/All Mail") == ["a1", "a2"]


def test_all_mail_keeps_what_is_expunged_or_moved_there(gmail):
    gmail.ask('SELECT "[Gmail]/All Mail"')
    gmail.ask("STORE 1 +FLAGS.SILENT (\\Deleted)")
    assert gmail.ask("EXPUNGE") == ["OK EXPUNGE completed"]
    gmail.ask("CREATE tides")
    assert "EXPUNGE" not in "".join(gmail.ask("MOVE 2 tides"))
    assert subjects(gmail, "[Gmail]/All Mail") == ["a1", "a2"]
    assert subjects(gmail, "tides") == ["a2"]


def test_a_message_that_is_moved_to_trash_is_nowhere_else(gmail):
    gmail.ask("STORE 1 +X-GM-LABELS (tides)")
    lines = gmail.ask("MOVE 1 [Gmail]/Trash")
    assert lines[0].startswith("* OK [COPYUID ")
    assert lines[1:] == ["* 1 EXPUNGE", "OK MOVE completed"]
    assert [subjects(gmail, name) for name in ("[Gmail]/Trash", "[Gmail]/All Mail", "tides")] == [["a1"], ["a2"], []]
    gmail.ask("SELECT [Gmail]/Trash")
    gmail.ask("COPY 1 tides")
    assert [subjects(gmail, name) for name in ("[Gmail]/Trash", "[Gmail]/All Mail", "tides")] == [
        [],
        ["a2", "a1"],
        ["a1"],
    ]


def test_a_message_that_is_expunged_in_trash_or_spam_is_deleted(gmail):
    gmail.ask("COPY 1:2 [Gmail]/Spam")
    assert subjects(gmail, "INBOX") == []
    gmail.ask("SELECT [Gmail]/Spam")
    gmail.ask("STORE 1 +FLAGS.SILENT (\\Deleted)")
    assert gmail.ask("EXPUNGE")[0] == "* 1 EXPUNGE"
    assert gmail.account.places("a1") == []


def test_flags_are_those_of_the_message_in_every_mailbox(gmail):
    gmail.ask("STORE 2 +FLAGS (\\Seen \\Flagged $Label \\Deleted)")
    assert gmail.mailbox("[Gmail]/All Mail").find(2).flags == {"\\Seen", "\\Flagged", "$Label"}
    assert subjects(gmail, "[Gmail]/Starred") == ["a2"]
    gmail.ask("SELECT [Gmail]/Starred")
    gmail.ask("STORE 1 +FLAGS.SILENT (\\Deleted)")
    gmail.ask("EXPUNGE")
    assert gmail.mailbox("INBOX").find(2).flags == {"\\Seen", "$Label", "\\Deleted"}
    assert subjects(gmail, "[Gmail]/Starred") == []


def test_what_others_do_is_followed_and_pushed(gmail):
    gmail.ask('SELECT "[Gmail]/All Mail"')
    gmail.ask("IDLE")
    gmail.add("INBOX")
    assert gmail.notice() == ["* 3 EXISTS", "* 3 RECENT"]
    gmail.account.store(gmail.mailbox("INBOX"), [3], "add", ["\\Seen"])
    assert gmail.notice() == ["* 3 FETCH (FLAGS (\\Seen \\Recent))"]
    gmail.account.move(gmail.mailbox("INBOX"), [1], gmail.mailbox("[Gmail]/Trash"))
    assert gmail.notice() == ["* 1 EXPUNGE"]


def test_status_counts_what_has_just_arrived():
    one = program()
    one.add("INBOX")
    assert one.ask('STATUS "[Gmail]/All Mail" (MESSAGES)')[0] == '* STATUS "[Gmail]/All Mail" (MESSAGES 1)'
    one.add("INBOX")
    assert '* STATUS "[Gmail]/All Mail" (MESSAGES 2)' in one.ask(
        'LIST "" "[Gmail]/All Mail" RETURN (STATUS (MESSAGES))'
    )


def test_two_sessions_share_one_view_of_the_labels(gmail):
    other = program(world=gmail.world)
    other.ask("SELECT INBOX")
    other.ask("STORE 1 +X-GM-LABELS (tides)")
    gmail.ask("STORE 1 +X-GM-LABELS (tides)")
    assert len(gmail.mailbox("tides")) == 1
    assert len(gmail.mailbox("[Gmail]/All Mail")) == 2


def test_a_large_mailbox_is_brought_into_line_in_steps():
    first = Program()
    for _ in range(600):
        first.add("INBOX", b"Subject: x\r\n\r\n")
    one = program(world=first.world)
    one.ask("SELECT INBOX")
    assert len(one.mailbox("[Gmail]/All Mail")) == 600


@pytest.mark.parametrize("name", ["All Mail", "Starred", "Trash", "Spam"])
def test_a_mailbox_that_is_deleted_between_two_steps_is_made_again(name):
    one = program()
    for _ in range(600):
        one.add("INBOX", b"Subject: x\r\n\r\n")
    one.account.store(one.mailbox("INBOX"), [1], "add", ["\\Flagged"])
    first_step = one.session.handle(Data(b"a2 SELECT INBOX\r\n"))
    one.account.delete(f"[Gmail]/{name}")
    one.do(first_step)
    assert b"a2 OK [READ-WRITE] SELECT completed\r\n" in one.talk.sent
    assert len(one.mailbox("[Gmail]/All Mail")) == 600
    assert len(one.mailbox("[Gmail]/Starred")) == 1
    assert one.mailbox(f"[Gmail]/{name}").special_use


def test_label_commands_are_read_however_they_are_cut():
    data = b'a2 SELECT INBOX\r\na3 STORE 1 +X-GM-LABELS ({5}\r\ntides "\\\\Starred")\r\na4 NOOP\r\n'
    assert b"a4 OK" in every_way(data, **GMAIL)


@pytest.mark.parametrize(
    ("query", "found"),
    [("hello", "1"), ("world -hello", "2"), ('"hello world"', ""), ("hello OR world", "1 2"), ("{hello world}", "1 2"),
     ("from:bob", "1"), ("-from:bob", "2"), ("subject:second", "2"), ("in:inbox", "1 2"), ("label:tides", "1"),
     ("-label:tides", "2"), ('label:"Muy Importante"', "2"), ("label:muy-importante", "2"), ("is:unread", "1 2"),
     ("is:starred", ""), ("in:trash", ""), ("in:anywhere", "1 2"), ("larger:1M", ""), ("smaller:1M subject:first", "1"),
     ("newer_than:2d", "1 2"), ("older_than:1y", ""), ("after:2020/01/31", "1 2"), ("before:2020/01/31", ""),
     ("(hello OR world) -{from:bob zebra}", "2"), ("has:attachment", ""), ("", "1 2"), ("12:30", "")],
)  # fmt: skip
def test_queries_of_gmails_search_box(gmail, query, found):
    gmail.ask("STORE 1 +X-GM-LABELS (tides)")
    gmail.ask('STORE 2 +X-GM-LABELS ("Muy Importante")')
    quoted = query.replace('"', '\\"')
    assert gmail.ask(f'SEARCH X-GM-RAW "{quoted}"') == [f"* SEARCH {found}".rstrip(), "OK SEARCH completed"]


@pytest.mark.parametrize(
    "query", ["has:drive", "is:muted", "category:social", "after:tomorrow", "larger:x", "from:(a b)"]
)
def test_a_query_that_is_not_known_is_refused(gmail, query):
    assert gmail.last(f'SEARCH X-GM-RAW "{query}"').startswith("NO [CANNOT] ")
    assert gmail.findings == []


def test_labels_are_searched(gmail):
    gmail.ask("STORE 1 +X-GM-LABELS (tides \\Important)")
    assert gmail.ask("SEARCH X-GM-LABELS tides")[0] == "* SEARCH 1"
    assert gmail.ask("SEARCH X-GM-LABELS \\Important")[0] == "* SEARCH 1"
    assert gmail.ask("SEARCH NOT X-GM-LABELS (tides)")[-1].startswith("BAD")
