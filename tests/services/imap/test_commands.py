"""Commands: tags, lines, states, and what ends a connection."""

import pytest
from services.imap.talking import Program, every_way

from homeport.protocol.events import Data, LimitReached, Stopping, TalkedEarly, TimerFired

LAST = slice(-1, None)


def answers(data: bytes, **options: object) -> list[str]:
    """Return the lines that come back for data that is cut in every way."""
    sent = every_way(data, lambda one: one.talk.sent, login="", **options)
    return sent.decode().split("\r\n")[1:-1]


def test_the_greeting_lists_the_capabilities():
    greeting = Program(login="").greeting
    assert greeting.startswith("* OK [CAPABILITY IMAP4rev2 IMAP4rev1 ")
    assert greeting.endswith("] mail.homeport.test Homeport ready")


def test_commands_are_answered_in_order_however_they_are_cut():
    lines = answers(b"a NOOP\r\nb noop\r\n1.2 CAPABILITY\r\n")
    assert lines[0] == "a OK NOOP completed"
    assert lines[1] == "b OK NOOP completed"
    assert lines[2].startswith("* CAPABILITY ")
    assert lines[3] == "1.2 OK CAPABILITY completed"


@pytest.mark.parametrize("line", [b"* NOOP", b"+ NOOP", b"+a NOOP", b"(a NOOP", b'"a" NOOP', b"a* NOOP", b"", b" NOOP"])
def test_a_tag_that_is_none_gets_an_untagged_bad(line):
    (answer,) = answers(line + b"\r\n")
    assert answer.startswith("* BAD ")
    assert "RFC 9051 2.2.1" in answer


def test_a_tag_alone_gets_a_tagged_bad():
    (answer,) = answers(b"a1\r\n")
    assert answer.startswith("a1 BAD ")


def test_an_unknown_command_is_bad_and_a_finding():
    program = Program(login="")
    assert program.last("XYZZY") == "BAD unknown command 'XYZZY' (RFC 9051 6)"
    assert program.findings == ["unknown-command"]


@pytest.mark.parametrize("line", [b"a1 NOOP\0", b"a1 NO\0OP", b"a1 NOOP\r", b'a1 LIST "" \r*'])
def test_nul_and_a_bare_cr_are_bad(line):
    (answer,) = answers(line + b"\r\n")
    assert " BAD " in answer


def test_a_line_that_ends_in_lf_alone_is_refused_and_accepted_if_lenient():
    (answer,) = answers(b"a1 NOOP\n")
    assert answer.startswith("a1 BAD the line ended in LF alone")
    program = Program(login="", syntax="lenient")
    assert program.send(b"a1 NOOP\n") == ["a1 OK NOOP completed"]
    assert program.findings == ["bare-lf"]


def test_a_line_without_an_end_is_refused_once_and_skipped():
    program = Program(login="", max_line=1000)
    assert program.send(b"a1 LIST " + b"x" * 2000) == [
        "a1 BAD a command line has at most 1000 bytes here ([imap] max_line)"
    ]
    assert program.send(b"x" * 100_000) == []
    assert program.send(b"\r\na2 NOOP\r\n") == ["a2 OK NOOP completed"]
    assert program.findings == ["command-too-long"]


def test_a_line_of_64_kib_is_accepted():
    program = Program()
    assert program.last(b"LIST " + b'"" (' + b"x " * 30_000 + b"x)").startswith("BAD a list has at most 1000 elements")


@pytest.mark.parametrize("verb", ["SELECT INBOX", 'LIST "" *', "STATUS INBOX (MESSAGES)", "IDLE", "ENABLE CONDSTORE"])
def test_commands_before_login_are_bad(verb):
    program = Program(login="")
    assert program.last(verb).startswith(f"BAD log in before {verb.split()[0]}")
    assert program.findings == ["bad-sequence"]


def test_commands_of_the_selected_state_need_it():
    program = Program()
    assert program.last("FETCH 1 FLAGS") == "BAD select a mailbox before FETCH (RFC 9051 3.3)"
    assert program.last("CLOSE").startswith("BAD select a mailbox")


def test_login_twice_is_bad():
    program = Program()
    assert program.last("LOGIN bob bob-pass").startswith("BAD LOGIN is for connections before login")


def test_an_argument_too_many_or_too_few_shows_the_syntax():
    program = Program()
    assert program.last("NOOP x") == "BAD write NOOP (RFC 9051 6.1.2)"
    assert program.last("CREATE") == "BAD write CREATE mailbox (RFC 9051 6.3.4)"


def test_logout_says_bye_before_ok_and_closes():
    program = Program()
    assert program.ask("LOGOUT") == ["* BYE logging out", "OK LOGOUT completed"]
    assert program.talk.closed
    assert program.findings == []


def test_a_client_that_leaves_without_logout_is_a_finding_only_after_login():
    program = Program()
    program.end()
    assert program.findings == ["no-logout"]
    program = Program(login="")
    program.end()
    assert program.findings == []


def test_too_many_wrong_commands_in_a_row_end_the_connection():
    program = Program(max_errors=3)
    for command in ("X", "X", "NOOP", "X", "X"):
        program.ask(command)
    lines = program.ask("X")
    assert lines[0].startswith("* BYE too many errors")
    assert lines[1].startswith("BAD")
    assert program.talk.closed


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (Stopping(), "* BYE [UNAVAILABLE] the server is shutting down"),
        (LimitReached("time"), "* BYE this connection has reached its limit (time)"),
    ],
)
def test_every_end_is_told_by_bye(event, text):
    program = Program()
    assert program.tell(event) == text
    assert program.talk.closed


def test_a_silent_client_gets_bye_once():
    program = Program(timeout=1800)
    assert program.talk.timers["quiet"] == 1800 / 4 or program.talk.timers["quiet"] == 180 / 4
    sent = [program.tell(TimerFired("quiet")) for _ in range(8)]
    assert [line for line in sent if line] == ["* BYE no command for 1800 seconds (RFC 9051 5.4)"]
    assert program.talk.closed


def test_tls_and_http_where_a_command_is_expected_end_the_connection():
    program = Program(login="")
    assert program.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")[0].startswith("* BYE received an HTTP request")
    assert program.findings == ["http-request"]
    program = Program(login="", listener="starttls")
    hello = bytes.fromhex("16030100c8010000c40303") + bytes(64)
    assert program.send(hello)[0].startswith("* BYE received TLS")
    assert program.findings == ["unexpected-tls"]


def test_a_client_that_talks_before_the_greeting_is_a_finding():
    program = Program(login="")
    program.tell(TalkedEarly(b"a1 NOOP\r\n"))
    program.tell(Data(b"a1 NOOP\r\n"))
    assert program.findings == ["early-talker"]


def test_polling_by_noop_is_a_finding_where_idle_is_announced():
    program = Program()
    program.ask("SELECT INBOX")
    for _ in range(9):
        program.ask("NOOP")
    assert program.findings == ["noop-polling"]
    program = Program(without=["IDLE"])
    program.ask("SELECT INBOX")
    for _ in range(9):
        program.ask("NOOP")
    assert program.findings == []


class TestId:
    def test_client_and_server_exchange_their_names(self):
        program = Program()
        assert program.ask('ID ("name" "mutt" "version" NIL)')[0].startswith('* ID ("name" "Homeport" "version" ')
        assert program.last("ID NIL") == "OK ID completed"
        assert program.last("ID ()") == "OK ID completed"

    @pytest.mark.parametrize(
        "argument", ["x", '("name")', '("name" "x" "NAME" "y")', f'("{"n" * 31}" "x")', f'("n" "{"v" * 1025}")']
    )
    def test_malformed_fields_are_bad(self, argument):
        assert Program().last(f"ID {argument}").startswith("BAD")


class TestEnable:
    def test_only_what_was_enabled_is_told(self):
        program = Program()
        assert program.ask("ENABLE CONDSTORE X-NOTHING IMAP4rev2 UIDPLUS") == [
            "* ENABLED CONDSTORE IMAP4rev2",
            "OK ENABLE completed",
        ]
        assert program.ask("ENABLE CONDSTORE")[0] == "* ENABLED"

    def test_what_is_not_announced_is_not_enabled(self):
        program = Program(without=["QRESYNC"])
        assert program.ask("ENABLE QRESYNC CONDSTORE")[0] == "* ENABLED CONDSTORE"

    def test_after_select_is_a_finding_and_refused_if_strict(self):
        program = Program()
        program.ask("SELECT INBOX")
        assert program.last("ENABLE CONDSTORE").startswith("OK")
        assert program.findings == ["enable-after-select"]
        program = Program(syntax="strict")
        program.ask("SELECT INBOX")
        assert program.last("ENABLE CONDSTORE").startswith("BAD")


def test_data_after_logout_is_a_finding():
    program = Program()
    program.send(b"a9 LOGOUT\r\na10 NOOP\r\n")
    assert program.findings == ["data-after-logout"]


def test_uids_of_before_a_change_of_uidvalidity_are_a_finding():
    program = Program()
    program.add("INBOX")
    program.ask("SELECT INBOX")
    program.ask("UID FETCH 1 FLAGS")
    program.account.renew(program.mailbox("INBOX"))
    program.ask("FETCH 1 FLAGS")
    assert program.findings == []
    program.ask("UID FETCH 1 FLAGS")
    assert program.findings == ["uidvalidity-ignored"]
