"""IDLE: changes are pushed until DONE, and nothing else ends it."""

import pytest
from services.imap.talking import MESSAGE, Program, every_way

from homeport.protocol.events import TimerFired


@pytest.fixture
def idler():
    """Return a program of Alice that idles in INBOX, which has one message."""
    program = Program()
    program.add("INBOX")
    program.ask("SELECT INBOX")
    assert program.ask("IDLE") == ["+ idling"]
    return program


def test_what_arrives_is_pushed_in_the_turn_after(idler):
    idler.add("INBOX")
    idler.add("INBOX")
    assert idler.notice() == ["* 3 EXISTS", "* 3 RECENT"]
    assert idler.notice() == []


def test_expunges_and_flags_are_pushed_too(idler):
    mailbox = idler.mailbox("INBOX")
    idler.account.store(mailbox, [1], "add", ["\\Flagged"])
    assert idler.notice() == ["* 1 FETCH (FLAGS (\\Flagged \\Recent))"]
    idler.account.expunge(mailbox, [1])
    assert idler.notice() == ["* 1 EXPUNGE"]


def test_done_in_any_case_ends_it_and_what_is_watched(idler):
    assert idler.talk.watching == {idler.mailbox("INBOX").topic}
    assert idler.send(b"done\r\n") == [f"a{idler.tags} OK IDLE completed"]
    assert idler.talk.watching == set()
    idler.add("INBOX")
    assert idler.ask("NOOP") == ["* 2 EXISTS", "* 2 RECENT", "OK NOOP completed"]


def test_anything_else_ends_it_with_bad(idler):
    assert idler.send(b"a9 NOOP\r\n")[-1] == f"a{idler.tags} BAD IDLE ends with DONE alone on a line (RFC 9051 6.3.13)"
    assert idler.findings == ["command-during-idle"]
    assert idler.last("NOOP") == "OK NOOP completed"


def test_what_changed_just_before_is_pushed_at_once():
    program = Program()
    program.ask("SELECT INBOX")
    program.add("INBOX")
    assert program.ask("IDLE")[-1] == "+ idling"
    assert program.notice() == []


def test_without_a_mailbox_it_waits_for_done():
    lines = every_way(b"a2 IDLE\r\nDONE\r\na3 NOOP\r\n", lambda one: one.talk.sent.decode().split("\r\n")[2:])
    assert lines == ["+ idling", "a2 OK IDLE completed", "a3 OK NOOP completed", ""]


def test_after_the_timeout_it_is_ended_by_bye_once(idler):
    sent = [idler.tell(TimerFired("quiet")) for _ in range(8)]
    assert [line for line in sent if line] == ["* BYE no command for 1800 seconds (RFC 9051 5.4)"]
    assert idler.findings == ["idle-too-long"]
    assert idler.talk.closed


def test_a_connection_that_breaks_leaves_nothing(idler):
    idler.vanish()
    idler.add("INBOX")
    assert idler.notice() == []


def test_a_message_over_smtp_is_pushed_after_its_250(start_farm):
    import smtplib

    farm = start_farm("smtp", "imap", imap={"clear_passwords": True})
    with farm.connect("imap") as client, client.makefile("rb") as reader:
        reader.readline()
        client.sendall(b"a1 LOGIN alice alice-pass\r\na2 SELECT INBOX\r\na3 IDLE\r\n")
        while reader.readline() != b"+ idling\r\n":
            pass
        with smtplib.SMTP("127.0.0.1", farm.port("smtp")) as smtp:
            smtp.sendmail("a@client.test", ["alice@homeport.test"], MESSAGE.decode())
        assert reader.readline() == b"* 1 EXISTS\r\n"
        client.sendall(b"DONE\r\na4 LOGOUT\r\n")
        assert reader.read().endswith(b"a4 OK LOGOUT completed\r\n")
