"""Literals: synchronizing or not, cut anywhere, bounded, refused before they are read."""

import pytest
from services.imap.talking import MESSAGE, Program, every_way

from homeport.services.imap.reading import MAX_LITERALS


def lines_after_login(program: Program) -> list[str]:
    return program.talk.sent.decode().split("\r\n")[2:-1]


def test_a_literal_is_asked_for_and_may_be_cut_anywhere():
    data = b"a2 CREATE {3}\r\nfoo\r\na3 STATUS {3+}\r\nfoo (MESSAGES)\r\n"
    lines = every_way(data, lines_after_login)
    assert lines[0] == "+ go on"
    assert lines[1].startswith("a2 OK")
    assert lines[2:] == ["* STATUS foo (MESSAGES 0)", "a3 OK STATUS completed"]


def test_a_literal_may_have_any_bytes_of_a_command_in_it():
    lines = every_way(b'a2 CREATE {14+}\r\na3 LOGOUT "{3}\r\n', lines_after_login)
    assert lines == ["a2 NO [CANNOT] 'a3 LOGOUT \"{3}' has a wildcard"] or lines[-1].startswith("a2 ")


def test_an_empty_literal_is_an_empty_string():
    lines = every_way(b"a2 LIST {0}\r\n {0+}\r\n\r\n", lines_after_login)
    assert lines[0] == "+ go on"
    assert lines[1:] == ['* LIST (\\Noselect) "/" ""', "a2 OK LIST completed"]


def test_a_message_is_written_piece_by_piece_and_nothing_of_it_is_a_command():
    message = b"Subject: x\r\n\r\na9 LOGOUT\r\n{5}\r\n"
    data = b'a2 APPEND INBOX (\\Seen) "14-Oct-2026 17:46:40 +0000" {%d+}\r\n%s\r\na3 NOOP\r\n' % (len(message), message)

    def outcome(program: Program) -> tuple[list[str], bytes]:
        mailbox = program.mailbox("INBOX")
        (entry,) = mailbox.entries
        return lines_after_login(program), program.world.mailboxes.read(mailbox, entry)

    lines, stored = every_way(data, outcome)
    assert lines[0].startswith("a2 OK [APPENDUID ")
    assert lines[1] == "a3 OK NOOP completed"
    assert stored == message


def test_a_message_over_the_limit_is_refused_before_it_is_read():
    program = Program(max_size=1000)
    assert program.last("APPEND INBOX {1001}").startswith("NO [TOOBIG] a message has at most 1000 bytes")
    assert program.last("NOOP") == "OK NOOP completed"
    assert program.last(b"APPEND INBOX {%d}" % (1 << 62)).startswith("NO [TOOBIG]")


def test_a_message_over_the_limit_that_comes_unasked_is_discarded():
    program = Program(max_size=1000)
    assert program.last(b"APPEND INBOX {1001+}\r\n" + bytes(1001)).startswith("NO [TOOBIG]")
    assert program.last("NOOP") == "OK NOOP completed"


def test_a_huge_literal_that_comes_unasked_ends_the_connection():
    program = Program()
    lines = program.send(b"a9 APPEND INBOX {999999999999+}\r\n")
    assert lines[0].startswith("* BYE a literal that was sent without asking is too large")
    assert lines[1].startswith("a9 BAD [TOOBIG]")
    assert program.talk.closed


LITERAL = b"a9 LOGOUT\r\na9 CREATE {3+}\r\n"
"""A literal with what would be commands."""
REFUSED = {
    "overlong": b"a2 LIST " + b"x" * 200,
    "overlong without a tag": b"* " + b"x" * 200,
    "overlong at the end of a literal": b"a2 LIST {2+}\r\nxx " + b"x" * 200,
    "unknown": b"a2 FOO",
    "no tag": b"* LIST",
    "a plus for a tag": b"+ LIST",
    "no name": b"a2 ",
    "NUL": b"a2 LI\0ST",
    "bare CR": b"a2 LIST \r",
    "without its extension": b"a2 SETQUOTA",
    "wrong state": b"a2 FETCH 1",
    "syntax": b"a2 LIST (",
    "no literal here": b"a2 NOOP",
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("login", ["alice", ""])
def test_the_literals_of_a_refused_command_are_no_commands(name, login):
    mark = b" {%d+}\r\n" % len(LITERAL)
    data = REFUSED[name] + mark + LITERAL + mark + LITERAL + b" more\r\na8 NOOP\r\n"
    skip = 2 if login else 1
    lines = every_way(data, lambda one: one.talk.sent.decode().split("\r\n")[skip:-1], login=login, max_line=150)
    assert len(lines) == 2, lines
    assert " BAD" in lines[0]
    assert lines[1] == "a8 OK NOOP completed"


def test_a_line_that_is_longer_than_the_limit_with_its_end_is_refused_too():
    program = Program(max_line=1000)
    assert program.last(b"LIST " + b"x" * 1000).startswith("BAD a command line has at most 1000 bytes")
    assert program.findings == ["command-too-long"]


def test_an_overlong_line_after_a_literal_of_a_refused_command_is_skipped_with_its_literal():
    data = b"a2 FOO {3+}\r\nfoo" + b"x" * 200 + b" {9+}\r\na9 LOGOUT\r\na8 NOOP\r\n"
    lines = every_way(data, lines_after_login, max_line=150)
    assert [line.split()[1] for line in lines] == ["BAD", "OK"]


def test_what_waits_for_a_go_ahead_after_a_refused_line_does_not_come():
    for begun in (b"* LIST", b"a2 LIST " + b"x" * 200):
        lines = every_way(begun + b" {9}\r\na8 NOOP\r\n", lines_after_login, max_line=150)
        assert [line.split()[1] for line in lines] == ["BAD", "OK"]


def test_the_literal_of_a_line_in_idle_is_no_command():
    data = b"a2 IDLE\r\na3 CREATE {9+}\r\na9 LOGOUT\r\na8 NOOP\r\n"
    lines = every_way(data, lines_after_login)
    assert [line.split()[1] for line in lines] == ["idling", "BAD", "OK"]


@pytest.mark.parametrize("begun", [b"* LIST", b"a2 LIST " + b"x" * 200, b"a2 FOO"])
@pytest.mark.parametrize("size", [b"999999999999", b"9" * 30])
def test_a_huge_literal_after_a_refused_line_ends_the_connection(begun, size):
    program = Program(max_line=150)
    lines = program.send(begun + b" {" + size + b"+}\r\n")
    assert any(line.startswith("* BYE a literal that was sent without asking is too large") for line in lines)
    assert program.talk.closed


def test_strings_are_bounded_together():
    program = Program(max_literals=1000)
    assert program.last(b"CREATE {1001}").startswith("BAD [TOOBIG]")
    lines = program.send(b"a5 LIST {600+}\r\n" + b"x" * 600 + b" {401}\r\n")
    assert lines[-1].startswith("a5 BAD [TOOBIG]")


def test_ten_thousand_literals_are_bounded():
    program = Program(max_line=1 << 20)
    many = b"".join(b"{0+}\r\n " for _ in range(MAX_LITERALS + 1))
    assert program.last(b"LIST " + many).startswith(f"BAD [LIMIT] a command has at most {MAX_LITERALS} literals")
    assert program.last("NOOP") == "OK NOOP completed"


def test_literals_count_towards_the_line_only_by_their_marks():
    program = Program(max_line=200)
    assert program.last(b"CREATE {500+}\r\n" + b"x" * 500).startswith("OK")
    many = b"".join(b"{0+}\r\n " for _ in range(100))
    assert program.last(b"LIST " + many).startswith("BAD a command line has at most 200 bytes")


def test_an_unknown_command_is_refused_at_its_first_literal():
    program = Program()
    assert program.ask("XYZZY {10}") == ["BAD unknown command 'XYZZY' (RFC 9051 6)"]
    assert program.ask(b"XYZZY {10+}\r\n0123456789 x") == ["BAD unknown command 'XYZZY' (RFC 9051 6)"]
    program = Program(login="")
    assert program.ask("APPEND INBOX {10}")[0].startswith("BAD log in before APPEND")


@pytest.mark.parametrize("mark", ["{-1}", "{}", "{x}", "{1 }", "{1++}", "{" + "9" * 21 + "}", "{5"])
def test_what_is_no_literal_is_a_syntax_error(mark):
    program = Program()
    assert program.last(f"CREATE {mark}").startswith("BAD")
    assert program.last("NOOP") == "OK NOOP completed"


def test_without_literal_plus_a_literal_must_wait_except_a_small_one_under_literal_minus():
    program = Program(without=["LITERAL+"])
    assert program.last(b"CREATE {3+}\r\nfoo").startswith("OK")
    assert program.last(b"CREATE {4097+}\r\n" + b"x" * 4097).startswith("BAD a literal of more than 4096 bytes")
    assert program.findings == ["capability-not-announced"]
    program = Program(without=["LITERAL+", "LITERAL-"])
    assert program.last(b"CREATE {3+}\r\nfoo").startswith("BAD a literal that does not wait")
    assert program.account.find("foo") is None
    assert program.last(b"CREATE {3}") == "+ go on"


def test_nul_in_a_literal_is_bad_and_in_a_literal8_allowed():
    program = Program()
    assert program.last(b"APPEND INBOX {3+}\r\na\0b").startswith("BAD a literal has no NUL")
    assert program.take_findings()[0] == "nul-in-literal"
    assert program.mailbox("INBOX").entries == []
    assert program.last(b"APPEND INBOX ~{3+}\r\na\0b").startswith("OK")


def test_a_connection_that_ends_within_a_literal_leaves_nothing():
    program = Program()
    program.send(b"a5 APPEND INBOX {%d+}\r\n" % len(MESSAGE) + MESSAGE[:10])
    program.vanish()
    assert program.mailbox("INBOX").entries == []


def test_a_message_that_no_command_keeps_is_dropped():
    program = Program()
    assert program.last(b"APPEND Nowhere {%d+}\r\n" % len(MESSAGE) + MESSAGE).startswith("NO [TRYCREATE]")
    assert program.last(b"APPEND INBOX (\\Foo bar {%d+}\r\n" % len(MESSAGE) + MESSAGE).startswith("BAD")


def test_one_command_appends_500_messages_and_no_more():
    program = Program()
    literal = b" {%d+}\r\n" % len(MESSAGE) + MESSAGE
    assert program.last(b"APPEND INBOX" + literal * 500).startswith("OK [APPENDUID ")
    assert program.last(b"APPEND INBOX" + literal * 501).startswith("NO [LIMIT] a command has at most 500 messages")
    assert len(program.mailbox("INBOX").entries) == 500


def test_a_literal_with_more_bytes_than_announced_is_a_mismatch():
    program = Program()
    refused = "BAD a literal of 3 bytes is followed by a space, ) or CR LF: does it have more bytes? (RFC 9051 4.3)"
    assert program.last(b"APPEND INBOX {3+}\r\nabcd") == refused
    assert program.last(b"CREATE {3+}\r\nabcd") == refused
    assert program.take_findings()[-1] == "literal-mismatch"
    assert program.mailbox("INBOX").entries == []
    assert program.last(b"LIST {0+}\r\n {5+}\r\nINBOX") == "OK LIST completed"
    assert program.last(b"SEARCH").startswith("BAD")
    assert "literal-mismatch" not in program.findings
