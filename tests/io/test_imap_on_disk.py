"""IMAP with --data: a change that cannot be stored is refused, and every session sees the mailbox as it is on disk."""

import sqlite3
from contextlib import closing

import pytest
from conftest import NOW
from services.imap.reader import Reader
from tests.io.test_registry_store import full_disk

from homeport.disk.mail_store import DiskStore
from homeport.disk.mailboxes_store import open_mailboxes
from homeport.services.imap.options import PERSONAS
from homeport.world.journal import JournalOptions
from homeport.world.world import World, WorldContents

GMAIL = next(one for one in PERSONAS if one.name == "gmail-like").options


def open_world(folder):
    mail, boxes = DiskStore(folder), open_mailboxes(folder)
    return World("w", WorldContents(), JournalOptions(), lambda: NOW, mail_store=mail, mailbox_store=boxes)


def test_labels_are_right_again_after_a_change_that_could_not_be_stored(tmp_path):
    folder = tmp_path / "mail"
    world = open_world(folder)
    try:
        alice = Reader(world, **GMAIL)
        for _ in range(200):
            assert alice.ask("APPEND INBOX {3}")[-1].startswith("+")
            assert alice.send(b"a\r\n\r\n").startswith(b"t OK")
        alice.ask("SELECT INBOX")
        with full_disk(folder / "mailboxes.sqlite-wal"):
            answers = [alice.ask(f"STORE 1:* +X-GM-LABELS.SILENT (kept{number})")[-1] for number in range(20)]
        assert any(answer.startswith("NO [UNAVAILABLE]") for answer in answers)
        for number, answer in enumerate(answers):
            found = alice.account.find(f"kept{number}")
            assert answer != "OK STORE completed" or (found is not None and len(found) == 200)
        assert alice.ask("STORE 1 +X-GM-LABELS.SILENT (again)")[-1] == "OK STORE completed"
        assert alice.ask("SEARCH X-GM-LABELS again")[0] == "* SEARCH 1"
        assert len(alice.mailbox("[Gmail]/All Mail")) == 200
    finally:
        world.close()


def test_what_is_pushed_to_a_client_that_idles_is_read_from_the_disk(tmp_path):
    world = open_world(tmp_path / "mail")
    try:
        alice = Reader(world)
        alice.ask("SELECT INBOX")
        alice.ask("UID SEARCH RETURN (UPDATE) BODY tides")
        alice.ask("IDLE")
        alice.receives(b"Subject: x\r\n\r\nthe tides\r\n")
        assert alice.notice() == ["* 1 EXISTS", "* 1 RECENT", '* ESEARCH (TAG "t") UID ADDTO (0 1)']
        assert alice.send(b"DONE\r\n") == b"t OK IDLE completed\r\n"
    finally:
        world.close()


def test_new_messages_are_told_with_items_that_are_read_from_the_disk(tmp_path):
    world = open_world(tmp_path / "mail")
    try:
        alice = Reader(world)
        alice.ask("SELECT INBOX")
        alice.ask(
            "NOTIFY SET (SELECTED (MessageNew (BODY.PEEK[TEXT]) MessageExpunge)) (INBOXES (MessageNew MessageExpunge))"
        )
        alice.receives(b"Subject: x\r\n\r\nthe tides\r\n")
        assert alice.notice() == [
            "* 1 EXISTS",
            "* 1 RECENT",
            "* 1 FETCH (UID 1 BODY[TEXT] {11}",
            "the tides",
            ")",
        ]
        alice.ask("SELECT Sent")
        alice.receives(b"Subject: y\r\n\r\n")
        assert alice.notice() == ["* STATUS INBOX (MESSAGES 2 UIDNEXT 3 UNSEEN 2)"]
    finally:
        world.close()


def test_the_zone_of_a_date_is_kept_on_disk_and_a_folder_without_zones_still_opens(tmp_path):
    folder = tmp_path / "mail"
    world = open_world(folder)
    date = b'" 3-Oct-2026 23:30:00 -0700"'
    try:
        assert Reader(world).ask(b"APPEND INBOX " + date + b" {3+}\r\na\r\n")[-1].startswith("OK")
    finally:
        world.close()
    world = open_world(folder)
    try:
        alice = Reader(world)
        alice.ask("SELECT INBOX")
        assert alice.ask("FETCH 1 INTERNALDATE")[0] == f"* 1 FETCH (INTERNALDATE {date.decode()})"
    finally:
        world.close()
    with closing(sqlite3.connect(folder / "mailboxes.sqlite")) as database, database:
        changed = database.execute("UPDATE objects SET object = replace(object, ',-420]', ']') WHERE kind = 'entry'")
        assert changed.rowcount == 1
    world = open_world(folder)
    try:
        alice = Reader(world)
        alice.ask("SELECT INBOX")
        assert alice.ask("FETCH 1 INTERNALDATE")[0] == '* 1 FETCH (INTERNALDATE " 4-Oct-2026 06:30:00 +0000")'
    finally:
        world.close()


@pytest.mark.parametrize(
    "command", ["COPY 1:* Archive", "UID MOVE 1:* Archive", "STORE 1:* +FLAGS.SILENT (mine)", "EXPUNGE"]
)
def test_a_command_of_which_another_session_rolls_a_part_back_is_refused(tmp_path, command):
    folder = tmp_path / "mail"
    world = open_world(folder)
    try:
        alice, other = Reader(world), Reader(world)
        box = alice.has("INBOX", *["\\Deleted"] * 300)
        alice.ask("SELECT INBOX")
        alice.hold(command)
        with full_disk(folder / "mailboxes.sqlite-wal"):
            assert other.ask(b"APPEND Sent {3+}\r\na\r\n")[-1].startswith("NO [UNAVAILABLE]")
        assert alice.go_on()[-1] == "NO [UNAVAILABLE] the change could not be stored, and was rolled back"
        if "COPY" in command:
            assert len(alice.mailbox("Archive")) == 0
            assert len(box) == 300
        assert alice.ask(command)[-1].startswith("OK")
    finally:
        world.close()


def test_a_change_that_cannot_be_stored_is_refused_and_rolled_back(tmp_path):
    folder = tmp_path / "mail"
    world = open_world(folder)
    try:
        alice, other = Reader(world), Reader(world)
        for _ in range(200):
            assert alice.ask(b"APPEND INBOX {3+}\r\na\r\n")[-1].startswith("OK")
        alice.ask("SELECT INBOX")
        other.ask("SELECT INBOX")
        box = alice.mailbox("INBOX")
        with full_disk(folder / "mailboxes.sqlite-wal"):
            answers = [alice.ask(f"STORE 1:* +FLAGS.SILENT (kept{number})")[-1] for number in range(20)]
        refused = [number for number, answer in enumerate(answers) if answer.startswith("NO [UNAVAILABLE]")]
        assert refused
        stored = {f"kept{number}" for number in range(20) if number not in refused}
        assert all(entry.flags == stored for entry in box.entries)
        assert alice.ask("STORE 1 FLAGS (again)")[-1] == "OK STORE completed"
        assert other.ask("NOOP")[-1] == "OK NOOP completed"
        assert other.ask("FETCH 1 FLAGS")[0] == "* 1 FETCH (FLAGS (again))"
    finally:
        world.close()


def test_catenate_reads_its_parts_from_disk_and_leaves_no_file_of_what_was_refused(tmp_path):
    folder = tmp_path / "mail"
    world = open_world(folder)
    try:
        alice = Reader(world)
        assert alice.ask(b"APPEND INBOX {17+}\r\nSubject: a\r\n\r\nb\r\n")[-1].startswith("OK")
        stored = {path for path in folder.rglob("*") if path.is_file()}
        parts = b"TEXT {4+}\r\nX: y URL /INBOX;UID=1/;SECTION=TEXT"
        assert alice.ask(b"APPEND Sent CATENATE (" + parts + b" URL /INBOX;UID=2)")[-1].startswith("NO [BADURL")
        assert {path for path in folder.rglob("*") if path.is_file()} == stored
        assert alice.ask(b"APPEND Sent CATENATE (" + parts + b")")[-1].startswith("OK [APPENDUID")
        box = alice.mailbox("Sent")
        assert world.mailboxes.read(box, box.entries[0]) == b"X: yb\r\n"
    finally:
        world.close()


def test_annotations_are_stored_and_roll_back(tmp_path):
    folder = tmp_path / "mail"

    def start():
        mail, boxes = DiskStore(folder), open_mailboxes(folder)
        world = World("w", WorldContents(), JournalOptions(), lambda: NOW, mail_store=mail, mailbox_store=boxes)
        world.mailboxes.load()
        return world

    world = start()
    try:
        alice = Reader(world)
        alice.ask('SETMETADATA INBOX (/private/comment "kept" /private/vendor/gone "x")')
        alice.ask('SETMETADATA "" (/shared/comment {2+}\r\n\r\n)')
        alice.ask("SETMETADATA INBOX (/private/vendor/gone NIL)")
        with full_disk(folder / "mailboxes.sqlite-wal"):
            answers = [alice.ask(f'SETMETADATA Sent (/private/comment "{"x" * 20_000}")')[-1] for _ in range(20)]
        assert any(answer.startswith("NO [UNAVAILABLE]") for answer in answers)
        assert alice.ask('SETMETADATA Sent (/private/comment "last")')[-1].startswith("OK")
    finally:
        world.close()
    world = start()
    try:
        alice = Reader(world)
        assert (
            alice.ask("GETMETADATA (DEPTH infinity) INBOX /private")[0] == '* METADATA INBOX (/private/comment "kept")'
        )
        assert alice.text('GETMETADATA "" /shared/comment').startswith('* METADATA "" (/shared/comment {2}\r\n\r\n)')
        assert alice.ask("GETMETADATA Sent /private/comment")[0] == '* METADATA Sent (/private/comment "last")'
    finally:
        world.close()
