"""METADATA (RFC 5464) and LIST-METADATA (RFC 9590): annotations of mailboxes and of the server."""

import pytest
from services.imap.reader import Reader
from services.imap.talking import Program, every_way
from tests.services.imap.test_appending import Readers

from homeport.world.mail.annotations import MAX_ANNOTATIONS, MAX_VALUE_BYTES

DONE = "OK SETMETADATA completed"


def get(alice: Reader | Program, mailbox: str, entries: str) -> list[str]:
    """Ask for entries; return what the responses have after the mailbox."""
    *lines, last = alice.ask(f"GETMETADATA {mailbox} {entries}")
    assert last == "OK GETMETADATA completed"
    return [line.removeprefix(f"* METADATA {mailbox} ") for line in lines]


class TestValues:
    def test_a_mailbox_and_the_server_have_values_of_their_own(self, reader: Readers) -> None:
        alice = reader()
        assert alice.ask('SETMETADATA INBOX (/private/comment "mine" /shared/comment {4+}\r\nours)') == [DONE]
        assert alice.ask('SETMETADATA "" (/private/comment "of the server")') == [DONE]
        assert get(alice, "INBOX", "(/private/comment /shared/comment)") == [
            '(/private/comment "mine" /shared/comment "ours")'
        ]
        assert get(alice, '""', "/private/comment") == ['(/private/comment "of the server")']
        assert get(alice, "Sent", "/private/comment") == ["(/private/comment NIL)"]

    def test_nil_removes_and_an_empty_value_stays(self, reader: Readers) -> None:
        alice = reader()
        alice.ask('SETMETADATA INBOX (/private/comment "x" /private/vendor/a "")')
        assert alice.ask("SETMETADATA INBOX (/private/comment NIL /private/vendor/none NIL)") == [DONE]
        assert get(alice, "INBOX", "(/private/comment /private/vendor/a)") == [
            '(/private/comment NIL /private/vendor/a "")'
        ]

    def test_names_are_without_case_and_values_have_any_bytes(self, reader: Readers) -> None:
        alice = reader()
        alice.ask(b'SETMETADATA inbox (/Private/Comment "a" /private/vendor/b ~{4+}\r\n\0\r\n\xff)')
        assert alice.text("GETMETADATA INBOX (/private/comment /PRIVATE/VENDOR/B)").startswith(
            '* METADATA INBOX (/private/comment "a" /private/vendor/b ~{4}\r\n\0\r\n\xff)\r\n'
        )

    def test_what_is_private_is_for_one_person_and_what_is_shared_of_the_server_for_all(self, reader: Readers) -> None:
        alice = reader()
        bob = Reader(alice.world, login="bob")
        for where in ("INBOX", "All", '""'):
            alice.ask(f'SETMETADATA {where} (/private/comment "alice")')
            assert get(bob, where, "/private/comment") == ["(/private/comment NIL)"]
            assert get(alice, where, "/private/comment") == ['(/private/comment "alice")']
        alice.ask('SETMETADATA "" (/shared/comment "hello")')
        assert get(bob, '""', "/shared/comment") == ['(/shared/comment "hello")']
        alice.ask('SETMETADATA INBOX (/shared/comment "hers")')
        assert get(bob, "INBOX", "/shared/comment") == ["(/shared/comment NIL)"]

    def test_the_server_makes_some_of_them(self, reader: Readers) -> None:
        alice = reader()
        assert get(alice, '""', "/shared/admin") == ['(/shared/admin "mailto:postmaster@mail.homeport.test")']
        assert alice.ask('SETMETADATA "" (/shared/admin "me")')[-1].startswith("NO [NOPERM]")
        assert get(alice, "Sent", "/private/specialuse") == ['(/private/specialuse "\\\\Sent")']
        assert alice.ask('SETMETADATA Sent (/private/specialuse "\\\\Junk")')[-1].startswith("NO [USEATTR]")

    def test_the_shared_mailbox_has_no_shared_ones(self, reader: Readers) -> None:
        assert reader().ask('SETMETADATA All (/shared/comment "x")')[-1].startswith("NO [NOPERM]")

    def test_cut_anywhere_it_is_the_same(self) -> None:
        data = (
            b'a SETMETADATA INBOX (/private/comment {3+}\r\nx\r\n /private/b "y")\r\nb GETMETADATA INBOX /private/b\r\n'
        )
        sent = every_way(data, lambda one: one.talk.sent.decode().split("\r\n")[-4:])
        assert sent == [f"a {DONE}", '* METADATA INBOX (/private/b "y")', "b OK GETMETADATA completed", ""]


class TestOptions:
    @pytest.fixture
    def alice(self, reader: Readers) -> Reader:
        alice = reader()
        alice.ask('SETMETADATA INBOX (/private/a "1" /private/a/b "22" /private/a/b/c "333" /private/ab "4")')
        return alice

    @pytest.mark.parametrize(
        ("depth", "found"),
        [
            ("0", ['(/private/a "1")']),
            ("1", ['(/private/a "1" /private/a/b "22")']),
            ("infinity", ['(/private/a "1" /private/a/b "22" /private/a/b/c "333")']),
        ],
    )
    def test_depth_adds_what_is_below(self, alice: Reader, depth: str, found: list[str]) -> None:
        assert get(alice, "INBOX", f"(DEPTH {depth}) /private/a") == found
        *lines, _done = alice.ask(f"GETMETADATA (DEPTH {depth}) INBOX /private/a")
        assert lines == [f"* METADATA INBOX {one}" for one in found]

    def test_depth_lists_everything_that_a_person_has(self, alice: Reader) -> None:
        (found,) = get(alice, "INBOX", "(DEPTH infinity) (/private /shared)")
        assert found.count("/private/") == 4
        assert get(alice, "Drafts", "(DEPTH 1) /shared") == []

    def test_maxsize_leaves_out_what_is_larger_and_tells_how_large(self, alice: Reader) -> None:
        lines = alice.ask("GETMETADATA (MAXSIZE 2 DEPTH infinity) INBOX /private/a")
        assert lines == [
            '* METADATA INBOX (/private/a "1" /private/a/b "22")',
            "OK [METADATA LONGENTRIES 3] GETMETADATA completed",
        ]
        assert alice.ask("GETMETADATA (MAXSIZE 0) INBOX /private/a") == [
            "OK [METADATA LONGENTRIES 1] GETMETADATA completed"
        ]

    def test_list_returns_them(self, alice: Reader) -> None:
        lines = alice.ask('LIST "" (INBOX Sent) RETURN (METADATA (/private/a /private/none))')
        assert lines[1] == '* METADATA INBOX (/private/a "1" /private/none NIL)'
        assert lines[3] == "* METADATA Sent (/private/a NIL /private/none NIL)"


class TestLimits:
    def test_too_large_a_value_changes_nothing(self, reader: Readers) -> None:
        alice = reader()
        large = b"{%d+}\r\n%s" % (MAX_VALUE_BYTES + 1, b"x" * (MAX_VALUE_BYTES + 1))
        answer = alice.ask(b'SETMETADATA INBOX (/private/a "1" /private/b ' + large + b")")[-1]
        assert answer.startswith(f"NO [METADATA MAXSIZE {MAX_VALUE_BYTES}]")
        assert get(alice, "INBOX", "/private/a") == ["(/private/a NIL)"]

    def test_too_many_are_refused_and_room_comes_back(self, reader: Readers) -> None:
        alice = reader()
        for start in range(0, MAX_ANNOTATIONS, 500):
            values = " ".join(f'/private/vendor/{number} "x"' for number in range(start, start + 500))
            assert alice.ask(f"SETMETADATA INBOX ({values})") == [DONE]
        assert alice.ask('SETMETADATA Sent (/private/comment "x")')[-1].startswith("NO [METADATA TOOMANY]")
        assert alice.ask('SETMETADATA "" (/shared/comment "x")') == [DONE]
        assert alice.ask('SETMETADATA INBOX (/private/vendor/1 "other" /private/vendor/2 NIL)') == [DONE]
        assert alice.ask('SETMETADATA Sent (/private/comment "x")') == [DONE]

    def test_all_together_have_a_size(self, reader: Readers) -> None:
        alice = reader()
        value = b"{%d+}\r\n%s" % (MAX_VALUE_BYTES, b"x" * MAX_VALUE_BYTES)
        answers = [alice.ask(b"SETMETADATA INBOX (/private/%d %s)" % (number, value))[-1] for number in range(40)]
        assert answers[0] == DONE
        assert answers[-1].startswith("NO [METADATA TOOMANY]")


class TestLife:
    def test_they_follow_a_mailbox_and_end_with_it(self, reader: Readers) -> None:
        alice = reader()
        alice.ask("CREATE Work")
        alice.ask('SETMETADATA Work (/private/comment "x")')
        alice.ask("RENAME Work Old")
        assert get(alice, "Old", "/private/comment") == ['(/private/comment "x")']
        alice.ask("DELETE Old")
        alice.ask("CREATE Old")
        assert get(alice, "Old", "/private/comment") == ["(/private/comment NIL)"]

    def test_rename_of_inbox_copies_them(self, reader: Readers) -> None:
        alice = reader()
        alice.ask('SETMETADATA INBOX (/private/comment "x")')
        alice.ask("RENAME INBOX Old")
        for name in ("INBOX", "Old"):
            assert get(alice, name, "/private/comment") == ['(/private/comment "x")']

    def test_a_reset_of_the_mail_removes_them(self, reader: Readers) -> None:
        alice = reader()
        alice.ask('SETMETADATA "" (/shared/comment "x")')
        alice.world.reset()
        assert get(Reader(alice.world), '""', "/shared/comment") == ["(/shared/comment NIL)"]


class TestRefusals:
    @pytest.mark.parametrize(
        "command",
        [
            "GETMETADATA INBOX",
            "GETMETADATA INBOX comment",
            "GETMETADATA INBOX /other/comment",
            "GETMETADATA INBOX /private/a*",
            "GETMETADATA INBOX /private" + "/a" * 20,
            "GETMETADATA (DEPTH 2) INBOX /private/a",
            "SETMETADATA INBOX ()",
            'SETMETADATA INBOX (/private "x")',
            "SETMETADATA INBOX (/private/comment)",
            'SETMETADATA INBOX /private/comment "x"',
        ],
    )
    def test_malformed_arguments_are_bad(self, reader: Readers, command: str) -> None:
        assert reader().ask(command)[-1].startswith("BAD")

    def test_an_unknown_mailbox_is_told(self, reader: Readers) -> None:
        alice = reader()
        assert alice.ask("GETMETADATA None /private/comment")[-1].startswith("NO [NONEXISTENT]")
        assert alice.ask('SETMETADATA None (/private/comment "x")')[-1].startswith("NO [NONEXISTENT]")

    @pytest.mark.parametrize(
        ("without", "announced", "of_mailbox", "of_server"),
        [
            ([], "METADATA", "OK", "OK"),
            (["METADATA"], "METADATA-SERVER", "BAD", "OK"),
            (["METADATA-SERVER"], "", "BAD", "BAD"),
            (["METADATA", "METADATA-SERVER"], "", "BAD", "BAD"),
        ],
    )
    def test_what_is_withdrawn_is_bad(
        self, without: list[str], announced: str, of_mailbox: str, of_server: str
    ) -> None:
        program = Program(without=without)
        words = program.ask("CAPABILITY")[0].split()
        assert [word for word in words if word.startswith("METADATA")] == [announced] * bool(announced)
        assert ("LIST-METADATA" in words) == (announced == "METADATA")
        assert program.last("GETMETADATA INBOX /private/comment").startswith(of_mailbox)
        assert program.last('GETMETADATA "" /private/comment').startswith(of_server)
        assert program.last('LIST "" * RETURN (METADATA (/private/a))').startswith(of_mailbox)
        refused = [of_mailbox, of_server, of_mailbox].count("BAD")
        assert program.findings == ["capability-not-announced"] * refused
