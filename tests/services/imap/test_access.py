"""ACL (RFC 4314) and LIST-MYRIGHTS (RFC 8440): what is told of rights, and what they refuse."""

import pytest
from services.imap.reader import Reader
from services.imap.talking import Program, every_way
from tests.services.imap.test_appending import Readers, literal

ALL = "lrswipkxteacd"


def acl(alice: Reader, mailbox: str = "INBOX") -> str:
    told, done = alice.ask(f"GETACL {mailbox}")
    assert done == "OK GETACL completed"
    return told.removeprefix(f"* ACL {mailbox} ")


def rights(alice: Reader, mailbox: str = "INBOX") -> str:
    told, done = alice.ask(f"MYRIGHTS {mailbox}")
    assert done == "OK MYRIGHTS completed"
    return told.removeprefix(f"* MYRIGHTS {mailbox} ")


def may(alice: Reader, letters: str, mailbox: str = "INBOX") -> None:
    assert alice.ask(f"SETACL {mailbox} alice {letters}")[-1] == "OK SETACL completed"


class TestLists:
    def test_the_owner_has_all_rights(self, reader: Readers) -> None:
        alice = reader()
        assert acl(alice) == f"alice {ALL}"
        assert rights(alice) == ALL

    def test_rights_of_others_are_stored_told_and_give_no_access(self, reader: Readers) -> None:
        alice = reader()
        for command in ("bob lrs", "BOB +wd", '"a team" r', "-carol w", "Anyone l"):
            assert alice.ask(f"SETACL Sent {command}") == ["OK SETACL completed"]
        assert acl(alice, "Sent") == f'alice {ALL} -carol w "a team" r anyone l bob lrswted'
        bob = Reader(alice.world, login="bob")
        assert acl(bob, "Sent") == f"bob {ALL}"
        assert "alice" not in bob.text('LIST "" *')

    def test_rights_are_added_removed_replaced_and_deleted(self, reader: Readers) -> None:
        alice = reader()
        alice.ask("SETACL INBOX bob lrc")
        assert acl(alice).endswith(" bob lrkxc")
        alice.ask("SETACL INBOX bob -rx")
        assert acl(alice).endswith(" bob lkc")
        alice.ask("SETACL INBOX bob te")
        assert acl(alice).endswith(" bob ted")
        assert alice.ask("DELETEACL INBOX bob") == ["OK DELETEACL completed"]
        assert acl(alice) == f"alice {ALL}"
        alice.ask("SETACL INBOX bob r")
        alice.ask('SETACL INBOX bob ""')
        assert acl(alice) == f"alice {ALL}"

    def test_the_owner_keeps_lookup_and_administration(self, reader: Readers) -> None:
        alice = reader()
        alice.ask("DELETEACL INBOX alice")
        assert (acl(alice), rights(alice)) == ("alice la", "la")
        may(alice, "lrswipkxtea")
        assert rights(alice) == ALL

    def test_rights_are_those_of_the_login_and_of_anyone_without_negative_ones(self, reader: Readers) -> None:
        alice = reader()
        may(alice, "rs")
        alice.ask("SETACL INBOX anyone rip")
        alice.ask("SETACL INBOX -alice s")
        assert rights(alice) == "lripa"

    def test_listrights_tells_what_can_be_given(self, reader: Readers) -> None:
        alice = reader()
        assert alice.ask("LISTRIGHTS INBOX alice")[0] == "* LISTRIGHTS INBOX alice la r s w i p k x t e c d"
        assert alice.ask("LISTRIGHTS INBOX Bob")[0] == '* LISTRIGHTS INBOX Bob "" l r s w i p k x t e a c d'

    def test_list_returns_rights(self, reader: Readers) -> None:
        alice = reader()
        may(alice, "r", "Sent")
        lines = alice.ask('LIST "" (Sent All) RETURN (MYRIGHTS STATUS (MESSAGES))')
        assert lines[1:3] == ["* MYRIGHTS Sent lra", "* STATUS Sent (MESSAGES 0)"]
        assert lines[4:6] == ["* MYRIGHTS All lrsw", "* STATUS All (MESSAGES 0)"]
        may(alice, "i", "Sent")
        assert "STATUS" not in alice.text('LIST "" Sent RETURN (STATUS (MESSAGES))')

    def test_the_shared_mailbox_shows_its_rights_and_no_list(self, reader: Readers) -> None:
        alice = reader()
        assert rights(alice, "All") == "lrsw"
        for command in ("GETACL All", "SETACL All bob r", "DELETEACL All bob", "LISTRIGHTS All bob"):
            assert alice.ask(command)[-1].startswith("NO [NOPERM]")

    def test_a_list_follows_its_mailbox_is_inherited_and_ends_with_it(self, reader: Readers) -> None:
        alice = reader()
        alice.ask("CREATE Work")
        alice.ask("SETACL Work bob r")
        alice.ask("RENAME Work Old")
        alice.ask("CREATE Old/A/B")
        for name in ("Old", "Old/A", "Old/A/B"):
            assert acl(alice, name).endswith(" bob r")
        alice.ask("DELETE Old")
        alice.ask("CREATE Old")
        assert acl(alice, "Old") == f"alice {ALL}"

    def test_no_annotation_shows_it(self, reader: Readers) -> None:
        alice = reader()
        alice.ask("SETACL INBOX bob r")
        assert alice.ask("GETMETADATA (DEPTH infinity) INBOX (/private /shared)") == ["OK GETMETADATA completed"]


class TestRefusals:
    @pytest.mark.parametrize(
        ("letters", "command"),
        [
            ("swipkxte", "SELECT INBOX"),
            ("swipkxte", "EXAMINE INBOX"),
            ("swipkxte", "STATUS INBOX (MESSAGES)"),
            ("rswpkxte", f"APPEND INBOX {literal().decode()}"),
            ("rswipxte", "CREATE INBOX/new"),
            ("rswipkte", "RENAME INBOX Old"),
            ("kxte", "GETMETADATA INBOX /private/comment"),
            ("kxte", 'SETMETADATA INBOX (/private/comment "x")'),
            ("rsipkxte", 'SETMETADATA INBOX (/shared/comment "x")'),
        ],
    )
    def test_without_a_right_a_command_is_refused(self, reader: Readers, letters: str, command: str) -> None:
        alice = reader()
        may(alice, letters)
        assert alice.ask(command)[-1].startswith("NO [NOPERM] ")
        may(alice, "rswipkxte")
        assert alice.ask(command)[-1].startswith("OK")

    def test_delete_needs_a_right(self, reader: Readers) -> None:
        alice = reader()
        alice.ask("CREATE Work")
        may(alice, "rswipkte", "Work")
        assert alice.ask("DELETE Work")[-1] == "NO [NOPERM] DELETE needs the right 'x' on Work (RFC 4314 4): see GETACL"
        may(alice, "x", "Work")
        assert alice.ask("DELETE Work")[-1].startswith("OK")

    def test_without_the_right_to_expunge_nothing_is_expunged(self, reader: Readers) -> None:
        alice = reader()
        box = alice.has("INBOX", "\\Deleted")
        may(alice, "rswipkxt")
        alice.ask("SELECT INBOX")
        for command in ("EXPUNGE", "UID EXPUNGE 1", "MOVE 1 Sent", "REPLACE 1 Sent {3+}\r\na\r\n"):
            assert alice.ask(command)[-1].startswith("NO [NOPERM]")
        assert alice.ask("CLOSE")[-1].startswith("OK")
        assert (len(box), len(alice.mailbox("Sent"))) == (1, 0)

    def test_copies_and_appended_messages_get_the_flags_that_may_be_set(self, reader: Readers) -> None:
        alice = reader()
        alice.has("INBOX", "\\Deleted \\Seen work", "\\Flagged")
        may(alice, "ris", "Sent")
        alice.ask("SELECT INBOX")
        assert alice.ask("COPY 1:2 Sent")[-1].startswith("OK")
        assert alice.ask(b"APPEND Sent (\\Seen \\Draft) " + literal())[-1].startswith("OK")
        assert alice.ask("MOVE 1 Sent")[-1].startswith("OK")
        assert [entry.flags for entry in alice.mailbox("Sent").entries] == [{"\\Seen"}, set(), {"\\Seen"}, {"\\Seen"}]
        may(alice, "r", "Sent")
        assert alice.ask("COPY 1 Sent")[-1].startswith("NO [NOPERM]")
        assert alice.ask("MOVE 1 Sent")[-1].startswith("NO [NOPERM]")

    def test_store_changes_the_flags_that_may_be_set(self, reader: Readers) -> None:
        alice = reader()
        box = alice.has("INBOX", "\\Deleted work")
        may(alice, "rs")
        alice.ask("SELECT INBOX")
        alice.ask("SELECT INBOX")
        assert alice.ask("STORE 1 +FLAGS (\\Seen \\Flagged)")[0] == "* 1 FETCH (FLAGS (\\Deleted \\Seen work))"
        assert alice.ask("STORE 1 FLAGS (\\Flagged)")[-1].startswith("NO [NOPERM]")
        assert alice.ask("STORE 1 FLAGS ()")[-1].startswith("OK")
        assert box.entries[0].flags == {"\\Deleted", "work"}
        may(alice, "rw")
        assert alice.ask("STORE 1 FLAGS (\\Seen \\Flagged)")[-1].startswith("OK")
        assert box.entries[0].flags == {"\\Deleted", "\\Flagged"}
        assert alice.ask("STORE 1 -FLAGS (\\Deleted)")[-1].startswith("NO [NOPERM]")

    def test_select_tells_which_flags_can_be_stored(self, reader: Readers) -> None:
        alice = reader()
        alice.has("INBOX", "")
        for letters, told in (("rs", "(\\Seen)"), ("rt", "(\\Deleted)"), ("ri", "()"), ("r", "()")):
            may(alice, letters)
            lines = alice.ask("SELECT INBOX")
            assert any(line.startswith(f"* OK [PERMANENTFLAGS {told}]") for line in lines)
            assert lines[-1] == f"OK [READ-{'ONLY' if letters == 'r' else 'WRITE'}] SELECT completed"

    def test_a_change_of_rights_tells_the_flags_of_the_selected_mailbox(self, reader: Readers) -> None:
        alice = reader()
        alice.ask("SELECT INBOX")
        changed, done = alice.ask("SETACL INBOX alice rs")
        assert changed.startswith("* OK [PERMANENTFLAGS (\\Seen)]")
        assert done == "OK SETACL completed"
        assert alice.ask("SETACL INBOX bob rs") == ["OK SETACL completed"]
        assert alice.ask("SETACL Sent alice rs") == ["OK SETACL completed"]

    def test_fetch_sets_seen_only_with_the_right_to(self, reader: Readers) -> None:
        alice = reader()
        box = alice.has("INBOX", "")
        may(alice, "rwi")
        alice.ask("SELECT INBOX")
        assert alice.ask("FETCH 1 BODY[]")[-1] == "OK FETCH completed"
        assert box.entries[0].flags == set()

    def test_catenate_reads_what_may_be_read(self, reader: Readers) -> None:
        alice = reader()
        alice.has("INBOX", "")
        may(alice, "s")
        assert alice.ask("APPEND Sent CATENATE (URL /INBOX;UID=1)")[-1].startswith("NO [BADURL /INBOX;UID=1]")


class TestArguments:
    @pytest.mark.parametrize(
        "command",
        [
            "GETACL",
            "SETACL INBOX bob",
            "SETACL INBOX bob lq",
            "SETACL INBOX bob L",
            'SETACL INBOX "" r',
            "SETACL INBOX - r",
            "SETACL INBOX {2+}\r\n\xc2\xad r",
            "DELETEACL INBOX",
            "LISTRIGHTS INBOX",
            "MYRIGHTS INBOX bob",
            f"SETACL INBOX {'x' * 300} r",
        ],
    )
    def test_malformed_ones_are_bad(self, reader: Readers, command: str) -> None:
        assert reader().ask(command.encode("latin-1"))[-1].startswith("BAD")

    @pytest.mark.parametrize("command", ["GETACL X", "SETACL X bob r", "DELETEACL X b", "LISTRIGHTS X b", "MYRIGHTS X"])
    def test_an_unknown_mailbox_is_told(self, reader: Readers, command: str) -> None:
        assert reader().ask(command)[-1].startswith("NO [NONEXISTENT]")

    def test_withdrawn_they_are_bad_and_no_right_is_checked(self, reader: Readers) -> None:
        alice = reader()
        may(alice, "s")
        bare = Program(alice.world, without=["ACL"])
        assert not {"ACL", "RIGHTS=texk", "LIST-MYRIGHTS"} & {*bare.ask("CAPABILITY")[0].split()}
        for command in ("GETACL INBOX", "MYRIGHTS INBOX", "SETACL INBOX b r", 'LIST "" * RETURN (MYRIGHTS)'):
            assert bare.last(command).startswith("BAD")
        assert {*bare.take_findings()} == {"capability-not-announced"}
        assert bare.last("SELECT INBOX").startswith("OK")
        words = Program(alice.world).ask("CAPABILITY")[0].split()
        assert {"ACL", "RIGHTS=texk", "LIST-MYRIGHTS"} <= {*words}

    def test_a_full_list_is_told(self, reader: Readers) -> None:
        alice = reader()
        answers = [alice.ask(f"SETACL INBOX user{number} r")[-1] for number in range(1001)]
        assert answers[-2:] == [
            "OK SETACL completed",
            "NO [LIMIT] the access control lists and annotations of a person are full: remove some",
        ]

    def test_cut_anywhere_it_is_the_same(self) -> None:
        data = b"a SETACL INBOX {3+}\r\nbob lr\r\nb GETACL INBOX\r\n"
        sent = every_way(data, lambda one: one.talk.sent.decode().split("\r\n")[-4:])
        assert sent == ["a OK SETACL completed", f"* ACL INBOX alice {ALL} bob lr", "b OK GETACL completed", ""]
