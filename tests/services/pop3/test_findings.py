"""Findings: each rule broken once, the correct use next to it, and one session that breaks none."""

import pytest
from services.line_client import TLS, lines, octets
from services.pop3.conftest import MESSAGE, Client, has

from homeport.protocol.events import TalkedEarly
from homeport.sasl.rules import sasl_rules
from homeport.services.pop3 import SERVICE
from homeport.services.pop3.rules import RULES

LOGIN = ("USER alice", "PASS alice-pass")


def then(*steps):
    """Return a session that has several parts."""

    def talk(one: Client) -> None:
        for step in steps:
            step(one)

    return talk


OPTIONS = {
    "pipelining-not-offered": {"without": ["PIPELINING"]},
    "polling-too-fast": {"login_delay": 60},
    "not-announced": {"without": ["TOP"]},
}
"""Options of the sessions, where they differ from the defaults."""
BREAKING = {
    "early-talker": lambda one: one.tell(TalkedEarly(b"USER alice\r\n")),
    "bare-lf": octets(b"CAPA\n"),
    "command-too-long": lines("USER " + "x" * 249),
    "not-printable": octets(b"CAPA\t\r\n"),
    "command-space": lines("LANG  en"),
    "unknown-command": lines("FROB"),
    "syntax": lines(*LOGIN, "RETR"),
    "bad-sequence": lines("STAT"),
    "not-announced": lines(*LOGIN, "TOP 1 0"),
    "pipelining-not-offered": octets(b"CAPA\r\nCAPA\r\n"),
    "pipelining-sync": octets(b"AUTH PLAIN\r\nAGFsaWNlAGFsaWNlLXBhc3M=\r\n"),
    "pass-before-user": lines("PASS alice-pass"),
    "plain-in-clear": lines(*LOGIN),
    "auth-twice": then(Client.start_tls, lines(*LOGIN, "USER alice")),
    "stls-twice": then(Client.start_tls, lines("STLS")),
    "stls-injection": octets(b"STLS\r\nCAPA\r\n"),
    "polling-too-fast": then(
        lambda one: one.world.of_service("pop3", dict).update(alice=one.world.clock.now() - 59), lines(*LOGIN)
    ),
    "no-such-message": lines(*LOGIN, "RETR 3"),
    "retr-after-dele": lines(*LOGIN, "DELE 1", "RETR 1"),
    "no-quit": then(lines(*LOGIN), Client.end),
    "data-after-quit": lines("QUIT", "NOOP"),
    "unexpected-tls": octets(b"\x16\x03\x01\x02\x00\x01"),
}
"""A session that breaks each rule."""
RIGHT = {
    "early-talker": lambda one: one.tell(TalkedEarly(b"QUIT\r\n")),
    "bare-lf": octets(b"CAPA\r\n"),
    "command-too-long": lines("USER " + "x" * 248),
    "not-printable": lines("USER grün"),
    "command-space": lines("LANG en"),
    "unknown-command": lines("capa", "Lang en"),
    "syntax": lines("LANG", "LANG en", "USER a b"),
    "bad-sequence": then(Client.start_tls, lines(*LOGIN, "STAT", "CAPA", "LANG", "NOOP")),
    "not-announced": then(Client.start_tls, lines(*LOGIN, "UIDL", "LIST", "RETR 1")),
    "pipelining-not-offered": octets(b"CAPA\r\n", b"CAPA\r\n"),
    "pipelining-sync": then(Client.start_tls, octets(b"AUTH PLAIN\r\n", b"AGFsaWNlAGFsaWNlLXBhc3M=\r\n")),
    "pass-before-user": then(Client.start_tls, lines("USER bob", *LOGIN)),
    "plain-in-clear": then(Client.start_tls, lines(*LOGIN)),
    "auth-twice": then(Client.start_tls, lines("USER alice", "PASS wrong", *LOGIN)),
    "stls-twice": Client.start_tls,
    "stls-injection": octets(b"CAPA\r\nSTLS\r\n"),
    "polling-too-fast": then(Client.start_tls, lines(*LOGIN)),
    "no-such-message": then(Client.start_tls, lines(*LOGIN, "RETR 2")),
    "retr-after-dele": then(Client.start_tls, lines(*LOGIN, "DELE 1", "RSET", "RETR 1")),
    "no-quit": then(Client.start_tls, lines(*LOGIN, "QUIT"), Client.end),
    "data-after-quit": then(lines("QUIT"), Client.end),
    "unexpected-tls": lines("STLS"),
}
"""A session that comes close to breaking each rule, and keeps it."""


def test_every_rule_is_broken_and_kept_here():
    assert {rule.id for rule in RULES} == BREAKING.keys() == RIGHT.keys()
    assert {*RULES, *sasl_rules("RFC 5034 4")} <= {*SERVICE.rules}


@pytest.mark.parametrize("rule", BREAKING)
def test_breaking_a_rule_is_a_finding(client, world, rule):
    one = client(has(world, MESSAGE, MESSAGE), **OPTIONS.get(rule, {}))
    BREAKING[rule](one)
    assert rule in one.findings


@pytest.mark.parametrize("rule", RIGHT)
def test_the_correct_use_next_to_a_rule_is_no_finding(client, world, rule):
    one = client(has(world, MESSAGE, MESSAGE), **OPTIONS.get(rule, {}))
    RIGHT[rule](one)
    assert one.findings == []


def test_a_correct_session_has_no_findings(client, world):
    one = client(has(world, MESSAGE, MESSAGE))
    one.say("CAPA")
    one.start_tls()
    one.say("CAPA", "UTF8", *LOGIN, "STAT", "LIST", "UIDL", "RETR 1", "TOP 2 0", "DELE 1", "NOOP", "RSET", "QUIT")
    one.vanish("closed")
    assert one.findings == []


def test_implicit_tls_logs_in_without_a_finding(client):
    one = client(listener="tls", tls=TLS)
    assert one.say(*LOGIN).startswith("+OK")
    assert one.findings == []


def test_a_rejected_line_is_shown_and_a_password_is_not(client):
    one = client()
    one.say("FROB x", "USER alice", "alice-pass")
    assert one.findings == ["unknown-command", "unknown-command"]
    assert one.talk.shown["unknown-command"] == b"FROB x"


@pytest.mark.parametrize(("syntax", "reply"), [("rfc", "-ERR"), ("strict", "-ERR"), ("lenient", "+OK")])
def test_a_line_that_ends_in_lf_is_accepted_where_it_is_lenient(client, syntax, reply):
    one = client(syntax=syntax)
    assert one.send(b"CAPA\n").startswith(reply)
    assert one.findings == ["bare-lf"]
