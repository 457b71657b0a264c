"""Limits on lines, recipients, messages, errors and time; at least those of RFC 5321 4.5.3."""

import pytest
from conftest import make_world
from services.smtp.conftest import MESSAGE

from homeport.protocol.events import LimitReached, Stopping, TimerFired
from homeport.services.smtp import SERVICE
from homeport.world.mail.contents import MailContents
from homeport.world.world import WorldContents

MAIL = "MAIL FROM:<a@client.example>"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("NOOP " + "x" * 505, "250"),
        ("NOOP " + "x" * 2041, "250"),
        ("NOOP " + "x" * 2042, "500"),
        (MAIL + " ENVID=" + "x" * 100 + " AUTH=<>" + " " * 800, "250"),
        ("RCPT TO:<alice@homeport.test> ORCPT=rfc822;" + "x" * 480, "503"),
        ("MAIL " + "x" * 2050, "500"),
        ("AUTH PLAIN " + "A" * 12000, "538"),
        ("X" * 13000, "500"),
        ("X" * 100_000, "500"),
    ],
)
def test_command_lines_may_have_their_full_length(client, line, code):
    one = client().hello()
    assert one.say(line)[:3] == code
    assert one.say("NOOP").startswith("250")


def test_an_endless_line_is_refused_once_however_it_is_cut(every_way):
    one = every_way(b"EHLO client.example\r\n" + b"x" * 13_000 + b"\r\nNOOP\r\n")
    assert one.talk.sent.count(b"500 ") == 1
    assert one.talk.sent.endswith(b"250 2.0.0 OK\r\n")


@pytest.mark.requirement("SMTP-5.3.1.1-7")
def test_more_than_a_hundred_recipients_are_accepted(client):
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


def test_by_default_the_ninth_error_ends_the_connection(client):
    one = client()
    answers = [one.say(f"FOO{number}") for number in range(9)]
    assert [answer[:3] for answer in answers] == ["500"] * 8 + ["421"]
    assert one.talk.closed


def test_refused_mailboxes_and_messages_are_no_errors(client):
    world = make_world(WorldContents(mail=MailContents(only_known=True)))
    one = client(world=world, max_size=300).hello()
    one.say("MAIL FROM:<a@client.example>")
    for number in range(20):
        assert one.say(f"RCPT TO:<unknown{number}@homeport.test>").startswith("550")
    one.say("RSET")
    for _ in range(20):
        assert one.deliver(MESSAGE + "x" * 300 + "\r\n").startswith("552")
    assert one.deliver().startswith("250")


def test_a_delivered_message_resets_the_count_of_errors(client):
    one = client(max_errors=3).hello()
    for _ in range(5):
        assert one.say("FOO", "FOO").startswith("500")
        assert one.deliver().startswith("250")
    assert not one.talk.closed


@pytest.mark.requirement("SMTP-5.3.1-1", "SMTP-5.3.2-2")
@pytest.mark.parametrize(
    ("state", "words"),
    [
        ((), "waiting for a command"),
        (("EHLO client.example",), "waiting for a command"),
        (("EHLO client.example", MAIL), "waiting for a command"),
        (("EHLO client.example", "AUTH CRAM-MD5"), "waiting for a command"),
        (
            ("EHLO client.example", MAIL, "RCPT TO:<alice@homeport.test>", "DATA", "x"),
            "timed out waiting for message data",
        ),
    ],
)
def test_an_idle_timeout_sends_421(client, state, words):
    one = client(timeout=8, data_timeout=8)
    one.say(*state)
    assert one.talk.timers["quiet"] == 2
    for _ in range(3):
        assert one.tell(TimerFired("quiet")) == ""
    answer = one.tell(TimerFired("quiet"))
    assert answer.startswith("421 4.4.2 mail.homeport.test")
    assert words in answer
    assert one.talk.closed


def test_a_command_restarts_the_timeout(client):
    one = client()
    for _ in range(20):
        assert one.tell(TimerFired("quiet")) == ""
        one.say("NOOP")


def test_bytes_of_an_unfinished_command_do_not_restart_the_timeout(client):
    one = client()
    for _ in range(3):
        one.tell(TimerFired("quiet"))
        one.send(b"N")
    assert one.tell(TimerFired("quiet")).startswith("421")


@pytest.mark.requirement("SMTP-5.3.1.2-2")
@pytest.mark.parametrize("event", [Stopping(), LimitReached("idle")])
def test_421_is_sent_in_any_state(client, event):
    for state in ((), ("EHLO client.example", MAIL, "RCPT TO:<alice@homeport.test>", "DATA", "x")):
        one = client()
        one.say(*state)
        assert one.tell(event).startswith("421 4.")
        assert one.talk.closed
        assert one.send(b"NOOP\r\n") == ""
    assert SERVICE.refusal("too many connections") == b"421 service not available: too many connections\r\n"


def slow(client, **options):
    """Begin a message."""
    one = client(**options).hello()
    one.say("MAIL FROM:<a@client.example>", "RCPT TO:<alice@homeport.test>")
    return one


def rate_timer(one):
    """Return the seconds of the timer that measures the rate, and forget it."""
    return one.talk.timers.pop("rate", None)


@pytest.mark.parametrize("begin", [b"DATA\r\n", b"BDAT 100000\r\n", b"BDAT 100000 LAST\r\n"])
def test_message_data_below_the_minimum_rate_ends_the_connection_after_five_minutes(client, begin):
    one = slow(client)
    one.send(begin)
    one.send(b"x\r\n" * 2)
    one.send(b"x")
    assert rate_timer(one) == 300
    for _ in range(299):
        assert one.send(b"x") == ""
    answer = one.tell(TimerFired("rate"))
    assert answer.startswith(
        "421 4.4.2 mail.homeport.test message data came too slowly: less than 100 bytes per second"
    )
    assert one.talk.closed
    assert one.stored == []


def test_message_data_at_the_minimum_rate_goes_on(client):
    one = slow(client)
    one.say("DATA")
    one.send(b"x\r\n")
    for _ in range(3):
        one.send(b"x" * 98 + b"\r\n")
        for _ in range(300):
            one.send(b"x" * 98 + b"\r\n")
        assert rate_timer(one) == 300
        assert one.tell(TimerFired("rate")) == ""
    assert one.send(b".\r\n").startswith("250")


def test_a_message_that_began_lately_is_measured_from_its_own_beginning(client):
    one = slow(client)
    one.say("DATA")
    one.send(b"x\r\n")
    one.send(b"x\r\n")
    assert rate_timer(one) == 300
    assert one.send(b".\r\n").startswith("250")
    one.say("MAIL FROM:<a@client.example>", "RCPT TO:<alice@homeport.test>", "DATA")
    one.send(b"x\r\n")
    assert one.tell(TimerFired("rate")) == ""
    assert rate_timer(one) == 300
    assert one.tell(TimerFired("rate")).startswith("421")


def test_messages_in_one_read_and_commands_set_no_timer_of_the_rate(client):
    one = client().hello()
    for _ in range(3):
        one.deliver()
    one.say("AUTH CRAM-MD5")
    one.send(b"a")
    one.send(b"b")
    assert rate_timer(one) is None


def test_the_minimum_rate_can_be_switched_off(client):
    one = slow(client, min_data_rate=0)
    one.say("DATA")
    one.send(b"x")
    one.send(b"x")
    assert rate_timer(one) is None
