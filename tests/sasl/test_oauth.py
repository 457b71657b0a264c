"""OAUTHBEARER, with the examples of RFC 7628 4, and XOAUTH2."""

import json

import pytest

from homeport.sasl import Challenge, Failure, Success, start
from homeport.world.people import People, Person

EXAMPLE_TOKEN = "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="


@pytest.fixture
def bearer(authority):
    return start("OAUTHBEARER", authority, None)


@pytest.fixture
def xoauth2(authority):
    return start("XOAUTH2", authority, None)


@pytest.mark.parametrize("port", [b"143", b"587"])
def test_the_successful_examples_of_rfc_7628(world, bearer, port):
    world.people.put(Person(login="user", name="User", email="user@example.com", tokens=(EXAMPLE_TOKEN,)))
    head = b"n,a=user@example.com,\x01host=server.example.com\x01port=" + port
    assert bearer.begin(head + b"\x01auth=Bearer " + EXAMPLE_TOKEN.encode() + b"\x01\x01") == Success("user", "user")


def test_the_failed_example_of_rfc_7628_asks_for_the_scope(bearer):
    step = bearer.begin(b"n,a=user@example.com,\x01host=server.example.com\x01port=143\x01auth=\x01\x01")
    assert isinstance(step, Challenge)
    assert json.loads(step.data) == {"status": "invalid_token", "scope": "mail"}
    assert bearer.respond(b"\x01") == Failure("credentials", "auth= has no token")


@pytest.mark.parametrize("scheme", [b"Bearer", b"bearer", b"BeArEr"])
def test_schemes_are_case_insensitive(authority, scheme):
    step = start("OAUTHBEARER", authority, None).begin(b"n,,\x01auth=" + scheme + b" alice-token\x01\x01")
    assert step == Success("alice", "alice")


def test_unknown_keys_are_ignored(bearer):
    assert bearer.begin(b"n,,\x01mthd=POST\x01foo=a=b\x01auth=Bearer bob-token\x01\x01") == Success("bob", "bob")


def test_a_token_is_only_valid_for_its_owner(bearer):
    step = bearer.begin(b"n,a=bob,\x01auth=Bearer alice-token\x01\x01")
    assert step == Failure("authorization", "'alice' may not act as 'bob'")


@pytest.mark.parametrize(("auth", "reason"), [(b"Bearer x", "unknown token"), (b"MAC x", "is Bearer; got 'MAC'")])
def test_the_refusal_of_a_token_is_explained_in_json(bearer, auth, reason):
    assert isinstance(bearer.begin(b"n,,\x01auth=" + auth + b"\x01\x01"), Challenge)
    step = bearer.respond(b"\x01")
    assert step.kind == "credentials"
    assert reason in step.reason
    assert not step.findings


def test_the_explanation_needs_the_dummy_response(bearer):
    bearer.begin(b"n,,\x01auth=Bearer x\x01\x01")
    assert bearer.respond(b"") == Failure("credentials", "unknown token", findings=("sasl-oauth-answer",))


@pytest.mark.parametrize(
    ("message", "got"),
    [
        (b"", "a gs2 header such as"),
        (b"\x01", "a gs2 header such as"),
        (b"n,,auth=Bearer x\x01\x01", "no ^A after the gs2 header"),
        (b"n,,\x01auth=Bearer x\x01", "no ^A ^A at the end"),
        (b"n,,\x01auth\x01\x01", "'auth' instead of a key of letters and ="),
        (b"n,,\x01host=x\x01\x01", "no auth="),
    ],
)
def test_the_refusal_of_a_malformed_message_names_the_error(bearer, message, got):
    step = bearer.begin(message)
    assert isinstance(step, Failure)
    assert (step.kind, step.findings) == ("malformed", ("sasl-oauth-form",))
    assert got in step.reason


def test_oauthbearer_has_no_channel_binding(bearer):
    step = bearer.begin(b"p=tls-exporter,,\x01auth=Bearer alice-token\x01\x01")
    assert (step.kind, step.findings) == ("binding", ("sasl-binding-flag",))


def test_xoauth2_accepts_user_and_token(xoauth2):
    assert xoauth2.begin(b"user=alice@homeport.test\x01auth=Bearer alice-token\x01\x01") == Success("alice", "alice")


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"user=alice\x01auth=Bearer x\x01\x01", "unknown token"),
        (b"user=bob\x01auth=Bearer alice-token\x01\x01", "the token does not belong to 'bob'"),
    ],
)
def test_xoauth2_explains_in_json_and_accepts_an_empty_response(xoauth2, message, reason):
    step = xoauth2.begin(message)
    assert isinstance(step, Challenge)
    assert json.loads(step.data) == {"status": "400", "schemes": "Bearer", "scope": "mail"}
    assert xoauth2.respond(b"") == Failure("credentials", reason)


@pytest.mark.parametrize("message", [b"", b"user=alice", b"auth=Bearer alice-token\x01\x01", b"user=alice\x01\x01"])
def test_malformed_xoauth2_is_refused(xoauth2, message):
    step = xoauth2.begin(message)
    assert isinstance(step, Failure)
    assert (step.kind, step.findings) == ("malformed", ("sasl-oauth-form",))


def test_oauth_is_offered_if_a_person_has_a_token(world, authority):
    assert authority.has_tokens()
    world.people = People([Person(login="alice", name="Alice", password="alice-pass")])
    assert not authority.has_tokens()
