"""COPY and MOVE: COPYUID in order, flags that go with the message, and all or nothing."""

from collections.abc import Callable

from services.imap.reader import Reader

from homeport.world.world import World

Readers = Callable[..., Reader]


def test_copyuid_has_old_and_new_uids_in_the_same_order(reader: Readers) -> None:
    alice = reader()
    alice.has("INBOX", "", "", "", "")
    alice.has("Archive", "")
    validity = alice.mailbox("Archive").uid_validity
    alice.ask("SELECT INBOX")
    assert alice.ask("COPY 4,1:2 Archive") == [f"OK [COPYUID {validity} 1:2,4 2:4] COPY completed"]


def test_flags_and_dates_are_copied(reader: Readers) -> None:
    alice = reader()
    (original,) = alice.has("INBOX", "\\Seen work").entries
    alice.ask("SELECT INBOX")
    alice.ask("UID COPY 1 Archive")
    (copy,) = alice.mailbox("Archive").entries
    assert (copy.flags, copy.internal, copy.size) == (original.flags, original.internal, original.size)


def test_copy_to_the_selected_mailbox_is_told_by_exists(reader: Readers) -> None:
    alice = reader("IMAP4rev2")
    alice.has("INBOX", "")
    alice.ask("SELECT INBOX")
    exists, done = alice.ask("COPY 1 INBOX")
    assert exists == "* 2 EXISTS"
    assert "COPYUID" in done


def test_copy_to_an_unknown_mailbox_asks_for_create(reader: Readers) -> None:
    alice = reader()
    alice.has("INBOX", "")
    alice.ask("SELECT INBOX")
    assert alice.ask("COPY 1 Nothing")[-1].startswith("NO [TRYCREATE]")
    assert alice.ask("MOVE 1 Nothing")[-1].startswith("NO [TRYCREATE]")


def test_uid_copy_of_no_message_copies_nothing_and_has_no_copyuid(reader: Readers) -> None:
    alice = reader()
    alice.ask("SELECT INBOX")
    assert alice.ask("UID COPY 5:9 Archive") == ["OK COPY completed"]


def test_copy_of_an_expunged_message_copies_none(reader: Readers) -> None:
    alice, other = reader(), reader()
    alice.has("INBOX", "", "\\Deleted")
    alice.ask("SELECT INBOX")
    other.ask("SELECT INBOX")
    alice.ask("EXPUNGE")
    assert other.ask("COPY 1:2 Archive")[-1].startswith("NO [EXPUNGEISSUED]")
    assert len(alice.mailbox("Archive")) == 0


def test_move_tells_copyuid_before_expunge(reader: Readers) -> None:
    alice = reader()
    alice.has("INBOX", "", "", "")
    validity = alice.mailbox("Archive").uid_validity
    alice.ask("SELECT INBOX")
    assert alice.ask("MOVE 1,3 Archive") == [
        f"* OK [COPYUID {validity} 1,3 1:2] moved",
        "* 1 EXPUNGE",
        "* 2 EXPUNGE",
        "OK MOVE completed",
    ]


def test_move_under_qresync_tells_vanished_and_the_new_modseq(reader: Readers) -> None:
    alice = reader("QRESYNC")
    box = alice.has("INBOX", "", "", "")
    alice.ask("SELECT INBOX")
    lines = alice.ask("UID MOVE 2:3 Archive")
    assert lines[1] == "* VANISHED 2:3"
    assert lines[2] == f"OK [HIGHESTMODSEQ {box.highest_modseq}] MOVE completed"


def begins(world: World) -> Reader:
    """Begin a copy of 150 messages that waits after the first 100."""
    alice = Reader(world)
    alice.has("INBOX", *[""] * 150)
    alice.account.create("Target")
    alice.ask("SELECT INBOX")
    alice.hold("COPY 1:* Target")
    assert len(alice.mailbox("Target")) == 100
    return alice


def test_a_copy_into_a_mailbox_that_is_deleted_meanwhile_is_refused(world: World) -> None:
    alice = begins(world)
    alice.account.delete("Target")
    assert alice.go_on() == ["NO [NONEXISTENT] Target has been deleted"]
    assert alice.ask("NOOP") == ["OK NOOP completed"]


def test_a_copy_whose_client_vanishes_leaves_nothing(world: World) -> None:
    alice = begins(world)
    alice.leave()
    assert len(alice.mailbox("Target")) == 0


def test_a_copy_over_the_quota_copies_none(reader: Readers) -> None:
    alice = reader(quota=10_000)
    alice.has("INBOX", *[""] * 300)
    alice.ask("SELECT INBOX")
    assert alice.ask("COPY 1:* Archive")[-1].startswith("NO")
    assert len(alice.mailbox("Archive")) == 0
