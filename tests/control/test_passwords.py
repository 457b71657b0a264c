"""The password policy over the API, and passwords that are locked, expired or to be changed."""

import pytest
from services.ldap.asker import ALICE, BASE, bind, message, present, read, search

POLICY = "/directory/password-policy"
STATE = "/people/alice/password-state"
FREE = {
    "login": "alice",
    "policy": "",
    "locked": False,
    "locked_until": None,
    "expired": False,
    "expires": None,
    "must_change": False,
    "changed": None,
    "last_login": None,
    "failures": 0,
    "grace_left": 0,
}


def log_in(farm, password="alice-pass"):
    """Log in over LDAP; return the result code."""
    (done,) = read(farm.exchange("ldap", message(1, bind(ALICE, password))))
    return done.code


def test_without_a_policy_nothing_is_known_of_a_password(api):
    api("GET", POLICY, status=404)
    api("DELETE", POLICY, status=404)
    assert api("GET", STATE) == FREE
    assert api("PATCH", STATE, {}) == FREE


def test_a_policy_that_is_put_is_an_entry_and_holds_at_once(farm, api):
    put = api("PUT", POLICY, {"max_failure": 2, "lockout_duration": "15m"})
    assert {name: value for name, value in put.items() if value} == {
        "max_failure": 2,
        "lockout": True,
        "lockout_duration": "15m",
        "allow_user_change": True,
        "check_quality": 1,
        **{name: "0s" for name, value in put.items() if value == "0s"},
    }
    assert api("GET", POLICY) == put
    (entry, _done) = read(farm.exchange("ldap", message(1, search(f"ou=policies,{BASE}", 1, present("pwdAttribute")))))
    assert entry.attributes["pwdMaxFailure"] == [b"2"]
    assert [log_in(farm, word) for word in ("wrong", "wrong", "alice-pass")] == [49, 49, 49]
    state = api("GET", STATE)
    assert (state["locked"], state["failures"], state["policy"]) == (True, 2, f"cn=default,ou=policies,{BASE}")
    assert state["locked_until"] is not None

    assert api("PATCH", STATE, {"locked": False})["failures"] == 0
    assert log_in(farm) == 0
    assert api("GET", STATE)["last_login"] is not None
    assert api("PUT", POLICY, {"max_age": "90d"})["max_failure"] == 0
    assert [log_in(farm, "wrong") for _ in range(3)] == [49, 49, 49]
    assert log_in(farm) == 0
    api("DELETE", POLICY, status=204)
    api("GET", POLICY, status=404)


def test_a_password_is_made_too_old_and_new_again(farm, api):
    assert api("PATCH", STATE, {"expired": True})["expired"]
    assert log_in(farm) == 49
    assert not api("PATCH", STATE, {"expired": False})["expired"]
    assert log_in(farm) == 0
    api("PUT", POLICY, {"max_age": "90d", "grace_authn_limit": 1})
    state = api("PATCH", STATE, {"expired": True})
    assert (state["expired"], state["grace_left"]) == (True, 1)
    assert [log_in(farm), log_in(farm)] == [0, 49]
    assert api("PATCH", STATE, {"expired": False})["grace_left"] == 1
    assert log_in(farm) == 0


def test_changes_are_in_the_journal_and_a_reset_undoes_them(farm, api):
    api("PATCH", STATE, {"locked": True, "must_change": True})
    api("PUT", POLICY, {"max_age": "1d"})
    events = [event for event in farm.call(lambda: list(farm.world.journal.events())) if event["type"] == "world"]
    assert [(one["thing"], one["name"], one["what"]) for one in events] == [
        ("password", "alice", "put"),
        ("password policy", "default", "put"),
    ]
    api("POST", "/reset")
    assert api("GET", STATE) == FREE


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "detail"),
    [
        ("GET", "/people/alcie/password-state", None, 404, "there is no person 'alcie'; did you mean 'alice'?"),
        ("PATCH", "/people/alcie/password-state", {}, 404, "there is no person 'alcie'; did you mean 'alice'?"),
        ("PATCH", STATE, {"lock": True}, 400, "lock"),
        ("PUT", POLICY, {"max_age": "long"}, 400, "max_age"),
        ("PUT", POLICY, {"check_quality": 3}, 400, "check_quality"),
    ],
)
def test_what_makes_no_sense_is_refused(api, method, path, body, status, detail):
    assert detail in api(method, path, body, status=status)["detail"]
