"""Mailboxes in tests: filled by the test, read by a client, looked at afterwards."""

import imaplib
from email.message import EmailMessage

import pytest

from homeport.testing import TimedOut

EML = "From: bob@homeport.test\nSubject: tides\n\nHigh at noon.\n"


@pytest.fixture
def inbox(world):
    return world.imap.mailbox("alice")


def test_a_client_reads_what_the_test_added(world, inbox, tmp_path):
    letter = EmailMessage()
    letter["Subject"] = "ebb"
    letter.set_content("Low at six.\n")
    file = tmp_path / "letters.mbox"
    file.write_text(f"From x\n{EML}\nFrom y\n{EML}")
    assert inbox.add(EML, letter, flags=["\\Flagged"]) == [1, 2]
    assert inbox.add(file) == [3, 4]
    assert (len(inbox), inbox.state.unseen) == (4, 4)
    user = world.imap.user("alice")
    with imaplib.IMAP4(world.imap.host, world.imap.port) as client:
        client.starttls(world.imap.ssl_context())
        client.login(user.login, user.password)
        assert client.select("INBOX") == ("OK", [b"4"])
        assert client.search(None, "SUBJECT", "tides")[1] == [b"1 3 4"]
        client.fetch("1", "(BODY[TEXT])")
        client.uid("MOVE", "3", "Archive")
    assert inbox.wait_for("flagged", flags="+\\Seen").uids == "1"
    moved = inbox.wait_for("moved")
    assert (moved.to, moved.service, moved.conn) == ("Archive", "imap", "c1")
    assert inbox.wait_for("appended").conn is None
    fetched = inbox.wait_for_fetch(1, items="body[text")
    assert (fetched.uids, fetched["items"], fetched.conn, fetched.peer) == ("1", "BODY[TEXT]", "c1", moved.peer)
    with pytest.raises(TimedOut):
        inbox.wait_for_fetch(2, timeout=0.05)
    seen, ebb, _last = inbox.messages
    assert (seen.flags, seen.seen, seen.subject, seen.sender) == (
        {"\\Seen", "\\Flagged"},
        True,
        "tides",
        "bob@homeport.test",
    )
    assert ebb.raw.endswith(b"\r\n\r\nLow at six.\r\n")
    assert [one.uid for one in inbox.find("-\\Seen")] == [2, 4]


def test_a_mailbox_is_changed_by_the_test(world, inbox):
    work = world.imap.mailbox("alice", "Work/2026").create("\\Archive")
    inbox.add(EML, EML, EML)
    assert inbox.flag([1, 3], "\\Seen", "urgent") == [1, 3]
    assert inbox.flag("1", "urgent", how="remove") == [1]
    assert inbox.move("2:3", "Work/2026") == [1, 2]
    assert work.expunge(2) == [2]
    before = work.state.uid_validity
    assert work.renew() > before
    moved = work.rename("Play")
    assert [one.uid for one in moved.messages] == [1]
    assert {one.name for one in world.imap.mailboxes("alice")} >= {"INBOX", "Play", "All"}
    moved.delete()
    inbox.expunge()
    assert (len(inbox), bool(inbox)) == (0, True)
    with pytest.raises(TimedOut):
        inbox.wait_for("flagged", flags="never", timeout=0.05)
