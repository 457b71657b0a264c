"""Groups over the API: LDAP and the API show the same ones."""

import pytest
from services.ldap.asker import BASE, add, bind, equals, message, read, search

PILOTS = {"name": "Pilots", "description": "who know the channel", "members": ["alice", "bob"]}
PILOTS_DN = f"cn=Pilots,ou=groups,{BASE}"


def ldap(farm, *requests):
    """Send requests to the farm, the first a bind of the administrator; return the answers to the last."""
    whole = [bind(f"cn=admin,{BASE}", "admin-pass"), *requests]
    sent = farm.exchange("ldap", b"".join(message(number, one) for number, one in enumerate(whole, 1)))
    return [one for one in read(sent) if one.id == len(whole)]


def test_a_group_that_is_put_is_an_entry_at_once(farm, api):
    put = api("PUT", "/groups/pilots", PILOTS)
    assert put == {**PILOTS, "groups": [], "others": [], "gid": 0}
    assert api("GET", "/groups/PILOTS") == put
    assert api("GET", "/groups")["items"][-1] == put
    entry, done = ldap(farm, search(chosen=equals("cn", "pilots")))
    assert (entry.dn, done.code) == (PILOTS_DN, 0)
    assert entry.attributes["member"] == [f"uid={login},ou=people,{BASE}".encode() for login in ("alice", "bob")]

    assert api("PUT", "/groups/pilots", {"name": "pilots", "groups": ["crew"]})["members"] == []
    (entry, _done) = ldap(farm, search(chosen=equals("cn", "pilots")))
    assert entry.attributes["member"] == [f"cn=crew,ou=groups,{BASE}".encode()]

    api("DELETE", "/groups/pilots", status=204)
    api("GET", "/groups/pilots", status=404)
    assert [one.code for one in ldap(farm, search(chosen=equals("cn", "pilots")))] == [0]


def test_a_group_that_ldap_adds_is_a_group_of_the_api(farm, api):
    members = (f"uid=alice,ou=people,{BASE}", f"cn=crew,ou=groups,{BASE}", "cn=else,dc=other")
    (added,) = ldap(farm, add(PILOTS_DN, objectClass="groupOfNames", cn="Pilots", member=members))
    assert added.code == 0
    found = api("GET", "/groups/pilots")
    assert (found["members"], found["groups"], found["others"]) == (["alice"], ["crew"], ["cn=else,dc=other"])


def test_changes_are_in_the_journal_and_a_reset_undoes_them(farm, api):
    before = api("GET", "/groups")
    api("PUT", "/groups/pilots", PILOTS)
    api("DELETE", "/groups/crew", status=204)
    events = [event for event in farm.call(lambda: list(farm.world.journal.events())) if event["type"] == "world"]
    assert [(one["thing"], one["name"], one["what"]) for one in events] == [
        ("group", "Pilots", "put"),
        ("group", "crew", "deleted"),
    ]
    api("POST", "/reset")
    assert api("GET", "/groups") == before


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "detail"),
    [
        ("GET", "/groups/crww", None, 404, "there is no group 'crww'; did you mean 'crew'?"),
        ("DELETE", "/groups/crww", None, 404, "there is no group 'crww'; did you mean 'crew'?"),
        ("PUT", "/groups/b", PILOTS, 400, "the path has 'b', but name in the body is 'pilots': write the same in both"),
        ("PUT", "/groups/b", {"membrs": []}, 400, "unknown field `membrs`"),
        ("PUT", "/groups/a%2Fb", {}, 400, "the path: "),
    ],
)
def test_a_wrong_request_says_what_to_do(api, method, path, body, status, detail):
    assert detail in api(method, path, body, status=status)["detail"]
