"""PLAIN, with the examples of RFC 4616 4, and LOGIN."""

import pytest

from homeport.sasl import Challenge, Failure, Success, start
from homeport.world.people import Person


@pytest.fixture
def begin(authority):
    def begin(message, name="PLAIN"):
        return start(name, authority, None).begin(message)

    return begin


@pytest.fixture
def tim(world):
    """The account of RFC 4616's examples."""
    world.people.put(Person(login="tim", name="Tim", password="tanstaaftanstaaf"))


@pytest.mark.usefixtures("tim")
def test_the_first_example_of_rfc_4616(begin):
    assert begin(b"\0tim\0tanstaaftanstaaf") == Success("tim", "tim")


@pytest.mark.usefixtures("tim")
def test_the_second_example_of_rfc_4616_is_one_who_may_not_act_as_another(begin):
    step = begin(b"Ursel\0tim\0tanstaaftanstaaf")
    assert step == Failure("authorization", "unknown account 'Ursel', which 'tim' wants to act as")
    assert begin(b"alice\0tim\0tanstaaftanstaaf").reason == "'tim' may not act as 'alice'"


def test_an_authzid_may_equal_the_login(begin):
    assert begin(b"alice\0alice@homeport.test\0alice-pass") == Success("alice", "alice")


def test_without_an_initial_response_the_client_is_asked(authority):
    exchange = start("plain", authority, None)
    assert exchange.begin(None) == Challenge(b"")
    assert exchange.respond(b"\0alice\0alice-pass") == Success("alice", "alice")


@pytest.mark.parametrize(
    ("message", "kind", "reason", "findings"),
    [
        (b"alice\0alice-pass", "malformed", "which has two NUL; got 1", ("sasl-plain-form",)),
        (b"\0alice\0alice-pass\0", "malformed", "got 3", ("sasl-plain-form",)),
        (b"", "malformed", "got 0", ("sasl-plain-form",)),
        (b"\0\0alice-pass", "malformed", "the authcid (the second part) is empty", ("sasl-plain-form",)),
        (b"\0alice\0", "malformed", "the password (the third part) is empty", ("sasl-plain-form",)),
        (b"\0al\xffce\0x", "malformed", "the authcid is not UTF-8: invalid start byte at byte 2", ("sasl-not-utf8",)),
        (b"\0alice\0a\x07b", "credentials", "U+0007 at character 1 is a control character", ("sasl-prohibited",)),
        (b"\0alice\0bob-pass", "credentials", "wrong password for 'alice'", ()),
        (b"\0mallory\0x", "credentials", "unknown account 'mallory'", ()),
        (b"\0alice\0" + 9000 * b"x", "malformed", "has 9007 bytes; at most 8192", ()),
    ],
)
def test_the_refusal_names_the_exact_error(begin, message, kind, reason, findings):
    step = begin(message)
    assert isinstance(step, Failure)
    assert (step.kind, step.findings) == (kind, findings)
    assert reason in step.reason
    assert "alice-pass" not in step.reason
    assert "bob-pass" not in step.reason


def test_a_person_without_a_password_cannot_log_in_by_password(begin, world):
    world.people.put(Person(login="guest", name="Guest"))
    assert begin(b"\0guest\0guest").reason == "'guest' has no password and cannot log in by one"


def test_names_and_passwords_are_compared_prepared(begin, world):
    world.people.put(Person(login="eve", name="Eve", password="pass\u00adwort \u2168"))
    assert begin(b"\0eve\0passwort IX") == Success("eve", "eve")
    assert begin("\0eve\0passwort\u00a0\u2168".encode()) == Success("eve", "eve", findings=("sasl-unprepared",))


def test_a_password_that_is_empty_after_saslprep_is_refused(begin):
    step = begin("\0alice\0\u00ad".encode())
    assert (step.kind, step.findings) == ("credentials", ("sasl-unprepared", "sasl-prohibited"))
    assert step.reason == "the password is empty after SASLprep"


def test_a_prohibited_password_is_refused(begin, world):
    world.people.put(Person(login="eve", name="Eve", password="a\u0007b"))
    assert begin(b"\0eve\0ab").reason == "wrong password for 'eve'"
    assert begin(b"\0eve\0a\x07b").findings == ("sasl-prohibited",)


def test_an_exchange_that_is_over_stays_over(authority):
    exchange = start("PLAIN", authority, None)
    exchange.begin(b"\0alice\0alice-pass")
    assert exchange.respond(b"\0alice\0alice-pass") == Failure("malformed", "this exchange is over")


def test_login_asks_for_name_and_password(authority):
    exchange = start("LOGIN", authority, None)
    assert exchange.begin(None) == Challenge(b"Username:")
    assert exchange.respond(b"alice") == Challenge(b"Password:")
    assert exchange.respond(b"alice-pass") == Success("alice", "alice")


def test_login_accepts_the_name_as_initial_response_with_a_finding(authority):
    exchange = start("LOGIN", authority, None)
    assert exchange.begin(b"alice") == Challenge(b"Password:", findings=("sasl-login-initial",))
    assert exchange.respond(b"wrong").reason == "wrong password for 'alice'"


def test_login_requires_a_name(authority):
    exchange = start("LOGIN", authority, None)
    exchange.begin(None)
    assert exchange.respond(b"") == Failure("malformed", "the user name is empty")
