"""Findings: each rule broken once, correct use close to it, and a session that breaks none."""

import pytest
from services.ftp.conftest import Client

from homeport.protocol.events import TalkedEarly
from homeport.services.ftp.rules import RULES


def lines(*said: str):
    """A session that says these lines."""
    return lambda one: one.say(*said)


def octets(*sent: bytes):
    """A session that sends these bytes."""
    return lambda one: [one.send(piece) for piece in sent]


def inside(*said: str):
    """A session that logs in and says these lines."""
    return lambda one: one.log_in().say(*said)


def moving(*sent: bytes):
    """A session that sends these bytes while a file moves."""

    def talk(one: Client) -> None:
        one.log_in().holding = True
        one.say("PASV", "RETR note.txt")
        octets(*sent)(one)

    return talk


def ending(problem: str = "", *, truncated: bool = False):
    """A session whose transfer ends with a problem."""

    def talk(one: Client) -> None:
        one.log_in().holding = True
        one.say("PASV", "STOR x")
        one.end(problem, truncated=truncated)

    return talk


def text(content: bytes):
    """A session that stores a text."""

    def talk(one: Client) -> None:
        one.log_in().stores = content
        one.say("TYPE A", "PASV", "STOR x")

    return talk


def secured(*said: str):
    """A session under TLS."""
    return lambda one: one.start_tls().log_in().say(*said)


BREAKING = {
    "early-talker": lambda one: one.tell(TalkedEarly(b"USER anonymous\r\n")),
    "unexpected-tls": octets(b"\x16\x03\x01\x02\x00\x01"),
    "bare-lf": octets(b"NOOP\n"),
    "control-characters": octets(b"NOOP \0\r\n"),
    "command-too-long": lines("NOOP " + "x" * 5000),
    "telnet-negotiation": octets(b"\xff\xfd\x01"),
    "telnet-command": octets(b"\xff\xf6"),
    "unknown-command": lines("FROB"),
    "mail-command": lines("MAIL alice"),
    "historic-verb": inside("XPWD"),
    "syntax": inside("RETR"),
    "bad-sequence": inside("RNTO x"),
    "pass-before-user": lines("PASS x"),
    "not-logged-in": lines("PWD"),
    "rnfr-abandoned": inside("RNFR note.txt", "NOOP"),
    "rest-abandoned": inside("REST 5", "NOOP"),
    "command-during-transfer": moving(b"NOOP\r\n"),
    "abort-without-synch": moving(b"ABOR\r\n"),
    "data-after-quit": lines("QUIT", "NOOP"),
    "no-quit": lambda one: one.log_in().finish(),
    "clear-password": lines("USER alice", "PASS alice-pass"),
    "anonymous-password": lines("USER anonymous", "PASS guest"),
    "old-auth": lines("AUTH SSL"),
    "tls-injection": octets(b"AUTH TLS\r\nNOOP\r\n"),
    "prot-before-pbsz": secured("PROT P"),
    "data-in-clear": secured("PBSZ 0", "PROT C"),
    "foreign-address": inside("PORT 192,0,2,1,20,0"),
    "low-port": inside("PORT 127,0,0,1,0,25"),
    "after-epsv-all": inside("EPSV ALL", "PASV"),
    "default-port": inside("RETR note.txt"),
    "port-reused": inside("PORT 127,0,0,1,200,0", "RETR note.txt", "RETR note.txt"),
    "foreign-peer": ending("foreign peer"),
    "tls-on-clear-data": ending("tls"),
    "no-close-notify": ending(truncated=True),
    "type-missing": lines("USER alice", "PASS alice-pass", "PASV", "RETR note.txt"),
    "bare-lf-in-ascii": text(b"one\ntwo\r\n"),
    "not-utf8": inside("CWD \udce9"),
    "utf8-unasked": inside("CWD é"),
    "bad-pathname": inside("CWD " + "x" * 300),
    "list-options": inside("PASV", "LIST -la"),
}


def safe(*said: str):
    """A session that logs in under TLS, protects its data connections, and says these lines."""
    return secured("PBSZ 0", "PROT P", *said)


def stored(content: bytes, *said: str):
    """A session that stores a file, having said these lines."""

    def talk(one: Client) -> None:
        one.stores = content
        safe(*said, "PASV", "STOR x")(one)

    return talk


def storing(*, sent: bytes = b""):
    """A session that sends these bytes while it stores a file; the transfer ends well."""

    def talk(one: Client) -> None:
        safe()(one)
        one.holding = True
        one.say("PASV", "STOR x")
        one.send(sent)
        if one.moving is not None:
            one.end()

    return talk


def leaving(*said: str, reason: str = "closed"):
    """A session whose connection is closed after these lines."""

    def talk(one: Client) -> None:
        safe(*said)(one)
        one.vanish(reason)

    return talk


RIGHT = {
    "early-talker": lambda one: one.tell(TalkedEarly(b"QUIT\r\n")),
    "unexpected-tls": lines("AUTH TLS"),
    "bare-lf": octets(b"NOOP\r\n"),
    "control-characters": octets(b"USER a\r\0b~\x7f\r\n"),
    "command-too-long": lines("USER " + "x" * 4089),
    "telnet-negotiation": octets(b"NOOP\r\n\xff\xf4\xff\xf2NOOP\r\n"),
    "telnet-command": octets(b"\xff\xf4\xff\xf2ABOR\r\n"),
    "unknown-command": lines("FEAT", "HELP", "SYST", "OPTS UTF8 ON", "SITE HELP"),
    "mail-command": lines("USER mail"),
    "historic-verb": safe("PWD", "CDUP", "CWD pub", "MKD x", "RMD x"),
    "syntax": safe("SIZE /pub/a.txt", "TYPE A N", "ALLO 5 R 5", "EPSV 1", "HELP retr"),
    "bad-sequence": safe("RNFR note.txt", "RNTO x", "REST 0"),
    "pass-before-user": safe(),
    "not-logged-in": lines("FEAT", "SYST", "STAT", "HELP", "NOOP", "QUIT"),
    "rnfr-abandoned": safe("RNFR note.txt", "RNTO note.txt", "NOOP"),
    "rest-abandoned": safe("REST 2", "PASV", "RETR note.txt", "NOOP"),
    "command-during-transfer": lambda one: (storing()(one), one.say("NOOP")),
    "abort-without-synch": storing(sent=b"\xff\xf4\xff\xf2ABOR\r\n"),
    "data-after-quit": leaving("QUIT"),
    "no-quit": leaving("NOOP", "QUIT"),
    "clear-password": safe(),
    "anonymous-password": lines("USER anonymous", "PASS guest@client.example"),
    "old-auth": secured(),
    "tls-injection": octets(b"NOOP\r\n", b"AUTH TLS\r\n"),
    "prot-before-pbsz": secured("PBSZ 0", "PROT P", "PBSZ 0", "PROT P"),
    "data-in-clear": safe("PASV", "RETR note.txt"),
    "foreign-address": safe("PORT 127,0,0,1,200,0", "EPRT |1|127.0.0.1|51200|"),
    "low-port": safe("PORT 127,0,0,1,128,0", "EPRT |1|127.0.0.1|32768|"),
    "after-epsv-all": safe("EPSV ALL", "EPSV", "RETR note.txt"),
    "default-port": safe("PORT 127,0,0,1,200,0", "RETR note.txt", "PASV", "NLST"),
    "port-reused": safe("PORT 127,0,0,1,200,0", "RETR note.txt", "PORT 127,0,0,1,200,1", "RETR note.txt"),
    "foreign-peer": storing(),
    "tls-on-clear-data": storing(),
    "no-close-notify": storing(),
    "type-missing": lambda one: one.start_tls().say(
        "USER alice", "PASS alice-pass", "PBSZ 0", "PROT P", "TYPE A", "PASV", "RETR note.txt"
    ),
    "bare-lf-in-ascii": stored(b"one\r\n\r\ntwo\rthree\r\n", "TYPE A"),
    "not-utf8": safe("OPTS UTF8 ON", "SIZE note.txt", "MKD é"),
    "utf8-unasked": safe("FEAT", "MKD é"),
    "bad-pathname": safe("MKD " + "x" * 255, "MKD " + "y" * 200),
    "list-options": safe("PASV", "LIST /pub", "PASV", "NLST", "PASV", "MLSD"),
}
"""For each rule, a session that comes close to breaking it."""


@pytest.mark.parametrize("rule", RIGHT)
def test_correct_use_close_to_a_rule_is_not_reported(client, rule):
    one = client()
    RIGHT[rule](one)
    assert one.findings == []


def test_text_in_type_i_needs_no_cr_lf(client):
    one = client()
    stored(b"one\ntwo\n")(one)
    assert one.findings == []


@pytest.mark.parametrize("command", ["RETR note.txt", "STOR x", "APPE x", "STOU"])
def test_a_transfer_without_type_is_reported_in_both_directions(client, command):
    one = client()
    one.say("USER alice", "PASS alice-pass", "PASV", command)
    assert one.findings == ["clear-password", "type-missing"]


@pytest.mark.parametrize("rule", [rule.id for rule in RULES])
def test_each_broken_rule_is_reported(client, rule):
    one = client()
    BREAKING[rule](one)
    assert rule in one.findings


def test_there_are_at_least_twenty_rules_each_with_a_test():
    assert len(RULES) >= 20
    assert {rule.id for rule in RULES} == set(BREAKING) == set(RIGHT)


def test_a_correct_session_has_no_findings(client):
    one = client()
    one.say("FEAT")
    one.start_tls().log_in()
    one.say("PBSZ 0", "PROT P", "OPTS UTF8 ON", "CWD /pub", "TYPE I")
    for command in ("MLSD", "LIST", "RETR a.txt", "STOR ü"):
        one.say("EPSV")
        assert "226" in one.say(command)
    one.say("REST 2", "EPSV", "RETR a.txt", "RNFR ü", "RNTO u", "DELE u", "QUIT")
    one.vanish("closed")
    assert one.findings == []
