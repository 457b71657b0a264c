"""FETCH: items, order, \\Seen, what changed since, parts of long results, and the work of one step."""

from collections.abc import Callable

from services.imap.reader import Reader

Readers = Callable[..., Reader]
BODY = b"Subject: hi\r\n\r\nHello\r\n"


class TestItems:
    def test_answers_come_in_the_order_of_the_mailbox(self, reader: Readers) -> None:
        alice = reader()
        alice.has("INBOX", "", "", "")
        alice.ask("SELECT INBOX")
        lines = alice.ask("FETCH 3,1:2 UID")
        assert lines == ["* 1 FETCH (UID 1)", "* 2 FETCH (UID 2)", "* 3 FETCH (UID 3)", "OK FETCH completed"]

    def test_uid_fetch_has_the_uid_though_it_is_not_asked_for(self, reader: Readers) -> None:
        alice = reader("IMAP4rev2")
        alice.has("INBOX", "")
        alice.ask("SELECT INBOX")
        assert alice.ask("UID FETCH 1 RFC822.SIZE")[0] == f"* 1 FETCH (UID 1 RFC822.SIZE {len(BODY)})"
        assert alice.ask("UID FETCH 1 (FLAGS UID)")[0] == "* 1 FETCH (FLAGS () UID 1)"

    def test_internaldate_has_a_leading_blank(self, reader: Readers) -> None:
        alice = reader()
        alice.has("INBOX", "", internal=1_790_985_600.0)  # 2026-10-03
        alice.ask("SELECT INBOX")
        assert alice.ask("FETCH 1 INTERNALDATE")[0] == '* 1 FETCH (INTERNALDATE " 3-Oct-2026 00:00:00 +0000")'

    def test_uids_over_gaps_are_ignored_and_numbers_over_the_end_are_bad(self, reader: Readers) -> None:
        alice = reader()
        alice.has("INBOX", "", "")
        alice.ask("SELECT INBOX")
        assert alice.ask("UID FETCH 7:9,2 UID") == ["* 2 FETCH (UID 2)", "OK FETCH completed"]
        assert alice.ask("UID FETCH 9:* UID") == ["* 2 FETCH (UID 2)", "OK FETCH completed"]
        assert alice.ask("FETCH 2:3 UID")[-1].startswith("BAD")

    def test_a_star_in_an_empty_mailbox_is_bad_for_numbers_and_empty_for_uids(self, reader: Readers) -> None:
        alice = reader()
        alice.ask("SELECT INBOX")
        assert alice.ask("FETCH 1:* UID")[-1].startswith("BAD")
        assert alice.ask("UID FETCH 1:* UID") == ["OK FETCH completed"]


class TestSeen:
    def test_a_body_sets_seen_and_tells_it_and_peek_does_not(self, reader: Readers) -> None:
        alice = reader("IMAP4rev2")
        alice.has("INBOX", "")
        alice.ask("SELECT INBOX")
        literal = f"{{{len(BODY)}}}\r\n{BODY.decode()}"
        assert alice.text("FETCH 1 BODY.PEEK[]") == f"* 1 FETCH (BODY[] {literal})\r\nOK FETCH completed\r\n"
        assert alice.text("FETCH 1 BODY[]") == f"* 1 FETCH (BODY[] {literal} FLAGS (\\Seen))\r\nOK FETCH completed\r\n"
        assert alice.text("FETCH 1 BODY[]") == f"* 1 FETCH (BODY[] {literal})\r\nOK FETCH completed\r\n"

    def test_flags_that_are_asked_for_are_told_once_and_as_they_are_now(self, reader: Readers) -> None:
        alice = reader("IMAP4rev2")
        alice.has("INBOX", "")
        alice.ask("SELECT INBOX")
        assert alice.text("FETCH 1 (FLAGS BODY[TEXT])").count("FLAGS (\\Seen)") == 1

    def test_examine_sets_no_seen(self, reader: Readers) -> None:
        alice = reader()
        box = alice.has("INBOX", "")
        alice.ask("EXAMINE INBOX")
        assert "FLAGS" not in alice.text("FETCH 1 RFC822")
        assert box.unseen == 1

    def test_seen_is_told_to_other_sessions(self, reader: Readers) -> None:
        alice, other = reader(), reader("IMAP4rev2")
        alice.has("INBOX", "")
        alice.ask("SELECT INBOX")
        other.ask("SELECT INBOX")
        alice.ask("FETCH 1 BODY[]")
        assert other.ask("CHECK")[0] == "* 1 FETCH (FLAGS (\\Seen) UID 1)"


class TestChangedSince:
    def test_only_changed_messages_are_told_with_their_modseq(self, reader: Readers) -> None:
        alice = reader()
        box = alice.has("INBOX", "", "", "")
        known = box.highest_modseq
        alice.account.store(box, [2], "add", ["\\Flagged"])
        alice.ask("SELECT INBOX")
        enabled, line, _done = alice.ask(f"FETCH 1:* (UID) (CHANGEDSINCE {known})")
        assert enabled.startswith(f"* OK [HIGHESTMODSEQ {box.highest_modseq}]")
        assert line == f"* 2 FETCH (UID 2 MODSEQ ({box.highest_modseq}))"

    def test_vanished_tells_what_is_gone_of_the_named_uids(self, reader: Readers) -> None:
        alice = reader("QRESYNC")
        box = alice.has("INBOX", "", "", "", "")
        known = box.highest_modseq
        alice.account.expunge(box, [2, 4])
        alice.ask("SELECT INBOX")
        lines = alice.ask(f"UID FETCH 1:3 (FLAGS) (CHANGEDSINCE {known} VANISHED)")
        assert lines == ["* VANISHED (EARLIER) 2", "OK FETCH completed"]

    def test_vanished_without_qresync_is_bad(self, reader: Readers) -> None:
        alice = reader()
        alice.has("INBOX", "")
        alice.ask("SELECT INBOX")
        assert alice.ask("UID FETCH 1 (FLAGS) (CHANGEDSINCE 1 VANISHED)")[-1].startswith("BAD")


class TestPartial:
    def test_partial_answers_the_named_positions(self, reader: Readers) -> None:
        alice = reader()
        alice.has("INBOX", *[""] * 6)
        alice.ask("SELECT INBOX")
        assert [line.split()[1] for line in alice.ask("UID FETCH 1:* UID (PARTIAL 2:3)")[:-1]] == ["2", "3"]
        assert [line.split()[1] for line in alice.ask("UID FETCH 1:* UID (PARTIAL -1:-2)")[:-1]] == ["5", "6"]
        assert alice.ask("UID FETCH 1:* UID (PARTIAL 20:30)") == ["OK FETCH completed"]


class TestWork:
    def test_a_long_answer_is_made_in_bounded_steps(self, reader: Readers) -> None:
        alice = reader()
        alice.has("INBOX", *[""] * 1000)
        alice.ask("SELECT INBOX")
        assert len(alice.ask("FETCH 1:* (FLAGS UID)")) == 1001
        assert alice.steps == 3

    def test_large_contents_are_steps_of_their_own(self, reader: Readers) -> None:
        alice = reader()
        alice.has("INBOX", "", "", "", body=b"\r\n" + b"x" * 60_000)
        alice.ask("SELECT INBOX")
        alice.text("FETCH 1:* BODY.PEEK[]")
        assert alice.steps == 2


def test_messages_of_a_conversation_have_one_thread_id(reader):
    alice = reader()
    alice.has("INBOX", "", body=b"Message-ID: <a@x>\r\nSubject: tides\r\n\r\n")
    alice.has("INBOX", "", body=b"References: <a@x> <b@x>\r\nSubject: Re: tides\r\n\r\n")
    alice.has("INBOX", "", body=b"Message-ID: <c@x>\r\nSubject: tides\r\n\r\n")
    alice.ask("SELECT INBOX")
    first, second, third = (line.split("THREADID ")[1].strip("()") for line in alice.ask("FETCH 1:* THREADID")[:-1])
    assert first == second != third
    assert first.isascii()
    assert first.isalnum()
    assert alice.ask(f"SEARCH THREADID {first}")[0] == "* SEARCH 1 2"
    assert alice.ask(f"SEARCH NOT THREADID {first}")[0] == "* SEARCH 3"
