"""SELECT, EXAMINE, CLOSE, UNSELECT: what a client is told of a mailbox, in rev1 and rev2, and with QRESYNC."""

from collections.abc import Callable

from services.imap.reader import Reader


class TestSelect:
    def test_rev1_gets_recent_and_unseen(self, reader: Callable[..., Reader]) -> None:
        alice = reader()
        alice.has("INBOX", "\\Seen", "", "")
        assert alice.ask("SELECT INBOX") == [
            "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)",
            "* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)] these flags are stored",
            "* 3 EXISTS",
            "* 3 RECENT",
            "* OK [UNSEEN 2] the first message without \\Seen",
            f"* OK [UIDVALIDITY {alice.mailbox('INBOX').uid_validity}] UIDs are valid",
            "* OK [UIDNEXT 4] the next UID",
            f"* OK [HIGHESTMODSEQ {alice.mailbox('INBOX').highest_modseq}] the highest MODSEQ",
            "* OK [MAILBOXID (F1)] the mailbox's identifier",
            "OK [READ-WRITE] SELECT completed",
        ]

    def test_rev2_gets_list_and_neither_recent_nor_unseen(self, reader: Callable[..., Reader]) -> None:
        alice = reader("IMAP4rev2")
        alice.has("INBOX", "")
        lines = alice.ask("SELECT inbox")
        assert '* LIST () "/" INBOX' in lines
        assert not [line for line in lines if "RECENT" in line or "UNSEEN" in line]

    def test_an_empty_mailbox_has_a_highest_modseq_of_at_least_one(self, reader: Callable[..., Reader]) -> None:
        lines = reader().ask("SELECT Sent")
        assert "* 0 EXISTS" in lines
        assert "* OK [HIGHESTMODSEQ 1] the highest MODSEQ" in lines

    def test_examine_leaves_recent_for_the_next_select(self, reader: Callable[..., Reader]) -> None:
        alice = reader()
        alice.has("INBOX", "")
        assert "* 1 RECENT" in alice.ask("EXAMINE INBOX")
        assert "* 1 RECENT" in alice.ask("SELECT INBOX")
        assert "* 0 RECENT" in alice.ask("SELECT INBOX")

    def test_examine_has_no_permanent_flags(self, reader: Callable[..., Reader]) -> None:
        lines = reader().ask("EXAMINE INBOX")
        assert "* OK [PERMANENTFLAGS ()] no flags are stored: the mailbox is READ-ONLY" in lines
        assert lines[-1] == "OK [READ-ONLY] EXAMINE completed"

    def test_select_of_an_unknown_mailbox_deselects_and_says_closed(self, reader: Callable[..., Reader]) -> None:
        alice = reader()
        alice.ask("SELECT INBOX")
        closed, refused = alice.ask("SELECT Nothing")
        assert closed == "* OK [CLOSED] the previous mailbox is closed"
        assert refused.startswith("NO [NONEXISTENT]")
        assert alice.ask("FETCH 1 FLAGS")[-1].startswith("BAD")

    def test_a_second_select_says_closed_first(self, reader: Callable[..., Reader]) -> None:
        alice = reader()
        alice.ask("SELECT INBOX")
        assert alice.ask("SELECT Sent")[0] == "* OK [CLOSED] the previous mailbox is closed"

    def test_a_select_with_a_syntax_error_leaves_the_mailbox_selected(self, reader: Callable[..., Reader]) -> None:
        alice = reader()
        alice.ask("SELECT INBOX")
        assert alice.ask("SELECT")[-1].startswith("BAD")
        assert alice.ask("CHECK") == ["OK CHECK completed"]

    def test_condstore_as_a_parameter_enables_modseq(self, reader: Callable[..., Reader]) -> None:
        alice = reader()
        alice.has("INBOX", "")
        alice.ask("SELECT INBOX (CONDSTORE)")
        (line, _done) = alice.ask("STORE 1 +FLAGS (\\Seen)")
        assert "MODSEQ (" in line


class TestClose:
    def test_close_removes_what_is_deleted_without_telling(self, reader: Callable[..., Reader]) -> None:
        alice = reader()
        alice.has("INBOX", "", "\\Deleted", "")
        alice.ask("SELECT INBOX")
        assert alice.ask("CLOSE") == ["OK CLOSE completed"]
        assert [entry.uid for entry in alice.mailbox("INBOX").entries] == [1, 3]

    def test_close_after_examine_removes_nothing(self, reader: Callable[..., Reader]) -> None:
        alice = reader()
        alice.has("INBOX", "\\Deleted")
        alice.ask("EXAMINE INBOX")
        alice.ask("CLOSE")
        assert len(alice.mailbox("INBOX")) == 1

    def test_unselect_removes_nothing(self, reader: Callable[..., Reader]) -> None:
        alice = reader()
        alice.has("INBOX", "\\Deleted")
        alice.ask("SELECT INBOX")
        assert alice.ask("UNSELECT") == ["OK UNSELECT completed"]
        assert len(alice.mailbox("INBOX")) == 1
        assert alice.ask("CHECK")[-1].startswith("BAD")


class TestResynchronization:
    def test_qresync_tells_what_vanished_and_changed(self, reader: Callable[..., Reader]) -> None:
        alice = reader("QRESYNC")
        box = alice.has("INBOX", "", "", "", "")
        known = box.highest_modseq
        alice.account.expunge(box, [2])
        alice.account.store(box, [3], "add", ["\\Flagged"])
        lines = alice.ask(f"SELECT INBOX (QRESYNC ({box.uid_validity} {known}))")
        assert lines[-3:-1] == [
            "* VANISHED (EARLIER) 2",
            f"* 2 FETCH (FLAGS (\\Flagged \\Recent) UID 3 MODSEQ ({box.highest_modseq}))",
        ]

    def test_vanished_is_never_empty(self, reader: Callable[..., Reader]) -> None:
        alice = reader("QRESYNC")
        box = alice.has("INBOX", "")
        lines = alice.ask(f"SELECT INBOX (QRESYNC ({box.uid_validity} {box.highest_modseq}))")
        assert not [line for line in lines if "VANISHED" in line]

    def test_another_uidvalidity_is_answered_as_a_plain_select(self, reader: Callable[..., Reader]) -> None:
        alice = reader("QRESYNC")
        box = alice.has("INBOX", "", "")
        alice.account.expunge(box, [1])
        lines = alice.ask(f"SELECT INBOX (QRESYNC ({box.uid_validity - 1} 1))")
        assert not [line for line in lines if "VANISHED" in line or "FETCH" in line]
        assert lines[-1] == "OK [READ-WRITE] SELECT completed"

    def test_only_known_uids_are_told(self, reader: Callable[..., Reader]) -> None:
        alice = reader("QRESYNC")
        box = alice.has("INBOX", "", "", "", "")
        known = box.highest_modseq
        alice.account.expunge(box, [1, 4])
        lines = alice.ask(f"SELECT INBOX (QRESYNC ({box.uid_validity} {known} 1:3))")
        assert "* VANISHED (EARLIER) 1" in lines

    def test_sequence_match_data_spare_the_client_what_it_knows(self, reader: Callable[..., Reader]) -> None:
        """The client knows that UID 3 is message 2, so it has seen that UID 1 or 2 is gone (RFC 7162 3.2.5.2)."""
        alice = reader("QRESYNC")
        box = alice.has("INBOX", "", "", "", "")
        alice.account.expunge(box, [2])
        alice.account.expunge(box, [4])
        lines = alice.ask(f"SELECT INBOX (QRESYNC ({box.uid_validity} 1 1:4 (1,2 1,3)))")
        assert "* VANISHED (EARLIER) 4" in lines

    def test_qresync_without_enable_is_refused(self, reader: Callable[..., Reader]) -> None:
        assert reader().ask("SELECT INBOX (QRESYNC (1 1))")[-1].startswith("BAD")
