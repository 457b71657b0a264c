"""The AUTHORIZATION state: greeting, CAPA, STLS, USER and PASS, APOP, AUTH."""

import hashlib
from base64 import b64encode

import pytest
from conftest import make_world
from services.line_client import TLS
from services.pop3.conftest import MESSAGE, has

from homeport.protocol.events import LimitReached, TlsStarted
from homeport.services.pop3 import SERVICE, validate_options
from homeport.services.pop3.lines import VERBS
from homeport.services.pop3.options import CAPABILITIES, Pop3Options
from homeport.services.pop3.session import Pop3
from homeport.world.people import Person
from homeport.world.world import WorldContents

PLAIN = b64encode(b"\0alice\0alice-pass").decode()


def test_the_greeting_has_no_timestamp_unless_apop_is_on(client):
    assert client().greeting == "+OK mail.homeport.test POP3 server ready"
    greeting = client(apop=True).greeting
    assert greeting.startswith("+OK mail.homeport.test POP3 server ready <")
    assert greeting.endswith("@mail.homeport.test>")


def test_capa_before_and_after_login_lists_uidl_and_what_the_state_allows(client):
    one = client()
    before = one.lines("CAPA")
    assert {"TOP", "UIDL", "USER", "STLS", "PIPELINING", "RESP-CODES", "AUTH-RESP-CODE", "UTF8 USER", "LANG"} <= {
        *before
    }
    assert next(line for line in before if line.startswith("SASL ")).split()[1:]
    after = one.login().lines("CAPA")
    assert {*before} - {*after} == {"STLS"}


def test_capa_over_tls_lists_no_stls(client):
    assert "STLS" not in client().start_tls().lines("CAPA")
    assert "STLS" not in client(listener="tls", tls=TLS).lines("CAPA")


TOUCHES = {
    "CAPA": "CAPA",
    "TOP": "TOP 1 0",
    "USER": "USER alice",
    "SASL": "AUTH PLAIN",
    "APOP": "APOP alice 0",
    "UIDL": "UIDL",
    "STLS": "STLS",
    "UTF8": "UTF8",
    "LANG": "LANG",
}
"""A command that each capability allows."""


@pytest.mark.parametrize("name", CAPABILITIES)
def test_a_capability_that_is_withdrawn_is_neither_listed_nor_accepted(client, world, name):
    one = client(has(world, MESSAGE), without=[name], apop=name != "APOP")
    if name != "CAPA":
        assert name not in [line.split()[0] for line in one.lines("CAPA")]
    if name in ("TOP", "UIDL"):
        one.login()
    if name in TOUCHES:
        assert one.say(TOUCHES[name]).startswith("-ERR")


def test_without_resp_codes_no_reply_has_one(client, world):
    has(world, MESSAGE)
    client(world, conn="c1").login()
    one = client(world, conn="c2", without=["RESP-CODES"], login_delay=60)
    assert one.say("USER alice", "PASS alice-pass").startswith("-ERR the maildrop is locked")
    assert one.say("USER alice", "PASS wrong") == "-ERR wrong login or password"
    assert client(world, without=["AUTH-RESP-CODE"]).say("USER alice", "PASS x") == "-ERR wrong login or password"


def test_a_wrong_password_is_refused_at_once_and_the_next_try_succeeds(client):
    one = client()
    assert one.say("USER alice", "PASS wrong") == "-ERR [AUTH] wrong login or password"
    assert one.say("USER nobody") == "+OK send PASS"
    assert one.say("PASS wrong") == "-ERR [AUTH] wrong login or password"
    assert one.login().say("STAT") == "+OK 0 0"


def test_a_password_may_have_blanks_at_its_ends_and_characters_beyond_ascii(client):
    for password in ("a  b", " x", "x ", "grün 17"):
        one = client(make_world(WorldContents(people=[Person(login="alice", name="Alice", password=password)])))
        assert one.say("USER alice", f"PASS {password}").startswith("+OK"), password


def test_pass_is_valid_right_after_user_only(client):
    one = client()
    assert one.say("PASS alice-pass") == "-ERR send USER first (RFC 1939 7)"
    assert one.say("USER alice", "NOOP", "PASS alice-pass") == "-ERR send USER first (RFC 1939 7)"
    assert one.say("USER alice", "PASS wrong", "PASS alice-pass") == "-ERR send USER first (RFC 1939 7)"
    assert one.findings.count("pass-before-user") == 3


def test_apop_logs_in_by_the_digest_of_the_timestamp_and_the_password(client):
    one = client(apop=True)
    stamp = one.greeting.rpartition(" ")[2]
    assert one.say("APOP alice 0123456789abcdef0123456789abcdef") == "-ERR [AUTH] wrong login or password"
    digest = hashlib.md5(f"{stamp}alice-pass".encode(), usedforsecurity=False).hexdigest()
    assert one.say(f"APOP alice {digest}") == "+OK alice's maildrop has 0 messages (0 octets)"
    assert one.findings == []


def test_each_greeting_has_another_timestamp(client, world):
    assert client(world, apop=True).greeting != client(world, apop=True).greeting


def test_auth_plain_with_and_without_an_initial_response(client):
    assert client().say(f"AUTH PLAIN {PLAIN}").startswith("+OK alice's maildrop")
    one = client()
    assert one.say("AUTH plain") == "+ "
    assert one.say(PLAIN).startswith("+OK")
    two = client()
    assert two.say("AUTH PLAIN", "*") == "-ERR authentication was cancelled by the client"
    assert two.say("AUTH PLAIN", "a" * 13_000).startswith("-ERR the response has more than")
    assert two.say("AUTH PLAIN", "!!!").startswith("-ERR not base64")
    assert two.say("AUTH PLAIN =").startswith("-ERR")
    assert two.say(f"AUTH PLAIN {PLAIN}").startswith("+OK")


def test_auth_login_asks_for_name_and_password(client):
    one = client()
    assert one.say("AUTH LOGIN") == "+ " + b64encode(b"Username:").decode()
    assert one.say(b64encode(b"alice").decode()) == "+ " + b64encode(b"Password:").decode()
    assert one.say(b64encode(b"alice-pass").decode()).startswith("+OK")


def test_an_unknown_mechanism_is_refused_with_those_on_offer(client):
    assert client().say("AUTH FROB").startswith("-ERR unknown mechanism 'FROB'; offered: ")


def test_clear_passwords_can_be_refused_before_tls(client):
    one = client(clear_passwords=False)
    capabilities = one.lines("CAPA")
    assert "USER" not in capabilities
    mechanisms = next(line for line in capabilities if line.startswith("SASL ")).split()
    assert "PLAIN" not in mechanisms
    for line in ("USER alice", f"AUTH PLAIN {PLAIN}"):
        assert "in the clear: send STLS first" in one.say(line)
    one.start_tls().login()


def test_stls_forgets_the_name_and_what_was_sent_behind_it(client):
    one = client()
    one.say("USER alice")
    assert one.send(b"STLS\r\nPASS alice-pass\r\n") == "+OK begin TLS"
    assert one.findings == ["stls-injection"]
    one.tell(TlsStarted(TLS))
    assert one.say("PASS alice-pass").startswith("-ERR send USER first")
    assert one.say("STLS") == "-ERR TLS is on already (RFC 2595 4)"


def test_stls_after_login_is_refused(client):
    assert client().login().say("STLS") == "-ERR STLS comes before login (RFC 1939 4)"


def test_login_delay_is_measured_by_the_worlds_clock(client, world):
    world.clock.freeze()
    client(world, login_delay=60).login().say("QUIT")
    one = client(world, login_delay=60)
    assert one.say("USER alice", "PASS alice-pass") == "-ERR [LOGIN-DELAY] log in 60 seconds later (RFC 2449 6.5)"
    assert "LOGIN-DELAY 60" in one.lines("CAPA")
    world.clock.advance(60)
    one.login()


def test_a_login_that_was_refused_for_the_lock_starts_no_delay(client, world):
    first = client(world, conn="c1").login()
    one = client(world, conn="c2", login_delay=60)
    assert "[IN-USE]" in one.say("USER alice", "PASS alice-pass")
    first.say("QUIT")
    one.login()


def test_lang_has_english_alone(client):
    one = client()
    assert one.lines("LANG") == ["en English"]
    for tag in ("en", "EN-GB", "*", "i-default"):
        assert one.say(f"LANG {tag}").startswith("+OK en ")
    assert one.say("LANG de") == "-ERR the only language here is en (RFC 6856 3)"


def test_a_login_in_utf8_is_accepted_where_utf8_is_announced(client):
    assert client().say("USER grün").startswith("+OK")
    one = client(without=["UTF8"])
    assert one.say("USER grün").startswith("-ERR UTF-8 in a login is not offered here")
    assert one.findings == ["not-announced"]


def test_presence_lasts_as_long_as_the_session(client, world):
    before = len(world.presence)
    one = client(world).login()
    assert len(world.presence) == before + 1
    one.say("QUIT")
    assert len(world.presence) == before, "although the connection is still open"


def test_a_maildrop_is_free_after_the_closing_reply_however_long_the_client_keeps_its_connection(client, world):
    one = client(world).login()
    one.tell(LimitReached("session"))
    assert client(world).login()


def test_the_journal_has_each_login(client):
    one = client()
    one.say("USER alice", "PASS wrong", "USER alice", "PASS alice-pass")
    assert [fields for kind, fields in one.talk.logs if kind == "login"] == [
        {"login": "alice", "mechanism": "PASS", "code": "-ERR"},
        {"login": "alice", "mechanism": "PASS", "code": "+OK"},
    ]


def test_no_way_to_log_in_is_a_mistake_of_the_configuration():
    contents = WorldContents()
    assert validate_options(Pop3Options(without=["USER", "SASL"]), contents)
    assert validate_options(Pop3Options(without=["APOP"], apop=True), contents)
    assert validate_options(Pop3Options(without=["USER", "SASL"], apop=True), contents) == []


def test_the_lines_that_may_be_shown_next_to_a_password_are_the_commands():
    assert {row.verb.encode() for row in Pop3.table} == VERBS


def test_the_refusals_of_the_farm_are_err():
    assert SERVICE.refusal("busy") == b"-ERR [SYS/TEMP] service not available: busy\r\n"
    assert SERVICE.mistaken is not None
    assert SERVICE.mistaken("TLS first") == b"-ERR [SYS/PERM] TLS first\r\n"
