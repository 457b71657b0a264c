"""LMTP (RFC 2033): LHLO, and one reply per recipient."""

import pytest
from conftest import make_world
from services.smtp.conftest import MESSAGE

from homeport.protocol.faults import Do, Match, Plan, Reply
from homeport.services.smtp import SERVICE
from homeport.world.mail.contents import MailContents
from homeport.world.world import WorldContents


@pytest.fixture
def lmtp(client):
    """A client of LMTP."""
    return client(protocol="lmtp")


def test_the_greeting_and_lhlo(lmtp):
    assert lmtp.greeting == "220 mail.homeport.test LMTP Homeport"
    assert lmtp.say("EHLO client.example").startswith("500 5.5.1 LMTP has no EHLO")
    assert lmtp.say("HELO client.example").startswith("500 5.5.1")
    assert lmtp.say("MAIL FROM:<a@client.example>").startswith("503 5.5.1 send LHLO first")
    assert lmtp.say("LHLO client.example").startswith("250-")


def test_the_end_of_data_is_answered_for_each_recipient(lmtp):
    lmtp.say("LHLO client.example", "MAIL FROM:<a@client.example>")
    lmtp.say("RCPT TO:<alice@homeport.test>", "RCPT TO:<a..b@homeport.test>", "RCPT TO:<bob@homeport.test>", "DATA")
    assert lmtp.send(MESSAGE.encode() + b".\r\n").splitlines() == ["250 2.0.0 OK: stored as m1"] * 2
    assert lmtp.envelopes[0].protocol == "LMTP"
    assert lmtp.say("RSET") == "250 2.0.0 OK"


def test_the_last_chunk_is_answered_for_each_recipient_even_if_refused(client):
    one = client(protocol="lmtp", max_size=10)
    one.say("LHLO client.example", "MAIL FROM:<a@client.example>")
    one.say("RCPT TO:<alice@homeport.test>", "RCPT TO:<bob@homeport.test>")
    assert [line[:3] for line in one.send(b"BDAT 12 LAST\r\n0123456789\r\n").splitlines()] == ["552", "552"]


def test_data_without_recipients_is_one_reply(lmtp):
    lmtp.say("LHLO client.example", "MAIL FROM:<a@client.example>", "RCPT TO:<a..b@homeport.test>")
    assert lmtp.say("DATA").startswith("503 5.5.1 no valid recipients")


def test_lmtp_requires_the_extensions_of_its_rfc():
    options = SERVICE.options(protocol="lmtp", without=["PIPELINING"])
    assert len(SERVICE.check(options, None)) == 1
    assert SERVICE.check(SERVICE.options(), None) == []


def begun(client, *recipients, **contents):
    """Begin a message to these local parts, in a world with this mail configuration."""
    one = client(world=make_world(WorldContents(mail=MailContents(**contents))), protocol="lmtp")
    one.say("LHLO client.example", "MAIL FROM:<a@client.example>")
    for name in recipients:
        one.say(f"RCPT TO:<{name}@homeport.test>")
    return one


def codes(answer):
    return [line[:3] for line in answer.splitlines()]


def boxes(one):
    return [to.mailbox.partition("@")[0] for message in one.world.mail.messages() for to in message.delivered_to]


@pytest.mark.parametrize("command", ["DATA", "BDAT 0 LAST"])
def test_data_without_valid_recipients_is_503(client, command):
    one = begun(client)
    assert one.say("RCPT TO:<a..b@homeport.test>", command).startswith("503 5.5.1 no valid recipients")
    assert one.findings == ["bad-path"]
    one = begun(client)
    assert one.say(command).startswith("503")
    assert one.findings == ["bad-sequence"]


def test_a_full_mailbox_is_refused_for_its_recipient_alone_and_no_report_is_sent(client):
    one = begun(client, "alice", "bob", mailbox_size=len(MESSAGE) + 50)
    one.say("DATA")
    assert codes(one.send(MESSAGE.encode() + b".\r\n")) == ["250", "250"]
    one.say("MAIL FROM:<carol@homeport.test>", "RCPT TO:<alice@homeport.test>", "RCPT TO:<dave@homeport.test>", "DATA")
    answer = one.send(MESSAGE.encode() + b".\r\n")
    assert answer.splitlines()[0] == "452 4.2.2 <alice@homeport.test>: the mailbox is full"
    assert codes(answer) == ["452", "250"]
    assert boxes(one) == ["alice", "bob", "dave"]
    one.say("MAIL FROM:<carol@homeport.test>", "RCPT TO:<alice@homeport.test>", "DATA")
    assert codes(one.send(MESSAGE.encode() + b".\r\n")) == ["452"]
    assert boxes(one) == ["alice", "bob", "dave"]
    assert one.findings == []


def test_a_mailbox_with_too_many_messages_is_full_too(client):
    one = begun(client, "alice", mailbox_messages=2)
    one.world.mailboxes.account("bob")  # whom a mail program has asked for: his mailboxes count together
    for expected in (["250", "250"], ["250", "250"], ["452", "452"]):
        one.say(
            "RSET", "MAIL FROM:<carol@homeport.test>", "RCPT TO:<alice@homeport.test>", "RCPT TO:<bob@homeport.test>"
        )
        one.say("DATA")
        answer = one.send(MESSAGE.encode() + b".\r\n")
        assert codes(answer) == expected
    assert "<bob@homeport.test>: the mailbox is full" in answer
    one.world.mail.remove("m1")
    one.say("MAIL FROM:<carol@homeport.test>", "RCPT TO:<bob@homeport.test>", "DATA")
    assert codes(one.send(MESSAGE.encode() + b".\r\n")) == ["250"]


def test_a_fault_at_the_end_of_data_acts_on_the_recipient_that_it_matches(client):
    one = begun(client, "alice", "bob", "carol")
    fault = Do(reply=Reply(451, "try later"))
    one.world.faults.add(Plan(service="smtp", match=Match(verb=".", argument="bob"), do=fault, times=0))
    one.say("DATA")
    assert codes(one.send(MESSAGE.encode() + b".\r\n")) == ["250", "451", "250"]
    assert boxes(one) == ["alice", "carol"]
    assert [to.address for to in one.envelopes[0].recipients] == ["alice@homeport.test", "carol@homeport.test"]


def test_a_fault_once_at_the_end_of_data_acts_on_one_recipient(client):
    one = begun(client, "alice", "bob")
    one.world.faults.add(Plan(service="smtp", match=Match(verb="."), do=Do(reply=Reply(550)), times=1))
    one.say("DATA")
    assert codes(one.send(MESSAGE.encode() + b".\r\n")) == ["550", "250"]


def test_a_message_that_is_refused_is_refused_for_everyone(client):
    one = begun(client, "alice", "bob")
    one.world.faults.add(Plan(service="smtp", match=Match(verb="."), do=Do(reply=Reply(451)), times=0))
    one.say("DATA")
    assert codes(one.send(MESSAGE.encode() + b".\r\n")) == ["451", "451"]
    assert boxes(one) == []
