"""STORE and EXPUNGE: what is told, to whom and when, with and without CONDSTORE and QRESYNC."""

from collections.abc import Callable

from services.imap.reader import Reader

Readers = Callable[..., Reader]


class TestStore:
    def test_store_tells_the_flags_of_each_message(self, reader: Readers) -> None:
        alice = reader("IMAP4rev2")
        alice.has("INBOX", "\\Seen", "")
        alice.ask("SELECT INBOX")
        assert alice.ask("STORE 1:2 +FLAGS (\\Flagged work)") == [
            "* 1 FETCH (FLAGS (\\Flagged \\Seen work) UID 1)",
            "* 2 FETCH (FLAGS (\\Flagged work) UID 2)",
            "OK STORE completed",
        ]
        assert alice.ask("STORE 1 FLAGS ()") == ["* 1 FETCH (FLAGS () UID 1)", "OK STORE completed"]

    def test_store_silent_tells_nothing(self, reader: Readers) -> None:
        alice = reader()
        alice.has("INBOX", "")
        alice.ask("SELECT INBOX")
        assert alice.ask("STORE 1 +FLAGS.SILENT (\\Seen)") == ["OK STORE completed"]
        assert alice.ask("CHECK") == ["OK CHECK completed"]

    def test_store_silent_still_tells_the_modseq_under_condstore(self, reader: Readers) -> None:
        alice = reader("CONDSTORE")
        box = alice.has("INBOX", "")
        alice.ask("SELECT INBOX")
        (line, _done) = alice.ask("UID STORE 1 +FLAGS.SILENT (\\Seen)")
        assert line == f"* 1 FETCH (UID 1 MODSEQ ({box.highest_modseq}))"

    def test_other_sessions_are_told_and_this_one_is_not_told_twice(self, reader: Readers) -> None:
        alice, other = reader(), reader()
        alice.has("INBOX", "")
        alice.ask("SELECT INBOX")
        other.ask("SELECT INBOX")
        alice.ask("STORE 1 +FLAGS (\\Seen)")
        assert alice.ask("CHECK") == ["OK CHECK completed"]
        assert other.ask("CHECK") == ["* 1 FETCH (FLAGS (\\Seen))", "OK CHECK completed"]

    def test_a_change_by_another_session_before_a_silent_store_is_still_told(self, reader: Readers) -> None:
        alice, other = reader("IMAP4rev2"), reader()
        alice.has("INBOX", "")
        alice.ask("SELECT INBOX")
        other.ask("SELECT INBOX")
        other.ask("STORE 1 +FLAGS (\\Flagged)")
        lines = alice.ask("STORE 1 +FLAGS.SILENT (\\Seen)")
        assert lines == ["* 1 FETCH (FLAGS (\\Flagged \\Seen) UID 1)", "OK STORE completed"]

    def test_unchanged_since_leaves_what_others_have_changed(self, reader: Readers) -> None:
        alice, other = reader("CONDSTORE"), reader()
        box = alice.has("INBOX", "", "")
        alice.ask("SELECT INBOX")
        other.ask("SELECT INBOX")
        known = box.highest_modseq
        other.ask("STORE 2 +FLAGS (\\Flagged)")
        lines = alice.ask(f"STORE 1:2 (UNCHANGEDSINCE {known}) +FLAGS.SILENT (\\Seen)")
        assert lines[0] == f"* 1 FETCH (MODSEQ ({box.highest_modseq}))"
        assert lines[-1] == "OK [MODIFIED 2] conditional STORE failed for some messages"
        lines = alice.ask("UID STORE 2 (UNCHANGEDSINCE 1) FLAGS ()")
        assert lines[-1] == "OK [MODIFIED 2] conditional STORE failed for some messages"

    def test_a_mailbox_of_examine_refuses_store_and_expunge(self, reader: Readers) -> None:
        alice = reader()
        alice.has("INBOX", "")
        alice.ask("EXAMINE INBOX")
        for command in ("STORE 1 FLAGS (\\Seen)", "EXPUNGE", "UID EXPUNGE 1", "MOVE 1 Sent"):
            assert alice.ask(command)[-1].startswith("NO [READ-ONLY]"), command

    def test_a_number_without_message_is_bad_and_changes_nothing(self, reader: Readers) -> None:
        alice = reader()
        box = alice.has("INBOX", "")
        alice.ask("SELECT INBOX")
        assert alice.ask("STORE 1:2 +FLAGS (\\Seen)")[-1].startswith("BAD")
        assert box.unseen == 1
        assert alice.ask("UID STORE 5:9 +FLAGS (\\Seen)") == ["OK STORE completed"]

    def test_ten_thousand_messages_are_stored_in_bounded_steps(self, reader: Readers) -> None:
        alice = reader()
        alice.has("INBOX", *[""] * 1000)
        alice.ask("SELECT INBOX")
        assert len(alice.ask("STORE 1:* +FLAGS (\\Seen)")) == 1001
        assert alice.steps == 9


class TestExpunge:
    def test_expunge_tells_falling_numbers(self, reader: Readers) -> None:
        alice = reader()
        alice.has("INBOX", "\\Deleted", "", "\\Deleted", "\\Deleted")
        alice.ask("SELECT INBOX")
        assert alice.ask("EXPUNGE") == ["* 1 EXPUNGE", "* 2 EXPUNGE", "* 2 EXPUNGE", "OK EXPUNGE completed"]

    def test_qresync_tells_vanished_and_the_new_modseq(self, reader: Readers) -> None:
        alice = reader("QRESYNC")
        box = alice.has("INBOX", "\\Deleted", "", "\\Deleted")
        alice.ask("SELECT INBOX")
        vanished, done = alice.ask("EXPUNGE")
        assert vanished == "* VANISHED 1,3"
        assert done == f"OK [HIGHESTMODSEQ {box.highest_modseq}] EXPUNGE completed"

    def test_uid_expunge_leaves_other_deleted_messages(self, reader: Readers) -> None:
        alice = reader()
        alice.has("INBOX", "\\Deleted", "", "\\Deleted")
        alice.ask("SELECT INBOX")
        assert alice.ask("UID EXPUNGE 2:3") == ["* 3 EXPUNGE", "OK UID EXPUNGE completed"]

    def test_another_session_is_not_told_during_fetch_store_and_search(self, reader: Readers) -> None:
        alice, other = reader(), reader()
        alice.has("INBOX", "", "\\Deleted", "")
        alice.ask("SELECT INBOX")
        other.ask("SELECT INBOX")
        alice.ask("EXPUNGE")
        assert other.ask("FETCH 3 UID") == ["* 3 FETCH (UID 3)", "OK FETCH completed"]
        assert other.ask("STORE 3 FLAGS.SILENT (\\Seen)") == ["OK STORE completed"]
        assert other.ask("UID FETCH 3 UID") == ["* 3 FETCH (UID 3)", "* 2 EXPUNGE", "OK FETCH completed"]
        assert other.ask("FETCH 2 UID") == ["* 2 FETCH (UID 3)", "OK FETCH completed"]

    def test_an_expunged_message_can_be_fetched_until_its_expunge_is_told(self, reader: Readers) -> None:
        """RFC 2180 4.1.1: its flags and dates are known still; a content that no mailbox has any more is not."""
        alice, other = reader(), reader()
        alice.has("INBOX", "", "\\Deleted", "")
        alice.ask("SELECT INBOX")
        other.ask("SELECT INBOX")
        alice.ask("EXPUNGE")
        assert other.ask("FETCH 2 (UID FLAGS)") == ["* 2 FETCH (UID 2 FLAGS (\\Deleted))", "OK FETCH completed"]
        lines = other.ask("FETCH 1:3 ENVELOPE")
        assert [line[:9] for line in lines[:2]] == ["* 1 FETCH", "* 3 FETCH"]
        assert lines[2].startswith("NO [EXPUNGEISSUED]")
        assert other.ask("NOOP") == ["* 2 EXPUNGE", "OK NOOP completed"]
        assert other.ask("UID FETCH 2 FLAGS") == ["OK FETCH completed"]

    def test_a_message_stays_in_all_and_in_the_api_when_a_person_expunges_it(self, reader: Readers) -> None:
        alice = reader()
        alice.receives(b"Subject: one\r\n\r\nx\r\n")
        alice.ask("SELECT INBOX")
        alice.ask("STORE 1 +FLAGS (\\Deleted)")
        assert alice.ask("EXPUNGE") == ["* 1 EXPUNGE", "OK EXPUNGE completed"]
        assert len(alice.mailbox("All")) == 1
        assert len(alice.world.mail) == 1
        assert "* 1 EXISTS" in alice.ask("SELECT All")

    def test_messages_of_all_cannot_be_expunged(self, reader: Readers) -> None:
        alice = reader()
        alice.receives(b"Subject: one\r\n\r\nx\r\n")
        alice.ask("SELECT All")
        assert alice.ask("STORE 1 +FLAGS (\\Seen)")[-1] == "OK STORE completed"
        alice.ask("STORE 1 +FLAGS (\\Deleted)")
        assert alice.ask("EXPUNGE") == ["OK EXPUNGE completed"]
        assert len(alice.mailbox("All")) == 1

    def test_a_deletion_over_the_api_expunges_everywhere(self, reader: Readers) -> None:
        alice = reader()
        message = alice.receives(b"Subject: one\r\n\r\nx\r\n")
        alice.ask("SELECT INBOX")
        alice.world.mail.remove(message.id)
        assert alice.ask("CHECK") == ["* 1 EXPUNGE", "OK CHECK completed"]


class TestNewMail:
    def test_a_delivery_is_told_by_the_next_command(self, reader: Readers) -> None:
        alice = reader()
        alice.ask("SELECT INBOX")
        alice.receives(b"Subject: one\r\n\r\nx\r\n")
        assert alice.ask("CHECK") == ["* 1 EXISTS", "* 1 RECENT", "OK CHECK completed"]

    def test_recent_is_for_the_session_that_is_told_first(self, reader: Readers) -> None:
        alice, other = reader(), reader()
        alice.ask("SELECT INBOX")
        other.ask("SELECT INBOX")
        alice.receives(b"Subject: one\r\n\r\nx\r\n")
        assert "* 1 RECENT" in alice.ask("CHECK")
        assert "* 0 RECENT" in other.ask("CHECK")
        assert alice.ask("FETCH 1 FLAGS")[0] == "* 1 FETCH (FLAGS (\\Recent))"
        assert other.ask("FETCH 1 FLAGS")[0] == "* 1 FETCH (FLAGS ())"
