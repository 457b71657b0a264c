"""APPEND, MULTIAPPEND and REPLACE: what is stored, what is told, and what is refused before it is sent."""

from collections.abc import Callable

import pytest
from services.imap.reader import BODY, Reader

Readers = Callable[..., Reader]


def literal(body: bytes = BODY) -> bytes:
    return b"{%d+}\r\n%s" % (len(body), body)


def test_a_message_is_stored_with_its_flags_and_date(reader: Readers) -> None:
    alice = reader()
    validity = alice.mailbox("Sent").uid_validity
    done = alice.ask(b'APPEND Sent (\\Seen work) " 3-Oct-2026 12:00:00 +0200" ' + literal())
    assert done == [f"OK [APPENDUID {validity} 1] APPEND completed"]
    (entry,) = alice.mailbox("Sent").entries
    assert (entry.flags, entry.internal, entry.size) == ({"\\Seen", "work"}, 1_791_021_600.0, len(BODY))
    assert alice.world.mailboxes.read(alice.mailbox("Sent"), entry) == BODY


@pytest.mark.parametrize(
    "date",
    [
        b" 3-Oct-2026 12:00:00 +0200",
        b"31-Dec-2026 23:30:00 -1130",
        b" 1-Jan-0001 00:00:00 +1400",
        b"31-Dec-9999 23:59:59 -1400",
    ],
)
def test_internaldate_is_the_date_that_append_gave_with_its_zone(reader: Readers, date: bytes) -> None:
    """RFC 9051 2.3.3: also of a copy, and of one that was moved."""
    alice = reader()
    alice.ask(b'APPEND Sent "' + date + b'" ' + literal() + b' "' + date + b'" ' + literal())
    alice.ask("SELECT Sent")
    assert alice.ask("FETCH 2 INTERNALDATE")[0] == f'* 2 FETCH (INTERNALDATE "{date.decode()}")'
    assert alice.ask("COPY 1 Archive")[-1].startswith("OK")
    assert alice.ask("MOVE 2 Archive")[-1].startswith("OK")
    assert alice.ask("STORE 1 +FLAGS (\\Seen)")[-1].startswith("OK")
    assert alice.ask("FETCH 1 INTERNALDATE")[0] == f'* 1 FETCH (INTERNALDATE "{date.decode()}")'
    assert alice.ask(b'REPLACE 1 Sent "' + date + b'" ' + literal())[-1].startswith("OK")
    alice.ask("SELECT Archive")
    for number in (1, 2):
        (line, _done) = alice.ask(f"FETCH {number} INTERNALDATE")
        assert line == f'* {number} FETCH (INTERNALDATE "{date.decode()}")'
    day = date.split()[0].decode()
    assert alice.ask(f"SEARCH ON {day}")[0] == "* SEARCH 1 2"
    assert alice.ask(f"SEARCH BEFORE {day}")[0] == "* SEARCH"


def test_an_appended_message_is_no_captured_one(reader: Readers) -> None:
    alice = reader()
    alice.ask(b"APPEND Sent " + literal())
    assert len(alice.world.mail) == 0
    assert len(alice.mailbox("All")) == 0


def test_the_selected_mailbox_tells_what_was_appended_to_it(reader: Readers) -> None:
    alice = reader("IMAP4rev2")
    alice.ask("SELECT INBOX")
    exists, done = alice.ask(b"APPEND INBOX " + literal())
    assert exists == "* 1 EXISTS"
    assert done.startswith("OK [APPENDUID ")


def test_several_messages_are_appended_all_or_none(reader: Readers) -> None:
    alice = reader(quota=2 * len(BODY))
    validity = alice.mailbox("Sent").uid_validity
    assert alice.ask(b"APPEND Sent " + literal() + b" (\\Seen) " + literal()) == [
        f"OK [APPENDUID {validity} 1:2] APPEND completed"
    ]
    assert alice.ask(b"APPEND Drafts " + literal() + b" " + literal())[-1].startswith("NO [OVERQUOTA]")
    assert len(alice.mailbox("Drafts")) == 0


def test_append_to_an_unknown_mailbox_asks_for_create(reader: Readers) -> None:
    assert reader().ask(b"APPEND Nothing " + literal())[-1].startswith("NO [TRYCREATE]")


def test_append_to_all_is_refused(reader: Readers) -> None:
    alice = reader()
    assert alice.ask(b"APPEND All " + literal())[-1].startswith("NO [CANNOT]")


def test_a_message_over_the_limit_is_refused_before_it_is_sent(reader: Readers) -> None:
    alice = reader(max_size=1000)
    assert alice.send(b"t APPEND INBOX {1001}\r\n").startswith(b"t NO [TOOBIG]")
    assert alice.send(b"t APPEND INBOX {3}\r\n").startswith(b"+ ")
    assert alice.send(b"a\r\n").startswith(b"")
    assert alice.send(b"\r\n").startswith(b"t OK [APPENDUID ")


def test_an_empty_message_cancels_the_append(reader: Readers) -> None:
    alice = reader()
    assert alice.ask(b"APPEND INBOX {0+}\r\n")[-1].startswith("NO")
    assert alice.ask(b"APPEND INBOX " + literal() + b" {0+}\r\n")[-1].startswith("NO")
    assert len(alice.mailbox("INBOX")) == 0


def test_bytes_of_every_value_but_nul_are_kept(reader: Readers) -> None:
    alice = reader()
    body = b"\r\n" + bytes(range(1, 256))
    alice.ask(b"APPEND Sent " + literal(body))
    alice.ask("SELECT Sent")
    assert f"BODY[] {{{len(body)}}}\r\n{body.decode('latin-1')}" in alice.text("FETCH 1 BODY.PEEK[]")


def test_nul_is_accepted_in_a_literal8(reader: Readers) -> None:
    alice = reader()
    body = b"Content-Transfer-Encoding: binary\r\n\r\na\0b"
    assert alice.ask(b"APPEND Sent ~{%d+}\r\n%s" % (len(body), body))[-1].startswith("OK")
    alice.ask("SELECT Sent")
    assert "BINARY[1] ~{3}\r\na\0b" in alice.text("FETCH 1 BINARY.PEEK[1]")


@pytest.mark.parametrize(("uid", "named"), [("", "2"), ("UID ", "2")])
def test_replace_appends_and_expunges_in_one(reader: Readers, uid: str, named: str) -> None:
    alice = reader()
    box = alice.has("INBOX", "", "", "")
    alice.ask("SELECT INBOX")
    lines = alice.ask(f"{uid}REPLACE {named} INBOX (\\Draft) ".encode() + literal())
    assert lines[0] == f"* OK [APPENDUID {box.uid_validity} 4] replacement"
    assert lines[1:3] == ["* 2 EXPUNGE", "* 3 EXISTS"]
    assert lines[-1] == "OK REPLACE completed"


def test_replace_of_a_message_that_is_not_there_appends_nothing(reader: Readers) -> None:
    alice = reader()
    alice.has("INBOX", "")
    alice.ask("SELECT INBOX")
    assert alice.ask(b"UID REPLACE 9 INBOX " + literal())[-1].startswith("NO [NONEXISTENT]")
    assert alice.ask(b"REPLACE 9 INBOX " + literal())[-1].startswith("BAD")
    assert len(alice.mailbox("INBOX")) == 1


def test_an_append_without_date_is_reported_once(reader: Readers) -> None:
    alice = reader()
    alice.ask(b"APPEND INBOX " + literal())
    alice.ask(b"APPEND INBOX " + literal())
    assert alice.findings.count("append-no-date") == 1
