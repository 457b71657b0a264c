"""Pipelining (RFC 2920): replies in order, in one piece, however the group is cut."""

import pytest
from services.smtp.conftest import MESSAGE

GROUP = (
    b"EHLO client.example\r\nRSET\r\nMAIL FROM:<a@client.example>\r\nRCPT TO:<alice@homeport.test>\r\n"
    b"RCPT TO:<a..b@homeport.test>\r\nRCPT TO:<bob@homeport.test>\r\nDATA\r\n" + MESSAGE.encode() + b".\r\n"
    b"MAIL FROM:<b@client.example>\r\nRCPT TO:<bob@homeport.test>\r\nBDAT 4 LAST\r\nab\r\nFOO\r\nNOOP\r\nQUIT\r\n"
)
CODES = ["220", "250", "250", "250", "250", "501", "250", "354", "250", "250", "250", "250", "500", "250", "221"]


def codes(sent: bytes) -> list[str]:
    """Return the codes of the replies, one for each."""
    return [line[:3] for line in sent.decode().splitlines() if line[3] == " "]


def test_replies_come_in_the_order_of_the_commands_however_they_are_cut(every_way):
    one = every_way(GROUP)
    assert codes(one.talk.sent) == CODES
    assert one.stored == [MESSAGE.encode(), b"ab\r\n"]


def test_the_replies_to_a_group_leave_in_one_piece(client):
    from homeport.protocol.effects import Send
    from homeport.protocol.events import Data

    one = client().hello()
    group = b"MAIL FROM:<a@client.example>\r\nRCPT TO:<alice@homeport.test>\r\nDATA\r\n"
    sends = [effect for effect in one.session.handle(Data(group)) if isinstance(effect, Send)]
    assert [bytes(send.data) for send in sends] == [
        b"250 2.1.0 OK\r\n250 2.1.5 OK\r\n354 start mail input; end with <CRLF>.<CRLF>\r\n"
    ]


def test_the_next_transaction_may_come_with_the_message(client):
    one = client().hello()
    one.say("MAIL FROM:<a@client.example>", "RCPT TO:<alice@homeport.test>", "DATA")
    answer = one.send(MESSAGE.encode() + b".\r\nRSET\r\nMAIL FROM:<b@client.example>\r\n")
    assert codes(answer.encode()) == ["250", "250", "250"]
    assert one.findings == []


def test_data_after_all_recipients_were_refused_is_554_and_no_finding(client):
    one = client().hello()
    answer = one.send(b"MAIL FROM:<a@client.example>\r\nRCPT TO:<alice@[1.2]>\r\nDATA\r\n")
    assert codes(answer.encode()) == ["250", "501", "554"]
    assert one.findings == ["bad-path"]


@pytest.mark.parametrize("last", ["NOOP", "DATA", "VRFY alice", "EXPN tides", "HELP", "EHLO client.example"])
def test_a_command_that_must_end_its_group_is_a_finding_if_it_does_not(client, last):
    one = client().hello()
    one.say("MAIL FROM:<a@client.example>", "RCPT TO:<alice@homeport.test>")
    one.send(last.encode() + b"\r\nRSET\r\n")
    assert one.findings == ["pipelining-sync"]


def test_pipelining_is_a_finding_if_it_is_not_offered(client):
    one = client(without=["PIPELINING"]).hello()
    one.send(b"RSET\r\nRSET\r\nRSET\r\n")
    assert one.findings == ["pipelining-not-offered"] * 2


def test_commands_pipelined_after_a_refused_mail_are_no_finding(client):
    one = client().hello()
    group = b"MAIL FROM:<a@client.example> SIZE=999999999\r\nRCPT TO:<alice@homeport.test>\r\nDATA\r\n"
    assert [line[:3] for line in one.send(group).splitlines()] == ["552", "503", "503"]
    assert one.findings == ["size-exceeds-limit"]
    assert one.say("RSET", "RCPT TO:<alice@homeport.test>").startswith("503")
    assert one.findings == ["size-exceeds-limit", "bad-sequence"]


def test_without_pipelining_a_refused_mail_excuses_nothing(client):
    one = client(without=["PIPELINING"]).hello()
    one.say("MAIL FROM:<a@client.example> SIZE=999999999", "RCPT TO:<alice@homeport.test>")
    assert one.findings == ["size-exceeds-limit", "bad-sequence"]
