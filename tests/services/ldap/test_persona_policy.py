"""Password policies under personas: results of logins in the words of each server."""

import pytest
from services.ldap.asker import ALICE, bind, search
from services.ldap.persona import connect

from homeport.world.directory.contents import DirectoryContents, PasswordPolicyOptions
from homeport.world.world import WorldContents

LOCKED, EXPIRED, RESET = ({"locked": True}, {"expired": True}, {"must_change": True})


def refused(persona, **state):
    one = connect(persona, contents=WorldContents(directory=DirectoryContents()))
    directory = one.world.directory
    directory.passwords.set_state(
        directory.find(directory.fold(ALICE)),
        **{"locked": None, "expired": None, "must_change": None, **state},
    )
    (done,) = one.ask(bind(ALICE, "alice-pass"))
    return done.code, done.text


@pytest.mark.parametrize(("state", "data"), [(LOCKED, "775"), (EXPIRED, "532"), (RESET, "773")])
def test_active_directory_tells_why_by_its_sub_code(state, data):
    code, text = refused("active-directory-like", **state)
    assert (code, f"data {data}," in text) == (49, True)


@pytest.mark.parametrize(
    ("state", "result"),
    [
        (LOCKED, (19, "Exceed password retry limit. Please try later.")),
        (EXPIRED, (49, "password expired!")),
        (RESET, (0, "")),
    ],
)
def test_389_directory_server_has_results_of_its_own(state, result):
    assert refused("389ds-like", **state) == result


@pytest.mark.parametrize(("state", "result"), [(LOCKED, (49, "")), (EXPIRED, (49, "")), (RESET, (0, ""))])
def test_openldap_does_not_tell_why(state, result):
    assert refused("openldap-like", **state) == result


def test_active_directory_counts_wrong_passwords():
    options = PasswordPolicyOptions(max_failure=3)
    one = connect("active-directory-like", contents=WorldContents(directory=DirectoryContents(password_policy=options)))
    for _ in range(2):
        one.ask(bind(ALICE, "wrong"))
    one.login(ALICE.replace("alice", "bob"), "bob-pass")
    names = ("badPwdCount", "badPasswordTime", "msDS-User-Account-Control-Computed")
    (found, _done) = one.ask(search(ALICE, 0, attributes=names))
    assert found.attributes["badPwdCount"] == [b"2"]
    assert int(found.attributes["badPasswordTime"][0]) > 0
    assert found.attributes["msDS-User-Account-Control-Computed"] == [b"0"]
