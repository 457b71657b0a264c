"""Mailboxes with --data: what was flushed is there after any end of the farm, and what was not leaves no half."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from conftest import NOW
from tests.io.test_registry_store import full_disk

from homeport.disk.mail_store import DiskStore
from homeport.disk.mailboxes_store import MAILBOXES, open_mailboxes
from homeport.world.journal import JournalOptions
from homeport.world.mail.mailbox_problem import MailboxProblem
from homeport.world.mail.message import Envelope, Recipient
from homeport.world.row_store import StoreError
from homeport.world.world import World, WorldContents

RECEIVED = b"Received: from a by b; date\r\n"
CONTENT = b"Subject: tides\r\n\r\nHigh at noon.\r\n"


@pytest.fixture
def start(tmp_path):
    """Return a function that opens a world on a folder; it may be a copy of an earlier one's."""
    worlds = []

    def open_world(folder=tmp_path / "mail"):
        mail = DiskStore(Path(folder))
        try:
            boxes = open_mailboxes(Path(folder))
        except BaseException:
            mail.close()
            raise
        worlds.append(World("w", WorldContents(), JournalOptions(), lambda: NOW, mail_store=mail, mailbox_store=boxes))
        return worlds[-1]

    yield open_world
    for world in worlds:
        world.close()


@pytest.fixture
def crash(tmp_path, start):
    """Return a function that opens a world on what another one has on disk now, as after a kill."""
    number = iter(range(1000))

    def copy():
        folder = tmp_path / f"copy{next(number)}"
        shutil.copytree(tmp_path / "mail", folder)
        return start(folder)

    return copy


def deliver(world, to="alice@homeport.test"):
    body = world.mail.begin()
    body.write(CONTENT)
    return body.keep(Envelope(reverse_path="bob@homeport.test", recipients=(Recipient(address=to),), received=RECEIVED))


def append(account, name, content=CONTENT, flags=()):
    body = account.begin(len(content))
    body.write(content)
    return account.append(account.find(name), body, flags)


def flush(world):
    world.mailboxes.flush(world.mailboxes.unsettled)


def shown(world):
    """Return all that a mail program sees of Alice's mailboxes."""
    account = world.mailboxes.account("alice")
    return {
        "subscriptions": {*account.subscriptions},
        **{
            box.name: (
                *(box.identifier, box.uid_validity, box.uid_next, box.highest_modseq, box.special_use),
                *(
                    [*box.entries],
                    [*box.expunged],
                    box.expunged_floor,
                    box.unseen,
                    box.deleted,
                    box.size,
                    {**box.keywords},
                ),
                [world.mailboxes.read(box, entry) for entry in box.entries],
            )
            for box in (*account.mailboxes, world.mailboxes.everything)
        },
    }


@pytest.fixture
def busy(start):
    """Return a world in which Alice's mailboxes have some of everything; all of it is flushed."""
    world = start()
    deliver(world)
    alice = world.mailboxes.account("alice")
    for _ in range(3):
        deliver(world)
    everything = world.mailboxes.everything
    alice.create("Work/2026", "\\Archive")
    alice.create("Old")
    append(alice, "Drafts", flags=["\\Draft", "$Later"])
    append(alice, "Old")
    alice.copy(alice.inbox, [1, 2], alice.find("Work/2026"))
    alice.move(alice.inbox, [3], alice.find("Trash"))
    alice.expunge(alice.inbox, [2])
    alice.store(alice.inbox, [1], "add", ["\\Seen", "Tide"])
    alice.store(everything, [4], "add", ["\\Seen", "harbour"])
    alice.delete("Old")
    alice.rename("Work", "Play")
    alice.unsubscribe("Junk")
    flush(world)
    return world


def test_everything_is_there_after_a_restart(start, busy):
    before = shown(busy)
    flush(busy)
    busy.close()
    world = start()
    assert shown(world) == before
    assert world.mailboxes.tags("m4") == ("harbour",)
    assert [message.read for message in world.mail.messages()] == [False, False, False, True]


def test_everything_is_there_after_a_kill(crash, busy):
    before = shown(busy)
    flush(busy)
    assert shown(crash()) == before


def test_numbers_go_on_after_a_restart(start, busy):
    alice = busy.mailboxes.account("alice")
    retired = alice.create("Old").uid_validity
    alice.delete("Old")
    identifiers = {box.identifier for box in (*alice.mailboxes, busy.mailboxes.everything)}
    busy.close()
    world = start()
    alice = world.mailboxes.account("alice")
    again = alice.create("Old")
    assert again.uid_validity > retired
    assert again.identifier not in identifiers
    deliver(world)
    assert [entry.uid for entry in alice.inbox.entries] == [1, 4, 5]
    assert append(alice, "Old").message == "a3"


def test_a_reset_deletes_everything_for_good(start, busy):
    validity = busy.mailboxes.account("alice").inbox.uid_validity
    busy.reset()
    busy.close()
    world = start()
    assert world.mailboxes.accounts == []
    alice = world.mailboxes.account("alice")
    assert (len(alice.inbox), alice.inbox.uid_validity > validity) == (0, True)
    assert alice.find("Play/2026") is None
    assert not list(Path(world.mail.store._envelopes).glob("a*"))


def test_deliveries_that_no_client_was_told_of_are_delivered_again(crash, start, busy):
    deliver(busy)
    world = crash()
    alice = world.mailboxes.account("alice")
    assert [entry.message for entry in alice.inbox.entries] == ["m1", "m4", "m5"]
    assert len(world.mailboxes.everything) == 5


def test_a_delivery_that_was_moved_or_expunged_does_not_come_back(crash, start, busy):
    for world in (crash(), busy):
        alice = world.mailboxes.account("alice")
        assert [entry.message for entry in alice.inbox.entries] == ["m1", "m4"]
    busy.close()
    world = start()
    alice = world.mailboxes.account("alice")
    alice.expunge(alice.inbox, [1])
    flush(world)
    world.close()
    assert [entry.message for entry in start().mailboxes.account("alice").inbox.entries] == ["m4"]


def test_what_is_deleted_over_the_api_before_a_kill_is_expunged(crash, busy):
    busy.mail.remove("m1")
    world = crash()
    alice = world.mailboxes.account("alice")
    assert [entry.uid for entry in alice.inbox.entries] == [4]
    assert 1 in alice.inbox.expunged_since(1)
    assert [entry.message for entry in alice.find("Play/2026").entries] == ["m2"]
    assert [entry.message for entry in world.mailboxes.everything.entries] == ["m2", "m3", "m4"]


@pytest.mark.parametrize("mailbox_too", [False, True])
def test_a_message_whose_envelope_was_lost_is_another_one(start, busy, mailbox_too):
    """The envelope has the trace lines, so what it is rebuilt with has other bytes."""
    busy.close()
    folder = busy.mail.store._envelopes
    (folder / "m1.json").unlink()
    if mailbox_too:  # as if a deletion had been interrupted
        shutil.rmtree(folder.parent / "alice@homeport.test")
    world = start()
    alice = world.mailboxes.account("alice")
    again = [] if mailbox_too else [(5, "m1")]
    assert [(entry.uid, entry.message) for entry in alice.inbox.entries] == [(4, "m4"), *again]
    assert [(entry.uid, entry.message) for entry in world.mailboxes.everything.entries] == [
        *((2, "m2"), (3, "m3"), (4, "m4"), (5, "m1")),
    ]
    for box in (*alice.mailboxes, world.mailboxes.everything):
        for entry in box.entries:
            assert len(world.mailboxes.read(box, entry)) == entry.size


def test_appended_messages_are_no_captured_messages(start, busy):
    busy.close()
    world = start()
    assert [message.id for message in world.mail.messages()] == ["m1", "m2", "m3", "m4"]
    assert deliver(world) == "m5"


def test_a_message_that_was_saved_but_never_appended_is_removed(crash, busy):
    body = busy.mailboxes.account("alice").begin(4)
    body.write(b"test")
    body.save()
    assert len(list(crash().mail.store._envelopes.glob("a*.eml"))) == 1


def test_the_content_of_an_appended_message_is_deleted_when_its_removal_is_durable(busy):
    alice = busy.mailboxes.account("alice")
    files = busy.mail.store._envelopes
    alice.expunge(alice.find("Drafts"), [1])
    assert (files / "a1.eml").exists()
    flush(busy)
    assert not (files / "a1.eml").exists()


def test_a_missing_content_is_logged(start, busy, caplog):
    busy.close()
    (busy.mail.store._envelopes / "a1.eml").unlink()
    start()
    assert "the appended message a1 is missing" in caplog.text


def test_a_world_without_opened_mailboxes_writes_no_file(start, tmp_path):
    world = start()
    deliver(world)
    world.reset()
    world.close()
    assert not list((tmp_path / "mail").glob("mailboxes*"))


def test_what_cannot_be_stored_is_rolled_back(busy, tmp_path):
    before = shown(busy)
    flush(busy)
    alice = busy.mailboxes.account("alice")
    with full_disk(tmp_path / "mail" / "mailboxes.sqlite-wal"):
        alice.store(alice.inbox, [1, 4], "add", ["\\Flagged"])
        for number in range(500):
            alice.create(f"New/{number}")
        alice.expunge(alice.inbox, [1])
        alice.delete("Sent")
        alice.store(busy.mailboxes.everything, [1], "add", ["\\Seen"])
        with pytest.raises(StoreError, match="disk"):
            flush(busy)
        with pytest.raises(StoreError):
            alice.create("Another")
    assert busy.storage.problems
    busy.mailboxes.rollback_failed()
    after = shown(busy)
    lowered = {name: (row[:2], row[4:]) for name, row in after.items() if name != "subscriptions"}
    assert lowered == {name: (row[:2], row[4:]) for name, row in before.items() if name != "subscriptions"}
    assert not busy.mail.get("m1").read
    append(alice, "INBOX")
    flush(busy)
    assert busy.storage.problems == []


def test_a_delivery_during_a_failure_is_added_after_it(busy, tmp_path):
    alice = busy.mailboxes.account("alice")
    with full_disk(tmp_path / "mail" / "mailboxes.sqlite-wal"):
        for number in range(500):
            alice.create(f"New/{number}")
        with pytest.raises(StoreError):
            flush(busy)
    deliver(busy)
    assert len(alice.inbox) == 2
    busy.mailboxes.rollback_failed()
    assert [entry.message for entry in alice.inbox.entries] == ["m1", "m4", "m5"]
    assert len(busy.mailboxes.everything) == 5


@pytest.mark.parametrize("damage", [b"", b"SQLite format 3\0 but no more", b"x" * 100_000])
def test_a_damaged_file_is_refused_and_left_alone(start, busy, tmp_path, damage):
    busy.close()
    file = tmp_path / "mail" / "mailboxes.sqlite"
    file.write_bytes(damage)
    with pytest.raises(StoreError, match="restore a copy, or move it away"):
        start()
    assert file.read_bytes() == damage
    file.unlink()
    alice = start().mailboxes.account("alice")
    assert [entry.message for entry in alice.inbox.entries] == ["m1", "m2", "m3", "m4"]


def test_a_newer_file_is_refused(start, busy, tmp_path):
    busy.close()
    with closing(sqlite3.connect(tmp_path / "mail" / "mailboxes.sqlite")) as database:
        database.execute(f"PRAGMA user_version = {MAILBOXES.format + 1}")
    with pytest.raises(StoreError, match="newer Homeport"):
        start()


def test_the_registrys_file_is_no_set_of_mailboxes(start, tmp_path):
    (tmp_path / "mail").mkdir()
    with closing(sqlite3.connect(tmp_path / "mail" / "mailboxes.sqlite")) as database:
        database.execute("CREATE TABLE objects (a)")
    with pytest.raises(StoreError, match="another program"):
        start()


def test_a_quota_counts_what_an_earlier_farm_stored(start, busy):
    used = busy.mailboxes.account("alice").quota_used
    busy.close()
    world = start()
    assert world.mailboxes.account("alice").quota_used == used
    with pytest.raises(MailboxProblem):
        world.mailboxes.account("alice").create("Trash")
