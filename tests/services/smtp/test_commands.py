"""Commands of SMTP in every state: the replies, and their texts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from services.smtp.conftest import MESSAGE, TLS

from homeport.protocol.events import TlsStarted
from homeport.services.smtp.session import Smtp

STATES = {
    "start": (),
    "ready": ("EHLO client.example",),
    "mail": ("EHLO client.example", "MAIL FROM:<a@b.example>"),
    "rcpt": ("EHLO client.example", "MAIL FROM:<a@b.example>", "RCPT TO:<alice@homeport.test>"),
}
ANSWERS = {
    # command: codes in the states start, ready, mail, rcpt
    "EHLO client.example": "250 250 250 250",
    "HELO client.example": "250 250 250 250",
    "LHLO client.example": "500 500 500 500",
    "MAIL FROM:<a@b.example>": "503 250 503 503",
    "MAIL FROM:<>": "503 250 503 503",
    "RCPT TO:<alice@homeport.test>": "503 503 250 250",
    "DATA": "503 503 554 354",
    "BDAT 0 LAST": "503 503 554 250",
    "RSET": "250 250 250 250",
    "VRFY alice": "250 250 250 250",
    "EXPN tides": "250 250 250 250",
    "HELP": "214 214 214 214",
    "NOOP": "250 250 250 250",
    "NOOP whatever": "250 250 250 250",
    "STARTTLS": "503 220 220 220",
    "AUTH CRAM-MD5": "503 334 503 503",
    "SEND FROM:<a@b.example>": "502 502 502 502",
    "SOML FROM:<a@b.example>": "502 502 502 502",
    "SAML FROM:<a@b.example>": "502 502 502 502",
    "TURN": "502 502 502 502",
    "ETRN example.org": "500 500 500 500",
    "": "500 500 500 500",
    "QUIT": "221 221 221 221",
    "QUIT now": "501 501 501 501",
    "RSET now": "501 501 501 501",
    "DATA now": "503 503 501 501",
    "VRFY": "501 501 501 501",
    "EXPN": "501 501 501 501",
    "MAIL": "503 501 503 503",
    "RCPT": "503 503 501 501",
    "EHLO": "501 501 501 501",
    "BDAT": "501 501 501 501",
    "BDAT x": "501 501 501 501",
    "BDAT 1 FIRST": "501 501 501 501",
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("command", ANSWERS)
@pytest.mark.requirement("SMTP-5.2.4-1", "SMTP-5.2.10-1")
def test_a_command_in_a_state(client, command, state):
    one = client()
    one.say(*STATES[state])
    assert one.say(command)[:3] == ANSWERS[command].split()[list(STATES).index(state)]


def test_every_command_is_tried_above():
    assert {row.verb for row in Smtp.table} <= {command.split(" ")[0] for command in ANSWERS if command}


def test_commands_are_case_insensitive(client):
    one = client()
    assert one.say("ehlo client.example", "mAiL fRoM:<a@b.example>", "rcpt to:<alice@homeport.test>").startswith("250")


@pytest.mark.requirement("SMTP-5.2.10-2")
def test_a_whole_session(client):
    one = client()
    assert one.greeting == "220 mail.homeport.test ESMTP Homeport"
    assert one.say("EHLO client.example").splitlines() == [
        "250-mail.homeport.test greets client.example",
        "250-PIPELINING",
        "250-SIZE 268435456",
        "250-8BITMIME",
        "250-SMTPUTF8",
        "250-ENHANCEDSTATUSCODES",
        "250-CHUNKING",
        "250-BINARYMIME",
        "250-DSN",
        "250-STARTTLS",
        "250-AUTH SCRAM-SHA-256 CRAM-MD5",
        "250-LIMITS MAILMAX=100000 RCPTMAX=1000",
        "250-MT-PRIORITY",
        "250-DELIVERBY",
        "250-VRFY",
        "250-EXPN",
        "250 HELP",
    ]
    assert one.deliver() == "250 2.0.0 OK: stored as m1"
    assert one.say("QUIT") == "221 2.0.0 mail.homeport.test closing connection"
    assert one.talk.closed
    assert one.findings == []


def test_the_journal_has_each_command_and_the_message(client):
    one = client().hello()
    one.deliver()
    assert [(fields["verb"], fields["code"]) for kind, fields in one.talk.logs if kind == "command"] == [
        ("EHLO", "250"),
        ("MAIL", "250"),
        ("RCPT", "250"),
        ("DATA", "354"),
        (".", "250"),
    ]
    [message] = [fields for kind, fields in one.talk.logs if kind == "message"]
    assert (message["id"], message["from"], message["to"]) == ("m1", "a@client.example", ["alice@homeport.test"])
    assert message["subject"] == "hello"


@pytest.mark.requirement("SMTP-5.2.5-4")
@pytest.mark.parametrize(
    "name", ["under_score", "-a.example", "a..b", "[1.2.3]", "[IPv6:zz]", "two words", "a.b.", "é.ch"]
)
def test_an_ehlo_without_domain_or_literal_is_refused(client, name):
    one = client()
    assert one.say(f"EHLO {name}").startswith("501 5.5.4 the argument is a domain")
    assert one.findings == ["bad-helo"]


@pytest.mark.requirement("SMTP-5.2.5-2", "SMTP-5.2.5-3", "SMTP-5.2.5-5")
@pytest.mark.parametrize("name", ["localhost", "[192.0.2.9]", "[IPv6:2001:db8::1]", "mail.homeport.test"])
def test_a_doubtful_ehlo_is_accepted_with_a_finding(client, name):
    one = client()
    assert one.say(f"EHLO {name}").startswith("250-")
    assert len(one.findings) == 1
    assert one.deliver().startswith("250")
    assert f"from {name} ([127.0.0.1])".encode() in one.envelopes[0].received


def test_the_clients_own_address_literal_is_correct(client):
    one = client()
    assert one.say("EHLO [127.0.0.1]").startswith("250-")
    six = client(peer=("2001:db8::7", 1))
    assert six.say("EHLO [IPv6:2001:DB8:0::7]").startswith("250-")
    assert one.findings == six.findings == []


def test_a_second_ehlo_drops_the_transaction(client):
    one = client().hello()
    one.say("MAIL FROM:<a@b.example>")
    one.hello()
    assert one.say("RCPT TO:<alice@homeport.test>").startswith("503")


def test_helo_offers_no_extensions(client):
    one = client()
    assert one.say("HELO client.example") == "250 mail.homeport.test"
    assert one.say("MAIL FROM:<a@b.example> SIZE=5").startswith("555 5.5.4 parameters need EHLO instead of HELO")
    assert one.deliver().startswith("250")
    assert one.envelopes[0].protocol == "SMTP"


@pytest.mark.requirement("SMTP-5.2.3-1", "SMTP-5.2.3-2", "SMTP-5.2.3-4")
def test_vrfy_and_expn(client):
    one = client()
    assert one.say("VRFY alice") == "250 2.1.5 Alice Liddell <alice@homeport.test>"
    assert one.say("VRFY <alice@homeport.test>") == "250 2.1.5 Alice Liddell <alice@homeport.test>"
    assert one.say("VRFY Liddell").startswith("250 2.1.5 Alice Liddell")
    assert one.say("VRFY nobody@homeport.test").startswith("252 2.1.5")
    assert one.say("VRFY nobody").startswith("550 5.1.1")
    assert one.say("VRFY tides").startswith("252 2.1.5")
    assert one.say("EXPN tides").splitlines() == [
        "250-2.1.5 <alice@homeport.test>",
        "250-2.1.5 <bob@homeport.test>",
        "250 2.1.5 <carol@homeport.test>",
    ]
    assert one.say("EXPN alice").startswith("550 5.1.3")
    assert one.say("EXPN nobody").startswith("550 5.1.1")
    assert one.say("VRFY a@b@c").startswith("501 5.1.3")


@pytest.mark.requirement("SMTP-5.2.3-3")
def test_vrfy_and_expn_can_be_switched_off(client):
    one = client(without=["VRFY", "EXPN"])
    assert one.say("VRFY alice").startswith("252 2.5.0")
    assert one.say("EXPN tides").startswith("502 5.5.1")
    assert "VRFY" not in one.say("EHLO client.example")


def test_help_shows_each_command(client):
    one = client()
    for row in Smtp.table:
        if row.verb == "LHLO":
            continue
        assert one.say(f"HELP {row.verb}").startswith(f"214-2.0.0 {row.verb}")
    assert one.say("HELP nothing").startswith("504")


@pytest.mark.requirement("GEN-1.2.2-3")
@settings(max_examples=150)
@given(st.lists(st.one_of(st.binary(max_size=60), st.sampled_from([line.encode() + b"\r\n" for line in ANSWERS]))))
def test_any_input_gets_well_formed_replies(pieces):
    from services.smtp.conftest import Client

    one = Client()
    for piece in pieces:
        if piece:
            one.send(piece)
        assert len(one.session._held) <= 13_000
    for line in one.talk.sent.decode().splitlines():
        assert line[:3].isdigit()
        assert line[3] in " -"
        assert len(line.encode()) <= 510


def test_repr_names_state_peer_and_recipients(client):
    one = client()
    peer = "127.0.0.1:40000"
    states = [repr(one.session)]
    for line in (*STATES["rcpt"], "RCPT TO:<bob@homeport.test>", "DATA"):
        one.say(line)
        states.append(repr(one.session))
    one.send(MESSAGE.encode() + b".\r\n")
    states.append(repr(one.session))
    one.say("AUTH CRAM-MD5")
    states.append(repr(one.session))
    one.say("*", "STARTTLS")
    states.append(repr(one.session))
    one.tell(TlsStarted(TLS))
    one.say("QUIT")
    states.append(repr(one.session))
    assert states == [
        f"<Smtp start {peer}>",
        f"<Smtp ready {peer}>",
        f"<Smtp mail {peer}>",
        f"<Smtp rcpt {peer} 1 recipient>",
        f"<Smtp rcpt {peer} 2 recipients>",
        f"<Smtp data {peer} 2 recipients>",
        f"<Smtp ready {peer}>",
        f"<Smtp auth {peer}>",
        f"<Smtp tls {peer}>",
        f"<Smtp over {peer}>",
    ]


def test_a_session_inherits_directly_from_the_engine():
    assert [kind.__name__ for kind in Smtp.__mro__ if kind.__module__.startswith("homeport")] == [
        "Smtp",
        "CommandSession",
        "Session",
    ]
