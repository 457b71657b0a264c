"""CRAM-MD5, with the example of RFC 2195 2."""

import hmac
import re

import pytest

from homeport.sasl import Failure, Success, start
from homeport.world.people import Person


@pytest.fixture
def challenged(authority):
    """Return an exchange whose challenge was sent, and that challenge."""
    exchange = start("CRAM-MD5", authority, None)
    return exchange, exchange.begin(None).data


def digest(challenge, password=b"alice-pass"):
    return hmac.new(password, challenge, "md5").hexdigest().encode()


def test_the_example_of_rfc_2195(world, challenged):
    world.people.put(Person(login="tim", name="Tim", password="tanstaaftanstaaf"))
    exchange, _ = challenged
    exchange._challenge = b"<1896.697170952@postoffice.reston.mci.net>"
    assert exchange.respond(b"tim b913a602c7eda7a495b4e6e7334d3890") == Success("tim", "tim")


def test_the_challenge_is_a_message_id_of_digits_time_and_host(challenged):
    assert re.fullmatch(rb"<\d+\.1792000000@homeport\.test>", challenged[1])


def test_challenges_differ_within_a_world_and_repeat_with_its_seed(authority):
    from tests.conftest import make_world

    from homeport.sasl.authority import WorldAuthority

    def challenge(one):
        return start("CRAM-MD5", one, None).begin(None)

    first = challenge(authority)
    assert first != challenge(authority)
    assert first == challenge(WorldAuthority(make_world(), "homeport.test"))


def test_the_right_digest_logs_in(challenged):
    exchange, challenge = challenged
    assert exchange.respond(b"alice@homeport.test " + digest(challenge)) == Success("alice", "alice")


def test_a_digest_in_upper_case_is_accepted_with_a_finding(challenged):
    exchange, challenge = challenged
    step = exchange.respond(b"alice " + digest(challenge).upper())
    assert step == Success("alice", "alice", findings=("sasl-cram-upper-case",))


@pytest.mark.parametrize(
    ("response", "kind", "reason", "findings"),
    [
        (b"alice", "malformed", "got no space between the two", ("sasl-cram-form",)),
        (b" " + 32 * b"0", "malformed", "got no space between the two", ("sasl-cram-form",)),
        (b"alice " + 31 * b"0", "malformed", "got 31 bytes after the space", ("sasl-cram-form",)),
        (b"\xff " + 32 * b"0", "malformed", "the user name is not UTF-8", ("sasl-not-utf8",)),
        (b"alice " + 32 * b"0", "credentials", "with the password of 'alice'", ()),
        (b"mallory " + 32 * b"0", "credentials", "unknown account 'mallory'", ()),
    ],
)
def test_the_refusal_names_the_exact_error(challenged, response, kind, reason, findings):
    step = challenged[0].respond(response)
    assert isinstance(step, Failure)
    assert (step.kind, step.findings) == (kind, findings)
    assert reason in step.reason


def test_an_initial_response_is_refused_because_the_server_speaks_first(authority):
    step = start("CRAM-MD5", authority, None).begin(b"alice")
    assert (step.kind, step.findings) == ("malformed", ("sasl-initial-response",))


def test_a_person_without_a_password_cannot_log_in_by_password(world, challenged):
    world.people.put(Person(login="guest", name="Guest"))
    exchange, challenge = challenged
    assert exchange.respond(b"guest " + digest(challenge, b"")).kind == "credentials"
