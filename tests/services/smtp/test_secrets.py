"""Passwords sent to SMTP in wrong forms, in wrong places, after refused logins: masked everywhere."""

from base64 import b64encode

import pytest
from conftest import LOCAL, PEER, make_world
from hypothesis import example, given, settings
from hypothesis import strategies as st
from services.smtp.conftest import TLS
from wrong_logins import ENDINGS, Recorder, assert_masked, single_mistakes, wrong_logins

from homeport.protocol.faults import Do, Match, Plan, Reply
from homeport.protocol.session import Context
from homeport.services.smtp import SERVICE

SECRET = b64encode(b"\0zaphod\0Qx7-Jw9vK!zz")
HELLO = b"EHLO client.example\r\n"
AROUND = (
    b"",
    HELLO,
    b"NOOP\r\n",
    b"QUIT\r\n",
    HELLO + b"STARTTLS\r\n",
    HELLO + b"AUTH LOGIN\r\n",
    HELLO + b"AUTH NONE\r\n",
)


def session(listener="starttls", **options):
    return SERVICE.session(Context(make_world(), SERVICE.options(**options), listener, PEER, LOCAL, "c1", "smtp"))


@settings(max_examples=400, deadline=None)
@given(
    pieces=st.one_of(
        wrong_logins([b"AUTH", b"PLAIN"], SECRET, AROUND),
        wrong_logins([b"AUTH", b"LOGIN"], SECRET, AROUND),
        wrong_logins([b"AUTH", b"X-UNKNOWN_1"], SECRET, AROUND),
        wrong_logins([b"AUTH"], SECRET, AROUND),
        wrong_logins([b"PASS"], SECRET, AROUND),
        wrong_logins([b"LOGIN", b"zaphod"], SECRET, AROUND),
    ),
    ending=ENDINGS,
    listener=st.sampled_from(("starttls", "plain", "submission")),
)
@example([HELLO + b"AUTH PLAIN " + SECRET], "closed", "starttls")
@example([HELLO + b"AUTH=PLAIN ", SECRET + b"\r\n"], "closed", "plain")
@example([b"AUTH " + SECRET[:9], SECRET[9:] + b"\r\n"], "broken", "plain")
@example([HELLO + b"AUTH PLAIN " + b"A" * 20_000, SECRET + b"\r\n"], "closed", "plain")
def test_a_secret_in_a_wrong_login_is_masked(pieces, ending, listener):
    assert_masked(session(listener), pieces, SECRET, ending=ending)


WORDS = ([b"AUTH", b"PLAIN"], [b"AUTH", b"LOGIN"], [b"AUTH", b"NONE"], [b"AUTH"], [b"PASS"], [b"a1 LOGIN", b"zaphod"])


@pytest.mark.parametrize("words", WORDS, ids=lambda words: b" ".join(words).decode())
@pytest.mark.parametrize("listener", ["starttls", "plain"])
@pytest.mark.parametrize("before", [b"", HELLO, HELLO + b"AUTH LOGIN\r\n"])
def test_a_secret_in_a_login_with_one_mistake_is_masked(words, listener, before):
    for data in single_mistakes(words, SECRET, before):
        assert_masked(session(listener), [data], SECRET)
        half = len(data) - len(SECRET) // 2
        assert_masked(session(listener), [data[:half], data[half:]], SECRET, ending="broken")


@pytest.mark.parametrize("word", [b"XAUTH PLAIN ", b"AUT PLAIN ", b"PLAIN ", b"XPASS "])
@pytest.mark.parametrize("listener", ["starttls", "plain"])
@pytest.mark.parametrize("line_end", [b"\r\n", b"\n", b""])
def test_a_secret_after_a_misspelt_word_is_masked(word, listener, line_end):
    assert_masked(session(listener), [HELLO, word + SECRET + line_end], SECRET)
    assert_masked(session(listener), [HELLO + word + SECRET[:5], SECRET[5:] + line_end], SECRET, ending="broken")


@pytest.mark.parametrize("line_end", [b"\r\n", b"\n", b""])
@pytest.mark.parametrize("listener", ["starttls", "plain"])
@pytest.mark.parametrize(
    "refused",
    [
        b"AUTH LOGIN",
        b"AUTH=LOGIN",
        b" AUTH LOGIN",
        b"AUTH\tLOGIN",
        b"AUTH NONE",
        b"auth login",
        b"AUTH",
        b"AUTH PLAIN AAAA",
        b"AUTH PLAIN\r\n*",
        b"PASS x",
    ],
)
def test_what_follows_a_refused_login_is_masked_until_the_next_command(refused, listener, line_end):
    pieces = [HELLO, refused + b"\r\n", SECRET[:7], SECRET[7:] + line_end]
    assert_masked(session(listener), pieces, SECRET)
    recorder = Recorder(session(listener))
    for piece in [HELLO, refused + b"\r\n", SECRET + b"\r\n", b"NO", b"OP\r\n", b"FROB x\r\n"]:
        recorder.feed(piece)
    assert recorder.received().endswith(b"*\r\nNOOP\r\nFROB x\r\n")


@pytest.mark.parametrize("line_end", [b"\r\n", b"\n", b""])
@pytest.mark.parametrize("listener", ["starttls", "plain"])
@pytest.mark.parametrize("login", [b"AUTH LOGIN", b"AUTH=LOGIN", b"AUTH NONE", b"AUTH LOGIN\r\n*", b"PASS x"])
def test_what_follows_quit_is_masked_if_no_login_succeeded(login, listener, line_end):
    data = HELLO + login + b"\r\nNOOP\r\nQUIT\r\n" + SECRET + line_end
    assert_masked(session(listener), [data], SECRET)
    assert_masked(session(listener), [data[:-7], data[-7:]], SECRET, ending="broken")


@pytest.mark.parametrize("word", [b"PA\0SS", b"AU\0TH", b"A\xffUTH PLAIN", b"LO\x01GIN"])
def test_a_secret_after_a_word_with_bytes_inside_is_masked(word):
    for line_end in (b"\r\n", b"\n", b""):
        assert_masked(session(), [HELLO + word + b" " + SECRET + line_end], SECRET)


def test_what_follows_quit_is_shown_if_there_was_no_login():
    recorder = Recorder(session())
    recorder.feed(HELLO + b"QUIT\r\nFROB x\r\n")
    assert recorder.received().endswith(b"QUIT\r\nFROB x\r\n")


def test_a_response_that_is_not_base64_is_masked_too():
    for secret in (b"Qx7-Jw9vK!zz word", b"pa\xdfword-Qx7", b"Qx7" * 6000):
        for listener in ("starttls", "plain"):
            assert_masked(session(listener), [HELLO, b"AUTH LOGIN\r\n", secret + b"\r\n", secret], secret)


def test_a_planned_reply_does_not_unmask_what_follows():
    for code in (250, 334, 454, 535):
        one = session("plain")
        do = Do(reply=Reply(code=code))
        one.context.world.faults.add(Plan(service="smtp", match=Match(verb="AUTH"), do=do))
        assert_masked(one, [HELLO, b"AUTH LOGIN\r\n", SECRET + b"\r\n", SECRET], SECRET)


def test_a_secret_is_masked_in_the_turn_that_brings_it():
    recorder = Recorder(session("plain"))
    recorder.feed(HELLO + b"AUTH PLAIN " + SECRET[:10])
    assert recorder.received() == HELLO + b"AUTH PLAIN " + b"*" * 10
    recorder.feed(SECRET[10:])
    assert recorder.received() == HELLO + b"AUTH PLAIN " + b"*" * len(SECRET)
    recorder.feed(b"\r\nNOOP\r\n")
    assert recorder.received() == HELLO + b"AUTH PLAIN " + b"*" * len(SECRET) + b"\r\nNOOP\r\n"


def test_a_message_that_looks_like_a_login_is_not_masked():
    recorder = Recorder(session("plain"))
    text = b"PASS me the salt\r\nAUTH PLAIN is a mechanism\r\n"
    for piece in (HELLO, b"MAIL FROM:<a@b.example>\r\nRCPT TO:<alice@homeport.test>\r\n", b"DATA\r\n", text, b".\r\n"):
        recorder.feed(piece)
    assert recorder.received().endswith(text + b".\r\n")


def test_nothing_is_masked_under_tls_that_is_not_a_secret():
    recorder = Recorder(session("tls"), TLS)
    lines = HELLO + b"AUTH CRAM-MD5\r\n*\r\nAUTHOR\r\nNOOP PASS x\r\n"
    recorder.feed(lines)
    assert recorder.received() == lines.replace(b"\r\n*\r\n", b"\r\n*\r\n").replace(b"AUTHOR", b"AUTH**")
