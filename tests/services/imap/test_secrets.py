"""Passwords sent to IMAP in wrong forms and in wrong places: masked everywhere, and repeated by no reply."""

from base64 import b64encode

import pytest
from conftest import LOCAL, PEER, make_world
from services.imap.talking import TLS, Program
from wrong_logins import assert_masked, single_mistakes

from homeport.protocol.session import Context
from homeport.services.imap import SERVICE

SECRET = b"Qx7-Jw9vK!zz_bb"
RESPONSE = b64encode(b"\0zaphod\0Qx7-Jw9vK!zz")
SIZE = b"{%d}" % len(SECRET)
NO_WAIT = b"{%d+}" % len(SECRET)


def session(**options):
    context = Context(make_world(), SERVICE.options(**options), "tls", PEER, LOCAL, "c1", "imap")
    return SERVICE.session(context)


@pytest.mark.parametrize(
    "begin",
    [
        b"a LOGIN alice ",
        b"a\tLOGIN alice ",
        b"a LOGIN\talice ",
        b" a LOGIN alice ",
        b"\0a LOGIN alice ",
        b"a \0LOGIN alice ",
        b"a UID LOGIN alice ",
        b"a uid login alice ",
        b"a LOGINalice ",
        b"* LOGIN alice ",
        b"a(b LOGIN alice ",
        b"a" * 300 + b" LOGIN alice ",
        b"LOGIN alice ",
        b"a AUTHENTICATE FOO ",
        b"a AUTHENTICATE ",
        b"a\tAUTHENTICATE\tPLAIN\t",
        b"a PASS ",
        b"PASS ",
        b"a AUTH PLAIN ",
        b"a USER alice\r\nb PASS ",
        b'a LOGIN alice "x\\"',
        b'a LOGIN alice "\r\n',
        b"a LOGIN alice {3+}\r\n123",
        b"a LOGIN alice {2+}\r\nab {1+}\r\nx",
        b"a LOGIN alice ~%s\r\n" % NO_WAIT,
        b"a LOGIN alice %s\r\n" % NO_WAIT,
        b"a LOGIN alice %s\r\n" % SIZE,
        b"a LOGIN alice {99999999}\r\n",
        b"a AUTHENTICATE FOO\r\n",
        b"a AUTHENTICATE PLAIN\r\n",
        b"a STARTTLS\r\nb LOGIN alice ",
        b"a LOGOUT\r\nb LOGIN alice ",
    ],
)
@pytest.mark.parametrize("options", [{}, {"without": ["LOGIN"]}, {"clear_passwords": True}])
@pytest.mark.parametrize("tls", [TLS, None])
def test_a_password_in_a_wrong_place_is_masked(begin, options, tls):
    for end in (b"\r\n", b"\n", b"", b" more\r\n", b'"\r\n', b'{"\r\n'):
        assert_masked(session(**options), [begin + SECRET + end], SECRET, tls=tls)
        assert_masked(session(**options), [begin, SECRET[:5], SECRET[5:] + end], SECRET, tls=tls, ending="broken")


@pytest.mark.parametrize(
    "begin",
    [
        b"a LOGIN " + b"x" * 200 + b" ",
        b"a LOGIN alice " + b"x" * 200 + b" ",
        b"LOGIN " + b"x" * 200 + b" ",
        b"* LOGIN alice ",
        b"LOGIN alice ",
        b"a LOGIN {3+}\r\nabc" + b"x" * 200 + b" ",
        b"a LOGIN\0 alice ",
        b"a IDLE\r\nb LOGIN alice ",
    ],
)
@pytest.mark.parametrize("end", [b"\r\n", b" more\r\n", b""])
def test_a_password_in_a_literal_of_a_line_that_is_refused_is_masked(begin, end):
    data = begin + NO_WAIT + b"\r\n" + SECRET + end
    assert_masked(session(max_line=150), [data], SECRET, tls=TLS)
    assert_masked(session(max_line=150), [bytes([byte]) for byte in data], SECRET, tls=TLS)
    twice = begin + b"{5+}\r\nalice " + NO_WAIT + b"\r\n" + SECRET + end
    assert_masked(session(max_line=150), [bytes([byte]) for byte in twice], SECRET, tls=TLS)


@pytest.mark.parametrize("words", [[b"a", b"LOGIN", b"alice"], [b"a", b"AUTHENTICATE", b"PLAIN"]])
def test_a_secret_in_a_login_with_one_mistake_is_masked(words):
    secret = RESPONSE if b"PLAIN" in words else SECRET
    for data in single_mistakes(words, secret, b""):
        if not data.startswith(b"".join(words)):  # glued together it is a tag like any other
            assert_masked(session(), [data], secret, tls=TLS)


@pytest.mark.parametrize(
    "wrong", ["LOGIN alice {3+}\r\nabcs3cret", "LOGIN alice abc s3cret", 'LOGIN alice "abc"s3cret']
)
def test_no_reply_repeats_what_follows_a_password(wrong):
    reply = Program(login="").last(wrong)
    assert reply.startswith("BAD")
    assert "s3cret" not in reply


def test_only_the_secret_is_masked():
    program = Program()
    program.ask("SELECT INBOX")
    program.ask("UID SEARCH SUBJECT login")
    assert program.commands[-2:] == [("SELECT", "INBOX", "OK"), ("UID SEARCH", "SUBJECT login", "OK")]
