"""Properties of all mechanisms."""

import pytest
from hypothesis import given
from hypothesis.strategies import binary, lists, none, one_of, sampled_from
from tests.conftest import make_world

from homeport.protocol.events import Tls
from homeport.sasl import MECHANISMS, Challenge, Failure, Step, Success, offered, start
from homeport.sasl.authority import WorldAuthority
from homeport.sasl.rules import sasl_rules

TLS = Tls(
    version="TLSv1.3", cipher="TLS_AES_256_GCM_SHA384", certificate=b"x", verified=True, bindings={"tls-exporter": b"x"}
)
AUTHORITY = WorldAuthority(make_world())
RULES = sasl_rules("RFC 4954 4")
RULE_IDS = {rule.id for rule in RULES}
MESSAGES = one_of(
    binary(max_size=80),
    lists(
        sampled_from(
            [b"n,,", b"y,a=x,", b"p=tls-exporter,,", b"n=alice", b"r=abc", b",", b"\0", b"\x01", b"alice", b" "]
        )
        | sampled_from(
            [b"auth=", b"user=", b"Bearer ", b"c=biws", b"p=AAAA", b"m=", b"\xff", 32 * b"0", "\u0627".encode()]
        ),
        max_size=9,
    ).map(b"".join),
)


def test_everything_is_offered_in_order_of_preference():
    assert offered(TLS, AUTHORITY) == list(MECHANISMS)
    assert offered(None, AUTHORITY) == ["SCRAM-SHA-256", "OAUTHBEARER", "XOAUTH2", "CRAM-MD5", "PLAIN", "LOGIN"]


def test_mechanisms_that_send_clear_secrets_are_marked():
    assert {name for name, one in MECHANISMS.items() if one.clear} == {"OAUTHBEARER", "XOAUTH2", "PLAIN", "LOGIN"}


def test_an_unknown_mechanism_is_a_key_error():
    with pytest.raises(KeyError):
        start("GSSAPI", AUTHORITY, None)


def test_every_rule_has_a_unique_id_a_reference_and_a_text():
    assert len(RULE_IDS) == len(RULES)
    for rule in RULES:
        assert rule.id.startswith("sasl-")
        assert rule.reference.startswith("RFC ")
        assert rule.text


@pytest.mark.parametrize("name", MECHANISMS)
@given(initial=one_of(none(), MESSAGES), responses=lists(MESSAGES, max_size=3))
def test_any_message_is_answered_by_a_step(name, initial, responses):
    for final_challenge in (False, True):
        exchange = start(name, AUTHORITY, TLS, final_challenge=final_challenge)
        steps = [exchange.begin(initial), *(exchange.respond(response) for response in responses)]
        over = False
        for step in steps:
            assert isinstance(step, Step)
            assert set(step.findings) <= RULE_IDS
            assert isinstance(step, Failure) or not over
            if isinstance(step, Failure):
                assert step.reason.isascii()
                assert step.reason.isprintable()
                assert len(step.reason) <= 400
            over = not isinstance(step, Challenge)


@pytest.mark.parametrize("name", MECHANISMS)
def test_an_overlong_message_is_malformed(name):
    exchange = start(name, AUTHORITY, TLS)
    exchange.begin(None)
    step = exchange.respond(9000 * b"x")
    assert (step.kind, step.reason) == ("malformed", "the message has 9000 bytes; at most 8192 are accepted")


def test_the_repr_of_an_exchange_names_its_state():
    exchange = start("LOGIN", AUTHORITY, None)
    assert repr(exchange) == "<LOGIN first>"
    exchange.begin(b"alice")
    assert repr(exchange) == "<LOGIN _password>"
    assert isinstance(exchange.respond(b"alice-pass"), Success)
    assert repr(exchange) == "<LOGIN over>"
