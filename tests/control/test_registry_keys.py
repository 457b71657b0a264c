"""PUT to a path that names an object: its body may leave the name out, and may not have another one."""

import pytest

PERSON = {"name": "Zoe Keel"}
DOMAIN = {"roid": "D9-NEW", "registrar": "harbour", "created": "-P1Y", "expires": "+P1Y"}
HOST = {"roid": "H9-NEW", "registrar": "harbour", "created": "-P1Y"}
CONTACT = {"roid": "C9-NEW", "registrar": "harbour", "created": "-P1Y", "postal": {"name": "New"}}

CASES = [
    ("/people/zoe", "login", PERSON),
    ("/groups/pilots", "name", {"members": ["alice"]}),
    ("/registry/domains/new.test", "name", DOMAIN),
    ("/registry/hosts/ns1.new.test", "name", HOST),
    ("/registry/contacts/NEW-1", "id", CONTACT),
    ("/registry/registrars/newcomer", "id", {"name": "Newcomer Inc."}),
    ("/registry/zones/new.example", "name", {"preset": "fast"}),
]


@pytest.mark.parametrize(("path", "key", "body"), CASES)
def test_the_key_in_the_path_need_not_be_in_the_body(api, path, key, body):
    put = api("PUT", path, body)
    assert put[key] == path.rpartition("/")[2]
    assert api("GET", path)[key] == put[key]
    assert api("PUT", path, {**body, key: put[key]})[key] == put[key]


@pytest.mark.parametrize(("path", "key", "body"), CASES)
def test_another_key_in_the_body_is_refused(api, path, key, body):
    problem = api("PUT", path, {**body, key: "other.test"}, status=400)
    assert f"{key} in the body is 'other.test'" in problem["detail"]


@pytest.mark.parametrize("login", ["bad%20login", "x" * 65])
def test_a_login_in_the_path_is_held_to_the_same_rule(api, login):
    assert "`$.login`" in api("PUT", f"/people/{login}", PERSON, status=400)["detail"]
