"""Limits: on lines, recipients, messages, errors, time; at least those of RFC 5321 4.5.3."""

import pytest
from services.smtp.conftest import MESSAGE

from homeport.protocol.events import LimitReached, Stopping, TimerFired
from homeport.services.smtp import SERVICE

MAIL = "MAIL FROM:<a@client.example>"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("NOOP " + "x" * 505, "250"),
        ("NOOP " + "x" * 506, "500"),
        (MAIL + " ENVID=" + "x" * 100 + " AUTH=<>" + " " * 800, "250"),
        ("RCPT TO:<alice@homeport.test> ORCPT=rfc822;" + "x" * 480, "503"),
        ("MAIL " + "x" * 2050, "500"),
        ("AUTH PLAIN " + "A" * 12000, "538"),
        ("X" * 13000, "500"),
        ("X" * 100_000, "500"),
    ],
)
def test_command_lines_have_the_length_that_they_may(client, line, code):
    one = client().hello()
    assert one.say(line)[:3] == code
    assert one.say("NOOP").startswith("250")


def test_a_line_without_end_is_refused_once_however_it_is_cut(every_way):
    one = every_way(b"EHLO client.example\r\n" + b"x" * 13_000 + b"\r\nNOOP\r\n")
    assert one.talk.sent.count(b"500 ") == 1
    assert one.talk.sent.endswith(b"250 2.0.0 OK\r\n")


@pytest.mark.requirement("SMTP-5.3.1.1-7")
def test_a_hundred_recipients_and_more_are_taken(client):
    one = client(max_recipients=120).hello()
    one.say(MAIL)
    for number in range(120):
        assert one.say(f"RCPT TO:<user{number}@homeport.test>").startswith("250")
    assert one.say("RCPT TO:<one-more@homeport.test>").startswith("452 4.5.3")
    one.say("DATA")
    assert one.send(MESSAGE.encode() + b".\r\n").startswith("250")
    assert len(one.envelopes[0].recipients) == 120


def test_the_defaults_are_at_least_the_minimums_of_the_rfc():
    options = SERVICE.options()
    assert options.max_recipients >= 100
    assert options.max_size >= 65_536
    assert options.max_line >= 1000


@pytest.mark.requirement("SMTP-5.3.2-4")
def test_a_client_has_at_least_five_minutes_for_its_next_command():
    assert SERVICE.options().timeout >= 300
    assert SERVICE.options().data_timeout >= 180


def test_messages_of_a_connection_are_limited(client):
    one = client(max_messages=2).hello()
    one.deliver()
    one.deliver()
    assert one.say(MAIL).startswith("421 4.7.0 at most 2 messages")
    assert one.talk.closed


def test_too_many_errors_end_the_connection(client):
    one = client(max_errors=3)
    assert one.say("FOO", "FOO").startswith("500")
    assert one.say("FOO").startswith("421 4.7.0 too many errors")
    assert one.talk.closed


@pytest.mark.requirement("SMTP-5.3.1-1", "SMTP-5.3.2-2")
@pytest.mark.parametrize(
    ("state", "words"),
    [
        ((), "waiting for a command"),
        (("EHLO client.example",), "waiting for a command"),
        (("EHLO client.example", MAIL), "waiting for a command"),
        (("EHLO client.example", "AUTH CRAM-MD5"), "waiting for a command"),
        (("EHLO client.example", MAIL, "RCPT TO:<alice@homeport.test>", "DATA", "x"), "the message stood still"),
    ],
)
def test_silence_ends_with_421(client, state, words):
    one = client(timeout=8, data_timeout=8)
    one.say(*state)
    assert one.talk.timers["quiet"] == 2
    for _ in range(3):
        assert one.tell(TimerFired("quiet")) == ""
    answer = one.tell(TimerFired("quiet"))
    assert answer.startswith("421 4.4.2 mail.homeport.test")
    assert words in answer
    assert one.talk.closed


def test_a_command_begins_the_time_anew(client):
    one = client()
    for _ in range(20):
        assert one.tell(TimerFired("quiet")) == ""
        one.say("NOOP")


def test_octets_that_make_no_command_do_not(client):
    one = client()
    for _ in range(3):
        one.tell(TimerFired("quiet"))
        one.send(b"N")
    assert one.tell(TimerFired("quiet")).startswith("421")


@pytest.mark.requirement("SMTP-5.3.1.2-2")
@pytest.mark.parametrize("event", [Stopping(), LimitReached("idle")])
def test_421_is_said_whatever_the_client_is_doing(client, event):
    for state in ((), ("EHLO client.example", MAIL, "RCPT TO:<alice@homeport.test>", "DATA", "x")):
        one = client()
        one.say(*state)
        assert one.tell(event).startswith("421 4.")
        assert one.talk.closed
        assert one.send(b"NOOP\r\n") == ""
    assert SERVICE.refusal("too many connections") == b"421 service not available: too many connections\r\n"
