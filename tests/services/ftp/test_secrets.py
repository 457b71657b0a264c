"""Passwords sent to FTP in wrong forms and in wrong places: masked everywhere."""

import pytest
from conftest import LOCAL, PEER, make_world
from hypothesis import example, given, settings
from hypothesis import strategies as st
from wrong_logins import ENDINGS, Recorder, assert_masked, single_mistakes, wrong_logins

from homeport.protocol.faults import Do, Match, Plan
from homeport.protocol.faults import Reply as PlannedReply
from homeport.protocol.session import Context
from homeport.services.ftp import SERVICE

SECRET = b"Qx7-Jw9vK!zz_bb"
SLIPS = ([b"PAS"], [b"XPASS"], [b"ADAT"], [b"SITE PASS"], [b"SITE PSWD"], [b"USER alice PASS"])
WORDS = ([b"PASS"], [b"ACCT"], [b"AUTH", b"PLAIN"], [b"AUTH"])
AROUND = (b"", b"USER alice\r\n", b"NOOP\r\n", b"QUIT\r\n", b"AUTH TLS\r\n", b"\xff\xf4\xff\xf2", b"NO\xff\xf1OP\r\n")


def session(**options):
    return SERVICE.session(Context(make_world(), SERVICE.options(**options), "tcp", PEER, LOCAL, "c1", "ftp"))


@settings(max_examples=400, deadline=None)
@given(
    pieces=st.one_of(
        wrong_logins([b"PASS"], SECRET, AROUND),
        wrong_logins([b"ACCT"], SECRET, AROUND),
        wrong_logins([b"AUTH", b"PLAIN"], SECRET, AROUND),
    ),
    ending=ENDINGS,
)
@example([b"PASS " + SECRET], "closed")
@example([b"PASS\t" + SECRET + b"\r\n"], "closed")
@example([b"USER alice\r\nPASS ", b"\xff\xf1" + SECRET + b"\r\nNOOP\r\n"], "closed")
@example([b"PASS " + b"x" * 20_000, SECRET, SECRET + b"\r\n"], "broken")
def test_a_secret_in_a_wrong_login_is_masked(pieces, ending):
    assert_masked(session(), pieces, SECRET, ending=ending)


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("before", [b"", b"USER alice\r\n"])
def test_a_secret_in_a_login_with_one_mistake_is_masked(words, before):
    for data in single_mistakes(words, SECRET, before):
        assert_masked(session(), [data], SECRET)
        half = len(data) - len(SECRET) // 2
        assert_masked(session(), [data[:half], data[half:]], SECRET, ending="broken")


@pytest.mark.parametrize("words", SLIPS)
def test_a_secret_after_a_misspelt_word_is_masked(words):
    data = b" ".join([*words, SECRET])
    for end in (b"\r\n", b"\n", b""):
        assert_masked(session(), [data + end], SECRET)
        assert_masked(session(), [b"USER alice\r\n", data[:-5], data[-5:] + end], SECRET, ending="broken")


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"", b" more\r\n"])
@pytest.mark.parametrize("options", [{}, {"tls_required": True}])
def test_a_password_without_its_command_is_masked(end, options):
    for secret in (SECRET, SECRET.lower(), b"Qx7 " + SECRET, b"Qx7" * 5000, SECRET + b"\0"):
        for before in (b"USER alice\r\n", b"user alice\r\nNOOP\r\n", b"USER alice\r\nPASS wrong\r\n"):
            assert_masked(session(**options), [before + secret + end], secret)
            assert_masked(session(**options), [before, secret[:5], secret[5:] + end], secret, ending="broken")
            assert_masked(session(**options), [before + b"QUIT\r\n" + secret + end], secret)


def test_a_planned_reply_to_user_does_not_unmask_the_password():
    one = session()
    do = Do(reply=PlannedReply(code=331))
    one.context.world.faults.add(Plan(service="ftp", match=Match(verb="USER"), do=do))
    assert_masked(one, [b"USER alice\r\n" + SECRET + b"\r\n"], SECRET)


@pytest.mark.parametrize("word", [b"PA\0SS", b"P\xc3\x84ASS", b"PASS\0", b"AC\x01CT"])
def test_a_secret_after_a_word_with_bytes_inside_is_masked(word):
    for end in (b"\r\n", b"\n", b""):
        assert_masked(session(), [word + b" " + SECRET + end], SECRET)
        assert_masked(session(), [word + b" " + SECRET[:5], SECRET[5:] + end], SECRET, ending="broken")


def test_commands_are_shown_where_a_password_is_expected_and_all_lines_after_the_login():
    recorder = Recorder(session())
    lines = (b"USER alice\r\n", b"FE", b"AT\r\n", b"MAIL x\r\n", b"PASS alice-pass\r\n", b"FROB x\r\n")
    for piece in lines:
        recorder.feed(piece)
    assert recorder.received() == b"".join(lines).replace(b"alice-pass", b"*" * 10)
    recorder.feed(b"USER alice\r\nfrob\r\nREIN\r\nfrob\r\n")
    assert recorder.received().endswith(b"USER alice\r\n****\r\nREIN\r\nfrob\r\n")
    assert "500 unknown command; after USER send PASS and the password" in "".join(recorder.other)


def test_only_the_secret_is_masked():
    recorder = Recorder(session())
    recorder.feed(b"USER alice\r\nPA")
    recorder.feed(b"SS " + SECRET[:4])
    assert recorder.received() == b"USER alice\r\nPASS ****"
    recorder.feed(SECRET[4:] + b"\r\nPASV\r\nAUTH TLS\r\n")
    assert recorder.received() == b"USER alice\r\nPASS " + b"*" * len(SECRET) + b"\r\nPASV\r\nAUTH TLS\r\n"
