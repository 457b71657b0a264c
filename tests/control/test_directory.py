"""A world's directory over the API: searches, and the export as LDIF."""

from urllib.parse import quote

import pytest
from services.ldap.asker import ALICE, BASE

from homeport.world.directory.ldif import read_entries
from homeport.world.people import Person

LDIF = "/api/v1/worlds/default/directory/ldif"
PEOPLE = f"ou=people,{BASE}"


def entries(api, status=200, **query):
    """Search over the API."""
    asked = "&".join(f"{name}={quote(str(value))}" for name, value in query.items())
    return api("GET", f"/directory/entries?{asked}", status=status)


def test_the_suffixes(api):
    assert api("GET", "/directory") == {"base": BASE, "suffixes": [BASE]}


def test_an_entry_has_all_its_attributes_and_its_password(api):
    found = entries(api, filter="(&(objectClass=person)(uid=ALICE))")
    (alice,) = found["items"]
    assert (found["total"], found["next"], alice["dn"]) == (1, None, ALICE)
    assert alice["attributes"]["userpassword"] == ["alice-pass"]


def test_scopes_and_pages(api):
    people = [one["login"] for one in api("GET", "/people")["items"]]
    assert [one["dn"] for one in entries(api, base=PEOPLE, scope="base")["items"]] == [PEOPLE]
    assert entries(api, base=PEOPLE, scope="one")["total"] == len(people)
    assert entries(api, base=PEOPLE, scope="sub")["total"] == len(people) + 1
    first = entries(api, base=PEOPLE, scope="one", limit=2)
    assert (len(first["items"]), first["next"]) == (2, 2)
    rest = entries(api, base=PEOPLE, scope="one", offset=2)
    assert [one["dn"].split(",")[0] for one in first["items"] + rest["items"]] == [f"uid={one}" for one in people]


def test_attributes_are_chosen_as_ldap_chooses_them(api):
    def attributes(**query):
        (one,) = entries(api, base=ALICE, scope="base", **query)["items"]
        return one["attributes"]

    assert attributes(attributes="commonName, mail") == {"cn": ["Alice Liddell"], "mail": ["alice@homeport.test"]}
    following = attributes(attributes="+")
    assert following["hassubordinates"] == ["FALSE"]
    assert following["entrydn"] == [ALICE]
    assert "cn" not in following
    assert attributes(attributes="*,+").keys() == attributes().keys() | following.keys()
    assert attributes(attributes="1.1") == {}
    assert attributes(attributes="hasSubordinates") == {"hassubordinates": ["FALSE"]}


def test_passwords_can_be_left_out(farm, api, request_of):
    (alice,) = entries(api, base=ALICE, scope="base", passwords="false")["items"]
    assert alice["attributes"]["userpassword"] == ["***"]
    assert alice["attributes"]["uid"] == ["alice"]
    one = f"{LDIF}?base={quote(ALICE)}&scope=base&passwords="
    without, whole = (request_of(farm, "GET", f"{one}{value}").body.decode() for value in ("false", "true"))
    assert "alice-pass" not in without
    assert "userPassword" not in without
    assert "uid: alice" in without
    assert "userPassword: alice-pass" in whole
    assert [dn for dn, _ in read_entries(request_of(farm, "GET", f"{LDIF}?scope=base").body.decode())] == [BASE]


def test_memberships_are_searched(api):
    api("PUT", "/groups/pilots", {"members": ["alice"]})
    dn = f"cn=pilots,ou=groups,{BASE}"
    assert [one["dn"] for one in entries(api, filter=f"(memberOf={dn})")["items"]] == [ALICE]


@pytest.mark.parametrize(
    ("query", "status", "detail"),
    [
        ({"filter": "(uid=alice"}, 400, "filter: at character 1: ')' is missing"),
        ({"base": "nothing"}, 400, "base: "),
        ({"base": f"ou=nowhere,{BASE}"}, 404, f"the nearest above it is '{BASE}'"),
        ({"base": "dc=other"}, 404, "there is no entry 'dc=other'"),
        ({"scope": "all"}, 400, "scope"),
    ],
)
def test_a_wrong_search_says_what_to_do(api, query, status, detail):
    assert detail in entries(api, status, **query)["detail"]


def test_the_export_has_every_entry_parents_first(farm, api, request_of):
    reply = request_of(farm, "GET", LDIF)
    assert (reply.status, reply.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    exported = [dn for dn, _attributes in read_entries(reply.body.decode())]
    assert exported == [one["dn"] for one in entries(api)["items"]]
    assert all(dn == BASE or dn.partition(",")[2] in exported[:number] for number, dn in enumerate(exported))
    part = request_of(farm, "GET", f"{LDIF}?base={quote(ALICE)}").body.decode()
    assert [dn for dn, _attributes in read_entries(part)] == [ALICE]


def test_a_large_directory_is_exported_in_pieces(farm, request_of):
    def add():
        for number in range(3000):
            farm.world.people.put(Person(login=f"u{number}", name="Some User"))

    farm.call(add)
    assert request_of(farm, "GET", LDIF).body.count(b"\ndn: uid=u") == 3000
