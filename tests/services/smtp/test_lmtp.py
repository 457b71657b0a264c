"""LMTP (RFC 2033): LHLO, and a reply for each recipient."""

import pytest
from services.smtp.conftest import MESSAGE

from homeport.services.smtp import SERVICE


@pytest.fixture
def lmtp(client):
    """A client of LMTP."""
    return client(protocol="lmtp")


def test_the_greeting_and_lhlo(lmtp):
    assert lmtp.greeting == "220 mail.homeport.test LMTP Homeport"
    assert lmtp.say("EHLO client.example").startswith("500 5.5.1 this is LMTP")
    assert lmtp.say("HELO client.example").startswith("500 5.5.1")
    assert lmtp.say("MAIL FROM:<a@client.example>").startswith("503 5.5.1 say LHLO first")
    assert lmtp.say("LHLO client.example").startswith("250-")


def test_the_end_of_data_is_answered_for_each_recipient(lmtp):
    lmtp.say("LHLO client.example", "MAIL FROM:<a@client.example>")
    lmtp.say("RCPT TO:<alice@homeport.test>", "RCPT TO:<a..b@homeport.test>", "RCPT TO:<bob@homeport.test>", "DATA")
    assert lmtp.send(MESSAGE.encode() + b".\r\n").splitlines() == ["250 2.0.0 OK: stored as m1"] * 2
    assert lmtp.envelopes[0].protocol == "LMTP"
    assert lmtp.say("RSET") == "250 2.0.0 OK"


def test_so_is_the_last_chunk_and_a_refusal(client):
    one = client(protocol="lmtp", max_size=10)
    one.say("LHLO client.example", "MAIL FROM:<a@client.example>")
    one.say("RCPT TO:<alice@homeport.test>", "RCPT TO:<bob@homeport.test>")
    assert [line[:3] for line in one.send(b"BDAT 12 LAST\r\n0123456789\r\n").splitlines()] == ["552", "552"]


def test_data_without_recipients_is_one_reply(lmtp):
    lmtp.say("LHLO client.example", "MAIL FROM:<a@client.example>", "RCPT TO:<a..b@homeport.test>")
    assert lmtp.say("DATA").startswith("554 5.5.1 no valid recipients")


def test_lmtp_cannot_do_without_what_its_rfc_demands():
    options = SERVICE.options(protocol="lmtp", without=["PIPELINING"])
    assert len(SERVICE.check(options, None)) == 1
    assert SERVICE.check(SERVICE.options(), None) == []
