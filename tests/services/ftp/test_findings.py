"""What clients are told of: each rule broken once, and one session that breaks none."""

import pytest
from services.ftp.conftest import Client

from homeport.services.ftp.rules import RULES


def lines(*said: str):
    """A session that says these lines."""
    return lambda one: one.say(*said)


def octets(*sent: bytes):
    """A session that sends these octets."""
    return lambda one: [one.send(piece) for piece in sent]


def inside(*said: str):
    """A session that logs in and says these lines."""
    return lambda one: one.log_in().say(*said)


def moving(*sent: bytes):
    """A session that sends these octets while a file moves."""

    def talk(one: Client) -> None:
        one.log_in().holding = True
        one.say("PASV", "RETR note.txt")
        octets(*sent)(one)

    return talk


def ending(problem: str = "", *, truncated: bool = False):
    """A session whose transfer ends so."""

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
    "port-reused": inside("PORT 127,0,0,1,20,0", "RETR note.txt", "RETR note.txt"),
    "foreign-peer": ending("foreign peer"),
    "no-close-notify": ending(truncated=True),
    "type-missing": lines("USER alice", "PASS alice-pass", "PASV", "RETR note.txt"),
    "bare-lf-in-ascii": text(b"one\ntwo\r\n"),
    "not-utf8": inside("CWD \udce9"),
    "utf8-unasked": inside("CWD é"),
    "bad-pathname": inside("CWD " + "x" * 300),
    "list-options": inside("PASV", "LIST -la"),
}


@pytest.mark.parametrize("rule", [rule.id for rule in RULES])
def test_each_rule_is_found_when_it_is_broken(client, rule):
    one = client()
    BREAKING[rule](one)
    assert rule in one.findings


def test_there_are_at_least_twenty_rules_each_with_a_test():
    assert len(RULES) >= 20
    assert {rule.id for rule in RULES} == set(BREAKING)


def test_a_faultless_session_finds_nothing(client):
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
