"""Findings: each rule broken once, and the correct use next to it."""

from collections.abc import Callable

import pytest
from services.imap.talking import MESSAGE, Program

from homeport.protocol.events import InflateFailed, TalkedEarly, TimerFired
from homeport.sasl.rules import sasl_rules
from homeport.services.imap import SERVICE
from homeport.services.imap.rules import RULES

SELECT = "SELECT INBOX"
LITERAL = b" {%d+}\r\n%s" % (len(MESSAGE), MESSAGE)
Session = Callable[[Program], object]


def says(*commands: str | bytes) -> Session:
    """Return a session that sends these commands, each after the reply to the one before."""
    return lambda one: [one.ask(command) for command in commands]


def sends(*data: bytes) -> Session:
    """Return a session that sends these bytes."""
    return lambda one: [one.send(piece) for piece in data]


def then(*steps: Session) -> Session:
    """Return a session that has several parts."""
    return lambda one: [step(one) for step in steps]


def waits(one: Program) -> None:
    """Let the timeout of a session pass."""
    for _ in range(8):
        one.tell(TimerFired("quiet"))


NOT_YET = {"login": ""}
CLEAR = {"login": "", "listener": "starttls"}
OPTIONS = {
    "bad-sequence": NOT_YET,
    "capability-not-announced": {"without": ["MOVE"]},
    "early-talker": NOT_YET,
    "login-in-clear": {**CLEAR, "clear_passwords": True},
    "starttls-injection": CLEAR,
    "starttls-twice": CLEAR,
}
"""Sessions that are not logged in over TLS with default options."""
BREAKING = {
    "bad-tag": sends(b"* NOOP\r\n"),
    "bare-lf": sends(b"a NOOP\n"),
    "control-characters": sends(b"a NOOP \0\r\n"),
    "command-too-long": says("LIST " + "x" * 70_000),
    "eight-bit-quoted": says('SELECT "grün"'),
    "unquoted-specials": says('CREATE a"b'),
    "literal-mismatch": says(b"APPEND INBOX {3+}\r\nabcd"),
    "nul-in-literal": says(b"APPEND INBOX {3+}\r\na\0b"),
    "syntax": says("SELECT"),
    "unknown-command": says("FROB"),
    "unexpected-tls": sends(b"\x16\x03\x01\x02\x00\x01"),
    "early-talker": lambda one: one.tell(TalkedEarly(b"a NOOP\r\n")),
    "bad-sequence": says(SELECT),
    "capability-not-announced": says(SELECT, "MOVE 1 Trash"),
    "starttls-twice": then(Program.start_tls, says("STARTTLS")),
    "starttls-injection": sends(b"a STARTTLS\r\nb NOOP\r\n"),
    "compress-injection": sends(b"a COMPRESS DEFLATE\r\nb NOOP\r\n"),
    "bad-compression": then(says("COMPRESS DEFLATE"), lambda one: one.tell(InflateFailed("the input is not DEFLATE"))),
    "login-in-clear": says("LOGIN alice alice-pass"),
    "enable-after-select": says(SELECT, "ENABLE CONDSTORE"),
    "command-during-idle": says("IDLE", "NOOP"),
    "idle-too-long": then(says("IDLE"), waits),
    "no-logout": Program.end,
    "data-after-logout": sends(b"a LOGOUT\r\nb NOOP\r\n"),
    "noop-polling": says(SELECT, *["NOOP"] * 5),
    "status-of-selected": says(SELECT, "STATUS INBOX (MESSAGES)"),
    "select-again": says(SELECT, SELECT),
    "lsub-in-rev2": says("ENABLE IMAP4rev2", 'LSUB "" *'),
    "recent-in-rev2": says("ENABLE IMAP4rev2", SELECT, "SEARCH RECENT"),
    "rfc822-items": says(SELECT, "FETCH 1 RFC822.HEADER"),
    "append-no-date": says(b"APPEND INBOX" + LITERAL),
    "close-expunges": says(SELECT, "STORE 1 +FLAGS (\\Deleted)", "CLOSE"),
    "fetch-one-by-one": says(SELECT, *["FETCH 1 FLAGS"] * 20),
    "sequence-after-expunge": says(SELECT, "STORE 1 +FLAGS (\\Deleted)", "EXPUNGE", "FETCH 2 FLAGS"),
    "uidvalidity-ignored": then(
        says(SELECT), lambda one: one.account.renew(one.mailbox("INBOX")), says("UID FETCH 1 FLAGS")
    ),
}
"""A session that breaks each rule."""
RIGHT = {
    "bad-tag": sends(b"A.1-x NOOP\r\n"),
    "bare-lf": sends(b"a NOOP\r\n"),
    "control-characters": says("NOOP"),
    "command-too-long": says(SELECT, f"UID FETCH {'1,' * 30_000}1:2 FLAGS"),
    "eight-bit-quoted": says("ENABLE UTF8=ACCEPT", 'CREATE "grün"'),
    "unquoted-specials": says('CREATE "a*b"'),
    "literal-mismatch": says(b"LIST {0+}\r\n {5+}\r\nINBOX", SELECT, b"SEARCH (SUBJECT {1+}\r\na)"),
    "nul-in-literal": says(b'APPEND INBOX "14-Oct-2026 20:00:00 +0000" ~{3+}\r\na\0b'),
    "syntax": says(SELECT),
    "unknown-command": says("noop", "Capability"),
    "unexpected-tls": sends(b"a16 NOOP\r\n"),
    "early-talker": lambda one: one.tell(TalkedEarly(b"\x16\x03\x01")),
    "bad-sequence": says("CAPABILITY", "LOGIN alice alice-pass", SELECT),
    "capability-not-announced": says(SELECT, "COPY 1 Trash"),
    "starttls-twice": Program.start_tls,
    "starttls-injection": sends(b"a STARTTLS\r\n"),
    "compress-injection": sends(b"a COMPRESS DEFLATE\r\n", b"b NOOP\r\n"),
    "bad-compression": says("COMPRESS DEFLATE", "NOOP"),
    "login-in-clear": then(Program.start_tls, says("LOGIN alice alice-pass")),
    "enable-after-select": says("ENABLE CONDSTORE", SELECT),
    "command-during-idle": then(says("IDLE"), sends(b"done\r\n")),
    "idle-too-long": then(says("IDLE"), lambda one: one.tell(TimerFired("quiet"))),
    "no-logout": then(says("LOGOUT"), Program.end),
    "data-after-logout": then(says("LOGOUT"), Program.end),
    "noop-polling": says(SELECT, *["NOOP"] * 4, "CHECK", "NOOP"),
    "status-of-selected": says(SELECT, "STATUS Trash (MESSAGES)"),
    "select-again": says(SELECT, "SELECT Trash", SELECT, "EXAMINE INBOX"),
    "lsub-in-rev2": says("ENABLE IMAP4rev2", 'LIST (SUBSCRIBED) "" *'),
    "recent-in-rev2": says(SELECT, "SEARCH RECENT", "SEARCH NEW", "STATUS Trash (RECENT)"),
    "rfc822-items": says(SELECT, "FETCH 1 BODY.PEEK[HEADER]"),
    "append-no-date": says(b'APPEND INBOX "14-Oct-2026 20:00:00 +0000"' + LITERAL),
    "close-expunges": says(SELECT, "CLOSE"),
    "fetch-one-by-one": says(SELECT, *["FETCH 1 FLAGS"] * 10, "FETCH 1:2 FLAGS", *["FETCH 1 FLAGS"] * 10),
    "sequence-after-expunge": says(SELECT, "STORE 1 +FLAGS (\\Deleted)", "EXPUNGE", "FETCH 1 FLAGS"),
    "uidvalidity-ignored": then(
        says(SELECT),
        lambda one: one.account.renew(one.mailbox("INBOX")),
        says("SELECT Trash", SELECT, "UID FETCH 1 UID"),
    ),
}
"""A session that comes close to breaking each rule, and keeps it."""


def run(session: Session, rule: str) -> Program:
    one = Program(**OPTIONS.get(rule, {}))
    one.add()
    one.add()
    session(one)
    return one


def test_every_rule_is_broken_and_kept_here():
    assert {rule.id for rule in RULES} == BREAKING.keys() == RIGHT.keys()
    assert {*RULES, *sasl_rules("RFC 4959 3")} <= {*SERVICE.rules}


@pytest.mark.parametrize("rule", BREAKING)
def test_a_session_that_breaks_a_rule_is_a_finding(rule):
    assert rule in run(BREAKING[rule], rule).findings


@pytest.mark.parametrize("key", ["RECENT", "NEW", "NOT OLD"])
def test_each_search_key_that_rev2_has_not_is_one(key):
    one = Program()
    one.ask("ENABLE IMAP4rev2")
    one.ask(SELECT)
    assert one.last(f"SEARCH {key}") == "OK SEARCH completed"
    assert one.findings == ["recent-in-rev2"]


@pytest.mark.parametrize("size", [1 << 20, 1, 1000])
@pytest.mark.parametrize("end", [b"", b" {3+}\r\nfoo"])
def test_a_line_that_is_too_long_is_refused_however_it_arrives(size, end):
    one = Program(max_line=1000)
    line = b"a CREATE " + b"x" * 1000 + end + b"\r\nb NOOP\r\n"
    said = [said for at in range(0, len(line), size) for said in one.send(line[at : at + size])]
    assert said[-2:] == ["a BAD a command line has at most 1000 bytes here ([imap] max_line)", "b OK NOOP completed"]
    assert one.findings == ["command-too-long"]


@pytest.mark.parametrize("rule", RIGHT)
def test_a_session_that_keeps_it_is_none(rule):
    assert run(RIGHT[rule], rule).findings == []
