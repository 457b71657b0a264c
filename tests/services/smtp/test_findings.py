"""Findings: each rule broken once, the correct use next to it, and one session that breaks none."""

import pytest
from services.line_client import lines, octets
from services.smtp.conftest import MESSAGE, Client

from homeport.protocol.effects import ReportFinding
from homeport.protocol.events import Data, TalkedEarly
from homeport.services.smtp.rules import OF_HEADERS, OF_MIME, RULES

EHLO = "EHLO client.example"
MAIL = "MAIL FROM:<a@client.example>"
RCPT = "RCPT TO:<alice@homeport.test>"
BEGUN = (EHLO, MAIL, RCPT)


def message(content: str | bytes = MESSAGE, mail: str = MAIL):
    """Return a session that sends this message."""

    def talk(one: Client) -> None:
        one.say(EHLO, mail, RCPT, "DATA")
        one.send((content.encode() if isinstance(content, str) else content) + b".\r\n")

    return talk


def header(old: str, new: str):
    """Return a session that sends the correct message with one change."""
    assert old in MESSAGE
    return message(MESSAGE.replace(old, new))


def then(first, *more):
    """Return a session that continues with more."""

    def talk(one: Client) -> None:
        first(one)
        for step in more:
            step(one)

    return talk


BREAKING = {
    "early-talker": lambda one: one.tell(TalkedEarly(b"EHLO client.example\r\n")),
    "unexpected-tls": octets(b"\x16\x03\x01\x02\x00\x01"),
    "bare-lf": octets(b"NOOP\n"),
    "control-characters": octets(b"NOOP \x07\r\n"),
    "command-too-long": lines("NOOP " + "x" * 600),
    "command-space": lines(EHLO, "MAIL  FROM:<a@client.example>"),
    "trailing-space": lines("NOOP "),
    "pipelining-not-offered": octets(b"HELO client.example\r\n", MAIL.encode() + b"\r\n" + RCPT.encode() + b"\r\n"),
    "pipelining-sync": then(lines(EHLO), octets(b"NOOP\r\nNOOP\r\n")),
    "data-after-quit": octets(b"QUIT\r\n", b"NOOP\r\n"),
    "no-quit": then(lines(EHLO), Client.end),
    "message-cut-off": then(lines(*BEGUN, "DATA", "Subject: x"), Client.end),
    "bad-sequence": lines(EHLO, RCPT),
    "no-ehlo": lines(MAIL),
    "no-ehlo-after-starttls": then(lines(EHLO), Client.start_tls, lines(MAIL)),
    "helo-used": lines("HELO client.example"),
    "bad-helo": lines("EHLO under_score"),
    "helo-not-fqdn": lines("EHLO localhost"),
    "helo-too-long": lines("EHLO " + "abc." * 64 + "example"),
    "helo-literal": lines("EHLO [192.0.2.1]"),
    "helo-is-server": lines("EHLO mail.homeport.test"),
    "unknown-command": lines("ETRN example.org"),
    "obsolete-command": lines("TURN"),
    "syntax": lines("QUIT now"),
    "space-after-colon": lines(EHLO, "MAIL FROM: <a@client.example>"),
    "no-angle-brackets": lines(EHLO, "MAIL FROM:a@client.example"),
    "bad-path": lines(EHLO, "MAIL FROM:<a..b@client.example>"),
    "path-too-long": lines(EHLO, f"MAIL FROM:<{'a' * 65}@client.example>"),
    "source-route": lines(EHLO, MAIL, "RCPT TO:<@relay.example:alice@homeport.test>"),
    "utf8-address": lines(EHLO, "MAIL FROM:<é@client.example>"),
    "not-utf8": octets(b"NOOP \xff\r\n"),
    "duplicate-recipient": lines(*BEGUN, "RCPT TO:<alice@HomePort.test>"),
    "parameter-not-offered": lines(EHLO, MAIL + " SOLICIT=x"),
    "parameter-after-helo": lines("HELO client.example", MAIL + " SIZE=1"),
    "bad-parameter": lines(EHLO, MAIL + " SIZE=many"),
    "size-exceeds-limit": lines(EHLO, MAIL + " SIZE=99999999999"),
    "size-lied": message(mail=MAIL + " SIZE=10"),
    "8bit-without-8bitmime": message(MESSAGE + "grüße\r\n"),
    "utf8-header": header("hello\r\n\r\n", "grüße\r\n\r\n"),
    "binary-with-data": lines(EHLO, MAIL + " BODY=BINARYMIME", RCPT, "DATA"),
    "data-mixed": lines(*BEGUN, "BDAT 0", "DATA"),
    "requiretls-without-tls": lines(EHLO, MAIL + " REQUIRETLS"),
    "starttls-twice": then(lines(EHLO), Client.start_tls, lines(EHLO, "STARTTLS")),
    "starttls-injection": then(lines(EHLO), octets(b"STARTTLS\r\nNOOP\r\n")),
    "auth-in-clear": lines(EHLO, "AUTH PLAIN AGEAYg=="),
    "auth-twice": then(lines(EHLO), Client.start_tls, lines(EHLO, "AUTH PLAIN AGFsaWNlAGFsaWNlLXBhc3M=", "AUTH PLAIN")),
    "auth-in-transaction": lines(EHLO, MAIL, "AUTH CRAM-MD5"),
    "bare-lf-in-message": message(MESSAGE + "one\ntwo\r\n"),
    "bare-cr-in-message": message(MESSAGE + "one\rtwo\r\n"),
    "false-end": message(MESSAGE + "one\n.\r\ntwo\r\n"),
    "dot-not-stuffed": message(MESSAGE + ".one\r\n"),
    "line-too-long": message(MESSAGE + "x" * 999 + "\r\n"),
    "nul-in-message": message(MESSAGE + "\0\r\n"),
    "no-final-crlf": then(lines(*BEGUN), octets(b"BDAT 1 LAST\r\nx")),
    "missing-date": header("Date: Wed, 14 Oct 2026 17:46:40 +0000\r\n", ""),
    "missing-from": header("From: a@client.example\r\n", ""),
    "missing-message-id": header("Message-ID: <1@client.example>\r\n", ""),
    "bad-message-id": header("<1@client.example>", "1@client.example"),
    "bad-date": header("Wed, 14 Oct 2026 17:46:40 +0000", "2026-10-14 17:46:40"),
    "obsolete-date": header("Wed, 14 Oct 2026 17:46:40 +0000", "Wed, 14 Oct 2026 17:46:40 GMT"),
    "bad-from": header("From: a@client.example", "From: nobody"),
    "bad-header": header("Subject: hello", "Subject hello"),
    "header-too-long": message(MESSAGE.replace("\r\n\r\n", "\r\n" + "X-Long: y\r\n" * 7000 + "\r\n")),
    "duplicate-field": header("Subject: hello", "Subject: hello\r\nSubject: again"),
    "bcc-sent": header("Subject: hello", "Bcc: bob@homeport.test"),
    "bad-boundary": header("Subject: hello", "Content-Type: multipart/mixed"),
    "boundary-unused": header("Subject: hello", "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=abc"),
}
"""A session that breaks each rule."""
ELSEWHERE = {"auth-missing": "submission"}
"""Rules that another listener than `starttls` has, with a session that only says MAIL."""


def secure(*said: str):
    """Return a session over TLS that sends these lines after EHLO."""
    return then(lines(EHLO), Client.start_tls, lines(EHLO, *said))


def chunk(content: str, mail: str = MAIL):
    """Return a session that sends a message by BDAT."""
    data = content.encode()
    return then(lines(EHLO, mail, RCPT), octets(b"BDAT %d LAST\r\n" % len(data) + data))


LOGIN = "AUTH PLAIN AGFsaWNlAGFsaWNlLXBhc3M="
QUIT = then(lines("QUIT"), Client.end)
MULTIPART = MESSAGE.replace("Subject: hello", "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=abc")
PARTS = "--abc\r\n\r\none\r\n--abc--\r\n"
LONGEST_PATH = f"<{'a' * 64}@{'.'.join(['b' * 61] * 3)}.exa>"
"""256 octets, as many as a path may have (RFC 5321 4.5.3.1.3)."""
RIGHT = {
    "early-talker": lambda one: one.tell(TalkedEarly(b"QUIT\r\n")),
    "unexpected-tls": lines(EHLO, "STARTTLS"),
    "bare-lf": octets(b"NOOP\r\n"),
    "control-characters": octets(b"NOOP a~b\r\n"),
    "command-too-long": lines("NOOP " + "x" * 505),
    "command-space": lines(EHLO, MAIL),
    "trailing-space": lines("NOOP a b"),
    "pipelining-not-offered": octets(b"HELO client.example\r\n", MAIL.encode() + b"\r\n", RCPT.encode() + b"\r\n"),
    "pipelining-sync": then(lines(EHLO), octets(f"RSET\r\n{MAIL}\r\n{RCPT}\r\nDATA\r\n".encode())),
    "data-after-quit": then(lines(EHLO), QUIT),
    "no-quit": then(lines(EHLO), QUIT, lambda one: one.vanish("closed")),
    "message-cut-off": then(message(), QUIT),
    "bad-sequence": lines(EHLO, MAIL, RCPT, "RSET", MAIL),
    "no-ehlo": lines(EHLO, MAIL),
    "no-ehlo-after-starttls": secure(MAIL),
    "helo-used": lines(EHLO),
    "bad-helo": lines("EHLO 3-under.score"),
    "helo-not-fqdn": lines("EHLO localhost.example"),
    "helo-too-long": lines("EHLO " + "abc." * 60 + "example"),
    "helo-literal": lines("EHLO [127.0.0.1]"),
    "helo-is-server": lines("EHLO mail2.homeport.test"),
    "unknown-command": lines(EHLO, "VRFY alice", "EXPN tides", "HELP", "NOOP", "RSET"),
    "obsolete-command": lines(EHLO, MAIL),
    "syntax": lines(EHLO, "NOOP now", "HELP NOOP", MAIL, RCPT, "BDAT 0", "bdat 00"),
    "space-after-colon": lines(EHLO, MAIL + " SIZE=1"),
    "no-angle-brackets": lines(EHLO, "mail from:<>"),
    "bad-path": lines(EHLO, 'MAIL FROM:<"a..b "@client.example>', "RCPT TO:<Postmaster>"),
    "path-too-long": lines(EHLO, f"MAIL FROM:{LONGEST_PATH}"),
    "source-route": lines(EHLO, 'MAIL FROM:<"@relay.example:alice"@homeport.test>'),
    "utf8-address": lines(EHLO, "MAIL FROM:<é@client.example> SMTPUTF8", "RCPT TO:<ü@homeport.test>"),
    "not-utf8": lines("NOOP ÿ"),
    "duplicate-recipient": lines(*BEGUN, "RCPT TO:<Alice@homeport.test>", "RCPT TO:<bob@homeport.test>"),
    "parameter-not-offered": lines(EHLO, MAIL + " SIZE=1 BODY=7BIT RET=HDRS ENVID=x"),
    "parameter-after-helo": lines("HELO client.example", MAIL),
    "bad-parameter": lines(EHLO, MAIL + " SIZE=0 body=8bitmime"),
    "size-exceeds-limit": lines(EHLO, MAIL + " SIZE=268435456"),
    "size-lied": message(mail=f"{MAIL} SIZE={len(MESSAGE)}"),
    "8bit-without-8bitmime": message(MESSAGE + "grüße\r\n", mail=MAIL + " BODY=8BITMIME"),
    "utf8-header": message(MESSAGE.replace("Subject: hello", "Subject: grüße"), mail=MAIL + " SMTPUTF8 BODY=8BITMIME"),
    "binary-with-data": chunk(MESSAGE + "\0\r\n", mail=MAIL + " BODY=BINARYMIME"),
    "data-mixed": then(lines(*BEGUN), octets(b"BDAT 0\r\n", b"BDAT 0\r\n", b"RSET\r\n"), lines(MAIL, RCPT, "DATA")),
    "requiretls-without-tls": secure(MAIL + " REQUIRETLS"),
    "starttls-twice": secure(),
    "starttls-injection": then(lines(EHLO), octets(b"NOOP\r\n", b"STARTTLS\r\n")),
    "auth-in-clear": lines(EHLO, "AUTH CRAM-MD5", "*"),
    "auth-twice": secure(LOGIN),
    "auth-in-transaction": secure(MAIL, "RSET", LOGIN),
    "bare-lf-in-message": message(MESSAGE + "\r\none\r\n\r\ntwo\r\n"),
    "bare-cr-in-message": message(MESSAGE + "\r\n\r\n\r\n"),
    "false-end": message(MESSAGE + "..\r\none.\r\n.. \r\ntwo\r\n"),
    "dot-not-stuffed": message(MESSAGE + "..one\r\n....\r\nt.w.o\r\n"),
    "line-too-long": message(MESSAGE + "x" * 998 + "\r\n" + "y" * 998 + "\r\n"),
    "nul-in-message": message(MESSAGE + "\x01\x7f\r\n"),
    "no-final-crlf": chunk(MESSAGE),
    "missing-date": header("Date:", "dAtE:"),
    "missing-from": header("From:", "FROM:"),
    "missing-message-id": header("Message-ID: <1@client.example>", "Message-Id:\r\n <1@client.example>"),
    "bad-message-id": header("<1@client.example>", "<1.a+b@[192.0.2.1]> (a comment)"),
    "bad-date": header("Wed, 14 Oct 2026 17:46:40 +0000", "29 Feb 2028 23:59:60 -1200"),
    "obsolete-date": header("Wed, 14 Oct 2026 17:46:40 +0000", "Wed, 14 Oct 2026 17:46:40 +0000 (GMT)"),
    "bad-from": header(
        "From: a@client.example", 'From: "Nobody, A." <a@client.example>, b@client.example\r\nSender: a@client.example'
    ),
    "bad-header": header("Subject: hello", "Subject:\r\n\thello\r\nX-Empty:"),
    "header-too-long": message(MESSAGE.replace("\r\n\r\n", "\r\n" + "X-Long: y\r\n" * 5000 + "\r\n")),
    "duplicate-field": header("Subject: hello", "Received: a; b\r\nReceived: a; b\r\nComments: a\r\nComments: b"),
    "bcc-sent": header("Subject: hello", "Bcc:\r\nCc: bob@homeport.test"),
    "bad-boundary": message(
        MULTIPART.replace("boundary=abc", 'charset=x; Boundary="a b:c"') + "--a b:c\r\n\r\n--a b:c--\r\n"
    ),
    "boundary-unused": message(MULTIPART + PARTS),
}
"""A session that comes close to breaking each rule, and keeps it."""
BESIDE = {
    "parameter-after-helo": ["helo-used"],
    "pipelining-not-offered": ["helo-used"],
}
"""Rules that the session breaks instead."""


def test_every_rule_is_broken_and_kept_here():
    assert RIGHT.keys() == BREAKING.keys()
    of_content = {rule.id for rule in (*OF_HEADERS, *OF_MIME)}  # tests/services/smtp/test_message_findings.py
    assert {rule.id for rule in RULES} - of_content == BREAKING.keys() | ELSEWHERE.keys()
    assert len(RULES) >= 30


@pytest.mark.parametrize("rule", BREAKING)
def test_breaking_a_rule_is_a_finding(client, rule):
    one = client()
    BREAKING[rule](one)
    assert rule in one.findings


@pytest.mark.parametrize("rule", RIGHT)
def test_the_correct_use_next_to_a_rule_is_no_finding(client, rule):
    one = client()
    RIGHT[rule](one)
    assert one.findings == BESIDE.get(rule, [])


def test_an_authenticated_submission_is_no_finding(client):
    one = client(listener="submission").hello().start_tls().hello()
    one.say(LOGIN, MAIL, RCPT)
    assert one.findings == []


@pytest.mark.parametrize("rule", ELSEWHERE)
def test_breaking_a_rule_of_another_listener_is_a_finding(client, rule):
    one = client(listener=ELSEWHERE[rule])
    one.say(EHLO, MAIL)
    assert rule in one.findings


def test_a_correct_session_has_no_findings(client):
    one = client().hello()
    one.deliver()
    one.deliver(MESSAGE + "..a line that begins with a dot\r\n" + "x" * 998 + "\r\n")
    one.deliver(MESSAGE.replace("hello", "grüße"), mail=" SMTPUTF8 BODY=8BITMIME SIZE=500")
    one.deliver(
        MESSAGE.replace("Subject", 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n boundary="b b"\r\nSubject')
        + "--b b\r\n\r\npart\r\n--b b--\r\n"
    )
    one.start_tls().hello()
    assert one.say("AUTH PLAIN AGFsaWNlAGFsaWNlLXBhc3M=").startswith("235")
    one.deliver()
    one.say("QUIT")
    one.vanish("closed")
    assert one.findings == []
    assert len(one.stored) == 5


@pytest.mark.parametrize(
    ("date", "findings"),
    [
        ("Wed, 14 Oct 2026 17:46:40 +0000", []),
        ("14 Oct 2026 17:46 -0430", []),
        ("Wed, 14 Oct 2026 17:46:40 +0100 (CET, not GMT)", []),
        ("Wed, 14 Oct 2026 17:46:40 GMT", ["obsolete-date"]),
        ("Wed, 14 Oct 2026 17:46 Z", ["obsolete-date"]),
        ("Wed, 14 Oct 26 17:46:40 +0000", ["obsolete-date"]),
        ("Wed, 14 Oct 26 17:46:40 PDT (with a comment)", ["obsolete-date"]),
    ],
)
@pytest.mark.requirement("SMTP-5.2.14-3")
def test_dates_with_numeric_zones_are_correct_and_obsolete_ones_accepted_with_a_finding(client, date, findings):
    one = client(strict=True).hello()
    assert one.deliver(MESSAGE.replace("Wed, 14 Oct 2026 17:46:40 +0000", date)).startswith("250")
    assert one.findings == findings


@pytest.mark.requirement("SMTP-5.2.19-2")
def test_a_header_with_a_source_route_is_taken_and_is_advice(client):
    one = client(strict=True).hello()
    routed = MESSAGE.replace("From: a@client.example", "From: A <@relay.example,@two.example:a@client.example>")
    assert one.deliver(routed).startswith("250")
    assert one.findings == ["obsolete-address"]


def test_a_finding_about_content_is_reported_once_per_message(client):
    one = client().hello()
    one.deliver(MESSAGE + "one\ntwo\nthree\r\n" * 100)
    assert one.findings == ["bare-lf-in-message"]


@pytest.mark.parametrize("rule", ["missing-date", "bare-lf-in-message", "8bit-without-8bitmime", "line-too-long"])
def test_strict_refuses_messages_that_break_a_must(client, rule):
    one = client(strict=True)
    BREAKING[rule](one)
    assert one.stored == []
    assert "\r\n554 5.6.0 the client sent" in one.talk.sent.decode()


def test_strict_refuses_improper_pipelining(client):
    one = client(strict=True).hello()
    assert one.send(b"NOOP\r\nNOOP\r\n").startswith("503 5.5.1 improper command pipelining")


def test_findings_carry_the_transaction_that_they_are_about(client):
    one = client()
    effects = []
    for line in (
        b"EHLO client",
        b"MAIL FROM: <a@client.example>",
        b"MAIL FROM:<a@client.example>",
        b"RCPT TO:<@a.example:alice@homeport.test>",
        b"FROB",
        b"DATA",
        b"Subject: x\r\n\r\n.",
        b"FROB",
    ):
        effects += [effect for effect in one.session.handle(Data(line + b"\r\n")) if isinstance(effect, ReportFinding)]
    found = [(effect.id, effect.transaction) for effect in effects]
    assert found[:4] == [
        ("helo-not-fqdn", ""),
        ("space-after-colon", "c1-1"),
        ("source-route", "c1-2"),
        ("unknown-command", "c1-2"),
    ]
    assert {transaction for _finding, transaction in found[4:-1]} == {"c1-2"}
    assert found[-1] == ("unknown-command", "")
    assert one.envelopes[0].transaction == "c1-2"
