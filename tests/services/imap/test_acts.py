"""What a session does with mailboxes is in the journal with its connection; what others do is not."""

import pytest
from services.imap.talking import Program, every_way

from homeport.world.mail.message import Envelope, Recipient


def others(program):
    """Return the events `mailbox` of the world's own journal, which have no connection."""
    entries = [entry for _seq, entry in program.world.journal.entries() if entry.type == "mailbox"]
    assert all(entry.source is None for entry in entries)
    return [entry.content["what"] for entry in entries]


def test_what_a_session_changes_is_logged_by_the_session():
    program = Program()
    program.add()
    program.ask("SELECT INBOX")
    program.ask("STORE 1 +FLAGS (\\Flagged)")
    program.ask("COPY 1 Trash")
    program.ask("MOVE 1 Archive")
    program.ask("CREATE Work")
    program.ask("RENAME Work Play")
    program.ask("DELETE Play")
    assert program.acts == [
        {"what": "flagged", "uids": "1", "flags": "+\\Flagged"},
        {"what": "copied", "uids": "1", "to": "Trash"},
        {"what": "moved", "uids": "1", "to": "Archive"},
        {"what": "created"},
        {"what": "renamed", "old": "Work"},
        {"what": "deleted"},
    ]
    assert others(program) == ["appended"]


def test_what_others_do_between_two_events_of_a_session_is_not_logged_by_it():
    program = Program()
    program.ask("SELECT INBOX")
    program.ask("IDLE")
    draft = program.world.mail.begin(5)
    draft.write(b"hello")
    draft.keep(Envelope(reverse_path="", recipients=(Recipient(address="alice@homeport.test"),)))
    program.account.store(program.mailbox("INBOX"), [1], "add", ["\\Flagged"])
    assert program.notice()
    assert program.acts == []
    assert others(program) == ["flagged"]


@pytest.mark.parametrize(
    ("command", "uids", "items"),
    [
        (b"FETCH 1:2 (FLAGS BODY.PEEK[HEADER.FIELDS (To)])", "1:2", "FLAGS BODY[HEADER.FIELDS (To)]"),
        (b"UID FETCH 1,3 BODY.PEEK[]<0.5>", "1,3", "BODY[]<0>"),
        (b"FETCH 2 FAST", "2", "FLAGS INTERNALDATE RFC822.SIZE"),
        (b"FETCH 2 RFC822.HEADER", "2", "RFC822.HEADER"),
    ],
)
def test_a_fetch_is_one_event_for_all_its_messages(command, uids, items):
    def with_mail():
        program = Program()
        for _ in range(3):
            program.add()
        return program.world

    data = b"t SELECT INBOX\r\nt " + command + b"\r\n"
    world = with_mail()
    acts = every_way(data, lambda program: program.acts, world=world)
    assert acts == [{"what": "fetched", "uids": uids, "items": items}]


def test_a_fetch_of_no_message_is_no_event():
    program = Program()
    program.add()
    program.ask("SELECT INBOX")
    program.ask("UID FETCH 7:9 BODY[]")
    program.ask("FETCH 1 NONSENSE")
    assert program.acts == []


def test_the_event_of_a_large_fetch_is_small():
    program = Program()
    body = [program.account.begin(0) for _ in range(3000)]
    program.account.append_all(program.mailbox("INBOX"), [(one, (), None) for one in body])
    program.account.expunge(program.mailbox("INBOX"), range(2, 3000, 2))
    program.ask("SELECT INBOX")
    program.ask("FETCH 1:* FLAGS")
    program.ask(b"FETCH 1 (" + b" ".join(b"BODY.PEEK[%d.MIME]" % one for one in range(1, 100)) + b")")
    every, one = program.acts
    assert every == {"what": "fetched", "uids": "1:3000", "items": "FLAGS"}
    assert one["items"].startswith("BODY[1.MIME] ")
    assert len(one["items"]) == 200
