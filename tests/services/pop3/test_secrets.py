"""Passwords sent to POP3 in wrong forms and in wrong places: masked everywhere."""

import hashlib
from base64 import b64encode

import pytest
from conftest import LOCAL, PEER, make_world
from hypothesis import example, given, settings
from hypothesis import strategies as st
from services.line_client import TLS
from wrong_logins import ENDINGS, Recorder, assert_masked, single_mistakes, wrong_logins

from homeport.protocol.faults import Do, Match, Plan
from homeport.protocol.faults import Reply as PlannedReply
from homeport.protocol.session import Context
from homeport.services.pop3 import SERVICE

SECRET = b"Qx7-Jw9vK!zz_bb"
RESPONSE = b64encode(b"\0zaphod\0Qx7-Jw9vK!zz")
DIGEST = hashlib.md5(SECRET, usedforsecurity=False).hexdigest().encode()
AROUND = (b"", b"USER alice\r\n", b"CAPA\r\n", b"QUIT\r\n", b"STLS\r\n", b"AUTH PLAIN\r\n")
LOGINS = (([b"PASS"], SECRET), ([b"AUTH", b"PLAIN"], RESPONSE), ([b"AUTH"], RESPONSE), ([b"APOP", b"alice"], DIGEST))


def session(**options):
    context = Context(make_world(), SERVICE.options(**options), "starttls", PEER, LOCAL, "c1", "pop3")
    return SERVICE.session(context)


@pytest.mark.parametrize(("words", "secret"), LOGINS)
@settings(max_examples=100, deadline=None)
@given(data=st.data(), ending=ENDINGS)
def test_a_secret_in_a_wrong_login_is_masked(words, secret, data, ending):
    assert_masked(session(), data.draw(wrong_logins(words, secret, AROUND)), secret, ending=ending)


@given(pieces=wrong_logins([b"PASS"], SECRET, AROUND), ending=ENDINGS)
@settings(max_examples=20, deadline=None)
@example([b"PASS " + SECRET], "closed")
@example([b"PASS\t" + SECRET + b"\r\n"], "closed")
@example([b"PASS " + b"x" * 20_000, SECRET, SECRET + b"\r\n"], "broken")
@example([b"USER alice\r\nPASS ", SECRET + b"\r\nNOOP\r\n"], "closed")
def test_a_secret_is_masked_over_tls_too(pieces, ending):
    assert_masked(session(), pieces, SECRET, ending=ending, tls=TLS)


@pytest.mark.parametrize(("words", "secret"), LOGINS)
@pytest.mark.parametrize("before", [b"", b"USER alice\r\n"])
def test_a_secret_in_a_login_with_one_mistake_is_masked(words, secret, before):
    for data in single_mistakes(words, secret, before):
        assert_masked(session(apop=True), [data], secret)
        half = len(data) - len(secret) // 2
        assert_masked(session(), [data[:half], data[half:]], secret, ending="broken")


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"", b" more\r\n"])
@pytest.mark.parametrize("options", [{}, {"clear_passwords": False}, {"without": ["USER"]}])
def test_a_password_without_its_command_is_masked(end, options):
    for secret in (SECRET, SECRET.lower(), b"Qx7 " + SECRET, b"Qx7" * 5000, SECRET + b"\0"):
        for before in (
            b"USER alice\r\n",
            b"user alice\r\nCAPA\r\n",
            b"USER alice\r\nPASS wrong\r\n",
            b"AUTH PLAIN =\r\n",
        ):
            assert_masked(session(**options), [before + secret + end], secret)
            assert_masked(session(**options), [before, secret[:5], secret[5:] + end], secret, ending="broken")
            assert_masked(session(**options), [before + b"QUIT\r\n" + secret + end], secret)


def test_the_responses_of_an_exchange_are_masked():
    for mechanism in (b"PLAIN", b"LOGIN", b"CRAM-MD5", b"SCRAM-SHA-256"):
        assert_masked(session(), [b"AUTH %s\r\n" % mechanism, RESPONSE + b"\r\n", RESPONSE + b"\r\n"], RESPONSE)


def test_a_planned_reply_to_user_does_not_unmask_the_password():
    one = session()
    do = Do(reply=PlannedReply(status="+OK"))
    one.context.world.faults.add(Plan(service="pop3", match=Match(verb="USER"), do=do))
    assert_masked(one, [b"USER alice\r\n" + SECRET + b"\r\n"], SECRET)


def test_only_the_secret_is_masked():
    recorder = Recorder(session())
    recorder.feed(b"CAPA\r\nUSER alice\r\nPA")
    recorder.feed(b"SS " + SECRET[:4])
    assert recorder.received() == b"CAPA\r\nUSER alice\r\nPASS ****"
    recorder.feed(SECRET[4:] + b"\r\nUSER alice\r\nPASS alice-pass\r\nSTAT\r\nFROB\r\n")
    assert recorder.received() == (
        b"CAPA\r\nUSER alice\r\nPASS " + b"*" * len(SECRET) + b"\r\nUSER alice\r\nPASS **********\r\nSTAT\r\nFROB\r\n"
    )
