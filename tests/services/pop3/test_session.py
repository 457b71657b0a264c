"""The session as a whole: lines, pipelining, errors, timeouts, any input."""

import pytest
from conftest import make_world
from hypothesis import given, settings
from hypothesis import strategies as st
from services.pop3.conftest import MESSAGE, Client, has

from homeport.protocol.events import LimitReached, Stopping, TimerFired
from homeport.services.pop3.session import Pop3

CONVERSATION = (
    b"CAPA\r\nUSER alice\r\nPASS wrong\r\nuser alice\r\npass alice-pass\r\nStat\r\nLIST\r\nUIDL 1\r\nRETR 1\r\n"
    b"TOP 2 1\r\nDELE 1\r\nNOOP\r\nRSET\r\nDELE 2\r\nLIST\r\nQUIT\r\n"
)


def test_a_conversation_in_any_pieces_has_the_same_replies(every_way):
    one = every_way(CONVERSATION, MESSAGE, MESSAGE)
    assert one.talk.closed
    assert one.talk.sent.endswith(b"+OK 1 deleted, 1 left; closing the connection\r\n")
    assert one.talk.sent.count(b"\r\n.\r\n") == 5
    assert b"+ERR" not in one.talk.sent
    assert one.findings == ["plain-in-clear", "plain-in-clear"]


def test_an_exchange_in_any_pieces_has_the_same_replies(every_way):
    one = every_way(b"AUTH PLAIN\r\n*\r\nAUTH PLAIN\r\nAGFsaWNlAGFsaWNlLXBhc3M=\r\nSTAT\r\nQUIT\r\n")
    assert one.talk.sent.decode().split("\r\n")[1:4] == [
        "+ ",
        "-ERR authentication was cancelled by the client",
        "+ ",
    ]


def test_pipelined_commands_are_answered_in_order(client, world):
    has(world, *[b"Subject: %d\r\n\r\n" % number for number in range(50)])
    one = client(world).login()
    said = b"".join(b"RETR %d\r\nDELE %d\r\n" % (number, number) for number in range(1, 51))
    answers = one.send(said + b"QUIT\r\n").split("\r\n")
    assert [line for line in answers if line.startswith("Subject")] == [f"Subject: {number}" for number in range(50)]
    assert answers[-1] == "+OK 50 deleted, 0 left; closing the connection"


def test_no_command_line_is_answered_with_more_than_512_octets(client):
    one = client()
    for line in ("USER " + "x" * 240, "FROB" * 50, "AUTH " + "y" * 200, "LANG " + "z" * 200, "TOP " + "9" * 200):
        assert len(one.say(line)) <= 510
    assert one.say("A" * 10_000).startswith("-ERR the command has more than 255 bytes (RFC 2449 4)")


@pytest.mark.parametrize("line", ["", " ", "STAT 1", "QUIT now", "NOOP x", "RSET 1", "DELE", "PASS", "USER", "APOP"])
def test_a_command_that_is_malformed_is_an_err_and_the_session_goes_on(client, line):
    one = client().login()
    assert one.say(line).startswith("-ERR ")
    assert one.say("NOOP").startswith("+OK")


def test_twenty_refused_commands_in_a_row_end_the_connection_also_with_sasl_between(client):
    one = client()
    for _ in range(19):
        assert one.say("AUTH PLAIN", "!").startswith("-ERR not base64")
    assert one.say("FROB") == "-ERR too many errors: 20 commands were refused; connect again"
    assert one.talk.closed


def test_the_autologout_timer_closes_without_a_reply_and_deletes_nothing(client, world):
    one = client(has(world, MESSAGE)).login()
    one.say("DELE 1")
    for _ in range(3):
        assert one.tell(TimerFired("quiet")) == ""
        assert not one.talk.closed
    before = one.talk.sent
    one.tell(TimerFired("quiet"))
    assert one.talk.closed
    assert one.talk.sent == before
    one.vanish("closed")
    assert len(world.mailboxes.account("alice").inbox) == 1


@pytest.mark.parametrize("event", [Stopping(), LimitReached("received"), LimitReached("idle")])
def test_other_ends_have_a_reason_and_delete_nothing(client, world, event):
    one = client(has(world, MESSAGE)).login()
    one.say("DELE 1")
    assert one.tell(event).startswith("-ERR ")
    assert one.talk.closed
    one.vanish("closed")
    assert len(world.mailboxes.account("alice").inbox) == 1
    assert world.mailboxes.account("alice").inbox.locked_by == ""


def test_http_and_tls_end_the_connection_with_a_reason(client):
    one = client()
    assert one.say("GET / HTTP/1.1").startswith("-ERR received an HTTP request")
    assert one.findings == ["http-request"]
    assert client().send(b"\x16\x03\x01\x02\x00\x01\x00").startswith("-ERR received TLS where a command was expected")


def test_a_client_that_goes_away_while_a_message_is_read_has_no_reply_and_leaves_no_lock(client, world):
    has(world, b"a: b\r\n\r\n" + b"x\r\n" * 200_000)
    one = client(world, holding=True).login()
    assert one.say("RETR 1") == ""
    one.vanish()
    one.release()
    assert world.mailboxes.account("alice").inbox.locked_by == ""


PIECES = st.sampled_from(
    [f"{row.verb}{gap}".encode() for row in Pop3.table for gap in ("", " ", " 1", " 2 1", " alice", "\r\n")]
    + [b"\r\n", b"\r\n", b"\n", b" ", b"1", b"PASS alice-pass\r\n", b"USER alice\r\n", b"AUTH PLAIN =\r\n", b"*\r\n"]
    + [b"\0", b"\xff", b".", b"x" * 300, b"AGFsaWNlAGFsaWNlLXBhc3M=\r\n"]
)


@settings(max_examples=200, deadline=None)
@given(pieces=st.lists(PIECES | st.binary(max_size=20).filter(bool), max_size=25), tls=st.booleans())
def test_any_bytes_in_any_pieces_are_answered_or_awaited(pieces, tls):
    one = Client(has(make_world(), MESSAGE), apop=True)
    if tls:
        one.start_tls()
    for piece in pieces:
        if one.talk.starting_tls and one.session.mode == "tls":
            break
        one.send(piece)
    for line in one.talk.sent.split(b"\r\n"):
        assert not line.startswith(b"+ERR")
    one.vanish()
    assert one.world.mailboxes.account("alice").inbox.locked_by == ""
